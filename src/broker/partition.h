/*
 * One partition that lives here: an actor around its log. It appends in order, decides what is
 * committed (core/replica), and wakes those who wait for it.
 *
 * Threads: partition_append() and the watchers from any reactor; reading (marks, log) from any reactor,
 * lock-free; what is marked "actor" is only touched by tasks of the actor.
 */
#ifndef OTTLA_BROKER_PARTITION_H
#define OTTLA_BROKER_PARTITION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/actor.h"
#include "base/ref.h"
#include "base/seq.h"
#include "broker/broker.h"
#include "broker/image.h"
#include "log/plog.h"
#include "model/kerr.h"
#include "os/reactor.h"
#include "record/validate.h"

struct partition;

/* --- life; the broker's ------------------------------------------------------------------------- */

/* A partition without anything on disk yet. The topic's config is referenced. */
int partition_new(struct broker *b, const struct image_topic *t, partition_id_t idx,
                  struct log_dir *dir, struct partition **ret_p) WARN_UNUSED;

/* Blocks: recovers the partition's log. For workers at start. */
int partition_open(struct broker *b, const struct image_topic *t, partition_id_t idx,
                   struct log_dir *dir, struct partition **ret_p,
                   struct plog_recovery *ret_recovery) WARN_UNUSED;

struct partition *partition_ref(struct partition *p);
void partition_unref(struct partition *p); /* accepts NULL */

/* The topic is deleted: everyone who waits is answered, the log's folder is moved away, then
 * `removed` is called in the actor, on whatever thread that is. */
struct partition_removal {
    struct actor_task task;
    struct partition *partition;
    void (*removed)(struct partition_removal *r);
    void *ctx;
};

void partition_remove(struct partition *p, struct partition_removal *r, struct runner *runner);

/* Drops what retention no longer wants. At most one such task is under way; more calls do nothing. */
void partition_maintain(struct partition *p, struct runner *runner);

/* At stop, when no request is left: lets go of the log without a callback. */
void partition_abandon(struct partition *p);

/* --- any thread ---------------------------------------------------------------------------------- */

struct slice partition_topic(const struct partition *p);
partition_id_t partition_idx(const struct partition *p);
leader_epoch_t partition_leader_epoch(const struct partition *p);
const struct topic_config *partition_config(const struct partition *p);

/* The log; alive as long as the reference. */
struct plog *partition_log(struct partition *p);

/* True once the topic is deleted: answer UNKNOWN_TOPIC_OR_PARTITION. */
bool partition_is_removed(const struct partition *p);

/* Whether batches in zstd may be in the log: false only where all of it was appended by this broker's
 * present run and none was. */
bool partition_may_have_zstd(const struct partition *p);

/* The log directory is offline or the log is faulty and takes no appends. */
bool partition_is_offline(struct partition *p);

/* --- appending ------------------------------------------------------------------------------------ */

/* One batch on its way into the log; embedded in what waits for it. The batch's bytes must stay until
 * `written` is called, the struct until `done`. Both are called in the actor, on any thread. */
struct partition_append {
    struct actor_task task;
    struct actor_task cancel_task;
    struct partition *partition; /* referenced by the caller */
    uint8_t *batch;              /* validated; stamped in place */
    size_t batch_len;
    struct batch_info info;
    bool wait_committed; /* acks=all */
    void (*written)(struct partition_append *a);
    void (*done)(struct partition_append *a);
    void (*cancelled)(struct partition_append *a); /* see partition_cancel() */
    void *ctx;

    /* the result */
    enum kerr error;
    log_offset_t base_offset;
    timestamp_ms_t append_time_ms; /* TIMESTAMP_NONE for CreateTime topics */
    log_offset_t log_start;

    /* the partition's */
    struct partition_append *next;
    log_offset_t last_offset;
    enum kerr cancel_error;
    enum { APPEND_NEW, APPEND_GATHERED, APPEND_WAITING, APPEND_DONE } state;
};

void partition_append(struct partition_append *a, struct runner *runner);

/* No longer waits for the commit: `done` comes with `error` unless it came before; then `cancelled` in
 * any case, which is the last word. What was appended stands. */
void partition_cancel(struct partition_append *a, enum kerr error, struct runner *runner);

/* --- watching ------------------------------------------------------------------------------------- */

/* Wants to know when the high watermark (or the last stable offset) moves or the partition goes away.
 * `moved` is called in the actor under a lock: it only posts. */
struct partition_watcher {
    struct partition_watcher *prev;
    struct partition_watcher *next;
    struct partition *partition; /* NULL while not watching */
    void (*moved)(struct partition_watcher *w);
};

/* The caller keeps the partition referenced while it watches. On fsync topics watching also asks for a
 * commit round of what is appended and not yet visible. */
void partition_watch(struct partition *p, struct partition_watcher *w);

/* When it returns, `moved` is not running and will not be called. No-op when not watching. */
void partition_unwatch(struct partition_watcher *w);

#endif
