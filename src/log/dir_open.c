/*
 * Opening a log directory:
 *
 *     make it where it is missing; is it a directory, and ours to write
 *     what is in it: a log directory's files, or someone else's
 *     .lock                      held as long as the directory is open
 *     meta.properties            whose it is; written for a new one
 *     .kafka_cleanshutdown       noted and removed: from now on a crash is a crash
 *     partition folders          listed with their topic ids
 *     checkpoints                read
 *     ...-delete                 emptied in the background
 *
 * Nothing is written before it is sure that the directory is a log directory or empty.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "log/log_dir_impl.h"
#include "log/plog_impl.h"

#define FILE_META "meta.properties"
#define FILE_LOCK ".lock"
#define META_BYTES_MAX 65536u
#define USER_NAME_MAX 64u

/* --- what is in it ----------------------------------------------------------------------------- */

struct survey {
    struct log_dir *dir;
    bool has_meta;
    bool has_clean_marker;
    char foreign[LOG_NAME_MAX + 1]; /* the first thing that is no log directory's */
    int rc;
};

/* Files of Kafka's log directories, of ours, and what file systems put into their roots. */
static bool file_is_known(struct slice name)
{
    static const char *const known[] = {
        FILE_META,
        FILE_LOCK,
        MARKER_CLEAN,
        "recovery-point-offset-checkpoint",
        "replication-offset-checkpoint",
        "log-start-offset-checkpoint",
        "cleaner-offset-checkpoint",
        "bootstrap.checkpoint",
        "ottla-metadata.mdb",
        "ottla-metadata.mdb-lock",
    };

    if (name_ends_with(name, ".tmp")) {
        name.len -= strlen(".tmp");
    }
    for (size_t i = 0; i < ARRAY_CNT(known); i++) {
        if (slice_eq_cstr(name, known[i])) {
            return true;
        }
    }
    return false;
}

static bool folder_is_known(struct slice name)
{
    struct slice topic;
    partition_id_t partition;

    return folder_name_parse(name, &topic, &partition) != FOLDER_FOREIGN ||
           slice_eq_cstr(name, "lost+found") || slice_eq_cstr(name, "remote-log-index-cache");
}

static int survey_each(void *ctx, const char *name, enum os_kind kind)
{
    struct survey *s = ctx;
    struct slice n = slice_cstr(name);

    s->has_meta = s->has_meta || slice_eq_cstr(n, FILE_META);
    s->has_clean_marker = s->has_clean_marker || slice_eq_cstr(n, MARKER_CLEAN);
    if (s->foreign[0] == '\0' && !(kind == OS_KIND_DIR ? folder_is_known(n) : file_is_known(n))) {
        size_t len = n.len < LOG_NAME_MAX ? n.len : LOG_NAME_MAX;

        memcpy(s->foreign, name, len);
        s->foreign[len] = '\0';
    }
    return 0;
}

/* --- making sure ------------------------------------------------------------------------------- */

static int why_set(struct str *why, int rc)
{
    ASSERT(rc != 0);
    ASSERT(why->len > 0 || why->err != 0);
    return rc;
}

static int dir_make(struct os *os, const char *path, struct str *why)
{
    char user[USER_NAME_MAX];
    struct os_stat st;
    int rc;

    if (strlen(path) > LOG_DIR_PATH_MAX || path[0] == '\0') {
        str_add_fmt(why, "log.dirs names a path of %zu characters; it must have 1 to %u",
                    strlen(path), LOG_DIR_PATH_MAX);
        return why_set(why, ERR_LIMIT);
    }
    if (os_stat(os, path, &st) == 0 && st.kind != OS_KIND_DIR) {
        str_add_fmt(why,
                    "%s is not a directory: log.dirs needs one, take another path or move the "
                    "file away",
                    path);
        return why_set(why, ERR_NOT_DIR);
    }
    rc = os_mkdirs(os, path);
    if (rc == ERR_ACCESS) {
        (void)os_user(os, user, sizeof(user));
        str_add_fmt(why,
                    "the directory %s can not be made by the user %s: run "
                    "sudo mkdir -p %s && sudo chown -R %s %s",
                    path, user, path, user, path);
        return why_set(why, rc);
    }
    if (rc == 0) {
        rc = os_stat(os, path, &st);
    }
    if (rc != 0) {
        str_add_fmt(why, "the directory %s can not be made or looked at: %s", path, err_text(rc));
        return why_set(why, rc);
    }
    if (st.kind != OS_KIND_DIR) {
        str_add_fmt(why, "%s is not a directory: log.dirs needs one", path);
        return why_set(why, ERR_NOT_DIR);
    }
    if (!st.writable) {
        (void)os_user(os, user, sizeof(user));
        str_add_fmt(why,
                    "the directory %s belongs to %s and can not be written by %s: run "
                    "sudo chown -R %s %s",
                    path, st.owner, user, user, path);
        return why_set(why, ERR_ACCESS);
    }
    return 0;
}

static int dir_survey(struct log_dir *d, struct survey *s, struct str *why)
{
    int rc = os_dir_list(d->os, d->path, survey_each, s);

    if (rc != 0) {
        char user[USER_NAME_MAX];

        (void)os_user(d->os, user, sizeof(user));
        str_add_fmt(why, "the directory %s can not be listed (%s)", d->path, err_text(rc));
        if (rc == ERR_ACCESS) {
            str_add_fmt(why, ": run sudo chown -R %s %s", user, d->path);
        }
        return why_set(why, rc);
    }
    if (!s->has_meta && s->foreign[0] != '\0') {
        str_add_fmt(why, "the directory %s holds \"", d->path);
        str_add_escaped(why, slice_cstr(s->foreign), 64);
        str_add_fmt(why,
                    "\" and no meta.properties, so it is no log directory: name an empty or new "
                    "directory in log.dirs");
        return why_set(why, ERR_NOT_EMPTY);
    }
    if (s->foreign[0] != '\0') {
        LOG(d->opt.logger, LOG_WARN, "log_dir.foreign", KV_CSTR("dir", d->path),
            KV_CSTR("name", s->foreign),
            KV_CSTR("msg", "not a log directory's own; left alone, continuing"));
    }
    return 0;
}

static int dir_lock(struct log_dir *d, struct str *why)
{
    char path[LOG_PATH_MAX];
    int rc = file_path(path, sizeof(path), d->path, FILE_LOCK);

    if (rc == 0) {
        rc = os_file_open(d->os, path, OS_WRITE | OS_CREATE, &d->lock_file);
    }
    if (rc == ERR_ACCESS) {
        char user[USER_NAME_MAX];

        (void)os_user(d->os, user, sizeof(user));
        str_add_fmt(why, "the file %s can not be written by %s: run sudo chown -R %s %s", path,
                    user, user, d->path);
        return why_set(why, rc);
    }
    if (rc == 0) {
        rc = os_file_lock(d->lock_file);
    }
    if (rc == ERR_BUSY) {
        str_add_fmt(why,
                    "the directory %s is in use by another broker, which holds %s: stop that one, "
                    "or give this one a log.dirs of its own",
                    d->path, path);
        return why_set(why, rc);
    }
    if (rc != 0) {
        str_add_fmt(why, "the file %s can not be locked: %s", path, err_text(rc));
        return why_set(why, rc);
    }
    return 0;
}

/* --- identity ---------------------------------------------------------------------------------- */

static int meta_write(struct log_dir *d, struct str *why)
{
    char path[LOG_PATH_MAX];
    struct str text;
    int rc = file_path(path, sizeof(path), d->path, FILE_META);

    str_init(&text, META_BYTES_MAX);
    meta_properties_format(&text, &d->meta, os_wall_ms(d->os));
    if (rc == 0) {
        rc = text.err;
    }
    if (rc == 0) {
        rc = os_file_replace(d->os, path, str_view(&text));
    }
    str_release(&text);
    if (rc != 0) {
        str_add_fmt(why, "the file %s can not be written: %s", path, err_text(rc));
        return why_set(why, rc);
    }
    return 0;
}

static int meta_read(struct log_dir *d, struct str *why)
{
    char path[LOG_PATH_MAX];
    uint8_t *text = NULL;
    size_t len;
    int rc = file_path(path, sizeof(path), d->path, FILE_META);

    if (rc == 0) {
        rc = os_file_read_all(d->os, path, META_BYTES_MAX, &text, &len);
    }
    if (rc == 0) {
        rc = meta_properties_parse(slice_of(text, len), &d->meta);
        free(text);
    }
    if (rc != 0) {
        str_add_fmt(why,
                    "the file %s can not be understood (%s): it names the broker and cluster this "
                    "directory belongs to; put it back from a backup, or name another directory in "
                    "log.dirs",
                    path, err_text(rc));
        return why_set(why, rc == ERR_NOMEM || rc == ERR_IO || rc == ERR_ACCESS ? rc : ERR_INVALID);
    }
    return 0;
}

static int identity_check(struct log_dir *d, broker_id_t node_id, const char *cluster_id,
                          struct str *why)
{
    if (d->meta.node_id != BROKER_ID_NONE && node_id != BROKER_ID_NONE &&
        d->meta.node_id != node_id) {
        str_add_fmt(why,
                    "the directory %s belongs to broker %" PRId32 " and not to broker %" PRId32
                    ": set broker.id=%" PRId32 ", or name another directory in log.dirs",
                    d->path, d->meta.node_id, node_id, d->meta.node_id);
        return why_set(why, ERR_VERSION);
    }
    if (d->meta.cluster_id[0] != '\0' && cluster_id[0] != '\0' &&
        strcmp(d->meta.cluster_id, cluster_id) != 0) {
        str_add_fmt(why,
                    "the directory %s belongs to the cluster %s and not to %s: name another "
                    "directory in log.dirs",
                    d->path, d->meta.cluster_id, cluster_id);
        return why_set(why, ERR_VERSION);
    }
    return 0;
}

int log_dir_claim(struct log_dir *d, broker_id_t node_id, const char *cluster_id, struct str *why)
{
    bool is_changed = false;
    int rc;

    ASSERT(cluster_id != NULL);
    if (strlen(cluster_id) > CLUSTER_ID_TEXT_MAX) {
        str_add_fmt(why, "a cluster id has at most %u characters", CLUSTER_ID_TEXT_MAX);
        return why_set(why, ERR_INVALID);
    }
    rc = identity_check(d, node_id, cluster_id, why);
    if (rc != 0) {
        return rc;
    }
    if (d->meta.node_id == BROKER_ID_NONE && node_id != BROKER_ID_NONE) {
        d->meta.node_id = node_id;
        is_changed = true;
    }
    if (d->meta.cluster_id[0] == '\0' && cluster_id[0] != '\0') {
        memcpy(d->meta.cluster_id, cluster_id, strlen(cluster_id) + 1);
        is_changed = true;
    }
    if (uuid_is_zero(d->meta.directory_id)) {
        /* The ids 0 and 1 have meanings of their own in Kafka. */
        do {
            os_random(d->os, d->meta.directory_id.b, sizeof(d->meta.directory_id.b));
        } while (uuid_is_zero(d->meta.directory_id));
        is_changed = true;
    }
    if (d->meta.node_id == BROKER_ID_NONE || d->meta.cluster_id[0] == '\0' || !is_changed) {
        return 0; /* not complete yet: nothing is written */
    }
    return meta_write(d, why);
}

/* --- partitions -------------------------------------------------------------------------------- */

static struct uuid topic_id_read(struct log_dir *d, const char *folder_name)
{
    char folder[LOG_PATH_MAX];
    char path[LOG_PATH_MAX];
    struct uuid id = {{0}};
    uint8_t *text = NULL;
    size_t len;

    if (file_path(folder, sizeof(folder), d->path, folder_name) == 0 &&
        file_path(path, sizeof(path), folder, FILE_PARTITION_METADATA) == 0 &&
        os_file_read_all(d->os, path, META_BYTES_MAX, &text, &len) == 0) {
        if (partition_metadata_parse(slice_of(text, len), &id) != 0) {
            memset(&id, 0, sizeof(id)); /* torn by a crash: the cluster's metadata knows it */
        }
        free(text);
    }
    return id;
}

static int partition_each(void *ctx, const char *name, enum os_kind kind)
{
    struct log_dir *d = ctx;
    struct slice topic;
    partition_id_t partition;
    struct log_dir_part *p;
    char path[LOG_PATH_MAX];
    int rc;

    if (kind != OS_KIND_DIR) {
        return 0;
    }
    switch (folder_name_parse(slice_cstr(name), &topic, &partition)) {
    case FOLDER_PARTITION:
        rc = log_dir_part_add(d, topic, partition, &p);
        if (rc == 0) {
            p->was_found = true;
            p->needs_recovery = !d->was_clean;
            p->topic_id = topic_id_read(d, name);
        }
        return rc;
    case FOLDER_DELETED:
        rc = file_path(path, sizeof(path), d->path, name);
        if (rc == 0) {
            trash_folder(d, path);
        }
        return rc;
    case FOLDER_FUTURE:
    case FOLDER_STRAY:
        LOG(d->opt.logger, LOG_WARN, "log_dir.set_aside", KV_CSTR("dir", d->path),
            KV_CSTR("folder", name), KV_CSTR("msg", "left as it is, continuing"));
        return 0;
    case FOLDER_FOREIGN:
        return 0;
    }
    return 0;
}

/* The marker goes for good before anything changes: one that came back after a crash would lie. */
static int marker_take(struct log_dir *d, bool is_there, struct str *why)
{
    char path[LOG_PATH_MAX];
    int rc = 0;

    if (is_there) {
        d->was_clean = true;
        rc = file_path(path, sizeof(path), d->path, MARKER_CLEAN);
        if (rc == 0) {
            rc = os_unlink(d->os, path);
        }
        if (rc == 0) {
            rc = os_dir_sync(d->os, d->path);
        }
    }
    if (rc != 0) {
        str_add_fmt(why, "the file %s/%s can not be removed: %s", d->path, MARKER_CLEAN,
                    err_text(rc));
        return why_set(why, rc);
    }
    return 0;
}

/* --- open and free ----------------------------------------------------------------------------- */

static int dir_init(struct log_dir *d, struct os *os, const char *path,
                    const struct log_dir_options *opt)
{
    size_t len = strlen(path);
    int rc;

    d->os = os;
    d->opt = *opt;
    d->opt.cluster_id = NULL; /* borrowed for the call only */
    d->opt.files_max = opt->files_max == 0 ? FILES_MAX_DEFAULT : opt->files_max;
    d->opt.checkpoint_ms = opt->checkpoint_ms == 0 ? CHECKPOINT_MS : opt->checkpoint_ms;
    d->meta.node_id = BROKER_ID_NONE;
    flag_init(&d->offline, false);
    flag_init(&d->changed, false);
    map_init(&d->parts, opt->hash_seed, PARTITIONS_PER_DIR_MAX);
    log_dir_clock_init(d);
    d->is_closing = true;
    while (len > 1 && path[len - 1] == '/') {
        len--;
    }
    d->path = malloc(len + 1);
    if (d->path == NULL) {
        return ERR_NOMEM;
    }
    memcpy(d->path, path, len);
    d->path[len] = '\0';
    rc = os_lock_new(&d->lock);
    if (rc == 0) {
        rc = os_lock_new(&d->parts_lock);
    }
    if (rc == 0) {
        rc = os_lock_new(&d->checkpoint_lock);
    }
    return rc != 0 ? rc : log_files_init(&d->files, os, d->opt.files_max);
}

static int dir_load(struct log_dir *d, struct survey *s, const struct log_dir_options *opt,
                    struct str *why)
{
    int rc = s->has_meta ? meta_read(d, why) : 0;

    if (rc == 0) {
        rc = log_dir_claim(d, opt->node_id, opt->cluster_id == NULL ? "" : opt->cluster_id, why);
    }
    if (rc == 0) {
        rc = marker_take(d, s->has_clean_marker, why);
    }
    if (rc != 0) {
        return rc;
    }
    rc = os_dir_list(d->os, d->path, partition_each, d);
    if (rc == 0) {
        rc = checkpoints_load(d);
    }
    if (rc != 0) {
        str_add_fmt(why, "the partitions in %s can not be listed: %s", d->path, err_text(rc));
        return why_set(why, rc);
    }
    return 0;
}

int log_dir_open(struct os *os, const char *path, const struct log_dir_options *opt,
                 struct log_dir **ret_dir, struct str *why)
{
    struct survey survey = {0};
    struct log_dir *d;
    int rc;

    ASSERT(opt->workers != NULL);
    ASSERT(opt->reactor != NULL);
    rc = dir_make(os, path, why);
    if (rc != 0) {
        return rc;
    }
    d = calloc(1, sizeof(*d));
    if (d == NULL) {
        str_add_cstr(why, "out of memory");
        return ERR_NOMEM;
    }
    ref_init(&d->ref);
    survey.dir = d;
    rc = dir_init(d, os, path, opt);
    if (rc != 0) {
        str_add_fmt(why, "the directory %s can not be opened: %s", path, err_text(rc));
    }
    if (rc == 0) {
        rc = dir_survey(d, &survey, why);
    }
    if (rc == 0) {
        rc = dir_lock(d, why);
    }
    if (rc == 0) {
        rc = dir_load(d, &survey, opt, why);
    }
    if (rc != 0) {
        log_dir_free(d);
        return rc;
    }
    os_lock_take(d->lock);
    d->is_closing = false; /* until here nothing could be posted, so that a failure can free */
    if (d->trash != NULL) {
        log_dir_wake_at(d, INT64_MIN);
    }
    os_lock_drop(d->lock);
    *ret_dir = d;
    return 0;
}

struct log_dir *log_dir_ref(struct log_dir *d)
{
    ref_get(&d->ref);
    return d;
}

void log_dir_unref(struct log_dir *d)
{
    if (!ref_put(&d->ref)) {
        return;
    }
    if (d->files.lock != NULL) {
        log_files_release(&d->files);
    }
    os_lock_free(d->checkpoint_lock);
    os_lock_free(d->parts_lock);
    os_lock_free(d->lock);
    free(d->why_offline);
    free(d->path);
    free(d);
}

void log_dir_free(struct log_dir *d)
{
    if (d->lock != NULL) {
        commit_drop_all(d);
        while (d->unsealed != NULL) {
            struct segment *s = d->unsealed;
            struct plog *l = s->log;

            d->unsealed = s->unsealed_next;
            segment_unref(s);
            plog_unref(l);
        }
    }
    for (struct map_entry *it = map_first(&d->parts); it != NULL; it = map_next(it)) {
        struct log_dir_part *p = map_value(it);

        plog_unref(p->log);
        log_dir_part_free(p);
    }
    map_release(&d->parts);
    trash_free_all(d);
    os_file_close(d->lock_file);
    d->lock_file = NULL;
    log_dir_unref(d);
}
