#include "os/fault.h"

#include "base/assert.h"
#include "os/os_impl.h"

void os_fault_plan_init(struct os_fault_plan *p)
{
    atomic_init(&p->armed, false);
    for (int i = 0; i < OS_FAULT_KIND_CNT; i++) {
        atomic_init(&p->kinds[i].countdown, 0);
        atomic_init(&p->kinds[i].err, 0);
    }
}

void os_fault_set(struct os *os, enum os_fault_kind kind, long countdown, int err)
{
    struct os_fault *f = &os->faults.kinds[kind];

    ASSERT(err <= 0);
    atomic_store(&f->countdown, 0);
    atomic_store(&f->err, err);
    atomic_store(&f->countdown, countdown);
    atomic_store(&os->faults.armed, true);
}

bool os_fault_is_over(struct os *os, enum os_fault_kind kind)
{
    return atomic_load(&os->faults.kinds[kind].countdown) == 0;
}

bool os_fault_strike(struct os_fault_plan *p, enum os_fault_kind kind, int *ret_err)
{
    struct os_fault *f = &p->kinds[kind];
    long left = atomic_load(&f->countdown);
    bool strikes;
    long next;

    do {
        if (left == 0) {
            return false;
        }
        strikes = left == 1 || left == -1;
        next = left > 0 ? left - 1 : left < -1 ? left + 1 : left;
    } while (!atomic_compare_exchange_weak(&f->countdown, &left, next));
    if (strikes) {
        *ret_err = atomic_load(&f->err);
    }
    return strikes;
}
