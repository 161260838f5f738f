#include "broker/fetch_set.h"

#include "base/assert.h"
#include "base/chk.h"

/*
 *     read all ── enough, or an error ──▶ done
 *        │
 *        ▼
 *     watch every partition, read all again (something may have moved in between)
 *        │
 *        ▼
 *     sleep ── a watcher posts ──▶ read all ── enough? ── time is over ──▶ done
 *
 * A posted task may still be on its way when the set ends; then the end waits for it, because the task
 * lies inside the set.
 */

static void part_clear(struct fetch_part *p)
{
    chain_clear(&p->records);
    p->diverging_epoch = LEADER_EPOCH_NONE;
    p->diverging_end = LOG_OFFSET_NONE;
}

static enum kerr epoch_check(struct fetch_part *p)
{
    leader_epoch_t ours = partition_leader_epoch(p->partition);

    if (p->current_epoch == LEADER_EPOCH_NONE || p->current_epoch == ours) {
        return KERR_NONE;
    }
    return p->current_epoch < ours ? KERR_FENCED_LEADER_EPOCH : KERR_UNKNOWN_LEADER_EPOCH;
}

/* KIP-595: the reader's last record was written in an epoch that ended before its offset here. */
static bool part_diverges(struct fetch_part *p)
{
    leader_epoch_t epoch;
    log_offset_t end;

    if (p->last_epoch == LEADER_EPOCH_NONE) {
        return false;
    }
    plog_epoch_end(partition_log(p->partition), p->last_epoch, &epoch, &end);
    if (epoch == LEADER_EPOCH_NONE || (epoch == p->last_epoch && end >= p->offset)) {
        return false;
    }
    p->diverging_epoch = epoch;
    p->diverging_end = end;
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
    default:
        return KERR_KAFKA_STORAGE_ERROR;
    }
}

static void part_marks(struct fetch_part *p, const struct plog_marks *m)
{
    p->high_watermark = m->hw.offset;
    p->last_stable = m->lso.offset;
    p->log_start = m->start;
}

/* Reads one partition; `left` is what the request may still carry. */
static void part_read(struct fetch_set *s, struct fetch_part *p, int64_t left)
{
    struct plog_read_info info = {0};
    struct plog_read read = {.offset = p->offset,
                             .bound = s->bound,
                             .at_least_one = s->total_bytes == 0,
                             .cursor = p->cursor};
    struct plog_marks marks;
    int rc;

    if (p->partition == NULL) {
        return;
    }
    p->error =
        partition_is_removed(p->partition) ? KERR_UNKNOWN_TOPIC_OR_PARTITION : epoch_check(p);
    if (p->error != KERR_NONE) {
        return;
    }
    if (part_diverges(p)) {
        plog_marks(partition_log(p->partition), &marks);
        part_marks(p, &marks);
        return;
    }
    read.max_bytes = (size_t)MAX_OF((int64_t)0, MIN_OF((int64_t)p->max_bytes, left));
    rc = plog_read(partition_log(p->partition), &read, &p->records, &info);
    if (rc == ERR_RANGE || rc == 0) {
        part_marks(p, &info.marks);
    }
    if (rc != 0) {
        p->error = read_kerr(rc);
        return;
    }
    s->total_bytes += info.len_bytes;
}

/* Reads everything anew. True when the answer can go. */
static bool set_read(struct fetch_set *s)
{
    s->total_bytes = 0;
    s->has_news = false;
    for (size_t i = 0; i < s->cnt; i++) {
        struct fetch_part *p = &s->parts[i];

        part_clear(p);
        part_read(s, p, s->max_bytes - (int64_t)s->total_bytes);
        if (p->error != KERR_NONE || p->diverging_epoch != LEADER_EPOCH_NONE) {
            s->has_news = true;
        }
    }
    return s->has_news || (int64_t)s->total_bytes >= s->min_bytes;
}

static void set_end(struct fetch_set *s)
{
    if (s->is_waiting) {
        reactor_timer_cancel(s->reactor, &s->timer);
        for (size_t i = 0; i < s->cnt; i++) {
            partition_unwatch(&s->parts[i].watcher);
        }
        s->is_waiting = false;
    }
    s->is_ending = true;
    if (!flag_get(&s->signalled)) {
        s->done(s);
    }
}

static void set_signalled(struct reactor_task *task)
{
    struct fetch_set *s = CONTAINER_OF(task, struct fetch_set, task);

    flag_set(&s->signalled, false);
    if (s->is_ending) {
        s->done(s);
        return;
    }
    if (set_read(s)) {
        set_end(s);
    }
}

static void part_moved(struct partition_watcher *w)
{
    struct fetch_set *s = CONTAINER_OF(w, struct fetch_part, watcher)->set;

    if (flag_raise(&s->signalled)) {
        s->task.run = set_signalled;
        reactor_post(s->reactor, &s->task);
    }
}

static void set_time_out(struct reactor_timer *t)
{
    struct fetch_set *s = CONTAINER_OF(t, struct fetch_set, timer);

    (void)set_read(s); /* whatever there is goes out now */
    set_end(s);
}

static void set_watch(struct fetch_set *s)
{
    s->is_waiting = true;
    for (size_t i = 0; i < s->cnt; i++) {
        struct fetch_part *p = &s->parts[i];

        p->set = s;
        p->watcher.moved = part_moved;
        p->watcher.partition = NULL;
        if (p->partition != NULL) {
            partition_watch(p->partition, &p->watcher);
        }
    }
}

void fetch_set_run(struct fetch_set *s)
{
    flag_init(&s->signalled, false);
    reactor_timer_init(&s->timer, set_time_out);
    s->is_waiting = false;
    s->is_ending = false;
    for (size_t i = 0; i < s->cnt; i++) {
        chain_init(&s->parts[i].records);
    }
    if (set_read(s) || s->max_wait_ms <= 0) {
        set_end(s);
        return;
    }
    set_watch(s);
    if (set_read(s) || reactor_timer_set(s->reactor, &s->timer,
                                         reactor_mono_ms(s->reactor) + s->max_wait_ms) != 0) {
        set_end(s);
    }
}

void fetch_set_cancel(struct fetch_set *s)
{
    if (!s->is_ending) {
        set_end(s);
    }
}
