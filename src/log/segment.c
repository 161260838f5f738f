/*
 * A .log file is entries one behind the other, nothing else: no head, no foot, no padding.
 *
 *     0                 pos                                     size_bytes
 *     | batch | batch | batch | ... | batch |  <- appends go here
 *
 * Valid: every entry is whole, its checksum matches, offsets grow from entry to entry (gaps are legal:
 * compaction leaves them), none is below the base nor more than 2^31 - 1 above it. A file may be
 * allocated beyond its size; the size is where the entries end.
 *
 * Finding an offset: the index entry at or below it gives a place; from there the heads are walked.
 * An index entry that no entry of the log agrees with is passed over, and the walk begins at 0.
 */
#include "log/segment.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/chain.h"
#include "base/chk.h"
#include "log/names.h"
#include "log/plog_impl.h"

struct segment *segment_new(struct plog *l, log_offset_t base)
{
    struct segment *s = calloc(1, sizeof(*s));

    ASSERT(base >= 0);
    if (s != NULL) {
        ref_init(&s->ref);
        s->log = l;
        s->base = base;
        s->max_timestamp = TIMESTAMP_NONE;
        s->max_timestamp_offset = base;
        s->first_timestamp = TIMESTAMP_NONE;
        seg_index_init(&s->index);
    }
    return s;
}

struct segment *segment_ref(struct segment *s)
{
    ref_get(&s->ref);
    return s;
}

void segment_unref(struct segment *s)
{
    if (s == NULL || !ref_put(&s->ref)) {
        return;
    }
    ASSERT(s->dirt == SEGMENT_CLEAN);
    ASSERT(s->dirty_file == NULL);
    log_files_drop(plog_files(s->log), &s->file);
    seg_index_release(&s->index);
    free(s->window);
    free(s);
}

int segment_file(struct segment *s, struct os_file **ret_file)
{
    char path[LOG_PATH_MAX];
    int rc = segment_path(path, sizeof(path), s->log->folder, s->base, SUFFIX_LOG, "");

    return rc != 0 ? rc : log_files_get(plog_files(s->log), &s->file, path, ret_file);
}

/* --- walking ----------------------------------------------------------------------------------- */

void entry_walk_init(struct entry_walk *w, struct os_file *f, uint64_t pos, uint64_t end)
{
    ASSERT(f != NULL);
    w->file = f;
    w->pos = pos;
    w->end = end;
    w->buf_pos = 0;
    w->buf_len = 0;
}

/* Makes the bytes of a head at w->pos, or as many as there are, stand in the buffer. */
static int walk_fill(struct entry_walk *w, struct slice *ret_head)
{
    uint64_t left = w->end - w->pos;
    size_t want = (size_t)MIN_OF(left, (uint64_t)ENTRY_HEAD_LEN);

    if (w->pos < w->buf_pos || w->pos + want > w->buf_pos + w->buf_len) {
        size_t len = 0;
        int rc = os_file_pread(w->file, w->pos, w->buf, (size_t)MIN_OF(left, sizeof(w->buf)), &len);

        if (rc != 0) {
            return rc;
        }
        w->buf_pos = w->pos;
        w->buf_len = len;
    }
    *ret_head = slice_of(w->buf + (w->pos - w->buf_pos),
                         (size_t)MIN_OF((uint64_t)want, w->buf_pos + w->buf_len - w->pos));
    return 0;
}

int entry_walk_next(struct entry_walk *w, struct entry *ret, uint64_t *ret_pos)
{
    struct slice head;
    struct entry e;
    int rc;

    ASSERT(w->pos <= w->end);
    if (w->pos == w->end) {
        return ERR_NOT_FOUND;
    }
    rc = walk_fill(w, &head);
    if (rc == 0) {
        rc = entry_peek(head, &e);
    }
    if (rc != 0) {
        return rc;
    }
    if (e.len_bytes > w->end - w->pos) {
        return ERR_TRUNCATED;
    }
    *ret = e;
    *ret_pos = w->pos;
    w->pos += e.len_bytes;
    return 0;
}

/* --- finding ----------------------------------------------------------------------------------- */

/* Looks into the index file, and keeps what stands around the place. */
static bool index_file_hint(struct segment *s, uint32_t rel, uint32_t file_cnt,
                            struct offset_entry *ret)
{
    char path[LOG_PATH_MAX];
    struct os_file *f = NULL;
    struct index_window *w = malloc(sizeof(*w));
    struct index_window *old;
    bool found = false;

    if (w != NULL &&
        segment_path(path, sizeof(path), s->log->folder, s->base, SUFFIX_INDEX, "") == 0 &&
        os_file_open(plog_os(s->log), path, OS_READ, &f) == 0) {
        found = index_window_read(f, file_cnt, rel, w) == 0;
        os_file_close(f);
    }
    if (!found) {
        free(w); /* without it the search is only slower */
        return false;
    }
    *ret = w->entries[0];
    os_lock_take(s->log->lock);
    old = s->window;
    s->window = w;
    os_lock_drop(s->log->lock);
    free(old);
    return true;
}

/* What the index says about `offset`; false: nothing. */
static bool index_hint(struct segment *s, uint32_t rel, struct offset_entry *ret)
{
    uint32_t file_cnt;
    bool found;

    os_lock_take(s->log->lock);
    found = seg_index_find(&s->index, rel, ret);
    file_cnt = s->index.is_on_disk ? s->index.offset_file_cnt : 0;
    if (!found && file_cnt > 0 && s->window != NULL) {
        found = index_window_find(s->window, file_cnt, rel, ret);
    }
    os_lock_drop(s->log->lock);
    return found || (file_cnt > 0 && index_file_hint(s, rel, file_cnt, ret));
}

static int find_from(struct segment *s, struct os_file *f, uint64_t pos, uint64_t end,
                     log_offset_t offset, struct entry *ret, uint64_t *ret_pos)
{
    struct entry_walk w;
    int rc;

    entry_walk_init(&w, f, pos, end);
    do {
        rc = entry_walk_next(&w, ret, ret_pos);
        if (rc == 0 && ret->last < s->base) {
            rc = ERR_INVALID;
        }
    } while (rc == 0 && ret->last < offset);
    return rc;
}

int segment_find(struct segment *s, struct os_file *f, uint64_t end, log_offset_t offset,
                 struct entry *ret, uint64_t *ret_pos)
{
    struct offset_entry hint;
    struct entry e;
    uint64_t pos;
    int rc;

    ASSERT(f != NULL);
    if (offset > s->base &&
        index_hint(s, (uint32_t)MIN_OF(offset - s->base, (log_offset_t)INT32_MAX), &hint) &&
        hint.pos < end) {
        rc = find_from(s, f, hint.pos, end, offset, &e, &pos);
        /* The entry at the hinted place must not begin above what the hint promised. */
        if (rc == 0 && (pos != hint.pos || e.base <= offset)) {
            *ret = e;
            *ret_pos = pos;
            return 0;
        }
        if (rc == ERR_NOMEM || rc == ERR_IO || rc == ERR_NOT_FOUND) {
            return rc;
        }
    }
    rc = find_from(s, f, 0, end, offset, &e, &pos);
    if (rc == 0) {
        *ret = e;
        *ret_pos = pos;
    }
    return rc;
}

/* --- index files ------------------------------------------------------------------------------- */

int segment_write_index(struct segment *s)
{
    char path[LOG_PATH_MAX];
    struct os_file *offsets = NULL;
    struct os_file *times = NULL;
    struct os *os = plog_os(s->log);
    int rc = segment_path(path, sizeof(path), s->log->folder, s->base, SUFFIX_INDEX, "");

    if (rc == 0) {
        rc = os_file_open(os, path, OS_WRITE | OS_CREATE, &offsets);
    }
    if (rc == 0) {
        rc = segment_path(path, sizeof(path), s->log->folder, s->base, SUFFIX_TIME_INDEX, "");
    }
    if (rc == 0) {
        rc = os_file_open(os, path, OS_WRITE | OS_CREATE, &times);
    }
    if (rc == 0) {
        rc = seg_index_write(&s->index, offsets, times);
    }
    if (rc == 0) {
        os_lock_take(s->log->lock);
        seg_index_forget_written(&s->index);
        os_lock_drop(s->log->lock);
    }
    os_file_close(offsets);
    os_file_close(times);
    return rc;
}
