/*
 * Threads and locks. Ours may be one library among others in a process, so our threads take no
 * signals: only the program's own do.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/assert.h"
#include "os/os_impl.h"

/* Compression and the embedded store need some hundred KiB at most; the default of 8 MiB per thread
 * counts against limits of address space. */
#define THREAD_STACK_BYTES ((size_t)512 * 1024)

/* The kernel's limit for a thread's name, its NUL included. */
#define THREAD_NAME_CAP 16

struct os_thread {
    pthread_t id;
    void (*run)(void *arg);
    void *arg;
    char name[THREAD_NAME_CAP];
};

static void *thread_main(void *arg)
{
    struct os_thread *t = arg;

    (void)pthread_setname_np(pthread_self(), t->name);
    t->run(t->arg);
    return NULL;
}

static int thread_create(struct os_thread *t)
{
    pthread_attr_t attr;
    sigset_t all;
    sigset_t before;
    int rc;

    if (pthread_attr_init(&attr) != 0) {
        return ERR_NOMEM;
    }
    rc = pthread_attr_setstacksize(&attr, THREAD_STACK_BYTES);
    ASSERT(rc == 0);
    sigfillset(&all);
    rc = pthread_sigmask(SIG_SETMASK, &all, &before);
    ASSERT(rc == 0);
    rc = pthread_create(&t->id, &attr, thread_main, t);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attr);
    return rc == 0 ? 0 : ERR_NOMEM; /* EAGAIN: a limit of threads or memory */
}

int os_thread_start(struct os *os, const char *name, void (*run)(void *arg), void *arg,
                    struct os_thread **ret_thread)
{
    struct os_thread *t;
    int rc = os_fault_check(&os->faults, OS_FAULT_THREAD);

    if (rc != 0) {
        return rc;
    }
    t = os_alloc(os, sizeof(*t));
    if (t == NULL) {
        return ERR_NOMEM;
    }
    t->run = run;
    t->arg = arg;
    snprintf(t->name, sizeof(t->name), "%.*s", THREAD_NAME_CAP - 1, name);
    rc = thread_create(t);
    if (rc != 0) {
        free(t);
        return rc;
    }
    *ret_thread = t;
    return 0;
}

void os_thread_join(struct os_thread *t)
{
    int rc;

    if (t == NULL) {
        return;
    }
    rc = pthread_join(t->id, NULL);
    ASSERT(rc == 0);
    free(t);
}

/* --- locks --------------------------------------------------------------------------------------- */

struct os_lock {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
};

int os_lock_new(struct os_lock **ret_lock)
{
    struct os_lock *l = malloc(sizeof(*l));
    pthread_condattr_t attr;

    if (l == NULL) {
        return ERR_NOMEM;
    }
    if (pthread_condattr_init(&attr) != 0) {
        free(l);
        return ERR_NOMEM;
    }
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&l->cond, &attr);
    (void)pthread_condattr_destroy(&attr);
    (void)pthread_mutex_init(&l->mutex, NULL);
    *ret_lock = l;
    return 0;
}

void os_lock_free(struct os_lock *l)
{
    if (l == NULL) {
        return;
    }
    (void)pthread_cond_destroy(&l->cond);
    (void)pthread_mutex_destroy(&l->mutex);
    free(l);
}

void os_lock_take(struct os_lock *l)
{
    int rc = pthread_mutex_lock(&l->mutex);

    ASSERT(rc == 0);
}

void os_lock_drop(struct os_lock *l)
{
    int rc = pthread_mutex_unlock(&l->mutex);

    ASSERT(rc == 0);
}

void os_lock_wait(struct os_lock *l, int64_t timeout_ms)
{
    struct timespec until;

    if (timeout_ms < 0) {
        (void)pthread_cond_wait(&l->cond, &l->mutex);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(timeout_ms / 1000);
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_cond_timedwait(&l->cond, &l->mutex, &until);
}

void os_lock_wake(struct os_lock *l)
{
    (void)pthread_cond_broadcast(&l->cond);
}
