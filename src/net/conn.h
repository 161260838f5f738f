/*
 * Connections and the shards they live on: what net.c and conn.c share. Everything here belongs to
 * the shard's reactor, except what is an atomic counter.
 */
#ifndef OTTLA_NET_CONN_H
#define OTTLA_NET_CONN_H

#include "base/map.h"
#include "base/pool.h"
#include "base/ref.h"
#include "net/net.h"
#include "os/socket.h"

struct net_conn;

/* A request with what the network keeps beside it. */
struct net_request {
    struct request rq;
    struct net_conn *conn;
    struct net_request *next;
    struct reactor_task posted; /* when another thread is done with it */
    enum request_outcome outcome;
    enum request_overlap overlap;
    size_t charged_bytes; /* of frame memory */
    bool ordered;         /* a later produce may start */
    bool done;
};

struct net_listener {
    struct net *net;
    struct net_listener_options opts;
    struct os_listener *os;
    uint16_t port;
    struct counter connections;
};

struct net_shard {
    struct net *net;
    struct reactor *reactor;
    struct net_conn *conns; /* all of them, doubly linked */
    size_t conn_cnt;
    struct pool *pool; /* of frame buffers */
    struct buf *rx;    /* what small reads go into; frames inside it are used in place */
    struct net_request *free_requests;
    size_t free_request_cnt;
    struct net_conn *starved_head; /* waiting for frame memory, oldest first */
    struct net_conn *starved_tail;
    struct counter starved_cnt;
    struct reactor_flush feed;     /* lets the starved go on */
    struct reactor_task feed_task; /* the same, asked for by another shard */
    struct flag feed_queued;
    bool stopping;
    struct reactor_task stop_task;
    struct reactor_timer stop_timer;
};

struct net {
    struct net_options opts;
    struct reactor *reactors[NET_REACTORS_MAX];
    struct net_listener listeners[NET_LISTENERS_MAX];
    struct net_shard shards[NET_REACTORS_MAX];
    size_t shard_next; /* who gets the next connection; the first reactor's */
    struct os_lock *ip_lock;
    struct map ip_cnt; /* address → counter, under ip_lock */
    uint64_t connection_next;
    struct counter connections;
    struct counter accepted;
    struct counter requests;
    struct counter bytes_in;
    struct counter bytes_out;
    struct counter memory_bytes;
    struct counter refused;
    struct counter bad_frames;
    struct flag token_taken; /* the one frame that may finish above the budget */
    struct counter shards_left;
    int64_t grace_ms;
    void (*stopped)(void *ctx);
    void *stopped_ctx;
    struct reactor_task stopped_task;
};

/* Takes the socket over, also when it fails. On the shard's reactor. */
void conn_open(struct net_shard *shard, struct net_listener *listener, struct os_socket *sock,
               uint64_t id);

/* Begins to close every connection of the shard, or ends them all at once. */
void shard_stop_conns(struct net_shard *shard, bool now);

/* A connection has left: all counts go down. Any thread. */
void net_connection_left(struct net_listener *listener, const char *address);

/* The shard has no connection left while it is stopping. */
void net_shard_is_empty(struct net_shard *shard);

void shard_feed_starved(struct reactor_flush *f);
void shard_feed_asked(struct reactor_task *task);

#endif
