/*
 * The open segment files of a directory: opened when someone needs them, closed again when others
 * were needed more recently and the number is at its limit. The dirty set holds references of its own,
 * so a file with unsynced bytes is closed only after its sync.
 *
 * Threads: any; one lock, held for pointer work only, never over a system call.
 */
#ifndef OTTLA_LOG_LOG_FILES_H
#define OTTLA_LOG_LOG_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "os/os.h"

/* Embedded in a segment; zero-initialised. Belongs to the cache's lock. */
struct log_file {
    struct os_file *file; /* NULL: not open */
    struct log_file *prev;
    struct log_file *next;
    unsigned drop_cnt; /* what was opened before the last drop may be another inode */
    bool has_escaped;  /* somebody may hold a descriptor that the cache no longer knows */
};

struct log_files {
    struct os *os;
    struct os_lock *lock;
    struct log_file *newest;
    struct log_file *oldest;
    size_t cnt;
    size_t max;
};

int log_files_init(struct log_files *fs, struct os *os, size_t max) WARN_UNUSED;
void log_files_release(struct log_files *fs); /* every file has been dropped */

/* The file, opened by `path` where it is not open, with a reference of the caller's on it, to be given
 * back with log_file_put(). Errors are those of os_file_open(). */
int log_files_get(struct log_files *fs, struct log_file *lf, const char *path,
                  struct os_file **ret_file) WARN_UNUSED;
void log_file_put(struct os_file *f); /* accepts NULL */

/* Takes an open file in: the caller's reference becomes the cache's. */
void log_files_adopt(struct log_files *fs, struct log_file *lf, struct os_file *f);

/* Forgets the file; whoever holds a reference keeps it. Who opens it at this moment opens it again: the
 * name may mean another file from now on. */
void log_files_drop(struct log_files *fs, struct log_file *lf);

/* True when somebody besides the caller, who holds `f`, may have this file open. */
bool log_files_is_shared(struct log_files *fs, const struct log_file *lf, struct os_file *f);

size_t log_files_cnt(struct log_files *fs);

#endif
