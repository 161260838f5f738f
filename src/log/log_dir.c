/*
 * A log directory's clockwork: one timer that stands at the earliest of what is due (a round nobody
 * waits for, the end of a pause, lazy flushes, checkpoints, deletions), and is not set while nothing is.
 * Any thread may make something due earlier; it then posts one task to the reactor, which looks at
 * everything and sets the timer anew.
 *
 * Closing waits until no job is out and no task posted, does the rest in one last job on a worker, and
 * frees everything on the reactor.
 */
#include "log/log_dir.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/chk.h"
#include "log/log_dir_impl.h"
#include "log/plog_impl.h"

#define PART_KEY_MAX (TOPIC_NAME_LEN_MAX + 16)

static void close_step(struct log_dir *d);

/* --- getters ----------------------------------------------------------------------------------- */

broker_id_t log_dir_node_id(const struct log_dir *d)
{
    return d->meta.node_id;
}

const char *log_dir_cluster_id(const struct log_dir *d)
{
    return d->meta.cluster_id;
}

struct uuid log_dir_id(const struct log_dir *d)
{
    return d->meta.directory_id;
}

const char *log_dir_path(const struct log_dir *d)
{
    return d->path;
}

struct os *log_dir_os(const struct log_dir *d)
{
    return d->os;
}

bool log_dir_was_clean(const struct log_dir *d)
{
    return d->was_clean;
}

bool log_dir_is_online(const struct log_dir *d)
{
    return !flag_get(&d->offline);
}

int log_dir_space(struct log_dir *d, uint64_t *ret_total, uint64_t *ret_usable)
{
    return os_fs_space(d->os, d->path, ret_total, ret_usable);
}

void log_dir_stats(struct log_dir *d, struct log_dir_stats *ret)
{
    os_lock_take(d->lock);
    *ret = d->stats;
    ret->dirty_files = d->due.cnt + d->lazy.cnt;
    os_lock_drop(d->lock);
    ret->open_files = log_files_cnt(&d->files);
}

int64_t log_dir_now_ms(struct log_dir *d)
{
    return os_mono_us(d->os) / 1000;
}

/* --- partitions -------------------------------------------------------------------------------- */

static struct slice part_key(char buf[PART_KEY_MAX], struct slice topic, partition_id_t partition)
{
    int len = snprintf(buf, PART_KEY_MAX, "%.*s-%" PRId32, SLICE_FMT(topic), partition);

    ASSERT(len > 0);
    ASSERT(len < PART_KEY_MAX);
    return slice_of(buf, (size_t)len);
}

struct log_dir_part *log_dir_part_get(struct log_dir *d, struct slice topic,
                                      partition_id_t partition)
{
    char key[PART_KEY_MAX];

    if (topic.len > TOPIC_NAME_LEN_MAX) {
        return NULL;
    }
    return map_get(&d->parts, part_key(key, topic, partition));
}

int log_dir_part_add(struct log_dir *d, struct slice topic, partition_id_t partition,
                     struct log_dir_part **ret_part)
{
    char key[PART_KEY_MAX];
    struct log_dir_part *p;
    int rc;

    if (topic.len == 0 || topic.len > TOPIC_NAME_LEN_MAX) {
        return ERR_INVALID;
    }
    p = calloc(1, sizeof(*p));
    if (p == NULL) {
        return ERR_NOMEM;
    }
    p->topic = malloc(topic.len + 1);
    if (p->topic == NULL) {
        free(p);
        return ERR_NOMEM;
    }
    memcpy(p->topic, topic.ptr, topic.len);
    p->topic[topic.len] = '\0';
    p->topic_len = topic.len;
    p->partition = partition;
    rc = map_add(&d->parts, part_key(key, topic, partition), p);
    if (rc != 0) {
        log_dir_part_free(p);
        return rc;
    }
    *ret_part = p;
    return 0;
}

void log_dir_part_free(struct log_dir_part *p)
{
    free(p->topic);
    free(p);
}

/* Under parts_lock. */
static void part_remove(struct log_dir *d, struct log_dir_part *p)
{
    char key[PART_KEY_MAX];

    (void)map_remove(&d->parts, part_key(key, slice_of(p->topic, p->topic_len), p->partition));
    log_dir_part_free(p);
}

int log_dir_attach(struct log_dir *d, struct plog *l, bool is_new)
{
    struct log_dir_part *p;
    int rc = 0;

    os_lock_take(d->parts_lock);
    p = log_dir_part_get(d, plog_topic(l), l->partition);
    if (p != NULL && (p->log != NULL || is_new)) {
        rc = ERR_EXISTS;
    } else if (p == NULL && !is_new) {
        rc = ERR_NOT_FOUND;
    } else if (p == NULL) {
        rc = log_dir_part_add(d, plog_topic(l), l->partition, &p);
    }
    if (rc == 0) {
        p->log = l;
        p->topic_id = l->topic_id;
        p->needs_recovery = false;
        p->is_faulty = flag_get(&l->faulty);
    }
    os_lock_drop(d->parts_lock);
    return rc;
}

void log_dir_detach(struct log_dir *d, struct plog *l, bool forget)
{
    struct log_dir_part *p;
    struct plog_marks m;

    os_lock_take(d->parts_lock);
    p = log_dir_part_get(d, plog_topic(l), l->partition);
    if (p != NULL && p->log == l) {
        plog_marks(l, &m);
        p->log = NULL;
        p->was_found = l->has_folder;
        p->needs_recovery = true; /* nothing was written for it, so its files are not trusted */
        p->hw = m.hw.offset;
        p->start = m.start;
        p->recovery_point = l->checkpointed;
        if (forget || !l->has_folder) {
            part_remove(d, p);
        }
    }
    os_lock_drop(d->parts_lock);
}

int log_dir_each_partition(struct log_dir *d,
                           int (*each)(void *ctx, const struct log_dir_partition *p), void *ctx)
{
    struct map_entry *it;
    int rc = 0;

    os_lock_take(d->parts_lock);
    it = map_first(&d->parts);
    while (it != NULL && rc == 0) {
        const struct log_dir_part *p = map_value(it);

        it = map_next(it);
        if (p->was_found) {
            rc = each(ctx, &(struct log_dir_partition){.topic = slice_of(p->topic, p->topic_len),
                                                       .partition = p->partition,
                                                       .topic_id = p->topic_id});
        }
    }
    os_lock_drop(d->parts_lock);
    return rc;
}

int log_dir_rename_away(struct log_dir *d, const char *folder, struct slice topic,
                        partition_id_t partition, bool is_trash)
{
    char name[LOG_NAME_MAX + 1];
    char path[LOG_PATH_MAX];
    uint8_t random[16];
    int rc;

    os_random(d->os, random, sizeof(random));
    folder_away_name(name, topic, partition, random, is_trash ? "delete" : "stray");
    rc = file_path(path, sizeof(path), d->path, name);
    if (rc == 0) {
        rc = os_rename(d->os, folder, path);
    }
    if (rc == 0 && is_trash) {
        trash_folder(d, path);
    }
    return rc;
}

/* The folder of a partition that is not open gets another name; the directory forgets it. */
static int partition_away(struct log_dir *d, struct slice topic, partition_id_t partition,
                          bool is_trash)
{
    char path[LOG_PATH_MAX];
    struct log_dir_part *p;
    int rc;

    os_lock_take(d->parts_lock);
    p = log_dir_part_get(d, topic, partition);
    rc = p == NULL ? ERR_NOT_FOUND : p->log != NULL ? ERR_BUSY : 0;
    if (rc == 0) {
        rc = folder_path(path, sizeof(path), d->path, topic, partition);
    }
    if (rc == 0) {
        rc = log_dir_rename_away(d, path, topic, partition, is_trash);
    }
    if (rc == 0) {
        part_remove(d, p);
    }
    os_lock_drop(d->parts_lock);
    if (rc == 0) {
        log_dir_changed(d);
    }
    return rc;
}

int log_dir_remove_partition(struct log_dir *d, struct slice topic, partition_id_t partition)
{
    return partition_away(d, topic, partition, true);
}

int log_dir_set_aside(struct log_dir *d, struct slice topic, partition_id_t partition)
{
    return partition_away(d, topic, partition, false);
}

/* --- timers ------------------------------------------------------------------------------------ */

void log_dir_wake_at(struct log_dir *d, int64_t at_ms)
{
    if (at_ms < d->timer_at_ms && !d->tick_posted) {
        d->tick_posted = true;
        reactor_post(d->opt.reactor, &d->tick_task);
    }
}

static void tick_task_run(struct reactor_task *task)
{
    struct log_dir *d = CONTAINER_OF(task, struct log_dir, tick_task);

    os_lock_take(d->lock);
    d->tick_posted = false;
    os_lock_drop(d->lock);
    log_dir_tick(d);
}

static void timer_run(struct reactor_timer *t)
{
    struct log_dir *d = CONTAINER_OF(t, struct log_dir, timer);

    os_lock_take(d->lock);
    d->timer_at_ms = INT64_MAX;
    os_lock_drop(d->lock);
    log_dir_tick(d);
}

void log_dir_clock_init(struct log_dir *d)
{
    d->tick_task.run = tick_task_run;
    reactor_timer_init(&d->timer, timer_run);
    d->timer_at_ms = INT64_MAX;
    d->due_at_ms = INT64_MAX;
    d->lazy_at_ms = INT64_MAX;
    d->checkpoint_at_ms = INT64_MAX;
}

/* Under the lock: the earliest of what is due. */
static int64_t earliest(const struct log_dir *d)
{
    int64_t at = INT64_MAX;

    if (d->state == COMMIT_PAUSING) {
        at = MIN_OF(at, d->pause_end_ms);
    }
    if (d->state == COMMIT_IDLE && d->due.cnt > 0) {
        at = MIN_OF(at, d->due_at_ms);
    }
    if (d->lazy.cnt > 0) {
        at = MIN_OF(at, d->lazy_at_ms);
    }
    if (!d->checkpoint_runs) {
        at = MIN_OF(at, d->checkpoint_at_ms);
    }
    for (const struct trash *t = d->trash; t != NULL && !d->trash_runs; t = t->next) {
        at = MIN_OF(at, t->due_ms);
    }
    return at;
}

static void timer_set(struct log_dir *d)
{
    int64_t at;

    os_lock_take(d->lock);
    at = earliest(d);
    d->timer_at_ms = at;
    os_lock_drop(d->lock);
    if (at == INT64_MAX) {
        reactor_timer_cancel(d->opt.reactor, &d->timer);
    } else if (reactor_timer_set(d->opt.reactor, &d->timer, at) != 0) {
        os_lock_take(d->lock);
        d->timer_at_ms = INT64_MAX; /* no memory: the next append tries again */
        os_lock_drop(d->lock);
    }
}

static void tell_offline(struct log_dir *d)
{
    char *why;

    os_lock_take(d->lock);
    why = d->why_offline;
    d->why_offline = NULL;
    os_lock_drop(d->lock);
    if (why != NULL) {
        LOG(d->opt.logger, LOG_ERROR, "log_dir.offline", KV_CSTR("dir", d->path),
            KV_CSTR("msg", why));
        if (d->opt.on_offline != NULL) {
            d->opt.on_offline(d->opt.ctx, d, why);
        }
        free(why);
    }
}

void log_dir_tick(struct log_dir *d)
{
    int64_t now = log_dir_now_ms(d);
    bool checkpoint_due;

    tell_offline(d);
    os_lock_take(d->lock);
    if (d->is_closing) {
        os_lock_drop(d->lock);
        close_step(d);
        return;
    }
    if (d->state == COMMIT_PAUSING && now >= d->pause_end_ms) {
        d->state = COMMIT_IDLE;
    }
    if (d->lazy.cnt > 0 && now >= d->lazy_at_ms) {
        commit_lazy_due(d);
    }
    checkpoint_due = now >= d->checkpoint_at_ms && !d->checkpoint_runs;
    commit_start_and_drop(d);
    if (checkpoint_due) {
        checkpoints_start(d);
    }
    trash_start_due(d, now);
    timer_set(d);
}

void log_dir_changed(struct log_dir *d)
{
    if (flag_get(&d->changed) || !flag_raise(&d->changed)) {
        return;
    }
    os_lock_take(d->lock);
    d->checkpoint_at_ms = log_dir_now_ms(d) + d->opt.checkpoint_ms;
    if (!d->is_closing) {
        log_dir_wake_at(d, d->checkpoint_at_ms);
    }
    os_lock_drop(d->lock);
}

void log_dir_fail(struct log_dir *d, const char *why)
{
    size_t len = strlen(why);

    if (!flag_raise(&d->offline)) {
        return;
    }
    os_lock_take(d->lock);
    d->why_offline = malloc(len + 1);
    if (d->why_offline != NULL) {
        memcpy(d->why_offline, why, len + 1);
    }
    log_dir_wake_at(d, INT64_MIN);
    os_lock_drop(d->lock);
}

void log_dir_job_begin(struct log_dir *d)
{
    d->jobs_out++;
}

void log_dir_job_end(struct log_dir *d)
{
    ASSERT(d->jobs_out > 0);
    d->jobs_out--;
    if (d->is_closing && d->jobs_out == 0) {
        log_dir_wake_at(d, INT64_MIN);
    }
}

/* --- close ------------------------------------------------------------------------------------- */

/* Indexes of the active segments, room given back. On the last worker job. */
static int seal_all(struct log_dir *d)
{
    int rc = 0;

    for (struct map_entry *it = map_first(&d->parts); it != NULL && rc == 0; it = map_next(it)) {
        struct plog *l = ((struct log_dir_part *)map_value(it))->log;

        if (l != NULL && l->is_touched && plog_active(l) != NULL && !flag_get(&l->removed)) {
            rc = plog_segment_seal(l, plog_active(l));
        }
    }
    return rc;
}

/* Only where every partition may be trusted at the next start. */
static bool marker_is_true(struct log_dir *d)
{
    for (struct map_entry *it = map_first(&d->parts); it != NULL; it = map_next(it)) {
        const struct log_dir_part *p = map_value(it);

        if (p->is_faulty || (p->was_found && p->needs_recovery)) {
            return false;
        }
    }
    return true;
}

static void close_run(struct worker_job *job)
{
    static const char marker[] = "{\"version\":0,\"brokerEpoch\":-1}";
    struct log_dir *d = CONTAINER_OF(job, struct log_dir, close_job);
    char path[LOG_PATH_MAX];
    int rc;

    if (!d->close_clean) {
        return;
    }
    rc = flag_get(&d->offline) ? ERR_OFFLINE : commit_all(d);
    if (rc == 0) {
        rc = seal_all(d);
    }
    if (rc == 0) {
        rc = checkpoints_write(d);
    }
    if (rc == 0 && marker_is_true(d)) {
        rc = file_path(path, sizeof(path), d->path, MARKER_CLEAN);
        if (rc == 0) {
            rc = os_file_replace(d->os, path, SLICE_LIT(marker));
        }
    }
    d->close_rc = rc;
}

static void close_done(struct worker_job *job)
{
    struct log_dir *d = CONTAINER_OF(job, struct log_dir, close_job);
    void (*closed)(void *ctx, int rc) = d->closed;
    void *ctx = d->closed_ctx;
    int rc = d->close_rc;

    tell_offline(d);
    log_dir_free(d);
    closed(ctx, rc);
}

static void close_step(struct log_dir *d)
{
    bool is_ready;

    os_lock_take(d->lock);
    is_ready = d->jobs_out == 0 && !d->tick_posted && !d->close_submitted;
    d->close_submitted = d->close_submitted || is_ready;
    os_lock_drop(d->lock);
    if (is_ready) {
        reactor_timer_cancel(d->opt.reactor, &d->timer);
        d->close_job =
            (struct worker_job){.reactor = d->opt.reactor, .run = close_run, .done = close_done};
        workers_submit(d->opt.workers, &d->close_job);
    }
}

void log_dir_close(struct log_dir *d, bool clean, void (*closed)(void *ctx, int rc), void *ctx)
{
    ASSERT(d != NULL);
    ASSERT(closed != NULL);
    d->close_clean = clean;
    d->closed = closed;
    d->closed_ctx = ctx;
    os_lock_take(d->lock);
    ASSERT(!d->is_closing);
    d->is_closing = true;
    os_lock_drop(d->lock);
    close_step(d);
}
