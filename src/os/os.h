/*
 * The only door to the kernel: time, randomness, files, directories, threads. Two link targets give
 * it: os_linux (this folder) and the simulator's os_sim. Every object hangs off a `struct os`, which
 * hangs off the broker, so that two brokers in one process and a whole cluster in one simulated thread
 * share nothing.
 *
 * Errors are negative enum err; errno never leaves this folder. Calls say whether they may block;
 * blocking ones are not made on a reactor.
 *
 * Threads: a `struct os` may be used from any thread; a file from any thread for positioned I/O.
 */
#ifndef OTTLA_OS_OS_H
#define OTTLA_OS_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/chain.h"
#include "base/err.h"
#include "base/slice.h"

struct os;

int os_new(struct os **ret_os) WARN_UNUSED;
void os_free(struct os *os); /* accepts NULL */

/* --- time and randomness --------------------------------------------------------------------- */

int64_t os_wall_ms(struct os *os);                          /* milliseconds since 1970, may jump */
int64_t os_mono_us(struct os *os);                          /* microseconds, never goes back */
void os_random(struct os *os, void *ret_bytes, size_t len); /* fit for secrets and ids */
uint64_t os_random_u64(struct os *os);

/* --- files: positioned I/O, no shared file position ------------------------------------------- */

enum os_open {
    OS_READ = 1,
    OS_WRITE = 2,  /* implies reading */
    OS_CREATE = 4, /* made when missing, mode 0644 */
    OS_EXCL = 8,   /* with OS_CREATE: ERR_EXISTS when it is there */
    OS_TRUNC = 16,
};

/* Embeds a refcounted file_ref, so that ranges of it can travel in chains. */
struct os_file;

int os_file_open(struct os *os, const char *path, unsigned flags,
                 struct os_file **ret_file) WARN_UNUSED;

/* Drops the opener's reference; the descriptor closes when the last chain part is gone too. NULL ok. */
void os_file_close(struct os_file *f);
struct file_ref *os_file_as_ref(struct os_file *f);
struct os_file *os_file_of_ref(struct file_ref *ref); /* and back */

/* Reads until len or the end of the file; *ret_len tells. Interrupted and short reads are continued. */
int os_file_pread(struct os_file *f, uint64_t pos, void *ret_bytes, size_t len,
                  size_t *ret_len) WARN_UNUSED;

/* The same, but never waits for the disk: ERR_AGAIN when not all of it is in memory,
 * ERR_UNSUPPORTED when the file system cannot tell. */
int os_file_pread_nowait(struct os_file *f, uint64_t pos, void *ret_bytes, size_t len,
                         size_t *ret_len) WARN_UNUSED;

/* Writes everything or fails; a failed write may have left part of the bytes behind. */
int os_file_pwrite(struct os_file *f, uint64_t pos, struct slice bytes) WARN_UNUSED;

/* Several slices one behind the other in as few calls as possible. */
int os_file_pwritev(struct os_file *f, uint64_t pos, const struct slice *bytes,
                    size_t cnt) WARN_UNUSED;

int os_file_datasync(struct os_file *f) WARN_UNUSED; /* blocks; fdatasync */
int os_file_sync(struct os_file *f) WARN_UNUSED;     /* blocks; fsync */
int os_file_size(struct os_file *f, uint64_t *ret_size) WARN_UNUSED;
int os_file_truncate(struct os_file *f, uint64_t size) WARN_UNUSED;

/* Allocates blocks for [pos, pos + len) without changing the size; ERR_UNSUPPORTED is harmless. */
int os_file_reserve(struct os_file *f, uint64_t pos, uint64_t len) WARN_UNUSED;

/* Asks the kernel to read a range into memory; may block: workers only. */
void os_file_readahead(struct os_file *f, uint64_t pos, uint64_t len);

/* Takes an exclusive lock that a second broker in this process, and any other process using fcntl
 * locks (a Kafka broker too), respects. ERR_BUSY when another holds it. Freed by closing. */
int os_file_lock(struct os_file *f) WARN_UNUSED;

/* --- directories and names -------------------------------------------------------------------- */

enum os_kind { OS_KIND_FILE, OS_KIND_DIR, OS_KIND_OTHER };

struct os_stat {
    enum os_kind kind;
    uint64_t size_bytes;
    int64_t mtime_ms;
    uint32_t uid;   /* the owner */
    char owner[64]; /* its name, or the number as text */
    bool writable;  /* by this process */
};

int os_stat(struct os *os, const char *path, struct os_stat *ret) WARN_UNUSED;
int os_mkdir(struct os *os, const char *path) WARN_UNUSED;  /* ERR_EXISTS when there */
int os_mkdirs(struct os *os, const char *path) WARN_UNUSED; /* with parents; fine when there */
int os_rename(struct os *os, const char *from, const char *to) WARN_UNUSED;
int os_unlink(struct os *os, const char *path) WARN_UNUSED;
int os_rmdir(struct os *os, const char *path) WARN_UNUSED;
int os_dir_sync(struct os *os, const char *path) WARN_UNUSED; /* blocks */
int os_fs_sync(struct os *os, const char *path) WARN_UNUSED;  /* blocks; the whole file system */

/* Calls `each` for every entry but . and .., in the order of their names. A non-zero return ends the
 * walk and is returned. */
int os_dir_list(struct os *os, const char *path,
                int (*each)(void *ctx, const char *name, enum os_kind kind), void *ctx) WARN_UNUSED;

/* Total and usable bytes of the file system that holds path. */
int os_fs_space(struct os *os, const char *path, uint64_t *ret_total,
                uint64_t *ret_usable) WARN_UNUSED;

/* The whole file, at most max bytes (ERR_LIMIT above), freed by the caller with free(). */
int os_file_read_all(struct os *os, const char *path, size_t max, uint8_t **ret_bytes,
                     size_t *ret_len) WARN_UNUSED;

/* Replaces a file so that a crash leaves the old or the new content whole: writes path + ".tmp",
 * fsync, rename, fsync of the directory. Blocks. */
int os_file_replace(struct os *os, const char *path, struct slice bytes) WARN_UNUSED;

/* --- process ----------------------------------------------------------------------------------- */

unsigned os_cpu_cnt(struct os *os);
void os_hostname(struct os *os, char *ret_name, size_t cap);
uint32_t os_uid(struct os *os);
const char *os_user(struct os *os, char *ret_name, size_t cap); /* this process's user */
/* The limit of open descriptors of this process (raised to the hard limit at os_new()). */
uint64_t os_fd_limit(struct os *os);
/* No program started by this process gets the descriptor: for those that a library opened without
 * O_CLOEXEC. */
int os_fd_close_on_exec(struct os *os, int fd) WARN_UNUSED;

/* Signals are for a program's main thread only; a broker inside another program touches none.
 * os_signals_hold() blocks SIGTERM, SIGINT and SIGHUP for this thread and all it starts;
 * os_signal_wait() then waits for one of them and returns its number. os_signal_raise() ends such a
 * wait from another thread of the same process. */
void os_signals_hold(struct os *os);
int os_signal_wait(struct os *os);
void os_signal_raise(struct os *os);

/* Leaves the terminal: this process goes on in a session of its own with its output in `log_path`
 * (appended to). The parent waits until os_daemon_ready() or the end of this process, says in a line on
 * the terminal how it went and where the log is, and exits with 0 or 1. Before any thread is started. */
int os_daemonize(struct os *os, const char *log_path, int *ret_ready_fd) WARN_UNUSED;
void os_daemon_ready(struct os *os, int ready_fd);

/* Writes to standard output (1) or standard error (2), whole. */
void os_print(struct os *os, int fd, struct slice text);
bool os_is_terminal(struct os *os, int fd);

/* A wall time as local text, "2026-11-23 19:08:54.123". */
#define OS_TIME_TEXT_LEN 32
void os_time_text(struct os *os, int64_t wall_ms, char ret_text[OS_TIME_TEXT_LEN]);

/* --- threads and locks: workers are made of these; core never sees them ------------------------- */

struct os_thread;
struct os_lock; /* a mutex with one condition */

/* The thread blocks all signals. */
int os_thread_start(struct os *os, const char *name, void (*run)(void *arg), void *arg,
                    struct os_thread **ret_thread) WARN_UNUSED;
void os_thread_join(struct os_thread *t); /* frees it; accepts NULL */

int os_lock_new(struct os_lock **ret_lock) WARN_UNUSED;
void os_lock_free(struct os_lock *l);
void os_lock_take(struct os_lock *l);
void os_lock_drop(struct os_lock *l);
void os_lock_wait(struct os_lock *l, int64_t timeout_ms); /* holding it; -1 waits for ever */
void os_lock_wake(struct os_lock *l);                     /* all who wait */

#endif
