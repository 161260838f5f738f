#include "net/conn.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/chk.h"
#include "base/rd.h"

/*
 * A connection's bytes:
 *
 *     socket → shard->rx (128 KiB, shared by the shard's connections) → whole frames, used in place
 *                  └ a frame that is not whole yet → a buffer of its own, filled by the next reads
 *
 * A connection that has just sent a large frame reads only a length next, so that the bulk of the
 * next frame goes straight into its own buffer. Bytes of frames that may not start yet (an earlier
 * answer is not queued) stay where they are in `held`, and the socket is not read meanwhile.
 *
 * Answers: requests form a queue in order of arrival; done ones at its head move their replies to
 * `out`, which is sent once at the end of the turn.
 *
 * Frame memory is admitted as bytes arrive: a frame is charged 64 KiB, then four times as much as it
 * has received, up to its length. The memory itself is untouched pages until then.
 */

#define RX_BYTES POOL_MEDIUM_BYTES
#define RX_MIN_ROOM_BYTES (8u * 1024)
#define BULK_FRAME_BYTES (64u * 1024)
#define BULK_FIRST_READ_BYTES 4u
#define READS_PER_EVENT 8
#define CHARGE_FIRST_BYTES (64u * 1024)
#define OUT_MAX_BYTES (1024u * 1024)
#define SEND_SHARED_BYTES (256u * 1024)
#define SEND_ALONE_BYTES (4u * 1024 * 1024)
#define FREE_REQUESTS_MAX 256
#define REQUEST_ARENA_BYTES (16u * 1024 * 1024)
#define MIN_RATE_BYTES_PER_S 1024
#define FIRST_BYTES 4

struct net_conn {
    struct net_shard *shard;
    struct net_listener *listener;
    struct os_socket *sock; /* NULL once closed */
    struct net_conn *prev;
    struct net_conn *next;
    struct request_peer peer;
    /* input */
    uint8_t length[4]; /* a length that came in pieces */
    uint8_t length_got;
    struct buf *frame; /* the frame being filled */
    size_t frame_len;
    size_t frame_got;
    size_t frame_charged;
    int64_t frame_started_ms;
    int64_t frame_moved_ms;
    struct slice held; /* received, but may not start yet; in held_owner */
    struct buf *held_owner;
    /* requests, oldest first */
    struct net_request *head;
    struct net_request *tail;
    /* output */
    struct chain out;
    struct reactor_flush flush;
    struct reactor_timer timer;
    int64_t active_ms;
    struct net_conn *starved_next;
    bool starved;
    bool has_token;
    bool bulk;
    bool in_input;
    bool spoke;   /* a whole frame has come */
    bool closing; /* reads nothing any more; closes when its answers are out */
    bool dead;    /* closed; freed when no request is left */
};

static bool conn_input(struct net_conn *c);
static void conn_close(struct net_conn *c);

static struct net *net_of(const struct net_conn *c)
{
    return c->shard->net;
}

static struct logger *logger_of(const struct net_conn *c)
{
    return net_of(c)->opts.logger;
}

static int64_t now_ms(const struct net_conn *c)
{
    return reactor_mono_ms(c->shard->reactor);
}

/* --- frame memory ------------------------------------------------------------------------------ */

/* Whether so many more bytes may be held. Large frames together get half the budget. The token lets
 * exactly one frame of the whole broker finish above it, so that full buffers cannot wait for each
 * other. */
static bool memory_take(struct net_conn *c, size_t bytes)
{
    struct net *net = net_of(c);
    int64_t max = net->opts.memory_max_bytes;
    int64_t limit = c->frame_len > BULK_FRAME_BYTES ? max / 2 : max;

    if (counter_add(&net->memory_bytes, (long long)bytes) <= limit) {
        return true;
    }
    if (c->has_token || flag_raise(&net->token_taken)) {
        c->has_token = true;
        return true;
    }
    (void)counter_add(&net->memory_bytes, -(long long)bytes);
    return false;
}

/* Memory or the token is free again: whoever waits for it goes on, on every shard. */
static void starved_wake(struct net_shard *shard)
{
    struct net *net = shard->net;

    for (size_t i = 0; i < net->opts.reactor_cnt; i++) {
        struct net_shard *s = &net->shards[i];

        if (counter_get(&s->starved_cnt) == 0) {
            continue;
        }
        if (s == shard) {
            reactor_flush_arm(s->reactor, &s->feed);
        } else if (flag_raise(&s->feed_queued)) {
            reactor_post(s->reactor, &s->feed_task);
        }
    }
}

void shard_feed_asked(struct reactor_task *task)
{
    struct net_shard *s = CONTAINER_OF(task, struct net_shard, feed_task);

    flag_set(&s->feed_queued, false);
    reactor_flush_arm(s->reactor, &s->feed);
}

static void memory_give(struct net_shard *shard, size_t bytes)
{
    if (bytes > 0) {
        (void)counter_add(&shard->net->memory_bytes, -(long long)bytes);
        starved_wake(shard);
    }
}

static void token_give(struct net_conn *c)
{
    if (c->has_token) {
        c->has_token = false;
        flag_set(&net_of(c)->token_taken, false);
        starved_wake(c->shard);
    }
}

static void starve(struct net_conn *c)
{
    struct net_shard *s = c->shard;

    if (c->starved) {
        return;
    }
    c->starved = true;
    c->starved_next = NULL;
    if (s->starved_tail == NULL) {
        s->starved_head = c;
    } else {
        s->starved_tail->starved_next = c;
    }
    s->starved_tail = c;
    (void)counter_add(&s->starved_cnt, 1);
    /* Whoever has the token tells of its end; if it went between the refusal and this line, it told
     * nobody. */
    if (!flag_get(&net_of(c)->token_taken)) {
        reactor_flush_arm(s->reactor, &s->feed);
    }
}

static void starved_remove(struct net_conn *c)
{
    struct net_shard *s = c->shard;
    struct net_conn *before = NULL;

    if (!c->starved) {
        return;
    }
    for (struct net_conn *it = s->starved_head; it != c; it = it->starved_next) {
        before = it;
    }
    if (before == NULL) {
        s->starved_head = c->starved_next;
    } else {
        before->starved_next = c->starved_next;
    }
    if (s->starved_tail == c) {
        s->starved_tail = before;
    }
    c->starved = false;
    (void)counter_add(&s->starved_cnt, -1);
}

void shard_feed_starved(struct reactor_flush *f)
{
    struct net_shard *s = CONTAINER_OF(f, struct net_shard, feed);
    struct net_conn *last = s->starved_tail;

    while (s->starved_head != NULL) {
        struct net_conn *c = s->starved_head;
        bool was_last = c == last;

        starved_remove(c);
        if (!conn_input(c)) {
            continue;
        }
        if (was_last || c->starved) {
            break; /* once around, and no further when there is still too little */
        }
    }
}

/* --- requests ------------------------------------------------------------------------------------ */

static void request_release_frame_net(struct request *rq)
{
    struct net_request *nr = CONTAINER_OF(rq, struct net_request, rq);

    buf_unref(rq->frame);
    rq->frame = NULL;
    rq->body = SLICE_NULL;
    if (reactor_is_current(rq->reactor)) {
        memory_give(nr->conn->shard, nr->charged_bytes);
        nr->charged_bytes = 0;
    }
}

static void request_ordered_net(struct request *rq)
{
    struct net_request *nr = CONTAINER_OF(rq, struct net_request, rq);
    struct net_conn *c = nr->conn;

    ASSERT(reactor_is_current(rq->reactor));
    nr->ordered = true;
    if (c->held.len > 0 && !c->in_input) {
        reactor_flush_arm(c->shard->reactor, &c->flush);
    }
}

static void conn_settle(struct net_conn *c);

static void request_finish(struct net_request *nr)
{
    nr->done = true;
    conn_settle(nr->conn);
}

static void request_posted(struct reactor_task *task)
{
    request_finish(CONTAINER_OF(task, struct net_request, posted));
}

static void request_done_net(struct request *rq, enum request_outcome outcome)
{
    struct net_request *nr = CONTAINER_OF(rq, struct net_request, rq);

    ASSERT(!nr->done);
    nr->outcome = outcome;
    if (reactor_is_current(rq->reactor)) {
        request_finish(nr);
    } else {
        nr->posted.run = request_posted;
        reactor_post(rq->reactor, &nr->posted);
    }
}

static const struct request_ops net_request_ops = {
    .ordered = request_ordered_net,
    .release_frame = request_release_frame_net,
    .done = request_done_net,
};

static struct net_request *request_new(struct net_shard *s)
{
    struct net_request *nr = s->free_requests;

    if (nr != NULL) {
        struct arena arena = nr->rq.arena;

        s->free_requests = nr->next;
        s->free_request_cnt--;
        *nr = (struct net_request){.rq.arena = arena};
        return nr;
    }
    nr = calloc(1, sizeof(*nr));
    if (nr != NULL) {
        arena_init(&nr->rq.arena, REQUEST_ARENA_BYTES);
    }
    return nr;
}

static void request_free(struct net_shard *s, struct net_request *nr)
{
    buf_unref(nr->rq.frame);
    memory_give(s, nr->charged_bytes);
    chain_clear(&nr->rq.reply);
    if (s->free_request_cnt >= FREE_REQUESTS_MAX) {
        arena_release(&nr->rq.arena);
        free(nr);
        return;
    }
    arena_reset(&nr->rq.arena);
    nr->next = s->free_requests;
    s->free_requests = nr;
    s->free_request_cnt++;
}

static void conn_free(struct net_conn *c)
{
    struct net_shard *s = c->shard;

    ASSERT(c->dead && c->head == NULL);
    if (c->prev != NULL) {
        c->prev->next = c->next;
    } else {
        s->conns = c->next;
    }
    if (c->next != NULL) {
        c->next->prev = c->prev;
    }
    s->conn_cnt--;
    free(c);
    if (s->conn_cnt == 0) {
        pool_trim(s->pool); /* nobody is here: an idle broker is a small one */
    }
    if (s->stopping && s->conn_cnt == 0) {
        net_shard_is_empty(s);
    }
}

/* Moves the answers that are due to `out`, and lets a dead connection go when all are done. */
static void conn_settle(struct net_conn *c)
{
    if (c->dead && c->in_input) {
        return; /* conn_close() still goes through the requests: none may leave the queue */
    }
    while (c->head != NULL && c->head->done) {
        struct net_request *nr = c->head;

        c->head = nr->next;
        if (c->head == NULL) {
            c->tail = NULL;
        }
        if (!c->dead) {
            if (nr->outcome == REQUEST_CLOSE ||
                (nr->outcome == REQUEST_ANSWERED && chain_move(&c->out, &nr->rq.reply) != 0)) {
                c->closing = true;
            }
        }
        request_free(c->shard, nr);
    }
    if (c->dead) {
        if (c->head == NULL) {
            conn_free(c);
        }
        return;
    }
    reactor_flush_arm(c->shard->reactor, &c->flush);
}

/* Whether a request of this kind may start now. */
static bool may_start(const struct net_conn *c, enum request_overlap overlap)
{
    if (c->out.len > OUT_MAX_BYTES) {
        return false;
    }
    if (c->head == NULL) {
        return true;
    }
    return overlap == REQUEST_PRODUCE && c->tail->overlap == REQUEST_PRODUCE && c->tail->ordered;
}

static void conn_bad_frame(struct net_conn *c, const char *msg)
{
    (void)counter_add(&net_of(c)->bad_frames, 1);
    LOG(logger_of(c), LOG_WARN, "connection.bad_frame", KV_CSTR("peer", c->peer.address),
        KV_CSTR("listener", c->peer.listener), KV_CSTR("msg", msg));
    c->closing = true;
}

enum start { START_DONE, START_HELD, START_FAILED };

/* Hands a whole frame (without its length) to the sink. */
static enum start conn_start(struct net_conn *c, struct slice frame, struct buf *owner,
                             size_t charged)
{
    struct request_sink *sink = net_of(c)->opts.sink;
    enum request_overlap overlap;
    struct net_request *nr;
    struct rd r;

    rd_init(&r, frame);
    overlap = frame.len >= 2 ? sink->overlap(sink, (int16_t)load_be16(frame.ptr)) : REQUEST_ALONE;
    if (!may_start(c, overlap)) {
        return START_HELD;
    }
    nr = request_new(c->shard);
    if (nr == NULL || request_head_decode(&r, &nr->rq.head) != 0) {
        if (nr != NULL) {
            request_free(c->shard, nr);
        }
        conn_bad_frame(c, nr == NULL ? "out of memory; closing the connection"
                                     : "a frame without a valid request header; closing the "
                                       "connection");
        memory_give(c->shard, charged);
        return START_FAILED;
    }
    c->spoke = true;
    nr->conn = c;
    nr->overlap = overlap;
    nr->charged_bytes = charged;
    nr->rq.body = slice_of(r.cur, rd_left(&r));
    nr->rq.frame = buf_ref(owner);
    nr->rq.reactor = c->shard->reactor;
    nr->rq.peer = &c->peer;
    nr->rq.ops = &net_request_ops;
    nr->rq.received_us = reactor_mono_us(c->shard->reactor);
    chain_init(&nr->rq.reply);
    if (c->tail == NULL) {
        c->head = nr;
    } else {
        c->tail->next = nr;
    }
    c->tail = nr;
    (void)counter_add(&net_of(c)->requests, 1);
    sink->handle(sink, &nr->rq);
    return START_DONE;
}

/* --- input --------------------------------------------------------------------------------------- */

static void conn_answer_http(struct net_conn *c)
{
    static const char body[] =
        "This port speaks the Kafka protocol, not HTTP. Connect with a Kafka "
        "client, for example: kcat -b localhost:9092 -L\n";
    char head[256];

    (void)snprintf(head, sizeof(head),
                   "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
                   "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                   sizeof(body) - 1);
    if (chain_append_copy(&c->out, slice_cstr(head)) == 0) {
        (void)!chain_append_copy(&c->out, slice_cstr(body)); /* half an answer is still one */
    }
    reactor_flush_arm(c->shard->reactor, &c->flush);
}

/* A length that cannot be one: says in words what the peer seems to speak. */
static void conn_bad_length(struct net_conn *c, const uint8_t bytes[4], int32_t len)
{
    char msg[256];

    if (bytes[0] == 0x16 && bytes[1] == 0x03) {
        conn_bad_frame(c, "the peer speaks TLS to a listener without it; set the client's "
                          "security.protocol=PLAINTEXT; closing the connection");
        return;
    }
    if (memcmp(bytes, "GET ", 4) == 0 || memcmp(bytes, "POST", 4) == 0 ||
        memcmp(bytes, "HEAD", 4) == 0 || memcmp(bytes, "PUT ", 4) == 0 ||
        memcmp(bytes, "OPTI", 4) == 0) {
        conn_bad_frame(c, "the peer speaks HTTP; this port speaks the Kafka protocol; it was told "
                          "so and the connection closes");
        conn_answer_http(c);
        return;
    }
    if (memcmp(bytes, "ruok", 4) == 0 || memcmp(bytes, "stat", 4) == 0 ||
        memcmp(bytes, "mntr", 4) == 0 || memcmp(bytes, "srvr", 4) == 0) {
        conn_bad_frame(c, "the peer sends a ZooKeeper command; this port speaks the Kafka "
                          "protocol; closing the connection");
        return;
    }
    (void)snprintf(msg, sizeof(msg),
                   "a frame of %d bytes; the least is 8, the greatest (socket.request.max.bytes) "
                   "%d; closing the connection",
                   len, net_of(c)->opts.frame_len_max);
    conn_bad_frame(c, msg);
}

/* ZooKeeper's first frame is 44 or 45 bytes and begins with protocol version 0 and a zxid, where a
 * Kafka request would have key 0, version 0: tell them apart by the session part being all zero. */
static bool looks_like_zookeeper(const struct net_conn *c, struct slice frame)
{
    static const uint8_t zeros[12];

    return !c->spoke && (frame.len == 44 || frame.len == 45) && memcmp(frame.ptr, zeros, 12) == 0;
}

/* Makes room for the rest of a frame that is not whole. */
static int conn_frame_begin(struct net_conn *c, size_t len)
{
    size_t charge = MIN_OF(len, (size_t)CHARGE_FIRST_BYTES);

    c->frame_len = len;
    if (!memory_take(c, charge)) {
        return ERR_AGAIN;
    }
    c->frame = pool_get(c->shard->pool, len);
    if (c->frame == NULL) {
        memory_give(c->shard, charge);
        token_give(c);
        return ERR_NOMEM;
    }
    c->frame_got = 0;
    c->frame_charged = charge;
    c->frame_started_ms = now_ms(c);
    c->frame_moved_ms = c->frame_started_ms;
    return 0;
}

static void conn_hold(struct net_conn *c, struct slice bytes, struct buf *owner)
{
    ASSERT(c->held.len == 0);
    c->held = bytes;
    c->held_owner = buf_ref(owner);
}

/* Takes what the socket or `held` gave. Whole frames start in place; the rest is kept. */
static void conn_feed(struct net_conn *c, struct slice bytes, struct buf *owner)
{
    while (bytes.len > 0 && !c->closing) {
        struct slice before = bytes;
        uint8_t got_before = c->length_got;
        int32_t len;
        int rc;

        while (c->length_got < sizeof(c->length) && bytes.len > 0) {
            c->length[c->length_got++] = *bytes.ptr;
            bytes = slice_sub(bytes, 1, bytes.len);
        }
        if (c->length_got < sizeof(c->length)) {
            return;
        }
        len = (int32_t)load_be32(c->length);
        if (len < 8 || len > net_of(c)->opts.frame_len_max) {
            conn_bad_length(c, c->length, len);
            return;
        }
        if (bytes.len >= (size_t)len) {
            struct slice frame = slice_of(bytes.ptr, (size_t)len);

            if (looks_like_zookeeper(c, frame)) {
                conn_bad_frame(c, "the peer is a ZooKeeper client; this port speaks the Kafka "
                                  "protocol: use --bootstrap-server instead of --zookeeper; "
                                  "closing the connection");
                return;
            }
            if (conn_start(c, frame, owner, 0) == START_HELD) {
                if (got_before == 0) {
                    c->length_got = 0;
                    bytes = before;
                }
                conn_hold(c, bytes, owner);
                return;
            }
            c->bulk = false;
            c->length_got = 0;
            bytes = slice_sub(bytes, (size_t)len, bytes.len);
            continue;
        }
        rc = conn_frame_begin(c, (size_t)len);
        if (rc == ERR_AGAIN) {
            if (bytes.len > 0) {
                conn_hold(c, bytes, owner);
            }
            starve(c);
            return;
        }
        if (rc != 0) {
            conn_bad_frame(c, "out of memory for a frame; closing the connection");
            return;
        }
        if (bytes.len > 0) {
            memcpy(c->frame->data, bytes.ptr, bytes.len);
            c->frame_got = bytes.len;
        }
        c->length_got = 0;
        return;
    }
}

/* Starts the frame that has become whole. False when it must wait. */
static bool conn_frame_whole(struct net_conn *c)
{
    struct buf *frame = c->frame;

    if (conn_start(c, slice_of(frame->data, c->frame_len), frame, c->frame_charged) == START_HELD) {
        return false;
    }
    c->bulk = c->frame_len >= BULK_FRAME_BYTES;
    c->frame = NULL;
    c->frame_charged = 0;
    token_give(c);
    buf_unref(frame); /* the request has its own reference */
    return true;
}

/* Charges what the frame will soon hold: four times what it has. */
static bool conn_frame_charge(struct net_conn *c)
{
    size_t want;

    if (c->frame_got < c->frame_charged || c->frame_charged >= c->frame_len) {
        return true;
    }
    want = MIN_OF(c->frame_len, c->frame_charged * 4);
    if (!memory_take(c, want - c->frame_charged)) {
        return false;
    }
    c->frame_charged = want;
    return true;
}

/* One read. ERR_AGAIN: nothing more for now. */
static int conn_read(struct net_conn *c)
{
    struct net_shard *s = c->shard;
    size_t got = 0;
    size_t room;
    int rc;

    if (c->frame != NULL) {
        if (!conn_frame_charge(c)) {
            starve(c);
            return ERR_AGAIN;
        }
        room = MIN_OF(c->frame_len, c->frame_charged) - c->frame_got;
        rc = os_socket_recv(c->sock, c->frame->data + c->frame_got, room, &got);
        if (rc != 0) {
            return rc;
        }
        (void)counter_add(&net_of(c)->bytes_in, (long long)got);
        c->frame_got += got;
        c->frame_moved_ms = now_ms(c);
        return 0;
    }
    if (s->rx == NULL || s->rx->cap - s->rx->used < RX_MIN_ROOM_BYTES) {
        buf_unref(s->rx);
        s->rx = pool_get(s->pool, RX_BYTES);
        if (s->rx == NULL) {
            return ERR_NOMEM;
        }
    }
    room = c->bulk ? BULK_FIRST_READ_BYTES - c->length_got : s->rx->cap - s->rx->used;
    rc = os_socket_recv(c->sock, s->rx->data + s->rx->used, room, &got);
    if (rc != 0) {
        return rc;
    }
    (void)counter_add(&net_of(c)->bytes_in, (long long)got);
    {
        struct buf *rx = s->rx;
        struct slice bytes = slice_of(rx->data + rx->used, got);

        rx->used += got;
        conn_feed(c, bytes, rx);
        if (s->rx == rx && !ref_is_shared(&rx->ref)) {
            rx->used = 0; /* nobody looks at it any more: keep using the same warm memory */
        }
    }
    if (c->bulk && c->frame == NULL && c->length_got == 0) {
        c->bulk = false;
    }
    return got < room ? ERR_AGAIN : 0;
}

static bool conn_may_read(const struct net_conn *c)
{
    return !c->closing && !c->dead && !c->starved && c->held.len == 0 &&
           !(c->frame != NULL && c->frame_got == c->frame_len);
}

/* Goes on with what is there and what the socket has, as far as order, memory and fairness let it.
 * False when the connection closed: it may be gone. */
static bool conn_input(struct net_conn *c)
{
    int rc = 0;

    if (c->dead || c->in_input || c->starved) {
        return !c->dead; /* the starved go on in their turn: shard_feed_starved() */
    }
    c->in_input = true;
    if (c->frame != NULL && c->frame_got == c->frame_len) {
        (void)conn_frame_whole(c); /* it stays whole when it must wait */
    }
    if (c->held.len > 0 && c->frame == NULL && !c->closing) {
        struct slice bytes = c->held;
        struct buf *owner = c->held_owner;

        c->held = SLICE_NULL;
        c->held_owner = NULL;
        conn_feed(c, bytes, owner);
        buf_unref(owner);
    } else if (c->length_got == sizeof(c->length) && c->frame == NULL && !c->closing) {
        /* The length came alone and there was no memory for its frame. */
        rc = conn_frame_begin(c, load_be32(c->length));
        if (rc == 0) {
            c->length_got = 0;
        } else if (rc == ERR_AGAIN) {
            starve(c);
        }
    }
    for (int i = 0; i < READS_PER_EVENT && conn_may_read(c) && rc == 0; i++) {
        rc = conn_read(c);
        if (c->frame != NULL && c->frame_got == c->frame_len && !conn_frame_whole(c)) {
            break;
        }
    }
    c->in_input = false;
    c->active_ms = now_ms(c);
    if (rc != 0 && rc != ERR_AGAIN) {
        conn_close(c);
        return false;
    }
    conn_settle(c);
    return true;
}

/* --- output -------------------------------------------------------------------------------------- */

static void conn_interest(struct net_conn *c)
{
    unsigned events = 0;

    if (conn_may_read(c)) {
        events |= REACTOR_READ;
    }
    if (c->out.len > 0) {
        events |= REACTOR_WRITE;
    }
    if (os_socket_want(c->sock, events) != 0) {
        conn_close(c);
    }
}

static void conn_flush(struct reactor_flush *f)
{
    struct net_conn *c = CONTAINER_OF(f, struct net_conn, flush);
    size_t max = c->shard->conn_cnt > 1 ? SEND_SHARED_BYTES : SEND_ALONE_BYTES;
    size_t sent = 0;

    if (c->dead) {
        return;
    }
    if (c->out.len > 0) {
        int rc = os_socket_send(c->sock, &c->out, max, &sent);

        (void)counter_add(&net_of(c)->bytes_out, (long long)sent);
        if (sent > 0) {
            c->active_ms = now_ms(c);
        }
        if (rc != 0 && rc != ERR_AGAIN) {
            if (rc == ERR_IO) {
                LOG(logger_of(c), LOG_ERROR, "connection.send_failed",
                    KV_CSTR("peer", c->peer.address),
                    KV_CSTR("msg", "reading a log file for a fetch failed or it became shorter; "
                                   "closing the connection"));
            }
            conn_close(c);
            return;
        }
    }
    if (c->closing && c->out.len == 0 && c->head == NULL) {
        conn_close(c);
        return;
    }
    if (!c->closing && (c->held.len > 0 || (c->frame != NULL && c->frame_got == c->frame_len))) {
        size_t held_len = c->held.len;
        struct buf *frame = c->frame;

        if (!conn_input(c)) {
            return;
        }
        if (c->held.len == held_len && c->frame == frame && !c->closing) {
            /* It must still wait: for the request before it, whose end arms the flush again, or for
             * room in `out`, which the socket tells of. Flushing on would keep the reactor here. */
            reactor_flush_cancel(c->shard->reactor, &c->flush);
        }
    }
    conn_interest(c);
}

static void conn_ready(void *ctx, unsigned events)
{
    struct net_conn *c = ctx;

    if ((events & REACTOR_HANGUP) != 0) {
        conn_close(c);
        return;
    }
    if ((events & REACTOR_WRITE) != 0) {
        reactor_flush_arm(c->shard->reactor, &c->flush);
    }
    if ((events & REACTOR_READ) != 0) {
        (void)conn_input(c); /* nothing of it is touched any more */
    }
}

/* --- life ---------------------------------------------------------------------------------------- */

static void conn_close(struct net_conn *c)
{
    if (c->dead) {
        return;
    }
    c->dead = true;
    reactor_timer_cancel(c->shard->reactor, &c->timer);
    reactor_flush_cancel(c->shard->reactor, &c->flush);
    starved_remove(c);
    token_give(c);
    buf_unref(c->frame);
    c->frame = NULL;
    memory_give(c->shard, c->frame_charged);
    c->frame_charged = 0;
    buf_unref(c->held_owner);
    c->held_owner = NULL;
    c->held = SLICE_NULL;
    chain_clear(&c->out);
    net_connection_left(c->listener, c->peer.address);
    os_socket_close(c->sock);
    c->sock = NULL;
    c->peer.address = "a closed connection"; /* it lay in the socket */
    /* Waiting requests are told; each still ends by request_done(). */
    c->in_input = true;
    for (struct net_request *nr = c->head; nr != NULL; nr = nr->next) {
        if (!nr->done && nr->rq.cancel != NULL) {
            nr->rq.cancel(&nr->rq);
        }
    }
    c->in_input = false;
    conn_settle(c);
}

static void conn_timer(struct reactor_timer *t)
{
    struct net_conn *c = CONTAINER_OF(t, struct net_conn, timer);
    const struct net_options *o = &net_of(c)->opts;
    int64_t now = now_ms(c);
    bool partial = (c->frame != NULL && c->frame_got < c->frame_len) || c->length_got > 0;
    int64_t due;

    if (partial && !c->starved) {
        int64_t age_ms = now - c->frame_started_ms;
        bool slow = c->frame != NULL && age_ms > o->frame_stall_ms &&
                    (int64_t)c->frame_got < age_ms / 1000 * MIN_RATE_BYTES_PER_S;

        if (now - c->active_ms >= o->frame_stall_ms || slow) {
            conn_bad_frame(c, "half a request came and then too little for too long; closing the "
                              "connection");
            conn_close(c);
            return;
        }
        due = now + o->frame_stall_ms;
    } else if (o->idle_ms < 0) {
        due = now + o->frame_stall_ms;
    } else {
        due = c->active_ms + o->idle_ms;
        if (due <= now && c->head == NULL) {
            LOG(logger_of(c), LOG_DEBUG, "connection.idle", KV_CSTR("peer", c->peer.address));
            conn_close(c);
            return;
        }
        due = MIN_OF(MAX_OF(due, now + 1000), now + o->frame_stall_ms);
    }
    if (reactor_timer_set(c->shard->reactor, &c->timer, due) != 0) {
        conn_close(c);
    }
}

void conn_open(struct net_shard *s, struct net_listener *listener, struct os_socket *sock,
               uint64_t id)
{
    struct net_conn *c = calloc(1, sizeof(*c));

    if (c == NULL || s->stopping) {
        net_connection_left(listener, os_socket_peer(sock));
        os_socket_close(sock);
        free(c);
        return;
    }
    c->shard = s;
    c->listener = listener;
    c->sock = sock;
    c->peer = (struct request_peer){.listener = listener->opts.name,
                                    .address = os_socket_peer(sock),
                                    .principal = SLICE_LIT("User:ANONYMOUS"),
                                    .connection_id = id,
                                    .inter_broker = listener->opts.inter_broker};
    chain_init(&c->out);
    c->flush.run = conn_flush;
    reactor_timer_init(&c->timer, conn_timer);
    c->active_ms = reactor_mono_ms(s->reactor);
    c->next = s->conns;
    if (s->conns != NULL) {
        s->conns->prev = c;
    }
    s->conns = c;
    s->conn_cnt++;
    if (os_socket_attach(sock, s->reactor, conn_ready, c) != 0 ||
        reactor_timer_set(s->reactor, &c->timer, c->active_ms + net_of(c)->opts.frame_stall_ms) !=
            0) {
        conn_close(c);
    }
}

void shard_stop_conns(struct net_shard *s, bool now)
{
    struct net_conn *next;

    for (struct net_conn *c = s->conns; c != NULL; c = next) {
        next = c->next;
        if (c->dead) {
            continue;
        }
        c->closing = true;
        if (now || (c->head == NULL && c->out.len == 0)) {
            conn_close(c);
        } else {
            /* What waits for something other than its own write need not be waited for. */
            for (struct net_request *nr = c->head; nr != NULL; nr = nr->next) {
                if (!nr->done && nr->overlap != REQUEST_PRODUCE && nr->rq.cancel != NULL) {
                    nr->rq.cancel(&nr->rq);
                    break;
                }
            }
        }
    }
}
