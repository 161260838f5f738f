/*
 * A single-shot timer for handlers, which do not reach the os layer themselves. Owned by whoever embeds
 * it; set, run and cancelled on one reactor's thread.
 */
#ifndef OTTLA_BROKER_TIMER_H
#define OTTLA_BROKER_TIMER_H

#include <stdint.h>

#include "base/err.h"
#include "os/reactor.h"

struct broker_timer {
    struct reactor_timer timer;
    struct reactor *reactor;
    void (*run)(struct broker_timer *t);
};

/* `run` is called in delay_ms, from a later turn. ERR_NOMEM. */
int broker_timer_start(struct broker_timer *t, struct reactor *r, int64_t delay_ms,
                       void (*run)(struct broker_timer *t)) WARN_UNUSED;

/* No-op when it ran or was cancelled. */
void broker_timer_cancel(struct broker_timer *t);

#endif
