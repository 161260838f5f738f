/* A connection that goes while its requests wait, beside answers that are ready but not due yet. */
#include "net/net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "os/conn.h"

#define REQUESTS 600 /* more than the network keeps for later */

struct world {
    struct os *os;
    struct reactor *reactor;
    struct net *net;
    struct request_sink sink;
    size_t started;
    size_t cancelled;
    struct request *waiting[REQUESTS];
    size_t waiting_cnt;
    bool answer_rest; /* the first request of a connection waits, the others are done at once */
    bool stopped;
};

static enum request_overlap overlap(struct request_sink *sink, int16_t key)
{
    (void)sink;
    (void)key;
    return REQUEST_PRODUCE;
}

static void cancel(struct request *rq)
{
    struct world *w = rq->handler;

    w->cancelled++;
    for (size_t i = 0; i < w->waiting_cnt; i++) {
        if (w->waiting[i] == rq) {
            w->waiting[i] = w->waiting[--w->waiting_cnt];
            break;
        }
    }
    request_done(rq, REQUEST_UNANSWERED);
}

static void handle(struct request_sink *sink, struct request *rq)
{
    struct world *w = CONTAINER_OF(sink, struct world, sink);

    w->started++;
    request_ordered(rq);
    if (w->answer_rest && w->waiting_cnt > 0) {
        request_done(rq, REQUEST_UNANSWERED);
        return;
    }
    rq->handler = w;
    rq->cancel = cancel;
    w->waiting[w->waiting_cnt++] = rq;
}

static void world_init(struct world *w)
{
    struct net_options opt = {0};
    char why[256];

    *w = (struct world){.sink = {.overlap = overlap, .handle = handle}};
    assert_int_equal(os_new(&w->os), 0);
    assert_int_equal(reactor_new(w->os, &w->reactor), 0);
    opt.os = w->os;
    opt.sink = &w->sink;
    opt.reactors = &w->reactor;
    opt.reactor_cnt = 1;
    opt.listeners[0] = (struct net_listener_options){
        .name = "PLAINTEXT", .host = "127.0.0.1", .connections_max = 100};
    opt.listener_cnt = 1;
    opt.frame_len_max = 1 << 20;
    opt.memory_max_bytes = 1 << 24;
    opt.idle_ms = 60000;
    opt.frame_stall_ms = 30000;
    opt.connections_max = 100;
    opt.connections_per_ip_max = 100;
    opt.backlog = 10;
    opt.congestion = "";
    assert_int_equal(net_new(&opt, &w->net, why, sizeof(why)), 0);
    assert_int_equal(net_start(w->net), 0);
}

static void stopped(void *ctx)
{
    ((struct world *)ctx)->stopped = true;
}

static void world_release(struct world *w)
{
    net_stop(w->net, 0, stopped, w);
    while (!w->stopped) {
        reactor_turn(w->reactor, 10);
    }
    net_free(w->net);
    reactor_free(w->reactor);
    os_free(w->os);
}

/* Sends cnt requests and turns until all have started. */
static struct os_conn *ask(struct world *w, size_t cnt)
{
    static const uint8_t request[] = {0, 0, 0, 10, 0, 0, 0, 3, 0, 0, 0, 1, 0xff, 0xff};
    struct os_conn *c = NULL;
    size_t before = w->started;

    assert_int_equal(os_conn_open(w->os, "127.0.0.1", net_port(w->net, 0), 5000, &c), 0);
    for (size_t i = 0; i < cnt; i++) {
        assert_int_equal(os_conn_send(c, slice_of(request, sizeof(request)), 5000), 0);
        if (i % 100 == 0) {
            reactor_turn(w->reactor, 0);
        }
    }
    while (w->started < before + cnt) {
        reactor_turn(w->reactor, 10);
    }
    return c;
}

static void close_and_wait(struct world *w, struct os_conn *c, int64_t connections_left)
{
    struct net_stats stats;

    os_conn_close(c);
    do {
        reactor_turn(w->reactor, 10);
        net_stats(w->net, &stats);
    } while (stats.connections > connections_left);
}

/* One request waits and many answers are ready behind it. Another connection has just filled the list of
 * requests kept for later, so that those that leave the queue are freed at once: whoever still goes
 * through the queue then touches freed memory. */
static void a_close_goes_through_all_requests(void **state)
{
    struct world w;
    struct os_conn *mixed;
    struct os_conn *waiting;

    (void)state;
    world_init(&w);
    w.answer_rest = true;
    mixed = ask(&w, 200);
    assert_int_equal(w.waiting_cnt, 1);
    w.answer_rest = false;
    waiting = ask(&w, REQUESTS - 1);
    assert_int_equal(w.waiting_cnt, REQUESTS);
    close_and_wait(&w, waiting, 1);
    assert_int_equal(w.waiting_cnt, 1);
    close_and_wait(&w, mixed, 0);
    assert_int_equal(w.waiting_cnt, 0);
    assert_int_equal(w.cancelled, REQUESTS);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_close_goes_through_all_requests)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
