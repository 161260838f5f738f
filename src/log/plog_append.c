/*
 * Growing a log: new segments, and the append.
 *
 * The batches that fall into one segment are written with one call behind the end, then the end moves,
 * then the segment is in the dirty set. Nothing is readable before the end has moved, and nothing is
 * acknowledged before a round has synced it. A write that fails for want of space is undone by cutting
 * the log back to where the call began; any other failure takes the directory offline.
 *
 * Room is reserved ahead in growing steps once a segment has some data, so that a busy file's blocks
 * lie together and a small one wastes nothing; a roll and a clean stop give it back.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "base/chk.h"
#include "log/plog_impl.h"

#define GROUP_MAX 64u             /* batches in one write */
#define INDEX_IN_MEMORY_MAX 4096u /* entries; then they are written behind those of the file */
#define RESERVE_FROM_BYTES (64u * 1024)

/* Nothing is wrong with the disk: the call fails, and a later one may succeed. */
static bool is_passing(int rc)
{
    return rc == ERR_NOMEM || rc == ERR_NOSPACE || rc == ERR_MFILE;
}

/* --- segments ---------------------------------------------------------------------------------- */

struct segment *plog_active(struct plog *l)
{
    return l->view->cnt == 0 ? NULL : l->view->segs[l->view->cnt - 1];
}

/* The folder with its partition.metadata, before anything else is in it. */
static int folder_make(struct plog *l)
{
    char path[LOG_PATH_MAX];
    struct os_file *f = NULL;
    struct str text;
    int rc = os_mkdir(plog_os(l), l->folder);

    if (rc == ERR_EXISTS) {
        rc = 0;
    }
    if (rc != 0 || uuid_is_zero(l->topic_id)) {
        return rc;
    }
    str_init(&text, 256);
    partition_metadata_format(&text, l->topic_id);
    rc = file_path(path, sizeof(path), l->folder, FILE_PARTITION_METADATA);
    if (rc == 0) {
        rc = text.err;
    }
    if (rc == 0) {
        rc = os_file_open(plog_os(l), path, OS_WRITE | OS_CREATE | OS_TRUNC, &f);
    }
    if (rc == 0) {
        rc = os_file_pwrite(f, 0, str_view(&text));
    }
    os_file_close(f);
    str_release(&text);
    return rc;
}

/* The empty file of a new segment. */
static int segment_create(struct plog *l, struct segment *s, const char *path)
{
    struct os_file *f = NULL;
    uint64_t size = 0;
    int rc = os_file_open(plog_os(l), path, OS_WRITE | OS_CREATE, &f);

    if (rc == 0) {
        rc = os_file_size(f, &size);
    }
    if (rc == 0 && size != 0) {
        rc = ERR_EXISTS; /* a file nobody here knows of: never written over */
    }
    if (rc != 0) {
        os_file_close(f);
        return rc;
    }
    log_files_adopt(plog_files(l), &s->file, f);
    s->names_unsynced = true;
    s->created_ms = os_wall_ms(plog_os(l));
    return 0;
}

/* The present view with one more segment. */
static struct plog_view *view_with(struct plog *l, struct segment *s)
{
    struct plog_view *now = l->view;
    struct plog_view *v = malloc(sizeof(*v) + (now->cnt + 1) * sizeof(struct segment *));

    if (v == NULL) {
        return NULL;
    }
    ref_init(&v->ref);
    v->cut = now->cut;
    v->epochs = epochs_ref(now->epochs);
    v->cnt = now->cnt + 1;
    for (size_t i = 0; i < now->cnt; i++) {
        v->segs[i] = segment_ref(now->segs[i]);
    }
    v->segs[now->cnt] = segment_ref(s);
    return v;
}

int plog_segment_add(struct plog *l, log_offset_t base)
{
    char path[LOG_PATH_MAX];
    struct segment *s = NULL;
    struct plog_view *v = NULL;
    int rc = 0;

    ASSERT(plog_active(l) == NULL || plog_active(l)->base < base);
    ASSERT(base >= l->m.end.offset);
    if (!l->has_folder) {
        rc = folder_make(l);
        if (rc != 0) {
            return is_passing(rc) ? rc : plog_fail(l, "make", l->folder, rc);
        }
        l->has_folder = true;
    }
    s = segment_new(l, base);
    if (s == NULL) {
        return ERR_NOMEM;
    }
    rc = segment_path(path, sizeof(path), l->folder, base, SUFFIX_LOG, "");
    if (rc == 0) {
        rc = segment_create(l, s, path);
    }
    if (rc == 0) {
        v = view_with(l, s);
        rc = v == NULL ? ERR_NOMEM : 0;
    }
    if (rc == 0) {
        l->m.end = (struct log_pos){.offset = l->m.end.offset, .segment = base, .pos = 0};
        l->reserved_to = 0;
        l->bytes_since_index = 0;
        plog_view_set(l, v);
    } else if (!is_passing(rc)) {
        rc = plog_fail(l, "create", path, rc);
    }
    segment_unref(s);
    return rc;
}

int plog_segment_seal(struct plog *l, struct segment *s)
{
    struct os_file *f = NULL;
    int rc;

    os_lock_take(l->lock);
    if (seg_index_prepare(&s->index) == 0 && s->max_timestamp != TIMESTAMP_NONE) {
        seg_index_add_time(
            &s->index,
            (struct time_entry){.timestamp = s->max_timestamp,
                                .rel_offset = (uint32_t)(s->max_timestamp_offset - s->base)});
    }
    os_lock_drop(l->lock);
    rc = segment_write_index(s);
    /* The producers' snapshot, <end offset>.snapshot, is written here once there are producers. */
    if (rc == 0) {
        rc = segment_file(s, &f);
    }
    if (rc == 0 && l->reserved_to > s->size_bytes) {
        rc = os_file_truncate(f, s->size_bytes);
    }
    log_file_put(f);
    if (rc == 0) {
        checkpoints_unsealed(l->dir, s);
    }
    return rc;
}

/* Closes the active segment and begins the next at `base`. */
static int roll_to(struct plog *l, log_offset_t base)
{
    struct segment *s = plog_active(l);

    if (s != NULL) {
        int rc = plog_segment_seal(l, s);

        if (is_passing(rc)) {
            return rc;
        }
        if (rc != 0) {
            return plog_fail(l, "close a segment of", l->folder, rc);
        }
    }
    return plog_segment_add(l, base);
}

int plog_roll(struct plog *l)
{
    struct segment *s = plog_active(l);
    int rc = plog_check_writable(l);

    if (rc != 0 || s == NULL || s->size_bytes == 0) {
        return rc;
    }
    return roll_to(l, l->m.end.offset);
}

/* --- append ------------------------------------------------------------------------------------ */

/* Whether `b`, coming behind `more_cnt` others that bring the segment to `pos`, must go into a new one. */
static bool roll_is_due(struct plog *l, struct segment *s, uint64_t pos, uint32_t more_cnt,
                        const struct plog_batch *b)
{
    int64_t age_max = l->cfg.segment_ms - l->jitter_ms;
    int64_t age;

    if (pos == 0) {
        return false;
    }
    if (pos + b->bytes.len > (uint64_t)l->cfg.segment_bytes || b->last - s->base > INT32_MAX) {
        return true;
    }
    if (seg_index_bytes(&s->index) + ((uint64_t)more_cnt + 1) * OFFSET_ENTRY_LEN >
        (uint64_t)l->cfg.segment_index_bytes) {
        return true;
    }
    if (s->first_timestamp >= 0 && b->max_timestamp >= 0) {
        age = b->max_timestamp - s->first_timestamp;
    } else {
        age = os_wall_ms(plog_os(l)) - s->created_ms;
    }
    return age > age_max;
}

static int batches_check(const struct plog *l, const struct plog_batch *batches, size_t cnt)
{
    log_offset_t next = l->m.end.offset;

    for (size_t i = 0; i < cnt; i++) {
        const struct plog_batch *b = &batches[i];

        if (b->first < next || b->last < b->first || b->last - b->first > INT32_MAX ||
            b->last == INT64_MAX || b->bytes.len == 0) {
            return ERR_INVALID;
        }
        if (b->bytes.len > (uint64_t)l->cfg.segment_bytes) {
            return ERR_LIMIT;
        }
        next = b->last + 1;
    }
    return 0;
}

/* Reserves the next step where the write would go beyond what is reserved. */
static void reserve_ahead(struct plog *l, struct os_file *f, uint64_t pos, uint64_t len)
{
    static const uint64_t steps[] = {256u << 10, 1u << 20, 4u << 20, 16u << 20, 64u << 20};
    uint64_t end = pos + len;
    uint64_t to;
    size_t i = 0;

    if (end <= l->reserved_to || end < RESERVE_FROM_BYTES) {
        return;
    }
    while (i + 1 < ARRAY_CNT(steps) && steps[i] <= end) {
        i++;
    }
    to = (end / steps[i] + 1) * steps[i];
    to = MIN_OF(to, (uint64_t)l->cfg.segment_bytes);
    if (to > pos) {
        /* Without room, or on a file system that can not: the write itself will tell. */
        (void)!os_file_reserve(f, pos, to - pos);
    }
    l->reserved_to = MAX_OF(to, end);
}

/* Takes one written batch into the segment's books. Under the lock. */
static void batch_enter(struct plog *l, struct segment *s, const struct plog_batch *b)
{
    uint32_t rel = (uint32_t)(b->last - s->base);
    uint64_t pos = s->size_bytes;

    if (b->max_timestamp > s->max_timestamp) {
        s->max_timestamp = b->max_timestamp;
        s->max_timestamp_offset = b->last;
    }
    if (pos == 0) {
        s->first_timestamp = b->max_timestamp;
    }
    /* Without memory the entry is left out, and the next batch tries again. */
    if (l->bytes_since_index > (uint32_t)l->cfg.index_interval_bytes &&
        seg_index_prepare(&s->index) == 0) {
        seg_index_add(&s->index, (struct offset_entry){.rel_offset = rel, .pos = (uint32_t)pos});
        if (s->max_timestamp != TIMESTAMP_NONE) {
            seg_index_add_time(
                &s->index,
                (struct time_entry){.timestamp = s->max_timestamp,
                                    .rel_offset = (uint32_t)(s->max_timestamp_offset - s->base)});
        }
        l->bytes_since_index = 0;
    }
    l->bytes_since_index += (uint32_t)b->bytes.len;
    s->size_bytes += b->bytes.len;
    l->m.end = (struct log_pos){.offset = b->last + 1, .segment = s->base, .pos = s->size_bytes};
}

static void group_mark_dirty(struct plog *l, struct segment *s, struct os_file *f)
{
    int64_t flush_ms = l->cfg.sync ? 0 : l->cfg.flush_ms;

    if (l->unflushed_cnt >= l->cfg.flush_messages) {
        flush_ms = 0;
    }
    if (flush_ms == 0) {
        l->unflushed_cnt = 0;
    }
    commit_mark(l->dir, s, f, &l->m.end, l->view->cut, flush_ms);
}

/* Writes batches that all go into the active segment. */
static int group_append(struct plog *l, const struct plog_batch *batches, size_t cnt)
{
    struct segment *s = plog_active(l);
    struct slice slices[GROUP_MAX];
    struct os_file *f = NULL;
    uint64_t len = 0;
    int rc;

    ASSERT(s != NULL);
    ASSERT(cnt > 0 && cnt <= GROUP_MAX);
    rc = segment_file(s, &f);
    if (rc == ERR_NOMEM || rc == ERR_MFILE) {
        return rc;
    }
    if (rc != 0) {
        return plog_fail(l, "open a segment in", l->folder, rc);
    }
    for (size_t i = 0; i < cnt; i++) {
        slices[i] = batches[i].bytes;
        len += batches[i].bytes.len;
    }
    reserve_ahead(l, f, s->size_bytes, len);
    rc = os_file_pwritev(f, s->size_bytes, slices, cnt);
    if (rc == 0) {
        os_lock_take(l->lock);
        for (size_t i = 0; i < cnt; i++) {
            batch_enter(l, s, &batches[i]);
        }
        plog_publish_marks(l);
        os_lock_drop(l->lock);
        l->is_touched = true;
        l->unflushed_cnt += batches[cnt - 1].last - batches[0].first + 1;
        group_mark_dirty(l, s, f);
    } else if (rc != ERR_NOSPACE) {
        rc = plog_fail(l, "write to", l->folder, rc);
    }
    log_file_put(f);
    if (rc == 0 && s->index.offset_cnt >= INDEX_IN_MEMORY_MAX) {
        int index_rc = segment_write_index(s);

        if (index_rc != 0 && !is_passing(index_rc)) {
            rc = plog_fail(l, "write an index in", l->folder, index_rc);
        }
    }
    return rc;
}

/* How many of the batches go into the active segment together; 0: a new one is due. */
static size_t group_size(struct plog *l, const struct plog_batch *batches, size_t cnt)
{
    struct segment *s = plog_active(l);
    uint64_t pos;
    size_t n = 0;

    if (s == NULL) {
        return 0;
    }
    pos = s->size_bytes;
    while (n < cnt && n < GROUP_MAX && batches[n].epoch == batches[0].epoch &&
           !roll_is_due(l, s, pos, (uint32_t)n, &batches[n])) {
        pos += batches[n].bytes.len;
        n++;
    }
    return n;
}

int plog_append(struct plog *l, const struct plog_batch *batches, size_t cnt,
                struct log_pos *ret_end)
{
    const struct plog_marks before = l->m;
    int rc = plog_check_writable(l);

    ASSERT(cnt > 0);
    ASSERT(ret_end != NULL);
    if (rc == 0) {
        rc = batches_check(l, batches, cnt);
    }
    if (rc != 0) {
        return rc;
    }
    for (size_t i = 0; i < cnt && rc == 0;) {
        size_t n = group_size(l, batches + i, cnt - i);

        if (n == 0) {
            log_offset_t end = l->m.end.offset;

            rc = roll_to(l, batches[i].last - end > INT32_MAX ? batches[i].first : end);
            continue;
        }
        if (batches[i].epoch > plog_epoch_latest(l)) {
            rc = plog_epoch_begin_at(l, batches[i].epoch, batches[i].first);
        }
        if (rc == 0) {
            rc = group_append(l, batches + i, n);
        }
        i += n;
    }
    if (rc != 0) {
        return plog_append_undo(l, &before, rc);
    }
    ASSERT(l->m.end.offset == batches[cnt - 1].last + 1);
    log_dir_changed(l->dir);
    *ret_end = l->m.end;
    return 0;
}
