/*
 * The kernel's side of os.h that is neither file nor thread: life, clocks, randomness, the process,
 * and the table from errno to our errors.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "os/os_impl.h"

/* Enough for any sane line of the user database; a longer one shows as its number. */
#define PASSWD_BUF_BYTES 4096u

int os_err(int errnum)
{
    switch (errnum) {
    case 0:
        return 0;
    case ENOMEM:
    case ENOBUFS:
        return ERR_NOMEM;
    case ENOENT:
        return ERR_NOT_FOUND;
    case EEXIST:
        return ERR_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERR_ACCESS;
    case EBUSY:
    case ETXTBSY:
        return ERR_BUSY;
    case ENOSPC:
    case EDQUOT:
        return ERR_NOSPACE;
    case EAGAIN:
    case EINPROGRESS:
    case EALREADY:
        return ERR_AGAIN;
    case EPIPE:
    case ECONNRESET:
    case ECONNABORTED:
    case ENOTCONN:
    case ESHUTDOWN:
        return ERR_CLOSED;
    case ECONNREFUSED:
        return ERR_REFUSED;
    case ETIMEDOUT:
        return ERR_TIMEOUT;
    case EOPNOTSUPP:
    case ENOSYS:
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
        return ERR_UNSUPPORTED;
    case ENOTEMPTY:
        return ERR_NOT_EMPTY;
    case EADDRINUSE:
        return ERR_ADDR_IN_USE;
    case EMFILE:
    case ENFILE:
        return ERR_MFILE;
    case ENOTDIR:
        return ERR_NOT_DIR;
    case EINVAL:
    case ENAMETOOLONG:
    case ELOOP:
    case EISDIR:
        return ERR_INVALID;
    case EFBIG:
        return ERR_LIMIT;
    case EOVERFLOW:
    case ERANGE:
        return ERR_RANGE;
    default:
        return ERR_IO;
    }
}

void *os_alloc(struct os *os, size_t len)
{
    if (os_fault_check(&os->faults, OS_FAULT_ALLOC) != 0) {
        return NULL;
    }
    return malloc(len);
}

/* --- life ---------------------------------------------------------------------------------------- */

/* A broker holds a descriptor per segment and connection: the soft limit's 1,024 are for programs
 * that use select(). */
static uint64_t fd_limit_raise(void)
{
    struct rlimit lim;

    if (getrlimit(RLIMIT_NOFILE, &lim) != 0) {
        return 1024;
    }
    if (lim.rlim_cur < lim.rlim_max) {
        struct rlimit raised = {.rlim_cur = lim.rlim_max, .rlim_max = lim.rlim_max};

        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) {
            lim = raised;
        }
    }
    return lim.rlim_cur;
}

int os_new(struct os **ret_os)
{
    struct os *os = calloc(1, sizeof(*os));

    if (os == NULL) {
        return ERR_NOMEM;
    }
    os_fault_plan_init(&os->faults);
    os->fd_limit = fd_limit_raise();
    *ret_os = os;
    return 0;
}

void os_free(struct os *os)
{
    free(os);
}

/* --- time and randomness ------------------------------------------------------------------------- */

int64_t os_wall_ms(struct os *os)
{
    struct timespec ts;

    (void)os;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t os_mono_us(struct os *os)
{
    struct timespec ts;

    (void)os;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void os_random(struct os *os, void *ret_bytes, size_t len)
{
    uint8_t *p = ret_bytes;

    (void)os;
    while (len > 0) {
        ssize_t got = getrandom(p, len, 0);

        if (got < 0) {
            /* Blocking getrandom() can only be interrupted on a kernel that has it at all. */
            ASSERT(errno == EINTR);
            continue;
        }
        p += got;
        len -= (size_t)got;
    }
}

uint64_t os_random_u64(struct os *os)
{
    uint64_t v;

    os_random(os, &v, sizeof(v));
    return v;
}

/* --- process ------------------------------------------------------------------------------------- */

unsigned os_cpu_cnt(struct os *os)
{
    cpu_set_t set;
    long cnt;

    (void)os;
    if (sched_getaffinity(0, sizeof(set), &set) == 0) {
        return (unsigned)CPU_COUNT(&set);
    }
    cnt = sysconf(_SC_NPROCESSORS_ONLN);
    return cnt < 1 ? 1 : (unsigned)cnt;
}

void os_hostname(struct os *os, char *ret_name, size_t cap)
{
    (void)os;
    if (cap == 0) {
        return;
    }
    if (gethostname(ret_name, cap) != 0) {
        snprintf(ret_name, cap, "localhost");
    }
    ret_name[cap - 1] = '\0';
}

uint32_t os_uid(struct os *os)
{
    (void)os;
    return (uint32_t)geteuid();
}

const char *os_uid_name(uint32_t uid, char *ret_name, size_t cap)
{
    char buf[PASSWD_BUF_BYTES];
    struct passwd pw;
    struct passwd *found = NULL;

    if (getpwuid_r(uid, &pw, buf, sizeof(buf), &found) == 0 && found != NULL) {
        snprintf(ret_name, cap, "%s", pw.pw_name);
    } else {
        snprintf(ret_name, cap, "%u", (unsigned)uid);
    }
    return ret_name;
}

const char *os_user(struct os *os, char *ret_name, size_t cap)
{
    return os_uid_name(os_uid(os), ret_name, cap);
}

uint64_t os_fd_limit(struct os *os)
{
    return os->fd_limit;
}

int os_fd_close_on_exec(struct os *os, int fd)
{
    (void)os; /* the descriptor is the process's */
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? 0 : os_err(errno);
}
