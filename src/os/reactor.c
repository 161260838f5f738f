#include "os/reactor.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/assert.h"

/*
 * One turn:
 *
 *     clock ─ collect events ─ act on each ─ posted tasks ─ due timers ─ actors ─ flush hooks ─ sleep
 *
 * Posting is a lock-free push; the poster writes the eventfd only when it finds `sleeping` set and is
 * the one who clears it. The reactor sets `sleeping`, looks at the stack once more and only then
 * sleeps, so no post is slept through.
 */

#define EVENTS_PER_TURN 256

struct reactor {
    struct os *os;
    int epoll_fd;
    int wake_fd;
    pthread_t thread;
    int64_t now_us;
    int64_t wall_ms;
    struct heap timers;
    struct runner runner;
    struct reactor_flush *flush_head;
    struct reactor_flush *flush_tail;
    _Atomic(struct reactor_task *) posted; /* a stack */
    atomic_bool sleeping;
    atomic_bool stopping;
    struct epoll_event events[EVENTS_PER_TURN];
    int event_cnt; /* of this turn; events of removed watches are blanked */
    int event_idx;
};

static void clock_read(struct reactor *r)
{
    r->now_us = os_mono_us(r->os);
    r->wall_ms = os_wall_ms(r->os);
}

int reactor_new(struct os *os, struct reactor **ret_r)
{
    struct reactor *r = calloc(1, sizeof(*r));
    struct epoll_event ev = {.events = EPOLLIN};

    if (r == NULL) {
        return ERR_NOMEM;
    }
    r->os = os;
    heap_init(&r->timers);
    runner_init(&r->runner);
    atomic_init(&r->posted, NULL);
    atomic_init(&r->sleeping, false);
    atomic_init(&r->stopping, false);
    r->thread = pthread_self();
    r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    r->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (r->epoll_fd < 0 || r->wake_fd < 0 ||
        epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, r->wake_fd, &ev) != 0) {
        reactor_free(r);
        return ERR_MFILE;
    }
    clock_read(r);
    *ret_r = r;
    return 0;
}

void reactor_free(struct reactor *r)
{
    if (r == NULL) {
        return;
    }
    if (r->epoll_fd >= 0) {
        (void)close(r->epoll_fd); /* nothing to be done about a failing close */
    }
    if (r->wake_fd >= 0) {
        (void)close(r->wake_fd); /* as above */
    }
    heap_release(&r->timers);
    free(r);
}

static void act_on_events(struct reactor *r)
{
    for (r->event_idx = 0; r->event_idx < r->event_cnt; r->event_idx++) {
        struct epoll_event *ev = &r->events[r->event_idx];
        struct reactor_watch *w = ev->data.ptr;
        unsigned events = 0;

        if (w == NULL) {
            continue; /* the eventfd, drained in turn_sleep(), or removed in this turn */
        }
        events |= (ev->events & (EPOLLIN | EPOLLRDHUP)) != 0 ? REACTOR_READ : 0u;
        events |= (ev->events & EPOLLOUT) != 0 ? REACTOR_WRITE : 0u;
        events |= (ev->events & (EPOLLHUP | EPOLLERR)) != 0 ? REACTOR_HANGUP : 0u;
        w->run(w, events);
    }
    r->event_cnt = 0;
}

static void run_posted(struct reactor *r)
{
    struct reactor_task *top = atomic_exchange_explicit(&r->posted, NULL, memory_order_acquire);
    struct reactor_task *in_order = NULL;

    while (top != NULL) {
        struct reactor_task *below = top->next;

        top->next = in_order;
        in_order = top;
        top = below;
    }
    while (in_order != NULL) {
        struct reactor_task *task = in_order;

        in_order = task->next;
        task->run(task);
    }
}

static void run_timers(struct reactor *r)
{
    int64_t now_ms = reactor_mono_ms(r);
    struct heap_node *n;

    while ((n = heap_peek(&r->timers)) != NULL && n->key <= now_ms) {
        struct reactor_timer *t = CONTAINER_OF(n, struct reactor_timer, node);

        heap_remove(&r->timers, n);
        t->run(t);
    }
}

/* Hooks armed by hooks run in the same pass: an append completes replies, which arm their sockets. */
static void run_flushes(struct reactor *r)
{
    while (r->flush_head != NULL) {
        struct reactor_flush *f = r->flush_head;

        r->flush_head = f->next;
        if (r->flush_head == NULL) {
            r->flush_tail = NULL;
        }
        f->armed = false;
        f->run(f);
    }
}

static int sleep_ms(struct reactor *r, int64_t max_wait_ms)
{
    struct heap_node *n = heap_peek(&r->timers);
    int64_t wait_ms = max_wait_ms;

    if (runner_has_work(&r->runner) ||
        atomic_load_explicit(&r->posted, memory_order_seq_cst) != NULL ||
        atomic_load_explicit(&r->stopping, memory_order_seq_cst)) {
        return 0;
    }
    if (n != NULL) {
        int64_t until_ms = n->key - reactor_mono_ms(r);

        until_ms = until_ms < 0 ? 0 : until_ms;
        wait_ms = wait_ms < 0 || until_ms < wait_ms ? until_ms : wait_ms;
    }
    return wait_ms > INT32_MAX ? INT32_MAX : (int)wait_ms;
}

static void turn_sleep(struct reactor *r, int64_t max_wait_ms)
{
    int cnt;
    uint64_t woken;

    atomic_store_explicit(&r->sleeping, true, memory_order_seq_cst);
    cnt = epoll_wait(r->epoll_fd, r->events, EVENTS_PER_TURN, sleep_ms(r, max_wait_ms));
    atomic_store_explicit(&r->sleeping, false, memory_order_seq_cst);
    ASSERT(cnt >= 0 || errno == EINTR);
    r->event_cnt = cnt < 0 ? 0 : cnt;
    for (int i = 0; i < r->event_cnt; i++) {
        if (r->events[i].data.ptr == NULL) {
            (void)!read(r->wake_fd, &woken, sizeof(woken)); /* only to reset it */
        }
    }
}

void reactor_turn(struct reactor *r, int64_t max_wait_ms)
{
    if (!reactor_is_current(r)) {
        r->thread = pthread_self(); /* once, before other threads know this reactor */
    }
    turn_sleep(r, max_wait_ms);
    clock_read(r);
    act_on_events(r);
    run_posted(r);
    run_timers(r);
    (void)runner_drain(&r->runner); /* what is left keeps the next sleep from sleeping */
    run_flushes(r);
}

void reactor_run(struct reactor *r)
{
    while (!atomic_load_explicit(&r->stopping, memory_order_acquire)) {
        reactor_turn(r, -1);
    }
}

static void wake(struct reactor *r)
{
    uint64_t one = 1;

    if (atomic_exchange_explicit(&r->sleeping, false, memory_order_seq_cst)) {
        (void)!write(r->wake_fd, &one, sizeof(one)); /* full means it is awake already */
    }
}

void reactor_stop(struct reactor *r)
{
    atomic_store_explicit(&r->stopping, true, memory_order_seq_cst);
    wake(r);
}

void reactor_post(struct reactor *r, struct reactor_task *task)
{
    struct reactor_task *top = atomic_load_explicit(&r->posted, memory_order_relaxed);

    do {
        task->next = top;
    } while (!atomic_compare_exchange_weak_explicit(&r->posted, &top, task, memory_order_seq_cst,
                                                    memory_order_relaxed));
    wake(r);
}

bool reactor_is_current(const struct reactor *r)
{
    return pthread_equal(r->thread, pthread_self()) != 0;
}

int64_t reactor_mono_ms(const struct reactor *r)
{
    return r->now_us / 1000;
}

int64_t reactor_mono_us(const struct reactor *r)
{
    return r->now_us;
}

int64_t reactor_wall_ms(const struct reactor *r)
{
    return r->wall_ms;
}

struct os *reactor_os(struct reactor *r)
{
    return r->os;
}

struct runner *reactor_runner(struct reactor *r)
{
    return &r->runner;
}

struct reactor *reactor_of_runner(struct runner *runner)
{
    return CONTAINER_OF(runner, struct reactor, runner);
}

void reactor_timer_init(struct reactor_timer *t, void (*run)(struct reactor_timer *t))
{
    heap_node_init(&t->node);
    t->run = run;
}

int reactor_timer_set(struct reactor *r, struct reactor_timer *t, int64_t deadline_ms)
{
    heap_remove(&r->timers, &t->node);
    return heap_add(&r->timers, &t->node, deadline_ms);
}

void reactor_timer_cancel(struct reactor *r, struct reactor_timer *t)
{
    heap_remove(&r->timers, &t->node);
}

void reactor_flush_arm(struct reactor *r, struct reactor_flush *f)
{
    if (f->armed) {
        return;
    }
    f->armed = true;
    f->next = NULL;
    if (r->flush_tail == NULL) {
        r->flush_head = f;
    } else {
        r->flush_tail->next = f;
    }
    r->flush_tail = f;
}

void reactor_flush_cancel(struct reactor *r, struct reactor_flush *f)
{
    struct reactor_flush *before = NULL;

    if (!f->armed) {
        return;
    }
    for (struct reactor_flush *it = r->flush_head; it != f; it = it->next) {
        before = it;
    }
    if (before == NULL) {
        r->flush_head = f->next;
    } else {
        before->next = f->next;
    }
    if (r->flush_tail == f) {
        r->flush_tail = before;
    }
    f->armed = false;
}

static uint32_t epoll_events(unsigned events)
{
    return ((events & REACTOR_READ) != 0 ? (uint32_t)EPOLLIN : 0u) |
           ((events & REACTOR_WRITE) != 0 ? (uint32_t)EPOLLOUT : 0u);
}

int reactor_watch_add(struct reactor *r, struct reactor_watch *w)
{
    struct epoll_event ev = {.events = epoll_events(w->events), .data.ptr = w};

    return epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, w->fd, &ev) == 0 ? 0 : ERR_NOMEM;
}

int reactor_watch_set(struct reactor *r, struct reactor_watch *w, unsigned events)
{
    struct epoll_event ev = {.events = epoll_events(events), .data.ptr = w};

    if (events == w->events) {
        return 0;
    }
    if (epoll_ctl(r->epoll_fd, EPOLL_CTL_MOD, w->fd, &ev) != 0) {
        return ERR_NOMEM;
    }
    w->events = events;
    return 0;
}

void reactor_watch_remove(struct reactor *r, struct reactor_watch *w)
{
    (void)epoll_ctl(r->epoll_fd, EPOLL_CTL_DEL, w->fd,
                    NULL); /* it may be gone with its descriptor */
    for (int i = r->event_idx; i < r->event_cnt; i++) {
        if (r->events[i].data.ptr == w) {
            r->events[i].data.ptr = NULL;
        }
    }
}
