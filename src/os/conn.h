/*
 * A blocking client connection over TCP with deadlines: for the admin tools and for brokers talking
 * to their peers from a worker. Server connections are os/socket.h.
 *
 * One owner, one thread at a time.
 */
#ifndef OTTLA_OS_CONN_H
#define OTTLA_OS_CONN_H

#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "os/os.h"

struct os_conn;

/* Resolves and connects, trying every address (IPv6 and IPv4) within the time. ERR_REFUSED,
 * ERR_TIMEOUT, ERR_NOT_FOUND (no such host), ERR_IO (no way there). Looking up the name may take
 * longer: that time is the system's. */
int os_conn_open(struct os *os, const char *host, uint16_t port, int64_t timeout_ms,
                 struct os_conn **ret_conn) WARN_UNUSED;
void os_conn_close(struct os_conn *c); /* accepts NULL */

/* All of it, or ERR_TIMEOUT, ERR_CLOSED, ERR_IO. */
int os_conn_send(struct os_conn *c, struct slice bytes, int64_t timeout_ms) WARN_UNUSED;
int os_conn_recv(struct os_conn *c, void *ret_bytes, size_t len, int64_t timeout_ms) WARN_UNUSED;

#endif
