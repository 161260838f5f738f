/*
 * One segment: a .log file with its indexes, named by its base offset. Closed segments never change,
 * the newest one only grows. Segments are shared by the views of their partition, the dirty set, and
 * whoever reads; the last one to let go frees the object. The files are removed by others.
 *
 * Threads: `size_bytes`, `index`, `window` and the timestamps are written by the partition's actor and read by
 * others under the partition's lock; `dirty_*` belongs to the directory's lock, `file` to the cache.
 */
#ifndef OTTLA_LOG_SEGMENT_H
#define OTTLA_LOG_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ref.h"
#include "log/entry.h"
#include "log/log_files.h"
#include "log/log_pos.h"
#include "log/seg_index.h"
#include "model/ids.h"
#include "os/os.h"

struct plog;

enum segment_dirt {
    SEGMENT_CLEAN,
    SEGMENT_LAZY, /* synced when its topic's flush.ms is over, or at a checkpoint */
    SEGMENT_DUE,  /* in the set of the next round */
};

struct segment {
    struct ref ref;
    struct plog *log; /* outlives the segment: holders keep the partition, too */
    log_offset_t base;
    uint64_t size_bytes; /* what is in the file */
    timestamp_ms_t max_timestamp;
    log_offset_t max_timestamp_offset; /* the last one of the batch that has it */
    timestamp_ms_t first_timestamp;    /* the first batch's, TIMESTAMP_NONE: unknown */
    int64_t created_ms;
    struct seg_index index;
    struct index_window *window; /* of the index file, where it was last looked at; NULL: nowhere */

    bool needs_index; /* recovery: made anew, not written yet */

    struct log_file file;

    enum segment_dirt dirt;
    struct segment *dirty_prev;
    struct segment *dirty_next;
    struct os_file *dirty_file; /* a reference */
    struct log_pos dirty_pos;
    uint32_t dirty_cut;
    bool names_unsynced;           /* the file's name is not known to be on disk */
    struct segment *unsealed_next; /* closed, its indexes not synced yet */
    bool is_unsealed;
};

struct segment *segment_new(struct plog *l, log_offset_t base);
struct segment *segment_ref(struct segment *s);
void segment_unref(struct segment *s); /* accepts NULL */

/* The open log file, with a reference of the caller's: log_file_put(). */
int segment_file(struct segment *s, struct os_file **ret_file) WARN_UNUSED;

/* Walks the heads of entries in [pos, end) of a file, reading ahead a little. */
#define ENTRY_WALK_BYTES 4096u

struct entry_walk {
    struct os_file *file;
    uint64_t pos; /* of the next entry */
    uint64_t end;
    uint64_t buf_pos;
    size_t buf_len;
    uint8_t buf[ENTRY_WALK_BYTES];
};

void entry_walk_init(struct entry_walk *w, struct os_file *f, uint64_t pos, uint64_t end);

/* The entry at w->pos; w->pos moves behind it, *ret_pos is where it begins. ERR_NOT_FOUND: the end.
 * ERR_TRUNCATED: it does not end before `end`; ERR_INVALID: no entry. Then w->pos stays. */
int entry_walk_next(struct entry_walk *w, struct entry *ret, uint64_t *ret_pos) WARN_UNUSED;

/* The first entry with last ≥ offset in [0, end) of the segment. ERR_NOT_FOUND: there is none, the
 * log goes on in the next segment. ERR_INVALID, ERR_TRUNCATED: the file is damaged on the way. */
int segment_find(struct segment *s, struct os_file *f, uint64_t end, log_offset_t offset,
                 struct entry *ret, uint64_t *ret_pos) WARN_UNUSED;

/* Writes the index files as far as they are in memory; the partition's actor. */
int segment_write_index(struct segment *s) WARN_UNUSED;

#endif
