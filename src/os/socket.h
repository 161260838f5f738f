/*
 * Server sockets: listeners and accepted connections on a reactor, never blocking. Addresses are
 * resolved once, at start.
 *
 * Threads: a listener and a socket belong to the reactor they are attached to. A freshly accepted
 * socket belongs to nobody until os_socket_attach(), so it can be handed to another reactor.
 */
#ifndef OTTLA_OS_SOCKET_H
#define OTTLA_OS_SOCKET_H

#include <stdint.h>

#include "base/chain.h"
#include "base/err.h"
#include "base/slice.h"
#include "os/os.h"
#include "os/reactor.h"

#define OS_ADDR_TEXT_LEN 64 /* an address in text with its NUL */

struct os_listener;
struct os_socket;

/* Listens on every address `host` resolves to (NULL or "": all addresses). Port 0 takes a free one,
 * the same for all addresses. ERR_ADDR_IN_USE, ERR_NOT_FOUND (no such host), ERR_ACCESS. */
int os_listen(struct os *os, const char *host, uint16_t port, int backlog,
              struct os_listener **ret_l) WARN_UNUSED;
/* Chooses the TCP congestion control of every connection accepted from now on. ERR_NOT_FOUND: the
 * kernel has none of that name, or this process may not use it. */
int os_listener_congestion(struct os_listener *l, const char *name) WARN_UNUSED;
uint16_t os_listener_port(const struct os_listener *l);
void os_listener_close(struct os_listener *l); /* detaches first; accepts NULL */

/* Which process holds a port that is in use: "java (pid 4711)", or an empty text when unknown. */
void os_port_holder(struct os *os, uint16_t port, char *ret_text, size_t cap);

/* `accepted` gets each new socket and owns it. When descriptors run out, `exhausted` is told and
 * accepting pauses for a second. */
int os_listener_attach(struct os_listener *l, struct reactor *r,
                       void (*accepted)(void *ctx, struct os_socket *s),
                       void (*exhausted)(void *ctx), void *ctx) WARN_UNUSED;

/* The peer's address in text, without and with its port. */
const char *os_socket_peer(const struct os_socket *s);
uint16_t os_socket_peer_port(const struct os_socket *s);

/* Events of interest start as REACTOR_READ. */
int os_socket_attach(struct os_socket *s, struct reactor *r,
                     void (*ready)(void *ctx, unsigned events), void *ctx) WARN_UNUSED;
int os_socket_want(struct os_socket *s, unsigned events) WARN_UNUSED;
void os_socket_close(struct os_socket *s); /* accepts NULL */

/* At most len bytes. ERR_AGAIN: nothing there. ERR_CLOSED: the peer closed. */
int os_socket_recv(struct os_socket *s, void *ret_bytes, size_t len, size_t *ret_len) WARN_UNUSED;

/* Sends from the front of the chain, at most max bytes, and consumes what was sent: byte parts
 * gathered, file ranges by sendfile. ERR_AGAIN only when nothing could be sent. A file that is
 * shorter than its range is ERR_IO: the stream cannot be mended. */
int os_socket_send(struct os_socket *s, struct chain *c, size_t max, size_t *ret_len) WARN_UNUSED;

/* No more will be sent; what the peer still has to say is read. */
void os_socket_shutdown(struct os_socket *s);

#endif
