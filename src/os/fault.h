/*
 * Faults on command: the n-th call of a kind fails, so that every error path can be walked by a test.
 * The plan hangs off a `struct os`; without one the cost is a branch that is never taken.
 *
 * Threads: set and looked at from any thread.
 */
#ifndef OTTLA_OS_FAULT_H
#define OTTLA_OS_FAULT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"
#include "os/os.h"

enum os_fault_kind {
    OS_FAULT_OPEN,
    OS_FAULT_PREAD,       /* the waiting and the not waiting kind */
    OS_FAULT_PWRITE,      /* nothing is written */
    OS_FAULT_SHORT_WRITE, /* half is written: with err 0 the rest follows, else the call fails */
    OS_FAULT_SYNC,        /* of a file: data or all */
    OS_FAULT_DIR_SYNC,
    OS_FAULT_FS_SYNC,
    OS_FAULT_TRUNCATE,
    OS_FAULT_RESERVE,
    OS_FAULT_STAT, /* size and stat */
    OS_FAULT_MKDIR,
    OS_FAULT_RENAME,
    OS_FAULT_UNLINK, /* files and directories */
    OS_FAULT_LIST,
    OS_FAULT_ALLOC,   /* the memory this folder takes for files, threads, connections */
    OS_FAULT_THREAD,  /* the start of one */
    OS_FAULT_CONNECT, /* of a client connection, per address */
    OS_FAULT_KIND_CNT,
};

struct os_fault {
    atomic_long countdown; /* 0: off; n: the n-th call from now; -n: that one and all after it */
    atomic_int err;
};

struct os_fault_plan {
    atomic_bool armed; /* some kind was set */
    struct os_fault kinds[OS_FAULT_KIND_CNT];
};

/* The countdown-th call of this kind from now on (1: the next) gives `err`, once. A negative
 * countdown: that call and every one after it. 0 takes the fault back. */
void os_fault_set(struct os *os, enum os_fault_kind kind, long countdown, int err);

/* True when a fault that was set with a positive countdown has struck, or none was set. */
bool os_fault_is_over(struct os *os, enum os_fault_kind kind);

/* --- for this folder --------------------------------------------------------------------------- */

void os_fault_plan_init(struct os_fault_plan *p);

/* True when this call is the one; *ret_err is what it shall give. */
bool os_fault_strike(struct os_fault_plan *p, enum os_fault_kind kind, int *ret_err);

/* 0, or the error that this call shall give. */
static inline int os_fault_check(struct os_fault_plan *p, enum os_fault_kind kind)
{
    int err = 0;

    if (__builtin_expect(atomic_load_explicit(&p->armed, memory_order_relaxed), 0) &&
        os_fault_strike(p, kind, &err)) {
        return err;
    }
    return 0;
}

#endif
