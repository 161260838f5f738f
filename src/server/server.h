/*
 * A broker put together: reactors and their threads, network, request handlers, the broker. The only
 * place that wires. include/ottla.h and the command `ottla server` are two faces of it.
 *
 * Threads: server_start(), server_wait() and server_free() by the owner; server_stop() from any.
 */
#ifndef OTTLA_SERVER_SERVER_H
#define OTTLA_SERVER_SERVER_H

#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "model/listener.h"
#include "model/settings.h"
#include "os/os.h"

#define SERVER_WHY_LEN 1024

struct server;

/* Blocks until the broker answers requests. `settings` are borrowed until server_free(), `os` and
 * `logger` too. On failure ret_why holds a sentence. */
int server_start(struct os *os, struct logger *logger, const struct settings *settings,
                 struct server **ret_server, char ret_why[SERVER_WHY_LEN]) WARN_UNUSED;

/* Where it listens, with the real ports. */
const struct listeners *server_listeners(const struct server *s);
const struct listeners *server_advertised(const struct server *s);

void server_stop(struct server *s);

/* Blocks until it has stopped. 0, or why it stopped by itself; ret_why then holds a sentence. */
int server_wait(struct server *s, char ret_why[SERVER_WHY_LEN]) WARN_UNUSED;
void server_free(struct server *s); /* after server_wait(); accepts NULL */

#endif
