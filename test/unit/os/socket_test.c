/* Listeners and accepted sockets on a reactor, against the blocking client in the same thread: what a
 * chain holds arrives, nothing blocks, and every way of going wrong has its own answer. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/conn.h"
#include "os/reactor.h"
#include "os/socket.h"
#include "tmp_dir.h"

#define LONG_MS 20000
#define SOCKETS_MAX 8

struct fixture {
    struct tmp_dir *tmp;
    struct reactor *r;
    struct os_listener *l;
    struct os_socket *sockets[SOCKETS_MAX];
    size_t socket_cnt;
    int exhausted_cnt;
    unsigned seen; /* events of sockets */
};

static void on_accepted(void *ctx, struct os_socket *s)
{
    struct fixture *f = ctx;

    assert_true(f->socket_cnt < SOCKETS_MAX);
    f->sockets[f->socket_cnt++] = s;
}

static void on_exhausted(void *ctx)
{
    ((struct fixture *)ctx)->exhausted_cnt++;
}

static void on_ready(void *ctx, unsigned events)
{
    ((struct fixture *)ctx)->seen |= events;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    void *tmp = NULL;

    if (f == NULL || tmp_dir_setup(&tmp) != 0) {
        return -1;
    }
    f->tmp = tmp;
    *state = f;
    /* sendfile() cannot be told to raise no signal; our own threads block it. */
    (void)sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    if (reactor_new(f->tmp->os, &f->r) != 0 ||
        os_listen(f->tmp->os, "127.0.0.1", 0, 16, &f->l) != 0) {
        return -1;
    }
    return os_listener_attach(f->l, f->r, on_accepted, on_exhausted, f);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    void *tmp = f->tmp;

    for (size_t i = 0; i < f->socket_cnt; i++) {
        os_socket_close(f->sockets[i]);
    }
    os_listener_close(f->l);
    reactor_free(f->r);
    (void)tmp_dir_teardown(&tmp);
    free(f);
    return 0;
}

static struct os_conn *connect_to(struct fixture *f, const char *host, uint16_t port)
{
    struct os_conn *c = NULL;

    assert_int_equal(os_conn_open(f->tmp->os, host, port, LONG_MS, &c), 0);
    return c;
}

static void turn_until_accepted(struct fixture *f, size_t cnt)
{
    int64_t until_us = os_mono_us(f->tmp->os) + LONG_MS * 1000;

    while (f->socket_cnt < cnt) {
        assert_true(os_mono_us(f->tmp->os) < until_us);
        reactor_turn(f->r, 100);
    }
}

static void turn_until_seen(struct fixture *f, unsigned events)
{
    int64_t until_us = os_mono_us(f->tmp->os) + LONG_MS * 1000;

    f->seen = 0;
    while ((f->seen & events) == 0) {
        assert_true(os_mono_us(f->tmp->os) < until_us);
        reactor_turn(f->r, 100);
    }
}

/* A client and the accepted, attached other end of it. */
static struct os_socket *pair(struct fixture *f, struct os_conn **ret_client)
{
    *ret_client = connect_to(f, "127.0.0.1", os_listener_port(f->l));
    turn_until_accepted(f, f->socket_cnt + 1);
    assert_int_equal(os_socket_attach(f->sockets[f->socket_cnt - 1], f->r, on_ready, f), 0);
    return f->sockets[f->socket_cnt - 1];
}

/* --- receiving ----------------------------------------------------------------------------------- */

static void test_receive(void **state)
{
    struct fixture *f = *state;
    struct os_conn *client;
    struct os_socket *s = pair(f, &client);
    char b[16];
    size_t got = 99;

    assert_string_equal(os_socket_peer(s), "127.0.0.1");
    assert_true(os_socket_peer_port(s) != 0);
    assert_int_equal(os_socket_recv(s, b, sizeof(b), &got), ERR_AGAIN);
    assert_int_equal(got, 99);
    assert_int_equal(os_conn_send(client, SLICE_LIT("hello"), LONG_MS), 0);
    turn_until_seen(f, REACTOR_READ);
    assert_int_equal(os_socket_recv(s, b, 3, &got), 0);
    assert_int_equal(got, 3);
    assert_int_equal(os_socket_recv(s, b + 3, sizeof(b) - 3, &got), 0);
    assert_int_equal(got, 2);
    assert_memory_equal(b, "hello", 5);
    os_conn_close(client);
    turn_until_seen(f, REACTOR_READ);
    assert_int_equal(os_socket_recv(s, b, sizeof(b), &got), ERR_CLOSED);
}

static void test_shutdown_ends_the_stream(void **state)
{
    struct fixture *f = *state;
    struct os_conn *client;
    struct os_socket *s = pair(f, &client);
    char b[4];
    size_t got;

    os_socket_shutdown(s);
    assert_int_equal(os_conn_recv(client, b, 1, LONG_MS), ERR_CLOSED);
    /* The other way is open still. */
    assert_int_equal(os_conn_send(client, SLICE_LIT("bye"), LONG_MS), 0);
    turn_until_seen(f, REACTOR_READ);
    assert_int_equal(os_socket_recv(s, b, 3, &got), 0);
    assert_int_equal(got, 3);
    os_conn_close(client);
    os_socket_close(NULL);
}

/* --- sending ------------------------------------------------------------------------------------ */

#define FILE_BYTES 300000u

static uint8_t file_byte(size_t pos)
{
    return (uint8_t)(pos * 31 + (pos >> 10));
}

static struct os_file *make_file(struct fixture *f)
{
    static uint8_t bytes[FILE_BYTES];
    struct os_file *file = NULL;

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = file_byte(i);
    }
    assert_int_equal(os_file_open(f->tmp->os, tmp_path(f->tmp, "log"), OS_WRITE | OS_CREATE, &file),
                     0);
    assert_int_equal(os_file_pwrite(file, 0, slice_of(bytes, sizeof(bytes))), 0);
    return file;
}

/* Sends the whole chain, the client reading whatever has left; the bytes as they arrived. */
static uint8_t *send_all(struct os_socket *s, struct os_conn *client, struct chain *c, size_t max)
{
    size_t len = c->len;
    size_t at = 0;
    uint8_t *bytes = malloc(len);

    assert_non_null(bytes);
    while (c->len > 0) {
        size_t before = c->len;
        size_t sent = 0;
        int rc = os_socket_send(s, c, max, &sent);

        assert_true(rc == 0 || rc == ERR_AGAIN);
        assert_true(sent <= max);
        assert_int_equal(c->len, before - sent);
        assert_int_equal(os_conn_recv(client, bytes + at, sent, LONG_MS), 0);
        at += sent;
    }
    assert_int_equal(at, len);
    return bytes;
}

/* More parts than one call takes, files between them. */
static void test_a_chain_arrives_as_it_is(void **state)
{
    static const size_t maxima[] = {SIZE_MAX, 100000, 977};
    struct fixture *f = *state;
    struct os_conn *client;
    struct os_socket *s = pair(f, &client);
    struct os_file *file = make_file(f);

    for (size_t m = 0; m < ARRAY_CNT(maxima); m++) {
        struct chain c;
        uint8_t *bytes;
        size_t at = 0;

        chain_init(&c);
        for (size_t i = 0; i < 100; i++) {
            assert_int_equal(chain_append_slice(&c, SLICE_LIT("part;"), NULL), 0);
        }
        assert_int_equal(chain_append_file(&c, os_file_as_ref(file), 1000, FILE_BYTES - 1000), 0);
        assert_int_equal(chain_append_copy(&c, SLICE_LIT("between")), 0);
        assert_int_equal(chain_append_file(&c, os_file_as_ref(file), 7, 13), 0);
        assert_int_equal(chain_append_copy(&c, SLICE_LIT("end")), 0);
        bytes = send_all(s, client, &c, maxima[m]);
        for (size_t i = 0; i < 100; i++, at += 5) {
            assert_memory_equal(bytes + at, "part;", 5);
        }
        for (size_t i = 1000; i < FILE_BYTES; i++, at++) {
            assert_int_equal(bytes[at], file_byte(i));
        }
        assert_memory_equal(bytes + at, "between", 7);
        at += 7;
        for (size_t i = 7; i < 20; i++, at++) {
            assert_int_equal(bytes[at], file_byte(i));
        }
        assert_memory_equal(bytes + at, "end", 3);
        free(bytes);
        chain_clear(&c);
    }
    os_file_close(file);
    os_conn_close(client);
}

static void test_a_deaf_peer_blocks_nothing(void **state)
{
    struct fixture *f = *state;
    struct os_conn *client;
    struct os_socket *s = pair(f, &client);
    uint8_t *bytes = calloc(1, 16u << 20);
    uint8_t *taken = malloc(16u << 20);
    struct chain c;
    size_t total = 0;
    size_t sent = 0;
    int rc;

    assert_non_null(bytes);
    assert_non_null(taken);
    chain_init(&c);
    assert_int_equal(chain_append_slice(&c, slice_of(bytes, 16u << 20), NULL), 0);
    while ((rc = os_socket_send(s, &c, SIZE_MAX, &sent)) == 0) {
        assert_true(sent > 0);
        total += sent;
    }
    assert_int_equal(rc, ERR_AGAIN);
    assert_int_equal(sent, 0);
    assert_int_equal(c.len, (16u << 20) - total);
    /* The reactor tells when there is room again. */
    assert_int_equal(os_socket_want(s, REACTOR_READ | REACTOR_WRITE), 0);
    assert_int_equal(os_conn_recv(client, taken, total, LONG_MS), 0);
    turn_until_seen(f, REACTOR_WRITE);
    assert_int_equal(os_socket_send(s, &c, SIZE_MAX, &sent), 0);
    assert_true(sent > 0);
    chain_clear(&c);
    free(bytes);
    free(taken);
    os_conn_close(client);
}

static void test_a_file_shorter_than_its_range_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct os_conn *client;
    struct os_socket *s = pair(f, &client);
    struct os_file *file = make_file(f);
    struct chain c;
    size_t sent = 0;
    int rc;

    chain_init(&c);
    assert_int_equal(chain_append_file(&c, os_file_as_ref(file), 0, 1000), 0);
    assert_int_equal(os_file_truncate(file, 600), 0);
    rc = os_socket_send(s, &c, SIZE_MAX, &sent);
    while (rc == 0 && c.len > 0) {
        rc = os_socket_send(s, &c, SIZE_MAX, &sent);
    }
    assert_int_equal(rc, ERR_IO);
    assert_int_equal(c.len, 400);
    chain_clear(&c);
    os_file_close(file);
    os_conn_close(client);
}

static void test_a_peer_that_is_gone(void **state)
{
    struct fixture *f = *state;

    for (int with_file = 0; with_file < 2; with_file++) {
        struct os_conn *client;
        struct os_socket *s = pair(f, &client);
        struct os_file *file = make_file(f);
        size_t sent = 0;
        int rc = 0;

        os_conn_close(client);
        /* The first bytes may still leave; what comes back ends it. */
        for (int i = 0; i < 1000 && rc == 0; i++) {
            struct chain c;

            chain_init(&c);
            if (with_file) {
                assert_int_equal(chain_append_file(&c, os_file_as_ref(file), 0, 5000), 0);
            } else {
                assert_int_equal(chain_append_copy(&c, SLICE_LIT("anybody there?")), 0);
            }
            rc = os_socket_send(s, &c, SIZE_MAX, &sent);
            chain_clear(&c);
        }
        assert_int_equal(rc, ERR_CLOSED);
        os_file_close(file);
    }
}

/* --- listening ---------------------------------------------------------------------------------- */

static void test_a_port_in_use_names_its_holder(void **state)
{
    struct fixture *f = *state;
    struct os_listener *l = (struct os_listener *)f;
    uint16_t port = os_listener_port(f->l);
    char expected[64];
    char text[128];

    assert_true(port != 0);
    assert_int_equal(os_listen(f->tmp->os, "127.0.0.1", port, 16, &l), ERR_ADDR_IN_USE);
    assert_ptr_equal(l, f);
    os_port_holder(f->tmp->os, port, text, sizeof(text));
    snprintf(expected, sizeof(expected), "(pid %d)", (int)getpid());
    assert_non_null(strstr(text, expected));
    /* Free again at once after closing. */
    os_listener_close(f->l);
    f->l = NULL;
    os_port_holder(f->tmp->os, port, text, sizeof(text));
    assert_string_equal(text, "");
    assert_int_equal(os_listen(f->tmp->os, "127.0.0.1", port, 16, &f->l), 0);
    assert_int_equal(os_listener_port(f->l), port);
    os_listener_close(NULL);
}

static void test_no_such_host(void **state)
{
    struct fixture *f = *state;
    struct os_listener *l = NULL;

    assert_int_equal(os_listen(f->tmp->os, "two..dots", 0, 16, &l), ERR_NOT_FOUND);
    assert_int_equal(os_listen(f->tmp->os, "192.0.2.1", 0, 16, &l), ERR_NOT_FOUND); /* not ours */
    assert_null(l);
}

static void test_a_congestion_control_is_taken_or_unknown(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(os_listener_congestion(f->l, "none-such"), ERR_NOT_FOUND);
    assert_int_equal(os_listener_congestion(f->l, "reno"), 0); /* every kernel has it */
}

static void test_every_address_has_the_same_port(void **state)
{
    struct fixture *f = *state;
    struct os_listener *l = NULL;
    struct os_conn *v4;
    struct os_conn *v6 = NULL;
    int rc = ERR_ADDR_IN_USE;

    /* The free port of one family may be taken in the other: then another try finds another one. */
    for (int i = 0; i < 20 && rc == ERR_ADDR_IN_USE; i++) {
        rc = os_listen(f->tmp->os, NULL, 0, 16, &l);
    }
    assert_int_equal(rc, 0);
    assert_int_equal(os_listener_attach(l, f->r, on_accepted, on_exhausted, f), 0);
    v4 = connect_to(f, "127.0.0.1", os_listener_port(l));
    turn_until_accepted(f, 1);
    if (os_conn_open(f->tmp->os, "::1", os_listener_port(l), LONG_MS, &v6) == 0) {
        turn_until_accepted(f, 2);
        assert_string_equal(os_socket_peer(f->sockets[1]), "::1");
        os_conn_close(v6);
    } else {
        print_message("no IPv6 here\n");
    }
    os_conn_close(v4);
    os_listener_close(l);
}

static void test_running_out_of_descriptors_pauses_accepting(void **state)
{
    struct fixture *f = *state;
    struct os_conn *client = connect_to(f, "127.0.0.1", os_listener_port(f->l));
    int64_t until_us = os_mono_us(f->tmp->os) + LONG_MS * 1000;
    struct rlimit before;
    struct rlimit none;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 3; /* all numbers below are taken */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    while (f->exhausted_cnt == 0 && os_mono_us(f->tmp->os) < until_us) {
        reactor_turn(f->r, 100);
    }
    /* It pauses: a hundred turns tell nothing more, and do not run hot. */
    for (int i = 0; i < 100; i++) {
        reactor_turn(f->r, 0);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(f->exhausted_cnt, 1);
    turn_until_accepted(f, 1); /* the pause ends by itself */
    os_conn_close(client);
}

#define WITH_LISTENER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LISTENER(test_receive),
        WITH_LISTENER(test_shutdown_ends_the_stream),
        WITH_LISTENER(test_a_chain_arrives_as_it_is),
        WITH_LISTENER(test_a_deaf_peer_blocks_nothing),
        WITH_LISTENER(test_a_file_shorter_than_its_range_is_an_error),
        WITH_LISTENER(test_a_peer_that_is_gone),
        WITH_LISTENER(test_a_port_in_use_names_its_holder),
        WITH_LISTENER(test_a_congestion_control_is_taken_or_unknown),
        WITH_LISTENER(test_no_such_host),
        WITH_LISTENER(test_every_address_has_the_same_port),
        WITH_LISTENER(test_running_out_of_descriptors_pauses_accepting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
