/* The store in memory: the conformance suite, several sessions on one tree, and faults on order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "conformance.h"
#include "meta/memory.h"

struct fixture {
    struct store_fixture store;
    struct memory_tree *tree;
};

static void on_stopped(void *ctx)
{
    bool *is_stopped = ctx;

    *is_stopped = true;
}

static void stop_and_free(struct memory_tree *tree, struct meta *m)
{
    bool is_stopped = false;

    meta_stop(m, on_stopped, &is_stopped);
    assert_false(is_stopped);
    memory_tree_run(tree);
    assert_true(is_stopped);
    meta_free(m);
}

static void fixture_turn(struct store_fixture *f)
{
    (void)memory_tree_step(CONTAINER_OF(f, struct fixture, store)->tree);
}

static void fixture_reopen(struct store_fixture *f)
{
    struct fixture *x = CONTAINER_OF(f, struct fixture, store);

    stop_and_free(x->tree, f->meta);
    assert_int_equal(memory_session_open(x->tree, NULL, &f->meta), 0);
}

static struct store_fixture *fixture_open(void)
{
    struct fixture *x = calloc(1, sizeof(*x));

    assert_non_null(x);
    x->store.turn = fixture_turn;
    x->store.reopen = fixture_reopen;
    assert_int_equal(memory_tree_new(&x->tree), 0);
    assert_int_equal(memory_session_open(x->tree, NULL, &x->store.meta), 0);
    return &x->store;
}

static void fixture_close(struct store_fixture *f)
{
    struct fixture *x = CONTAINER_OF(f, struct fixture, store);

    stop_and_free(x->tree, f->meta);
    memory_tree_free(x->tree);
    free(x);
}

static void conformance(void **state)
{
    (void)state;
    conformance_run(fixture_open, fixture_close);
}

/* ---- Several sessions ------------------------------------------------------------------------ */

struct seen {
    struct meta_request req;
    struct meta_watch watch;
    int done_cnt;
    int fired_cnt;
    bool fired_first;
    enum meta_outcome outcome;
    enum meta_event ev;
    uint8_t body[16];
    size_t body_len;
};

static void on_done(struct meta_request *req)
{
    struct seen *s = CONTAINER_OF(req, struct seen, req);

    s->done_cnt++;
    s->outcome = req->outcome;
    s->fired_first = s->fired_cnt > 0;
    s->body_len = req->body.len < sizeof(s->body) ? req->body.len : sizeof(s->body);
    if (s->body_len > 0) {
        memcpy(s->body, req->body.ptr, s->body_len);
    }
}

static void on_fired(struct meta_watch *w, enum meta_event ev)
{
    struct seen *s = CONTAINER_OF(w, struct seen, watch);

    s->fired_cnt++;
    s->ev = ev;
}

#define SEEN \
    { \
        .req.done = on_done, .watch.fired = on_fired \
    }

static void a_session_watches_what_another_one_does(void **state)
{
    struct memory_tree *tree;
    struct meta *one;
    struct meta *two;
    struct seen made = SEEN;
    struct seen seen = SEEN;
    struct seen again = SEEN;

    (void)state;
    assert_int_equal(memory_tree_new(&tree), 0);
    assert_int_equal(memory_session_open(tree, NULL, &one), 0);
    assert_int_equal(memory_session_open(tree, NULL, &two), 0);
    meta_exists(two, &seen.req, SLICE_LIT("/broker"), &seen.watch);
    memory_tree_run(tree);
    assert_int_equal(seen.outcome, META_NO_NODE);
    meta_create(one, &made.req, SLICE_LIT("/broker"), SLICE_LIT("me"), META_EPHEMERAL);
    memory_tree_run(tree);
    assert_int_equal(seen.fired_cnt, 1);
    assert_int_equal(seen.ev, META_EVENT_CREATED);

    /* Its end is seen by the other one. */
    meta_get(two, &again.req, SLICE_LIT("/broker"), &again.watch);
    memory_tree_run(tree);
    assert_int_equal(again.outcome, META_OK);
    stop_and_free(tree, one);
    memory_tree_run(tree);
    assert_int_equal(again.fired_cnt, 1);
    assert_int_equal(again.ev, META_EVENT_DELETED);
    stop_and_free(tree, two);
    memory_tree_free(tree);
}

/* Whatever the turns of two sessions, nobody reads a newer state before the watch on the older. */
static void no_session_reads_past_a_watch(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        struct memory_tree *tree;
        struct meta *m[2];
        struct seen made = SEEN;
        struct seen first = SEEN;
        struct seen set = SEEN;
        struct seen second = SEEN;

        assert_int_equal(memory_tree_new(&tree), 0);
        assert_int_equal(memory_session_open(tree, NULL, &m[order]), 0);
        assert_int_equal(memory_session_open(tree, NULL, &m[1 - order]), 0);
        meta_create(m[0], &made.req, SLICE_LIT("/x"), SLICE_LIT("0"), 0);
        memory_tree_run(tree);
        meta_get(m[1], &first.req, SLICE_LIT("/x"), &first.watch);
        memory_tree_run(tree);
        meta_set(m[0], &set.req, SLICE_LIT("/x"), SLICE_LIT("1"), -1);
        meta_get(m[1], &second.req, SLICE_LIT("/x"), NULL);
        while (second.done_cnt == 0) {
            assert_true(memory_tree_step(tree));
        }
        assert_int_equal(second.body_len, 1);
        if (second.body[0] == '1') {
            assert_int_equal(first.fired_cnt, 1);
        }
        memory_tree_run(tree);
        assert_int_equal(first.fired_cnt, 1);
        stop_and_free(tree, m[0]);
        stop_and_free(tree, m[1]);
        memory_tree_free(tree);
    }
}

static int expired_cnt;

static void on_event(void *ctx, enum meta_session_event ev)
{
    (void)ctx;
    assert_int_equal(ev, META_SESSION_EXPIRED);
    expired_cnt++;
}

static void an_expired_session_is_over(void **state)
{
    struct memory_tree *tree;
    struct meta *one;
    struct meta *two;
    struct seen made = SEEN;
    struct seen mine = SEEN;
    struct seen theirs = SEEN;
    struct seen late = SEEN;

    (void)state;
    expired_cnt = 0;
    assert_int_equal(memory_tree_new(&tree), 0);
    assert_int_equal(memory_session_open(tree, NULL, &one), 0);
    assert_int_equal(memory_session_open(tree, NULL, &two), 0);
    meta_session_listen(one, on_event, NULL);
    meta_create(one, &made.req, SLICE_LIT("/e"), SLICE_NULL, META_EPHEMERAL);
    memory_tree_run(tree);
    meta_get(one, &mine.req, SLICE_LIT("/e"), &mine.watch);
    meta_get(two, &theirs.req, SLICE_LIT("/e"), &theirs.watch);
    memory_tree_run(tree);
    memory_session_expire(one);
    memory_session_expire(one);
    meta_get(one, &late.req, SLICE_LIT("/"), NULL);
    memory_tree_run(tree);
    assert_int_equal(expired_cnt, 1);
    assert_int_equal(mine.fired_cnt, 1);
    assert_int_equal(theirs.fired_cnt, 1);
    assert_int_equal(theirs.ev, META_EVENT_DELETED);
    assert_int_equal(late.outcome, META_EXPIRED);
    stop_and_free(tree, one);
    stop_and_free(tree, two);
    memory_tree_free(tree);
}

static void a_stopped_session_answers_everything(void **state)
{
    struct memory_tree *tree;
    struct meta *m;
    struct seen a = SEEN;
    struct seen b = SEEN;

    (void)state;
    assert_int_equal(memory_tree_new(&tree), 0);
    assert_int_equal(memory_session_open(tree, NULL, &m), 0);
    meta_create(m, &a.req, SLICE_LIT("/a"), SLICE_NULL, 0);
    meta_get(m, &b.req, SLICE_LIT("/a"), &b.watch);
    stop_and_free(tree, m);
    assert_int_equal(a.outcome, META_STOPPED);
    assert_int_equal(b.outcome, META_STOPPED);
    assert_false(meta_watch_is_set(&b.watch));
    memory_tree_free(tree);
}

/* ---- Faults ---------------------------------------------------------------------------------- */

static enum memory_fault next_fault;

static enum memory_fault fault_once(void *ctx, const struct meta_request *req)
{
    enum memory_fault fault = next_fault;

    (void)ctx;
    (void)req;
    next_fault = MEMORY_FAULT_NONE;
    return fault;
}

static void an_unknown_outcome_is_settled_by_reading_back(void **state)
{
    static const struct {
        enum memory_fault fault;
        enum meta_outcome then;
    } cases[] = {
        {MEMORY_FAULT_LOST_REQUEST, META_NO_NODE},
        {MEMORY_FAULT_LOST_ANSWER, META_OK},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(cases); i++) {
        struct memory_tree *tree;
        struct meta *m;
        struct seen made = SEEN;
        struct seen read = SEEN;

        assert_int_equal(memory_tree_new(&tree), 0);
        assert_int_equal(memory_session_open(tree, NULL, &m), 0);
        memory_tree_set_fault(tree, fault_once, NULL);
        next_fault = cases[i].fault;
        meta_create(m, &made.req, SLICE_LIT("/x"), SLICE_LIT("mine"), 0);
        meta_get(m, &read.req, SLICE_LIT("/x"), NULL);
        memory_tree_run(tree);
        assert_int_equal(made.outcome, META_UNKNOWN_OUTCOME);
        assert_int_equal(read.outcome, cases[i].then);
        if (read.outcome == META_OK) {
            assert_memory_equal(read.body, "mine", 4);
        }
        stop_and_free(tree, m);
        memory_tree_free(tree);
    }
}

/* Counts up a node's body with faults all the time: the count must be right in the end. */
static void a_counter_survives_seeded_faults(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct memory_tree *tree;
        struct meta *m;
        struct seen s = SEEN;
        uint8_t value = 0;
        int32_t version = 0;
        int unknown_cnt = 0;

        assert_int_equal(memory_tree_new(&tree), 0);
        assert_int_equal(memory_session_open(tree, NULL, &m), 0);
        meta_create(m, &s.req, SLICE_LIT("/n"), slice_of(&value, 1), 0);
        memory_tree_run(tree);
        memory_tree_seed_faults(tree, seed, 4);
        while (value < 50) {
            uint8_t next = (uint8_t)(value + 1);

            meta_set(m, &s.req, SLICE_LIT("/n"), slice_of(&next, 1), version);
            memory_tree_run(tree);
            if (s.outcome == META_OK) {
                value = next;
                version++;
                continue;
            }
            assert_int_equal(s.outcome, META_UNKNOWN_OUTCOME);
            unknown_cnt++;
            do {
                meta_get(m, &s.req, SLICE_LIT("/n"), NULL);
                memory_tree_run(tree);
            } while (s.outcome == META_UNKNOWN_OUTCOME);
            assert_int_equal(s.outcome, META_OK);
            assert_true(s.body[0] == value || s.body[0] == next);
            if (s.body[0] == next) {
                value = next;
                version++;
            }
        }
        assert_true(unknown_cnt > 0);
        stop_and_free(tree, m);
        memory_tree_free(tree);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conformance),
        cmocka_unit_test(a_session_watches_what_another_one_does),
        cmocka_unit_test(no_session_reads_past_a_watch),
        cmocka_unit_test(an_expired_session_is_over),
        cmocka_unit_test(a_stopped_session_answers_everything),
        cmocka_unit_test(an_unknown_outcome_is_settled_by_reading_back),
        cmocka_unit_test(a_counter_survives_seeded_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
