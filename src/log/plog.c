/*
 * A partition's log: its life, its marks, and the append.
 *
 *     start            hw                 durable           end
 *       |               |                    |               |
 *     [ segment 0 ][ segment 1 ][ segment 2 (active) ........]
 *
 * The append: the batches that fall into one segment are written with one call behind the end, then the
 * end moves, then the segment is in the dirty set. Nothing is readable before the end has moved, and
 * nothing is acknowledged before a round has synced it. A write that fails for want of space is undone
 * by cutting the log back to where the call began; any other failure takes the directory offline.
 *
 * Views. The list of segments and the epochs are an immutable object, replaced as a whole. The marks
 * are a sequence-locked tuple. Whoever needs both takes them together under the lock, so that a mark
 * never points into a segment its view does not have.
 *
 * Room is reserved ahead in growing steps once a segment has some data, so that a busy file's blocks
 * lie together and a small one wastes nothing; a roll and a clean stop give it back.
 */
#include "log/plog.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/chk.h"
#include "log/plog_impl.h"

#define GROUP_MAX 64u             /* batches in one write */
#define INDEX_IN_MEMORY_MAX 4096u /* entries; then they are written behind those of the file */
#define RESERVE_FROM_BYTES (64u * 1024)
#define WHY_LEN 512u

enum marks_value {
    MARK_START,
    MARK_HW,
    MARK_LSO = MARK_HW + 3,
    MARK_END = MARK_LSO + 3,
    MARK_DURABLE = MARK_END + 3,
    MARK_CNT,
};

_Static_assert(MARK_CNT <= SEQ_VALUES_MAX, "the marks fit into the tuple");

void plog_cfg_init(struct plog_cfg *cfg)
{
    *cfg = (struct plog_cfg){
        .segment_bytes = 1024 * 1024 * 1024,
        .segment_ms = INT64_C(7) * 24 * 3600 * 1000,
        .segment_index_bytes = 10 * 1024 * 1024,
        .index_interval_bytes = 4096,
        .retention_ms = INT64_C(7) * 24 * 3600 * 1000,
        .retention_bytes = -1,
        .file_delete_delay_ms = 60000,
        .flush_messages = INT64_MAX,
        .flush_ms = INT64_MAX,
        .sync = true,
        .is_deleting = true,
    };
}

/* --- small getters ----------------------------------------------------------------------------- */

struct os *plog_os(const struct plog *l)
{
    return l->dir->os;
}

struct log_files *plog_files(struct plog *l)
{
    return &l->dir->files;
}

struct uuid plog_topic_id(const struct plog *l)
{
    return l->topic_id;
}

struct slice plog_topic(const struct plog *l)
{
    return slice_of(l->topic, l->topic_len);
}

partition_id_t plog_partition(const struct plog *l)
{
    return l->partition;
}

bool plog_is_faulty(const struct plog *l)
{
    return flag_get(&l->faulty);
}

struct log_dir *plog_dir(const struct plog *l)
{
    return l->dir;
}

/* --- views and marks --------------------------------------------------------------------------- */

struct plog_view *plog_view_new(struct segment *const *segs, size_t cnt, struct epochs *epochs,
                                uint32_t cut)
{
    struct plog_view *v = malloc(sizeof(*v) + cnt * sizeof(struct segment *));

    ASSERT(epochs != NULL);
    if (v == NULL) {
        return NULL;
    }
    ref_init(&v->ref);
    v->cut = cut;
    v->epochs = epochs;
    v->cnt = cnt;
    for (size_t i = 0; i < cnt; i++) {
        ASSERT(i == 0 || segs[i - 1]->base < segs[i]->base);
        v->segs[i] = segment_ref(segs[i]);
    }
    return v;
}

void plog_view_unref(struct plog_view *v)
{
    if (v == NULL || !ref_put(&v->ref)) {
        return;
    }
    for (size_t i = 0; i < v->cnt; i++) {
        segment_unref(v->segs[i]);
    }
    epochs_unref(v->epochs);
    free(v);
}

static void pos_store(int64_t *values, const struct log_pos *p)
{
    values[0] = p->offset;
    values[1] = p->segment;
    values[2] = (int64_t)p->pos;
}

static struct log_pos pos_load(const int64_t *values)
{
    return (struct log_pos){.offset = values[0], .segment = values[1], .pos = (uint64_t)values[2]};
}

void plog_publish_marks(struct plog *l)
{
    const struct plog_marks *m = &l->m;
    int64_t values[MARK_CNT];

    DASSERT(m->start <= m->hw.offset);
    DASSERT(m->lso.offset <= m->hw.offset);
    DASSERT(m->hw.offset <= m->end.offset);
    DASSERT(m->durable <= m->end.offset);
    values[MARK_START] = m->start;
    pos_store(values + MARK_HW, &m->hw);
    pos_store(values + MARK_LSO, &m->lso);
    pos_store(values + MARK_END, &m->end);
    values[MARK_DURABLE] = m->durable;
    seq_write(&l->seq, values, MARK_CNT);
}

void plog_marks(struct plog *l, struct plog_marks *ret)
{
    int64_t values[MARK_CNT];

    seq_read(&l->seq, values, MARK_CNT);
    *ret = (struct plog_marks){
        .start = values[MARK_START],
        .hw = pos_load(values + MARK_HW),
        .lso = pos_load(values + MARK_LSO),
        .end = pos_load(values + MARK_END),
        .durable = values[MARK_DURABLE],
    };
}

struct plog_view *plog_view_get(struct plog *l, struct plog_marks *ret_marks)
{
    struct plog_view *v;

    os_lock_take(l->lock);
    v = l->view;
    ref_get(&v->ref);
    plog_marks(l, ret_marks);
    os_lock_drop(l->lock);
    return v;
}

void plog_view_set(struct plog *l, struct plog_view *v)
{
    struct plog_view *old;

    os_lock_take(l->lock);
    old = l->view;
    l->view = v;
    plog_publish_marks(l);
    os_lock_drop(l->lock);
    plog_view_unref(old);
}

static void marks_publish(struct plog *l)
{
    os_lock_take(l->lock);
    plog_publish_marks(l);
    os_lock_drop(l->lock);
}

void plog_set_durable(struct plog *l, const struct plog_durable *durable)
{
    if (durable->cut != l->view->cut || durable->pos.offset <= l->m.durable) {
        return;
    }
    ASSERT(durable->pos.offset <= l->m.end.offset);
    l->m.durable = durable->pos.offset;
    marks_publish(l);
}

void plog_set_high_watermark(struct plog *l, const struct log_pos *hw)
{
    ASSERT(hw->offset >= l->m.start);
    ASSERT(hw->offset <= l->m.end.offset);
    if (hw->offset == l->m.hw.offset && hw->segment == l->m.hw.segment) {
        return;
    }
    l->m.hw = *hw;
    if (!l->lso_is_own || l->m.lso.offset > hw->offset) {
        l->m.lso = *hw;
    }
    marks_publish(l);
    log_dir_changed(l->dir);
}

void plog_set_last_stable(struct plog *l, const struct log_pos *lso)
{
    ASSERT(lso->offset >= l->m.start);
    ASSERT(lso->offset <= l->m.hw.offset);
    l->lso_is_own = lso->offset < l->m.hw.offset;
    l->m.lso = *lso;
    marks_publish(l);
}

uint64_t plog_size_bytes(struct plog *l)
{
    uint64_t bytes = 0;

    os_lock_take(l->lock);
    for (size_t i = 0; i < l->view->cnt; i++) {
        bytes += l->view->segs[i]->size_bytes;
    }
    os_lock_drop(l->lock);
    return bytes;
}

/* --- life -------------------------------------------------------------------------------------- */

struct plog *plog_ref(struct plog *l)
{
    ref_get(&l->ref);
    return l;
}

void plog_unref(struct plog *l)
{
    struct log_dir *d;

    if (l == NULL || !ref_put(&l->ref)) {
        return;
    }
    d = l->dir;
    plog_view_unref(l->view);
    os_lock_free(l->lock);
    free(l->folder);
    free(l->topic);
    free(l);
    log_dir_unref(d);
}

static char *text_dup(const void *bytes, size_t len)
{
    char *copy = malloc(len + 1);

    if (copy != NULL) {
        memcpy(copy, bytes, len);
        copy[len] = '\0';
    }
    return copy;
}

int plog_make(struct log_dir *dir, struct slice topic, partition_id_t partition,
              struct uuid topic_id, const struct plog_cfg *cfg, const struct plog_callbacks *cb,
              struct plog **ret_log)
{
    char path[LOG_PATH_MAX];
    struct epochs *epochs = NULL;
    struct plog *l = calloc(1, sizeof(*l));
    int rc = folder_path(path, sizeof(path), dir->path, topic, partition);

    if (l == NULL) {
        return ERR_NOMEM;
    }
    ref_init(&l->ref);
    seq_init(&l->seq);
    flag_init(&l->removed, false);
    flag_init(&l->faulty, false);
    l->dir = log_dir_ref(dir);
    l->partition = partition;
    l->topic_id = topic_id;
    l->topic_len = topic.len;
    l->cfg = *cfg;
    l->cb = *cb;
    if (rc == 0) {
        l->folder = text_dup(path, strlen(path));
        l->topic = text_dup(topic.ptr, topic.len);
        epochs = epochs_new(NULL, 0);
        rc = l->folder == NULL || l->topic == NULL || epochs == NULL ? ERR_NOMEM : 0;
    }
    if (rc == 0) {
        l->view = plog_view_new(NULL, 0, epochs, 0);
        rc = l->view == NULL ? ERR_NOMEM : os_lock_new(&l->lock);
    }
    if (rc != 0) {
        if (l->view == NULL) {
            epochs_unref(epochs);
        }
        plog_unref(l);
        return rc;
    }
    if (cfg->segment_jitter_ms > 0) {
        l->jitter_ms = (int64_t)(os_random_u64(dir->os) % (uint64_t)cfg->segment_jitter_ms);
    }
    *ret_log = l;
    return 0;
}

int plog_new(struct log_dir *dir, struct slice topic, partition_id_t partition,
             struct uuid topic_id, const struct plog_cfg *cfg, const struct plog_callbacks *cb,
             struct plog **ret_log)
{
    struct plog *l = NULL;
    int rc;

    ASSERT(partition >= 0);
    ASSERT(cfg->segment_bytes > 0);
    rc = plog_make(dir, topic, partition, topic_id, cfg, cb, &l);
    if (rc != 0) {
        return rc;
    }
    rc = log_dir_attach(dir, l, true);
    if (rc != 0) {
        plog_unref(l);
        return rc;
    }
    *ret_log = l;
    return 0;
}

int plog_open(struct log_dir *dir, struct slice topic, partition_id_t partition,
              struct uuid topic_id, const struct plog_cfg *cfg, const struct plog_callbacks *cb,
              struct plog **ret_log, struct plog_recovery *ret_recovery)
{
    struct log_dir_part *part;
    struct log_dir_part was = {0};
    struct plog *l = NULL;
    int rc = 0;

    ASSERT(partition >= 0);
    ASSERT(cfg->segment_bytes > 0);
    *ret_recovery = (struct plog_recovery){0};
    os_lock_take(dir->parts_lock);
    part = log_dir_part_get(dir, topic, partition);
    if (part == NULL || !part->was_found) {
        rc = ERR_NOT_FOUND;
    } else if (part->log != NULL) {
        rc = ERR_EXISTS;
    } else {
        was = *part;
    }
    os_lock_drop(dir->parts_lock);
    if (rc != 0) {
        return rc;
    }
    ret_recovery->topic_id = was.topic_id;
    if (!uuid_is_zero(topic_id) && !uuid_is_zero(was.topic_id) &&
        !uuid_eq(topic_id, was.topic_id)) {
        return ERR_VERSION;
    }
    rc = plog_make(dir, topic, partition, uuid_is_zero(topic_id) ? was.topic_id : topic_id, cfg, cb,
                   &l);
    if (rc != 0) {
        return rc;
    }
    l->has_folder = true;
    rc = plog_recover(l, was.recovery_point, was.start, was.hw, !was.needs_recovery, ret_recovery);
    if (rc == 0) {
        rc = log_dir_attach(dir, l, false);
    }
    if (rc != 0) {
        plog_unref(l);
        return rc;
    }
    *ret_log = l;
    return 0;
}

static void released_run(struct reactor_task *task)
{
    struct plog *l = CONTAINER_OF(task, struct plog, released_task);
    struct log_dir *d = l->dir;

    if (l->cb.on_released != NULL) {
        l->cb.on_released(l->cb.ctx);
    }
    plog_unref(l);
    os_lock_take(d->lock);
    log_dir_job_end(d);
    os_lock_drop(d->lock);
}

void plog_close(struct plog *l)
{
    struct log_dir *d;

    if (l == NULL) {
        return;
    }
    d = l->dir;
    log_dir_detach(d, l, flag_get(&l->removed));
    os_lock_take(d->lock);
    ASSERT(!l->is_closed);
    l->is_closed = true;
    log_dir_job_begin(d);
    os_lock_drop(d->lock);
    l->released_task.run = released_run;
    reactor_post(d->opt.reactor, &l->released_task); /* the owner's reference goes with it */
}

void plog_set_cfg(struct plog *l, const struct plog_cfg *cfg)
{
    ASSERT(cfg->segment_bytes > 0);
    l->cfg = *cfg;
}

int plog_fail(struct plog *l, const char *what, const char *path, int err)
{
    struct str text;

    str_init(&text, 2 * LOG_PATH_MAX + WHY_LEN);
    str_add_fmt(&text,
                "can not %s %s (%s): the directory %s is offline, nothing in it is acknowledged "
                "any more; check the disk, then restart the broker",
                what, path, err_text(err), l->dir->path);
    log_dir_fail(l->dir, text.ptr);
    str_release(&text);
    return ERR_IO;
}

int plog_check_writable(const struct plog *l)
{
    if (flag_get(&l->dir->offline)) {
        return ERR_OFFLINE;
    }
    if (flag_get(&l->removed)) {
        return ERR_STOPPED;
    }
    return flag_get(&l->faulty) ? ERR_CORRUPT : 0;
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
            return rc == ERR_NOMEM || rc == ERR_NOSPACE ? rc : plog_fail(l, "make", l->folder, rc);
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
    } else if (rc != ERR_NOMEM && rc != ERR_NOSPACE) {
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

        if (rc == ERR_NOMEM || rc == ERR_NOSPACE) {
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

        if (index_rc != 0 && index_rc != ERR_NOMEM && index_rc != ERR_NOSPACE) {
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

/* --- epochs ------------------------------------------------------------------------------------ */

int plog_epoch_begin_at(struct plog *l, leader_epoch_t epoch, log_offset_t start)
{
    struct epochs *epochs = epochs_with(l->view->epochs, epoch, start);
    struct plog_view *v;

    if (epochs == NULL) {
        return ERR_NOMEM;
    }
    v = plog_view_new(l->view->segs, l->view->cnt, epochs, l->view->cut);
    if (v == NULL) {
        epochs_unref(epochs);
        return ERR_NOMEM;
    }
    plog_view_set(l, v);
    os_lock_take(l->dir->lock);
    l->epochs_unsaved = true;
    os_lock_drop(l->dir->lock);
    return 0;
}

int plog_epoch_begin(struct plog *l, leader_epoch_t epoch)
{
    int rc = plog_check_writable(l);

    ASSERT(epoch >= 0);
    if (rc != 0 || epoch <= plog_epoch_latest(l)) {
        return rc;
    }
    return plog_epoch_begin_at(l, epoch, l->m.end.offset);
}

leader_epoch_t plog_epoch_latest(struct plog *l)
{
    leader_epoch_t epoch = LEADER_EPOCH_NONE;

    os_lock_take(l->lock);
    if (l->view->epochs->cnt > 0) {
        epoch = l->view->epochs->entries[l->view->epochs->cnt - 1].epoch;
    }
    os_lock_drop(l->lock);
    return epoch;
}
