#include "broker/timer.h"

#include <stddef.h>

static void timer_run(struct reactor_timer *timer)
{
    struct broker_timer *t = CONTAINER_OF(timer, struct broker_timer, timer);

    t->run(t);
}

int broker_timer_start(struct broker_timer *t, struct reactor *r, int64_t delay_ms,
                       void (*run)(struct broker_timer *t))
{
    t->reactor = r;
    t->run = run;
    reactor_timer_init(&t->timer, timer_run);
    return reactor_timer_set(r, &t->timer, reactor_mono_ms(r) + delay_ms);
}

void broker_timer_cancel(struct broker_timer *t)
{
    reactor_timer_cancel(t->reactor, &t->timer);
}
