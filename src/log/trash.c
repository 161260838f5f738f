/*
 * Deleting in the background. What is to go has a name that says so already (.deleted, -delete), so a
 * stop in between loses nothing: the next start finds and deletes it. Failures are passed over for the
 * same reason. One job at a time takes everything that is due.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "log/log_dir_impl.h"

struct trash_job {
    struct worker_job job;
    struct log_dir *dir;
    struct trash *list;
};

static void trash_add(struct log_dir *d, const char *path, bool is_folder, int64_t delay_ms)
{
    size_t len = strlen(path);
    struct trash *t = malloc(sizeof(*t) + len + 1);

    if (t == NULL) {
        return; /* stays until the next start */
    }
    memcpy(t->path, path, len + 1);
    t->is_folder = is_folder;
    t->due_ms = log_dir_now_ms(d) + delay_ms;
    os_lock_take(d->lock);
    t->next = d->trash;
    d->trash = t;
    if (!d->is_closing && !d->trash_runs) {
        log_dir_wake_at(d, t->due_ms);
    }
    os_lock_drop(d->lock);
}

void trash_segment(struct log_dir *d, const char *folder, log_offset_t base, int64_t delay_ms)
{
    char path[LOG_PATH_MAX];

    ASSERT(delay_ms >= 0);
    if (segment_path(path, sizeof(path), folder, base, "", "") == 0) {
        trash_add(d, path, false, delay_ms);
    }
}

void trash_folder(struct log_dir *d, const char *path)
{
    trash_add(d, path, true, 0);
}

struct emptying {
    struct log_dir *dir;
    const char *folder;
};

static int unlink_each(void *ctx, const char *name, enum os_kind kind)
{
    const struct emptying *e = ctx;
    char path[LOG_PATH_MAX];

    if (kind != OS_KIND_DIR && file_path(path, sizeof(path), e->folder, name) == 0) {
        (void)!os_unlink(e->dir->os, path);
    }
    return 0;
}

static void trash_delete(struct log_dir *d, const struct trash *t)
{
    static const char *const suffixes[] = {SUFFIX_LOG, SUFFIX_INDEX, SUFFIX_TIME_INDEX,
                                           SUFFIX_TXN_INDEX, SUFFIX_SNAPSHOT};
    size_t len = strlen(t->path);
    char path[LOG_PATH_MAX];

    if (t->is_folder) {
        struct emptying e = {.dir = d, .folder = t->path};

        (void)!os_dir_list(d->os, t->path, unlink_each, &e);
        (void)!os_rmdir(d->os, t->path);
        return;
    }
    for (size_t i = 0; i < ARRAY_CNT(suffixes); i++) {
        size_t suffix_len = strlen(suffixes[i]);

        if (len + suffix_len + sizeof(SUFFIX_DELETED) <= sizeof(path)) {
            memcpy(path, t->path, len);
            memcpy(path + len, suffixes[i], suffix_len);
            memcpy(path + len + suffix_len, SUFFIX_DELETED, sizeof(SUFFIX_DELETED));
            (void)!os_unlink(d->os, path);
        }
    }
}

static void trash_run(struct worker_job *job)
{
    struct trash_job *j = CONTAINER_OF(job, struct trash_job, job);

    for (struct trash *t = j->list; t != NULL; t = t->next) {
        trash_delete(j->dir, t);
    }
}

static void list_free(struct trash *t)
{
    while (t != NULL) {
        struct trash *next = t->next;

        free(t);
        t = next;
    }
}

static void trash_done(struct worker_job *job)
{
    struct trash_job *j = CONTAINER_OF(job, struct trash_job, job);
    struct log_dir *d = j->dir;

    list_free(j->list);
    free(j);
    os_lock_take(d->lock);
    d->trash_runs = false;
    if (d->trash != NULL && !d->is_closing) {
        log_dir_wake_at(d, INT64_MIN);
    }
    log_dir_job_end(d);
    os_lock_drop(d->lock);
}

void trash_start_due(struct log_dir *d, int64_t now_ms)
{
    struct trash *due = NULL;
    struct trash_job *j;

    os_lock_take(d->lock);
    for (struct trash **at = &d->trash; *at != NULL && !d->trash_runs;) {
        struct trash *t = *at;

        if (t->due_ms <= now_ms) {
            *at = t->next;
            t->next = due;
            due = t;
        } else {
            at = &t->next;
        }
    }
    if (due != NULL) {
        d->trash_runs = true;
        log_dir_job_begin(d);
    }
    os_lock_drop(d->lock);
    if (due == NULL) {
        return;
    }
    j = malloc(sizeof(*j));
    if (j == NULL) { /* the next start will find it */
        list_free(due);
        os_lock_take(d->lock);
        d->trash_runs = false;
        log_dir_job_end(d);
        os_lock_drop(d->lock);
        return;
    }
    *j = (struct trash_job){.dir = d, .list = due};
    j->job.run = trash_run;
    j->job.done = trash_done;
    j->job.reactor = d->opt.reactor;
    workers_submit(d->opt.workers, &j->job);
}

void trash_free_all(struct log_dir *d)
{
    list_free(d->trash);
    d->trash = NULL;
}
