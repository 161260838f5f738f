/*
 * The tree is a map from path to node; each node knows its parent and rings its children. A node's
 * value is a block of its own, so a write swaps pointers, and the undo list keeps the old ones until
 * the whole multi has gone well. A removed node stays in the map without a value until then.
 *
 * A session has two rings: `pending`, requests not executed yet, and `ready`, what its owner is still to
 * be told: answers, watches, the end of the session, in that order in which they came about. A step of a
 * session delivers the first of `ready`, or else executes the first of `pending`; a change puts watches
 * into the ready rings of all sessions before anyone executes a read that could see it.
 */
#include "meta/memory.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/map.h"
#include "base/prng.h"
#include "meta/store.h"
#include "os/reactor.h"

#define NODES_MAX (1u << 24)

enum link_kind { LINK_IS_REQUEST, LINK_IS_WATCH, LINK_IS_EXPIRY };

struct value {
    struct meta_stat stat;
    uint32_t next_sequence;
    int64_t session;
    size_t body_len;
    uint8_t body[];
};

struct tree_node {
    struct tree_node *parent; /* NULL: the root */
    struct meta_link sibling;
    struct meta_link children;
    struct value *value; /* NULL: removed */
    size_t live_child_cnt;
    size_t undo_cnt; /* entries of the undo list that name it */
    size_t path_len;
    uint8_t path[];
};

struct undo {
    struct tree_node *node;
    struct value *before;
};

struct memory_tree {
    struct node_port port;
    struct map nodes;
    struct undo *undo;
    size_t undo_cnt;
    size_t undo_cap;
    int64_t zxid;
    int64_t session_cnt;
    struct meta_link sessions;
    enum memory_fault (*fault)(void *ctx, const struct meta_request *req);
    void *fault_ctx;
    struct prng prng;
    uint32_t one_in;
};

struct memory_session {
    struct meta meta;
    struct memory_tree *tree;
    struct reactor *reactor;
    struct reactor_task task;
    bool is_posted;
    bool is_expired;
    bool is_stopping;
    int64_t id;
    struct meta_link link;
    struct meta_link pending;
    struct meta_link ready;
    struct meta_link expiry;
    struct watches watches;
    void (*stopped)(void *ctx);
    void *stopped_ctx;
};

#define SESSION_OF(m) CONTAINER_OF(m, struct memory_session, meta)
#define LINK_SESSION(l) CONTAINER_OF(l, struct memory_session, link)
#define TREE_OF(p) CONTAINER_OF(p, struct memory_tree, port)

/* ---- Nodes ----------------------------------------------------------------------------------- */

static struct value *value_new(const struct node *n)
{
    struct value *v = malloc(sizeof(*v) + n->body.len);

    if (v != NULL) {
        v->stat = n->stat;
        v->next_sequence = n->next_sequence;
        v->session = n->session;
        v->body_len = n->body.len;
        if (n->body.len > 0) {
            memcpy(v->body, n->body.ptr, n->body.len);
        }
    }
    return v;
}

static struct node value_node(const struct value *v)
{
    return (struct node){.stat = v->stat,
                         .next_sequence = v->next_sequence,
                         .session = v->session,
                         .body = slice_of(v->body, v->body_len)};
}

static struct tree_node *node_find(const struct memory_tree *t, struct slice path)
{
    return map_get(&t->nodes, path);
}

static int node_add(struct memory_tree *t, struct slice path, struct tree_node **ret_node)
{
    struct tree_node *n = calloc(1, sizeof(*n) + path.len);
    int rc;

    if (n == NULL) {
        return ERR_NOMEM;
    }
    rc = map_add(&t->nodes, path, n);
    if (rc != 0) {
        free(n);
        return rc;
    }
    memcpy(n->path, path.ptr, path.len);
    n->path_len = path.len;
    ring_init(&n->children);
    if (path.len > 1) {
        n->parent = node_find(t, meta_path_parent(path));
        ASSERT(n->parent != NULL);
        ring_push(&n->parent->children, &n->sibling);
    }
    *ret_node = n;
    return 0;
}

static void node_purge(struct memory_tree *t, struct tree_node *n)
{
    if (n->parent != NULL) {
        ring_leave(&n->sibling);
    }
    (void)map_remove(&t->nodes, slice_of(n->path, n->path_len));
    free(n->value);
    free(n);
}

static void node_put_value(struct tree_node *n, struct value *v)
{
    if (n->parent != NULL) {
        n->parent->live_child_cnt += v != NULL;
        n->parent->live_child_cnt -= n->value != NULL;
    }
    n->value = v;
}

/* ---- Undo ------------------------------------------------------------------------------------ */

static int undo_reserve(struct memory_tree *t)
{
    if (t->undo_cnt == t->undo_cap) {
        size_t cap = t->undo_cap == 0 ? 16 : t->undo_cap * 2;
        struct undo *undo = realloc(t->undo, cap * sizeof(*undo));

        if (undo == NULL) {
            return ERR_NOMEM;
        }
        t->undo = undo;
        t->undo_cap = cap;
    }
    return 0;
}

static void undo_add(struct memory_tree *t, struct tree_node *n)
{
    ASSERT(t->undo_cnt < t->undo_cap);
    t->undo[t->undo_cnt++] = (struct undo){.node = n, .before = n->value};
    n->undo_cnt++;
}

static void undo_settle(struct memory_tree *t, struct tree_node *n)
{
    n->undo_cnt--;
    if (n->undo_cnt == 0 && n->value == NULL) {
        node_purge(t, n);
    }
}

static void tree_commit(struct memory_tree *t)
{
    for (size_t i = 0; i < t->undo_cnt; i++) {
        free(t->undo[i].before);
        undo_settle(t, t->undo[i].node);
    }
    t->undo_cnt = 0;
}

static void tree_rollback(struct memory_tree *t)
{
    while (t->undo_cnt > 0) {
        struct undo *u = &t->undo[--t->undo_cnt];

        free(u->node->value);
        node_put_value(u->node, u->before);
        undo_settle(t, u->node);
    }
}

/* ---- The primitive calls --------------------------------------------------------------------- */

static int port_load(struct node_port *p, struct slice path, struct node *ret)
{
    struct tree_node *n = node_find(TREE_OF(p), path);

    if (n == NULL || n->value == NULL) {
        return ERR_NOT_FOUND;
    }
    *ret = value_node(n->value);
    return 0;
}

static int port_save(struct node_port *p, struct slice path, const struct node *node, bool is_new)
{
    struct memory_tree *t = TREE_OF(p);
    struct tree_node *n = node_find(t, path);
    struct value *v;
    int rc;

    (void)is_new;
    rc = undo_reserve(t);
    if (rc != 0) {
        return rc;
    }
    v = value_new(node);
    if (v == NULL) {
        return ERR_NOMEM;
    }
    if (n == NULL) {
        rc = node_add(t, path, &n);
        if (rc != 0) {
            free(v);
            return rc;
        }
    }
    undo_add(t, n);
    node_put_value(n, v);
    return 0;
}

static int port_remove(struct node_port *p, struct slice path, const struct node *node)
{
    struct memory_tree *t = TREE_OF(p);
    struct tree_node *n = node_find(t, path);
    int rc;

    (void)node;
    rc = undo_reserve(t);
    if (rc != 0) {
        return rc;
    }
    undo_add(t, n);
    node_put_value(n, NULL);
    return 0;
}

static int port_has_children(struct node_port *p, struct slice path, bool *ret)
{
    *ret = node_find(TREE_OF(p), path)->live_child_cnt > 0;
    return 0;
}

/* ---- Execution ------------------------------------------------------------------------------- */

static void session_wake(struct memory_session *s)
{
    if (s->reactor != NULL && !s->is_posted) {
        s->is_posted = true;
        reactor_post(s->reactor, &s->task);
    }
}

static void collect_everywhere(struct memory_tree *t, const struct meta_request *req)
{
    for (struct meta_link *l = t->sessions.next; l != &t->sessions; l = l->next) {
        struct memory_session *s = LINK_SESSION(l);

        request_collect(req, &s->watches, &s->ready);
        if (!ring_is_empty(&s->ready)) {
            session_wake(s);
        }
    }
}

/* Removes the nodes that die with a session. */
static void session_drop_ephemerals(struct memory_session *s)
{
    struct memory_tree *t = s->tree;
    struct map_entry *it = map_first(&t->nodes);

    t->zxid++;
    while (it != NULL) {
        struct tree_node *n = map_value(it);
        uint8_t path[META_PATH_LEN_MAX];
        struct slice touched = slice_of(path, n->path_len);

        it = map_next(it);
        if (n->value == NULL || n->value->session != s->id) {
            continue;
        }
        memcpy(path, n->path, n->path_len);
        free(n->value);
        node_put_value(n, NULL);
        node_purge(t, n);
        for (struct meta_link *l = t->sessions.next; l != &t->sessions; l = l->next) {
            struct memory_session *other = LINK_SESSION(l);

            watches_collect(&other->watches, touched, META_EVENT_DELETED, &other->ready);
            watches_collect(&other->watches, meta_path_parent(touched), META_EVENT_CHILDREN,
                            &other->ready);
            if (!ring_is_empty(&other->ready)) {
                session_wake(other);
            }
        }
    }
}

void memory_session_expire(struct meta *m)
{
    struct memory_session *s = SESSION_OF(m);

    if (s->is_expired || s->is_stopping) {
        return;
    }
    s->is_expired = true;
    session_drop_ephemerals(s);
    watches_collect_lost(&s->watches, &s->ready);
    ring_push(&s->ready, &s->expiry);
    session_wake(s);
}

static enum meta_outcome outcome_of(int err)
{
    return err == 0           ? META_OK
           : err == ERR_LIMIT ? META_LIMIT
           : err == ERR_NOMEM ? META_NO_MEMORY
                              : META_DISK_ERROR;
}

static int list_names(const struct tree_node *n, struct name_list *names)
{
    for (const struct meta_link *l = n->children.next; l != &n->children; l = l->next) {
        const struct tree_node *child =
            (const struct tree_node *)(const void *)((const char *)l -
                                                     offsetof(struct tree_node, sibling));
        int rc;

        if (child->value == NULL) {
            continue;
        }
        rc = name_list_add(names, meta_path_name(slice_of(child->path, child->path_len)));
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static void execute_read(struct memory_session *s, struct meta_request *req)
{
    struct tree_node *n = node_find(s->tree, req->op.path);
    int rc = 0;

    req->outcome = META_OK;
    if (n == NULL) {
        req->outcome = META_NO_NODE;
    } else if (req->verb == META_LIST) {
        struct name_list names = {.max = req->list_bytes_max};

        rc = list_names(n, &names);
        rc = rc == 0 ? request_keep_names(req, &names) : rc;
        name_list_release(&names);
    } else {
        req->stat = n->value->stat;
        if (req->verb == META_GET) {
            rc = request_keep_body(req, slice_of(n->value->body, n->value->body_len));
        }
    }
    if (rc != 0) {
        req->outcome = outcome_of(rc);
    }
}

static void execute_write(struct memory_session *s, struct meta_request *req)
{
    struct memory_tree *t = s->tree;

    if (request_reserve(req) != 0) {
        req->outcome = META_NO_MEMORY;
        return;
    }
    request_apply(&t->port, req, t->zxid + 1, s->id);
    if (req->outcome != META_OK) {
        tree_rollback(t);
        return;
    }
    t->zxid++;
    tree_commit(t);
    collect_everywhere(t, req);
}

static enum memory_fault fault_draw(struct memory_tree *t, const struct meta_request *req)
{
    if (t->fault != NULL) {
        return t->fault(t->fault_ctx, req);
    }
    if (t->one_in == 0) {
        return MEMORY_FAULT_NONE;
    }
    if (prng_below(&t->prng, t->one_in) == 0) {
        return MEMORY_FAULT_LOST_REQUEST;
    }
    return prng_below(&t->prng, t->one_in) == 0 ? MEMORY_FAULT_LOST_ANSWER : MEMORY_FAULT_NONE;
}

/* Gives the request its outcome. */
static void execute(struct memory_session *s, struct meta_request *req)
{
    enum memory_fault fault;

    req->outcome = META_OK;
    if (s->is_stopping) {
        req->outcome = META_STOPPED;
        return;
    }
    if (!s->is_expired) {
        req->outcome = request_check(req, &req->failed_idx);
    }
    if (req->outcome != META_OK) {
        return;
    }
    fault = s->is_expired ? MEMORY_FAULT_EXPIRE : fault_draw(s->tree, req);
    switch (fault) {
    case MEMORY_FAULT_EXPIRE:
        req->outcome = META_EXPIRED;
        memory_session_expire(&s->meta);
        return;
    case MEMORY_FAULT_LOST_REQUEST:
        req->outcome = META_UNKNOWN_OUTCOME;
        return;
    case MEMORY_FAULT_DISK:
        req->outcome = META_DISK_ERROR;
        return;
    case MEMORY_FAULT_NONE:
    case MEMORY_FAULT_LOST_ANSWER:
        break;
    }
    if (verb_is_write(req->verb)) {
        execute_write(s, req);
    } else {
        execute_read(s, req);
    }
    if (fault == MEMORY_FAULT_LOST_ANSWER) {
        req->outcome = META_UNKNOWN_OUTCOME;
    }
}

/* A watch is set when its read is executed: what comes later may change the tree. */
static void settle(struct memory_session *s, struct meta_request *req)
{
    if (watches_settle(&s->watches, req) != 0) {
        req->outcome = META_NO_MEMORY;
    }
}

static void deliver(struct memory_session *s, struct meta_link *l)
{
    switch ((enum link_kind)l->what) {
    case LINK_IS_REQUEST:
        request_finish(LINK_REQUEST(l));
        break;
    case LINK_IS_WATCH:
        watch_fire(LINK_WATCH(l));
        break;
    case LINK_IS_EXPIRY:
        if (s->meta.on_event != NULL) {
            s->meta.on_event(s->meta.event_ctx, META_SESSION_EXPIRED);
        }
        break;
    }
}

/* One callback, perhaps after an execution; false when there is nothing to do. The session may be gone
 * afterwards. */
static bool session_step(struct memory_session *s)
{
    struct meta_link *l;

    if (ring_is_empty(&s->ready)) {
        l = ring_pop(&s->pending);
        if (l != NULL) {
            execute(s, LINK_REQUEST(l));
            settle(s, LINK_REQUEST(l));
            ring_push(&s->ready, l);
        }
    }
    l = ring_pop(&s->ready);
    if (l != NULL) {
        deliver(s, l);
        return true;
    }
    if (s->stopped != NULL) {
        void (*stopped)(void *ctx) = s->stopped;

        s->stopped = NULL;
        stopped(s->stopped_ctx);
        return true;
    }
    return false;
}

static bool session_has_work(const struct memory_session *s)
{
    return !ring_is_empty(&s->ready) || !ring_is_empty(&s->pending) || s->stopped != NULL;
}

/* One step per task: other things of the reactor get their turn between two answers. */
static void session_task(struct reactor_task *task)
{
    struct memory_session *s = CONTAINER_OF(task, struct memory_session, task);

    s->is_posted = false;
    if (session_has_work(s)) {
        /* Posted first: the callback may free the session, which then is idle again. */
        bool is_last_call = ring_is_empty(&s->ready) && ring_is_empty(&s->pending);

        if (!is_last_call) {
            session_wake(s);
        }
        (void)session_step(s);
    }
}

/* ---- The session ----------------------------------------------------------------------------- */

static void session_submit(struct meta *m, struct meta_request *req)
{
    struct memory_session *s = SESSION_OF(m);

    req->link.what = LINK_IS_REQUEST;
    if (req->watch != NULL) {
        req->watch->link.what = LINK_IS_WATCH;
    }
    ring_push(&s->pending, &req->link);
    session_wake(s);
}

static void session_watch_cancel(struct meta *m, struct meta_watch *w)
{
    watches_cancel(&SESSION_OF(m)->watches, w);
}

static void session_stop(struct meta *m, void (*stopped)(void *ctx), void *ctx)
{
    struct memory_session *s = SESSION_OF(m);

    ASSERT(!s->is_stopping);
    if (!s->is_expired) {
        session_drop_ephemerals(s);
    }
    s->is_stopping = true;
    watches_release(&s->watches);
    s->stopped = stopped;
    s->stopped_ctx = ctx;
    session_wake(s);
}

static void session_free(struct meta *m)
{
    struct memory_session *s = SESSION_OF(m);

    ASSERT(ring_is_empty(&s->pending));
    watches_release(&s->watches);
    ring_leave(&s->link);
    free(s);
}

static const struct meta_store memory_store = {
    .submit = session_submit,
    .watch_cancel = session_watch_cancel,
    .stop = session_stop,
    .free = session_free,
};

int memory_session_open(struct memory_tree *t, struct reactor *r, struct meta **ret_meta)
{
    struct memory_session *s = calloc(1, sizeof(*s));

    if (s == NULL) {
        return ERR_NOMEM;
    }
    s->meta.store = &memory_store;
    s->tree = t;
    s->reactor = r;
    s->task.run = session_task;
    s->id = ++t->session_cnt;
    s->expiry.what = LINK_IS_EXPIRY;
    ring_init(&s->pending);
    ring_init(&s->ready);
    watches_init(&s->watches);
    ring_push(&t->sessions, &s->link);
    *ret_meta = &s->meta;
    return 0;
}

/* ---- The tree -------------------------------------------------------------------------------- */

int memory_tree_new(struct memory_tree **ret_tree)
{
    struct memory_tree *t = calloc(1, sizeof(*t));
    struct node root = {.body = SLICE_EMPTY};

    if (t == NULL) {
        return ERR_NOMEM;
    }
    t->port = (struct node_port){.load = port_load,
                                 .save = port_save,
                                 .remove = port_remove,
                                 .has_children = port_has_children};
    map_init(&t->nodes, 0x6d656d6f7279u, NODES_MAX);
    ring_init(&t->sessions);
    if (port_save(&t->port, SLICE_LIT("/"), &root, true) != 0) {
        memory_tree_free(t);
        return ERR_NOMEM;
    }
    tree_commit(t);
    *ret_tree = t;
    return 0;
}

void memory_tree_free(struct memory_tree *t)
{
    if (t == NULL) {
        return;
    }
    ASSERT(ring_is_empty(&t->sessions));
    for (struct map_entry *it = map_first(&t->nodes); it != NULL; it = map_next(it)) {
        struct tree_node *n = map_value(it);

        free(n->value);
        free(n);
    }
    map_release(&t->nodes);
    free(t->undo);
    free(t);
}

bool memory_tree_step(struct memory_tree *t)
{
    for (struct meta_link *l = t->sessions.next; l != &t->sessions; l = l->next) {
        struct memory_session *s = LINK_SESSION(l);

        if (s->reactor == NULL && session_has_work(s)) {
            /* To the end of the ring, so that sessions take turns. */
            ring_leave(&s->link);
            ring_push(&t->sessions, &s->link);
            return session_step(s);
        }
    }
    return false;
}

size_t memory_tree_run(struct memory_tree *t)
{
    size_t cnt = 0;

    while (memory_tree_step(t)) {
        cnt++;
    }
    return cnt;
}

void memory_tree_set_fault(struct memory_tree *t,
                           enum memory_fault (*fault)(void *ctx, const struct meta_request *req),
                           void *ctx)
{
    t->fault = fault;
    t->fault_ctx = ctx;
}

void memory_tree_seed_faults(struct memory_tree *t, uint64_t seed, uint32_t one_in)
{
    prng_init(&t->prng, seed);
    t->one_in = one_in;
}
