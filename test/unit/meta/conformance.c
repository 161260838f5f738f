/*
 * Each test gets an empty tree. Calls are made through `do_*`, which wait for the answer and keep what
 * it said in `struct answer`, so that a test reads like what it says.
 */
#include "conformance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/prng.h"

struct answer {
    struct meta_request req;
    int done_cnt;
    enum meta_outcome outcome;
    size_t failed_idx;
    struct meta_stat stat;
    char path[META_PATH_LEN_MAX + 1];
    uint8_t *body;
    size_t body_len;
    char names[4096]; /* the children, each with a blank behind it */
    size_t child_cnt;
    int order; /* which callback of the test this was */
};

struct watcher {
    struct meta_watch watch;
    int fired_cnt;
    enum meta_event ev;
    int order;
};

static struct store_fixture *fix;
static int callback_cnt;

static void on_answer(struct meta_request *req)
{
    struct answer *a = CONTAINER_OF(req, struct answer, req);

    a->done_cnt++;
    a->order = ++callback_cnt;
    a->outcome = req->outcome;
    a->failed_idx = req->failed_idx;
    a->stat = req->stat;
    a->child_cnt = req->child_cnt;
    assert_true(req->path.len <= META_PATH_LEN_MAX);
    if (req->path.len > 0) {
        memcpy(a->path, req->path.ptr, req->path.len);
    }
    a->path[req->path.len] = '\0';
    free(a->body);
    a->body = malloc(req->body.len + 1);
    assert_non_null(a->body);
    if (req->body.len > 0) {
        memcpy(a->body, req->body.ptr, req->body.len);
    }
    a->body[req->body.len] = '\0';
    a->body_len = req->body.len;
    a->names[0] = '\0';
    for (size_t i = 0, at = 0;
         i < req->child_cnt && at + req->children[i].len + 2 < sizeof(a->names); i++) {
        at += (size_t)snprintf(a->names + at, sizeof(a->names) - at, "%.*s ",
                               SLICE_FMT(req->children[i]));
    }
}

static void on_watch(struct meta_watch *w, enum meta_event ev)
{
    struct watcher *x = CONTAINER_OF(w, struct watcher, watch);

    x->fired_cnt++;
    x->ev = ev;
    x->order = ++callback_cnt;
}

static struct answer *answer_new(void)
{
    struct answer *a = calloc(1, sizeof(*a));

    assert_non_null(a);
    a->req.done = on_answer;
    return a;
}

static void answer_free(struct answer *a)
{
    free(a->body);
    free(a);
}

static void await(struct answer *a)
{
    for (int i = 0; i < 100000 && a->done_cnt == 0; i++) {
        fix->turn(fix);
    }
    assert_int_equal(a->done_cnt, 1);
}

static struct meta_watch *arm(struct watcher *w)
{
    if (w == NULL) {
        return NULL;
    }
    w->watch.fired = on_watch;
    return &w->watch;
}

/* The last answer, kept until the next call. */
static struct answer *last;

static struct answer *begin(void)
{
    if (last != NULL) {
        answer_free(last);
    }
    last = answer_new();
    return last;
}

static struct answer *do_get(const char *path, struct watcher *w)
{
    struct answer *a = begin();

    meta_get(fix->meta, &a->req, slice_cstr(path), arm(w));
    assert_int_equal(a->done_cnt, 0); /* never inside the call */
    await(a);
    return a;
}

static struct answer *do_exists(const char *path, struct watcher *w)
{
    struct answer *a = begin();

    meta_exists(fix->meta, &a->req, slice_cstr(path), arm(w));
    await(a);
    return a;
}

static struct answer *do_list(const char *path, struct watcher *w)
{
    struct answer *a = begin();

    meta_list(fix->meta, &a->req, slice_cstr(path), 0, arm(w));
    await(a);
    return a;
}

static struct answer *do_create_flags(const char *path, const char *body, unsigned flags)
{
    struct answer *a = begin();

    meta_create(fix->meta, &a->req, slice_cstr(path), slice_cstr(body), flags);
    assert_int_equal(a->done_cnt, 0);
    await(a);
    return a;
}

static enum meta_outcome do_create(const char *path, const char *body)
{
    return do_create_flags(path, body, META_PERSISTENT)->outcome;
}

static enum meta_outcome do_set(const char *path, const char *body, int32_t version)
{
    struct answer *a = begin();

    meta_set(fix->meta, &a->req, slice_cstr(path), slice_cstr(body), version);
    await(a);
    return a->outcome;
}

static enum meta_outcome do_delete(const char *path, int32_t version)
{
    struct answer *a = begin();

    meta_delete(fix->meta, &a->req, slice_cstr(path), version);
    await(a);
    return a->outcome;
}

static struct answer *do_multi(const struct meta_op *ops, size_t cnt,
                               struct meta_op_result *results)
{
    struct answer *a = begin();

    meta_multi(fix->meta, &a->req, ops, cnt, results);
    await(a);
    return a;
}

/* ---- The tests ------------------------------------------------------------------------------- */

static void an_empty_tree_has_a_root(void)
{
    assert_int_equal(do_list("/", NULL)->outcome, META_OK);
    assert_int_equal(last->child_cnt, 0);
    assert_int_equal(do_get("/", NULL)->outcome, META_OK);
    assert_int_equal(last->body_len, 0);
    assert_int_equal(do_create("/", "x"), META_NODE_EXISTS);
    assert_int_equal(do_delete("/", META_ANY_VERSION), META_INVALID);
}

static void a_node_has_a_body_and_a_version(void)
{
    int64_t czxid;

    assert_int_equal(do_create("/a", "one"), META_OK);
    assert_string_equal(last->path, "/a");
    czxid = last->stat.czxid;
    assert_true(czxid > 0);
    assert_int_equal(do_get("/a", NULL)->outcome, META_OK);
    assert_string_equal((char *)last->body, "one");
    assert_int_equal(last->stat.version, 0);
    assert_int_equal(last->stat.czxid, czxid);
    assert_false(last->stat.is_ephemeral);

    assert_int_equal(do_set("/a", "two", 0), META_OK);
    assert_int_equal(last->stat.version, 1);
    assert_true(last->stat.mzxid > czxid);
    assert_int_equal(do_set("/a", "three", 0), META_BAD_VERSION);
    assert_int_equal(do_set("/a", "three", META_ANY_VERSION), META_OK);
    do_get("/a", NULL);
    assert_string_equal((char *)last->body, "three");
    assert_int_equal(last->stat.version, 2);
    assert_int_equal(last->stat.czxid, czxid);

    assert_int_equal(do_delete("/a", 1), META_BAD_VERSION);
    assert_int_equal(do_delete("/a", 2), META_OK);
    assert_int_equal(do_get("/a", NULL)->outcome, META_NO_NODE);
    assert_int_equal(do_create("/a", ""), META_OK);
    assert_true(last->stat.czxid > czxid);
    assert_int_equal(do_get("/a", NULL)->stat.version, 0);
    assert_int_equal(last->body_len, 0);
}

static void each_fault_has_its_outcome(void)
{
    assert_int_equal(do_create("/a/b", ""), META_NO_PARENT);
    assert_int_equal(do_create("/a", ""), META_OK);
    assert_int_equal(do_create("/a", ""), META_NODE_EXISTS);
    assert_int_equal(do_create("/a/b", ""), META_OK);
    assert_int_equal(do_delete("/a", META_ANY_VERSION), META_NOT_EMPTY);
    assert_int_equal(do_set("/b", "", META_ANY_VERSION), META_NO_NODE);
    assert_int_equal(do_delete("/b", META_ANY_VERSION), META_NO_NODE);
    assert_int_equal(do_list("/b", NULL)->outcome, META_NO_NODE);
    assert_int_equal(do_exists("/b", NULL)->outcome, META_NO_NODE);
    assert_int_equal(do_exists("/a/b", NULL)->outcome, META_OK);
    assert_int_equal(do_delete("/a/b", META_ANY_VERSION), META_OK);
    assert_int_equal(do_delete("/a", META_ANY_VERSION), META_OK);
}

static void illegal_paths_are_refused(void)
{
    static const char *const illegal[] = {"",     "a",   "//",    "/a/",     "/a//b", "/.",
                                          "/a/.", "/..", "/../a", "/a\001b", "/a\nb", "/\x7f"};
    char longest[META_PATH_LEN_MAX + 2];

    for (size_t i = 0; i < ARRAY_CNT(illegal); i++) {
        assert_int_equal(do_create(illegal[i], ""), META_INVALID);
        assert_int_equal(do_get(illegal[i], NULL)->outcome, META_INVALID);
        assert_int_equal(do_list(illegal[i], NULL)->outcome, META_INVALID);
        assert_int_equal(do_set(illegal[i], "", -1), META_INVALID);
        assert_int_equal(do_delete(illegal[i], -1), META_INVALID);
    }
    memset(longest, 'x', sizeof(longest));
    longest[0] = '/';
    longest[META_PATH_LEN_MAX + 1] = '\0';
    assert_int_equal(do_create(longest, ""), META_INVALID);
    longest[META_PATH_LEN_MAX] = '\0';
    assert_int_equal(do_create(longest, "long"), META_OK);
    do_get(longest, NULL);
    assert_string_equal((char *)last->body, "long");
    assert_int_equal(do_create("/...", ""), META_OK);
    assert_int_equal(do_create("/caf\xc3\xa9", ""), META_OK);
}

static void a_body_has_a_limit(void)
{
    uint8_t *big = malloc(META_BODY_LEN_MAX + 1);
    struct answer *a;

    assert_non_null(big);
    for (size_t i = 0; i <= META_BODY_LEN_MAX; i++) {
        big[i] = (uint8_t)(i * 31 >> 3);
    }
    a = begin();
    meta_create(fix->meta, &a->req, SLICE_LIT("/big"), slice_of(big, META_BODY_LEN_MAX + 1), 0);
    await(a);
    assert_int_equal(a->outcome, META_LIMIT);
    a = begin();
    meta_create(fix->meta, &a->req, SLICE_LIT("/big"), slice_of(big, META_BODY_LEN_MAX), 0);
    await(a);
    assert_int_equal(a->outcome, META_OK);
    do_get("/big", NULL);
    assert_int_equal(last->body_len, META_BODY_LEN_MAX);
    assert_memory_equal(last->body, big, META_BODY_LEN_MAX);
    /* A second and third one: the store must grow. */
    for (int i = 0; i < 6; i++) {
        char path[16];

        (void)snprintf(path, sizeof(path), "/big%d", i);
        a = begin();
        meta_create(fix->meta, &a->req, slice_cstr(path), slice_of(big, META_BODY_LEN_MAX), 0);
        await(a);
        assert_int_equal(a->outcome, META_OK);
    }
    do_get("/big5", NULL);
    assert_memory_equal(last->body, big, META_BODY_LEN_MAX);
    free(big);
}

static void children_are_listed_in_order(void)
{
    do_create("/p", "");
    do_create("/p/b", "");
    do_create("/p/a", "");
    do_create("/p/c", "");
    do_create("/p/b/deep", "");
    do_create("/p-", ""); /* sorts before "/p/" */
    do_create("/p0", ""); /* ... and behind it */
    do_create("/p/b-", "");
    assert_string_equal(do_list("/p", NULL)->names, "a b b- c ");
    assert_string_equal(do_list("/p/b", NULL)->names, "deep ");
    assert_string_equal(do_list("/p/a", NULL)->names, "");
    assert_string_equal(do_list("/", NULL)->names, "p p- p0 ");
    assert_int_equal(do_delete("/p/a", -1), META_OK);
    assert_string_equal(do_list("/p", NULL)->names, "b b- c ");
}

static void a_list_has_a_limit(void)
{
    struct answer *a;

    do_create("/p", "");
    for (int i = 0; i < 10; i++) {
        char path[32];

        (void)snprintf(path, sizeof(path), "/p/child-%d", i);
        do_create(path, "");
    }
    a = begin();
    meta_list(fix->meta, &a->req, SLICE_LIT("/p"), 50, NULL);
    await(a);
    assert_int_equal(a->outcome, META_LIMIT);
    assert_int_equal(a->child_cnt, 0);
    a = begin();
    meta_list(fix->meta, &a->req, SLICE_LIT("/p"), 1000, NULL);
    await(a);
    assert_int_equal(a->outcome, META_OK);
    assert_int_equal(a->child_cnt, 10);
}

static void long_paths_and_names_work(void)
{
    static const size_t lens[] = {100, 250, 398, 399, 400, 401, 402, 490, 509, 510, 511, 512, 700};
    char path[META_PATH_LEN_MAX + 1];
    char expected[8 * 200];

    for (size_t i = 0; i < ARRAY_CNT(lens); i++) {
        char parent[META_PATH_LEN_MAX + 1];
        size_t len = lens[i];

        memset(parent, (int)('a' + i), sizeof(parent));
        parent[0] = '/';
        parent[len] = '\0';
        assert_int_equal(do_create(parent, "parent"), META_OK);
        assert_int_equal(do_create(parent, ""), META_NODE_EXISTS);
        expected[0] = '\0';
        for (size_t k = 1; k <= 200 && len + 1 + k <= META_PATH_LEN_MAX; k += 66) {
            (void)snprintf(
                path, sizeof(path), "%s/%.*s", parent, (int)k,
                "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
                "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
                "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc");
            assert_int_equal(do_create(path, path), META_OK);
            assert_int_equal(do_create(path, path), META_NODE_EXISTS);
            do_get(path, NULL);
            assert_string_equal((char *)last->body, path);
            (void)snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected), "%s ",
                           path + len + 1);
        }
        assert_string_equal(do_list(parent, NULL)->names, expected);
        assert_int_equal(do_delete(parent, -1), META_NOT_EMPTY);
        assert_string_equal((char *)do_get(parent, NULL)->body, "parent");
    }
    do_list("/", NULL);
    assert_int_equal(last->child_cnt, ARRAY_CNT(lens));
}

static void sequential_names_grow(void)
{
    char first[64];

    do_create("/s", "");
    do_create_flags("/s/n-", "", META_SEQUENTIAL);
    assert_int_equal(last->outcome, META_OK);
    assert_string_equal(last->path, "/s/n-0000000000");
    memcpy(first, last->path, sizeof("/s/n-0000000000"));
    do_create_flags("/s/n-", "", META_SEQUENTIAL);
    assert_string_equal(last->path, "/s/n-0000000001");
    assert_int_equal(do_delete("/s/n-0000000001", -1), META_OK);
    do_create_flags("/s/m-", "", META_SEQUENTIAL | META_EPHEMERAL);
    assert_string_equal(last->path, "/s/m-0000000002"); /* never used twice */
    assert_true(last->stat.is_ephemeral);
    do_create_flags("/s/", "", META_SEQUENTIAL);
    assert_string_equal(last->path, "/s/0000000003");
    assert_int_equal(do_create_flags("/t/n-", "", META_SEQUENTIAL)->outcome, META_NO_PARENT);
    assert_string_equal(do_list("/s", NULL)->names, "0000000003 m-0000000002 n-0000000000 ");
    assert_int_equal(do_get(first, NULL)->outcome, META_OK);
}

static void a_multi_is_all_or_nothing(void)
{
    struct meta_op ops[] = {
        {.verb = META_CREATE, .path = SLICE_LIT("/m"), .body = SLICE_LIT("1")},
        {.verb = META_CREATE, .path = SLICE_LIT("/m/a"), .body = SLICE_LIT("2")},
        {.verb = META_SET, .path = SLICE_LIT("/m"), .body = SLICE_LIT("3"), .version = 0},
        {.verb = META_CHECK, .path = SLICE_LIT("/m"), .version = 1},
        {.verb = META_CREATE, .flags = META_SEQUENTIAL, .path = SLICE_LIT("/m/s-")},
        {.verb = META_CREATE, .flags = META_SEQUENTIAL, .path = SLICE_LIT("/m/s-")},
        {.verb = META_DELETE, .path = SLICE_LIT("/m/a"), .version = 0},
        {.verb = META_CREATE, .path = SLICE_LIT("/there")},
    };
    struct meta_op_result results[ARRAY_CNT(ops)];

    do_create("/there", "");
    assert_int_equal(do_multi(ops, ARRAY_CNT(ops), results)->outcome, META_NODE_EXISTS);
    assert_int_equal(last->failed_idx, 7);
    assert_int_equal(do_exists("/m", NULL)->outcome, META_NO_NODE);
    assert_string_equal(do_list("/", NULL)->names, "there ");

    assert_int_equal(do_multi(ops, ARRAY_CNT(ops) - 1, results)->outcome, META_OK);
    assert_int_equal(results[2].stat.version, 1);
    assert_int_equal(results[0].stat.czxid, results[1].stat.czxid);
    assert_string_equal(do_list("/m", NULL)->names, "s-0000000000 s-0000000001 ");
    do_get("/m", NULL);
    assert_string_equal((char *)last->body, "3");
    assert_int_equal(last->stat.version, 1);

    assert_int_equal(do_multi(&ops[3], 1, NULL)->outcome, META_OK);
    ops[3].version = 7;
    assert_int_equal(do_multi(&ops[3], 1, NULL)->outcome, META_BAD_VERSION);
    assert_int_equal(do_multi(NULL, 0, NULL)->outcome, META_OK);
}

static void a_failed_multi_takes_everything_back(void)
{
    const struct meta_op ops[] = {
        {.verb = META_SET, .path = SLICE_LIT("/x"), .body = SLICE_LIT("new"), .version = -1},
        {.verb = META_DELETE, .path = SLICE_LIT("/x/child"), .version = -1},
        {.verb = META_DELETE, .path = SLICE_LIT("/x"), .version = -1},
        {.verb = META_CREATE, .path = SLICE_LIT("/x"), .body = SLICE_LIT("other")},
        {.verb = META_CREATE, .path = SLICE_LIT("/x/more")},
        {.verb = META_CREATE, .flags = META_SEQUENTIAL, .path = SLICE_LIT("/y/n")},
        {.verb = META_CHECK, .path = SLICE_LIT("/nowhere"), .version = -1},
    };
    struct watcher w = {0};

    do_create("/x", "old");
    do_create("/x/child", "kid");
    do_create("/y", "");
    do_get("/x", &w);
    assert_int_equal(do_multi(ops, ARRAY_CNT(ops), NULL)->outcome, META_NO_NODE);
    assert_int_equal(last->failed_idx, 6);
    do_get("/x", NULL);
    assert_string_equal((char *)last->body, "old");
    assert_int_equal(last->stat.version, 0);
    assert_string_equal(do_list("/x", NULL)->names, "child ");
    do_get("/x/child", NULL);
    assert_string_equal((char *)last->body, "kid");
    do_create_flags("/y/n", "", META_SEQUENTIAL);
    assert_string_equal(last->path, "/y/n0000000000");
    assert_int_equal(w.fired_cnt, 0);

    assert_int_equal(do_multi(ops, ARRAY_CNT(ops) - 1, NULL)->outcome, META_OK);
    assert_string_equal(do_list("/x", NULL)->names, "more ");
    assert_string_equal((char *)do_get("/x", NULL)->body, "other");
    assert_int_equal(w.fired_cnt, 1);
    assert_int_equal(w.ev, META_EVENT_CHANGED);
}

static void multis_have_limits(void)
{
    struct meta_op *ops = calloc(META_OPS_MAX + 1, sizeof(*ops));

    assert_non_null(ops);
    for (size_t i = 0; i <= META_OPS_MAX; i++) {
        ops[i] = (struct meta_op){.verb = META_CHECK, .path = SLICE_LIT("/"), .version = -1};
    }
    assert_int_equal(do_multi(ops, META_OPS_MAX + 1, NULL)->outcome, META_LIMIT);
    assert_int_equal(do_multi(ops, META_OPS_MAX, NULL)->outcome, META_OK);
    ops[1].verb = META_GET;
    assert_int_equal(do_multi(ops, 2, NULL)->outcome, META_INVALID);
    assert_int_equal(last->failed_idx, 1);
    ops[1].verb = META_MULTI;
    assert_int_equal(do_multi(ops, 2, NULL)->outcome, META_INVALID);
    free(ops);
}

static void answers_come_in_order(void)
{
    enum { CNT = 60 };
    struct answer *a[CNT];
    char paths[CNT][16];

    callback_cnt = 0;
    for (int i = 0; i < CNT; i++) {
        a[i] = answer_new();
        (void)snprintf(paths[i], sizeof(paths[i]), "/n%d", i / 3);
        if (i % 3 == 0) {
            meta_create(fix->meta, &a[i]->req, slice_cstr(paths[i]), SLICE_LIT("b"), 0);
        } else if (i % 3 == 1) {
            meta_get(fix->meta, &a[i]->req, slice_cstr(paths[i]), NULL);
        } else {
            meta_delete(fix->meta, &a[i]->req, slice_cstr(paths[i]), 0);
        }
    }
    assert_int_equal(callback_cnt, 0);
    await(a[CNT - 1]);
    for (int i = 0; i < CNT; i++) {
        assert_int_equal(a[i]->done_cnt, 1);
        assert_int_equal(a[i]->order, i + 1);
        assert_int_equal(a[i]->outcome, META_OK); /* each saw what was asked before */
        answer_free(a[i]);
    }
    assert_string_equal(do_list("/", NULL)->names, "");
}

/* A write that fails among those that are committed together keeps its own outcome. */
static void a_failure_does_not_touch_its_neighbours(void)
{
    struct answer *a[4];

    for (size_t i = 0; i < ARRAY_CNT(a); i++) {
        a[i] = answer_new();
    }
    meta_create(fix->meta, &a[0]->req, SLICE_LIT("/one"), SLICE_LIT("1"), 0);
    meta_create(fix->meta, &a[1]->req, SLICE_LIT("/nowhere/x"), SLICE_LIT("2"), 0);
    meta_set(fix->meta, &a[2]->req, SLICE_LIT("/one"), SLICE_LIT("3"), 5);
    meta_create(fix->meta, &a[3]->req, SLICE_LIT("/two"), SLICE_LIT("4"), 0);
    await(a[3]);
    assert_int_equal(a[0]->outcome, META_OK);
    assert_int_equal(a[1]->outcome, META_NO_PARENT);
    assert_int_equal(a[2]->outcome, META_BAD_VERSION);
    assert_int_equal(a[3]->outcome, META_OK);
    for (size_t i = 0; i < ARRAY_CNT(a); i++) {
        answer_free(a[i]);
    }
    assert_string_equal(do_list("/", NULL)->names, "one two ");
}

static void watches_fire_once(void)
{
    struct watcher w = {0};

    do_create("/w", "");
    do_get("/w", &w);
    assert_true(meta_watch_is_set(&w.watch));
    do_set("/w", "1", -1);
    assert_int_equal(w.fired_cnt, 1);
    assert_int_equal(w.ev, META_EVENT_CHANGED);
    assert_false(meta_watch_is_set(&w.watch));
    do_set("/w", "2", -1);
    assert_int_equal(w.fired_cnt, 1);
    do_get("/w", &w);
    do_delete("/w", -1);
    assert_int_equal(w.fired_cnt, 2);
    assert_int_equal(w.ev, META_EVENT_DELETED);
    do_create("/w", "");
    assert_int_equal(w.fired_cnt, 2);
}

static void a_missing_node_can_be_waited_for(void)
{
    struct watcher w = {0};
    struct watcher none = {0};

    assert_int_equal(do_exists("/w", &w)->outcome, META_NO_NODE);
    assert_true(meta_watch_is_set(&w.watch));
    assert_int_equal(do_get("/w", &none)->outcome, META_NO_NODE);
    assert_false(meta_watch_is_set(&none.watch));
    assert_int_equal(do_list("/w", &none)->outcome, META_NO_NODE);
    assert_false(meta_watch_is_set(&none.watch));
    do_create("/other", "");
    assert_int_equal(w.fired_cnt, 0);
    do_create("/w", "");
    assert_int_equal(w.fired_cnt, 1);
    assert_int_equal(w.ev, META_EVENT_CREATED);
    assert_int_equal(none.fired_cnt, 0);
}

static void lists_see_children_only(void)
{
    struct watcher w = {0};

    do_create("/w", "");
    do_list("/w", &w);
    do_set("/w", "body", -1);
    assert_int_equal(w.fired_cnt, 0);
    do_create("/w/a", "");
    assert_int_equal(w.fired_cnt, 1);
    assert_int_equal(w.ev, META_EVENT_CHILDREN);
    do_list("/w", &w);
    do_set("/w/a", "body", -1);
    assert_int_equal(w.fired_cnt, 1);
    do_create("/w/a/b", "");
    assert_int_equal(w.fired_cnt, 1); /* a grandchild */
    do_delete("/w/a/b", -1);
    do_delete("/w/a", -1);
    assert_int_equal(w.fired_cnt, 2);
    assert_int_equal(w.ev, META_EVENT_CHILDREN);
    do_list("/w", &w);
    do_delete("/w", -1);
    assert_int_equal(w.fired_cnt, 3);
    assert_int_equal(w.ev, META_EVENT_DELETED);
}

/* Everything asked at once: the watch set by the first read fires before the second one's answer. */
static void a_watch_comes_before_the_newer_state(void)
{
    struct watcher w = {0};
    struct answer *first = answer_new();
    struct answer *set = answer_new();
    struct answer *second = answer_new();

    do_create("/w", "old");
    callback_cnt = 0;
    meta_get(fix->meta, &first->req, SLICE_LIT("/w"), arm(&w));
    meta_set(fix->meta, &set->req, SLICE_LIT("/w"), SLICE_LIT("new"), -1);
    meta_get(fix->meta, &second->req, SLICE_LIT("/w"), NULL);
    await(second);
    assert_string_equal((char *)first->body, "old");
    assert_string_equal((char *)second->body, "new");
    assert_int_equal(first->order, 1);
    assert_int_equal(w.fired_cnt, 1);
    assert_true(w.order > first->order);
    assert_true(w.order < second->order);
    answer_free(first);
    answer_free(set);
    answer_free(second);
}

static void a_cancelled_watch_is_silent(void)
{
    struct watcher w = {0};
    struct answer *a = answer_new();

    do_create("/w", "");
    do_get("/w", &w);
    meta_watch_cancel(fix->meta, &w.watch);
    assert_false(meta_watch_is_set(&w.watch));
    meta_watch_cancel(fix->meta, &w.watch);
    do_set("/w", "", -1);
    /* While its read is under way. */
    meta_get(fix->meta, &a->req, SLICE_LIT("/w"), arm(&w));
    meta_watch_cancel(fix->meta, &w.watch);
    await(a);
    do_set("/w", "", -1);
    assert_int_equal(w.fired_cnt, 0);
    answer_free(a);
}

struct canceller {
    struct meta_watch watch;
    struct meta_watch *other;
    int fired_cnt;
};

static void on_cancel_other(struct meta_watch *w, enum meta_event ev)
{
    struct canceller *c = CONTAINER_OF(w, struct canceller, watch);

    (void)ev;
    c->fired_cnt++;
    meta_watch_cancel(fix->meta, c->other);
}

/* Two watches on one event, each takes the other back: exactly one fires. */
static void a_watch_can_be_cancelled_while_it_fires(void)
{
    struct canceller c[2] = {{.watch.fired = on_cancel_other}, {.watch.fired = on_cancel_other}};

    c[0].other = &c[1].watch;
    c[1].other = &c[0].watch;
    do_create("/w", "");
    for (int i = 0; i < 2; i++) {
        struct answer *a = begin();

        meta_get(fix->meta, &a->req, SLICE_LIT("/w"), &c[i].watch);
        await(a);
    }
    do_set("/w", "", -1);
    assert_int_equal(c[0].fired_cnt + c[1].fired_cnt, 1);
}

static void ephemeral_nodes_die_with_the_session(void)
{
    char parent[600];

    do_create("/ids", "");
    assert_int_equal(do_create_flags("/ids/1", "me", META_EPHEMERAL)->outcome, META_OK);
    assert_true(do_get("/ids/1", NULL)->stat.is_ephemeral);
    assert_int_equal(do_create("/ids/1/x", ""), META_EPHEMERAL_PARENT);
    assert_int_equal(do_create("/ids/2", "stays"), META_OK);
    do_create_flags("/ids/3", "gone", META_EPHEMERAL);
    assert_int_equal(do_delete("/ids/3", -1), META_OK);
    assert_int_equal(do_create("/ids/3", "stays now"), META_OK);
    memset(parent, 'l', sizeof(parent));
    parent[0] = '/';
    parent[sizeof(parent) - 1] = '\0';
    assert_int_equal(do_create_flags(parent, "long", META_EPHEMERAL)->outcome, META_OK);
    fix->reopen(fix);
    assert_string_equal(do_list("/ids", NULL)->names, "2 3 ");
    assert_string_equal(do_list("/", NULL)->names, "ids ");
    assert_int_equal(do_create_flags("/ids/1", "again", META_EPHEMERAL)->outcome, META_OK);
}

static void the_count_of_changes_outlives_the_session(void)
{
    int64_t czxid;

    do_create("/a", "body");
    do_create("/b", "");
    czxid = last->stat.czxid;
    do_create("/s", "");
    do_create_flags("/s/", "", META_SEQUENTIAL);
    fix->reopen(fix);
    assert_string_equal((char *)do_get("/a", NULL)->body, "body");
    do_create("/c", "");
    assert_true(last->stat.czxid > czxid);
    do_create_flags("/s/", "", META_SEQUENTIAL);
    assert_string_equal(last->path, "/s/0000000001");
}

/* A thousand random operations against a plain model: paths of two levels, bodies of one number. */
enum { MODEL_CNT = 12 };

struct model {
    bool is_there[MODEL_CNT][MODEL_CNT + 1]; /* [parent][0]: the parent itself */
    int body[MODEL_CNT][MODEL_CNT + 1];
};

static bool model_has_children(const struct model *m, int p)
{
    for (int c = 1; c <= MODEL_CNT; c++) {
        if (m->is_there[p][c]) {
            return true;
        }
    }
    return false;
}

static enum meta_outcome model_create(struct model *m, int p, int c, int body)
{
    if (c > 0 && !m->is_there[p][0]) {
        return META_NO_PARENT;
    }
    if (m->is_there[p][c]) {
        return META_NODE_EXISTS;
    }
    m->is_there[p][c] = true;
    m->body[p][c] = body;
    return META_OK;
}

static enum meta_outcome model_delete(struct model *m, int p, int c)
{
    if (!m->is_there[p][c]) {
        return META_NO_NODE;
    }
    if (c == 0 && model_has_children(m, p)) {
        return META_NOT_EMPTY;
    }
    m->is_there[p][c] = false;
    return META_OK;
}

static enum meta_outcome model_set(struct model *m, int p, int c, int body)
{
    if (!m->is_there[p][c]) {
        return META_NO_NODE;
    }
    m->body[p][c] = body;
    return META_OK;
}

static void it_does_what_a_plain_model_does(void)
{
    static struct model m;
    struct prng rng;

    memset(&m, 0, sizeof(m));
    prng_init(&rng, 42);
    for (int step = 0; step < 1500; step++) {
        int p = (int)prng_below(&rng, MODEL_CNT);
        int c = (int)prng_below(&rng, MODEL_CNT + 1);
        char path[64];
        char body[16];

        (void)snprintf(path, sizeof(path), c == 0 ? "/p%d" : "/p%d/c%d", p, c);
        (void)snprintf(body, sizeof(body), "%d", step);
        switch (prng_below(&rng, 4)) {
        case 0:
            assert_int_equal(do_create(path, body), model_create(&m, p, c, step));
            break;
        case 1:
            assert_int_equal(do_delete(path, -1), model_delete(&m, p, c));
            break;
        case 2:
            assert_int_equal(do_set(path, body, -1), model_set(&m, p, c, step));
            break;
        default:
            do_get(path, NULL);
            assert_int_equal(last->outcome, m.is_there[p][c] ? META_OK : META_NO_NODE);
            if (m.is_there[p][c]) {
                assert_int_equal(strtol((char *)last->body, NULL, 10), m.body[p][c]);
            }
        }
        if (step % 500 == 499) {
            fix->reopen(fix);
        }
    }
}

void conformance_run(struct store_fixture *(*open)(void), void (*close)(struct store_fixture *f))
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
#define T(name) {#name, name}
        T(an_empty_tree_has_a_root),
        T(a_node_has_a_body_and_a_version),
        T(each_fault_has_its_outcome),
        T(illegal_paths_are_refused),
        T(a_body_has_a_limit),
        T(children_are_listed_in_order),
        T(a_list_has_a_limit),
        T(long_paths_and_names_work),
        T(sequential_names_grow),
        T(a_multi_is_all_or_nothing),
        T(a_failed_multi_takes_everything_back),
        T(multis_have_limits),
        T(answers_come_in_order),
        T(a_failure_does_not_touch_its_neighbours),
        T(watches_fire_once),
        T(a_missing_node_can_be_waited_for),
        T(lists_see_children_only),
        T(a_watch_comes_before_the_newer_state),
        T(a_cancelled_watch_is_silent),
        T(a_watch_can_be_cancelled_while_it_fires),
        T(ephemeral_nodes_die_with_the_session),
        T(the_count_of_changes_outlives_the_session),
        T(it_does_what_a_plain_model_does),
#undef T
    };

    for (size_t i = 0; i < ARRAY_CNT(tests); i++) {
        print_message("    %s\n", tests[i].name);
        fix = open();
        callback_cnt = 0;
        tests[i].run();
        if (last != NULL) {
            answer_free(last);
            last = NULL;
        }
        close(fix);
    }
}
