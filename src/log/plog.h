/*
 * One partition's log on disk: segments, their indexes, leader epochs; append, read, truncate, retain.
 *
 * Threads. All changing calls (marked A) are made by one thread at a time: whoever runs the
 * partition's actor. Reading calls (marked R) may be made by any thread at the same time; they work
 * on a reference-counted immutable view. Calls marked B may block on the disk for long and belong on
 * a worker. An append writes into the page cache and does not wait for the disk.
 *
 * Appended is not durable: what plog_append() returned is in the page cache. A commit round of the
 * directory (log_dir.h) makes it durable and says so through on_durable.
 *
 * The marks: start ≤ lso ≤ hw ≤ end and durable ≤ end. The log moves `end` (append, truncate) and
 * `start` (retention, delete-records); the caller moves hw, lso and durable, because what they mean
 * depends on replicas and transactions.
 *
 * After a restart: plog_open() gives hw from the directory's checkpoint, never above the end, and
 * durable = end: all that recovery kept has been synced before it returns. With a single replica the
 * caller raises hw to the end at once; then "latest" never goes backwards over a restart, because
 * whatever a consumer saw before was synced, or (on topics that do not wait for fsync) written and
 * part of the recovered log after a kill.
 *
 * A failed write takes the whole directory offline; from then on changing calls are ERR_OFFLINE.
 * A full disk does not: the append is undone, the call is ERR_NOSPACE, and later ones may succeed.
 */
#ifndef OTTLA_LOG_PLOG_H
#define OTTLA_LOG_PLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/chain.h"
#include "base/err.h"
#include "base/slice.h"
#include "base/uuid.h"
#include "log/log_pos.h"
#include "model/ids.h"

struct plog;
struct log_dir;

/* What a topic's settings say to its logs; names as the settings. plog_cfg_init() gives the defaults
 * of Kafka 4. */
struct plog_cfg {
    int32_t segment_bytes;
    int64_t segment_ms;
    int64_t segment_jitter_ms;
    int32_t segment_index_bytes;
    int32_t index_interval_bytes;
    int64_t retention_ms;    /* -1: no limit */
    int64_t retention_bytes; /* -1: no limit */
    int64_t file_delete_delay_ms;
    int64_t flush_messages; /* INT64_MAX: no limit */
    int64_t flush_ms;       /* INT64_MAX: no limit */
    bool sync;              /* durability=fsync: what is appended joins the next commit round */
    bool is_deleting;       /* cleanup.policy has `delete` */
    bool is_compacted;      /* cleanup.policy has `compact`: gaps between segments are legal */
};

void plog_cfg_init(struct plog_cfg *cfg);

/* The appended bytes up to `pos` are on disk. `cut` says after how many truncations. */
struct plog_durable {
    struct log_pos pos;
    uint32_t cut;
};

/*
 * Called on the directory's reactor, not in the actor: the callee hands the news to its actor, which
 * calls plog_set_durable(). After plog_close() on_durable may still be running until on_released is
 * called, once, on the same reactor; then `ctx` is the caller's again.
 */
struct plog_callbacks {
    void *ctx;
    void (*on_durable)(void *ctx, const struct plog_durable *durable);
    void (*on_released)(void *ctx); /* may be NULL */
};

struct plog_marks {
    log_offset_t start;
    struct log_pos hw;
    struct log_pos lso;
    struct log_pos end;
    log_offset_t durable;
};

/* --- life ------------------------------------------------------------------------------------- */

/* A partition that has nothing on disk yet, and gets nothing before its first append. `topic` and
 * `cfg` are copied. ERR_EXISTS when the directory already has this partition's folder or log. */
int plog_new(struct log_dir *dir, struct slice topic, partition_id_t partition,
             struct uuid topic_id, const struct plog_cfg *cfg, const struct plog_callbacks *cb,
             struct plog **ret_log) WARN_UNUSED;

/* What plog_open() found. Texts are sentences without a full stop, empty when there is nothing. */
struct plog_recovery {
    bool was_scanned; /* not trusted from a clean stop: read batch by batch */
    uint64_t scanned_bytes;
    uint64_t cut_bytes;      /* a torn tail that was cut off */
    log_offset_t cut_offset; /* the log's end after the cut */
    bool is_faulty;       /* damaged where nothing may be cut: served up to the fault, no appends */
    struct uuid topic_id; /* from partition.metadata; zero: none or unreadable */
    char why[512];        /* names what was cut or what is damaged: file, position, offset */
};

/* B: a partition whose folder the directory listed (log_dir_each_partition). Runs recovery: after a
 * clean stop the files are trusted, otherwise everything from the recovery point on is read, checked
 * and indexed anew. Many run in parallel, on workers. A zero `topic_id` adopts the one found; another
 * one than was found is ERR_VERSION and nothing is touched. ERR_NOT_FOUND, ERR_EXISTS (open already),
 * ERR_IO, ERR_NOMEM. */
int plog_open(struct log_dir *dir, struct slice topic, partition_id_t partition,
              struct uuid topic_id, const struct plog_cfg *cfg, const struct plog_callbacks *cb,
              struct plog **ret_log, struct plog_recovery *ret_recovery) WARN_UNUSED;

/* Keeps the struct itself for readers: after plog_close() or plog_remove() reads still give what was
 * there. plog_new() and plog_open() give no reference; take one where a reader may be later than the
 * end. */
struct plog *plog_ref(struct plog *l);
void plog_unref(struct plog *l); /* accepts NULL */

/* A: forgets the partition without touching its files; unsynced bytes stay the kernel's to write. The
 * owner's reference is gone; chains that hold parts of the files keep them. Accepts NULL. */
void plog_close(struct plog *l);

/* References beside the owner's, for readers that may be later than plog_close(), also later than
 * log_dir_close(): reading calls are legal as long as one is held (the `struct os` must live, too). */
struct plog *plog_ref(struct plog *l);
void plog_unref(struct plog *l); /* accepts NULL */

/* A: deletes the partition: its folder is renamed to <topic>-<p>.<32 hex>-delete at once and emptied
 * in the background, also after a restart. Calls that follow find it gone (ERR_STOPPED); the owner
 * still calls plog_close(). ERR_IO: the rename failed, and the directory is offline. */
int plog_remove(struct plog *l) WARN_UNUSED;

/* A: new settings; they count from the next append on. */
void plog_set_cfg(struct plog *l, const struct plog_cfg *cfg);

/* --- writing ---------------------------------------------------------------------------------- */

/* One record batch (or message set entry of old formats), offsets stamped and checksum right. */
struct plog_batch {
    struct slice bytes;
    log_offset_t first;
    log_offset_t last;
    timestamp_ms_t max_timestamp; /* TIMESTAMP_NONE: it has none */
    leader_epoch_t epoch;
};

/* A: appends all batches, in one write where they fall into one segment; rolls before a batch where
 * that is due. On success *ret_end is the new end of the log. On failure nothing was appended.
 * ERR_LIMIT: a batch is larger than segment.bytes; ERR_INVALID: offsets do not grow; ERR_NOSPACE;
 * ERR_OFFLINE; ERR_CORRUPT: the log is faulty; ERR_NOMEM; ERR_IO (and the directory goes offline). */
int plog_append(struct plog *l, const struct plog_batch *batches, size_t cnt,
                struct log_pos *ret_end) WARN_UNUSED;

/* A: starts a new segment unless the active one is empty. */
int plog_roll(struct plog *l) WARN_UNUSED;

/* A: takes in what on_durable said. News from before a truncation is ignored: false,
 * and the caller ignores it, too. */
bool plog_set_durable(struct plog *l, const struct plog_durable *durable);

/* A: hw must lie in [start, end]; lso follows it where it is not set by itself. */
void plog_set_high_watermark(struct plog *l, const struct log_pos *hw);

/* A: the last stable offset of a partition with open transactions; offset ≤ hw. */
void plog_set_last_stable(struct plog *l, const struct log_pos *lso);

/* A, B: cuts everything from `offset` on; a batch that holds it goes as a whole. Readers above the cut
 * keep the old bytes. hw, lso and durable are lowered where they lay above. */
int plog_truncate_to(struct plog *l, log_offset_t offset) WARN_UNUSED;

/* A, B: drops all records; the log goes on at `offset`. */
int plog_reset_to(struct plog *l, log_offset_t offset) WARN_UNUSED;

/* A: delete-records: the start moves to `offset` (≤ hw), whole segments below it are dropped.
 * Moving backwards does nothing. ERR_RANGE above the high watermark. */
int plog_delete_records_to(struct plog *l, log_offset_t offset) WARN_UNUSED;

/* A: drops segments that are too old, too many bytes, or below the start; nothing at or above the
 * high watermark. *ret_cnt says how many segments went. */
int plog_retention(struct plog *l, timestamp_ms_t now_ms, size_t *ret_cnt) WARN_UNUSED;

/* --- reading ---------------------------------------------------------------------------------- */

/* R: the marks as they stood together at one moment. Never waits. */
void plog_marks(struct plog *l, struct plog_marks *ret);

/* R */
uint64_t plog_size_bytes(struct plog *l);
struct uuid plog_topic_id(const struct plog *l);
struct slice plog_topic(const struct plog *l);
partition_id_t plog_partition(const struct plog *l);
bool plog_is_faulty(const struct plog *l);
struct log_dir *plog_dir(const struct plog *l);

enum plog_bound {
    PLOG_BOUND_END,    /* replicas */
    PLOG_BOUND_HW,     /* consumers */
    PLOG_BOUND_STABLE, /* consumers, read_committed */
};

/* Where a reader that follows the log stands; saves it the look-up. Zero-initialised at first; kept
 * by the reader between calls for the same log. */
struct plog_cursor {
    struct log_pos pos;
    uint32_t cut;
    bool is_set;
};

struct plog_read {
    log_offset_t offset;
    size_t max_bytes;
    enum plog_bound bound;
    bool at_least_one; /* the first batch comes whole even when it is larger than max_bytes */
    struct plog_cursor *cursor; /* may be NULL */
};

struct plog_read_info {
    struct plog_marks marks; /* those the read was made with; set also on ERR_RANGE */
    size_t len_bytes;        /* appended to the chain */
    struct file_ref *file; /* the range's file, borrowed from the chain; NULL when len_bytes is 0 */
    uint64_t pos;
    bool at_bound; /* the bytes end where the bound is: nothing more to read now */
};

/* R: appends one file range to the chain: from the batch that holds `offset` on, at most max_bytes and
 * never beyond the bound. The last batch may be partial, the first never is: when it does not fit and
 * at_least_one is not set, nothing is appended. Nothing at or above the bound is success with no
 * bytes. ERR_RANGE: offset below the start or above the end; ERR_CORRUPT: no batch where one must be;
 * ERR_IO, ERR_NOMEM, ERR_MFILE. */
int plog_read(struct plog *l, const struct plog_read *read, struct chain *out,
              struct plog_read_info *ret_info) WARN_UNUSED;

/* R: the place of the batch that holds `offset`, or of the end. For high watermarks that come as bare
 * offsets. ERR_RANGE. */
int plog_locate(struct plog *l, log_offset_t offset, struct log_pos *ret_pos) WARN_UNUSED;

struct plog_found {
    log_offset_t offset;      /* LOG_OFFSET_NONE: there is no such record */
    timestamp_ms_t timestamp; /* TIMESTAMP_NONE when not asked by time */
    leader_epoch_t epoch;     /* LEADER_EPOCH_NONE: not known */
};

/* R, B: the first record with timestamp ≥ t and offset below the bound. Opens the batch it is in. */
int plog_offset_for_time(struct plog *l, timestamp_ms_t t, enum plog_bound bound,
                         struct plog_found *ret) WARN_UNUSED;

/* R, B: the first record with the largest timestamp of all. */
int plog_offset_of_max_time(struct plog *l, enum plog_bound bound,
                            struct plog_found *ret) WARN_UNUSED;

/* R: the start, and the bound, with their epochs: "earliest" and "latest". */
void plog_earliest(struct plog *l, struct plog_found *ret);
void plog_latest(struct plog *l, enum plog_bound bound, struct plog_found *ret);

/* R: the largest epoch ≤ `epoch` that wrote here, and where it ends (the next one's start, or the
 * log's end). LEADER_EPOCH_NONE and LOG_OFFSET_NONE when there is none. */
void plog_epoch_end(struct plog *l, leader_epoch_t epoch, leader_epoch_t *ret_epoch,
                    log_offset_t *ret_end);

/* R: the epoch that wrote the record at `offset`, or LEADER_EPOCH_NONE. */
leader_epoch_t plog_epoch_at(struct plog *l, log_offset_t offset);

/* R: the newest epoch, or LEADER_EPOCH_NONE. */
leader_epoch_t plog_epoch_latest(struct plog *l);

/* A: a new leader epoch begins at the log's end, before any record carries it. */
int plog_epoch_begin(struct plog *l, leader_epoch_t epoch) WARN_UNUSED;

#endif
