/*
 * What the files that make up struct log_dir share: dir_open.c (finding, locking, identity),
 * checkpoints.c (the offset checkpoints), commit.c (the dirty set and rounds), trash.c (deletion in
 * the background), log_dir.c (timers, getters, close). For this folder only.
 *
 * Locks, in the order they are taken: checkpoint_lock (held while checkpoint files are written; by
 * workers), parts_lock (the map of partitions), a plog's lock, lock (dirty set, timers, trash).
 */
#ifndef OTTLA_LOG_LOG_DIR_IMPL_H
#define OTTLA_LOG_LOG_DIR_IMPL_H

#include "base/map.h"
#include "base/ref.h"
#include "log/log_dir.h"
#include "log/log_files.h"
#include "log/names.h"
#include "log/text_files.h"
#include "model/limits.h"

#define COMMIT_IDLE_MS 10
#define NO_FDS_TELL_MS 1000
#define COMMIT_PAUSE_MS_MAX 5
#define COMMIT_LARGE_FILES 4
#define COMMIT_JOBS_MAX 4
#define CHECKPOINT_MS 60000
#define FILES_MAX_DEFAULT 1000
#define PARTITIONS_PER_DIR_MAX 4000000
#define MARKER_CLEAN ".kafka_cleanshutdown"

struct plog;
struct segment;

enum commit_state { COMMIT_IDLE, COMMIT_RUNNING, COMMIT_PAUSING };

/* A partition the directory knows: found at start, or open. */
struct log_dir_part {
    char *topic;
    size_t topic_len;
    partition_id_t partition;
    struct uuid topic_id;
    log_offset_t recovery_point; /* as the checkpoints said at start */
    log_offset_t hw;
    log_offset_t start;
    bool was_found;      /* a folder was there at start */
    bool needs_recovery; /* was_found, not opened yet, and the last stop was not clean */
    bool is_faulty;
    struct plog *log; /* when open */
};

struct segment_list {
    struct segment *head;
    struct segment *tail;
    size_t cnt;
};

/* Something to delete: files of segments, or a folder with what is in it. */
struct trash {
    struct trash *next;
    int64_t due_ms;
    bool is_folder;
    char path[]; /* without the suffix: see trash.c */
};

struct log_dir {
    struct ref ref; /* the opener's, and one of each log */
    struct os *os;
    char *path;
    struct log_dir_options opt;
    struct os_file *lock_file;
    struct meta_properties meta;
    bool was_clean;
    struct flag offline;
    struct flag changed; /* something a checkpoint would say differently */
    struct log_files files;

    struct os_lock *parts_lock;
    struct map parts; /* "topic-partition" → struct log_dir_part */

    struct os_lock *checkpoint_lock;

    struct os_lock *lock;
    struct segment_list due;
    struct segment_list lazy;
    struct segment *unsealed; /* closed segments whose indexes are to be synced */
    enum commit_state state;
    int64_t no_fds_tell_ms; /* the reactor's */
    bool someone_waits;
    int64_t due_at_ms;  /* when a round starts that nobody waits for */
    int64_t lazy_at_ms; /* when the lazy set joins the due one */
    int64_t pause_end_ms;
    int64_t checkpoint_at_ms;
    bool checkpoint_runs;
    struct trash *trash;
    bool trash_runs;
    int64_t timer_at_ms; /* what the timer is set to; INT64_MAX: not set */
    bool tick_posted;
    bool is_closing;
    size_t jobs_out; /* worker jobs that have not called back */
    struct log_dir_stats stats;
    char *why_offline; /* until it was told */

    struct worker_job checkpoint_job;
    int checkpoint_rc;

    struct reactor_task tick_task;
    struct reactor_timer timer;

    /* closing; the reactor's */
    bool close_clean;
    int close_rc;
    void (*closed)(void *ctx, int rc);
    void *closed_ctx;
    struct worker_job close_job;
    bool close_submitted;
};

/* --- log_dir.c --------------------------------------------------------------------------------- */

int64_t log_dir_now_ms(struct log_dir *d);

/* Under the lock: has the reactor look at the timers no later than at_ms. */
void log_dir_wake_at(struct log_dir *d, int64_t at_ms);

/* The entry of a partition, or NULL. Under parts_lock. */
struct log_dir_part *log_dir_part_get(struct log_dir *d, struct slice topic,
                                      partition_id_t partition);

/* A new entry. Under parts_lock. */
int log_dir_part_add(struct log_dir *d, struct slice topic, partition_id_t partition,
                     struct log_dir_part **ret_part) WARN_UNUSED;

/* Renames a partition's folder to one that says it is to be deleted, and has that done. */
int log_dir_rename_away(struct log_dir *d, const char *folder, struct slice topic,
                        partition_id_t partition, bool is_trash) WARN_UNUSED;

/* The timer and its task; before anything may become due. */
void log_dir_clock_init(struct log_dir *d);

/* Ties a log to its entry, making one where it is missing. ERR_EXISTS when it is open already. */
int log_dir_attach(struct log_dir *d, struct plog *l, bool is_new) WARN_UNUSED;

/* Unties it; `forget`: the entry goes, too. */
void log_dir_detach(struct log_dir *d, struct plog *l, bool forget);

/* After something changed that checkpoints tell. Any thread. */
void log_dir_changed(struct log_dir *d);

/* A job begins or ends: close waits for those that are out. Under the lock. */
void log_dir_job_begin(struct log_dir *d);
void log_dir_job_end(struct log_dir *d);

/* The reactor looks after everything that is due. */
void log_dir_tick(struct log_dir *d);

/* --- dir_open.c -------------------------------------------------------------------------------- */

/* Takes the entry's memory back. */
void log_dir_part_free(struct log_dir_part *p);

/* Gives back the lock, the logs and the opener's reference. What is left goes with the last log. */
void log_dir_free(struct log_dir *d);

struct log_dir *log_dir_ref(struct log_dir *d);
void log_dir_unref(struct log_dir *d);

/* --- commit.c ---------------------------------------------------------------------------------- */

/* The bytes of `s` up to `pos` are in the page cache of `f`. `flush_ms`: when they shall be synced at the
 * latest; 0: with the next round. Any thread (the partition's actor). */
void commit_mark(struct log_dir *d, struct segment *s, struct os_file *f, const struct log_pos *pos,
                 uint32_t cut, int64_t flush_ms);

/* Takes a segment out of the dirty set, if it is there and no round has it. */
void commit_forget(struct log_dir *d, struct segment *s);

/* Starts a round where one is due. `d->lock` is held, and dropped on return. */
void commit_start_and_drop(struct log_dir *d);

/* The lazy set joins the next round. Under the lock. */
void commit_lazy_due(struct log_dir *d);

/* Syncs everything dirty, here and now. On a worker, at close, when nobody else is left. */
int commit_all(struct log_dir *d) WARN_UNUSED;

/* Drops the dirty set. At close. */
void commit_drop_all(struct log_dir *d);

/* --- checkpoints.c ----------------------------------------------------------------------------- */

/* Reads the checkpoint files into the entries of the partitions. Damaged ones are passed over. */
int checkpoints_load(struct log_dir *d) WARN_UNUSED;

/* Syncs indexes and epochs of what was closed since, then writes the files. Blocks; a worker. */
int checkpoints_write(struct log_dir *d) WARN_UNUSED;

/* The same with checkpoint_lock held. */
int checkpoints_write_locked(struct log_dir *d) WARN_UNUSED;

/* Starts it in the background. On the reactor. */
void checkpoints_start(struct log_dir *d);

/* A closed segment whose indexes are written but not synced. Takes a reference of its own. */
void checkpoints_unsealed(struct log_dir *d, struct segment *s);

/* --- trash.c ----------------------------------------------------------------------------------- */

/* Deletes later: the .deleted files of a segment, or a folder. Best effort; what is left when the
 * broker stops is deleted at the next start. */
void trash_segment(struct log_dir *d, const char *folder, log_offset_t base, int64_t delay_ms);
void trash_folder(struct log_dir *d, const char *path);

/* Submits what is due. On the reactor. */
void trash_start_due(struct log_dir *d, int64_t now_ms);
void trash_free_all(struct log_dir *d);

#endif
