/*
 * A reactor: one thread's event loop with three things only: descriptors, timers, posted tasks. Each
 * turn reads the clock once, collects events, acts on them, then runs the flush hooks (a turn's
 * appends and replies go out together), then sleeps. Actors run on it through `reactor_runner()`.
 *
 * Threads: everything here is for the reactor's own thread, except reactor_post() and reactor_stop(),
 * which any thread may call. A reactor wakes from its sleep by an eventfd that is written only while
 * it sleeps.
 */
#ifndef OTTLA_OS_REACTOR_H
#define OTTLA_OS_REACTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/actor.h"
#include "base/err.h"
#include "base/heap.h"
#include "os/os.h"

struct reactor;

/* A task another thread (or this one) posts; embedded in its owner, free again when run is called. */
struct reactor_task {
    struct reactor_task *next;
    void (*run)(struct reactor_task *task);
};

struct reactor_timer {
    struct heap_node node;
    void (*run)(struct reactor_timer *t);
};

/* Called at the end of every turn in which it was armed. */
struct reactor_flush {
    struct reactor_flush *next;
    struct runner *runner; /* for the owner's use: the reactor's, for submitting to actors */
    bool armed;
    void (*run)(struct reactor_flush *f);
};

enum reactor_event { REACTOR_READ = 1, REACTOR_WRITE = 2, REACTOR_HANGUP = 4 };

/* A descriptor's interest; owned by a socket or listener (os/socket.h). */
struct reactor_watch {
    int fd;
    unsigned events;
    void (*run)(struct reactor_watch *w, unsigned events);
};

int reactor_new(struct os *os, struct reactor **ret_r) WARN_UNUSED;
void reactor_free(struct reactor *r); /* not running; accepts NULL */

/* Runs turns until reactor_stop(). */
void reactor_run(struct reactor *r);

/* One turn, sleeping at most max_wait_ms (-1: until something happens). For tests and start-up. */
void reactor_turn(struct reactor *r, int64_t max_wait_ms);

void reactor_stop(struct reactor *r);

/* Any thread. Tasks of one poster run in order. */
void reactor_post(struct reactor *r, struct reactor_task *task);

/* The turn's clocks. */
int64_t reactor_mono_ms(const struct reactor *r);
int64_t reactor_mono_us(const struct reactor *r);
int64_t reactor_wall_ms(const struct reactor *r);

struct os *reactor_os(struct reactor *r);
struct runner *reactor_runner(struct reactor *r);

/* The reactor whose runner runs an actor's task (base/actor.h: actor_runner()). */
struct reactor *reactor_of_runner(struct runner *runner);

/* Whether the caller is on this reactor's thread. Any thread may ask. */
bool reactor_is_current(const struct reactor *r);

/* Deadlines are of reactor_mono_ms(). Setting a set timer moves it. ERR_NOMEM only. */
void reactor_timer_init(struct reactor_timer *t, void (*run)(struct reactor_timer *t));
int reactor_timer_set(struct reactor *r, struct reactor_timer *t, int64_t deadline_ms) WARN_UNUSED;
void reactor_timer_cancel(struct reactor *r, struct reactor_timer *t);

/* Runs `f` once at the end of this turn. */
void reactor_flush_arm(struct reactor *r, struct reactor_flush *f);
void reactor_flush_cancel(struct reactor *r, struct reactor_flush *f); /* no-op when not armed */

int reactor_watch_add(struct reactor *r, struct reactor_watch *w) WARN_UNUSED;
int reactor_watch_set(struct reactor *r, struct reactor_watch *w, unsigned events) WARN_UNUSED;
void reactor_watch_remove(struct reactor *r, struct reactor_watch *w);

#endif
