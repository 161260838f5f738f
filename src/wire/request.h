/*
 * A request between the network and its handler. The network fills it from a frame and hands it to a
 * `request_sink`; the handler answers through request_reply() and request_done(), now or later. So
 * neither side includes the other.
 *
 * Life: born by the network when a frame is whole, on the connection's reactor; given back by
 * request_done(), which may be called from any thread, exactly once. After it the handler touches
 * nothing of the request. Everything decoded lies in `arena` or points into `frame`; the handler gives
 * the frame back early with request_release_frame() once no slice of it is needed.
 */
#ifndef OTTLA_WIRE_REQUEST_H
#define OTTLA_WIRE_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/chain.h"
#include "base/err.h"
#include "base/msg.h"
#include "base/slice.h"

struct reactor;
struct request;

struct request_head {
    int16_t key;
    int16_t version;
    int32_t correlation_id;
    struct slice client_id; /* may be null */
};

/* Who asks and through which door; lives as long as the connection. */
struct request_peer {
    const char *listener;   /* the listener's name */
    const char *address;    /* the peer's, in text */
    struct slice principal; /* "User:ANONYMOUS" until there is authentication */
    uint64_t connection_id;
    bool inter_broker; /* the listener is the one brokers talk through */
};

/* How a request may run beside earlier ones of its connection. */
enum request_overlap {
    REQUEST_ALONE,   /* starts when every earlier answer is queued: Kafka's way */
    REQUEST_PRODUCE, /* may start while earlier produces wait to be durable */
};

enum request_outcome {
    REQUEST_ANSWERED,   /* `reply` goes out in its turn */
    REQUEST_UNANSWERED, /* acks=0: nothing is sent */
    REQUEST_CLOSE,      /* nothing is sent and the connection closes */
};

struct request_ops {
    void (*ordered)(struct request *rq);
    void (*release_frame)(struct request *rq);
    void (*done)(struct request *rq, enum request_outcome outcome);
};

struct request {
    struct request_head head;
    struct slice body;       /* behind the header; in `frame` */
    struct buf *frame;       /* NULL once released */
    struct reactor *reactor; /* the connection's */
    const struct request_peer *peer;
    struct arena arena;
    struct chain reply; /* the whole answer with its length */
    const struct request_ops *ops;
    /* Set by a handler that waits: called on the connection's reactor when the peer is gone. The
     * handler still calls request_done(). */
    void (*cancel)(struct request *rq);
    void *handler;
    int64_t received_us;
};

/* The handler's later produces keep this one's order from here on: the next may start. */
static inline void request_ordered(struct request *rq)
{
    rq->ops->ordered(rq);
}

static inline void request_release_frame(struct request *rq)
{
    rq->ops->release_frame(rq);
}

static inline void request_done(struct request *rq, enum request_outcome outcome)
{
    rq->ops->done(rq, outcome);
}

struct request_sink {
    enum request_overlap (*overlap)(struct request_sink *sink, int16_t key);
    void (*handle)(struct request_sink *sink, struct request *rq);
};

/* Reads a request's header of the version its key and version ask for. A key nobody knows is read as
 * header v1. ERR_TRUNCATED, ERR_INVALID. */
int request_head_decode(struct rd *r, struct request_head *ret) WARN_UNUSED;

/* Encodes length, response header and message into rq->reply. */
int request_reply(struct request *rq, const struct msg_desc *desc, const void *message,
                  int16_t version) WARN_UNUSED;

#endif
