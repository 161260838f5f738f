/* The partitions of a session: what is looked at, what is told, in which order. */
#include "core/session/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct memory {
    size_t live;
    size_t left; /* allocations until they fail */
};

static struct session_part *part_new(void *ctx)
{
    struct memory *m = ctx;

    if (m->left == 0) {
        return NULL;
    }
    m->left--;
    m->live++;
    return calloc(1, sizeof(struct session_part));
}

static void part_free(void *ctx, struct session_part *p)
{
    struct memory *m = ctx;

    assert_null(p->list);
    m->live--;
    free(p);
}

static void *any_alloc(void *ctx, size_t len)
{
    struct memory *m = ctx;

    if (m->left == 0) {
        return NULL;
    }
    m->left--;
    m->live++;
    return malloc(len);
}

static void any_free(void *ctx, void *ptr)
{
    struct memory *m = ctx;

    m->live--;
    free(ptr);
}

struct world {
    struct memory memory;
    struct session_ops ops;
    struct session s;
};

static void world_init(struct world *w, bool by_id)
{
    *w = (struct world){.memory = {.left = SIZE_MAX}};
    w->ops = (struct session_ops){.part_new = part_new,
                                  .part_free = part_free,
                                  .alloc = any_alloc,
                                  .free = any_free,
                                  .ctx = &w->memory,
                                  .part_bytes = sizeof(struct session_part)};
    session_init(&w->s, &w->ops, 7, by_id);
}

static void world_release(struct world *w)
{
    session_release(&w->s);
    assert_int_equal(w->memory.live, 0);
}

static const struct uuid zero;

static struct session_part *ask(struct world *w, const char *topic, partition_id_t idx,
                                log_offset_t offset)
{
    const struct session_ask a = {.offset = offset, .max_bytes = 100};
    struct session_part *p = NULL;

    assert_int_equal(session_ask_part(&w->s, slice_cstr(topic), zero, idx, &a, &p, NULL), 0);
    assert_int_equal(p->ask.offset, offset);
    return p;
}

/* The ready list as "a0 b1 …". */
static const char *ready(struct world *w)
{
    static char text[512];

    text[0] = '\0';
    for (struct session_part *p = w->s.ready.head; p != NULL; p = p->next) {
        size_t len = strlen(text);

        assert_ptr_equal(p->list, &w->s.ready);
        (void)snprintf(text + len, sizeof(text) - len, "%s%.*s%d", len == 0 ? "" : " ",
                       SLICE_FMT(p->topic->name), (int)p->idx);
    }
    return text;
}

static struct session_found found(log_offset_t hw, size_t len)
{
    return (struct session_found){.high_watermark = hw, .len_bytes = len};
}

static struct session_found failed(enum kerr error)
{
    return (struct session_found){
        .error = error, .high_watermark = LOG_OFFSET_NONE, .log_start = LOG_OFFSET_NONE};
}

/* Pops the head and tells it. */
static void tell(struct world *w, struct session_found f)
{
    struct session_part *p = session_list_pop(&w->s.ready);

    assert_non_null(p);
    session_part_told(p, &f, &w->s.ready);
}

static void asked_ones_are_ready_in_turn(void **state)
{
    struct world w;
    struct session_part *a0;

    (void)state;
    world_init(&w, false);
    a0 = ask(&w, "a", 0, 5);
    (void)ask(&w, "b", 1, 0);
    (void)ask(&w, "a", 2, 0);
    assert_string_equal(ready(&w), "a0 b1 a2");
    assert_ptr_equal(ask(&w, "a", 0, 6), a0); /* keeps its turn */
    assert_string_equal(ready(&w), "a0 b1 a2");
    assert_int_equal(session_part_cnt(&w.s), 3);
    assert_ptr_equal(a0->topic, w.s.ready.tail->topic);
    world_release(&w);
}

static void who_was_served_goes_to_the_end(void **state)
{
    struct world w;

    (void)state;
    world_init(&w, false);
    for (int i = 0; i < 4; i++) {
        (void)ask(&w, "a", i, 0);
    }
    tell(&w, found(10, 100)); /* data */
    assert_string_equal(ready(&w), "a1 a2 a3 a0");
    tell(&w, found(10, 0)); /* a mark only: rests */
    assert_string_equal(ready(&w), "a2 a3 a0");
    tell(&w, failed(KERR_OFFSET_OUT_OF_RANGE));
    assert_string_equal(ready(&w), "a3 a0 a2");
    tell(&w, (struct session_found){.high_watermark = 10, .has_more = true});
    assert_string_equal(ready(&w), "a3 a0 a2"); /* its data did not fit: first next time */
    tell(&w, (struct session_found){.high_watermark = 10, .diverges = true});
    assert_string_equal(ready(&w), "a0 a2 a3");
    world_release(&w);
}

static void news_is_what_differs_from_what_was_told(void **state)
{
    struct world w;
    struct session_part *p;
    struct session_found f = found(10, 0);

    (void)state;
    world_init(&w, false);
    p = ask(&w, "a", 0, 0);
    assert_true(session_part_has_news(p, &f)); /* nothing was told yet */
    tell(&w, f);
    assert_false(session_part_has_news(p, &f));
    f.high_watermark = 11;
    assert_true(session_part_has_news(p, &f));
    f.high_watermark = 10;
    f.log_start = 3;
    assert_true(session_part_has_news(p, &f));
    f.log_start = 0;
    f.len_bytes = 1;
    assert_true(session_part_has_news(p, &f));
    f.len_bytes = 0;
    f.diverges = true;
    assert_true(session_part_has_news(p, &f));
    f = failed(KERR_FENCED_LEADER_EPOCH);
    assert_true(session_part_has_news(p, &f));
    world_release(&w);
}

static void marks_come_again_after_an_error(void **state)
{
    struct world w;
    struct session_part *p;
    struct session_found f = found(10, 0);

    (void)state;
    world_init(&w, false);
    p = ask(&w, "a", 0, 0);
    tell(&w, f);
    (void)ask(&w, "a", 0, 99);
    tell(&w, failed(KERR_OFFSET_OUT_OF_RANGE));
    (void)ask(&w, "a", 0, 0);
    assert_true(session_part_has_news(p, &f));
    tell(&w, f);
    assert_false(session_part_has_news(p, &f));
    session_part_forget_told(p);
    assert_true(session_part_has_news(p, &f));
    world_release(&w);
}

static void only_new_errors_are_urgent(void **state)
{
    struct world w;
    struct session_part *p;
    struct session_found f = failed(KERR_UNKNOWN_TOPIC_OR_PARTITION);
    struct session_found other = failed(KERR_FENCED_LEADER_EPOCH);
    struct session_found diverges = {.diverges = true};

    (void)state;
    world_init(&w, false);
    p = ask(&w, "a", 0, 0);
    assert_true(session_part_is_urgent(p, &f));
    tell(&w, f);
    assert_false(session_part_is_urgent(p, &f));
    assert_true(session_part_has_news(p, &f));
    assert_true(session_part_is_urgent(p, &other));
    assert_true(session_part_is_urgent(p, &diverges));
    (void)ask(&w, "a", 0, 0); /* asked anew */
    assert_true(session_part_is_urgent(p, &f));
    f = found(10, 100);
    assert_false(session_part_is_urgent(p, &f));
    world_release(&w);
}

static void forgotten_ones_leave_everything(void **state)
{
    struct world w;
    size_t bytes;

    (void)state;
    world_init(&w, false);
    (void)ask(&w, "keep", 0, 0);
    bytes = w.s.bytes;
    (void)ask(&w, "a", 0, 0);
    (void)ask(&w, "a", -7, 0); /* an index nobody has is the reader's problem */
    assert_int_equal(w.s.topics.cnt, 2);
    session_forget_part(&w.s, SLICE_LIT("a"), zero, 1);
    session_forget_part(&w.s, SLICE_LIT("b"), zero, 0);
    session_forget_part(&w.s, SLICE_LIT("a"), zero, 0);
    assert_string_equal(ready(&w), "keep0 a-7");
    session_forget_part(&w.s, SLICE_LIT("a"), zero, -7);
    assert_string_equal(ready(&w), "keep0");
    assert_int_equal(w.s.topics.cnt, 1);
    assert_int_equal(session_part_cnt(&w.s), 1);
    assert_int_equal(w.s.bytes, bytes);
    session_forget_part(&w.s, SLICE_LIT("keep"), zero, 0);
    assert_int_equal(w.s.bytes, 0);
    assert_int_equal(w.memory.live, 0);
    world_release(&w);
}

static void topics_go_by_id_or_by_name(void **state)
{
    struct world w;
    const struct session_ask a = {.offset = 0};
    const struct uuid one = {{1}};
    const struct uuid two = {{2}};
    struct session_part *p;
    struct session_part *q;
    bool is_new;

    (void)state;
    world_init(&w, true);
    assert_int_equal(session_ask_part(&w.s, SLICE_EMPTY, one, 0, &a, &p, &is_new), 0);
    assert_true(is_new);
    assert_true(slice_is_null(p->topic->name));
    assert_true(uuid_eq(p->topic->id, one));
    assert_int_equal(session_ask_part(&w.s, SLICE_EMPTY, two, 0, &a, &q, &is_new), 0);
    assert_true(is_new);
    assert_ptr_not_equal(p->topic, q->topic);
    assert_int_equal(session_ask_part(&w.s, SLICE_LIT("x"), one, 0, &a, &q, &is_new), 0);
    assert_false(is_new);
    assert_ptr_equal(p, q);
    session_forget_part(&w.s, SLICE_EMPTY, one, 0);
    assert_int_equal(session_part_cnt(&w.s), 1);
    world_release(&w);

    /* Names are the session's own copies, the empty one, too. */
    world_init(&w, false);
    {
        char name[] = "abc";

        assert_int_equal(session_ask_part(&w.s, slice_cstr(name), zero, 0, &a, &p, NULL), 0);
        name[0] = 'x';
        assert_true(slice_eq_cstr(p->topic->name, "abc"));
        assert_int_equal(session_ask_part(&w.s, SLICE_EMPTY, zero, 0, &a, &q, NULL), 0);
        assert_false(slice_is_null(q->topic->name));
        assert_ptr_not_equal(p->topic, q->topic);
    }
    world_release(&w);
}

static void estimate_is_what_it_costs(void **state)
{
    struct world w;

    (void)state;
    world_init(&w, false);
    for (int i = 0; i < 10; i++) {
        (void)ask(&w, "topic", i, 0);
        (void)ask(&w, "other", i, 0);
    }
    assert_int_equal(w.s.bytes, session_bytes_of(&w.ops, 20, 2, 10));
    world_release(&w);
}

static void memory_may_end_anywhere(void **state)
{
    (void)state;
    for (size_t left = 0; left < 4; left++) {
        struct world w;
        const struct session_ask a = {.offset = 0};
        struct session_part *p = NULL;
        int rc = 0;

        world_init(&w, false);
        w.memory.left = left;
        for (int i = 0; i < 3 && rc == 0; i++) {
            rc = session_ask_part(&w.s, SLICE_LIT("t"), zero, i, &a, &p, NULL);
        }
        assert_int_equal(rc, left < 4 ? ERR_NOMEM : 0);
        assert_int_equal(session_part_cnt(&w.s), left == 0 ? 0 : left - 1);
        assert_int_equal(w.s.topics.cnt, left < 2 ? 0 : 1);
        world_release(&w);
    }
}

static void lists_keep_their_order(void **state)
{
    struct world w;
    struct session_list other = {0};

    (void)state;
    world_init(&w, false);
    for (int i = 0; i < 5; i++) {
        (void)ask(&w, "a", i, 0);
    }
    session_part_unlink(w.s.ready.head->next); /* 1, from the middle */
    session_part_unlink(w.s.ready.tail);       /* 4 */
    assert_string_equal(ready(&w), "a0 a2 a3");
    session_list_move(&other, &w.s.ready);
    assert_null(w.s.ready.head);
    assert_null(session_list_pop(&w.s.ready));
    session_list_prepend(&w.s.ready, session_list_pop(&other));
    session_list_prepend(&w.s.ready, session_list_pop(&other));
    session_list_append(&w.s.ready, session_list_pop(&other));
    assert_string_equal(ready(&w), "a2 a0 a3");
    assert_null(other.head);
    assert_null(other.tail);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asked_ones_are_ready_in_turn),
        cmocka_unit_test(who_was_served_goes_to_the_end),
        cmocka_unit_test(news_is_what_differs_from_what_was_told),
        cmocka_unit_test(marks_come_again_after_an_error),
        cmocka_unit_test(only_new_errors_are_urgent),
        cmocka_unit_test(forgotten_ones_leave_everything),
        cmocka_unit_test(topics_go_by_id_or_by_name),
        cmocka_unit_test(estimate_is_what_it_costs),
        cmocka_unit_test(memory_may_end_anywhere),
        cmocka_unit_test(lists_keep_their_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
