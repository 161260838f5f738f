/*
 * Commit rounds: from "in the page cache" to "on disk", for a whole directory at once.
 *
 *     appends ──► due set ──► round: the set as it was, synced by up to 4 jobs ──► on_durable
 *                  ▲                                                          
 *     flush.ms ──► lazy set (topics that do not ask for fsync)
 *
 * A round is one object that owns what it syncs: for each segment the file, and the place up to which
 * the file was written when the round began. Each file is given to fdatasync; a file that is new also
 * has its partition.metadata, its folder and, once for the round, the directory above synced, so that
 * no acknowledged record hangs on a name that a power cut can take away. How a round makes its set
 * durable is known to round_run() alone.
 *
 * States: IDLE ── someone waits, or 10 ms passed ──► RUNNING ──► IDLE, or, after a round of many files,
 * PAUSING as long as the round took (at most 5 ms), so that the disk also serves others.
 *
 * Without a descriptor for the names nothing has failed: what the round had is due again. A failed
 * sync is final: the kernel may have thrown the bytes away and call the next sync a success.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "base/chain.h"
#include "base/chk.h"
#include "log/log_dir_impl.h"
#include "log/plog_impl.h"

struct commit_item {
    struct segment *seg;
    struct plog *log;
    struct os_file *file;
    struct log_pos pos;
    uint32_t cut;
    bool is_new;
};

struct commit_round;

struct commit_job {
    struct worker_job job;
    struct commit_round *round;
    size_t from;
    size_t to;
};

struct commit_round {
    struct log_dir *dir;
    int64_t started_us;
    size_t job_cnt;
    size_t jobs_left; /* to run; the directory's lock */
    size_t done_left; /* to come back; the reactor's */
    bool has_new;
    int rc;                    /* the first failure; the directory's lock */
    const struct plog *failed; /* whose file it was */
    struct commit_job jobs[COMMIT_JOBS_MAX];
    size_t cnt;
    struct commit_item items[];
};

/* --- the set ----------------------------------------------------------------------------------- */

static void list_push(struct segment_list *list, struct segment *s)
{
    s->dirty_next = NULL;
    s->dirty_prev = list->tail;
    *(list->tail != NULL ? &list->tail->dirty_next : &list->head) = s;
    list->tail = s;
    list->cnt++;
}

static void list_remove(struct segment_list *list, struct segment *s)
{
    *(s->dirty_prev != NULL ? &s->dirty_prev->dirty_next : &list->head) = s->dirty_next;
    *(s->dirty_next != NULL ? &s->dirty_next->dirty_prev : &list->tail) = s->dirty_prev;
    s->dirty_prev = NULL;
    s->dirty_next = NULL;
    ASSERT(list->cnt > 0);
    list->cnt--;
}

static void lazy_to_due(struct log_dir *d, struct segment *s)
{
    ASSERT(s->dirt == SEGMENT_LAZY);
    list_remove(&d->lazy, s);
    s->log->lazy_cnt--;
    s->dirt = SEGMENT_DUE;
    list_push(&d->due, s);
}

/* Segments of one log become durable in their order, so older lazy ones of it come along. */
static void lazy_to_due_of(struct log_dir *d, const struct plog *l)
{
    struct segment *s = d->lazy.head;

    while (s != NULL && l->lazy_cnt > 0) {
        struct segment *next = s->dirty_next;

        if (s->log == l) {
            lazy_to_due(d, s);
        }
        s = next;
    }
}

static void lazy_all_to_due(struct log_dir *d)
{
    while (d->lazy.head != NULL) {
        lazy_to_due(d, d->lazy.head);
    }
    d->lazy_at_ms = INT64_MAX;
}

/* The first unsynced bytes of a segment: it joins a set, which keeps it and its file alive. */
static void mark_first(struct log_dir *d, struct segment *s, struct os_file *f, bool is_lazy)
{
    (void)segment_ref(s);
    (void)plog_ref(s->log);
    (void)file_ref_get(os_file_as_ref(f));
    s->dirty_file = f;
    s->dirt = is_lazy ? SEGMENT_LAZY : SEGMENT_DUE;
    s->log->lazy_cnt += is_lazy ? 1 : 0;
    list_push(is_lazy ? &d->lazy : &d->due, s);
}

void commit_mark(struct log_dir *d, struct segment *s, struct os_file *f, const struct log_pos *pos,
                 uint32_t cut, int64_t flush_ms)
{
    int64_t at = flush_ms > INT32_MAX ? INT64_MAX : flush_ms;

    ASSERT(flush_ms >= 0);
    os_lock_take(d->lock);
    if (flag_get(&d->offline)) {
        os_lock_drop(d->lock);
        return;
    }
    if (flush_ms == 0 && s->log->lazy_cnt > 0) {
        lazy_to_due_of(d, s->log);
    }
    if (s->dirt == SEGMENT_CLEAN) {
        if (flush_ms == 0 && d->due.head == NULL) {
            d->due_at_ms = log_dir_now_ms(d) + COMMIT_IDLE_MS;
        }
        mark_first(d, s, f, flush_ms != 0);
    }
    s->dirty_pos = *pos;
    s->dirty_cut = cut;
    if (flush_ms == 0) {
        if (d->state == COMMIT_IDLE) {
            log_dir_wake_at(d, d->due_at_ms);
        }
    } else if (at != INT64_MAX) {
        at += log_dir_now_ms(d);
        if (at < d->lazy_at_ms) {
            d->lazy_at_ms = at;
            log_dir_wake_at(d, at);
        }
    }
    os_lock_drop(d->lock);
}

/* What the set or a round held for a segment. */
static void item_release(struct commit_item *it)
{
    log_file_put(it->file);
    segment_unref(it->seg);
    plog_unref(it->log);
}

/* Under the lock: takes the segment out of its set; the references go to *ret. */
static void set_take(struct log_dir *d, struct segment *s, struct commit_item *ret)
{
    ASSERT(s->dirt != SEGMENT_CLEAN);
    *ret = (struct commit_item){
        .seg = s,
        .log = s->log,
        .file = s->dirty_file,
        .pos = s->dirty_pos,
        .cut = s->dirty_cut,
        .is_new = s->names_unsynced,
    };
    if (s->dirt == SEGMENT_LAZY) {
        s->log->lazy_cnt--;
    }
    list_remove(s->dirt == SEGMENT_LAZY ? &d->lazy : &d->due, s);
    s->dirt = SEGMENT_CLEAN;
    s->dirty_file = NULL;
}

void commit_forget(struct log_dir *d, struct segment *s)
{
    struct commit_item it = {0};
    bool taken;

    os_lock_take(d->lock);
    taken = s->dirt != SEGMENT_CLEAN;
    if (taken) {
        set_take(d, s, &it);
    }
    os_lock_drop(d->lock);
    if (taken) {
        item_release(&it);
    }
}

void commit_drop_all(struct log_dir *d)
{
    os_lock_take(d->lock);
    lazy_all_to_due(d);
    while (d->due.head != NULL) {
        struct commit_item it;

        set_take(d, d->due.head, &it);
        os_lock_drop(d->lock);
        item_release(&it);
        os_lock_take(d->lock);
    }
    os_lock_drop(d->lock);
}

/* --- a round ----------------------------------------------------------------------------------- */

static int sync_path(struct os *os, const char *path)
{
    struct os_file *f = NULL;
    int rc = os_file_open(os, path, OS_READ, &f);

    if (rc == 0) {
        rc = os_file_sync(f);
    }
    os_file_close(f);
    return rc;
}

/* The bytes, then the names that lead to them. A file whose partition was deleted meanwhile has no
 * name to be synced. */
static int item_sync(struct log_dir *d, const struct commit_item *it)
{
    char path[LOG_PATH_MAX];
    int rc = os_file_datasync(it->file);

    if (rc != 0 || !it->is_new) {
        return rc;
    }
    if (!uuid_is_zero(it->log->topic_id)) {
        rc = file_path(path, sizeof(path), it->log->folder, FILE_PARTITION_METADATA);
        if (rc == 0) {
            rc = sync_path(d->os, path);
        }
    }
    if (rc == 0) {
        rc = os_dir_sync(d->os, it->log->folder);
    }
    return rc == ERR_NOT_FOUND && flag_get(&it->log->removed) ? 0 : rc;
}

static void round_fail(struct commit_round *r, const struct plog *l, int rc)
{
    if (r->rc == 0 || (r->rc == ERR_MFILE && rc != ERR_MFILE)) { /* a failed sync says more */
        r->rc = rc;
        r->failed = l;
    }
}

static void round_run(struct worker_job *job)
{
    struct commit_job *j = CONTAINER_OF(job, struct commit_job, job);
    struct commit_round *r = j->round;
    struct log_dir *d = r->dir;
    const struct plog *failed = NULL;
    bool is_last;
    int rc = 0;

    for (size_t i = j->from; i < j->to && rc == 0; i++) {
        rc = item_sync(d, &r->items[i]);
        failed = r->items[i].log;
    }
    os_lock_take(d->lock);
    if (rc != 0) {
        round_fail(r, failed, rc);
    }
    r->jobs_left--;
    is_last = r->jobs_left == 0 && r->rc == 0;
    os_lock_drop(d->lock);
    if (is_last && r->has_new) {
        rc = os_dir_sync(d->os, d->path);
        if (rc != 0) {
            os_lock_take(d->lock);
            round_fail(r, NULL, rc);
            os_lock_drop(d->lock);
        }
    }
}

/* The news of one segment, unless it was cut meanwhile or its log is closed. */
static void item_tell(struct log_dir *d, const struct commit_item *it)
{
    struct plog *l = it->log;
    bool tell;

    os_lock_take(d->lock);
    it->seg->names_unsynced = it->is_new ? false : it->seg->names_unsynced;
    tell = !l->is_closed && it->cut == l->synced_cut && it->pos.offset > l->synced.offset;
    if (tell) {
        l->synced = it->pos;
    }
    tell = tell && !d->is_closing;
    os_lock_drop(d->lock);
    if (tell && l->cb.on_durable != NULL) {
        l->cb.on_durable(l->cb.ctx, &(struct plog_durable){.pos = it->pos, .cut = it->cut});
    }
}

static void round_fail_dir(struct log_dir *d, const struct commit_round *r)
{
    struct str why;

    str_init(&why, 2 * LOG_PATH_MAX + 256);
    str_add_fmt(
        &why,
        "a sync of %s failed (%s): the directory %s is offline, nothing in it is acknowledged "
        "any more, because what was written may be lost; check the disk, then restart the "
        "broker",
        r->failed != NULL ? r->failed->folder : d->path, err_text(r->rc), d->path);
    log_dir_fail(d, why.ptr);
    str_release(&why);
}

/* The round could not open what it must sync, and no sync failed: its set is due once more, but for
 * what was deleted meanwhile. What was appended since stands in the set already. */
static void round_again(struct log_dir *d, const struct commit_round *r)
{
    int64_t now = log_dir_now_ms(d);

    if (now >= d->no_fds_tell_ms) {
        d->no_fds_tell_ms = now + NO_FDS_TELL_MS;
        LOG(d->opt.logger, LOG_ERROR, "log_dir.no_descriptors", KV_CSTR("dir", d->path),
            KV_CSTR("msg", "no descriptors left for a commit round, which is tried again; raise "
                           "the limit of open files"));
    }
    os_lock_take(d->lock);
    for (size_t i = 0; i < r->cnt; i++) {
        const struct commit_item *it = &r->items[i];

        if (it->seg->dirt == SEGMENT_CLEAN && it->cut == it->log->synced_cut &&
            !it->log->is_closed) {
            mark_first(d, it->seg, it->file, false);
            it->seg->dirty_pos = it->pos;
            it->seg->dirty_cut = it->cut;
        }
    }
    d->due_at_ms = now + COMMIT_IDLE_MS;
    os_lock_drop(d->lock);
}

/* On the reactor, after the last of its jobs. */
static void round_end(struct commit_round *r)
{
    struct log_dir *d = r->dir;
    int64_t took_us = os_mono_us(d->os) - r->started_us;
    int64_t pause_ms = MIN_OF(took_us / 1000, (int64_t)COMMIT_PAUSE_MS_MAX);

    if (r->rc == ERR_MFILE) {
        round_again(d, r);
    } else if (r->rc != 0) {
        round_fail_dir(d, r);
    }
    for (size_t i = 0; i < r->cnt; i++) {
        if (r->rc == 0 && !flag_get(&d->offline)) {
            item_tell(d, &r->items[i]);
        }
    }
    for (size_t i = 0; i < r->cnt; i++) {
        item_release(&r->items[i]);
    }
    os_lock_take(d->lock);
    d->stats.round_cnt++;
    d->stats.round_files += r->cnt;
    d->stats.round_us += (uint64_t)took_us;
    d->stats.last_round_us = (uint64_t)took_us;
    d->state = COMMIT_IDLE;
    if (r->cnt > COMMIT_LARGE_FILES && pause_ms > 0 && !d->is_closing) {
        d->state = COMMIT_PAUSING;
        d->pause_end_ms = log_dir_now_ms(d) + pause_ms;
    }
    os_lock_drop(d->lock);
    free(r);
    log_dir_tick(d);
}

static void round_done(struct worker_job *job)
{
    struct commit_round *r = CONTAINER_OF(job, struct commit_job, job)->round;
    struct log_dir *d = r->dir;

    ASSERT(r->done_left > 0);
    r->done_left--;
    if (r->done_left == 0) {
        round_end(r);
    }
    os_lock_take(d->lock);
    log_dir_job_end(d);
    os_lock_drop(d->lock);
}

/* Under the lock: the due set becomes a round. NULL: no memory, the set stays. */
static struct commit_round *round_take(struct log_dir *d)
{
    size_t cnt = d->due.cnt;
    struct commit_round *r = calloc(1, sizeof(*r) + cnt * sizeof(struct commit_item));

    if (r == NULL) {
        return NULL;
    }
    r->dir = d;
    r->cnt = cnt;
    for (size_t i = 0; i < cnt; i++) {
        set_take(d, d->due.head, &r->items[i]);
        r->has_new = r->has_new || r->items[i].is_new;
    }
    ASSERT(d->due.head == NULL);
    r->started_us = os_mono_us(d->os);
    r->job_cnt = MIN_OF((cnt + COMMIT_LARGE_FILES - 1) / COMMIT_LARGE_FILES, COMMIT_JOBS_MAX);
    r->jobs_left = r->job_cnt;
    r->done_left = r->job_cnt;
    return r;
}

void commit_start_and_drop(struct log_dir *d)
{
    struct commit_round *r = NULL;
    int64_t now = log_dir_now_ms(d);

    if (d->state == COMMIT_IDLE && d->due.cnt > 0 && !d->is_closing &&
        (d->someone_waits || now >= d->due_at_ms)) {
        r = round_take(d);
        if (r == NULL) {
            d->due_at_ms = now + COMMIT_IDLE_MS;
            log_dir_wake_at(d, d->due_at_ms);
        }
    }
    if (r != NULL) {
        d->state = COMMIT_RUNNING;
        d->someone_waits = false;
        for (size_t i = 0; i < r->job_cnt; i++) {
            log_dir_job_begin(d);
        }
    }
    os_lock_drop(d->lock);
    if (r == NULL) {
        return;
    }
    for (size_t i = 0, from = 0; i < r->job_cnt; i++) {
        struct commit_job *j = &r->jobs[i];

        j->round = r;
        j->from = from;
        j->to = r->cnt * (i + 1) / r->job_cnt;
        from = j->to;
        j->job.run = round_run;
        j->job.done = round_done;
        j->job.reactor = d->opt.reactor;
    }
    for (size_t i = 0, cnt = r->job_cnt; i < cnt; i++) {
        workers_submit(d->opt.workers, &r->jobs[i].job); /* after the last one r may be gone */
    }
}

void log_dir_commit_soon(struct log_dir *d)
{
    os_lock_take(d->lock);
    d->someone_waits = d->due.cnt > 0 || d->state == COMMIT_RUNNING;
    commit_start_and_drop(d);
}

int commit_all(struct log_dir *d)
{
    bool has_new = false;
    int rc = 0;

    os_lock_take(d->lock);
    ASSERT(d->state != COMMIT_RUNNING);
    lazy_all_to_due(d);
    while (d->due.head != NULL) {
        struct commit_item it;

        set_take(d, d->due.head, &it);
        os_lock_drop(d->lock);
        has_new = has_new || it.is_new;
        if (rc == 0) {
            rc = item_sync(d, &it);
        }
        os_lock_take(d->lock);
        if (rc == 0 && it.cut == it.log->synced_cut) {
            it.log->synced = it.pos;
            it.seg->names_unsynced = false;
        }
        os_lock_drop(d->lock);
        item_release(&it);
        os_lock_take(d->lock);
    }
    os_lock_drop(d->lock);
    if (rc == 0 && has_new) {
        rc = os_dir_sync(d->os, d->path);
    }
    return rc;
}

/* Moves what waits lazily into the next round; for the timers. Under the lock. */
void commit_lazy_due(struct log_dir *d)
{
    lazy_all_to_due(d);
    if (d->due.cnt > 0) {
        d->due_at_ms = log_dir_now_ms(d);
    }
}
