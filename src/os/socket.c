#include "os/socket.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/chk.h"

#define LISTEN_FDS_MAX 8
#define FREE_PORT_TRIES 16
#define ACCEPTS_PER_TURN 64
#define ACCEPT_PAUSE_MS 1000
#define SEND_PARTS_MAX 64
#define SENDFILE_MAX_BYTES (1u << 30)

struct listen_fd {
    struct reactor_watch watch; /* fd -1: unused */
    struct os_listener *listener;
};

struct os_listener {
    struct os *os;
    struct listen_fd fds[LISTEN_FDS_MAX];
    size_t fd_cnt;
    uint16_t port;
    struct reactor *reactor;
    struct reactor_timer pause;
    void (*accepted)(void *ctx, struct os_socket *s);
    void (*exhausted)(void *ctx);
    void *ctx;
};

struct os_socket {
    struct reactor_watch watch;
    struct reactor *reactor;
    void (*ready)(void *ctx, unsigned events);
    void *ctx;
    uint16_t peer_port;
    char peer[OS_ADDR_TEXT_LEN];
};

/* --- listening --------------------------------------------------------------------------------- */

static int listen_err(int error)
{
    switch (error) {
    case EADDRINUSE:
        return ERR_ADDR_IN_USE;
    case EACCES:
    case EPERM:
        return ERR_ACCESS;
    case EMFILE:
    case ENFILE:
        return ERR_MFILE;
    case EADDRNOTAVAIL:
        return ERR_NOT_FOUND;
    default:
        return ERR_IO;
    }
}

static uint16_t addr_port(const struct sockaddr_storage *addr)
{
    if (addr->ss_family == AF_INET6) {
        struct sockaddr_in6 in6;

        memcpy(&in6, addr, sizeof(in6));
        return ntohs(in6.sin6_port);
    }
    struct sockaddr_in in4;

    memcpy(&in4, addr, sizeof(in4));
    return ntohs(in4.sin_port);
}

static int listen_one(struct os_listener *l, const struct addrinfo *ai, int backlog)
{
    int on = 1;
    int rc = 0;
    struct sockaddr_storage addr = {0};
    socklen_t addr_len = sizeof(addr);
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0) {
        return errno == EAFNOSUPPORT ? ERR_UNSUPPORTED : listen_err(errno);
    }
    ASSERT(ai->ai_addrlen <= sizeof(addr));
    memcpy(&addr, ai->ai_addr, ai->ai_addrlen);
    if (l->port != 0) {
        /* A free port taken for the first address serves the others too. */
        if (ai->ai_family == AF_INET6) {
            struct sockaddr_in6 in6;

            memcpy(&in6, &addr, sizeof(in6));
            in6.sin6_port = htons(l->port);
            memcpy(&addr, &in6, sizeof(in6));
        } else {
            struct sockaddr_in in4;

            memcpy(&in4, &addr, sizeof(in4));
            in4.sin_port = htons(l->port);
            memcpy(&addr, &in4, sizeof(in4));
        }
    }
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        (ai->ai_family == AF_INET6 &&
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) ||
        bind(fd, (struct sockaddr *)&addr, ai->ai_addrlen) != 0 || listen(fd, backlog) != 0 ||
        getsockname(fd, (struct sockaddr *)&addr, &addr_len) != 0) {
        rc = listen_err(errno);
        (void)close(fd); /* the first error is the one to tell */
        return rc;
    }
    l->port = addr_port(&addr);
    l->fds[l->fd_cnt] = (struct listen_fd){.watch = {.fd = fd}, .listener = l};
    l->fd_cnt++;
    return 0;
}

/* Binds one listener to every address of the list. */
static int listen_all(struct os *os, const struct addrinfo *list, uint16_t port, int backlog,
                      struct os_listener **ret_l)
{
    struct os_listener *l = calloc(1, sizeof(*l));
    int rc = ERR_NOT_FOUND;

    if (l == NULL) {
        return ERR_NOMEM;
    }
    l->os = os;
    l->port = port;
    for (const struct addrinfo *ai = list; ai != NULL && l->fd_cnt < LISTEN_FDS_MAX;
         ai = ai->ai_next) {
        if (ai->ai_family != AF_INET && ai->ai_family != AF_INET6) {
            continue;
        }
        rc = listen_one(l, ai, backlog);
        /* A machine without IPv6 still serves IPv4; a port in use is never passed over. */
        if (rc == ERR_ADDR_IN_USE || rc == ERR_ACCESS) {
            os_listener_close(l);
            return rc;
        }
    }
    if (l->fd_cnt == 0) {
        os_listener_close(l);
        return rc;
    }
    *ret_l = l;
    return 0;
}

int os_listen(struct os *os, const char *host, uint16_t port, int backlog,
              struct os_listener **ret_l)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *list = NULL;
    char service[8];
    int rc;

    (void)snprintf(service, sizeof(service), "%u", (unsigned)port);
    if (getaddrinfo(host == NULL || host[0] == '\0' ? NULL : host, service, &hints, &list) != 0) {
        return ERR_NOT_FOUND;
    }
    rc = listen_all(os, list, port, backlog, ret_l);
    /* A port that was free for the first address may be taken for the next one: another one then. */
    for (int i = 0; i < FREE_PORT_TRIES && port == 0 && rc == ERR_ADDR_IN_USE; i++) {
        rc = listen_all(os, list, port, backlog, ret_l);
    }
    freeaddrinfo(list);
    return rc;
}

int os_listener_congestion(struct os_listener *l, const char *name)
{
    for (size_t i = 0; i < l->fd_cnt; i++) {
        if (setsockopt(l->fds[i].watch.fd, IPPROTO_TCP, TCP_CONGESTION, name,
                       (socklen_t)strlen(name)) != 0) {
            return ERR_NOT_FOUND;
        }
    }
    return 0;
}

uint16_t os_listener_port(const struct os_listener *l)
{
    return l->port;
}

void os_listener_close(struct os_listener *l)
{
    if (l == NULL) {
        return;
    }
    for (size_t i = 0; i < l->fd_cnt; i++) {
        if (l->reactor != NULL) {
            reactor_watch_remove(l->reactor, &l->fds[i].watch);
        }
        (void)close(l->fds[i].watch.fd); /* it was only listened on */
    }
    if (l->reactor != NULL) {
        reactor_timer_cancel(l->reactor, &l->pause);
    }
    free(l);
}

static void socket_name_peer(struct os_socket *s, const struct sockaddr_storage *addr)
{
    const void *in;
    struct sockaddr_in6 in6;
    struct sockaddr_in in4;

    memcpy(&in6, addr, sizeof(in6));
    memcpy(&in4, addr, sizeof(in4));
    in = addr->ss_family == AF_INET6 ? (const void *)&in6.sin6_addr : (const void *)&in4.sin_addr;
    if (inet_ntop(addr->ss_family, in, s->peer, sizeof(s->peer)) == NULL) {
        (void)snprintf(s->peer, sizeof(s->peer), "?");
    }
    s->peer_port = addr_port(addr);
}

static void listener_pause(struct os_listener *l)
{
    for (size_t i = 0; i < l->fd_cnt; i++) {
        (void)!reactor_watch_set(l->reactor, &l->fds[i].watch, 0); /* failing, it is told again */
    }
    if (reactor_timer_set(l->reactor, &l->pause, reactor_mono_ms(l->reactor) + ACCEPT_PAUSE_MS) !=
        0) {
        l->pause.run(&l->pause);
    }
}

static void listener_resume(struct reactor_timer *t)
{
    struct os_listener *l = CONTAINER_OF(t, struct os_listener, pause);

    for (size_t i = 0; i < l->fd_cnt; i++) {
        if (reactor_watch_set(l->reactor, &l->fds[i].watch, REACTOR_READ) != 0) {
            listener_pause(l);
            return;
        }
    }
}

static void listener_ready(struct reactor_watch *w, unsigned events)
{
    struct os_listener *l = CONTAINER_OF(w, struct listen_fd, watch)->listener;

    (void)events; /* there is only one it asked for */
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        struct sockaddr_storage addr = {0};
        socklen_t addr_len = sizeof(addr);
        int on = 1;
        struct os_socket *s;
        int fd = accept4(w->fd, (struct sockaddr *)&addr, &addr_len, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                l->exhausted(l->ctx);
                listener_pause(l);
            }
            return;
        }
        s = calloc(1, sizeof(*s));
        if (s == NULL) {
            (void)close(fd); /* the peer sees the end and tries again */
            l->exhausted(l->ctx);
            return;
        }
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* only slower without */
        s->watch.fd = fd;
        socket_name_peer(s, &addr);
        l->accepted(l->ctx, s);
    }
}

int os_listener_attach(struct os_listener *l, struct reactor *r,
                       void (*accepted)(void *ctx, struct os_socket *s),
                       void (*exhausted)(void *ctx), void *ctx)
{
    ASSERT(l->reactor == NULL);
    l->reactor = r;
    l->accepted = accepted;
    l->exhausted = exhausted;
    l->ctx = ctx;
    reactor_timer_init(&l->pause, listener_resume);
    for (size_t i = 0; i < l->fd_cnt; i++) {
        int rc;

        l->fds[i].watch.events = REACTOR_READ;
        l->fds[i].watch.run = listener_ready;
        rc = reactor_watch_add(r, &l->fds[i].watch);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

/* --- who holds a port -------------------------------------------------------------------------- */

/* The inode of the socket listening on the port, from the kernel's table; 0 when there is none. */
static unsigned long port_inode(const char *table, uint16_t port)
{
    char line[512];
    unsigned long inode = 0;
    FILE *f = fopen(table, "re");

    if (f == NULL) {
        return 0;
    }
    while (inode == 0 && fgets(line, sizeof(line), f) != NULL) {
        unsigned local_port;
        unsigned state;
        unsigned long found;

        /* allow: the kernel's own table, whose form is fixed; a line of another form is passed by */
        if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*s %*s %lu",
                   &local_port, &state, &found) == 3 &&
            local_port == port && state == 10) {
            inode = found;
        }
    }
    (void)fclose(f); /* read only */
    return inode;
}

static bool pid_has_inode(const char *pid, unsigned long inode)
{
    char path[300];
    char want[64];
    char target[128];
    bool found = false;
    const struct dirent *entry;
    DIR *dir;

    (void)snprintf(want, sizeof(want), "socket:[%lu]", inode);
    (void)snprintf(path, sizeof(path), "/proc/%.32s/fd", pid);
    dir = opendir(path);
    if (dir == NULL) {
        return false;
    }
    while (!found && (entry = readdir(dir)) != NULL) {
        ssize_t len;

        (void)snprintf(path, sizeof(path), "/proc/%.32s/fd/%.32s", pid, entry->d_name);
        len = readlink(path, target, sizeof(target) - 1);
        if (len > 0) {
            target[len] = '\0';
            found = strcmp(target, want) == 0;
        }
    }
    (void)closedir(dir); /* read only */
    return found;
}

static void pid_describe(const char *pid, char *ret_text, size_t cap)
{
    char path[64];
    char name[64] = "a process";
    FILE *f;

    (void)snprintf(path, sizeof(path), "/proc/%.32s/comm", pid);
    f = fopen(path, "re");
    if (f != NULL) {
        if (fgets(name, sizeof(name), f) != NULL) {
            name[strcspn(name, "\n")] = '\0';
        }
        (void)fclose(f); /* read only */
    }
    (void)snprintf(ret_text, cap, "%s (pid %.32s)", name, pid);
}

void os_port_holder(struct os *os, uint16_t port, char *ret_text, size_t cap)
{
    unsigned long inode = port_inode("/proc/net/tcp", port);
    const struct dirent *entry;
    DIR *dir;

    (void)os; /* the machine's table is not this broker's */
    ret_text[0] = '\0';
    inode = inode != 0 ? inode : port_inode("/proc/net/tcp6", port);
    dir = inode == 0 ? NULL : opendir("/proc");
    if (dir == NULL) {
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
            pid_has_inode(entry->d_name, inode)) {
            pid_describe(entry->d_name, ret_text, cap);
            break;
        }
    }
    (void)closedir(dir); /* read only */
}

/* --- accepted sockets ---------------------------------------------------------------------------- */

const char *os_socket_peer(const struct os_socket *s)
{
    return s->peer;
}

uint16_t os_socket_peer_port(const struct os_socket *s)
{
    return s->peer_port;
}

static void socket_ready(struct reactor_watch *w, unsigned events)
{
    struct os_socket *s = CONTAINER_OF(w, struct os_socket, watch);

    s->ready(s->ctx, events);
}

int os_socket_attach(struct os_socket *s, struct reactor *r,
                     void (*ready)(void *ctx, unsigned events), void *ctx)
{
    int rc;

    ASSERT(s->reactor == NULL);
    s->watch.events = REACTOR_READ;
    s->watch.run = socket_ready;
    s->ready = ready;
    s->ctx = ctx;
    rc = reactor_watch_add(r, &s->watch);
    if (rc == 0) {
        s->reactor = r;
    }
    return rc;
}

int os_socket_want(struct os_socket *s, unsigned events)
{
    return reactor_watch_set(s->reactor, &s->watch, events);
}

void os_socket_close(struct os_socket *s)
{
    if (s == NULL) {
        return;
    }
    if (s->reactor != NULL) {
        reactor_watch_remove(s->reactor, &s->watch);
    }
    (void)close(s->watch.fd); /* unsent data is the kernel's to deliver or drop */
    free(s);
}

int os_socket_recv(struct os_socket *s, void *ret_bytes, size_t len, size_t *ret_len)
{
    ssize_t got;

    do {
        got = recv(s->watch.fd, ret_bytes, len, 0);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        *ret_len = (size_t)got;
        return 0;
    }
    if (got == 0) {
        return ERR_CLOSED;
    }
    return errno == EAGAIN ? ERR_AGAIN : ERR_CLOSED;
}

static int send_err(void)
{
    return errno == EAGAIN ? ERR_AGAIN : errno == EIO ? ERR_IO : ERR_CLOSED;
}

static int send_bytes(struct os_socket *s, struct chain *c, size_t max, size_t *ret_len)
{
    struct iovec iov[SEND_PARTS_MAX];
    struct msghdr msg = {.msg_iov = iov};
    size_t cnt = 0;
    size_t want = 0;
    uint32_t idx = 0;
    ssize_t sent;

    for (; idx < c->cnt && cnt < SEND_PARTS_MAX && want < max; idx++) {
        struct chain_part *p = chain_part_at(c, idx);
        union {
            const uint8_t *in;
            void *base; /* the kernel's prototype lacks the const; it only reads */
        } u = {.in = p->ptr};

        if (p->file != NULL) {
            break;
        }
        iov[cnt].iov_base = u.base;
        iov[cnt].iov_len = MIN_OF(p->len, max - want);
        want += iov[cnt].iov_len;
        cnt++;
    }
    msg.msg_iovlen = cnt;
    do {
        sent =
            sendmsg(s->watch.fd, &msg, MSG_NOSIGNAL | (want < c->len && want < max ? MSG_MORE : 0));
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        return send_err();
    }
    *ret_len = (size_t)sent;
    return (size_t)sent < want ? ERR_AGAIN : 0;
}

static int send_file(struct os_socket *s, struct chain_part *p, size_t max, size_t *ret_len)
{
    off_t pos = (off_t)p->pos;
    size_t want = MIN_OF(MIN_OF(p->len, max), SENDFILE_MAX_BYTES);
    ssize_t sent;

    do {
        sent = sendfile(s->watch.fd, p->file->fd, &pos, want);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        return send_err();
    }
    if (sent == 0) {
        return ERR_IO;
    }
    *ret_len = (size_t)sent;
    return (size_t)sent < want ? ERR_AGAIN : 0;
}

int os_socket_send(struct os_socket *s, struct chain *c, size_t max, size_t *ret_len)
{
    size_t total = 0;
    int rc = 0;

    while (rc == 0 && c->len > 0 && total < max) {
        struct chain_part *p = chain_part_at(c, 0);
        size_t sent = 0;

        rc = p->file != NULL ? send_file(s, p, max - total, &sent)
                             : send_bytes(s, c, max - total, &sent);
        chain_consume(c, sent);
        total += sent;
    }
    *ret_len = total;
    return rc == ERR_AGAIN && total > 0 ? 0 : rc;
}

void os_socket_shutdown(struct os_socket *s)
{
    (void)shutdown(s->watch.fd, SHUT_WR); /* the peer may be gone already */
}
