/*
 * A non-blocking socket and poll(), so that each call keeps its deadline. Name resolution is the C
 * library's and keeps its own time.
 */
#include "os/conn.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/os_impl.h"

struct os_conn {
    struct os *os;
    int fd;
};

/* --- waiting ------------------------------------------------------------------------------------- */

static int64_t deadline_us(struct os *os, int64_t timeout_ms)
{
    if (timeout_ms > INT_MAX) {
        timeout_ms = INT_MAX;
    }
    return os_mono_us(os) + (timeout_ms < 0 ? 0 : timeout_ms) * 1000;
}

/* Until the socket is ready for `events` (or broken: the next call tells), or ERR_TIMEOUT. */
static int fd_wait(struct os *os, int fd, short events, int64_t until_us)
{
    for (;;) {
        struct pollfd p = {.fd = fd, .events = events, .revents = 0};
        int64_t left_ms = (until_us - os_mono_us(os) + 999) / 1000;
        int cnt = poll(&p, 1, left_ms < 0 ? 0 : (int)left_ms);

        if (cnt > 0) {
            return 0;
        }
        if (cnt == 0 && left_ms <= 0) {
            return ERR_TIMEOUT;
        }
        if (cnt < 0 && errno != EINTR) {
            return os_err(errno);
        }
    }
}

/* --- connecting ---------------------------------------------------------------------------------- */

static int addr_connect(struct os *os, const struct addrinfo *a, int64_t until_us, int *ret_fd)
{
    int on = 1;
    int err = 0;
    socklen_t len = sizeof(err);
    int rc = os_fault_check(&os->faults, OS_FAULT_CONNECT);
    int fd;

    if (rc != 0) {
        return rc;
    }
    fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return os_err(errno);
    }
    /* An interrupted connect goes on by itself, as one in progress does. */
    if (connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
        rc = errno == EINPROGRESS || errno == EINTR ? fd_wait(os, fd, POLLOUT, until_us)
                                                    : os_err(errno);
        if (rc == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0) {
            err = errno;
        }
        if (rc == 0) {
            rc = os_err(err);
        }
    }
    if (rc != 0) {
        (void)close(fd);
        return rc;
    }
    /* Requests are small and waited for; without this the connection works too, only slower. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    *ret_fd = fd;
    return 0;
}

/* Each address gets an equal share of the time that is left, so that a silent one starves no other. */
static int addrs_connect(struct os *os, const struct addrinfo *list, int64_t until_us, int *ret_fd)
{
    int64_t left_cnt = 0;
    int err = ERR_NOT_FOUND;

    for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
        left_cnt++;
    }
    for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
        int64_t now_us = os_mono_us(os);
        int64_t share_us = until_us > now_us ? (until_us - now_us) / left_cnt : 0;
        int rc = addr_connect(os, a, now_us + share_us, ret_fd);

        if (rc == 0) {
            return 0;
        }
        /* That somebody refused says more than that another address has no route. */
        if (err != ERR_REFUSED) {
            err = rc;
        }
        left_cnt--;
    }
    return err;
}

static int host_resolve(const char *host, uint16_t port, struct addrinfo **ret_list)
{
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    char service[8];
    int rc;

    /* This name means both loopbacks, whatever the host's file says of it. */
    if (strcasecmp(host, "localhost") == 0) {
        host = NULL;
    }
    snprintf(service, sizeof(service), "%u", (unsigned)port);
    rc = getaddrinfo(host, service, &hints, ret_list);
    if (rc == 0) {
        return 0;
    }
    if (rc == EAI_MEMORY) {
        return ERR_NOMEM;
    }
    return rc == EAI_SYSTEM ? os_err(errno) : ERR_NOT_FOUND;
}

int os_conn_open(struct os *os, const char *host, uint16_t port, int64_t timeout_ms,
                 struct os_conn **ret_conn)
{
    int64_t until_us = deadline_us(os, timeout_ms);
    struct addrinfo *list = NULL;
    struct os_conn *c = os_alloc(os, sizeof(*c));
    int rc;

    if (c == NULL) {
        return ERR_NOMEM;
    }
    rc = host_resolve(host, port, &list);
    if (rc == 0) {
        rc = addrs_connect(os, list, until_us, &c->fd);
        freeaddrinfo(list);
    }
    if (rc != 0) {
        free(c);
        return rc;
    }
    c->os = os;
    *ret_conn = c;
    return 0;
}

void os_conn_close(struct os_conn *c)
{
    if (c != NULL) {
        (void)close(c->fd);
        free(c);
    }
}

/* --- talking ------------------------------------------------------------------------------------- */

int os_conn_send(struct os_conn *c, struct slice bytes, int64_t timeout_ms)
{
    int64_t until_us = deadline_us(c->os, timeout_ms);
    size_t done = 0;

    while (done < bytes.len) {
        ssize_t put = send(c->fd, bytes.ptr + done, bytes.len - done, MSG_NOSIGNAL);
        int rc = 0;

        if (put >= 0) {
            done += (size_t)put;
        } else if (errno == EAGAIN) {
            rc = fd_wait(c->os, c->fd, POLLOUT, until_us);
        } else if (errno != EINTR) {
            rc = os_err(errno);
        }
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

int os_conn_recv(struct os_conn *c, void *ret_bytes, size_t len, int64_t timeout_ms)
{
    int64_t until_us = deadline_us(c->os, timeout_ms);
    uint8_t *p = ret_bytes;
    size_t done = 0;

    while (done < len) {
        ssize_t got = recv(c->fd, p + done, len - done, 0);
        int rc = 0;

        if (got > 0) {
            done += (size_t)got;
        } else if (got == 0) {
            rc = ERR_CLOSED;
        } else if (errno == EAGAIN) {
            rc = fd_wait(c->os, c->fd, POLLIN, until_us);
        } else if (errno != EINTR) {
            rc = os_err(errno);
        }
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}
