#include "broker/broker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/chk.h"
#include "base/map.h"
#include "broker/fetch_session.h"
#include "broker/partition.h"
#include "meta/embedded.h"
#include "meta/meta.h"

/*
 * Start: directories (locked, identified) ─ metadata store in the first of them ─ catalog: the first
 * image ─ directories get their identity ─ every partition folder that the image knows is recovered on
 * the workers ─ started.
 *
 * Partitions are objects only when somebody asks for them or when they have a folder: the table holds
 * what was opened at start and what was first used since. A topic of a thousand partitions that
 * nobody touches costs nothing here.
 *
 * Stop: the catalog ends its operations ─ directories close (a last commit round, indexes, checkpoints,
 * the clean marker) ─ the metadata store ─ stopped.
 */

#define STRIPE_CNT 64
#define PARTITIONS_MAX 4000000
#define PATH_LEN_MAX 4096
#define PARTITION_KEY_LEN 20
#define CODECS_KEPT_MAX 4
#define MAINTAIN_PER_TURN 256
#define MAINTAIN_PAUSE_MS 5
#define SEGMENT_FDS_MAX 1000
#define OTHER_FDS 64 /* the reactors', the metadata's, and what workers open for a moment */

struct reactor_local {
    struct reactor *reactor;
    struct image_reader images;
    struct codecs *codecs;
};

struct stray {
    struct stray *next;
    partition_id_t partition;
    size_t topic_len;
    uint8_t topic[];
};

struct broker_dir {
    struct broker *broker;
    struct log_dir *log;
    struct stray *strays; /* found at start */
    size_t partition_cnt; /* under table_lock */
};

struct broker {
    struct broker_options opts;
    struct reactor *reactors[BROKER_REACTORS_MAX];
    struct workers *workers;
    struct meta *meta;
    struct catalog *catalog;
    struct fetch_sessions *fetch_sessions;
    struct broker_dir dirs[BROKER_LOG_DIRS_MAX];
    size_t dir_cnt;
    struct reactor_local locals[BROKER_REACTORS_MAX];
    struct os_lock *stripes[STRIPE_CNT];
    struct os_lock *codecs_lock;
    struct codecs *codecs_kept[CODECS_KEPT_MAX]; /* for workers, under codecs_lock */
    size_t codecs_kept_cnt;
    struct os_lock *table_lock;
    struct map table; /* topic id and partition → struct partition *, which the table references */
    broker_id_t id;
    /* start and stop */
    void (*started)(void *ctx, const char *failed);
    void (*stopped)(void *ctx);
    void *ctx;
    size_t recovering_cnt;
    size_t recovered_cnt;
    size_t scanned_cnt;
    bool recovery_listed;
    size_t closing_dir;
    struct reactor_timer maintain_timer;
    struct partition **maintained; /* those still to be looked at in this round */
    size_t maintained_cnt;
    bool lost_told;
    bool stopping;
    char failed[1024];
};

struct partition_key {
    uint8_t b[PARTITION_KEY_LEN];
};

static struct slice partition_key(struct partition_key *k, struct uuid topic_id, partition_id_t idx)
{
    memcpy(k->b, topic_id.b, sizeof(topic_id.b));
    store_be32(k->b + sizeof(topic_id.b), (uint32_t)idx);
    return slice_of(k->b, sizeof(k->b));
}

/* --- getters ------------------------------------------------------------------------------------- */

struct os *broker_os(struct broker *b)
{
    return b->opts.os;
}

struct logger *broker_logger(struct broker *b)
{
    return b->opts.logger;
}

const struct settings *broker_settings(const struct broker *b)
{
    return b->opts.settings;
}

broker_id_t broker_id(const struct broker *b)
{
    return b->id;
}

struct catalog *broker_catalog(struct broker *b)
{
    return b->catalog;
}

struct reactor *broker_home(struct broker *b)
{
    return b->opts.reactors[0];
}

struct fetch_sessions *broker_fetch_sessions(struct broker *b)
{
    return b->fetch_sessions;
}

struct workers *broker_workers(struct broker *b)
{
    return b->workers;
}

void broker_on_reactor(struct reactor *r, struct reactor_task *task)
{
    if (reactor_is_current(r)) {
        task->run(task);
    } else {
        reactor_post(r, task);
    }
}

void broker_on_home(struct broker *b, struct reactor_task *task)
{
    broker_on_reactor(broker_home(b), task);
}

static struct reactor_local *local_of(struct broker *b, struct reactor *r)
{
    for (size_t i = 0; i < b->opts.reactor_cnt; i++) {
        if (b->locals[i].reactor == r) {
            return &b->locals[i];
        }
    }
    ASSERT(r == NULL); /* not one of this broker's */
    return &b->locals[0];
}

const struct image *broker_image(struct broker *b, struct reactor *r)
{
    return image_reader_get(&local_of(b, r)->images);
}

int64_t broker_wall_ms(const struct reactor *r)
{
    return reactor_wall_ms(r);
}

struct codecs *broker_codecs(struct broker *b, struct reactor *r)
{
    return local_of(b, r)->codecs;
}

struct codecs *broker_codecs_take(struct broker *b)
{
    struct codecs *codecs = NULL;

    os_lock_take(b->codecs_lock);
    if (b->codecs_kept_cnt > 0) {
        codecs = b->codecs_kept[--b->codecs_kept_cnt];
    }
    os_lock_drop(b->codecs_lock);
    return codecs != NULL ? codecs : codecs_new();
}

void broker_codecs_give(struct broker *b, struct codecs *codecs)
{
    os_lock_take(b->codecs_lock);
    if (b->codecs_kept_cnt < CODECS_KEPT_MAX) {
        b->codecs_kept[b->codecs_kept_cnt++] = codecs;
        codecs = NULL;
    }
    os_lock_drop(b->codecs_lock);
    codecs_free(codecs);
}

size_t broker_log_dir_cnt(const struct broker *b)
{
    return b->dir_cnt;
}

struct log_dir *broker_log_dir_at(struct broker *b, size_t idx)
{
    ASSERT(idx < b->dir_cnt);
    return b->dirs[idx].log;
}

struct os_lock *broker_stripe(struct broker *b, const void *what)
{
    return b->stripes[((uintptr_t)what >> 6) % STRIPE_CNT];
}

/* --- the table of partitions ----------------------------------------------------------------------- */

/* The online directory with the fewest partitions; under table_lock. */
static struct broker_dir *dir_for_new(struct broker *b)
{
    struct broker_dir *best = NULL;

    for (size_t i = 0; i < b->dir_cnt; i++) {
        struct broker_dir *d = &b->dirs[i];

        if (log_dir_is_online(d->log) && (best == NULL || d->partition_cnt < best->partition_cnt)) {
            best = d;
        }
    }
    return best;
}

static struct partition *partition_make(struct broker *b, const struct image_topic *t,
                                        partition_id_t idx, struct slice key)
{
    struct broker_dir *d = dir_for_new(b);
    struct partition *p = NULL;
    int rc = d == NULL ? ERR_OFFLINE : partition_new(b, t, idx, d->log, &p);

    if (rc == 0) {
        rc = map_add(&b->table, key, p);
    }
    if (rc != 0) {
        LOG(broker_logger(b), LOG_ERROR, "partition.new_failed", KV_TEXT("topic", t->name),
            KV_INT("partition", idx), KV_CSTR("error", err_name(rc)),
            KV_CSTR("msg", "the partition cannot be served"));
        partition_unref(p);
        return NULL;
    }
    d->partition_cnt++;
    return p;
}

struct partition *broker_partition(struct broker *b, const struct image_topic *t,
                                   partition_id_t idx)
{
    const struct image_partition *ip = image_topic_partition(t, idx);
    struct partition_key k;
    struct slice key = partition_key(&k, t->id, idx);
    struct partition *p;

    if (ip == NULL || ip->leader != b->id) {
        return NULL;
    }
    os_lock_take(b->table_lock);
    p = map_get(&b->table, key);
    if (p == NULL) {
        p = partition_make(b, t, idx, key);
    }
    if (p != NULL) {
        p = partition_ref(p);
    }
    os_lock_drop(b->table_lock);
    return p;
}

/* --- topics come and go ----------------------------------------------------------------------------- */

/* Partitions are made when somebody first asks for them. */
static void topic_added(void *ctx, const struct image_topic *t)
{
    (void)ctx;
    (void)t;
}

struct topic_removal {
    struct broker *broker;
    struct image_topic *topic;
    struct catalog_removal *catalog;
    struct reactor_task task;
    struct counter left;
    size_t cnt;
    struct partition_removal parts[];
};

static void topic_removal_end(struct reactor_task *task)
{
    struct topic_removal *r = CONTAINER_OF(task, struct topic_removal, task);

    for (size_t i = 0; i < r->cnt; i++) {
        partition_unref(r->parts[i].partition);
    }
    catalog_removal_done(r->broker->catalog, r->catalog);
    image_topic_unref(r->topic);
    free(r);
}

static void partition_removed(struct partition_removal *pr)
{
    struct topic_removal *r = pr->ctx;

    if (counter_add(&r->left, -1) == 0) {
        r->task.run = topic_removal_end;
        broker_on_home(r->broker, &r->task);
    }
}

/* Folders that were found at start but belong to a topic whose deletion was interrupted. */
static void topic_folders_remove(struct broker *b, const struct image_topic *t)
{
    for (size_t d = 0; d < b->dir_cnt; d++) {
        for (partition_id_t i = 0; i < t->partition_cnt; i++) {
            /* Not found is the usual case; a busy one is in the table and removed below. */
            (void)!log_dir_remove_partition(b->dirs[d].log, t->name, i);
        }
    }
}

static void topic_removed(void *ctx, const struct image_topic *t, struct catalog_removal *removal)
{
    struct broker *b = ctx;
    struct topic_removal *r =
        calloc(1, sizeof(*r) + (size_t)t->partition_cnt * sizeof(struct partition_removal));

    if (r == NULL) {
        catalog_removal_defer(b->catalog, removal, KERR_UNKNOWN_SERVER_ERROR,
                              "out of memory; the deletion goes on at the next start");
        return;
    }
    r->broker = b;
    r->topic = image_topic_ref(t);
    r->catalog = removal;
    counter_init(&r->left, 1);
    os_lock_take(b->table_lock);
    for (partition_id_t i = 0; i < t->partition_cnt; i++) {
        struct partition_key k;
        struct partition *p = map_remove(&b->table, partition_key(&k, t->id, i));

        if (p != NULL) {
            r->parts[r->cnt++] =
                (struct partition_removal){.partition = p, .removed = partition_removed, .ctx = r};
        }
    }
    os_lock_drop(b->table_lock);
    topic_folders_remove(b, t);
    (void)counter_add(&r->left, (long long)r->cnt);
    for (size_t i = 0; i < r->cnt; i++) {
        partition_remove(r->parts[i].partition, &r->parts[i], reactor_runner(broker_home(b)));
    }
    if (counter_add(&r->left, -1) == 0) {
        topic_removal_end(&r->task);
    }
}

static void broker_lost(struct broker *b, const char *why)
{
    LOG(broker_logger(b), LOG_ERROR, "broker.lost", KV_CSTR("msg", why));
    if (!b->lost_told && !b->stopping) {
        b->lost_told = true;
        b->opts.lost(b->opts.ctx, why);
    }
}

static void catalog_lost(void *ctx, const char *why)
{
    broker_lost(ctx, why);
}

static void dir_offline(void *ctx, struct log_dir *d, const char *why)
{
    struct broker *b = ((struct broker_dir *)ctx)->broker;

    LOG(broker_logger(b), LOG_ERROR, "log_dir.offline", KV_CSTR("dir", log_dir_path(d)),
        KV_CSTR("msg", why));
    for (size_t i = 0; i < b->dir_cnt; i++) {
        if (b->dirs[i].log != NULL && log_dir_is_online(b->dirs[i].log)) {
            return;
        }
    }
    broker_lost(b, "every log directory is offline; the broker stops");
}

/* --- retention ------------------------------------------------------------------------------------- */

/* A round looks at every partition that has a log, a few in each turn, so that requests go on. */
static void maintain_list(struct broker *b)
{
    os_lock_take(b->table_lock);
    b->maintained = malloc((b->table.cnt + 1) * sizeof(struct partition *));
    for (struct map_entry *it = map_first(&b->table); b->maintained != NULL && it != NULL;
         it = map_next(it)) {
        b->maintained[b->maintained_cnt++] = partition_ref(map_value(it));
    }
    os_lock_drop(b->table_lock);
}

static void maintain_run(struct reactor_timer *t)
{
    struct broker *b = CONTAINER_OF(t, struct broker, maintain_timer);
    struct reactor *home = broker_home(b);
    int64_t pause_ms = settings_long(b->opts.settings, SETTING_LOG_RETENTION_CHECK_INTERVAL_MS);

    if (b->maintained == NULL) {
        maintain_list(b);
    }
    for (size_t i = 0; i < MAINTAIN_PER_TURN && b->maintained_cnt > 0; i++) {
        struct partition *p = b->maintained[--b->maintained_cnt];

        partition_maintain(p, reactor_runner(home));
        partition_unref(p);
    }
    if (b->maintained_cnt > 0) {
        pause_ms = MAINTAIN_PAUSE_MS;
    } else {
        free(b->maintained);
        b->maintained = NULL;
    }
    /* Without memory for a timer there is none for the next round; requests tell of it first. */
    (void)!reactor_timer_set(home, t, reactor_mono_ms(home) + pause_ms);
}

static void maintain_start(struct broker *b)
{
    struct reactor *home = broker_home(b);

    /* As in Kafka the first look comes 30 s after the start. */
    (void)!reactor_timer_set(
        home, &b->maintain_timer,
        reactor_mono_ms(home) +
            MIN_OF((int64_t)30000,
                   settings_long(b->opts.settings, SETTING_LOG_RETENTION_CHECK_INTERVAL_MS)));
}

static void maintain_stop(struct broker *b)
{
    reactor_timer_cancel(broker_home(b), &b->maintain_timer);
    while (b->maintained_cnt > 0) {
        partition_unref(b->maintained[--b->maintained_cnt]);
    }
    free(b->maintained);
    b->maintained = NULL;
}

/* --- new -------------------------------------------------------------------------------------------- */

/* At most two fifths of the descriptors are for segments. */
static size_t segment_fds(struct os *os)
{
    return (size_t)MIN_OF(os_fd_limit(os) / 5 * 2, (uint64_t)SEGMENT_FDS_MAX);
}

size_t broker_fds_needed(struct os *os)
{
    return segment_fds(os) + OTHER_FDS;
}

static int dirs_open(struct broker *b)
{
    const char *list = settings_family_text(b->opts.settings, SETTING_LOG_DIRS);
    struct slice rest = slice_cstr(list == NULL ? "" : list);
    struct slice item;
    struct str why;
    int rc = 0;

    str_init(&why, sizeof(b->failed));
    while (rc == 0 && setting_list_next(&rest, &item)) {
        struct broker_dir *d = &b->dirs[b->dir_cnt];
        char path[PATH_LEN_MAX];
        struct log_dir_options opt = {.node_id = b->id,
                                      .workers = b->workers,
                                      .reactor = broker_home(b),
                                      .logger = b->opts.logger,
                                      .files_max = segment_fds(b->opts.os),
                                      .hash_seed = os_random_u64(b->opts.os),
                                      .ctx = d,
                                      .on_offline = dir_offline};

        if (b->dir_cnt == BROKER_LOG_DIRS_MAX || item.len >= sizeof(path)) {
            (void)snprintf(b->failed, sizeof(b->failed), "log.dirs has too many or too long paths");
            rc = ERR_LIMIT;
            break;
        }
        memcpy(path, item.ptr, item.len);
        path[item.len] = '\0';
        for (size_t i = 0; i < b->dir_cnt; i++) {
            if (strcmp(log_dir_path(b->dirs[i].log), path) == 0) {
                (void)snprintf(b->failed, sizeof(b->failed),
                               "log.dirs names %.900s twice; name it once", path);
                rc = ERR_INVALID;
            }
        }
        if (rc != 0) {
            break;
        }
        d->broker = b;
        rc = log_dir_open(b->opts.os, path, &opt, &d->log, &why);
        if (rc != 0) {
            (void)snprintf(b->failed, sizeof(b->failed), "%s",
                           why.len > 0 ? why.ptr : err_text(rc));
        } else {
            b->dir_cnt++;
        }
    }
    if (rc == 0 && b->dir_cnt == 0) {
        (void)snprintf(b->failed, sizeof(b->failed), "log.dirs names no directory");
        rc = ERR_INVALID;
    }
    str_release(&why);
    return rc;
}

static int meta_open(struct broker *b)
{
    char path[PATH_LEN_MAX];
    struct embedded_why why = {{0}};
    int rc;

    (void)snprintf(path, sizeof(path), "%s/%s", log_dir_path(b->dirs[0].log), EMBEDDED_FILE_NAME);
    rc = embedded_open(b->opts.os, broker_home(b), b->workers, path, &b->meta, &why);
    if (rc != 0) {
        (void)snprintf(b->failed, sizeof(b->failed), "%s",
                       why.text[0] != '\0' ? why.text : err_text(rc));
    }
    return rc;
}

static int catalog_make(struct broker *b)
{
    struct catalog_options opt = {.os = b->opts.os,
                                  .meta = b->meta,
                                  .log = b->opts.logger,
                                  .settings = b->opts.settings,
                                  .broker_id = b->id,
                                  .advertised = b->opts.advertised,
                                  .listener = {.topic_added = topic_added,
                                               .topic_removed = topic_removed,
                                               .lost = catalog_lost,
                                               .ctx = b}};

    for (size_t i = 0; i < b->dir_cnt; i++) {
        const char *id = log_dir_cluster_id(b->dirs[i].log);

        if (id[0] != '\0' && uuid_parse(slice_cstr(id), &opt.cluster_id) != 0) {
            (void)snprintf(
                b->failed, sizeof(b->failed),
                "%s/meta.properties has the cluster id %s, which is not 22 characters of "
                "base64",
                log_dir_path(b->dirs[i].log), id);
            return ERR_INVALID;
        }
    }
    return catalog_new(&opt, &b->catalog);
}

int broker_new(const struct broker_options *opts, struct broker **ret_broker)
{
    struct broker *b = calloc(1, sizeof(*b));
    int rc = 0;

    ASSERT(opts->reactor_cnt >= 1 && opts->reactor_cnt <= BROKER_REACTORS_MAX);
    if (b == NULL) {
        return ERR_NOMEM;
    }
    b->opts = *opts;
    memcpy(b->reactors, opts->reactors, opts->reactor_cnt * sizeof(struct reactor *));
    b->opts.reactors = b->reactors;
    reactor_timer_init(&b->maintain_timer, maintain_run);
    b->id = (broker_id_t)settings_family_long(opts->settings, SETTING_NODE_ID);
    b->id = b->id < 0 ? 0 : b->id;
    map_init(&b->table, os_random_u64(opts->os), PARTITIONS_MAX);
    rc = os_lock_new(&b->table_lock);
    if (rc == 0) {
        rc = os_lock_new(&b->codecs_lock);
    }
    for (size_t i = 0; i < STRIPE_CNT && rc == 0; i++) {
        rc = os_lock_new(&b->stripes[i]);
    }
    if (rc == 0) {
        int64_t slots =
            settings_long(opts->settings, SETTING_MAX_INCREMENTAL_FETCH_SESSION_CACHE_SLOTS);

        rc = fetch_sessions_new(opts->os, broker_home(b), (size_t)(slots < 0 ? 0 : slots),
                                &b->fetch_sessions);
    }
    if (rc == 0) {
        rc = workers_new(opts->os, 4, &b->workers);
    }
    for (size_t i = 0; i < opts->reactor_cnt && rc == 0; i++) {
        b->locals[i].reactor = opts->reactors[i];
        b->locals[i].codecs = codecs_new();
        rc = b->locals[i].codecs == NULL ? ERR_NOMEM : 0;
    }
    if (rc != 0) {
        broker_free(b);
        return rc;
    }
    *ret_broker = b;
    return 0;
}

/* --- start ------------------------------------------------------------------------------------------- */

struct recovery_job {
    struct worker_job job;
    struct broker_dir *dir;
    struct image_topic *topic;
    partition_id_t idx;
    struct partition *partition;
    struct plog_recovery found;
    int rc;
};

static void started_tell(struct broker *b)
{
    b->started(b->ctx, b->failed[0] == '\0' ? NULL : b->failed);
}

static void recovery_check_end(struct broker *b)
{
    if (b->recovery_listed && b->recovered_cnt == b->recovering_cnt) {
        if (b->scanned_cnt > 0) {
            LOG(broker_logger(b), LOG_INFO, "recovery.done", KV_INT("partitions", b->scanned_cnt),
                KV_CSTR("msg", "the last stop was not a clean one: these partitions were checked, "
                               "and what was cut or is damaged is named above"));
        }
        if (b->failed[0] == '\0') {
            maintain_start(b);
        }
        started_tell(b);
    }
}

static void recovery_run(struct worker_job *job)
{
    struct recovery_job *j = CONTAINER_OF(job, struct recovery_job, job);

    j->rc = partition_open(j->dir->broker, j->topic, j->idx, j->dir->log, &j->partition, &j->found);
}

static void recovery_report(struct broker *b, const struct recovery_job *j)
{
    if (j->rc != 0) {
        LOG(broker_logger(b), LOG_ERROR, "partition.open_failed", KV_TEXT("topic", j->topic->name),
            KV_INT("partition", j->idx), KV_CSTR("error", err_name(j->rc)),
            KV_CSTR("msg", j->found.why[0] != '\0'
                               ? j->found.why
                               : "the partition is offline; its files are left as they are"));
    } else if (j->found.is_faulty) {
        LOG(broker_logger(b), LOG_ERROR, "partition.faulty", KV_TEXT("topic", j->topic->name),
            KV_INT("partition", j->idx), KV_CSTR("msg", j->found.why));
    } else if (j->found.cut_bytes > 0) {
        LOG(broker_logger(b), LOG_WARN, "partition.recovered", KV_TEXT("topic", j->topic->name),
            KV_INT("partition", j->idx), KV_INT("cut_bytes", j->found.cut_bytes),
            KV_INT("end_offset", j->found.cut_offset), KV_CSTR("msg", j->found.why));
    }
}

static void recovery_done(struct worker_job *job)
{
    struct recovery_job *j = CONTAINER_OF(job, struct recovery_job, job);
    struct broker *b = j->dir->broker;
    struct partition_key k;

    b->recovered_cnt++;
    b->scanned_cnt += j->found.was_scanned ? 1 : 0;
    recovery_report(b, j);
    if (j->rc == 0) {
        os_lock_take(b->table_lock);
        j->rc = map_add(&b->table, partition_key(&k, j->topic->id, j->idx), j->partition);
        os_lock_drop(b->table_lock);
        if (j->rc != 0) {
            LOG(broker_logger(b), LOG_ERROR, "partition.twice", KV_TEXT("topic", j->topic->name),
                KV_INT("partition", j->idx),
                KV_CSTR("msg", "the partition is in two log directories; the second is not used"));
            plog_close(partition_log(j->partition));
            partition_unref(j->partition);
        } else {
            j->dir->partition_cnt++;
        }
    }
    image_topic_unref(j->topic);
    free(j);
    recovery_check_end(b);
}

/* A folder that the metadata does not know: its topic is gone, or the metadata is another one. It is set
 * aside when the walk over the folders is done, so that a new topic of that name has room. */
static int stray_note(struct broker_dir *d, const struct log_dir_partition *found)
{
    struct stray *s = malloc(sizeof(*s) + found->topic.len);

    if (s == NULL) {
        return ERR_NOMEM;
    }
    s->partition = found->partition;
    s->topic_len = found->topic.len;
    memcpy(s->topic, found->topic.ptr, found->topic.len);
    s->next = d->strays;
    d->strays = s;
    return 0;
}

static void strays_set_aside(struct broker_dir *d)
{
    while (d->strays != NULL) {
        struct stray *s = d->strays;
        struct slice topic = slice_of(s->topic, s->topic_len);
        int rc = log_dir_set_aside(d->log, topic, s->partition);

        d->strays = s->next;
        LOG(broker_logger(d->broker), LOG_WARN, "partition.stray", KV_TEXT("topic", topic),
            KV_INT("partition", s->partition), KV_CSTR("dir", log_dir_path(d->log)),
            KV_CSTR("msg", rc == 0 ? "no topic of the metadata has this folder; it was renamed to "
                                     "end in -stray and is left alone: remove it by hand when it "
                                     "is not needed"
                                   : "no topic of the metadata has this folder and it cannot be "
                                     "renamed; it is left alone"));
        free(s);
    }
}

static int recovery_begin(void *ctx, const struct log_dir_partition *found)
{
    struct broker_dir *d = ctx;
    struct broker *b = d->broker;
    const struct image_topic *t =
        image_topic_by_name(broker_image(b, broker_home(b)), found->topic);
    struct recovery_job *j;

    if (t == NULL || (!uuid_is_zero(found->topic_id) && !uuid_eq(found->topic_id, t->id)) ||
        image_topic_partition(t, found->partition) == NULL) {
        return stray_note(d, found);
    }
    j = calloc(1, sizeof(*j));
    if (j == NULL) {
        return ERR_NOMEM;
    }
    j->dir = d;
    j->topic = image_topic_ref(t);
    j->idx = found->partition;
    j->job.run = recovery_run;
    j->job.done = recovery_done;
    j->job.reactor = broker_home(b);
    b->recovering_cnt++;
    workers_submit(b->workers, &j->job);
    return 0;
}

static void catalog_started(void *ctx, const char *failed)
{
    struct broker *b = ctx;
    const struct image *img;
    struct str why;

    if (failed != NULL) {
        (void)snprintf(b->failed, sizeof(b->failed), "%s", failed);
        started_tell(b);
        return;
    }
    for (size_t i = 0; i < b->opts.reactor_cnt; i++) {
        image_reader_init(&b->locals[i].images, catalog_images(b->catalog));
    }
    img = broker_image(b, broker_home(b));
    str_init(&why, sizeof(b->failed));
    for (size_t i = 0; i < b->dir_cnt && b->failed[0] == '\0'; i++) {
        if (log_dir_claim(b->dirs[i].log, b->id, img->cluster_id_text, &why) != 0) {
            (void)snprintf(b->failed, sizeof(b->failed), "%s",
                           why.len > 0 ? why.ptr : "a log directory cannot be claimed");
        }
    }
    str_release(&why);
    for (size_t i = 0; i < b->dir_cnt && b->failed[0] == '\0'; i++) {
        if (log_dir_each_partition(b->dirs[i].log, recovery_begin, &b->dirs[i]) != 0) {
            (void)snprintf(b->failed, sizeof(b->failed), "out of memory while opening partitions");
        }
        strays_set_aside(&b->dirs[i]);
    }
    b->recovery_listed = true;
    recovery_check_end(b);
}

void broker_start(struct broker *b, void (*started)(void *ctx, const char *failed), void *ctx)
{
    int rc;

    b->started = started;
    b->ctx = ctx;
    rc = dirs_open(b);
    if (rc == 0) {
        rc = meta_open(b);
    }
    if (rc == 0) {
        rc = catalog_make(b);
    }
    if (rc != 0) {
        if (b->failed[0] == '\0') {
            (void)snprintf(b->failed, sizeof(b->failed), "%s", err_text(rc));
        }
        started_tell(b);
        return;
    }
    catalog_start(b->catalog, catalog_started, b);
}

/* --- stop -------------------------------------------------------------------------------------------- */

static void meta_stopped(void *ctx)
{
    struct broker *b = ctx;

    b->stopped(b->ctx);
}

static void dirs_close_next(struct broker *b);

static void dir_closed(void *ctx, int rc)
{
    struct broker_dir *d = ctx;

    if (rc != 0) {
        LOG(broker_logger(d->broker), LOG_WARN, "log_dir.unclean_stop",
            KV_CSTR("error", err_name(rc)),
            KV_CSTR("msg", "the directory could not be closed cleanly; the next start checks it"));
    }
    d->log = NULL;
    dirs_close_next(d->broker);
}

static void dirs_close_next(struct broker *b)
{
    while (b->closing_dir < b->dir_cnt && b->dirs[b->closing_dir].log == NULL) {
        b->closing_dir++;
    }
    if (b->closing_dir < b->dir_cnt) {
        struct broker_dir *d = &b->dirs[b->closing_dir];

        /* After a start that failed nothing was recovered, so nothing may be called clean. */
        log_dir_close(d->log, b->failed[0] == '\0', dir_closed, d);
        return;
    }
    if (b->meta != NULL) {
        meta_stop(b->meta, meta_stopped, b);
    } else {
        b->stopped(b->ctx);
    }
}

static void catalog_stopped(void *ctx)
{
    struct broker *b = ctx;
    struct map_entry *next;

    for (struct map_entry *it = map_first(&b->table); it != NULL; it = next) {
        next = map_next(it);
        partition_abandon(map_value(it));
    }
    map_release(&b->table);
    dirs_close_next(b);
}

void broker_stop(struct broker *b, void (*stopped)(void *ctx), void *ctx)
{
    b->stopping = true;
    b->stopped = stopped;
    b->ctx = ctx;
    maintain_stop(b);
    fetch_sessions_clear(b->fetch_sessions); /* they hold partitions */
    if (b->catalog != NULL) {
        catalog_stop(b->catalog, catalog_stopped, b);
    } else {
        catalog_stopped(b);
    }
}

void broker_free(struct broker *b)
{
    if (b == NULL) {
        return;
    }
    for (size_t i = 0; i < b->opts.reactor_cnt; i++) {
        image_reader_release(&b->locals[i].images);
        codecs_free(b->locals[i].codecs);
    }
    catalog_free(b->catalog);
    if (b->meta != NULL) {
        meta_free(b->meta);
    }
    workers_free(b->workers);
    while (b->codecs_kept_cnt > 0) {
        codecs_free(b->codecs_kept[--b->codecs_kept_cnt]);
    }
    os_lock_free(b->codecs_lock);
    for (size_t i = 0; i < STRIPE_CNT; i++) {
        os_lock_free(b->stripes[i]);
    }
    fetch_sessions_free(b->fetch_sessions);
    os_lock_free(b->table_lock);
    free(b);
}
