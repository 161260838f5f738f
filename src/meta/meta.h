/*
 * Cluster metadata: a tree of paths, each with a body and a version, in Kafka's own znode layout.
 * Three stores give it: in memory (meta/memory.h), embedded on one machine (meta/embedded.h) and
 * ZooKeeper. Nobody above this folder can tell which one is behind it.
 *
 * A `struct meta` is one session with a store. A request is a `struct meta_request` embedded in its
 * owner; it belongs to the store from the call until `done`, and so do the bytes it names. Every
 * request completes exactly once, by `done`, in the order in which the session's requests were made,
 * and never inside the call that makes it. Results are the store's memory and good during `done` only.
 * Inside `done` the request itself may be freed or used for the next call.
 *
 * Unknown outcome: a write may answer META_UNKNOWN_OUTCOME; then it was done wholly or not at all, and
 * whoever made it reads back and compares before going on. A read that answers it is made again. A
 * store makes sure that such a read-back can not be overtaken by the lost write.
 *
 * Watches are one-shot. They are set by a read that answers META_OK, by meta_exists() also when it
 * answers META_NO_NODE, and they fire before any read of the same session that shows the newer state.
 *
 * Threads: all calls and all callbacks on the owner's reactor (for the store in memory: its thread).
 */
#ifndef OTTLA_META_META_H
#define OTTLA_META_META_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

#define META_PATH_LEN_MAX 1024
#define META_BODY_LEN_MAX (1024 * 1024)
#define META_OPS_MAX 1024                    /* in one multi */
#define META_OPS_BYTES_MAX (4 * 1024 * 1024) /* paths and bodies of one multi */
#define META_LIST_BYTES_DEFAULT (256 * 1024 * 1024)
#define META_SEQUENCE_DIGITS 10
#define META_ANY_VERSION (-1)

/*      name                  text */
#define META_OUTCOME_LIST(X) \
    X(META_OK, "done") \
    X(META_NO_NODE, "no such node") \
    X(META_NODE_EXISTS, "the node exists") \
    X(META_BAD_VERSION, "the node has another version") \
    X(META_NOT_EMPTY, "the node has children") \
    X(META_NO_PARENT, "the node's parent does not exist") \
    X(META_EPHEMERAL_PARENT, "an ephemeral node can not have children") \
    X(META_INVALID, "the path or the request is not valid") \
    X(META_LIMIT, "the node or the answer is too large") \
    X(META_UNKNOWN_OUTCOME, "whether it was done is not known") \
    X(META_EXPIRED, "the session has expired") \
    X(META_STOPPED, "the store is stopping") \
    X(META_DISK_ERROR, "the disk under the store failed; nothing was changed") \
    X(META_NO_MEMORY, "out of memory; nothing was changed")

enum meta_outcome {
#define X(name, text) name,
    META_OUTCOME_LIST(X)
#undef X
};

const char *meta_outcome_name(enum meta_outcome outcome);
const char *meta_outcome_text(enum meta_outcome outcome);

enum meta_verb {
    META_GET,
    META_LIST,
    META_EXISTS,
    META_CREATE,
    META_SET,
    META_DELETE,
    META_CHECK, /* only within a multi */
    META_MULTI,
};

enum meta_create_flag {
    META_PERSISTENT = 0,
    META_EPHEMERAL = 1,  /* dies with the session */
    META_SEQUENTIAL = 2, /* ten digits, growing per parent, are put behind the path */
};

struct meta_stat {
    int64_t czxid; /* the number of the change that created the node; grows over the whole store */
    int64_t mzxid; /* ... that last set it */
    int32_t version; /* 0 at creation, +1 with each set */
    bool is_ephemeral;
};

/* One change, alone or as a part of a multi. */
struct meta_op {
    enum meta_verb verb;
    unsigned flags;  /* META_CREATE: enum meta_create_flag */
    int32_t version; /* META_SET, META_DELETE, META_CHECK: the expected one, or META_ANY_VERSION */
    struct slice path;
    struct slice body; /* META_CREATE, META_SET */
};

struct meta_op_result {
    struct slice path;     /* META_CREATE: as created; good during `done` only */
    struct meta_stat stat; /* META_CREATE, META_SET, META_CHECK */
};

struct meta;
struct meta_request;
struct meta_watch;

enum meta_event {
    META_EVENT_CREATED,
    META_EVENT_CHANGED,
    META_EVENT_DELETED,
    META_EVENT_CHILDREN,
    META_EVENT_LOST, /* the session is over: the watch will never fire */
};

/* A place in one of the store's rings; the store's own. */
struct meta_link {
    struct meta_link *next;
    struct meta_link *prev;
    unsigned char what;
};

/* Embedded in its owner; the store's from the read that sets it until `fired`, or until
 * meta_watch_cancel(). Zeroed before its first use, but for `fired`. */
struct meta_watch {
    void (*fired)(struct meta_watch *w, enum meta_event ev);

    /* the store's */
    struct meta_link link;
    void *place; /* the request it waits for, or the path it is set on */
    enum meta_event ev;
    unsigned char state;
    unsigned char kind;
};

struct meta_request {
    void (*done)(struct meta_request *req);

    /* the result, during `done` */
    enum meta_outcome outcome;
    size_t failed_idx;            /* multi: which op gave the outcome */
    struct slice path;            /* create: the path with its digits */
    struct slice body;            /* get */
    struct meta_stat stat;        /* get, exists, create, set */
    const struct slice *children; /* list: names, in the order of their bytes */
    size_t child_cnt;

    /* the store's, filled by the calls below */
    struct meta_link link;
    enum meta_verb verb;
    struct meta_op op;
    const struct meta_op *ops;
    size_t op_cnt;
    struct meta_op_result *results;
    size_t list_bytes_max;
    struct meta_watch *watch;
    void *memory;
};

/* watch may be NULL in all three. */
void meta_get(struct meta *m, struct meta_request *req, struct slice path,
              struct meta_watch *watch);
void meta_exists(struct meta *m, struct meta_request *req, struct slice path,
                 struct meta_watch *watch);

/* Direct children. META_LIMIT when names take more than bytes_max (0: META_LIST_BYTES_DEFAULT). */
void meta_list(struct meta *m, struct meta_request *req, struct slice path, size_t bytes_max,
               struct meta_watch *watch);

/* body may be empty or null (the same thing). */
void meta_create(struct meta *m, struct meta_request *req, struct slice path, struct slice body,
                 unsigned flags);
void meta_set(struct meta *m, struct meta_request *req, struct slice path, struct slice body,
              int32_t version);
void meta_delete(struct meta *m, struct meta_request *req, struct slice path, int32_t version);

/* All or nothing, in order: a later op sees what an earlier one did. `ops` live until done, and so do
 * `results`, one for each op, or NULL. */
void meta_multi(struct meta *m, struct meta_request *req, const struct meta_op *ops, size_t op_cnt,
                struct meta_op_result *results);

/* Takes a watch back, whether it is set or not, also one whose read is still under way. Afterwards it
 * does not fire. */
void meta_watch_cancel(struct meta *m, struct meta_watch *w);

/* True while the watch is set (or waits for its read). */
static inline bool meta_watch_is_set(const struct meta_watch *w)
{
    return w->state != 0;
}

/* ---- The session ----------------------------------------------------------------------------- */

enum meta_session_event {
    META_SESSION_CONNECTED,
    META_SESSION_DISCONNECTED, /* requests wait, or come back with an unknown outcome */
    META_SESSION_EXPIRED,      /* over for good: ephemeral nodes are gone, all requests fail */
    META_SESSION_OFFLINE,      /* the disk failed: every request answers META_DISK_ERROR */
};

/* One listener per session; NULL takes it away. Events come in order with the answers. */
void meta_session_listen(struct meta *m, void (*on_event)(void *ctx, enum meta_session_event ev),
                         void *ctx);

/* Ends the session: requests not begun answer META_STOPPED, those under way are waited for, then
 * `stopped` is called and meta_free() is due. A second call is not allowed. */
void meta_stop(struct meta *m, void (*stopped)(void *ctx), void *ctx);

/* After `stopped`, or at once when no request is under way. Accepts NULL. */
void meta_free(struct meta *m);

/* ---- Paths ----------------------------------------------------------------------------------- */

/* "/" or "/a/b": no empty parts, no "." or "..", no control characters, valid length. */
bool meta_path_is_legal(struct slice path);

/* The parent of a legal path other than "/", and its last part. */
struct slice meta_path_parent(struct slice path);
struct slice meta_path_name(struct slice path);

#endif
