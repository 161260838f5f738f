/* Ids, epochs, slots and who has to go: a script of events, and the trace it must leave. */
#include "core/session/session_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NAMED_MAX 16

/* Sessions by a letter, so that traces do not depend on random ids. */
struct script {
    struct session_cache cache;
    struct session_slot *named[NAMED_MAX];
    int64_t now_ms;
    char trace[4096];
};

static void say(struct script *s, const char *text)
{
    size_t len = strlen(s->trace);

    assert_true(len + strlen(text) < sizeof(s->trace));
    (void)snprintf(s->trace + len, sizeof(s->trace) - len, "%s", text);
}

static char name_of(const struct script *s, const struct session_slot *slot)
{
    for (int i = 0; i < NAMED_MAX; i++) {
        if (s->named[i] == slot) {
            return (char)('a' + i);
        }
    }
    fail_msg("an unknown session");
    return '?';
}

static struct session_slot **slot_of(struct script *s, char name)
{
    assert_true(name >= 'a' && name < 'a' + NAMED_MAX);
    return &s->named[name - 'a'];
}

static void drop(struct script *s, struct session_slot *slot)
{
    *slot_of(s, name_of(s, slot)) = NULL;
    free(slot);
}

static void add(struct script *s, char name, uint32_t size, bool privileged)
{
    struct session_slot *slot = calloc(1, sizeof(*slot));
    struct session_slot *evicted = NULL;
    struct session_slot *next;
    char line[64];
    bool ok;

    assert_non_null(slot);
    slot->part_cnt = size;
    slot->bytes = size;
    slot->is_privileged = privileged;
    ok = session_cache_add(&s->cache, slot, s->now_ms, &evicted);
    (void)snprintf(line, sizeof(line), "%c+%s", name, ok ? "" : " none");
    say(s, line);
    for (; evicted != NULL; evicted = next) {
        next = evicted->idle_next;
        (void)snprintf(line, sizeof(line), " -%c", name_of(s, evicted));
        say(s, line);
        drop(s, evicted);
    }
    if (ok) {
        assert_true(slot->id > 0);
        assert_int_equal(slot->epoch, 1);
        *slot_of(s, name) = slot;
    } else {
        free(slot);
    }
    say(s, "\n");
}

static void take(struct script *s, char name, int32_t epoch)
{
    struct session_slot *slot = *slot_of(s, name);
    struct session_slot *got = NULL;
    char line[64];
    enum kerr error = session_cache_take(&s->cache, slot->id, epoch, slot->uses_topic_ids, &got);

    if (error == KERR_NONE) {
        assert_ptr_equal(got, slot);
        (void)snprintf(line, sizeof(line), "%c>%d\n", name, (int)slot->epoch);
    } else {
        (void)snprintf(line, sizeof(line), "%c! %d\n", name, (int)error);
    }
    say(s, line);
}

static void put(struct script *s, char name)
{
    struct session_slot *slot = *slot_of(s, name);
    char line[64];
    bool kept = session_cache_put(&s->cache, slot, s->now_ms);

    (void)snprintf(line, sizeof(line), "%c<%s\n", name, kept ? "" : " gone");
    say(s, line);
    if (!kept) {
        drop(s, slot);
    }
}

/*
 * "12" after a name is a size or an epoch:
 *     +a12  a newcomer     +A12  the same from a broker     >a3  take, epoch 3     <a  put
 *     ~a    remove         =a99  resize                     .500 time passes
 */
static void play(struct script *s, const char *events)
{
    for (const char *e = events; *e != '\0'; e++) {
        char op = *e;
        char name = 0;
        long n;
        char *end;

        if (op == ' ') {
            continue;
        }
        if (op != '.') {
            name = *++e;
        }
        n = strtol(e + 1, &end, 10);
        e = end - 1;
        switch (op) {
        case '+':
            add(s, (char)(name | 0x20), (uint32_t)n, (name & 0x20) == 0);
            break;
        case '>':
            take(s, name, (int32_t)n);
            break;
        case '<':
            put(s, name);
            break;
        case '~':
            session_cache_remove(&s->cache, *slot_of(s, name));
            if (!(*slot_of(s, name))->is_taken) {
                drop(s, *slot_of(s, name));
            }
            break;
        case '=':
            say(s, session_cache_resize(&s->cache, *slot_of(s, name), (uint32_t)n, (size_t)n)
                       ? "fits\n"
                       : "too large\n");
            break;
        case '.':
            s->now_ms += n;
            break;
        default:
            fail_msg("no such event: %c", op);
        }
        assert_true(session_cache_check(&s->cache));
    }
}

static void run(size_t slots, size_t bytes, const char *events, const char *trace)
{
    struct script s = {.now_ms = 1000};

    session_cache_init(&s.cache, 42, slots, bytes);
    play(&s, events);
    assert_string_equal(s.trace, trace);
    for (int i = 0; i < NAMED_MAX; i++) {
        if (s.named[i] != NULL) {
            session_cache_remove(&s.cache, s.named[i]);
            free(s.named[i]);
        }
    }
    session_cache_release(&s.cache);
}

static void epochs_count_up(void **state)
{
    (void)state;
    run(2, 1000, "+a5 <a >a1 <a >a2 <a >a2 >a4 >a3 <a",
        "a+\na<\na>2\na<\na>3\na<\na! 71\na! 71\na>4\na<\n");
    assert_int_equal(session_epoch_next(0), 1);
    assert_int_equal(session_epoch_next(INT32_MAX - 1), INT32_MAX);
    assert_int_equal(session_epoch_next(INT32_MAX), 1);
}

static void modes_go_by_the_epoch(void **state)
{
    (void)state;
    assert_int_equal(session_mode(-1), SESSION_WITHOUT);
    assert_int_equal(session_mode(0), SESSION_MAKE);
    assert_int_equal(session_mode(1), SESSION_CONTINUE);
    assert_int_equal(session_mode(INT32_MAX), SESSION_CONTINUE);
    assert_int_equal(session_mode(-2), SESSION_CONTINUE);
}

static void the_epoch_wraps_to_one(void **state)
{
    struct session_cache c;
    struct session_slot s = {.part_cnt = 1};
    struct session_slot *got;

    (void)state;
    session_cache_init(&c, 1, 1, 10);
    assert_true(session_cache_add(&c, &s, 0, &got));
    assert_true(session_cache_put(&c, &s, 0));
    s.epoch = INT32_MAX;
    assert_int_equal(session_cache_take(&c, s.id, INT32_MAX, false, &got), KERR_NONE);
    assert_true(session_cache_put(&c, &s, 0));
    assert_int_equal(session_cache_take(&c, s.id, INT32_MAX, false, &got),
                     KERR_INVALID_FETCH_SESSION_EPOCH);
    assert_int_equal(session_cache_take(&c, s.id, 1, false, &got), KERR_NONE);
    session_cache_remove(&c, &s);
    session_cache_release(&c);
}

static void one_request_at_a_time(void **state)
{
    (void)state;
    run(2, 1000, "+a5 >a1 <a >a1 >a2 <a >a2", "a+\na! 71\na<\na>2\na! 71\na<\na>3\n");
}

static void unknown_ids_and_the_other_kind_of_topic(void **state)
{
    struct session_cache c;
    struct session_slot s = {.part_cnt = 1, .uses_topic_ids = true};
    struct session_slot *got;

    (void)state;
    session_cache_init(&c, 1, 1, 10);
    assert_true(session_cache_add(&c, &s, 0, &got));
    assert_true(session_cache_put(&c, &s, 0));
    assert_int_equal(session_cache_take(&c, 0, 1, true, &got), KERR_FETCH_SESSION_ID_NOT_FOUND);
    assert_int_equal(session_cache_take(&c, -s.id, 1, true, &got), KERR_FETCH_SESSION_ID_NOT_FOUND);
    assert_int_equal(session_cache_take(&c, s.id ^ 1, 1, true, &got),
                     KERR_FETCH_SESSION_ID_NOT_FOUND);
    assert_int_equal(session_cache_take(&c, s.id, 1, false, &got),
                     KERR_FETCH_SESSION_TOPIC_ID_ERROR);
    assert_int_equal(session_cache_take(&c, s.id, 1, true, &got), KERR_NONE);
    session_cache_remove(&c, &s);
    session_cache_release(&c);
}

static void a_full_house_sends_newcomers_away(void **state)
{
    (void)state;
    run(2, 1000, "+a5 <a +b5 <b +c500 .119999 +c500", "a+\na<\nb+\nb<\nc+ none\nc+ none\n");
    run(0, 1000, "+a5", "a+ none\n");
}

static void the_longest_unused_goes_first(void **state)
{
    (void)state;
    /* b was used after a; c, taken, is not unused at all. */
    run(3, 1000, "+c1 +a5 <a +b5 <b .50000 >b1 <b .70000 +d1 .50000 +e1 +f1",
        "c+\na+\na<\nb+\nb<\nb>2\nb<\nd+ -a\ne+ -b\nf+ none\n");
}

static void a_larger_one_displaces_the_smallest_old_one(void **state)
{
    (void)state;
    /* All are in use all the time, as sessions with long polls are. b is smaller than a. */
    run(2, 1000, "+a20 <a +b10 <b .60000 >a1 >b1 .60000 +c10 +c11 <b <a >a2",
        "a+\na<\nb+\nb<\na>2\nb>2\nc+ none\nc+\nb< gone\na<\na>3\n");
    /* The newcomer is safe for as long as the old ones were. */
    run(1, 1000, "+a1 .120000 +b2 .119999 +c3 .1 +c3", "a+\nb+\nc+ none\nc+\n");
}

static void size_follows_the_session(void **state)
{
    (void)state;
    run(1, 1000, "+a10 .120000 +b5 =a4 +b5", "a+\nb+ none\nfits\nb+\n");
    run(1, 1000, "+a10 .120000 +b5 =a10 +b10 =a9 +b10 <a",
        "a+\nb+ none\nfits\nb+ none\nfits\nb+\na< gone\n");
}

static void brokers_give_way_to_brokers_only(void **state)
{
    (void)state;
    run(1, 1000, "+A1 .120000 +b500 +C2", "a+\nb+ none\nc+\n");
    run(2, 1000, "+A1 +b9 .120000 +C1 .120000 +D1", "a+\nb+\nc+\nd+ none\n");
}

static void bytes_have_a_limit(void **state)
{
    (void)state;
    /* 100 in all, 50 for one. */
    run(9, 100, "+a51 +a50 <a +b50 <b +c1 .120000 +c1 +d49 <d",
        "a+ none\na+\na<\nb+\nb<\nc+ none\n"
        "c+ -a\nd+\nd<\n");
    run(9, 100, "+a10 =a50 =a51 <a +b50 +c40 =c50 =c51 <c",
        "a+\nfits\ntoo large\na< gone\nb+\nc+\nfits\ntoo large\nc< gone\n");
    run(9, 100, "+a40 +b40 =a50 =a20 =b50 <a", "a+\nb+\nfits\nfits\nfits\na<\n");
    run(9, 100, "+a45 +b45 =b10 +c40 =b16 <b", "a+\nb+\nfits\nc+\ntoo large\nb< gone\n");
}

static void closing_one_that_is_in_use(void **state)
{
    (void)state;
    run(1, 1000, "+a5 ~a +b5 <a <b ~b +c5", "a+\nb+\na< gone\nb<\nc+\n");
}

/* Whatever happens in whatever order, the invariants hold and no slot is lost. */
static void any_order(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct script s = {.now_ms = 0};
        struct prng rng;

        prng_init(&rng, seed);
        session_cache_init(&s.cache, seed, 1 + prng_below(&rng, 6), 400);
        for (int step = 0; step < 400; step++) {
            char name = (char)('a' + prng_below(&rng, NAMED_MAX));
            struct session_slot *slot = *slot_of(&s, name);
            char event[32];
            char op = "+A<>~=."[prng_below(&rng, 7)];
            unsigned n = (unsigned)prng_below(&rng, 120);

            s.trace[0] = '\0';
            if (op == '.') {
                (void)snprintf(event, sizeof(event), ".%u", n * 1000);
            } else if (op == '+' || op == 'A') {
                (void)snprintf(event, sizeof(event), "+%c%u", op == 'A' ? name & ~0x20 : name, n);
            } else if (op == '>') {
                (void)snprintf(event, sizeof(event), ">%c%d", name,
                               slot == NULL ? 0 : (int)slot->epoch);
            } else {
                (void)snprintf(event, sizeof(event), "%c%c%u", op, name, n);
            }
            if (op != '.' && (op == '+' || op == 'A') != (slot == NULL)) {
                continue;
            }
            if (slot != NULL && (op == '<' || op == '=') && !slot->is_taken) {
                continue;
            }
            if (slot != NULL && op == '~' && !slot->is_cached) {
                continue;
            }
            play(&s, event);
        }
        for (int i = 0; i < NAMED_MAX; i++) {
            if (s.named[i] != NULL) {
                session_cache_remove(&s.cache, s.named[i]);
                free(s.named[i]);
            }
        }
        session_cache_release(&s.cache);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(epochs_count_up),
        cmocka_unit_test(modes_go_by_the_epoch),
        cmocka_unit_test(the_epoch_wraps_to_one),
        cmocka_unit_test(one_request_at_a_time),
        cmocka_unit_test(unknown_ids_and_the_other_kind_of_topic),
        cmocka_unit_test(a_full_house_sends_newcomers_away),
        cmocka_unit_test(the_longest_unused_goes_first),
        cmocka_unit_test(a_larger_one_displaces_the_smallest_old_one),
        cmocka_unit_test(size_follows_the_session),
        cmocka_unit_test(brokers_give_way_to_brokers_only),
        cmocka_unit_test(bytes_have_a_limit),
        cmocka_unit_test(closing_one_that_is_in_use),
        cmocka_unit_test(any_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
