/* The high watermark of a leader alone: what counts is what the topic's durability says. */
#include "core/replica/replica.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void recovered_log_is_committed(void **state)
{
    struct replica_set s;

    (void)state;
    replica_set_init(&s, true, 42);
    assert_int_equal(s.high_watermark, 42);
    assert_true(replica_set_is_committed(&s, 42));
    assert_false(replica_set_is_committed(&s, 43));
}

static void fsync_waits_for_the_disk(void **state)
{
    struct replica_set s;

    (void)state;
    replica_set_init(&s, true, 0);
    assert_false(replica_set_appended(&s, 10));
    assert_int_equal(s.high_watermark, 0);
    assert_true(replica_set_synced(&s, 7));
    assert_int_equal(s.high_watermark, 7);
    assert_false(replica_set_synced(&s, 7));
    assert_false(replica_set_synced(&s, 3));
    assert_true(replica_set_synced(&s, 10));
    assert_int_equal(s.high_watermark, 10);
}

static void memory_does_not(void **state)
{
    struct replica_set s;

    (void)state;
    replica_set_init(&s, false, 0);
    assert_true(replica_set_appended(&s, 10));
    assert_int_equal(s.high_watermark, 10);
    assert_false(replica_set_synced(&s, 10));
}

/* What consumers have seen stays seen, whatever the setting becomes. */
static void change_of_durability_never_moves_back(void **state)
{
    struct replica_set s;

    (void)state;
    replica_set_init(&s, false, 0);
    assert_true(replica_set_appended(&s, 10));
    assert_false(replica_set_wait_durable(&s, true));
    assert_int_equal(s.high_watermark, 10);
    assert_false(replica_set_appended(&s, 12));
    assert_true(replica_set_wait_durable(&s, false));
    assert_int_equal(s.high_watermark, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recovered_log_is_committed),
        cmocka_unit_test(fsync_waits_for_the_disk),
        cmocka_unit_test(memory_does_not),
        cmocka_unit_test(change_of_durability_never_moves_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
