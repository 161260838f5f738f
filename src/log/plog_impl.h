/*
 * What the files that make up struct plog share: plog.c (life, marks), plog_append.c, plog_read.c,
 * plog_time.c (look-ups by time), plog_recover.c, plog_cut.c (truncation, retention). For this folder.
 *
 * Who may touch what:
 *     A     the partition's actor, one thread at a time
 *     lock  under plog.lock, a lock held for a few instructions only; the actor writes, all read
 *     dir   under the directory's lock
 */
#ifndef OTTLA_LOG_PLOG_IMPL_H
#define OTTLA_LOG_PLOG_IMPL_H

#include "base/ref.h"
#include "base/seq.h"
#include "log/log_dir_impl.h"
#include "log/names.h"
#include "log/plog.h"
#include "log/segment.h"

struct epoch_entry {
    leader_epoch_t epoch;
    log_offset_t start;
};

/* Immutable once published. */
struct epochs {
    struct ref ref;
    size_t cnt;
    struct epoch_entry entries[];
};

/* What readers see: immutable, replaced as a whole. Segments in the order of their bases. */
struct plog_view {
    struct ref ref;
    uint32_t cut; /* truncations so far */
    struct epochs *epochs;
    size_t cnt;
    struct segment *segs[];
};

struct plog {
    struct ref ref;
    struct log_dir *dir;
    char *folder; /* its path; dir/<topic>-<partition> */
    char *topic;
    size_t topic_len;
    partition_id_t partition;
    struct uuid topic_id;

    struct os_lock *lock;
    struct plog_view *view; /* lock; never NULL */
    struct seq seq;         /* the marks, for all; written by the actor under the lock */
    struct flag removed;
    struct flag faulty;

    /* A */
    struct plog_cfg cfg;
    struct plog_marks m;
    bool lso_is_own;
    bool has_folder;
    bool is_touched; /* the active segment's indexes are newer in memory than in their files */
    uint64_t reserved_to;
    uint32_t bytes_since_index; /* in the active segment */
    int64_t jitter_ms;
    int64_t unflushed_cnt;
    bool epochs_unsaved; /* dir lock */

    /* dir */
    struct plog_callbacks cb;
    struct plog *dir_prev; /* the directory's list of open logs */
    struct plog *dir_next;
    bool is_closed;
    size_t lazy_cnt;           /* segments of ours in the lazy list */
    log_offset_t checkpointed; /* the recovery point in the file; 0: none */
    struct log_pos synced;     /* everything below is on disk */
    uint32_t synced_cut;
    struct reactor_task released_task;
};

struct os *plog_os(const struct plog *l);
struct log_files *plog_files(struct plog *l);

/* --- plog.c ------------------------------------------------------------------------------------ */

/* An object with an empty view, not known to the directory yet. */
int plog_make(struct log_dir *dir, struct slice topic, partition_id_t partition,
              struct uuid topic_id, const struct plog_cfg *cfg, const struct plog_callbacks *cb,
              struct plog **ret_log) WARN_UNUSED;

/* The active segment, or NULL. A. */
struct segment *plog_active(struct plog *l);

/* Publishes l->m; the caller holds the lock. */
void plog_publish_marks(struct plog *l);

/* A reference to the view with the marks that belong to it. */
struct plog_view *plog_view_get(struct plog *l, struct plog_marks *ret_marks);
void plog_view_unref(struct plog_view *v);

/* A view of the same partition with other segments (each gets a reference) and epochs (takes the
 * caller's reference). NULL: no memory, the reference on epochs stays the caller's. */
struct plog_view *plog_view_new(struct segment *const *segs, size_t cnt, struct epochs *epochs,
                                uint32_t cut);

/* Swaps the view (takes the reference) and publishes l->m together. A. */
void plog_view_set(struct plog *l, struct plog_view *v);

/* ERR_OFFLINE, ERR_CORRUPT, ERR_STOPPED, or 0. */
int plog_check_writable(const struct plog *l) WARN_UNUSED;

/* A new, empty active segment at `base`; folder and files are made. A. */
int plog_segment_add(struct plog *l, log_offset_t base) WARN_UNUSED;

/* Closes the active segment's indexes: last time entry, index files, reserved space given back. */
int plog_segment_seal(struct plog *l, struct segment *s) WARN_UNUSED;

/* The epoch begins at `start`, newer than all others. A. */
int plog_epoch_begin_at(struct plog *l, leader_epoch_t epoch, log_offset_t start) WARN_UNUSED;

/* Takes the directory offline with a sentence about this file; gives ERR_IO. */
int plog_fail(struct plog *l, const char *what, const char *path, int err) WARN_UNUSED;

/* --- epochs.c ---------------------------------------------------------------------------------- */

struct epochs *epochs_new(const struct epoch_entry *entries, size_t cnt);
struct epochs *epochs_ref(struct epochs *e);
void epochs_unref(struct epochs *e);

/* A copy with one more entry, or without those at or above `end`, or with those below `start` folded
 * into one that begins there. NULL: no memory. */
struct epochs *epochs_with(const struct epochs *e, leader_epoch_t epoch, log_offset_t start);
struct epochs *epochs_cut(const struct epochs *e, log_offset_t start, log_offset_t end);

/* Reads the checkpoint of a folder; a missing or unreadable one gives no entries. ERR_NOMEM. */
int epochs_load(struct os *os, const char *folder, struct epochs **ret) WARN_UNUSED;

/* Blocks. */
int epochs_save(struct os *os, const char *folder, const struct epochs *e) WARN_UNUSED;

/* --- plog_cut.c -------------------------------------------------------------------------------- */

/* Cuts the log back to where it ended before an append that failed with `err`; gives the error the
 * caller returns. A. */
int plog_append_undo(struct plog *l, const struct plog_marks *before, int err) WARN_UNUSED;

/* Takes the first `cnt` segments out of the view and has their files deleted after the delay. A. */
int plog_drop_front(struct plog *l, size_t cnt, int64_t delay_ms) WARN_UNUSED;

/* --- plog_recover.c ---------------------------------------------------------------------------- */

int plog_recover(struct plog *l, log_offset_t recovery_point, log_offset_t start, log_offset_t hw,
                 bool is_clean, struct plog_recovery *ret) WARN_UNUSED;

#endif
