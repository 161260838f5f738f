/*
 * A partition's log: its life, its marks, its epochs.
 *
 *     start            hw                 durable           end
 *       |               |                    |               |
 *     [ segment 0 ][ segment 1 ][ segment 2 (active) ........]
 *
 * Views. The list of segments and the epochs are an immutable object, replaced as a whole. The marks
 * are a sequence-locked tuple. Whoever needs both takes them together under the lock, so that a mark
 * never points into a segment its view does not have.
 */
#include "log/plog.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/chk.h"
#include "log/plog_impl.h"

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

bool plog_set_durable(struct plog *l, const struct plog_durable *durable)
{
    if (durable->cut != l->view->cut) {
        return false;
    }
    ASSERT(durable->pos.offset <= l->m.end.offset);
    if (durable->pos.offset > l->m.durable) {
        l->m.durable = durable->pos.offset;
        marks_publish(l);
    }
    return true;
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
