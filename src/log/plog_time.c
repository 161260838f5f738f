/*
 * Offsets by time.
 *
 * The first record at or after a time: the first segment whose largest timestamp reaches it; there the
 * time index says up to which batch everything is older; from that batch on heads are walked until one
 * whose largest timestamp reaches it; that batch is opened and its records are looked at. A head may
 * promise more than its records hold, then the walk goes on.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "base/chk.h"
#include "log/plog_impl.h"
#include "record/iter.h"

/* What is looked for in the records of a batch. */
struct wanted {
    timestamp_ms_t at_least;
    log_offset_t from; /* records below do not count */
    log_offset_t below;
    struct codecs *codecs; /* made when first needed */
};

/* What a segment says of itself, read under the lock. */
struct seg_times {
    timestamp_ms_t max;
    log_offset_t max_offset;
    bool has_index_file;
    uint32_t time_file_cnt;
};

static struct seg_times times_of(struct plog *l, const struct segment *s)
{
    struct seg_times t;

    os_lock_take(l->lock);
    t = (struct seg_times){.max = s->max_timestamp,
                           .max_offset = s->max_timestamp_offset,
                           .has_index_file = s->index.is_on_disk,
                           .time_file_cnt = s->index.time_file_cnt};
    os_lock_drop(l->lock);
    return t;
}

static const struct log_pos *bound_of(const struct plog_marks *m, enum plog_bound bound)
{
    switch (bound) {
    case PLOG_BOUND_END:
        return &m->end;
    case PLOG_BOUND_HW:
        return &m->hw;
    case PLOG_BOUND_STABLE:
        return &m->lso;
    }
    return &m->lso;
}

static uint64_t segment_end(const struct segment *s, const struct log_pos *bound)
{
    return s->base < bound->segment ? s->size_bytes : s->base == bound->segment ? bound->pos : 0;
}

/* --- inside a batch ---------------------------------------------------------------------------- */

static int records_search(struct wanted *w, struct slice batch, struct plog_found *ret)
{
    struct record_iter it;
    struct record rec;
    int rc;

    if (w->codecs == NULL) {
        w->codecs = codecs_new();
        if (w->codecs == NULL) {
            return ERR_NOMEM;
        }
    }
    rc = record_iter_init(&it, w->codecs, batch, DECOMPRESSED_LEN_MAX_DEFAULT);
    if (rc != 0) {
        return rc;
    }
    do {
        rc = record_iter_next(&it, &rec);
    } while (rc == 0 && (rec.timestamp < w->at_least || rec.offset < w->from));
    if (rc == 0 && rec.offset >= w->below) {
        rc = ERR_NOT_FOUND;
    }
    if (rc == 0) {
        *ret = (struct plog_found){
            .offset = rec.offset, .timestamp = rec.timestamp, .epoch = it.header.leader_epoch};
    }
    record_iter_release(&it);
    return rc;
}

/* The entry at `pos`. Entries of old formats are not opened: the last offset of one stands for it. */
static int entry_search(struct wanted *w, struct os_file *f, uint64_t pos, const struct entry *e,
                        struct plog_found *ret)
{
    uint8_t *bytes;
    size_t got = 0;
    int rc;

    if (e->magic != 2) {
        if (e->last < w->from || e->last >= w->below) {
            return ERR_NOT_FOUND;
        }
        *ret = (struct plog_found){
            .offset = e->last, .timestamp = e->max_timestamp, .epoch = LEADER_EPOCH_NONE};
        return 0;
    }
    bytes = malloc((size_t)e->len_bytes);
    if (bytes == NULL) {
        return ERR_NOMEM;
    }
    rc = os_file_pread(f, pos, bytes, (size_t)e->len_bytes, &got);
    if (rc == 0 && got < e->len_bytes) {
        rc = ERR_CORRUPT;
    }
    if (rc == 0) {
        rc = records_search(w, slice_of(bytes, got), ret);
    }
    free(bytes);
    return rc;
}

/* --- inside a segment -------------------------------------------------------------------------- */

/* Everything up to this offset is older than `t`; the segment's base when nothing is known. */
static log_offset_t older_until(struct plog *l, struct segment *s, const struct seg_times *t,
                                timestamp_ms_t at_least)
{
    char path[LOG_PATH_MAX];
    struct time_entry e;
    struct os_file *f = NULL;
    bool found;
    int rc;

    if (at_least <= 0) {
        return s->base;
    }
    os_lock_take(l->lock);
    found = seg_index_find_time(&s->index, at_least - 1, &e);
    os_lock_drop(l->lock);
    if (!found && t->has_index_file &&
        segment_path(path, sizeof(path), l->folder, s->base, SUFFIX_TIME_INDEX, "") == 0 &&
        os_file_open(plog_os(l), path, OS_READ, &f) == 0) {
        rc = seg_index_find_time_in_file(f, t->time_file_cnt, at_least - 1, &e);
        found = rc == 0;
        os_file_close(f);
    }
    return found ? s->base + e.rel_offset : s->base;
}

static int segment_search(struct plog *l, struct segment *s, const struct seg_times *t,
                          uint64_t end, struct wanted *w, struct plog_found *ret)
{
    struct os_file *f = NULL;
    struct entry_walk walk;
    struct entry e;
    uint64_t pos;
    int rc = segment_file(s, &f);

    if (rc == 0) {
        log_offset_t from = MAX_OF(older_until(l, s, t, w->at_least), w->from);

        rc = segment_find(s, f, end, from, &e, &pos);
    }
    if (rc == 0) {
        entry_walk_init(&walk, f, pos, end);
    }
    while (rc == 0) {
        rc = entry_walk_next(&walk, &e, &pos);
        if (rc == 0 && e.max_timestamp >= w->at_least) {
            rc = entry_search(w, f, pos, &e, ret);
            if (rc == 0) {
                break;
            }
            rc = rc == ERR_NOT_FOUND ? 0 : rc;
        }
    }
    log_file_put(f);
    return rc == ERR_TRUNCATED || rc == ERR_INVALID ? ERR_CORRUPT : rc;
}

/* --- the calls --------------------------------------------------------------------------------- */

int plog_offset_for_time(struct plog *l, timestamp_ms_t t, enum plog_bound bound,
                         struct plog_found *ret)
{
    struct plog_marks m;
    struct plog_view *v = plog_view_get(l, &m);
    const struct log_pos *limit = bound_of(&m, bound);
    struct wanted w = {.at_least = t, .from = m.start, .below = limit->offset};
    struct plog_found found = {LOG_OFFSET_NONE, TIMESTAMP_NONE, LEADER_EPOCH_NONE};
    int rc = ERR_NOT_FOUND;

    for (size_t i = 0; i < v->cnt && rc == ERR_NOT_FOUND; i++) {
        struct segment *s = v->segs[i];
        struct seg_times times = times_of(l, s);
        uint64_t end = segment_end(s, limit);

        if (times.max >= t && end > 0) {
            rc = segment_search(l, s, &times, end, &w, &found);
        }
    }
    plog_view_unref(v);
    codecs_free(w.codecs);
    if (rc == 0 || rc == ERR_NOT_FOUND) {
        *ret = found;
        rc = 0;
    }
    return rc;
}

/* The largest timestamp below `end` of the segment, from the heads. */
static int heads_max(struct segment *s, uint64_t end, struct seg_times *ret)
{
    struct os_file *f = NULL;
    struct entry_walk walk;
    struct entry e;
    uint64_t pos;
    int rc = segment_file(s, &f);

    ret->max = TIMESTAMP_NONE;
    if (rc == 0) {
        entry_walk_init(&walk, f, 0, end);
    }
    while (rc == 0) {
        rc = entry_walk_next(&walk, &e, &pos);
        if (rc == 0 && e.max_timestamp > ret->max) {
            ret->max = e.max_timestamp;
            ret->max_offset = e.last;
        }
    }
    log_file_put(f);
    return rc == ERR_NOT_FOUND ? 0 : rc == ERR_TRUNCATED || rc == ERR_INVALID ? ERR_CORRUPT : rc;
}

int plog_offset_of_max_time(struct plog *l, enum plog_bound bound, struct plog_found *ret)
{
    struct plog_marks m;
    struct plog_view *v = plog_view_get(l, &m);
    const struct log_pos *limit = bound_of(&m, bound);
    struct plog_found found = {LOG_OFFSET_NONE, TIMESTAMP_NONE, LEADER_EPOCH_NONE};
    struct seg_times best = {.max = TIMESTAMP_NONE};
    struct segment *best_seg = NULL;
    uint64_t best_end = 0;
    int rc = 0;

    for (size_t i = 0; i < v->cnt && rc == 0; i++) {
        struct segment *s = v->segs[i];
        struct seg_times times = times_of(l, s);
        uint64_t end = segment_end(s, limit);

        if (end == 0 || times.max <= best.max) {
            continue;
        }
        if (s->base == limit->segment && times.max_offset >= limit->offset) {
            rc = heads_max(s, end, &times);
        }
        if (rc == 0 && times.max > best.max) {
            best = times;
            best_seg = s;
            best_end = end;
        }
    }
    if (rc == 0 && best_seg != NULL) {
        struct wanted w = {.at_least = best.max, .from = m.start, .below = limit->offset};

        rc = segment_search(l, best_seg, &best, best_end, &w, &found);
        codecs_free(w.codecs);
    }
    plog_view_unref(v);
    if (rc == 0 || rc == ERR_NOT_FOUND) {
        *ret = found;
        rc = 0;
    }
    return rc;
}
