/*
 * The two indexes of a segment: offset → file position, and largest timestamp so far → offset. New
 * entries stay in memory and are written behind the file's ones when the segment rolls, at a clean
 * stop, and when there are many.
 *
 * An index is a hint: whoever uses an entry looks at the log file whether a batch begins there.
 *
 * Threads: the owner (the partition's actor) adds and writes; a reader looks up under the partition's
 * lock what is in memory, and without it what is in the files. The functions say which they need.
 */
#ifndef OTTLA_LOG_SEG_INDEX_H
#define OTTLA_LOG_SEG_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/ids.h"
#include "os/os.h"

#define OFFSET_ENTRY_LEN 8u
#define TIME_ENTRY_LEN 12u

struct offset_entry {
    uint32_t rel_offset; /* the last offset of the batch, minus the segment's base */
    uint32_t pos;
};

struct time_entry {
    timestamp_ms_t timestamp;
    uint32_t rel_offset;
};

/* Zero-initialised: empty, no files. */
struct seg_index {
    struct offset_entry *offsets; /* in memory, behind those of the file */
    uint32_t offset_cnt;
    uint32_t offset_cap;
    uint32_t offset_file_cnt; /* good entries at the front of the file */
    struct time_entry *times;
    uint32_t time_cnt;
    uint32_t time_cap;
    uint32_t time_file_cnt;
    timestamp_ms_t time_last; /* the last entry's; TIMESTAMP_NONE when there is none */
    bool is_on_disk;          /* the files exist */
};

void seg_index_init(struct seg_index *x);
void seg_index_release(struct seg_index *x);

/* Owner, under the lock (room is made beforehand without it: seg_index_prepare). */
int seg_index_prepare(struct seg_index *x)
    WARN_UNUSED; /* room for one more of each; owner, locked */
void seg_index_add(struct seg_index *x, struct offset_entry e);

/* Adds only what is later than the last one. */
void seg_index_add_time(struct seg_index *x, struct time_entry e);

/* All entries of the offset index, in bytes. */
uint64_t seg_index_bytes(const struct seg_index *x);

/* Look-ups in memory, under the lock: the last entry not above the target. False: none is. */
bool seg_index_find(const struct seg_index *x, uint32_t rel_offset, struct offset_entry *ret);
bool seg_index_find_time(const struct seg_index *x, timestamp_ms_t t, struct time_entry *ret);

/* A few entries of an index file in a row, kept after a look-up: who reads on finds the next places here
 * and not in the file. */
#define INDEX_WINDOW_CNT 64u

struct index_window {
    uint32_t first; /* of the file's entries */
    uint32_t cnt;
    struct offset_entry entries[INDEX_WINDOW_CNT];
};

/* Fills the window from a file with `file_cnt` good entries, beginning with the last one not above
 * rel_offset; without the lock. ERR_NOT_FOUND: none is. */
int index_window_read(struct os_file *f, uint32_t file_cnt, uint32_t rel_offset,
                      struct index_window *ret) WARN_UNUSED;

/* The last entry not above the target, if the window is sure to have it. */
bool index_window_find(const struct index_window *w, uint32_t file_cnt, uint32_t rel_offset,
                       struct offset_entry *ret);

/* The same in a file with `cnt` good entries, by reading; without the lock. ERR_NOT_FOUND: none is. */
int seg_index_find_in_file(struct os_file *f, uint32_t cnt, uint32_t rel_offset,
                           struct offset_entry *ret) WARN_UNUSED;
int seg_index_find_time_in_file(struct os_file *f, uint32_t cnt, timestamp_ms_t t,
                                struct time_entry *ret) WARN_UNUSED;

/* How many entries at the front of an index file are good: growing, none beyond the segment. Zeros
 * behind them (an index that was allocated in full and not trimmed) are left out. *ret_is_exact: the
 * file has nothing else. Any file, however damaged, gives a count. */
int seg_index_check_file(struct os_file *f, uint64_t log_bytes, uint32_t *ret_cnt,
                         bool *ret_is_exact) WARN_UNUSED;
int seg_index_check_time_file(struct os_file *f, uint32_t *ret_cnt, timestamp_ms_t *ret_last,
                              bool *ret_is_exact) WARN_UNUSED;

/* Writes what is in memory into the two files, behind their good entries, and cuts them there. Owner,
 * not locked; afterwards seg_index_forget_written() under the lock. */
int seg_index_write(const struct seg_index *x, struct os_file *offsets,
                    struct os_file *times) WARN_UNUSED;
void seg_index_forget_written(struct seg_index *x);

#endif
