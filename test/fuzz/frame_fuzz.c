/*
 * Bytes as a stranger sends them, through a real connection: frames cut anywhere, lengths that lie, requests
 * pipelined, half a request and the end. Whatever comes, every request that was handed out ends, the
 * connection closes, and no frame memory stays.
 *
 * The first byte says into how many pieces the rest is sent.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "net/net.h"
#include "os/conn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
    struct os *os;
    struct reactor *reactor;
    struct net *net;
    struct request_sink sink;
    int64_t started;
};

static enum request_overlap overlap(struct request_sink *sink, int16_t key)
{
    (void)sink;
    return key == 0 ? REQUEST_PRODUCE : REQUEST_ALONE;
}

/* Answers, says nothing, or closes, as the request's version says. */
static void handle(struct request_sink *sink, struct request *rq)
{
    struct world *w = CONTAINER_OF(sink, struct world, sink);

    w->started++;
    ASSERT(rq->body.len <= rq->frame->cap);
    if (rq->head.version % 3 == 0) {
        ASSERT(chain_append_copy(&rq->reply, SLICE_LIT("\0\0\0\4abcd")) == 0);
        request_done(rq, REQUEST_ANSWERED);
    } else {
        request_ordered(rq);
        request_done(rq, rq->head.version % 3 == 1 ? REQUEST_UNANSWERED : REQUEST_CLOSE);
    }
}

static void world_init(struct world *w)
{
    struct net_options opt = {0};
    char why[256];

    *w = (struct world){.sink = {.overlap = overlap, .handle = handle}};
    ASSERT(os_new(&w->os) == 0);
    ASSERT(reactor_new(w->os, &w->reactor) == 0);
    opt.os = w->os;
    opt.sink = &w->sink;
    opt.reactors = &w->reactor;
    opt.reactor_cnt = 1;
    opt.listeners[0] = (struct net_listener_options){
        .name = "PLAINTEXT", .host = "127.0.0.1", .connections_max = 100};
    opt.listener_cnt = 1;
    opt.frame_len_max = 1 << 20;
    opt.memory_max_bytes = 1 << 20;
    opt.idle_ms = 60000;
    opt.frame_stall_ms = 30000;
    opt.connections_max = 100;
    opt.connections_per_ip_max = 100;
    opt.backlog = 10;
    opt.congestion = "";
    ASSERT(net_new(&opt, &w->net, why, sizeof(why)) == 0);
    ASSERT(net_start(w->net) == 0);
}

static bool is_stopped;

static void stopped(void *ctx)
{
    (void)ctx;
    is_stopped = true;
}

static void world_release(struct world *w)
{
    is_stopped = false;
    net_stop(w->net, 0, stopped, NULL);
    while (!is_stopped) {
        reactor_turn(w->reactor, 10);
    }
    net_free(w->net);
    reactor_free(w->reactor);
    os_free(w->os);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct net_stats stats;
    struct os_conn *c = NULL;
    struct world w;
    size_t piece;

    if (size < 1) {
        return 0;
    }
    world_init(&w);
    piece = 1 + (size - 1) / (1 + (size_t)data[0] % 8);
    ASSERT(os_conn_open(w.os, "127.0.0.1", net_port(w.net, 0), 5000, &c) == 0);
    for (size_t at = 1; at < size; at += piece) {
        size_t len = size - at < piece ? size - at : piece;

        if (os_conn_send(c, slice_of(data + at, len), 5000) != 0) {
            break; /* closed: it did not like what came before */
        }
        reactor_turn(w.reactor, 0);
    }
    os_conn_close(c);
    net_stats(w.net, &stats);
    while (stats.connections > 0 || stats.connections_accepted == 0) {
        reactor_turn(w.reactor, 10);
        net_stats(w.net, &stats);
    }
    ASSERT(stats.frame_memory_bytes == 0);
    ASSERT(stats.requests == w.started);
    world_release(&w);
    return 0;
}
