/*
 * Reading: from an offset to one range of one file.
 *
 * A reader takes the view and the marks together, finds the segment by its base, the place by the
 * index and a short walk over entry heads, and appends the file range up to the bound, the segment's
 * end or max_bytes to its chain; the bytes themselves are not touched. A reader that follows the log
 * has its place in a cursor and skips the search.
 *
 * A truncation may happen between the look at the view and the look at the file. The number of
 * truncations is therefore compared again once the file is held: from then on a truncation sees the
 * reader's reference and leaves it the old bytes.
 */
#include "base/assert.h"
#include "base/chk.h"
#include "log/plog_impl.h"

#define TRIES_MAX 64u

/* Where a read stands in a view. */
struct place {
    size_t idx; /* of the segment */
    uint64_t pos;
    uint64_t end;       /* of the segment, or of the bound in it */
    uint64_t first_len; /* of the entry at pos; 0: not looked at */
    log_offset_t first_base;
    struct os_file *file; /* a reference */
};

/* Index of the last segment with base ≤ offset. There is one: start ≤ offset. */
static size_t view_find(const struct plog_view *v, log_offset_t offset)
{
    size_t low = 0;
    size_t high = v->cnt;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (v->segs[mid]->base <= offset) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low == 0 ? 0 : low - 1;
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

/* How far segment `s` may be read under this bound. */
static uint64_t segment_end(const struct segment *s, const struct log_pos *bound)
{
    return s->base < bound->segment ? s->size_bytes : s->base == bound->segment ? bound->pos : 0;
}

/* Holds the file of v->segs[idx], sure that it is the one this view means. */
static int place_open(struct plog *l, const struct plog_view *v, struct place *p)
{
    bool is_same;
    int rc = segment_file(v->segs[p->idx], &p->file);

    os_lock_take(l->lock);
    is_same = l->view->cut == v->cut;
    if (rc == ERR_NOT_FOUND) { /* the file was renamed away: by retention, perhaps */
        is_same = l->view == v;
    }
    os_lock_drop(l->lock);
    if (rc == 0 && is_same) {
        return 0;
    }
    log_file_put(p->file);
    p->file = NULL;
    return !is_same || rc == 0 ? ERR_AGAIN : rc == ERR_NOT_FOUND ? ERR_IO : rc;
}

/* From the cursor, where it fits. */
static bool place_from_cursor(const struct plog_view *v, const struct plog_cursor *c,
                              log_offset_t offset, const struct log_pos *bound, struct place *p)
{
    if (c == NULL || !c->is_set || c->cut != v->cut || c->pos.offset != offset) {
        return false;
    }
    p->idx = view_find(v, c->pos.segment);
    if (v->segs[p->idx]->base != c->pos.segment) {
        return false;
    }
    p->pos = c->pos.pos;
    p->end = segment_end(v->segs[p->idx], bound);
    if (p->pos >= p->end && p->idx + 1 < v->cnt && v->segs[p->idx]->base < bound->segment) {
        p->idx++; /* rolled since */
        p->pos = 0;
        p->end = segment_end(v->segs[p->idx], bound);
    }
    return p->pos < p->end;
}

/* By index and walk. Leaves p->file NULL where nothing is below the bound. */
static int place_search(struct plog *l, const struct plog_view *v, log_offset_t offset,
                        const struct log_pos *bound, struct place *p)
{
    for (p->idx = view_find(v, offset); p->idx < v->cnt; p->idx++) {
        struct entry e;
        int rc;

        p->end = segment_end(v->segs[p->idx], bound);
        if (p->end == 0) {
            if (v->segs[p->idx]->base >= bound->segment) {
                return 0;
            }
            continue;
        }
        rc = place_open(l, v, p);
        if (rc == 0) {
            rc = segment_find(v->segs[p->idx], p->file, p->end, offset, &e, &p->pos);
        }
        if (rc == 0) {
            p->first_len = e.len_bytes;
            p->first_base = e.base;
            return 0;
        }
        log_file_put(p->file);
        p->file = NULL;
        if (rc == ERR_INVALID || rc == ERR_TRUNCATED) {
            return ERR_CORRUPT;
        }
        if (rc != ERR_NOT_FOUND) {
            return rc;
        }
    }
    return 0;
}

/* The length of the entry at the place. */
static int first_len_read(struct place *p)
{
    struct entry_walk w;
    struct entry e;
    uint64_t pos;
    int rc;

    entry_walk_init(&w, p->file, p->pos, p->end);
    rc = entry_walk_next(&w, &e, &pos);
    if (rc == 0) {
        p->first_len = e.len_bytes;
    }
    return rc == ERR_INVALID || rc == ERR_TRUNCATED || rc == ERR_NOT_FOUND ? ERR_CORRUPT : rc;
}

static void cursor_set(struct plog_cursor *c, const struct plog_view *v, const struct place *p,
                       uint64_t end, const struct log_pos *bound)
{
    if (c == NULL) {
        return;
    }
    c->cut = v->cut;
    c->is_set = true;
    if (end == bound->pos && v->segs[p->idx]->base == bound->segment) {
        c->pos = *bound;
    } else if (end == p->end && p->idx + 1 < v->cnt) {
        log_offset_t next = v->segs[p->idx + 1]->base;

        c->pos = (struct log_pos){.offset = next, .segment = next, .pos = 0};
    } else {
        c->is_set = false;
    }
}

static int range_append(const struct plog_view *v, const struct plog_read *read, struct place *p,
                        const struct log_pos *bound, struct chain *out, struct plog_read_info *info)
{
    uint64_t left = p->end - p->pos;
    uint64_t len = left;
    int rc = 0;

    if (left > read->max_bytes) {
        if (p->first_len == 0) {
            rc = first_len_read(p);
        }
        if (rc != 0) {
            return rc;
        }
        len = read->max_bytes;
        if (p->first_len > len) {
            len = read->at_least_one ? MIN_OF(p->first_len, left) : 0;
        }
    }
    if (len == 0) {
        return 0;
    }
    rc = chain_append_file(out, os_file_as_ref(p->file), p->pos, (size_t)len);
    if (rc != 0) {
        return rc;
    }
    info->len_bytes = (size_t)len;
    info->file = os_file_as_ref(p->file);
    info->pos = p->pos;
    info->at_bound = p->pos + len == bound->pos && v->segs[p->idx]->base == bound->segment;
    cursor_set(read->cursor, v, p, p->pos + len, bound);
    return 0;
}

static int read_view(struct plog *l, const struct plog_view *v, const struct plog_read *read,
                     struct chain *out, struct plog_read_info *info)
{
    const struct log_pos *bound = bound_of(&info->marks, read->bound);
    struct place p = {0};
    int rc;

    if (read->offset < info->marks.start || read->offset > info->marks.end.offset) {
        return ERR_RANGE;
    }
    if (read->offset >= bound->offset || v->cnt == 0) {
        info->at_bound = true;
        return 0;
    }
    if (place_from_cursor(v, read->cursor, read->offset, bound, &p)) {
        rc = place_open(l, v, &p);
    } else {
        rc = place_search(l, v, read->offset, bound, &p);
    }
    if (rc == 0 && p.file != NULL) {
        rc = range_append(v, read, &p, bound, out, info);
    } else if (rc == 0) {
        info->at_bound = true;
    }
    log_file_put(p.file);
    return rc;
}

int plog_read(struct plog *l, const struct plog_read *read, struct chain *out,
              struct plog_read_info *ret_info)
{
    int rc = ERR_AGAIN;

    ASSERT(out != NULL);
    for (unsigned i = 0; i < TRIES_MAX && rc == ERR_AGAIN; i++) {
        struct plog_view *v;

        *ret_info = (struct plog_read_info){0};
        v = plog_view_get(l, &ret_info->marks);
        rc = flag_get(&l->removed) ? ERR_STOPPED : read_view(l, v, read, out, ret_info);
        plog_view_unref(v);
    }
    if (flag_get(&l->removed) && (rc == ERR_IO || rc == ERR_AGAIN)) {
        rc = ERR_STOPPED;
    }
    ASSERT(rc == 0 || ret_info->len_bytes == 0);
    return rc == ERR_AGAIN ? ERR_IO : rc;
}

int plog_locate(struct plog *l, log_offset_t offset, struct log_pos *ret_pos)
{
    struct log_pos found = {0};
    int rc = ERR_AGAIN;

    for (unsigned i = 0; i < TRIES_MAX && rc == ERR_AGAIN; i++) {
        struct plog_marks m;
        struct plog_view *v = plog_view_get(l, &m);
        struct place p = {0};

        if (offset < m.start || offset > m.end.offset) {
            rc = ERR_RANGE;
        } else if (offset == m.end.offset || v->cnt == 0) {
            found = m.end;
            rc = 0;
        } else {
            rc = place_search(l, v, offset, &m.end, &p);
            found = m.end;
            if (rc == 0 && p.file != NULL) {
                found = (struct log_pos){
                    .offset = offset, .segment = v->segs[p.idx]->base, .pos = p.pos};
            }
            log_file_put(p.file);
        }
        plog_view_unref(v);
    }
    if (rc == 0) {
        *ret_pos = found;
    }
    return rc == ERR_AGAIN ? ERR_IO : rc;
}

/* --- epochs, earliest, latest ------------------------------------------------------------------ */

/* Index of the last entry with start ≤ offset, or cnt when there is none. */
static size_t epoch_find(const struct epochs *e, log_offset_t offset)
{
    size_t at = e->cnt;

    for (size_t i = 0; i < e->cnt && e->entries[i].start <= offset; i++) {
        at = i;
    }
    return at;
}

static leader_epoch_t epoch_at(const struct plog_view *v, log_offset_t offset)
{
    size_t at = epoch_find(v->epochs, offset);

    return at == v->epochs->cnt ? LEADER_EPOCH_NONE : v->epochs->entries[at].epoch;
}

leader_epoch_t plog_epoch_at(struct plog *l, log_offset_t offset)
{
    struct plog_marks m;
    struct plog_view *v = plog_view_get(l, &m);
    leader_epoch_t epoch = epoch_at(v, offset);

    plog_view_unref(v);
    return epoch;
}

void plog_earliest(struct plog *l, struct plog_found *ret)
{
    struct plog_marks m;
    struct plog_view *v = plog_view_get(l, &m);

    *ret = (struct plog_found){
        .offset = m.start, .timestamp = TIMESTAMP_NONE, .epoch = epoch_at(v, m.start)};
    plog_view_unref(v);
}

void plog_latest(struct plog *l, enum plog_bound bound, struct plog_found *ret)
{
    struct plog_marks m;
    struct plog_view *v = plog_view_get(l, &m);
    const struct epochs *e = v->epochs;

    /* The newest epoch, also where it has not written yet: it is the one that answers. */
    *ret = (struct plog_found){
        .offset = bound_of(&m, bound)->offset,
        .timestamp = TIMESTAMP_NONE,
        .epoch = e->cnt == 0 ? LEADER_EPOCH_NONE : e->entries[e->cnt - 1].epoch,
    };
    plog_view_unref(v);
}

void plog_epoch_end(struct plog *l, leader_epoch_t epoch, leader_epoch_t *ret_epoch,
                    log_offset_t *ret_end)
{
    struct plog_marks m;
    struct plog_view *v = plog_view_get(l, &m);
    const struct epochs *e = v->epochs;
    size_t above = 0;

    while (above < e->cnt && e->entries[above].epoch <= epoch) {
        above++;
    }
    if (e->cnt == 0 || epoch < 0) {
        *ret_epoch = LEADER_EPOCH_NONE;
        *ret_end = LOG_OFFSET_NONE;
    } else {
        *ret_epoch = above == 0 ? epoch : e->entries[above - 1].epoch;
        *ret_end = above == e->cnt ? m.end.offset : e->entries[above].start;
    }
    plog_view_unref(v);
}
