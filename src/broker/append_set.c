#include "broker/append_set.h"

#include "base/assert.h"

/*
 * `left` counts the callbacks that are still to come, plus one that the set itself holds. Whoever
 * brings it down to one posts the end to the request's reactor, which answers. A cancellation (time-out
 * or lost connection) adds one callback for each append, so the set cannot end while one is under way;
 * that is why the end looks at the count again when it runs.
 */

static void set_end(struct reactor_task *task)
{
    struct append_set *s = CONTAINER_OF(task, struct append_set, task);

    flag_set(&s->posted, false);
    if (s->submitting || counter_get(&s->left) != 1) {
        return; /* a cancellation came in between; its last callback posts again */
    }
    reactor_timer_cancel(s->reactor, &s->timer);
    s->done(s);
}

static void set_count_down(struct append_set *s)
{
    if (counter_add(&s->left, -1) == 1 && flag_raise(&s->posted)) {
        s->task.run = set_end;
        broker_on_reactor(s->reactor, &s->task);
    }
}

static void append_written(struct partition_append *a)
{
    struct append_set *s = a->ctx;

    if (counter_add(&s->unwritten, -1) == 0) {
        s->written(s);
    }
}

static void append_done(struct partition_append *a)
{
    set_count_down(a->ctx);
}

static void append_cancelled(struct partition_append *a)
{
    set_count_down(a->ctx);
}

static void set_cancel_all(struct append_set *s, enum kerr error)
{
    if (s->is_cancelled || counter_get(&s->left) == 1) {
        return; /* the end is on its way */
    }
    s->is_cancelled = true;
    s->submitting = true;
    (void)counter_add(&s->left, (long long)s->cnt);
    for (size_t i = 0; i < s->cnt; i++) {
        struct partition_append *a = &s->appends[i];

        a->cancelled = append_cancelled;
        partition_cancel(a, error, reactor_runner(s->reactor));
    }
    s->submitting = false;
    if (counter_get(&s->left) == 1 && flag_raise(&s->posted)) {
        s->task.run = set_end;
        set_end(&s->task);
    }
}

static void set_time_out(struct reactor_timer *t)
{
    set_cancel_all(CONTAINER_OF(t, struct append_set, timer), KERR_REQUEST_TIMED_OUT);
}

void append_set_cancel(struct append_set *s)
{
    set_cancel_all(s, KERR_REQUEST_TIMED_OUT);
}

void append_set_run(struct append_set *s)
{
    bool waits = false;

    counter_init(&s->left, (long long)s->cnt + 1);
    counter_init(&s->unwritten, (long long)s->cnt);
    flag_init(&s->posted, false);
    reactor_timer_init(&s->timer, set_time_out);
    s->is_cancelled = false;
    s->submitting = true;
    for (size_t i = 0; i < s->cnt; i++) {
        struct partition_append *a = &s->appends[i];

        a->written = append_written;
        a->done = append_done;
        a->ctx = s;
        waits = waits || a->wait_committed;
        partition_append(a, reactor_runner(s->reactor));
    }
    s->submitting = false;
    if (counter_get(&s->left) == 1) {
        if (flag_raise(&s->posted)) {
            s->task.run = set_end;
            set_end(&s->task);
        }
        return;
    }
    if (waits && reactor_timer_set(s->reactor, &s->timer,
                                   reactor_mono_ms(s->reactor) + s->timeout_ms) != 0) {
        set_cancel_all(s, KERR_REQUEST_TIMED_OUT); /* out of memory: better now than never */
    }
}
