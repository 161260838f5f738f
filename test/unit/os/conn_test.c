/* The blocking client against a small listener: everything or an error, and never longer than told. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/assert.h"
#include "os/conn.h"
#include "os/os.h"

#define LONG_MS 20000 /* a call that should succeed and needs this long has failed */
#define BIG_BYTES ((size_t)8 << 20)

struct fixture {
    struct os *os;
    int listen_fd;
    uint16_t port;
};

/* Bound to a loopback address, listening when backlog >= 0. -1 when the address family is missing. */
static int listener_open(int family, int backlog, uint16_t port, uint16_t *ret_port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr *addr = family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
    socklen_t len = family == AF_INET ? sizeof(v4) : sizeof(v6);
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, addr, len) != 0 || (backlog >= 0 && listen(fd, backlog) != 0) ||
        getsockname(fd, addr, &len) != 0) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return -1;
    }
    *ret_port = ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
    return fd;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (f == NULL || os_new(&f->os) != 0) {
        return -1;
    }
    f->listen_fd = listener_open(AF_INET, 16, 0, &f->port);
    *state = f;
    return f->listen_fd < 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    if (f->listen_fd >= 0) {
        (void)close(f->listen_fd);
    }
    os_free(f->os);
    free(f);
    return 0;
}

static struct os_conn *open_conn(struct fixture *f, const char *host)
{
    struct os_conn *c = NULL;

    assert_int_equal(os_conn_open(f->os, host, f->port, LONG_MS, &c), 0);
    assert_non_null(c);
    return c;
}

static int accept_one(struct fixture *f)
{
    int fd = accept(f->listen_fd, NULL, NULL);

    assert_true(fd >= 0);
    return fd;
}

/* --- talking ------------------------------------------------------------------------------------ */

/* Sends back what comes, in crumbs, until the other side closes. */
static void echo_main(void *arg)
{
    struct fixture *f = arg;
    int fd = accept(f->listen_fd, NULL, NULL);
    char buf[1000];
    ssize_t got;

    ASSERT(fd >= 0);
    while ((got = read(fd, buf, sizeof(buf))) > 0) {
        for (ssize_t done = 0; done < got;) {
            ssize_t put = write(fd, buf + done, (size_t)(got - done));

            ASSERT(put > 0);
            done += put;
        }
    }
    (void)close(fd);
}

static void test_what_is_sent_comes_back(void **state)
{
    struct fixture *f = *state;
    struct os_thread *echo = NULL;
    struct os_conn *c;
    uint8_t out[3000];
    uint8_t in[3000];

    assert_int_equal(os_thread_start(f->os, "echo", echo_main, f, &echo), 0);
    c = open_conn(f, "127.0.0.1");
    for (size_t len = 0; len <= sizeof(out); len += 300) {
        memset(out, (int)len / 300 + 1, sizeof(out));
        memset(in, 0, sizeof(in));
        assert_int_equal(os_conn_send(c, slice_of(out, len), LONG_MS), 0);
        assert_int_equal(os_conn_recv(c, in, len, LONG_MS), 0);
        assert_memory_equal(in, out, len);
    }
    os_conn_close(c);
    os_thread_join(echo);
    os_conn_close(NULL);
}

struct sink {
    struct fixture *f;
    uint64_t sum;
    size_t len;
};

static void sink_main(void *arg)
{
    struct sink *s = arg;
    int fd = accept(s->f->listen_fd, NULL, NULL);
    uint8_t buf[4096];
    ssize_t got;

    ASSERT(fd >= 0);
    while ((got = read(fd, buf, sizeof(buf))) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            s->sum += buf[i] * ++s->len;
        }
    }
    (void)close(fd);
}

static void test_more_than_the_kernel_holds_is_sent(void **state)
{
    struct fixture *f = *state;
    struct sink sink = {.f = f};
    struct os_thread *thread = NULL;
    uint8_t *bytes = malloc(BIG_BYTES);
    uint64_t sum = 0;
    struct os_conn *c;

    assert_non_null(bytes);
    for (size_t i = 0; i < BIG_BYTES; i++) {
        bytes[i] = (uint8_t)(i * 7 + i / 999);
        sum += bytes[i] * (uint64_t)(i + 1);
    }
    assert_int_equal(os_thread_start(f->os, "sink", sink_main, &sink, &thread), 0);
    c = open_conn(f, "127.0.0.1");
    assert_int_equal(os_conn_send(c, slice_of(bytes, BIG_BYTES), LONG_MS), 0);
    os_conn_close(c);
    os_thread_join(thread);
    assert_int_equal(sink.len, BIG_BYTES);
    assert_true(sink.sum == sum);
    free(bytes);
}

/* --- deadlines ---------------------------------------------------------------------------------- */

static void test_a_silent_peer_costs_the_time_told(void **state)
{
    struct fixture *f = *state;
    struct os_conn *c = open_conn(f, "127.0.0.1");
    int fd = accept_one(f);
    int64_t start_us = os_mono_us(f->os);
    char b[4];

    assert_int_equal(os_conn_recv(c, b, 4, 50), ERR_TIMEOUT);
    assert_true(os_mono_us(f->os) - start_us >= 50000);
    assert_int_equal(os_conn_recv(c, b, 4, 0), ERR_TIMEOUT);
    assert_int_equal(write(fd, "ab", 2), 2);
    assert_int_equal(os_conn_recv(c, b, 4, 50), ERR_TIMEOUT); /* half of it is not enough */
    assert_int_equal(os_conn_recv(c, b, 0, 0), 0);
    os_conn_close(c);
    (void)close(fd);
}

static void test_a_peer_that_reads_nothing_costs_the_time_told(void **state)
{
    struct fixture *f = *state;
    uint8_t *bytes = calloc(1, BIG_BYTES * 4);
    struct os_conn *c = open_conn(f, "127.0.0.1");
    int fd = accept_one(f);

    assert_non_null(bytes);
    assert_int_equal(os_conn_send(c, slice_of(bytes, BIG_BYTES * 4), 100), ERR_TIMEOUT);
    os_conn_close(c);
    (void)close(fd);
    free(bytes);
}

static void test_a_listener_with_a_full_queue_costs_the_time_told(void **state)
{
    struct fixture *f = *state;
    struct os_conn *conns[10] = {NULL};
    int rc = 0;
    uint16_t port;
    int fd = listener_open(AF_INET, 0, 0, &port);

    assert_true(fd >= 0);
    /* Nobody accepts; the kernel takes a few, then lets the next ones wait. */
    for (size_t i = 0; i < ARRAY_CNT(conns) && rc == 0; i++) {
        rc = os_conn_open(f->os, "127.0.0.1", port, 100, &conns[i]);
    }
    assert_int_equal(rc, ERR_TIMEOUT);
    for (size_t i = 0; i < ARRAY_CNT(conns); i++) {
        os_conn_close(conns[i]);
    }
    (void)close(fd);
}

/* --- peers that go ------------------------------------------------------------------------------- */

static void test_a_peer_that_closes(void **state)
{
    struct fixture *f = *state;
    struct os_conn *c = open_conn(f, "127.0.0.1");
    int fd = accept_one(f);
    uint8_t *bytes = calloc(1, BIG_BYTES);
    char b[4];

    assert_non_null(bytes);
    assert_int_equal(write(fd, "ab", 2), 2);
    (void)close(fd);
    assert_int_equal(os_conn_recv(c, b, 4, LONG_MS), ERR_CLOSED);
    /* The first bytes meet a reset; no signal ends this process. */
    assert_int_equal(os_conn_send(c, slice_of(bytes, BIG_BYTES), LONG_MS), ERR_CLOSED);
    os_conn_close(c);
    free(bytes);
}

static void test_nobody_listens(void **state)
{
    struct fixture *f = *state;
    struct os_conn *c = (struct os_conn *)f;
    uint16_t port;
    int fd = listener_open(AF_INET, -1, 0, &port); /* bound, so that nobody else listens there */

    assert_true(fd >= 0);
    assert_int_equal(os_conn_open(f->os, "127.0.0.1", port, LONG_MS, &c), ERR_REFUSED);
    assert_int_equal(os_conn_open(f->os, "localhost", port, LONG_MS, &c), ERR_REFUSED);
    assert_ptr_equal(c, f);
    (void)close(fd);
}

static void test_no_such_host(void **state)
{
    struct fixture *f = *state;
    struct os_conn *c = NULL;
    char label[100];

    /* Names that no resolver has to be asked for. */
    memset(label, 'a', sizeof(label));
    label[sizeof(label) - 1] = '\0';
    assert_int_equal(os_conn_open(f->os, label, 9092, LONG_MS, &c), ERR_NOT_FOUND);
    assert_int_equal(os_conn_open(f->os, "two..dots", 9092, LONG_MS, &c), ERR_NOT_FOUND);
    assert_null(c);
}

/* --- addresses ---------------------------------------------------------------------------------- */

static void test_localhost_is_found_on_ipv4(void **state)
{
    struct fixture *f = *state;
    struct os_conn *c = open_conn(f, "localhost");
    int fd = accept_one(f);

    (void)close(fd);
    os_conn_close(c);
}

static void test_localhost_is_found_on_ipv6(void **state)
{
    struct fixture *f = *state;
    struct os_conn *c = NULL;
    uint16_t port;
    int fd = listener_open(AF_INET6, 16, 0, &port);

    if (fd < 0) {
        print_message("no IPv6 here\n");
        return;
    }
    assert_int_equal(os_conn_open(f->os, "::1", port, LONG_MS, &c), 0);
    os_conn_close(c);
    c = NULL;
    assert_int_equal(os_conn_open(f->os, "localhost", port, LONG_MS, &c), 0);
    os_conn_close(c);
    (void)close(fd);
}

#define WITH_LISTENER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LISTENER(test_what_is_sent_comes_back),
        WITH_LISTENER(test_more_than_the_kernel_holds_is_sent),
        WITH_LISTENER(test_a_silent_peer_costs_the_time_told),
        WITH_LISTENER(test_a_peer_that_reads_nothing_costs_the_time_told),
        WITH_LISTENER(test_a_listener_with_a_full_queue_costs_the_time_told),
        WITH_LISTENER(test_a_peer_that_closes),
        WITH_LISTENER(test_nobody_listens),
        WITH_LISTENER(test_no_such_host),
        WITH_LISTENER(test_localhost_is_found_on_ipv4),
        WITH_LISTENER(test_localhost_is_found_on_ipv6),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
