/*
 * What the Linux side of os/ shares among its own files; nobody else includes this.
 */
#ifndef OTTLA_OS_OS_IMPL_H
#define OTTLA_OS_OS_IMPL_H

#include "os/fault.h"
#include "os/os.h"

struct os {
    struct os_fault_plan faults;
    uint64_t fd_limit;
};

/* The one place where the kernel's numbers become ours. Negative for every errno, 0 for 0. */
int os_err(int errnum);

/* A user's name, or the number as text. */
const char *os_uid_name(uint32_t uid, char *ret_name, size_t cap);

/* malloc() with a fault point. */
void *os_alloc(struct os *os, size_t len);

#endif
