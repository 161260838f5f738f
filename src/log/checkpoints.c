/*
 * The offset checkpoints of a directory (formats: text_files.c):
 *
 *     recovery-point-offset-checkpoint   everything below is on disk, with its indexes and epochs
 *     replication-offset-checkpoint      the high watermark
 *     log-start-offset-checkpoint        the start, where it lies above the first segment's base
 *     cleaner-offset-checkpoint          belongs to compaction; left as it is
 *
 * Order when they are written: the numbers are taken first; then the indexes of segments that were
 * closed so far, and the epochs, are synced; then the files are replaced. So a recovery point never
 * passes what is not on disk, whatever is appended meanwhile.
 *
 * A missing or damaged file only costs: the whole log is scanned, the high watermark starts at the log
 * start, the start at the first segment.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/chk.h"
#include "log/log_dir_impl.h"
#include "log/plog_impl.h"

#define FILE_RECOVERY_POINT "recovery-point-offset-checkpoint"
#define FILE_HIGH_WATERMARK "replication-offset-checkpoint"
#define FILE_LOG_START "log-start-offset-checkpoint"

/* --- reading ----------------------------------------------------------------------------------- */

static int take_recovery_point(void *ctx, struct slice topic, partition_id_t partition,
                               log_offset_t offset)
{
    struct log_dir_part *p = log_dir_part_get(ctx, topic, partition);

    if (p != NULL) {
        p->recovery_point = offset;
    }
    return 0;
}

static int take_high_watermark(void *ctx, struct slice topic, partition_id_t partition,
                               log_offset_t offset)
{
    struct log_dir_part *p = log_dir_part_get(ctx, topic, partition);

    if (p != NULL) {
        p->hw = offset;
    }
    return 0;
}

static int take_start(void *ctx, struct slice topic, partition_id_t partition, log_offset_t offset)
{
    struct log_dir_part *p = log_dir_part_get(ctx, topic, partition);

    if (p != NULL) {
        p->start = offset;
    }
    return 0;
}

static int file_load(struct log_dir *d, const char *name,
                     int (*take)(void *, struct slice, partition_id_t, log_offset_t))
{
    char path[LOG_PATH_MAX];
    uint8_t *text = NULL;
    size_t len;
    int rc = file_path(path, sizeof(path), d->path, name);

    if (rc == 0) {
        rc = os_file_read_all(d->os, path, TEXT_FILE_BYTES_MAX, &text, &len);
    }
    if (rc == ERR_NOT_FOUND) {
        return 0;
    }
    if (rc == 0) {
        rc = offsets_parse(slice_of(text, len), take, d);
        free(text);
    }
    if (rc == ERR_NOMEM) {
        return rc;
    }
    if (rc != 0) {
        LOG(d->opt.logger, LOG_WARN, "log_dir.checkpoint_damaged", KV_CSTR("dir", d->path),
            KV_CSTR("file", name), KV_CSTR("error", err_text(rc)),
            KV_CSTR("msg", "the checkpoint can not be read; its numbers are taken from the logs"));
    }
    return 0;
}

int checkpoints_load(struct log_dir *d)
{
    int rc;

    os_lock_take(d->parts_lock);
    rc = file_load(d, FILE_RECOVERY_POINT, take_recovery_point);
    if (rc == 0) {
        rc = file_load(d, FILE_HIGH_WATERMARK, take_high_watermark);
    }
    if (rc == 0) {
        rc = file_load(d, FILE_LOG_START, take_start);
    }
    os_lock_drop(d->parts_lock);
    return rc;
}

/* --- writing ----------------------------------------------------------------------------------- */

struct checkpoint_numbers {
    struct slice topic;
    partition_id_t partition;
    struct plog *log; /* a reference; NULL: not open */
    log_offset_t recovery_point;
    log_offset_t hw;
    log_offset_t start; /* LOG_OFFSET_NONE: not above the first segment */
    bool save_epochs;
};

/* What an open log says. False: it has nothing on disk. */
static bool numbers_of_log(struct log_dir *d, struct plog *l, struct checkpoint_numbers *n)
{
    struct plog_marks m;
    struct plog_view *v = plog_view_get(l, &m);
    bool has_files = v->cnt > 0;

    n->hw = m.hw.offset;
    n->start = has_files && m.start > v->segs[0]->base ? m.start : LOG_OFFSET_NONE;
    plog_view_unref(v);
    os_lock_take(d->lock);
    n->recovery_point = l->synced.offset;
    n->save_epochs = l->epochs_unsaved;
    l->epochs_unsaved = false;
    os_lock_drop(d->lock);
    return has_files && !flag_get(&l->removed);
}

/* All numbers, as they are now. */
static int numbers_take(struct log_dir *d, struct checkpoint_numbers **ret, size_t *ret_cnt)
{
    struct checkpoint_numbers *all;
    size_t cnt = 0;

    os_lock_take(d->parts_lock);
    all = calloc(d->parts.cnt + 1, sizeof(*all));
    for (struct map_entry *it = map_first(&d->parts); it != NULL && all != NULL;
         it = map_next(it)) {
        const struct log_dir_part *p = map_value(it);
        struct checkpoint_numbers *n = &all[cnt];

        n->partition = p->partition;
        if (p->log != NULL && numbers_of_log(d, p->log, n)) {
            n->log = plog_ref(p->log);
            n->topic = plog_topic(p->log);
            if (p->is_faulty) {
                n->recovery_point = p->recovery_point; /* what was not scanned whole stays open */
            }
            cnt++;
        } else if (p->log == NULL && p->was_found) {
            uint8_t *topic = malloc(p->topic_len);

            if (topic != NULL) {
                memcpy(topic, p->topic, p->topic_len);
                n->topic = slice_of(topic, p->topic_len);
                n->recovery_point = p->recovery_point;
                n->hw = p->hw;
                n->start = p->start > 0 ? p->start : LOG_OFFSET_NONE;
                cnt++;
            }
        }
    }
    os_lock_drop(d->parts_lock);
    if (all == NULL) {
        return ERR_NOMEM;
    }
    *ret = all;
    *ret_cnt = cnt;
    return 0;
}

static void numbers_free(struct checkpoint_numbers *all, size_t cnt)
{
    for (size_t i = 0; i < cnt; i++) {
        if (all[i].log != NULL) {
            plog_unref(all[i].log);
        } else {
            free((void *)(uintptr_t)all[i].topic.ptr);
        }
    }
    free(all);
}

void checkpoints_unsealed(struct log_dir *d, struct segment *s)
{
    bool is_new;

    os_lock_take(d->lock);
    is_new = !s->is_unsealed;
    if (is_new) {
        s->is_unsealed = true;
        s->unsealed_next = d->unsealed;
        d->unsealed = s;
        (void)segment_ref(s);
        (void)plog_ref(s->log);
    }
    os_lock_drop(d->lock);
}

static int sync_index(struct log_dir *d, const struct segment *s, const char *suffix)
{
    char path[LOG_PATH_MAX];
    struct os_file *f = NULL;
    int rc = segment_path(path, sizeof(path), s->log->folder, s->base, suffix, "");

    if (rc == 0) {
        rc = os_file_open(d->os, path, OS_READ, &f);
    }
    if (rc == 0) {
        rc = os_file_sync(f);
    }
    os_file_close(f);
    return rc == ERR_NOT_FOUND ? 0 : rc; /* deleted meanwhile, or never needed */
}

/* The closed segments so far; the list is empty afterwards. */
static int indexes_sync(struct log_dir *d)
{
    int rc = 0;

    for (;;) {
        struct segment *s;
        struct plog *l;

        os_lock_take(d->lock);
        s = d->unsealed;
        if (s != NULL) {
            d->unsealed = s->unsealed_next;
            s->unsealed_next = NULL;
            s->is_unsealed = false;
        }
        os_lock_drop(d->lock);
        if (s == NULL) {
            return rc;
        }
        l = s->log;
        if (rc == 0) {
            rc = sync_index(d, s, SUFFIX_INDEX);
        }
        if (rc == 0) {
            rc = sync_index(d, s, SUFFIX_TIME_INDEX);
        }
        segment_unref(s);
        plog_unref(l);
    }
}

static int epochs_sync(struct log_dir *d, struct plog *l)
{
    struct plog_marks m;
    struct plog_view *v = plog_view_get(l, &m);
    int rc = epochs_save(d->os, l->folder, v->epochs);

    plog_view_unref(v);
    return flag_get(&l->removed) ? 0 : rc;
}

enum number_kind { NUMBER_RECOVERY_POINT, NUMBER_HW, NUMBER_START };

static log_offset_t number_of(const struct checkpoint_numbers *n, enum number_kind kind)
{
    switch (kind) {
    case NUMBER_RECOVERY_POINT:
        return n->recovery_point;
    case NUMBER_HW:
        return n->hw;
    case NUMBER_START:
        return n->start;
    }
    return LOG_OFFSET_NONE;
}

static int file_save(struct log_dir *d, const char *name, enum number_kind kind,
                     const struct checkpoint_numbers *all, size_t cnt)
{
    char path[LOG_PATH_MAX];
    struct str text;
    size_t lines = 0;
    int rc = file_path(path, sizeof(path), d->path, name);

    for (size_t i = 0; i < cnt; i++) {
        lines += number_of(&all[i], kind) != LOG_OFFSET_NONE ? 1 : 0;
    }
    str_init(&text, TEXT_FILE_BYTES_MAX);
    offsets_format_head(&text, lines);
    for (size_t i = 0; i < cnt; i++) {
        log_offset_t offset = number_of(&all[i], kind);

        if (offset != LOG_OFFSET_NONE) {
            offsets_format_line(&text, all[i].topic, all[i].partition, offset);
        }
    }
    if (rc == 0) {
        rc = text.err;
    }
    if (rc == 0) {
        rc = os_file_replace(d->os, path, str_view(&text));
    }
    str_release(&text);
    return rc;
}

int checkpoints_write_locked(struct log_dir *d)
{
    struct checkpoint_numbers *all = NULL;
    size_t cnt = 0;
    int rc = numbers_take(d, &all, &cnt);

    if (rc == 0) {
        rc = indexes_sync(d);
    }
    for (size_t i = 0; i < cnt && rc == 0; i++) {
        if (all[i].save_epochs) {
            rc = epochs_sync(d, all[i].log);
        }
    }
    if (rc == 0) {
        rc = file_save(d, FILE_RECOVERY_POINT, NUMBER_RECOVERY_POINT, all, cnt);
    }
    if (rc == 0) {
        rc = file_save(d, FILE_HIGH_WATERMARK, NUMBER_HW, all, cnt);
    }
    if (rc == 0) {
        rc = file_save(d, FILE_LOG_START, NUMBER_START, all, cnt);
    }
    os_lock_take(d->lock);
    for (size_t i = 0; i < cnt; i++) {
        struct plog *l = all[i].log;

        if (l != NULL && rc == 0) {
            l->checkpointed = all[i].recovery_point;
        } else if (l != NULL) {
            l->epochs_unsaved = l->epochs_unsaved || all[i].save_epochs;
        }
    }
    os_lock_drop(d->lock);
    numbers_free(all, cnt);
    return rc;
}

int checkpoints_write(struct log_dir *d)
{
    int rc;

    os_lock_take(d->checkpoint_lock);
    rc = checkpoints_write_locked(d);
    os_lock_drop(d->checkpoint_lock);
    return rc;
}

/* --- in the background ------------------------------------------------------------------------- */

static void checkpoint_run(struct worker_job *job)
{
    struct log_dir *d = CONTAINER_OF(job, struct log_dir, checkpoint_job);

    d->checkpoint_rc = flag_get(&d->offline) ? 0 : checkpoints_write(d);
}

static void checkpoint_done(struct worker_job *job)
{
    struct log_dir *d = CONTAINER_OF(job, struct log_dir, checkpoint_job);
    int rc = d->checkpoint_rc;

    if (rc != 0 && rc != ERR_NOMEM && rc != ERR_NOSPACE) {
        struct str why;

        str_init(&why, LOG_PATH_MAX + 256);
        str_add_fmt(
            &why,
            "the checkpoints of %s can not be written (%s): the directory is offline, nothing "
            "in it is acknowledged any more; check the disk, then restart the broker",
            d->path, err_text(rc));
        log_dir_fail(d, why.ptr);
        str_release(&why);
    } else if (rc != 0) {
        LOG(d->opt.logger, LOG_WARN, "log_dir.checkpoint_failed", KV_CSTR("dir", d->path),
            KV_CSTR("error", err_text(rc)),
            KV_CSTR("msg", "the old checkpoints stay; the next try is in a minute"));
        log_dir_changed(d);
    }
    os_lock_take(d->lock);
    d->checkpoint_runs = false;
    log_dir_job_end(d);
    os_lock_drop(d->lock);
    log_dir_tick(d);
}

void checkpoints_start(struct log_dir *d)
{
    os_lock_take(d->lock);
    ASSERT(!d->checkpoint_runs);
    d->checkpoint_runs = true;
    d->checkpoint_at_ms = INT64_MAX;
    /* A lazily synced log has its recovery point moved once a checkpoint interval: by the round that
     * starts now, for the checkpoint after this one. */
    if (d->lazy.cnt > 0) {
        commit_lazy_due(d);
        flag_set(&d->changed, true);
        d->checkpoint_at_ms = log_dir_now_ms(d) + d->opt.checkpoint_ms;
    } else {
        flag_set(&d->changed, false);
    }
    log_dir_job_begin(d);
    os_lock_drop(d->lock);
    d->checkpoint_job = (struct worker_job){
        .reactor = d->opt.reactor, .run = checkpoint_run, .done = checkpoint_done};
    workers_submit(d->opt.workers, &d->checkpoint_job);
}
