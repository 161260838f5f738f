/*
 * Making a log shorter: from the back (truncation), from the front (retention, delete-records), whole.
 *
 * Truncation. The recovery point on disk is lowered first, so that a crash on the way never finds less
 * than it was promised. Then the view and the marks are replaced, with one more truncation counted;
 * news of syncs from before is void from then on. Then the files: whole segments are renamed to
 * .deleted; the one that holds the cut is shortened where no reader holds it, otherwise what stays is
 * copied into a new file that takes its name, and the readers keep the old one. The cut is synced
 * before anything is appended behind it: bytes from before must not come back and stand there.
 *
 * The front. Segments are taken out of the view, renamed, and deleted after file.delete.delay.ms. The
 * start moves with them.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/chain.h"
#include "base/chk.h"
#include "log/plog_impl.h"

#define COPY_BYTES ((size_t)256 * 1024)

/* --- files ------------------------------------------------------------------------------------- */

/* Renames a segment's files so that they are deleted later, also by the next start. */
static int segment_rename_away(struct plog *l, const struct segment *s)
{
    static const char *const suffixes[] = {SUFFIX_LOG, SUFFIX_INDEX, SUFFIX_TIME_INDEX,
                                           SUFFIX_TXN_INDEX, SUFFIX_SNAPSHOT};
    char from[LOG_PATH_MAX];
    char to[LOG_PATH_MAX];
    int rc = 0;

    for (size_t i = 0; i < ARRAY_CNT(suffixes) && rc == 0; i++) {
        rc = segment_path(from, sizeof(from), l->folder, s->base, suffixes[i], "");
        if (rc == 0) {
            rc = segment_path(to, sizeof(to), l->folder, s->base, suffixes[i], SUFFIX_DELETED);
        }
        if (rc == 0) {
            rc = os_rename(plog_os(l), from, to);
            rc = rc == ERR_NOT_FOUND ? 0 : rc;
        }
    }
    return rc;
}

static int segment_delete(struct plog *l, struct segment *s, int64_t delay_ms)
{
    int rc;

    commit_forget(l->dir, s);
    rc = segment_rename_away(l, s);
    if (rc != 0) {
        return plog_fail(l, "rename a segment in", l->folder, rc);
    }
    trash_segment(l->dir, l->folder, s->base, delay_ms);
    return 0;
}

static int copy_bytes(struct os_file *from, struct os_file *to, uint64_t len)
{
    uint8_t *buf = malloc(COPY_BYTES);
    uint64_t pos = 0;
    int rc = buf == NULL ? ERR_NOMEM : 0;

    while (rc == 0 && pos < len) {
        size_t got = 0;

        rc = os_file_pread(from, pos, buf, (size_t)MIN_OF(len - pos, (uint64_t)COPY_BYTES), &got);
        if (rc == 0 && got == 0) {
            rc = ERR_TRUNCATED;
        }
        if (rc == 0) {
            rc = os_file_pwrite(to, pos, slice_of(buf, got));
        }
        pos += got;
    }
    free(buf);
    return rc;
}

/* The first `len` bytes of the segment's file become a new file with its name. */
static int file_replace_by_copy(struct plog *l, const struct segment *s, struct os_file *f,
                                uint64_t len)
{
    char path[LOG_PATH_MAX];
    char copy[LOG_PATH_MAX];
    struct os_file *to = NULL;
    int rc = segment_path(path, sizeof(path), l->folder, s->base, SUFFIX_LOG, "");

    if (rc == 0) {
        rc = segment_path(copy, sizeof(copy), l->folder, s->base, SUFFIX_LOG, SUFFIX_CLEANED);
    }
    if (rc == 0) {
        rc = os_file_open(plog_os(l), copy, OS_WRITE | OS_CREATE | OS_TRUNC, &to);
    }
    if (rc == 0) {
        rc = copy_bytes(f, to, len);
    }
    if (rc == 0) {
        rc = os_file_sync(to);
    }
    os_file_close(to);
    if (rc == 0) {
        rc = os_rename(plog_os(l), copy, path);
    }
    return rc != 0 ? rc : os_dir_sync(plog_os(l), l->folder);
}

/* Shortens the file of `old`, whose bytes readers may still be sending. */
static int file_cut(struct plog *l, struct segment *old, uint64_t len)
{
    struct os_file *f = NULL;
    int rc = segment_file(old, &f);
    bool is_shared;

    if (rc != 0) {
        return rc;
    }
    commit_forget(l->dir, old);
    /* The new view is published: nobody comes to hold it through the old object any more. */
    is_shared = log_files_is_shared(plog_files(l), &old->file, f);
    log_files_drop(plog_files(l), &old->file);
    if (is_shared) {
        rc = file_replace_by_copy(l, old, f, len);
    } else {
        rc = os_file_truncate(f, len);
        if (rc == 0) {
            rc = os_file_sync(f);
        }
    }
    log_file_put(f);
    return rc;
}

/* --- the back ---------------------------------------------------------------------------------- */

/* What stays of a segment's index. What the files have beyond is cut when they are written next. */
static int index_keep(struct segment *to, struct segment *from, uint64_t len, log_offset_t end)
{
    char path[LOG_PATH_MAX];
    struct os_file *f = NULL;
    uint32_t rel_end = (uint32_t)(end - from->base);
    const struct seg_index *x = &from->index;
    int rc = 0;

    to->index.is_on_disk = x->is_on_disk;
    if (x->is_on_disk) {
        bool exact;

        rc = segment_path(path, sizeof(path), from->log->folder, from->base, SUFFIX_INDEX, "");
        if (rc == 0 && os_file_open(plog_os(from->log), path, OS_READ, &f) == 0) {
            rc = seg_index_check_file(f, len, &to->index.offset_file_cnt, &exact);
            to->index.offset_file_cnt = MIN_OF(to->index.offset_file_cnt, x->offset_file_cnt);
            os_file_close(f);
        }
        /* The time entries are found again by the walk below: they are few and small. */
    }
    for (uint32_t i = 0; i < x->offset_cnt && rc == 0 && x->offsets[i].pos < len; i++) {
        rc = seg_index_prepare(&to->index);
        if (rc == 0 && x->offsets[i].rel_offset < rel_end) {
            seg_index_add(&to->index, x->offsets[i]);
        }
    }
    return rc;
}

/* Reads the heads of what stays: timestamps, and what the next index entry needs to know. */
static int heads_reread(struct plog *l, struct segment *s, struct os_file *f, uint64_t len)
{
    struct entry_walk w;
    struct entry e;
    uint64_t pos;
    uint64_t indexed = 0;
    int rc;

    l->bytes_since_index = 0;
    entry_walk_init(&w, f, 0, len);
    for (;;) {
        rc = entry_walk_next(&w, &e, &pos);
        if (rc != 0) {
            break;
        }
        if (pos == 0) {
            s->first_timestamp = e.max_timestamp;
        }
        if (e.max_timestamp > s->max_timestamp) {
            s->max_timestamp = e.max_timestamp;
            s->max_timestamp_offset = e.last;
        }
        if (pos - indexed > (uint64_t)l->cfg.index_interval_bytes) {
            rc = seg_index_prepare(&s->index);
            if (rc != 0) {
                break;
            }
            if (s->max_timestamp != TIMESTAMP_NONE) {
                seg_index_add_time(
                    &s->index, (struct time_entry){
                                   .timestamp = s->max_timestamp,
                                   .rel_offset = (uint32_t)(s->max_timestamp_offset - s->base)});
            }
            indexed = pos;
        }
        l->bytes_since_index = (uint32_t)(w.pos - indexed);
    }
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* A segment object that is `old` up to `len`. */
static int segment_shortened(struct plog *l, struct segment *old, uint64_t len, log_offset_t end,
                             struct segment **ret)
{
    struct segment *s = segment_new(l, old->base);
    struct os_file *f = NULL;
    int rc = s == NULL ? ERR_NOMEM : 0;

    if (rc == 0) {
        s->size_bytes = len;
        s->created_ms = old->created_ms;
        os_lock_take(l->dir->lock);
        s->names_unsynced = old->names_unsynced;
        os_lock_drop(l->dir->lock);
        rc = index_keep(s, old, len, end);
    }
    if (rc == 0) {
        rc = segment_file(old, &f);
    }
    if (rc == 0) {
        rc = heads_reread(l, s, f, len);
    }
    log_file_put(f);
    if (rc != 0) {
        segment_unref(s);
        return rc;
    }
    *ret = s;
    return 0;
}

static void mark_lower(struct log_pos *mark, const struct log_pos *end)
{
    if (mark->offset > end->offset) {
        *mark = *end;
    }
}

/* From here on what rounds report about bytes before the cut does not count. */
static void syncs_void(struct plog *l, uint32_t cut, const struct log_pos *end)
{
    os_lock_take(l->dir->lock);
    l->synced_cut = cut;
    mark_lower(&l->synced, end);
    os_lock_drop(l->dir->lock);
}

/* The log ends at `end` in segment idx from now on. */
static int cut_at(struct plog *l, size_t idx, const struct log_pos *end)
{
    struct plog_view *old = l->view;
    struct segment *kept = NULL;
    struct epochs *epochs = NULL;
    struct plog_view *v = NULL;
    struct os_file *f = NULL;
    struct segment **segs = malloc((idx + 1) * sizeof(struct segment *));
    int rc = segs == NULL ? ERR_NOMEM : 0;

    ASSERT(idx < old->cnt);
    ref_get(&old->ref);
    if (rc == 0) {
        rc = segment_shortened(l, old->segs[idx], end->pos, end->offset, &kept);
    }
    if (rc == 0) {
        memcpy(segs, old->segs, idx * sizeof(struct segment *));
        segs[idx] = kept;
        epochs = epochs_cut(old->epochs, MIN_OF(l->m.start, end->offset), end->offset);
        v = epochs == NULL ? NULL : plog_view_new(segs, idx + 1, epochs, old->cut + 1);
        rc = v == NULL ? ERR_NOMEM : 0;
        if (v == NULL) {
            epochs_unref(epochs);
        }
    }
    if (rc == 0) {
        l->m.end = *end;
        mark_lower(&l->m.hw, end);
        mark_lower(&l->m.lso, end);
        l->m.durable = MIN_OF(l->m.durable, end->offset);
        l->m.start = MIN_OF(l->m.start, end->offset);
        syncs_void(l, v->cut, end);
        plog_view_set(l, v);
        l->reserved_to = 0;
        l->is_touched = true;
        os_lock_take(l->dir->lock);
        l->epochs_unsaved = true;
        os_lock_drop(l->dir->lock);
        for (size_t i = old->cnt; i-- > idx + 1 && rc == 0;) {
            rc = segment_delete(l, old->segs[i], 0);
        }
        if (rc == 0) {
            rc = file_cut(l, old->segs[idx], end->pos);
        }
        /* A reader may have opened the old file through the new object meanwhile. */
        log_files_drop(plog_files(l), &kept->file);
        if (rc == 0) {
            rc = segment_write_index(kept);
        }
        if (rc == 0) {
            rc = segment_file(kept, &f);
        }
        if (rc == 0) {
            commit_mark(l->dir, kept, f, end, l->view->cut, 0);
        } else if (rc != ERR_OFFLINE) {
            rc = plog_fail(l, "cut a segment in", l->folder, rc);
        }
        log_file_put(f);
        log_dir_changed(l->dir);
    }
    segment_unref(kept);
    plog_view_unref(old);
    free(segs);
    return rc;
}

int plog_append_undo(struct plog *l, const struct plog_marks *before, int err)
{
    struct segment *s = plog_active(l);
    struct os_file *f = NULL;
    size_t idx = 0;
    int rc;

    if (err == ERR_IO || err == ERR_OFFLINE || s == NULL) {
        return err;
    }
    if (err == ERR_MFILE && l->m.end.offset == before->end.offset) {
        return err; /* nothing was written: there was not even a file */
    }
    if (l->m.end.offset == before->end.offset) {
        /* Nothing entered the books; only a part of a write may stand behind the end. */
        uint64_t size = 0;

        rc = segment_file(s, &f);
        if (rc == 0) {
            rc = os_file_size(f, &size);
        }
        if (rc == 0 && size > s->size_bytes) {
            rc = os_file_truncate(f, s->size_bytes);
            rc = rc == 0 ? os_file_sync(f) : rc;
            l->reserved_to = 0;
        }
        log_file_put(f);
        return rc != 0 ? plog_fail(l, "undo a write to", l->folder, rc) : err;
    }
    while (idx + 1 < l->view->cnt && l->view->segs[idx]->base != before->end.segment) {
        idx++;
    }
    if (l->view->segs[idx]->base != before->end.segment) {
        idx = 0; /* there was no file before */
    }
    rc = cut_at(l, idx,
                &(struct log_pos){.offset = before->end.offset,
                                  .segment = l->view->segs[idx]->base,
                                  .pos = before->end.pos});
    return rc == ERR_NOMEM ? plog_fail(l, "undo a write to", l->folder, rc) : rc != 0 ? rc : err;
}

/* Lowers the recovery point on disk to `end`, where it is above. Blocks. */
static int recovery_point_lower(struct plog *l, const struct log_pos *end, bool always)
{
    struct log_dir *d = l->dir;
    int rc = 0;

    os_lock_take(d->checkpoint_lock);
    syncs_void(l, l->view->cut + 1, end);
    if (always || l->checkpointed > end->offset) {
        rc = checkpoints_write_locked(d);
    }
    os_lock_drop(d->checkpoint_lock);
    return rc;
}

/* Where the log ends when it is cut at `offset`: the segment, and the place in it. */
static int cut_find(struct plog *l, log_offset_t offset, size_t *ret_idx, struct log_pos *ret_end)
{
    struct log_pos at;
    size_t idx = l->view->cnt - 1;
    int rc = plog_locate(l, offset, &at);

    if (rc != 0) {
        return rc;
    }
    while (idx > 0 && l->view->segs[idx]->base > at.segment) {
        idx--;
    }
    if (at.pos < l->view->segs[idx]->size_bytes) {
        struct os_file *f = NULL;
        struct entry_walk w;
        struct entry e;
        uint64_t pos;

        rc = segment_file(l->view->segs[idx], &f);
        if (rc == 0) {
            entry_walk_init(&w, f, at.pos, l->view->segs[idx]->size_bytes);
            rc = entry_walk_next(&w, &e, &pos);
        }
        log_file_put(f);
        if (rc == 0 && e.magic == 2) {
            offset = MIN_OF(offset, e.base);
        }
    }
    *ret_idx = idx;
    *ret_end =
        (struct log_pos){.offset = offset, .segment = l->view->segs[idx]->base, .pos = at.pos};
    return rc;
}

int plog_truncate_to(struct plog *l, log_offset_t offset)
{
    struct log_pos end;
    size_t idx;
    int rc = plog_check_writable(l);

    ASSERT(offset >= 0);
    if (rc != 0 || offset >= l->m.end.offset) {
        return rc;
    }
    if (offset < l->m.start || l->view->cnt == 0) {
        return plog_reset_to(l, offset);
    }
    rc = cut_find(l, offset, &idx, &end);
    if (rc == 0) {
        rc = recovery_point_lower(l, &end, false);
    }
    if (rc == 0) {
        rc = cut_at(l, idx, &end);
    }
    ASSERT(rc != 0 || l->m.end.offset <= offset);
    return rc;
}

int plog_reset_to(struct plog *l, log_offset_t offset)
{
    const struct log_pos end = {.offset = offset, .segment = offset, .pos = 0};
    struct plog_view *old = l->view;
    struct epochs *none = NULL;
    struct plog_view *v = NULL;
    int rc = plog_check_writable(l);

    ASSERT(offset >= 0);
    if (rc == 0) {
        rc = recovery_point_lower(l, &end, true);
    }
    if (rc != 0) {
        return rc;
    }
    none = epochs_new(NULL, 0);
    v = none == NULL ? NULL : plog_view_new(NULL, 0, none, old->cut + 1);
    if (v == NULL) {
        epochs_unref(none);
        return ERR_NOMEM;
    }
    ref_get(&old->ref);
    l->m =
        (struct plog_marks){.start = offset, .hw = end, .lso = end, .end = end, .durable = offset};
    os_lock_take(l->dir->lock);
    l->synced = end;
    l->synced_cut = v->cut;
    l->epochs_unsaved = true;
    os_lock_drop(l->dir->lock);
    l->lso_is_own = false;
    l->reserved_to = 0;
    plog_view_set(l, v);
    for (size_t i = old->cnt; i-- > 0 && rc == 0;) {
        rc = segment_delete(l, old->segs[i], 0);
    }
    plog_view_unref(old);
    if (rc == 0) {
        rc = plog_segment_add(l, offset);
    }
    log_dir_changed(l->dir);
    ASSERT(rc != 0 || l->m.end.offset == offset);
    return rc;
}

/* --- the front --------------------------------------------------------------------------------- */

int plog_drop_front(struct plog *l, size_t cnt, int64_t delay_ms)
{
    struct plog_view *old = l->view;
    struct epochs *epochs;
    struct plog_view *v;
    int rc = 0;

    ASSERT(cnt < old->cnt);
    l->m.start = MAX_OF(l->m.start, old->segs[cnt]->base);
    ASSERT(l->m.start <= l->m.hw.offset);
    epochs = epochs_cut(old->epochs, l->m.start, MAX_OF(l->m.end.offset, l->m.start + 1));
    v = epochs == NULL ? NULL : plog_view_new(old->segs + cnt, old->cnt - cnt, epochs, old->cut);
    if (v == NULL) {
        epochs_unref(epochs);
        return ERR_NOMEM;
    }
    ref_get(&old->ref);
    plog_view_set(l, v);
    os_lock_take(l->dir->lock);
    l->epochs_unsaved = true;
    os_lock_drop(l->dir->lock);
    for (size_t i = 0; i < cnt && rc == 0; i++) {
        rc = segment_delete(l, old->segs[i], delay_ms);
    }
    plog_view_unref(old);
    log_dir_changed(l->dir);
    return rc;
}

static size_t segments_below(const struct plog *l, log_offset_t start)
{
    size_t cnt = 0;

    while (cnt + 1 < l->view->cnt && l->view->segs[cnt + 1]->base <= start) {
        cnt++;
    }
    return cnt;
}

int plog_delete_records_to(struct plog *l, log_offset_t offset)
{
    size_t cnt;
    int rc = plog_check_writable(l);

    if (rc != 0) {
        return rc;
    }
    if (offset > l->m.hw.offset) {
        return ERR_RANGE;
    }
    if (offset <= l->m.start) {
        return 0;
    }
    l->m.start = offset;
    if (l->m.lso.offset < offset) {
        l->m.lso = l->m.hw;
        l->lso_is_own = false;
    }
    os_lock_take(l->lock);
    plog_publish_marks(l);
    os_lock_drop(l->lock);
    log_dir_changed(l->dir);
    cnt = segments_below(l, offset);
    rc = cnt > 0 ? plog_drop_front(l, cnt, l->cfg.file_delete_delay_ms) : 0;
    ASSERT(l->m.start >= offset);
    return rc;
}

/* The largest timestamp of a segment, or when its file was last written where records have none. */
static timestamp_ms_t segment_age_base(struct plog *l, const struct segment *s)
{
    char path[LOG_PATH_MAX];
    struct os_stat st;

    if (s->max_timestamp >= 0) {
        return s->max_timestamp;
    }
    if (segment_path(path, sizeof(path), l->folder, s->base, SUFFIX_LOG, "") != 0 ||
        os_stat(plog_os(l), path, &st) != 0) {
        return INT64_MAX;
    }
    return st.mtime_ms;
}

static bool is_expired(struct plog *l, const struct segment *s, timestamp_ms_t now_ms)
{
    timestamp_ms_t base;

    if (l->cfg.retention_ms < 0) {
        return false;
    }
    base = segment_age_base(l, s);
    return base < now_ms && now_ms - base > l->cfg.retention_ms;
}

int plog_retention(struct plog *l, timestamp_ms_t now_ms, size_t *ret_cnt)
{
    uint64_t size = plog_size_bytes(l);
    size_t cnt = 0;
    int rc = plog_check_writable(l);

    *ret_cnt = 0;
    if (rc != 0 || l->view->cnt == 0) {
        return rc;
    }
    for (; cnt < l->view->cnt; cnt++) {
        const struct segment *s = l->view->segs[cnt];
        bool is_active = cnt + 1 == l->view->cnt;
        log_offset_t next = is_active ? l->m.end.offset : l->view->segs[cnt + 1]->base;
        bool too_big =
            l->cfg.retention_bytes >= 0 && size - s->size_bytes >= (uint64_t)l->cfg.retention_bytes;

        if (next > l->m.hw.offset || (is_active && s->size_bytes == 0)) {
            break;
        }
        if (next > l->m.start && !(l->cfg.is_deleting && (too_big || is_expired(l, s, now_ms)))) {
            break;
        }
        size -= s->size_bytes;
    }
    if (cnt == l->view->cnt) {
        rc = plog_roll(l);
    }
    if (rc == 0 && cnt > 0) {
        rc = plog_drop_front(l, cnt, l->cfg.file_delete_delay_ms);
    }
    if (rc == 0) {
        *ret_cnt = cnt;
    }
    return rc;
}

int plog_remove(struct plog *l)
{
    int rc = 0;

    if (!flag_raise(&l->removed)) {
        return 0;
    }
    for (size_t i = 0; i < l->view->cnt; i++) {
        commit_forget(l->dir, l->view->segs[i]);
    }
    log_dir_detach(l->dir, l, true);
    if (l->has_folder) {
        rc = log_dir_rename_away(l->dir, l->folder, plog_topic(l), l->partition, true);
    }
    log_dir_changed(l->dir);
    return rc != 0 ? plog_fail(l, "rename", l->folder, rc) : 0;
}
