/*
 * What a metadata store is made of, for the files of this folder only: the table of its calls, rings of
 * requests and watches, the table of watches, and the rules of the tree over a few primitive calls, so
 * that all stores answer alike.
 *
 * Owner and thread: the session's, unless a function says otherwise.
 */
#ifndef OTTLA_META_STORE_H
#define OTTLA_META_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "base/slice.h"
#include "meta/meta.h"

struct meta_store {
    /* Takes a request whose fields are filled. */
    void (*submit)(struct meta *m, struct meta_request *req);
    void (*watch_cancel)(struct meta *m, struct meta_watch *w);
    void (*stop)(struct meta *m, void (*stopped)(void *ctx), void *ctx);
    void (*free)(struct meta *m);
};

/* The beginning of each store's session. */
struct meta {
    const struct meta_store *store;
    void (*on_event)(void *ctx, enum meta_session_event ev);
    void *event_ctx;
};

/* ---- Rings ----------------------------------------------------------------------------------- */

/* A ring with a head of its own: first in, first out, and anyone may leave. A link outside of any
 * ring has next == NULL. */
static inline void ring_init(struct meta_link *head)
{
    head->next = head;
    head->prev = head;
}

static inline bool ring_is_empty(const struct meta_link *head)
{
    return head->next == head;
}

static inline void ring_push(struct meta_link *head, struct meta_link *l)
{
    l->next = head;
    l->prev = head->prev;
    head->prev->next = l;
    head->prev = l;
}

static inline void ring_leave(struct meta_link *l)
{
    l->prev->next = l->next;
    l->next->prev = l->prev;
    l->next = NULL;
    l->prev = NULL;
}

static inline struct meta_link *ring_pop(struct meta_link *head)
{
    struct meta_link *l = head->next;

    if (l == head) {
        return NULL;
    }
    ring_leave(l);
    return l;
}

/* Puts everything of `from` behind what `to` has. */
void ring_move(struct meta_link *to, struct meta_link *from);

#define LINK_REQUEST(l) CONTAINER_OF(l, struct meta_request, link)
#define LINK_WATCH(l) CONTAINER_OF(l, struct meta_watch, link)

/* ---- Watches --------------------------------------------------------------------------------- */

enum watch_state {
    WATCH_IDLE,
    WATCH_READING, /* its read is under way; place is the request */
    WATCH_SET,     /* place is the path's entry */
    WATCH_FIRING,  /* in a ring of the store's */
};

enum watch_kind {
    WATCH_NODE,     /* by get and exists */
    WATCH_CHILDREN, /* by list */
};

/* The watches of one session. */
struct watches {
    struct map by_path; /* → struct watch_place */
};

void watches_init(struct watches *ws);
void watches_release(struct watches *ws); /* they go idle without firing */

/* A request with a watch begins. */
void watch_begin(struct meta_watch *w, struct meta_request *req);

/* The read of a watch has its outcome: sets the watch or lets it go. ERR_NOMEM. */
int watches_settle(struct watches *ws, struct meta_request *req) WARN_UNUSED;

/* Takes those that wait for this event on this path out of the table and into the ring. */
void watches_collect(struct watches *ws, struct slice path, enum meta_event ev,
                     struct meta_link *ring);

/* All of them, with META_EVENT_LOST. */
void watches_collect_lost(struct watches *ws, struct meta_link *ring);

/* Whatever state it is in. */
void watches_cancel(struct watches *ws, struct meta_watch *w);

/* Calls back for one that left the ring. */
void watch_fire(struct meta_watch *w);

/* ---- The rules of the tree ------------------------------------------------------------------- */

struct node {
    struct meta_stat stat;
    uint32_t next_sequence;
    int64_t session; /* of an ephemeral node; 0 otherwise */
    struct slice body;
};

/* The primitive calls. All return 0 or an error; a store keeps the first real error for itself. */
struct node_port {
    /* ERR_NOT_FOUND; the body is good until the next change. */
    int (*load)(struct node_port *p, struct slice path, struct node *ret);
    /* A new node, or the new value of one; n->body may be what load() gave, or anything else. */
    int (*save)(struct node_port *p, struct slice path, const struct node *n, bool is_new);
    int (*remove)(struct node_port *p, struct slice path, const struct node *n);
    int (*has_children)(struct node_port *p, struct slice path, bool *ret);
};

/* What one op did, for watches and results. */
struct applied {
    struct meta_stat stat;
    size_t path_len; /* create: of the path as created, in the buffer given */
};

/* Does one op by the rules; `path_buf` has room for META_PATH_LEN_MAX bytes. When the outcome is not
 * META_OK nothing was changed, but for the outcomes that stand for an error of the port. */
enum meta_outcome tree_apply(struct node_port *p, const struct meta_op *op, int64_t zxid,
                             int64_t session, uint8_t *path_buf, struct applied *ret);

/* META_OK, META_INVALID or META_LIMIT: whether a request can be carried out at all. */
enum meta_outcome request_check(const struct meta_request *req, size_t *ret_failed_idx);

/* Does all ops of a write in order and fills in its results; stops at the first that fails, and then
 * the store takes back what the earlier ones did. Needs request_reserve() before. */
void request_apply(struct node_port *p, struct meta_request *req, int64_t zxid, int64_t session);

/* Memory for the results of a write, before anything is changed. ERR_NOMEM. */
int request_reserve(struct meta_request *req) WARN_UNUSED;

/* After a write that is done: takes the watches it touches into the ring. */
void request_collect(const struct meta_request *req, struct watches *ws, struct meta_link *ring);

/* A copy of a body as the result of a get. ERR_NOMEM. */
int request_keep_body(struct meta_request *req, struct slice body) WARN_UNUSED;

/* The names a list has found so far. */
struct name_list {
    uint8_t *bytes; /* name after name: two bytes of length, the name */
    size_t len;
    size_t cap;
    size_t max;
    size_t cnt;
};

/* ERR_LIMIT beyond list->max, ERR_NOMEM. */
int name_list_add(struct name_list *list, struct slice name) WARN_UNUSED;
void name_list_release(struct name_list *list);

/* Makes the names, sorted, the result of a request. ERR_NOMEM. */
int request_keep_names(struct meta_request *req, const struct name_list *list) WARN_UNUSED;

/* Calls `done` and frees what the results took; the request may be gone afterwards. */
void request_finish(struct meta_request *req);

static inline bool verb_is_write(enum meta_verb verb)
{
    return verb == META_CREATE || verb == META_SET || verb == META_DELETE || verb == META_MULTI;
}

/* The ops of a write, one or many. */
static inline const struct meta_op *request_ops(const struct meta_request *req, size_t *ret_cnt)
{
    *ret_cnt = req->verb == META_MULTI ? req->op_cnt : 1;
    return req->verb == META_MULTI ? req->ops : &req->op;
}

#endif
