#include "broker/fetch_set.h"

#include "base/assert.h"
#include "base/chk.h"
#include "broker/fetch_bytes.h"

/*
 *     read what is ready ── enough, or an error ──▶ done
 *        │
 *        ▼
 *     become the queue's waiter (and watch, where entries do not watch anyway), read again: something
 *     may have moved in between
 *        │
 *        ▼
 *     sleep ── a watcher posts ──▶ read what has moved ── enough? ── time is over ──▶ done
 *
 * What was read and is not enough yet stays held, chains and all; an entry that moves again is read
 * anew. Watchers tell under the queue's lock, reading takes what they told under the same lock and looks
 * at the marks afterwards, so no news is lost between the two.
 *
 * A posted task may still be on its way when the set ends; then the end waits for it, because the task
 * lies inside the set.
 */

/* --- entries --------------------------------------------------------------------------------------- */

/* In the partition's actor, under its watchers' lock. */
static void entry_moved(struct partition_watcher *w)
{
    struct fetch_entry *e = CONTAINER_OF(w, struct fetch_entry, watcher);
    struct fetch_queue *q = e->queue;
    struct fetch_set *s;

    os_lock_take(q->lock);
    if (!e->is_moved) {
        e->is_moved = true;
        e->moved_prev = q->moved_tail;
        e->moved_next = NULL;
        if (q->moved_tail != NULL) {
            q->moved_tail->moved_next = e;
        } else {
            q->moved_head = e;
        }
        q->moved_tail = e;
    }
    s = q->waiter;
    if (s != NULL && !s->is_posted) {
        s->is_posted = true;
        reactor_post(s->reactor, &s->task);
    }
    if (q->gone != NULL && partition_is_removed(e->partition)) {
        q->gone(q);
    }
    os_lock_drop(q->lock);
}

void fetch_queue_init(struct fetch_queue *q, struct session_list *ready, struct os_lock *lock)
{
    *q = (struct fetch_queue){.ready = ready, .lock = lock};
}

void fetch_entry_init(struct fetch_entry *e, struct fetch_queue *q)
{
    e->partition = NULL;
    e->error = KERR_NONE;
    e->cursor = (struct plog_cursor){0};
    e->result = NULL;
    e->watcher = (struct partition_watcher){.moved = entry_moved};
    e->queue = q;
    e->is_moved = false;
    e->moved_prev = NULL;
    e->moved_next = NULL;
}

void fetch_entry_resolve(struct fetch_entry *e, struct partition *p, enum kerr error)
{
    ASSERT(e->partition == NULL);
    ASSERT((p == NULL) == (error != KERR_NONE));
    e->partition = p;
    e->error = error;
    if (p != NULL && e->queue->is_watched) {
        partition_watch(p, &e->watcher);
    }
}

static void entry_let_go(struct fetch_entry *e)
{
    partition_unwatch(&e->watcher);
    partition_unref(e->partition);
    e->partition = NULL;
    e->cursor = (struct plog_cursor){0};
}

void fetch_entry_release(struct fetch_entry *e)
{
    struct fetch_queue *q = e->queue;

    entry_let_go(e);
    os_lock_take(q->lock);
    if (e->is_moved) {
        if (e->moved_prev != NULL) {
            e->moved_prev->moved_next = e->moved_next;
        } else {
            q->moved_head = e->moved_next;
        }
        if (e->moved_next != NULL) {
            e->moved_next->moved_prev = e->moved_prev;
        } else {
            q->moved_tail = e->moved_prev;
        }
        e->is_moved = false;
    }
    os_lock_drop(q->lock);
}

bool fetch_entry_drop_removed(struct fetch_entry *e)
{
    if (e->partition == NULL || !partition_is_removed(e->partition)) {
        return false;
    }
    entry_let_go(e);
    e->error = KERR_UNKNOWN_TOPIC_OR_PARTITION;
    session_part_forget_told(&e->part);
    return true;
}

/* --- results ---------------------------------------------------------------------------------------- */

static void result_init(struct fetch_result *r)
{
    chain_init(&r->records);
    r->found =
        (struct session_found){.high_watermark = LOG_OFFSET_NONE, .log_start = LOG_OFFSET_NONE};
    r->last_stable = LOG_OFFSET_NONE;
    r->diverging_epoch = LEADER_EPOCH_NONE;
    r->diverging_end = LOG_OFFSET_NONE;
    r->file = NULL;
    r->pos = 0;
    r->next_spare = NULL;
}

/* The entry's own from an earlier look, a spare one, or a new one. */
static struct fetch_result *result_for(struct fetch_set *s, struct fetch_entry *e)
{
    struct fetch_result *r = e->result;

    if (r != NULL) {
        s->total_bytes -= (int64_t)r->found.len_bytes;
        chain_clear(&r->records);
        e->result = NULL;
    } else if (s->spare != NULL) {
        r = s->spare;
        s->spare = r->next_spare;
    } else {
        r = arena_alloc(s->arena, sizeof(*r));
    }
    if (r != NULL) {
        result_init(r);
    }
    return r;
}

/* --- reading ---------------------------------------------------------------------------------------- */

static enum kerr epoch_check(const struct fetch_entry *e)
{
    leader_epoch_t asked = e->part.ask.current_epoch;
    leader_epoch_t ours = partition_leader_epoch(e->partition);

    if (asked == LEADER_EPOCH_NONE || asked == ours) {
        return KERR_NONE;
    }
    return asked < ours ? KERR_FENCED_LEADER_EPOCH : KERR_UNKNOWN_LEADER_EPOCH;
}

/* KIP-595: the reader's last record was written in an epoch that ended before its offset here. */
static bool entry_diverges(const struct fetch_entry *e, struct fetch_result *r)
{
    const struct session_ask *ask = &e->part.ask;
    leader_epoch_t epoch;
    log_offset_t end;

    if (ask->last_epoch == LEADER_EPOCH_NONE) {
        return false;
    }
    plog_epoch_end(partition_log(e->partition), ask->last_epoch, &epoch, &end);
    if (epoch == LEADER_EPOCH_NONE || (epoch == ask->last_epoch && end >= ask->offset)) {
        return false;
    }
    r->diverging_epoch = epoch;
    r->diverging_end = end;
    return true;
}

static enum kerr read_kerr(int rc)
{
    switch (rc) {
    case ERR_RANGE:
        return KERR_OFFSET_OUT_OF_RANGE;
    case ERR_CORRUPT:
        return KERR_CORRUPT_MESSAGE;
    case ERR_NOMEM:
    case ERR_MFILE:
        return KERR_UNKNOWN_SERVER_ERROR;
    case ERR_STOPPED:
        return KERR_UNKNOWN_TOPIC_OR_PARTITION;
    default:
        return KERR_KAFKA_STORAGE_ERROR;
    }
}

static void result_marks(struct fetch_result *r, const struct plog_marks *m)
{
    r->found.high_watermark = m->hw.offset;
    r->found.log_start = m->start;
    r->last_stable = m->lso.offset;
}

/* Ends the range before what the reader cannot understand. */
static enum kerr zstd_check(struct fetch_entry *e, struct fetch_result *r,
                            struct plog_read_info *info)
{
    size_t len;
    int rc;

    if (!partition_may_have_zstd(e->partition)) {
        return KERR_NONE;
    }
    len = fetch_bytes_before_zstd(info->file, info->pos, info->len_bytes);
    if (len == info->len_bytes) {
        return KERR_NONE;
    }
    e->cursor = (struct plog_cursor){0};
    (void)file_ref_get(info->file);
    chain_clear(&r->records);
    rc = len == 0 ? 0 : chain_append_file(&r->records, info->file, info->pos, len);
    if (rc != 0 || len == 0) {
        file_ref_put(info->file);
        info->len_bytes = 0;
        return rc != 0 ? KERR_UNKNOWN_SERVER_ERROR : KERR_UNSUPPORTED_COMPRESSION_TYPE;
    }
    file_ref_put(info->file); /* the chain has its own */
    info->len_bytes = len;
    return KERR_NONE;
}

static void entry_read(struct fetch_set *s, struct fetch_entry *e, struct fetch_result *r)
{
    int64_t room = MIN_OF((int64_t)e->part.ask.max_bytes, s->max_bytes - s->total_bytes);
    struct plog_read_info info = {0};
    struct plog_read read = {.offset = e->part.ask.offset,
                             .max_bytes = room > 0 ? (size_t)room : 0,
                             .bound = s->bound,
                             .at_least_one = s->total_bytes == 0,
                             .cursor = &e->cursor};
    struct session_found *found = &r->found;
    struct plog_marks marks;
    int rc;

    found->error = epoch_check(e);
    if (found->error != KERR_NONE) {
        return;
    }
    if (entry_diverges(e, r)) {
        plog_marks(partition_log(e->partition), &marks);
        result_marks(r, &marks);
        found->diverges = true;
        return;
    }
    rc = plog_read(partition_log(e->partition), &read, &r->records, &info);
    if (rc == ERR_RANGE || rc == 0) {
        result_marks(r, &info.marks);
    }
    if (rc == 0 && info.len_bytes > 0 && !s->zstd_allowed) {
        found->error = zstd_check(e, r, &info);
    } else if (rc != 0) {
        found->error = read_kerr(rc);
    }
    if (found->error != KERR_NONE) {
        return;
    }
    found->len_bytes = info.len_bytes;
    found->has_more = info.len_bytes == 0 && !info.at_bound;
    r->file = info.len_bytes > 0 ? info.file : NULL;
    r->pos = info.pos;
    s->total_bytes += (int64_t)info.len_bytes;
}

/* Looks at one entry that is in no list now; it is held if there is something to tell. */
static void entry_look(struct fetch_set *s, struct fetch_entry *e)
{
    struct fetch_result *r = result_for(s, e);

    if (r == NULL) {
        s->has_failed = true;
        session_list_append(&s->held, &e->part);
        return;
    }
    (void)fetch_entry_drop_removed(e);
    if (e->partition == NULL) {
        s->resolve(s, e);
    }
    if (e->partition == NULL) {
        r->found.error = e->error;
    } else {
        entry_read(s, e, r);
    }
    if (session_part_is_urgent(&e->part, &r->found) || r->found.has_more) {
        s->has_news = true; /* what does not fit: the answer is as large as it can be */
    }
    if (s->is_full || r->found.has_more || session_part_has_news(&e->part, &r->found)) {
        e->result = r;
        session_list_append(&s->held, &e->part);
        return;
    }
    r->next_spare = s->spare;
    s->spare = r;
}

/* Entries that moved are ready again, also those held. `from_task`: the posted task has come. */
static void moved_take(struct fetch_set *s, bool from_task)
{
    struct fetch_queue *q = s->queue;
    struct fetch_entry *next;

    os_lock_take(q->lock);
    if (from_task) {
        s->is_posted = false;
    }
    for (struct fetch_entry *e = q->moved_head; e != NULL; e = next) {
        next = e->moved_next;
        e->is_moved = false;
        if (e->part.list != q->ready) { /* who is in it keeps its turn */
            session_part_unlink(&e->part);
            session_list_append(q->ready, &e->part);
        }
    }
    q->moved_head = NULL;
    q->moved_tail = NULL;
    os_lock_drop(q->lock);
}

/* Reads what is ready. True when the answer can go. A full answer looks at everything; another one
 * leaves what it has no room for at the head of the list. */
static bool set_read(struct fetch_set *s)
{
    struct session_part *p;

    while ((s->is_full || s->total_bytes < s->max_bytes) && !s->has_failed &&
           (p = session_list_pop(s->queue->ready)) != NULL) {
        entry_look(s, fetch_entry_of(p));
    }
    return s->has_failed || s->has_news || s->total_bytes >= s->min_bytes;
}

/* --- waiting and ending ------------------------------------------------------------------------------ */

static void list_watch(struct session_list *l, bool on)
{
    for (struct session_part *p = l->head; p != NULL; p = p->next) {
        struct fetch_entry *e = fetch_entry_of(p);

        if (!on) {
            partition_unwatch(&e->watcher);
        } else if (e->partition != NULL) {
            partition_watch(e->partition, &e->watcher);
        }
    }
}

/* Bytes that were just written are in memory; the rest is looked at. */
static bool entry_is_cold(const struct fetch_entry *e)
{
    struct fetch_result *r = e->result;
    struct plog_marks marks;

    if (r == NULL || r->file == NULL || r->records.cnt == 0 ||
        chain_part_at(&r->records, 0)->file == NULL) {
        return false;
    }
    plog_marks(partition_log(e->partition), &marks);
    if (e->cursor.is_set && e->cursor.pos.segment == marks.end.segment &&
        marks.end.pos - r->pos <= FETCH_WARM_BYTES) {
        return false;
    }
    return fetch_bytes_are_cold(r->file, r->pos, r->records.len);
}

/* On a worker. The set's lists stand still meanwhile: it is ending, and its queue is taken. */
static void warm_run(struct worker_job *job)
{
    struct fetch_set *s = CONTAINER_OF(job, struct fetch_set, warm_job);

    for (struct session_part *p = s->held.head; p != NULL; p = p->next) {
        struct fetch_result *r = fetch_entry_of(p)->result;

        if (r != NULL && r->file != NULL && r->records.cnt > 0 &&
            chain_part_at(&r->records, 0)->file != NULL) {
            fetch_bytes_warm(r->file, r->pos, r->records.len);
        }
    }
}

static void warm_done(struct worker_job *job)
{
    struct fetch_set *s = CONTAINER_OF(job, struct fetch_set, warm_job);

    s->done(s);
}

/*
 * Every range of the answer is known here and nothing of it has been sent. Ranges that are not in memory
 * are read by a worker before the answer goes, so that sendfile does not stop the reactor for the disk.
 */
static void set_finish(struct fetch_set *s)
{
    bool is_cold = false;

    for (struct session_part *p = s->held.head; p != NULL; p = p->next) {
        struct fetch_entry *e = fetch_entry_of(p);
        struct fetch_result *r = e->result;

        if (r != NULL && r->file != NULL && r->records.len <= FETCH_COPY_MAX_BYTES) {
            fetch_bytes_copy_small(&r->records, r->file, r->pos);
        }
        is_cold = is_cold || (s->workers != NULL && !s->is_cancelled && entry_is_cold(e));
    }
    if (is_cold) {
        s->warm_job =
            (struct worker_job){.run = warm_run, .done = warm_done, .reactor = s->reactor};
        workers_submit(s->workers, &s->warm_job);
        return;
    }
    s->done(s);
}

static void set_end(struct fetch_set *s)
{
    bool is_posted = false;

    s->is_ending = true;
    if (s->is_waiting) {
        s->is_waiting = false;
        reactor_timer_cancel(s->reactor, &s->timer);
        os_lock_take(s->queue->lock);
        s->queue->waiter = NULL;
        is_posted = s->is_posted;
        os_lock_drop(s->queue->lock);
        if (!s->queue->is_watched) {
            list_watch(&s->held, false);
            list_watch(s->queue->ready, false);
        }
    }
    if (!is_posted) {
        set_finish(s);
    }
}

static void set_posted(struct reactor_task *task)
{
    struct fetch_set *s = CONTAINER_OF(task, struct fetch_set, task);

    if (s->is_ending) {
        set_finish(s);
        return;
    }
    moved_take(s, true);
    if (set_read(s)) {
        set_end(s);
    }
}

static void set_time_out(struct reactor_timer *t)
{
    struct fetch_set *s = CONTAINER_OF(t, struct fetch_set, timer);

    moved_take(s, false);
    (void)set_read(s); /* whatever there is goes out now */
    set_end(s);
}

/* From now on news come by a posted task. */
static void set_wait_begin(struct fetch_set *s)
{
    s->is_waiting = true;
    os_lock_take(s->queue->lock);
    ASSERT(s->queue->waiter == NULL);
    s->queue->waiter = s;
    os_lock_drop(s->queue->lock);
    if (!s->queue->is_watched) {
        list_watch(&s->held, true);
        session_list_move(s->queue->ready, &s->held);
    }
    moved_take(s, false);
}

void fetch_set_run(struct fetch_set *s)
{
    bool is_empty = !s->queue->is_watched && s->queue->ready->head == NULL;

    reactor_timer_init(&s->timer, set_time_out);
    s->task.run = set_posted;
    s->held = (struct session_list){0};
    s->spare = NULL;
    s->total_bytes = 0;
    s->has_news = false;
    s->has_failed = false;
    s->is_cancelled = false;
    s->is_waiting = false;
    s->is_ending = false;
    s->is_posted = false;
    if (s->queue->is_watched) {
        moved_take(s, false);
    }
    if (set_read(s) || s->max_wait_ms <= 0 || is_empty) {
        set_end(s);
        return;
    }
    set_wait_begin(s);
    if (set_read(s) || reactor_timer_set(s->reactor, &s->timer,
                                         reactor_mono_ms(s->reactor) + s->max_wait_ms) != 0) {
        set_end(s);
    }
}

void fetch_set_cancel(struct fetch_set *s)
{
    if (!s->is_ending) {
        s->is_cancelled = true;
        set_end(s);
    }
}

void fetch_set_settle(struct fetch_set *s, bool was_told)
{
    struct session_part *p;

    while ((p = session_list_pop(&s->held)) != NULL) {
        struct fetch_entry *e = fetch_entry_of(p);
        struct fetch_result *r = e->result;

        e->result = NULL;
        if (r != NULL && was_told) {
            session_part_told(p, &r->found, s->queue->ready);
        } else {
            session_list_append(s->queue->ready, p);
        }
        if (r != NULL) {
            chain_clear(&r->records);
        }
    }
}
