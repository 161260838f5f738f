/*
 * The table of watches and the rules of the tree.
 *
 * A watch is in one of four states. READING: its read is under way. The read's answer SETs it on a
 * path, or lets it go idle. A change to the path moves it into a ring (FIRING), from which the store
 * calls it back in order with the answers. It may be cancelled in each of these states.
 */
#include "meta/store.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"

#define WATCHES_MAX (1u << 22)

void ring_move(struct meta_link *to, struct meta_link *from)
{
    if (ring_is_empty(from)) {
        return;
    }
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    ring_init(from);
}

/* ---- Watches --------------------------------------------------------------------------------- */

/* The watches on one path, by kind. */
struct watch_place {
    struct watches *table;
    struct meta_link ring[2];
    size_t path_len;
    uint8_t path[];
};

void watches_init(struct watches *ws)
{
    /* The paths are this broker's own: the seed need not be a secret. */
    map_init(&ws->by_path, 0x6f74746c61u, WATCHES_MAX);
}

static void watch_idle(struct meta_watch *w)
{
    w->state = WATCH_IDLE;
    w->place = NULL;
}

void watches_release(struct watches *ws)
{
    for (struct map_entry *it = map_first(&ws->by_path); it != NULL; it = map_next(it)) {
        struct watch_place *place = map_value(it);

        for (size_t kind = 0; kind < ARRAY_CNT(place->ring); kind++) {
            struct meta_link *l;

            while ((l = ring_pop(&place->ring[kind])) != NULL) {
                watch_idle(LINK_WATCH(l));
            }
        }
        free(place);
    }
    map_release(&ws->by_path);
}

void watch_begin(struct meta_watch *w, struct meta_request *req)
{
    ASSERT(w->state == WATCH_IDLE);
    ASSERT(w->fired != NULL);
    w->state = WATCH_READING;
    w->place = req;
    w->kind = req->verb == META_LIST ? WATCH_CHILDREN : WATCH_NODE;
}

static void place_drop_if_empty(struct watch_place *place)
{
    if (ring_is_empty(&place->ring[WATCH_NODE]) && ring_is_empty(&place->ring[WATCH_CHILDREN])) {
        (void)map_remove(&place->table->by_path, slice_of(place->path, place->path_len));
        free(place);
    }
}

static int place_get(struct watches *ws, struct slice path, struct watch_place **ret_place)
{
    struct watch_place *place = map_get(&ws->by_path, path);
    int rc;

    if (place == NULL) {
        place = malloc(sizeof(*place) + path.len);
        if (place == NULL) {
            return ERR_NOMEM;
        }
        place->table = ws;
        ring_init(&place->ring[WATCH_NODE]);
        ring_init(&place->ring[WATCH_CHILDREN]);
        place->path_len = path.len;
        memcpy(place->path, path.ptr, path.len);
        rc = map_add(&ws->by_path, path, place);
        if (rc != 0) {
            free(place);
            return rc;
        }
    }
    *ret_place = place;
    return 0;
}

int watches_settle(struct watches *ws, struct meta_request *req)
{
    struct meta_watch *w = req->watch;
    struct watch_place *place;
    int rc;

    if (w == NULL) {
        return 0;
    }
    req->watch = NULL;
    watch_idle(w);
    if (req->outcome != META_OK && !(req->verb == META_EXISTS && req->outcome == META_NO_NODE)) {
        return 0;
    }
    rc = place_get(ws, req->op.path, &place);
    if (rc != 0) {
        return rc;
    }
    w->state = WATCH_SET;
    w->place = place;
    ring_push(&place->ring[w->kind], &w->link);
    return 0;
}

static void place_collect(struct watch_place *place, enum watch_kind kind, enum meta_event ev,
                          struct meta_link *ring)
{
    struct meta_link *l;

    while ((l = ring_pop(&place->ring[kind])) != NULL) {
        struct meta_watch *w = LINK_WATCH(l);

        w->state = WATCH_FIRING;
        w->ev = ev;
        w->place = NULL;
        ring_push(ring, l);
    }
}

void watches_collect(struct watches *ws, struct slice path, enum meta_event ev,
                     struct meta_link *ring)
{
    struct watch_place *place = map_get(&ws->by_path, path);

    if (place == NULL) {
        return;
    }
    if (ev != META_EVENT_CHILDREN) {
        place_collect(place, WATCH_NODE, ev, ring);
    }
    if (ev == META_EVENT_CHILDREN || ev == META_EVENT_DELETED) {
        place_collect(place, WATCH_CHILDREN, ev, ring);
    }
    place_drop_if_empty(place);
}

void watches_collect_lost(struct watches *ws, struct meta_link *ring)
{
    struct map_entry *it = map_first(&ws->by_path);

    while (it != NULL) {
        struct watch_place *place = map_value(it);

        it = map_next(it);
        place_collect(place, WATCH_NODE, META_EVENT_LOST, ring);
        place_collect(place, WATCH_CHILDREN, META_EVENT_LOST, ring);
        place_drop_if_empty(place);
    }
}

void watches_cancel(struct watches *ws, struct meta_watch *w)
{
    struct meta_request *req;
    struct watch_place *place;

    (void)ws;
    switch ((enum watch_state)w->state) {
    case WATCH_IDLE:
        return;
    case WATCH_READING:
        req = w->place;
        req->watch = NULL;
        break;
    case WATCH_SET:
        place = w->place;
        ring_leave(&w->link);
        place_drop_if_empty(place);
        break;
    case WATCH_FIRING:
        ring_leave(&w->link);
        break;
    }
    watch_idle(w);
}

void watch_fire(struct meta_watch *w)
{
    enum meta_event ev = w->ev;

    watch_idle(w);
    w->fired(w, ev);
}

/* ---- The rules of the tree ------------------------------------------------------------------- */

/* What an error of the port means to whoever asked. */
static enum meta_outcome outcome_of(int err)
{
    return err == ERR_NOMEM ? META_NO_MEMORY : META_DISK_ERROR;
}

static enum meta_outcome load(struct node_port *p, struct slice path, struct node *ret)
{
    int rc = p->load(p, path, ret);

    return rc == 0 ? META_OK : rc == ERR_NOT_FOUND ? META_NO_NODE : outcome_of(rc);
}

static enum meta_outcome load_version(struct node_port *p, const struct meta_op *op,
                                      struct node *ret)
{
    enum meta_outcome outcome = load(p, op->path, ret);

    if (outcome == META_OK && op->version != META_ANY_VERSION && op->version != ret->stat.version) {
        outcome = META_BAD_VERSION;
    }
    return outcome;
}

/* The path as it will be: with digits behind it when the node is sequential. */
static enum meta_outcome created_path(const struct meta_op *op, uint32_t sequence,
                                      uint8_t *path_buf, struct slice *ret_path)
{
    char digits[16];
    size_t len = op->path.len;

    if (len > META_PATH_LEN_MAX) {
        return META_INVALID;
    }
    memcpy(path_buf, op->path.ptr, len);
    if ((op->flags & META_SEQUENTIAL) != 0) {
        if (len > META_PATH_LEN_MAX - META_SEQUENCE_DIGITS) {
            return META_INVALID;
        }
        (void)snprintf(digits, sizeof(digits), "%0*lu", META_SEQUENCE_DIGITS,
                       (unsigned long)sequence);
        memcpy(path_buf + len, digits, META_SEQUENCE_DIGITS);
        len += META_SEQUENCE_DIGITS;
    }
    *ret_path = slice_of(path_buf, len);
    return meta_path_is_legal(*ret_path) ? META_OK : META_INVALID;
}

static enum meta_outcome apply_create(struct node_port *p, const struct meta_op *op,
                                      struct node *fresh, uint8_t *path_buf, struct applied *ret)
{
    struct slice parent_path = meta_path_parent(op->path);
    struct node parent;
    struct node there;
    struct slice path;
    enum meta_outcome outcome;
    int rc;

    if (op->path.len == 1 && (op->flags & META_SEQUENTIAL) == 0) {
        return META_NODE_EXISTS;
    }
    outcome = load(p, parent_path, &parent);
    if (outcome != META_OK) {
        return outcome == META_NO_NODE ? META_NO_PARENT : outcome;
    }
    if (parent.stat.is_ephemeral) {
        return META_EPHEMERAL_PARENT;
    }
    outcome = created_path(op, parent.next_sequence, path_buf, &path);
    if (outcome != META_OK) {
        return outcome;
    }
    outcome = load(p, path, &there);
    if (outcome != META_NO_NODE) {
        return outcome == META_OK ? META_NODE_EXISTS : outcome;
    }
    if ((op->flags & META_SEQUENTIAL) != 0) {
        parent.next_sequence++;
        rc = p->save(p, parent_path, &parent, false);
        if (rc != 0) {
            return outcome_of(rc);
        }
    }
    rc = p->save(p, path, fresh, true);
    if (rc != 0) {
        return outcome_of(rc);
    }
    ret->path_len = path.len;
    ret->stat = fresh->stat;
    return META_OK;
}

static enum meta_outcome apply_set(struct node_port *p, const struct meta_op *op, int64_t zxid,
                                   struct applied *ret)
{
    struct node n;
    enum meta_outcome outcome = load_version(p, op, &n);
    int rc;

    if (outcome != META_OK) {
        return outcome;
    }
    n.stat.version = n.stat.version == INT32_MAX ? 0 : n.stat.version + 1;
    n.stat.mzxid = zxid;
    n.body = op->body;
    rc = p->save(p, op->path, &n, false);
    if (rc != 0) {
        return outcome_of(rc);
    }
    ret->stat = n.stat;
    return META_OK;
}

static enum meta_outcome apply_delete(struct node_port *p, const struct meta_op *op)
{
    struct node n;
    bool has_children;
    enum meta_outcome outcome;
    int rc;

    if (op->path.len == 1) {
        return META_INVALID;
    }
    outcome = load_version(p, op, &n);
    if (outcome != META_OK) {
        return outcome;
    }
    rc = p->has_children(p, op->path, &has_children);
    if (rc != 0) {
        return outcome_of(rc);
    }
    if (has_children) {
        return META_NOT_EMPTY;
    }
    rc = p->remove(p, op->path, &n);
    return rc == 0 ? META_OK : outcome_of(rc);
}

enum meta_outcome tree_apply(struct node_port *p, const struct meta_op *op, int64_t zxid,
                             int64_t session, uint8_t *path_buf, struct applied *ret)
{
    bool is_ephemeral = (op->flags & META_EPHEMERAL) != 0;
    struct node fresh = {.stat = {.czxid = zxid, .mzxid = zxid, .is_ephemeral = is_ephemeral},
                         .session = is_ephemeral ? session : 0,
                         .body = op->body};
    struct node n;
    enum meta_outcome outcome;

    *ret = (struct applied){0};
    if (slice_is_null(fresh.body)) {
        fresh.body = SLICE_EMPTY;
    }
    switch (op->verb) {
    case META_CREATE:
        return apply_create(p, op, &fresh, path_buf, ret);
    case META_SET:
        return apply_set(p, op, zxid, ret);
    case META_DELETE:
        return apply_delete(p, op);
    case META_CHECK:
        outcome = load_version(p, op, &n);
        if (outcome == META_OK) {
            ret->stat = n.stat;
        }
        return outcome;
    case META_GET:
    case META_LIST:
    case META_EXISTS:
    case META_MULTI:
        break;
    }
    return META_INVALID;
}

static bool op_is_legal(const struct meta_op *op, bool in_multi)
{
    if (slice_is_null(op->path) || op->path.len == 0 || op->path.len > META_PATH_LEN_MAX) {
        return false;
    }
    switch (op->verb) {
    case META_CREATE:
        if ((op->flags & ~(unsigned)(META_EPHEMERAL | META_SEQUENTIAL)) != 0) {
            return false;
        }
        /* With digits behind it, "/a/" becomes a path: judged when they are there. */
        return op->path.ptr[0] == '/' &&
               ((op->flags & META_SEQUENTIAL) != 0 || meta_path_is_legal(op->path));
    case META_SET:
    case META_DELETE:
        return meta_path_is_legal(op->path);
    case META_CHECK:
        return in_multi && meta_path_is_legal(op->path);
    case META_GET:
    case META_LIST:
    case META_EXISTS:
        return !in_multi && meta_path_is_legal(op->path);
    case META_MULTI:
        return false;
    }
    return false;
}

enum meta_outcome request_check(const struct meta_request *req, size_t *ret_failed_idx)
{
    size_t cnt;
    const struct meta_op *ops = request_ops(req, &cnt);
    size_t bytes = 0;

    *ret_failed_idx = 0;
    if (cnt > META_OPS_MAX) {
        return META_LIMIT;
    }
    for (size_t i = 0; i < cnt; i++) {
        *ret_failed_idx = i;
        if (!op_is_legal(&ops[i], req->verb == META_MULTI)) {
            return META_INVALID;
        }
        if (ops[i].body.len > META_BODY_LEN_MAX) {
            return META_LIMIT;
        }
        bytes += ops[i].body.len + ops[i].path.len;
        if (bytes > META_OPS_BYTES_MAX) {
            return META_LIMIT;
        }
    }
    *ret_failed_idx = 0;
    return META_OK;
}

/* ---- Requests -------------------------------------------------------------------------------- */

/* The paths a multi has touched, and behind them the bytes of those that got digits. */
struct touched {
    struct slice paths[1]; /* op_cnt of them */
};

int request_reserve(struct meta_request *req)
{
    size_t cnt;
    const struct meta_op *ops = request_ops(req, &cnt);
    size_t bytes = sizeof(struct slice) * cnt;

    for (size_t i = 0; i < cnt; i++) {
        if (ops[i].verb == META_CREATE && (ops[i].flags & META_SEQUENTIAL) != 0) {
            bytes += META_PATH_LEN_MAX;
        }
    }
    req->memory = malloc(bytes == 0 ? 1 : bytes);
    return req->memory == NULL ? ERR_NOMEM : 0;
}

static struct slice *request_paths(const struct meta_request *req)
{
    struct touched *t = req->memory;

    return t->paths;
}

void request_apply(struct node_port *p, struct meta_request *req, int64_t zxid, int64_t session)
{
    size_t cnt;
    const struct meta_op *ops = request_ops(req, &cnt);
    struct slice *paths = request_paths(req);
    uint8_t *room = (uint8_t *)(paths + cnt);
    uint8_t path_buf[META_PATH_LEN_MAX];
    struct applied applied = {0};

    for (size_t i = 0; i < cnt; i++) {
        req->outcome = tree_apply(p, &ops[i], zxid, session, path_buf, &applied);
        if (req->outcome != META_OK) {
            req->failed_idx = i;
            return;
        }
        paths[i] = ops[i].path;
        if (ops[i].verb == META_CREATE && (ops[i].flags & META_SEQUENTIAL) != 0) {
            memcpy(room, path_buf, applied.path_len);
            paths[i] = slice_of(room, applied.path_len);
            room += META_PATH_LEN_MAX;
        }
        if (req->verb == META_MULTI && req->results != NULL) {
            req->results[i] = (struct meta_op_result){.path = paths[i], .stat = applied.stat};
        }
    }
    if (req->verb != META_MULTI) {
        req->stat = applied.stat;
        req->path = req->verb == META_CREATE ? paths[0] : SLICE_NULL;
    }
}

void request_collect(const struct meta_request *req, struct watches *ws, struct meta_link *ring)
{
    size_t cnt;
    const struct meta_op *ops = request_ops(req, &cnt);
    const struct slice *paths = request_paths(req);

    if (ws->by_path.cnt == 0) {
        return;
    }
    for (size_t i = 0; i < cnt; i++) {
        if (ops[i].verb == META_SET) {
            watches_collect(ws, paths[i], META_EVENT_CHANGED, ring);
        } else if (ops[i].verb == META_CREATE || ops[i].verb == META_DELETE) {
            watches_collect(ws, paths[i],
                            ops[i].verb == META_CREATE ? META_EVENT_CREATED : META_EVENT_DELETED,
                            ring);
            watches_collect(ws, meta_path_parent(paths[i]), META_EVENT_CHILDREN, ring);
        }
    }
}

int request_keep_body(struct meta_request *req, struct slice body)
{
    uint8_t *copy = malloc(body.len == 0 ? 1 : body.len);

    if (copy == NULL) {
        return ERR_NOMEM;
    }
    if (body.len > 0) {
        memcpy(copy, body.ptr, body.len);
    }
    req->memory = copy;
    req->body = slice_of(copy, body.len);
    return 0;
}

int name_list_add(struct name_list *list, struct slice name)
{
    size_t need = name.len + 2;

    ASSERT(name.len <= META_PATH_LEN_MAX);
    if (need > list->max - list->len) {
        return ERR_LIMIT;
    }
    if (need > list->cap - list->len) {
        size_t cap = list->cap == 0 ? 1024 : list->cap * 2;
        uint8_t *bytes = realloc(list->bytes, cap < need ? need : cap);

        if (bytes == NULL) {
            return ERR_NOMEM;
        }
        list->bytes = bytes;
        list->cap = cap < need ? need : cap;
    }
    list->bytes[list->len] = (uint8_t)(name.len >> 8);
    list->bytes[list->len + 1] = (uint8_t)name.len;
    memcpy(list->bytes + list->len + 2, name.ptr, name.len);
    list->len += need;
    list->cnt++;
    return 0;
}

void name_list_release(struct name_list *list)
{
    free(list->bytes);
    list->bytes = NULL;
}

static int name_cmp(const void *a, const void *b)
{
    const struct slice *x = a;
    const struct slice *y = b;

    return slice_cmp(*x, *y);
}

int request_keep_names(struct meta_request *req, const struct name_list *list)
{
    size_t head = sizeof(struct slice) * list->cnt;
    struct slice *names = malloc(head + list->len + 1);
    uint8_t *bytes;
    size_t at = 0;

    if (names == NULL) {
        return ERR_NOMEM;
    }
    bytes = (uint8_t *)(names + list->cnt);
    if (list->len > 0) {
        memcpy(bytes, list->bytes, list->len);
    }
    for (size_t i = 0; i < list->cnt; i++) {
        size_t len = (size_t)bytes[at] << 8 | bytes[at + 1];

        names[i] = slice_of(bytes + at + 2, len);
        at += len + 2;
    }
    if (list->cnt > 1) {
        qsort(names, list->cnt, sizeof(names[0]), name_cmp);
    }
    req->memory = names;
    req->children = names;
    req->child_cnt = list->cnt;
    return 0;
}

void request_finish(struct meta_request *req)
{
    void *memory = req->memory;

    req->memory = NULL;
    req->done(req);
    free(memory);
}
