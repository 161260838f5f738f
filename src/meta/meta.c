/*
 * The face of every store: fills requests in and hands them to the session's store.
 */
#include "meta/meta.h"

#include "base/assert.h"
#include "meta/store.h"

const char *meta_outcome_name(enum meta_outcome outcome)
{
    switch (outcome) {
#define X(name, text) \
    case name: \
        return #name;
        META_OUTCOME_LIST(X)
#undef X
    }
    return "META_?";
}

const char *meta_outcome_text(enum meta_outcome outcome)
{
    switch (outcome) {
#define X(name, text) \
    case name: \
        return text;
        META_OUTCOME_LIST(X)
#undef X
    }
    return "an outcome nobody knows";
}

static void request_submit(struct meta *m, struct meta_request *req, const struct meta_op *op,
                           struct meta_watch *watch)
{
    ASSERT(req->done != NULL);
    req->outcome = META_OK;
    req->failed_idx = 0;
    req->path = SLICE_NULL;
    req->body = SLICE_NULL;
    req->stat = (struct meta_stat){0};
    req->children = NULL;
    req->child_cnt = 0;
    req->verb = op->verb;
    req->op = *op;
    if (slice_is_null(req->op.body)) {
        req->op.body = SLICE_EMPTY;
    }
    req->watch = watch;
    req->memory = NULL;
    if (watch != NULL) {
        watch_begin(watch, req);
    }
    m->store->submit(m, req);
}

void meta_get(struct meta *m, struct meta_request *req, struct slice path, struct meta_watch *watch)
{
    request_submit(m, req, &(struct meta_op){.verb = META_GET, .path = path}, watch);
}

void meta_exists(struct meta *m, struct meta_request *req, struct slice path,
                 struct meta_watch *watch)
{
    request_submit(m, req, &(struct meta_op){.verb = META_EXISTS, .path = path}, watch);
}

void meta_list(struct meta *m, struct meta_request *req, struct slice path, size_t bytes_max,
               struct meta_watch *watch)
{
    req->list_bytes_max = bytes_max == 0 ? META_LIST_BYTES_DEFAULT : bytes_max;
    request_submit(m, req, &(struct meta_op){.verb = META_LIST, .path = path}, watch);
}

void meta_create(struct meta *m, struct meta_request *req, struct slice path, struct slice body,
                 unsigned flags)
{
    request_submit(
        m, req, &(struct meta_op){.verb = META_CREATE, .path = path, .body = body, .flags = flags},
        NULL);
}

void meta_set(struct meta *m, struct meta_request *req, struct slice path, struct slice body,
              int32_t version)
{
    request_submit(
        m, req, &(struct meta_op){.verb = META_SET, .path = path, .body = body, .version = version},
        NULL);
}

void meta_delete(struct meta *m, struct meta_request *req, struct slice path, int32_t version)
{
    request_submit(m, req, &(struct meta_op){.verb = META_DELETE, .path = path, .version = version},
                   NULL);
}

void meta_multi(struct meta *m, struct meta_request *req, const struct meta_op *ops, size_t op_cnt,
                struct meta_op_result *results)
{
    req->ops = ops;
    req->op_cnt = op_cnt;
    req->results = results;
    request_submit(m, req, &(struct meta_op){.verb = META_MULTI}, NULL);
}

void meta_watch_cancel(struct meta *m, struct meta_watch *w)
{
    m->store->watch_cancel(m, w);
}

void meta_session_listen(struct meta *m, void (*on_event)(void *ctx, enum meta_session_event ev),
                         void *ctx)
{
    m->on_event = on_event;
    m->event_ctx = ctx;
}

void meta_stop(struct meta *m, void (*stopped)(void *ctx), void *ctx)
{
    m->store->stop(m, stopped, ctx);
}

void meta_free(struct meta *m)
{
    if (m != NULL) {
        m->store->free(m);
    }
}

bool meta_path_is_legal(struct slice path)
{
    size_t part = 1; /* where the part at hand begins */

    if (slice_is_null(path) || path.len == 0 || path.len > META_PATH_LEN_MAX ||
        path.ptr[0] != '/') {
        return false;
    }
    if (path.len == 1) {
        return true;
    }
    for (size_t i = 1; i <= path.len; i++) {
        if (i < path.len && path.ptr[i] != '/') {
            if (path.ptr[i] < 0x20 || path.ptr[i] == 0x7f) {
                return false;
            }
            continue;
        }
        struct slice name = slice_sub(path, part, i - part);

        if (name.len == 0 || slice_eq_cstr(name, ".") || slice_eq_cstr(name, "..")) {
            return false;
        }
        part = i + 1;
    }
    return true;
}

static size_t last_slash(struct slice path)
{
    size_t at = path.len;

    ASSERT(path.len > 0);
    do {
        at--;
    } while (at > 0 && path.ptr[at] != '/');
    return at;
}

struct slice meta_path_parent(struct slice path)
{
    size_t at = last_slash(path);

    return slice_sub(path, 0, at == 0 ? 1 : at);
}

struct slice meta_path_name(struct slice path)
{
    size_t at = last_slash(path);

    return slice_sub(path, at + 1, path.len);
}
