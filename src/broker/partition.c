#include "broker/partition.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "core/replica/replica.h"

/*
 * The way of a batch through a partition:
 *
 *     partition_append() ─ actor: gathered in order ─ end of the turn: offsets stamped, one write for
 *     all of them ─ `written` (the frame may go) ─ acks 0 and 1: `done`
 *                                                ─ acks all: waits in `waiting` ─ commit round ─
 *     on_durable ─ actor: high watermark ─ `done`, watchers told
 *
 * Gathering costs no time: the flush hook runs in the same turn. It turns the many small batches that
 * one wake-up of the loop brings into one write.
 *
 * The commit round's news comes on the log directory's reactor while the actor may run elsewhere: it is
 * left in `durable` (a sequence lock) and one task, submitted when none is under way, takes it in.
 */

#define APPENDS_PER_WRITE 64

struct partition {
    struct actor actor;
    struct ref ref;
    struct broker *broker;
    struct image_config *config;
    struct plog *log;
    struct log_dir *dir;
    leader_epoch_t leader_epoch;
    partition_id_t idx;
    struct flag removed;
    struct flag has_zstd; /* or may have: raised before such a batch can be read */
    /* the actor's */
    struct replica_set replicas;
    struct log_pos end;
    struct partition_append *gathered; /* in order */
    struct partition_append **gathered_tail;
    struct partition_append *waiting; /* for the commit, by offset */
    struct partition_append **waiting_tail;
    bool flush_armed;
    struct reactor_flush flush;
    struct actor_task write_task;
    /* the directory's reactor's news */
    struct seq durable;
    struct flag durable_queued;
    struct actor_task durable_task;
    struct actor_task maintain_task;
    struct flag maintain_queued;
    /* under the broker's stripe lock */
    struct partition_watcher *watchers;
    struct reactor_task free_post;
    struct actor_task free_task;
    uint16_t topic_len;
    char topic[]; /* NUL-terminated */
};

/* --- small looks --------------------------------------------------------------------------------- */

struct slice partition_topic(const struct partition *p)
{
    return slice_of(p->topic, p->topic_len);
}

partition_id_t partition_idx(const struct partition *p)
{
    return p->idx;
}

leader_epoch_t partition_leader_epoch(const struct partition *p)
{
    return p->leader_epoch;
}

const struct topic_config *partition_config(const struct partition *p)
{
    return &p->config->resolved;
}

struct plog *partition_log(struct partition *p)
{
    return p->log;
}

bool partition_is_removed(const struct partition *p)
{
    return flag_get(&p->removed);
}

bool partition_may_have_zstd(const struct partition *p)
{
    return flag_get(&p->has_zstd);
}

bool partition_is_offline(struct partition *p)
{
    return !log_dir_is_online(p->dir) || plog_is_faulty(p->log);
}

static struct reactor *partition_reactor(struct partition *p)
{
    return reactor_of_runner(actor_runner(&p->actor));
}

/* --- watchers -------------------------------------------------------------------------------------- */

void partition_watch(struct partition *p, struct partition_watcher *w)
{
    struct os_lock *lock = broker_stripe(p->broker, p);
    struct plog_marks marks;

    ASSERT(w->partition == NULL);
    os_lock_take(lock);
    w->partition = p;
    w->prev = NULL;
    w->next = p->watchers;
    if (p->watchers != NULL) {
        p->watchers->prev = w;
    }
    p->watchers = w;
    os_lock_drop(lock);
    plog_marks(p->log, &marks);
    if (marks.hw.offset < marks.end.offset) {
        log_dir_commit_soon(p->dir); /* a reader at the end is someone who waits */
    }
}

void partition_unwatch(struct partition_watcher *w)
{
    struct partition *p = w->partition;
    struct os_lock *lock;

    if (p == NULL) {
        return;
    }
    lock = broker_stripe(p->broker, p);
    os_lock_take(lock);
    if (w->prev != NULL) {
        w->prev->next = w->next;
    } else {
        p->watchers = w->next;
    }
    if (w->next != NULL) {
        w->next->prev = w->prev;
    }
    w->partition = NULL;
    os_lock_drop(lock);
}

/* The actor looks without the lock first: most partitions have nobody waiting most of the time. A
 * watcher that comes at this very moment looks at the marks itself after it is in the list. */
static void watchers_tell(struct partition *p)
{
    struct os_lock *lock = broker_stripe(p->broker, p);

    os_lock_take(lock);
    for (struct partition_watcher *w = p->watchers; w != NULL; w = w->next) {
        w->moved(w);
    }
    os_lock_drop(lock);
}

static bool has_watchers(struct partition *p)
{
    struct os_lock *lock = broker_stripe(p->broker, p);
    bool has;

    os_lock_take(lock);
    has = p->watchers != NULL;
    os_lock_drop(lock);
    return has;
}

/* --- committing ------------------------------------------------------------------------------------ */

static void append_finish(struct partition_append *a, enum kerr error)
{
    a->error = error;
    a->state = APPEND_DONE;
    a->done(a);
}

/* Answers those whose batches are committed now; they wait in order of offset. */
static void waiting_settle(struct partition *p)
{
    while (p->waiting != NULL &&
           replica_set_is_committed(&p->replicas, p->waiting->last_offset + 1)) {
        struct partition_append *a = p->waiting;

        p->waiting = a->next;
        if (p->waiting == NULL) {
            p->waiting_tail = &p->waiting;
        }
        append_finish(a, KERR_NONE);
    }
}

static void waiting_fail(struct partition *p, enum kerr error)
{
    while (p->waiting != NULL) {
        struct partition_append *a = p->waiting;

        p->waiting = a->next;
        if (p->waiting == NULL) {
            p->waiting_tail = &p->waiting;
        }
        append_finish(a, error);
    }
}

/* The high watermark has moved to where `pos` is, or beyond the last known place. */
static void committed(struct partition *p, const struct log_pos *pos)
{
    ASSERT(pos->offset == p->replicas.high_watermark);
    plog_set_high_watermark(p->log, pos);
    waiting_settle(p);
    watchers_tell(p);
}

static void durable_run(struct actor_task *task)
{
    struct partition *p = CONTAINER_OF(task, struct partition, durable_task);
    struct plog_durable news;
    int64_t v[4];

    flag_set(&p->durable_queued, false);
    seq_read(&p->durable, v, 4);
    if (flag_get(&p->removed)) {
        partition_unref(p);
        return;
    }
    news.pos = (struct log_pos){.offset = v[0], .segment = v[1], .pos = (uint64_t)v[2]};
    news.cut = (uint32_t)v[3];
    /* What a failed append took back was perhaps synced before: its offsets will be other records'. */
    if (plog_set_durable(p->log, &news) && replica_set_synced(&p->replicas, news.pos.offset)) {
        committed(p, &news.pos);
    }
    partition_unref(p);
}

static void on_durable(void *ctx, const struct plog_durable *durable)
{
    struct partition *p = ctx;
    const int64_t v[4] = {durable->pos.offset, durable->pos.segment, (int64_t)durable->pos.pos,
                          durable->cut};

    seq_write(&p->durable, v, 4);
    if (flag_raise(&p->durable_queued)) {
        (void)partition_ref(p); /* the task's */
        p->durable_task.run = durable_run;
        actor_submit(&p->actor, &p->durable_task, reactor_runner(broker_home(p->broker)));
    }
}

static void on_released(void *ctx)
{
    partition_unref(ctx); /* the log's reference */
}

/* --- appending ------------------------------------------------------------------------------------- */

static enum kerr append_kerr(int rc)
{
    return rc == ERR_LIMIT ? KERR_RECORD_LIST_TOO_LARGE : KERR_KAFKA_STORAGE_ERROR;
}

/* Gives up to APPENDS_PER_WRITE gathered batches their offsets and writes them at once. */
static int write_some(struct partition *p, int64_t now_ms, size_t *ret_cnt)
{
    const struct topic_config *cfg = &p->config->resolved;
    bool log_append_time = cfg->message_timestamp_type == TIMESTAMP_TYPE_LOG_APPEND_TIME;
    struct plog_batch batches[APPENDS_PER_WRITE];
    log_offset_t next = p->end.offset;
    size_t cnt = 0;

    for (struct partition_append *a = p->gathered; a != NULL && cnt < APPENDS_PER_WRITE;
         a = a->next) {
        struct plog_batch *b = &batches[cnt++];

        if (batch_codec(&a->info.header) == CODEC_ZSTD && !flag_get(&p->has_zstd)) {
            flag_set(&p->has_zstd, true);
        }
        batch_stamp(a->batch, next, p->leader_epoch);
        if (log_append_time) {
            batch_set_log_append_time(a->batch, a->batch_len, now_ms);
        } else if (a->info.max_timestamp_wrong) {
            batch_set_max_timestamp(a->batch, a->batch_len, a->info.max_timestamp);
        }
        a->base_offset = next;
        a->last_offset = next + a->info.header.last_offset_delta;
        a->append_time_ms = log_append_time ? now_ms : TIMESTAMP_NONE;
        *b = (struct plog_batch){.bytes = slice_of(a->batch, a->batch_len),
                                 .first = next,
                                 .last = a->last_offset,
                                 .max_timestamp = log_append_time ? now_ms : a->info.max_timestamp,
                                 .epoch = p->leader_epoch};
        next = a->last_offset + 1;
    }
    *ret_cnt = cnt;
    return plog_append(p->log, batches, cnt, &p->end);
}

/* The batch at the head of the gathered ones leaves: done, or on to the waiting. */
static void gathered_leave(struct partition *p, enum kerr error, log_offset_t start)
{
    struct partition_append *a = p->gathered;

    p->gathered = a->next;
    if (p->gathered == NULL) {
        p->gathered_tail = &p->gathered;
    }
    a->next = NULL;
    a->log_start = start;
    if (error == KERR_NONE && a->wait_committed &&
        !replica_set_is_committed(&p->replicas, a->last_offset + 1)) {
        a->state = APPEND_WAITING;
        *p->waiting_tail = a;
        p->waiting_tail = &a->next;
        a->written(a);
        return;
    }
    a->written(a);
    append_finish(a, error);
}

static void write_run(struct actor_task *task)
{
    struct partition *p = CONTAINER_OF(task, struct partition, write_task);
    int64_t now_ms = reactor_wall_ms(partition_reactor(p));
    bool moved = false;
    struct plog_marks marks;

    p->flush_armed = false;
    plog_marks(p->log, &marks);
    while (p->gathered != NULL) {
        size_t cnt = 0;
        int rc = flag_get(&p->removed) ? ERR_NOT_FOUND : write_some(p, now_ms, &cnt);
        enum kerr error = rc == 0               ? KERR_NONE
                          : rc == ERR_NOT_FOUND ? KERR_UNKNOWN_TOPIC_OR_PARTITION
                                                : append_kerr(rc);

        if (rc == ERR_NOT_FOUND) {
            cnt = 1;
        }
        if (rc == 0) {
            moved = replica_set_appended(&p->replicas, p->end.offset) || moved;
        } else if (rc != ERR_NOT_FOUND) {
            LOG(broker_logger(p->broker), LOG_ERROR, "partition.append_failed",
                KV_TEXT("topic", partition_topic(p)), KV_INT("partition", p->idx),
                KV_CSTR("error", err_name(rc)),
                KV_CSTR("msg", rc == ERR_NOSPACE
                                   ? "the disk is full; nothing was stored and the producer was "
                                     "told: free space, or shorten retention"
                                   : "nothing was stored and the producer was told"));
        }
        for (size_t i = 0; i < cnt; i++) {
            gathered_leave(p, error, marks.start);
        }
    }
    if (moved) {
        committed(p, &p->end);
    } else if (p->waiting != NULL ||
               (p->replicas.high_watermark < p->end.offset && has_watchers(p))) {
        log_dir_commit_soon(p->dir);
    }
    partition_unref(p);
}

static void flush_run(struct reactor_flush *f)
{
    struct partition *p = CONTAINER_OF(f, struct partition, flush);

    p->write_task.run = write_run;
    actor_submit(&p->actor, &p->write_task, p->flush.runner);
}

static void append_run(struct actor_task *task)
{
    struct partition_append *a = CONTAINER_OF(task, struct partition_append, task);
    struct partition *p = a->partition;

    if (flag_get(&p->removed)) {
        a->written(a);
        append_finish(a, KERR_UNKNOWN_TOPIC_OR_PARTITION);
        return;
    }
    if (a->batch_len > (size_t)p->config->resolved.segment_bytes) {
        a->written(a);
        append_finish(a, KERR_RECORD_LIST_TOO_LARGE);
        return;
    }
    a->state = APPEND_GATHERED;
    a->next = NULL;
    *p->gathered_tail = a;
    p->gathered_tail = &a->next;
    if (!p->flush_armed) {
        p->flush_armed = true;
        (void)partition_ref(p); /* the write task's */
        p->flush.run = flush_run;
        p->flush.runner = actor_runner(&p->actor);
        reactor_flush_arm(partition_reactor(p), &p->flush);
    }
}

void partition_append(struct partition_append *a, struct runner *runner)
{
    a->state = APPEND_NEW;
    a->error = KERR_NONE;
    a->base_offset = LOG_OFFSET_NONE;
    a->append_time_ms = TIMESTAMP_NONE;
    a->log_start = LOG_OFFSET_NONE;
    a->task.run = append_run;
    actor_submit(&a->partition->actor, &a->task, runner);
}

static void cancel_run(struct actor_task *task)
{
    struct partition_append *a = CONTAINER_OF(task, struct partition_append, cancel_task);
    struct partition *p = a->partition;

    if (a->state == APPEND_WAITING) {
        for (struct partition_append **link = &p->waiting; *link != NULL; link = &(*link)->next) {
            if (*link == a) {
                *link = a->next;
                if (*link == NULL) {
                    p->waiting_tail = link;
                }
                break;
            }
        }
        append_finish(a, a->cancel_error);
    }
    a->cancelled(a);
}

void partition_cancel(struct partition_append *a, enum kerr error, struct runner *runner)
{
    a->cancel_error = error;
    a->cancel_task.run = cancel_run;
    actor_submit(&a->partition->actor, &a->cancel_task, runner);
}

/* --- life ------------------------------------------------------------------------------------------ */

static void plog_cfg_of(const struct topic_config *t, struct plog_cfg *ret)
{
    plog_cfg_init(ret);
    ret->segment_bytes = t->segment_bytes;
    ret->segment_ms = t->segment_ms;
    ret->segment_jitter_ms = t->segment_jitter_ms;
    ret->segment_index_bytes = t->segment_index_bytes;
    ret->index_interval_bytes = t->index_interval_bytes;
    ret->retention_ms = t->retention_ms;
    ret->retention_bytes = t->retention_bytes;
    ret->file_delete_delay_ms = t->file_delete_delay_ms;
    ret->flush_messages = t->flush_messages;
    ret->flush_ms = t->flush_ms;
    ret->sync = t->durability == DURABILITY_FSYNC;
    ret->is_deleting = (t->cleanup & TOPIC_CLEANUP_DELETE) != 0;
    ret->is_compacted = (t->cleanup & TOPIC_CLEANUP_COMPACT) != 0;
}

static struct partition *partition_alloc(struct broker *b, const struct image_topic *t,
                                         partition_id_t idx, struct log_dir *dir)
{
    const struct image_partition *ip = image_topic_partition(t, idx);
    struct partition *p = calloc(1, sizeof(*p) + t->name.len + 1);
    union {
        const struct image_config *in;
        struct image_config *counted; /* only its reference count changes */
    } config = {.in = t->config};

    ASSERT(ip != NULL);
    if (p == NULL) {
        return NULL;
    }
    actor_init(&p->actor);
    ref_init(&p->ref);
    p->broker = b;
    p->dir = dir;
    p->config = image_config_ref(config.counted);
    p->leader_epoch = ip->leader_epoch;
    p->idx = idx;
    p->gathered_tail = &p->gathered;
    p->waiting_tail = &p->waiting;
    flag_init(&p->removed, false);
    flag_init(&p->has_zstd, false);
    flag_init(&p->durable_queued, false);
    flag_init(&p->maintain_queued, false);
    seq_init(&p->durable);
    p->topic_len = (uint16_t)t->name.len;
    memcpy(p->topic, t->name.ptr, t->name.len);
    return p;
}

static void partition_free(struct partition *p)
{
    ASSERT(p->gathered == NULL && p->waiting == NULL && p->watchers == NULL);
    plog_unref(p->log);
    image_config_unref(p->config);
    free(p);
}

/* Everything the log holds is on disk and, with one replica, committed. */
static void partition_adopt_log(struct partition *p)
{
    struct plog_marks marks;

    (void)partition_ref(p); /* the log's, given back by on_released() */
    (void)plog_ref(p->log); /* ours: readers may be later than the topic's deletion */
    plog_marks(p->log, &marks);
    p->end = marks.end;
    replica_set_init(&p->replicas, p->config->resolved.durability == DURABILITY_FSYNC,
                     marks.end.offset);
    plog_set_high_watermark(p->log, &marks.end);
}

/* With recovery's report the log is opened, without it there is nothing on disk yet. */
static int partition_make(struct broker *b, const struct image_topic *t, partition_id_t idx,
                          struct log_dir *dir, struct plog_recovery *ret_recovery,
                          struct partition **ret_p)
{
    struct partition *p = partition_alloc(b, t, idx, dir);
    struct plog_callbacks cb = {.ctx = p, .on_durable = on_durable, .on_released = on_released};
    struct plog_cfg cfg;
    int rc;

    if (p == NULL) {
        return ERR_NOMEM;
    }
    plog_cfg_of(&p->config->resolved, &cfg);
    flag_set(&p->has_zstd, ret_recovery != NULL); /* into an older log nobody has looked */
    rc = ret_recovery == NULL
             ? plog_new(dir, t->name, idx, t->id, &cfg, &cb, &p->log)
             : plog_open(dir, t->name, idx, t->id, &cfg, &cb, &p->log, ret_recovery);
    if (rc != 0) {
        partition_free(p);
        return rc;
    }
    partition_adopt_log(p);
    *ret_p = p;
    return 0;
}

int partition_new(struct broker *b, const struct image_topic *t, partition_id_t idx,
                  struct log_dir *dir, struct partition **ret_p)
{
    return partition_make(b, t, idx, dir, NULL, ret_p);
}

int partition_open(struct broker *b, const struct image_topic *t, partition_id_t idx,
                   struct log_dir *dir, struct partition **ret_p,
                   struct plog_recovery *ret_recovery)
{
    ASSERT(ret_recovery != NULL);
    return partition_make(b, t, idx, dir, ret_recovery, ret_p);
}

struct partition *partition_ref(struct partition *p)
{
    ref_get(&p->ref);
    return p;
}

static void free_run(struct actor_task *task)
{
    partition_free(CONTAINER_OF(task, struct partition, free_task));
}

static void free_posted(struct reactor_task *task)
{
    struct partition *p = CONTAINER_OF(task, struct partition, free_post);

    p->free_task.run = free_run;
    actor_submit_last(&p->actor, &p->free_task, reactor_runner(broker_home(p->broker)));
}

/* The last reference may be dropped inside a task of the actor, which its runner looks at once more;
 * so the end is a task of its own, by way of the home reactor. */
void partition_unref(struct partition *p)
{
    if (p != NULL && ref_put(&p->ref)) {
        p->free_post.run = free_posted;
        reactor_post(broker_home(p->broker), &p->free_post);
    }
}

static void remove_run(struct actor_task *task)
{
    struct partition_removal *r = CONTAINER_OF(task, struct partition_removal, task);
    struct partition *p = r->partition;

    flag_set(&p->removed, true);
    waiting_fail(p, KERR_UNKNOWN_TOPIC_OR_PARTITION);
    watchers_tell(p);
    if (plog_remove(p->log) != 0) {
        LOG(broker_logger(p->broker), LOG_ERROR, "partition.remove_failed",
            KV_TEXT("topic", partition_topic(p)), KV_INT("partition", p->idx),
            KV_CSTR("msg", "the folder of a deleted topic could not be renamed; remove it by hand "
                           "when the broker is stopped"));
    }
    plog_close(p->log); /* who still reads has the log until the last reference goes */
    r->removed(r);
}

void partition_remove(struct partition *p, struct partition_removal *r, struct runner *runner)
{
    r->partition = p;
    r->task.run = remove_run;
    actor_submit(&p->actor, &r->task, runner);
}

static void maintain_run(struct actor_task *task)
{
    struct partition *p = CONTAINER_OF(task, struct partition, maintain_task);
    size_t cnt = 0;
    int rc;

    flag_set(&p->maintain_queued, false);
    if (!flag_get(&p->removed) && !partition_is_offline(p)) {
        rc = plog_retention(p->log, reactor_wall_ms(partition_reactor(p)), &cnt);
        if (rc != 0) {
            LOG(broker_logger(p->broker), LOG_WARN, "partition.retention_failed",
                KV_TEXT("topic", partition_topic(p)), KV_INT("partition", p->idx),
                KV_CSTR("error", err_name(rc)), KV_CSTR("msg", "tried again at the next check"));
        } else if (cnt > 0) {
            LOG(broker_logger(p->broker), LOG_INFO, "partition.segments_dropped",
                KV_TEXT("topic", partition_topic(p)), KV_INT("partition", p->idx),
                KV_INT("segments", cnt));
        }
    }
    partition_unref(p);
}

void partition_maintain(struct partition *p, struct runner *runner)
{
    if (flag_raise(&p->maintain_queued)) {
        (void)partition_ref(p); /* the task's */
        p->maintain_task.run = maintain_run;
        actor_submit(&p->actor, &p->maintain_task, runner);
    }
}

void partition_abandon(struct partition *p)
{
    /* The directory lets go of the log itself and calls nothing back: its reference ends here too. */
    bool is_last = ref_put(&p->ref);

    ASSERT(!is_last);
    is_last = ref_put(&p->ref);
    if (is_last) {
        partition_free(p);
    }
}
