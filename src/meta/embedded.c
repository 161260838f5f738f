/*
 * One LMDB environment, one unnamed table. Keys, none longer than LMDB's 511 bytes:
 *
 *     P 00 N               a node: P says its parent's path, N its own name
 *     04                   the root
 *     03 czxid             an ephemeral node: its path (the number in 8 bytes, big-endian)
 *     02 "format"          4 bytes: 1
 *     02 "zxid"            8 bytes: the number of the last change
 *
 * P is the parent's path when that has at most PARENT_RAW_MAX bytes, else 01 and a hash of it in 16
 * bytes; N is the name when the key then ends within 511 bytes, else 01 and a hash. Paths hold no bytes
 * below 20, so the kinds can not be confused, and the children of a node are one range of keys. A node:
 *
 *     0  u8   format: 1
 *     1  u8   flags: 1 ephemeral, 2 the path stands below
 *     2  u16  length of that path, else 0
 *     4  u32  version
 *     8  i64  czxid
 *     16 i64  mzxid
 *     24 u32  next number for a sequential child
 *     28 u32  0
 *     32      the path, when P or N is a hash; the body
 *
 * Integers are big-endian. A node is valid when it has 32 bytes, this format, and the path fits.
 *
 * Requests of one turn of the reactor wait together and go to a worker as one batch: one transaction,
 * each request with its own outcome (a multi is a transaction inside it). The transaction is committed
 * when something was changed, and only then anyone is answered. A full map is grown and the batch done
 * again from the beginning. When a commit fails, the store looks whether the change is there: no, and
 * the answer is "nothing was changed"; when LMDB itself can not say, the outcome is unknown. After any
 * failure but a full disk or memory the store is offline for good.
 *
 * Ephemeral nodes of an earlier session are those with a czxid from before this one was opened. They are
 * passed over by every read, and removed with the first change that is committed: opening a store and
 * looking into it writes nothing.
 */
#include "meta/embedded.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <lmdb.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "meta/store.h"
#include "os/os.h"
#include "os/reactor.h"
#include "os/workers.h"

#define MAP_BYTES_FIRST ((size_t)1 << 20)
#define MAP_BYTES_MAX ((size_t)1 << 36)
#define READERS_MAX 4
#define KEY_MAX 511u
#define PARENT_RAW_MAX 400u
#define HASHED_LEN 17u
#define NODE_HEAD 32u
#define NODE_FORMAT 1
#define STORE_FORMAT 1u
#define SESSION_NO 1

enum node_flag { NODE_EPHEMERAL = 1, NODE_HAS_PATH = 2 };

static_assert(PARENT_RAW_MAX + 1 + HASHED_LEN <= KEY_MAX,
              "a hashed name must fit behind any parent");

struct embedded {
    struct meta meta;
    struct os *os;
    struct reactor *reactor;
    struct workers *workers;
    MDB_env *env;
    MDB_dbi dbi;

    /* the reactor's */
    struct reactor_task task;
    bool is_posted;
    bool is_running; /* a batch is with the worker */
    bool is_delivering;
    bool is_stopping;
    bool is_offline;
    struct meta_link waiting;
    struct meta_link firing;
    struct watches watches;
    void (*stopped)(void *ctx);
    void *stopped_ctx;

    /* the worker's while a batch runs, the reactor's otherwise */
    struct worker_queue queue;
    struct worker_job job;
    struct meta_link running;
    struct node_port port;
    MDB_txn *txn;
    int port_rc; /* the first error of LMDB in this attempt */
    bool is_dirty;
    bool is_prepared;  /* leftovers of an earlier session are gone */
    int64_t open_zxid; /* ... which are the ephemeral nodes from up to here */
    bool is_new;       /* without even a root */
    bool has_failed;   /* this batch took the store offline */
    int64_t zxid;
};

#define EMBEDDED_OF(m) CONTAINER_OF(m, struct embedded, meta)
#define EMBEDDED_OF_PORT(p) CONTAINER_OF(p, struct embedded, port)

/* ---- Keys ------------------------------------------------------------------------------------ */

struct key {
    size_t len;
    bool is_hashed; /* the path must stand beside the value */
    uint8_t bytes[KEY_MAX];
};

/* Two lanes of FNV-1a. A part of the file format: it never changes. */
static void path_hash(struct slice text, uint8_t ret[16])
{
    uint64_t a = 0xcbf29ce484222325u;
    uint64_t b = 0x84222325cbf29ce4u;

    for (size_t i = 0; i < text.len; i++) {
        a = (a ^ text.ptr[i]) * 0x100000001b3u;
        b = (b ^ text.ptr[i] ^ (a >> 32 & 0xffu)) * 0x100000001b3u;
    }
    store_be64(ret, a);
    store_be64(ret + 8, b);
}

static void key_add(struct key *k, struct slice text)
{
    ASSERT(text.len <= sizeof(k->bytes) - k->len);
    if (text.len > 0) {
        memcpy(k->bytes + k->len, text.ptr, text.len);
    }
    k->len += text.len;
}

static void key_add_hash(struct key *k, struct slice text)
{
    uint8_t hashed[HASHED_LEN] = {0x01};

    path_hash(text, hashed + 1);
    key_add(k, slice_of(hashed, sizeof(hashed)));
    k->is_hashed = true;
}

/* What the keys of all children of a node begin with. */
static void key_of_children(struct slice parent, struct key *ret)
{
    ret->len = 0;
    ret->is_hashed = false;
    if (parent.len <= PARENT_RAW_MAX) {
        key_add(ret, parent);
    } else {
        key_add_hash(ret, parent);
    }
    key_add(ret, slice_of("", 1));
}

static void key_of_node(struct slice path, struct key *ret)
{
    struct slice name;

    if (path.len == 1) {
        ret->bytes[0] = 0x04;
        ret->len = 1;
        ret->is_hashed = false;
        return;
    }
    name = meta_path_name(path);
    key_of_children(meta_path_parent(path), ret);
    if (name.len <= sizeof(ret->bytes) - ret->len) {
        key_add(ret, name);
    } else {
        key_add_hash(ret, name);
    }
}

static void key_of_ephemeral(int64_t czxid, struct key *ret)
{
    ret->bytes[0] = 0x03;
    store_be64(ret->bytes + 1, (uint64_t)czxid);
    ret->len = 9;
    ret->is_hashed = false;
}

static MDB_val val_of(struct slice s)
{
    return (MDB_val){.mv_size = s.len, .mv_data = (void *)(uintptr_t)s.ptr};
}

static MDB_val val_of_key(struct key *k)
{
    return (MDB_val){.mv_size = k->len, .mv_data = k->bytes};
}

static struct slice slice_of_val(const MDB_val *v)
{
    return slice_of(v->mv_data, v->mv_size);
}

/* ---- Errors ---------------------------------------------------------------------------------- */

static int err_of(int rc)
{
    switch (rc) {
    case MDB_SUCCESS:
        return 0;
    case MDB_NOTFOUND:
        return ERR_NOT_FOUND;
    case ENOMEM:
        return ERR_NOMEM;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return ERR_NOSPACE;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERR_ACCESS;
    case MDB_INVALID:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
        return ERR_CORRUPT;
    case MDB_VERSION_MISMATCH:
        return ERR_VERSION;
    default:
        return ERR_IO;
    }
}

/* Keeps the first real error of an attempt; the batch is then done again or given up. */
static int port_err(struct embedded *e, int rc)
{
    if (rc != 0 && rc != MDB_NOTFOUND && e->port_rc == 0) {
        e->port_rc = rc;
    }
    return err_of(rc);
}

/* ---- Nodes ----------------------------------------------------------------------------------- */

/* ret_path is empty where the key says it all. */
static int node_parse(struct slice value, struct node *ret, struct slice *ret_path)
{
    size_t path_len;

    if (value.len < NODE_HEAD || value.ptr[0] != NODE_FORMAT) {
        return ERR_CORRUPT;
    }
    path_len = load_be16(value.ptr + 2);
    if (path_len > value.len - NODE_HEAD ||
        (path_len > 0) != ((value.ptr[1] & NODE_HAS_PATH) != 0)) {
        return ERR_CORRUPT;
    }
    ret->stat.is_ephemeral = (value.ptr[1] & NODE_EPHEMERAL) != 0;
    ret->stat.version = (int32_t)(load_be32(value.ptr + 4) & INT32_MAX);
    ret->stat.czxid = (int64_t)load_be64(value.ptr + 8);
    ret->stat.mzxid = (int64_t)load_be64(value.ptr + 16);
    ret->next_sequence = load_be32(value.ptr + 24);
    ret->session = ret->stat.is_ephemeral ? SESSION_NO : 0;
    ret->body = slice_sub(value, NODE_HEAD + path_len, value.len);
    *ret_path = slice_sub(value, NODE_HEAD, path_len);
    return 0;
}

static bool is_leftover(const struct embedded *e, const struct node *n)
{
    return n->stat.is_ephemeral && n->stat.czxid <= e->open_zxid;
}

/* Leftovers too. */
static int node_get(struct embedded *e, struct slice path, struct node *ret)
{
    struct key k;
    MDB_val key;
    MDB_val value;
    struct slice beside = SLICE_NULL;
    int rc;

    key_of_node(path, &k);
    key = val_of_key(&k);
    rc = mdb_get(e->txn, e->dbi, &key, &value);
    if (rc != 0) {
        return port_err(e, rc);
    }
    if (node_parse(slice_of_val(&value), ret, &beside) != 0) {
        return port_err(e, MDB_CORRUPTED);
    }
    /* Two long paths of one hash can not both be here. Refused, and nothing else suffers. */
    return k.is_hashed && !slice_eq(beside, path) ? ERR_UNSUPPORTED : 0;
}

static int port_load(struct node_port *p, struct slice path, struct node *ret)
{
    struct embedded *e = EMBEDDED_OF_PORT(p);
    int rc = node_get(e, path, ret);

    return rc == 0 && is_leftover(e, ret) ? ERR_NOT_FOUND : rc;
}

static int ephemeral_mark(struct embedded *e, struct slice path, int64_t czxid)
{
    struct key k;
    MDB_val key;
    MDB_val value = val_of(path);
    int rc;

    /* A multi may create several nodes under one number: its ephemeral ones stand one behind the
     * other, each path with its length before it. */
    uint8_t *all;
    size_t len = 0;

    key_of_ephemeral(czxid, &k);
    key = val_of_key(&k);
    rc = mdb_get(e->txn, e->dbi, &key, &value);
    if (rc != 0 && rc != MDB_NOTFOUND) {
        return port_err(e, rc);
    }
    len = rc == 0 ? value.mv_size : 0;
    all = malloc(len + 2 + path.len);
    if (all == NULL) {
        return port_err(e, ENOMEM);
    }
    if (len > 0) {
        memcpy(all, value.mv_data, len);
    }
    store_be16(all + len, (uint16_t)path.len);
    memcpy(all + len + 2, path.ptr, path.len);
    value = val_of(slice_of(all, len + 2 + path.len));
    rc = mdb_put(e->txn, e->dbi, &key, &value, 0);
    free(all);
    return port_err(e, rc);
}

static int port_save(struct node_port *p, struct slice path, const struct node *n, bool is_new)
{
    struct embedded *e = EMBEDDED_OF_PORT(p);
    struct key k;
    MDB_val key;
    MDB_val value;
    uint8_t *bytes;
    size_t path_len;
    int rc;

    key_of_node(path, &k);
    path_len = k.is_hashed ? path.len : 0;
    /* Not written in place: the body may be a part of the very page that is about to change. */
    bytes = calloc(1, NODE_HEAD + path_len + n->body.len);
    if (bytes == NULL) {
        return port_err(e, ENOMEM);
    }
    bytes[0] = NODE_FORMAT;
    bytes[1] =
        (uint8_t)((n->stat.is_ephemeral ? NODE_EPHEMERAL : 0) | (path_len > 0 ? NODE_HAS_PATH : 0));
    store_be16(bytes + 2, (uint16_t)path_len);
    store_be32(bytes + 4, (uint32_t)n->stat.version);
    store_be64(bytes + 8, (uint64_t)n->stat.czxid);
    store_be64(bytes + 16, (uint64_t)n->stat.mzxid);
    store_be32(bytes + 24, n->next_sequence);
    if (path_len > 0) {
        memcpy(bytes + NODE_HEAD, path.ptr, path_len);
    }
    if (n->body.len > 0) {
        memcpy(bytes + NODE_HEAD + path_len, n->body.ptr, n->body.len);
    }
    key = val_of_key(&k);
    value = val_of(slice_of(bytes, NODE_HEAD + path_len + n->body.len));
    rc = mdb_put(e->txn, e->dbi, &key, &value, 0);
    free(bytes);
    e->is_dirty = true;
    if (rc == 0 && is_new && n->stat.is_ephemeral) {
        return ephemeral_mark(e, path, n->stat.czxid);
    }
    return port_err(e, rc);
}

static int port_remove(struct node_port *p, struct slice path, const struct node *n)
{
    struct embedded *e = EMBEDDED_OF_PORT(p);
    struct key k;
    MDB_val key;

    (void)n; /* an ephemeral's mark stays: whoever reads it looks at the node */
    key_of_node(path, &k);
    key = val_of_key(&k);
    e->is_dirty = true;
    return port_err(e, mdb_del(e->txn, e->dbi, &key, NULL));
}

/* Calls `each` for every child until it returns another number than 0. */
static int children_walk(struct embedded *e, struct slice parent,
                         int (*each)(void *ctx, struct slice name), void *ctx)
{
    struct key prefix;
    MDB_cursor *cursor;
    MDB_val key;
    MDB_val value;
    int rc;

    key_of_children(parent, &prefix);
    rc = mdb_cursor_open(e->txn, e->dbi, &cursor);
    if (rc != 0) {
        return port_err(e, rc);
    }
    key = val_of_key(&prefix);
    rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    for (; rc == 0; rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        struct slice k = slice_of_val(&key);
        struct slice name = slice_sub(k, prefix.len, k.len);
        struct slice beside;
        struct node n;
        int stop;

        if (!slice_starts_with(k, slice_of(prefix.bytes, prefix.len))) {
            break;
        }
        if (node_parse(slice_of_val(&value), &n, &beside) != 0) {
            rc = MDB_CORRUPTED;
            break;
        }
        if (is_leftover(e, &n)) {
            continue;
        }
        if (beside.len > 0) {
            if (!slice_eq(meta_path_parent(beside), parent)) {
                continue;
            }
            name = meta_path_name(beside);
        }
        stop = each(ctx, name);
        if (stop != 0) {
            mdb_cursor_close(cursor);
            return stop;
        }
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : port_err(e, rc);
}

static int stop_at_first(void *ctx, struct slice name)
{
    bool *has = ctx;

    (void)name;
    *has = true;
    return 1;
}

static int port_has_children(struct node_port *p, struct slice path, bool *ret)
{
    int rc;

    *ret = false;
    rc = children_walk(EMBEDDED_OF_PORT(p), path, stop_at_first, ret);
    return rc == 1 ? 0 : rc;
}

static int add_name(void *ctx, struct slice name)
{
    return name_list_add(ctx, name);
}

/* ---- The first change ------------------------------------------------------------------------ */

static int record_put(struct embedded *e, struct slice name, struct slice bytes)
{
    MDB_val key = val_of(name);
    MDB_val value = val_of(bytes);

    return port_err(e, mdb_put(e->txn, e->dbi, &key, &value, 0));
}

#define RECORD_FORMAT \
    SLICE_LIT("\x02" \
              "format")
#define RECORD_ZXID \
    SLICE_LIT("\x02" \
              "zxid")

/* Makes the root of a new store. */
static int root_ensure(struct embedded *e)
{
    struct node root = {.body = SLICE_EMPTY};
    uint8_t format[4];
    int rc = node_get(e, SLICE_LIT("/"), &root);

    if (rc != ERR_NOT_FOUND) {
        return rc;
    }
    store_be32(format, STORE_FORMAT);
    rc = port_save(&e->port, SLICE_LIT("/"), &root, true);
    return rc == 0 ? record_put(e, RECORD_FORMAT, slice_of(format, sizeof(format))) : rc;
}

/* The nodes of one mark, but for those that are there anew. */
static int leftovers_remove(struct embedded *e, struct slice paths, int64_t czxid)
{
    size_t at = 0;

    while (paths.len - at >= 2) {
        size_t len = load_be16(paths.ptr + at);
        struct slice path = slice_sub(paths, at + 2, len);
        struct node n;
        int rc;

        if (!meta_path_is_legal(path) || path.len != len) {
            return port_err(e, MDB_CORRUPTED);
        }
        at += 2 + len;
        rc = node_get(e, path, &n);
        if (rc == 0 && n.stat.is_ephemeral && n.stat.czxid == czxid) {
            rc = port_remove(&e->port, path, &n);
        }
        if (rc != 0 && rc != ERR_NOT_FOUND) {
            return rc;
        }
    }
    return 0;
}

/* Removes one mark with its nodes; ERR_NOT_FOUND when there is none left. */
static int leftover_next(struct embedded *e)
{
    MDB_cursor *cursor;
    struct key k;
    MDB_val key;
    MDB_val value;
    uint8_t *copy = NULL;
    size_t len = 0;
    int64_t czxid = 0;
    int rc = mdb_cursor_open(e->txn, e->dbi, &cursor);

    if (rc != 0) {
        return port_err(e, rc);
    }
    key_of_ephemeral(0, &k);
    key = val_of_key(&k);
    rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    if (rc == 0 && (key.mv_size != 9 || *(const uint8_t *)key.mv_data != 0x03)) {
        rc = MDB_NOTFOUND;
    }
    if (rc == 0) {
        czxid = (int64_t)load_be64((const uint8_t *)key.mv_data + 1);
        rc = czxid > e->open_zxid ? MDB_NOTFOUND : 0;
    }
    if (rc == 0) {
        len = value.mv_size;
        copy = malloc(len + 1);
        if (copy == NULL) {
            rc = ENOMEM;
        } else {
            memcpy(copy, value.mv_data, len);
            rc = mdb_cursor_del(cursor, 0);
        }
    }
    mdb_cursor_close(cursor);
    rc = port_err(e, rc);
    if (rc == 0) {
        rc = leftovers_remove(e, slice_of(copy, len), czxid);
    }
    free(copy);
    return rc;
}

/* What the first transaction that changes something does besides: leftovers, and the last number. */
static void batch_complete(struct embedded *e, int64_t zxid)
{
    uint8_t number[8];
    int rc = 0;

    while (!e->is_prepared && rc == 0) {
        rc = leftover_next(e);
    }
    store_be64(number, (uint64_t)zxid);
    (void)record_put(e, RECORD_ZXID, slice_of(number, sizeof(number)));
}

/* ---- A batch, on a worker -------------------------------------------------------------------- */

static void run_write(struct embedded *e, struct meta_request *req, int64_t *zxid)
{
    MDB_txn *outer = e->txn;
    bool was_dirty = e->is_dirty;
    int rc = 0;

    if (request_reserve(req) != 0) {
        req->outcome = META_NO_MEMORY;
        return;
    }
    if (req->verb == META_MULTI) {
        rc = mdb_txn_begin(e->env, outer, 0, &e->txn);
        if (rc != 0) {
            e->txn = outer;
            (void)port_err(e, rc);
            return;
        }
    }
    request_apply(&e->port, req, *zxid + 1, SESSION_NO);
    if (req->verb == META_MULTI) {
        if (req->outcome == META_OK) {
            rc = mdb_txn_commit(e->txn);
        } else {
            mdb_txn_abort(e->txn);
            e->is_dirty = was_dirty;
        }
        e->txn = outer;
        (void)port_err(e, rc);
    }
    if (req->outcome == META_OK && e->is_dirty) {
        (*zxid)++;
    }
}

static void run_read(struct embedded *e, struct meta_request *req)
{
    struct node n;
    struct name_list names = {.max = req->list_bytes_max};
    int rc = port_load(&e->port, req->op.path, &n);

    if (rc == 0) {
        if (req->verb == META_LIST) {
            rc = children_walk(e, req->op.path, add_name, &names);
            rc = rc == 0 ? request_keep_names(req, &names) : rc;
            name_list_release(&names);
        } else {
            req->stat = n.stat;
            if (req->verb == META_GET) {
                rc = request_keep_body(req, n.body);
            }
        }
    }
    req->outcome = rc == 0               ? META_OK
                   : rc == ERR_NOT_FOUND ? META_NO_NODE
                   : rc == ERR_LIMIT     ? META_LIMIT
                   : rc == ERR_NOMEM     ? META_NO_MEMORY
                                         : META_DISK_ERROR;
}

static void request_forget(struct meta_request *req)
{
    free(req->memory);
    req->memory = NULL;
    req->outcome = META_OK;
    req->failed_idx = 0;
    req->path = SLICE_NULL;
    req->body = SLICE_NULL;
    req->stat = (struct meta_stat){0};
    req->children = NULL;
    req->child_cnt = 0;
}

/* Runs all requests in e->txn. Stops at the first error of LMDB, which is in e->port_rc. */
static void batch_run_requests(struct embedded *e, int64_t *zxid)
{
    for (struct meta_link *l = e->running.next; l != &e->running && e->port_rc == 0; l = l->next) {
        struct meta_request *req = LINK_REQUEST(l);

        request_forget(req);
        req->outcome = request_check(req, &req->failed_idx);
        if (req->outcome != META_OK) {
            continue;
        }
        if (verb_is_write(req->verb)) {
            run_write(e, req, zxid);
        } else {
            run_read(e, req);
        }
    }
}

static bool batch_has_writes(const struct embedded *e)
{
    for (struct meta_link *l = e->running.next; l != &e->running; l = l->next) {
        if (verb_is_write(LINK_REQUEST(l)->verb)) {
            return true;
        }
    }
    return false;
}

/* One attempt. Returns LMDB's error; *ret_in_commit says where it came from. */
static int batch_attempt(struct embedded *e, bool is_writing, bool *ret_in_commit)
{
    int64_t zxid = e->zxid;
    int rc;

    *ret_in_commit = false;
    e->port_rc = 0;
    e->is_dirty = false;
    rc = mdb_txn_begin(e->env, NULL, is_writing ? 0 : MDB_RDONLY, &e->txn);
    if (rc != 0) {
        return rc;
    }
    if (is_writing) {
        (void)root_ensure(e); /* its error is in port_rc */
    }
    if (e->port_rc == 0) {
        batch_run_requests(e, &zxid);
    }
    if (e->port_rc == 0 && e->is_dirty) {
        batch_complete(e, zxid);
    }
    if (e->port_rc != 0 || !e->is_dirty) {
        mdb_txn_abort(e->txn);
        e->txn = NULL;
        return e->port_rc;
    }
    rc = mdb_txn_commit(e->txn);
    e->txn = NULL;
    *ret_in_commit = true;
    if (rc == 0) {
        e->zxid = zxid;
        e->is_prepared = true;
    }
    return rc;
}

static int map_grow(struct embedded *e)
{
    MDB_envinfo info;
    int rc = mdb_env_info(e->env, &info);

    if (rc != 0) {
        return rc;
    }
    if (info.me_mapsize >= MAP_BYTES_MAX) {
        return ENOSPC;
    }
    return mdb_env_set_mapsize(e->env, info.me_mapsize * 2);
}

/* After a failed commit: is the store as it was before? True also means that it can go on. */
static bool is_unchanged(struct embedded *e)
{
    MDB_txn *txn;
    MDB_val key = val_of(RECORD_ZXID);
    MDB_val value;
    int64_t zxid = 0;
    int rc = mdb_txn_begin(e->env, NULL, MDB_RDONLY, &txn);

    if (rc != 0) {
        return false; /* LMDB could not write its head and does not trust itself any more */
    }
    rc = mdb_get(txn, e->dbi, &key, &value);
    if (rc == 0 && value.mv_size == 8) {
        zxid = (int64_t)load_be64(value.mv_data);
    }
    mdb_txn_abort(txn);
    return (rc == 0 || rc == MDB_NOTFOUND) && zxid == e->zxid;
}

static void batch_fail(struct embedded *e, int rc, bool in_commit)
{
    int err = err_of(rc);
    bool is_known = !in_commit || is_unchanged(e);
    enum meta_outcome outcome = err == ERR_NOMEM ? META_NO_MEMORY : META_DISK_ERROR;

    e->has_failed = !is_known || (err != ERR_NOMEM && err != ERR_NOSPACE);
    for (struct meta_link *l = e->running.next; l != &e->running; l = l->next) {
        struct meta_request *req = LINK_REQUEST(l);

        request_forget(req);
        req->outcome = is_known || !verb_is_write(req->verb) ? outcome : META_UNKNOWN_OUTCOME;
    }
}

static void batch_run(struct worker_job *job)
{
    struct embedded *e = CONTAINER_OF(job, struct embedded, job);
    bool is_writing = e->is_new || batch_has_writes(e);
    bool in_commit = false;
    int rc;

    e->has_failed = false;
    do {
        rc = batch_attempt(e, is_writing, &in_commit);
        if (rc != MDB_MAP_FULL) {
            break;
        }
        in_commit = false;
        rc = map_grow(e);
    } while (rc == 0);
    if (rc != 0) {
        batch_fail(e, rc, in_commit);
    } else {
        e->is_new = false;
    }
}

/* ---- On the reactor -------------------------------------------------------------------------- */

static void embedded_wake(struct embedded *e)
{
    if (!e->is_posted && !e->is_running && !e->is_delivering) {
        e->is_posted = true;
        reactor_post(e->reactor, &e->task);
    }
}

static void fire_all(struct embedded *e)
{
    struct meta_link *l;

    while ((l = ring_pop(&e->firing)) != NULL) {
        watch_fire(LINK_WATCH(l));
    }
}

static void deliver(struct embedded *e, struct meta_request *req)
{
    if (req->outcome == META_OK && verb_is_write(req->verb)) {
        request_collect(req, &e->watches, &e->firing);
        fire_all(e);
    }
    if (watches_settle(&e->watches, req) != 0) {
        req->outcome = META_NO_MEMORY;
    }
    request_finish(req);
}

/* Answers what waits without asking the disk. Only what waits now: a callback may ask again. */
static void waiting_refuse(struct embedded *e, enum meta_outcome outcome)
{
    struct meta_link refused;
    struct meta_link *l;

    ring_init(&refused);
    ring_move(&refused, &e->waiting);
    while ((l = ring_pop(&refused)) != NULL) {
        LINK_REQUEST(l)->outcome = outcome;
        deliver(e, LINK_REQUEST(l));
    }
}

static void go_offline(struct embedded *e)
{
    e->is_offline = true;
    watches_collect_lost(&e->watches, &e->firing);
    fire_all(e);
    if (e->meta.on_event != NULL) {
        e->meta.on_event(e->meta.event_ctx, META_SESSION_OFFLINE);
    }
}

/* What is to be done next. The store may be gone afterwards. */
static void embedded_turn(struct embedded *e)
{
    if (e->is_stopping || e->is_offline) {
        e->is_delivering = true;
        waiting_refuse(e, e->is_stopping ? META_STOPPED : META_DISK_ERROR);
        e->is_delivering = false;
    }
    if (e->is_stopping && ring_is_empty(&e->waiting)) {
        void (*stopped)(void *ctx) = e->stopped;

        if (stopped != NULL) {
            e->stopped = NULL;
            stopped(e->stopped_ctx);
        }
        return;
    }
    if (ring_is_empty(&e->waiting)) {
        return;
    }
    if (e->is_stopping || e->is_offline) {
        embedded_wake(e);
        return;
    }
    ring_move(&e->running, &e->waiting);
    e->is_running = true;
    workers_submit(e->workers, &e->job);
}

static void batch_done(struct worker_job *job)
{
    struct embedded *e = CONTAINER_OF(job, struct embedded, job);
    struct meta_link *l;

    e->is_delivering = true;
    e->is_running = false;
    while ((l = ring_pop(&e->running)) != NULL) {
        deliver(e, LINK_REQUEST(l));
    }
    if (e->has_failed && !e->is_offline) {
        go_offline(e);
    }
    e->is_delivering = false;
    embedded_turn(e);
}

static void embedded_task(struct reactor_task *task)
{
    struct embedded *e = CONTAINER_OF(task, struct embedded, task);

    e->is_posted = false;
    if (!e->is_running) {
        embedded_turn(e);
    }
}

static void embedded_submit(struct meta *m, struct meta_request *req)
{
    struct embedded *e = EMBEDDED_OF(m);

    ring_push(&e->waiting, &req->link);
    embedded_wake(e);
}

static void embedded_watch_cancel(struct meta *m, struct meta_watch *w)
{
    watches_cancel(&EMBEDDED_OF(m)->watches, w);
}

static void embedded_stop(struct meta *m, void (*stopped)(void *ctx), void *ctx)
{
    struct embedded *e = EMBEDDED_OF(m);

    ASSERT(!e->is_stopping);
    e->is_stopping = true;
    watches_release(&e->watches);
    e->stopped = stopped;
    e->stopped_ctx = ctx;
    embedded_wake(e);
}

static void embedded_free(struct meta *m)
{
    struct embedded *e = EMBEDDED_OF(m);

    ASSERT(!e->is_running);
    ASSERT(!e->is_posted);
    ASSERT(ring_is_empty(&e->waiting));
    watches_release(&e->watches);
    mdb_env_close(e->env);
    free(e);
}

static const struct meta_store embedded_store = {
    .submit = embedded_submit,
    .watch_cancel = embedded_watch_cancel,
    .stop = embedded_stop,
    .free = embedded_free,
};

/* ---- Opening --------------------------------------------------------------------------------- */

static int open_fail(struct embedded_why *why, const char *path, int err)
{
    if (why != NULL) {
        const char *text = err == ERR_CORRUPT   ? "it is not a metadata file, or it is damaged"
                           : err == ERR_VERSION ? "a later version of Ottla has written it"
                                                : err_text(err);

        (void)snprintf(why->text, sizeof(why->text), "the metadata file %s can not be opened: %s",
                       path, text);
    }
    return err;
}

/* An empty store, or one of ours: its format and its last change. */
static int head_read(struct embedded *e)
{
    MDB_txn *txn;
    MDB_stat stat;
    MDB_val key = val_of(RECORD_FORMAT);
    MDB_val value;
    int rc = mdb_txn_begin(e->env, NULL, MDB_RDONLY, &txn);

    if (rc != 0) {
        return err_of(rc);
    }
    rc = mdb_dbi_open(txn, NULL, 0, &e->dbi);
    rc = rc == 0 ? mdb_stat(txn, e->dbi, &stat) : rc;
    if (rc != 0 || stat.ms_entries == 0) {
        e->is_new = true;
        goto out;
    }
    rc = mdb_get(txn, e->dbi, &key, &value);
    if (rc != 0 || value.mv_size != 4) {
        rc = MDB_CORRUPTED;
        goto out;
    }
    if (load_be32(value.mv_data) != STORE_FORMAT) {
        rc = MDB_VERSION_MISMATCH;
        goto out;
    }
    key = val_of(RECORD_ZXID);
    rc = mdb_get(txn, e->dbi, &key, &value);
    if (rc != 0 || value.mv_size != 8) {
        rc = MDB_CORRUPTED;
        goto out;
    }
    e->zxid = (int64_t)load_be64(value.mv_data);
    e->open_zxid = e->zxid;
out:
    /* Committed for the sake of the handle. */
    if (rc == 0) {
        rc = mdb_txn_commit(txn);
    } else {
        mdb_txn_abort(txn);
    }
    return err_of(rc);
}

int embedded_open(struct os *os, struct reactor *r, struct workers *w, const char *path,
                  struct meta **ret_meta, struct embedded_why *why)
{
    struct embedded *e = calloc(1, sizeof(*e));
    mdb_filehandle_t fd = -1;
    int rc;

    if (e == NULL) {
        return open_fail(why, path, ERR_NOMEM);
    }
    rc = mdb_env_create(&e->env);
    if (rc != 0) {
        free(e);
        return open_fail(why, path, err_of(rc));
    }
    rc = mdb_env_set_mapsize(e->env, MAP_BYTES_FIRST);
    rc = rc == 0 ? mdb_env_set_maxreaders(e->env, READERS_MAX) : rc;
    rc = rc == 0 ? mdb_env_open(e->env, path, MDB_NOSUBDIR | MDB_NOTLS, 0644) : rc;
    rc = rc == 0 ? mdb_env_get_fd(e->env, &fd) : rc;
    rc = rc == 0 ? os_fd_close_on_exec(os, fd) : err_of(rc);
    rc = rc == 0 ? head_read(e) : rc;
    if (rc != 0) {
        mdb_env_close(e->env);
        free(e);
        return open_fail(why, path, rc);
    }
    e->meta.store = &embedded_store;
    e->os = os;
    e->reactor = r;
    e->workers = w;
    e->task.run = embedded_task;
    e->port = (struct node_port){.load = port_load,
                                 .save = port_save,
                                 .remove = port_remove,
                                 .has_children = port_has_children};
    worker_queue_init(&e->queue);
    e->job =
        (struct worker_job){.queue = &e->queue, .reactor = r, .run = batch_run, .done = batch_done};
    ring_init(&e->waiting);
    ring_init(&e->running);
    ring_init(&e->firing);
    watches_init(&e->watches);
    *ret_meta = &e->meta;
    return 0;
}
