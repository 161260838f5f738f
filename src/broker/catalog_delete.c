/*
 * The deletion of a topic, also one that a crash interrupted:
 *
 *     [marker] → image without it → listener → folders moved away → survey → sweep → done
 *
 * The marker /admin/delete_topics/<t> makes the deletion a fact; what comes after may be begun anew any
 * number of times. The survey lists everything there is below the marker, the config and the topic,
 * parents before children; the sweep deletes it from the end, children before parents, the marker last,
 * in atomic pieces. When a piece finds something other than surveyed, or its outcome is unknown, the
 * survey is made again.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "broker/catalog_impl.h"

#define SWEEP_OPS 256u
#define NODES_MAX (4u * PARTITIONS_PER_TOPIC_MAX)

/* A path the survey has met. */
struct met {
    size_t len;
    uint8_t *path; /* NULL: it is not there */
};

struct catalog_removal {
    struct catalog *catalog;
    struct image_topic *topic; /* NULL: only leftovers are there */
    struct busy_name busy;
    struct topic_path marker;
    struct meta_request meta;
    struct catalog_removal *next_resumed;
    struct catalog_delete *waiting; /* who is to be told */
    struct met *met;
    size_t met_cnt;
    size_t met_cap;
    size_t at;    /* survey: the next to list; sweep: how many are left */
    size_t piece; /* sweep: how many are in the piece under way */
    struct meta_op ops[SWEEP_OPS];
    int try_cnt;
};

static struct slice name_of(const struct catalog_removal *d)
{
    return slice_of(d->busy.name, d->busy.len);
}

static void met_clear(struct catalog_removal *d)
{
    for (size_t i = 0; i < d->met_cnt; i++) {
        free(d->met[i].path);
    }
    d->met_cnt = 0;
}

/* ---- The end --------------------------------------------------------------------------------- */

static void waiting_answer(struct catalog_removal *d, enum kerr error, const char *why)
{
    struct catalog_delete *req = d->waiting;

    d->waiting = NULL;
    while (req != NULL) {
        struct catalog_delete *next = req->next;

        req->error = error;
        (void)snprintf(req->why, sizeof(req->why), "%s", why);
        req->done(req);
        req = next;
    }
}

static void removal_free(struct catalog_removal *d)
{
    met_clear(d);
    free(d->met);
    image_topic_unref(d->topic);
    free(d);
}

static void removal_end(struct catalog_removal *d, enum kerr error, const char *why)
{
    struct catalog *c = d->catalog;

    catalog_busy_remove(c, &d->busy);
    waiting_answer(d, error, why);
    removal_free(d);
    catalog_op_end(c);
}

static void removal_fail(struct catalog_removal *d, enum meta_outcome outcome)
{
    char why[CATALOG_WHY_LEN];
    enum kerr error = catalog_outcome_kerr(outcome, "delete the topic", why);

    LOG(d->catalog->options.log, LOG_WARN, "topic.deletion.stopped", KV_TEXT("topic", name_of(d)),
        KV_CSTR("msg", why));
    removal_end(d, error, why);
}

/* ---- The sweep ------------------------------------------------------------------------------- */

static void survey_begin(struct catalog_removal *d);

static void sweep_next(struct catalog_removal *d);

static void on_swept(struct meta_request *req)
{
    struct catalog_removal *d = CONTAINER_OF(req, struct catalog_removal, meta);

    switch (req->outcome) {
    case META_OK:
        d->at -= d->piece;
        sweep_next(d);
        return;
    case META_UNKNOWN_OUTCOME:
    case META_NO_NODE:
    case META_NOT_EMPTY:
        if (++d->try_cnt < CATALOG_TRIES_MAX) {
            survey_begin(d);
            return;
        }
        break;
    case META_NODE_EXISTS:
    case META_BAD_VERSION:
    case META_NO_PARENT:
    case META_EPHEMERAL_PARENT:
    case META_INVALID:
    case META_LIMIT:
    case META_EXPIRED:
    case META_STOPPED:
    case META_DISK_ERROR:
    case META_NO_MEMORY:
        break;
    }
    removal_fail(d, req->outcome);
}

static void sweep_next(struct catalog_removal *d)
{
    size_t cnt = 0;

    /* Those that are not there may lie between those that are. */
    d->piece = 0;
    while (d->piece < d->at && cnt < SWEEP_OPS) {
        const struct met *m = &d->met[d->at - d->piece - 1];

        if (m->path != NULL) {
            d->ops[cnt++] = (struct meta_op){.verb = META_DELETE,
                                             .version = META_ANY_VERSION,
                                             .path = slice_of(m->path, m->len)};
        }
        d->piece++;
    }
    if (cnt == 0) {
        LOG(d->catalog->options.log, LOG_INFO, "topic.deleted", KV_TEXT("topic", name_of(d)));
        removal_end(d, KERR_NONE, "");
        return;
    }
    d->meta.done = on_swept;
    meta_multi(d->catalog->options.meta, &d->meta, d->ops, cnt, NULL);
}

/* ---- The survey ------------------------------------------------------------------------------ */

static int met_add(struct catalog_removal *d, struct slice parent, struct slice name)
{
    struct met *m;
    size_t sep = slice_is_null(parent) ? 0 : 1;

    if (d->met_cnt == NODES_MAX) {
        return ERR_LIMIT;
    }
    if (d->met_cnt == d->met_cap) {
        size_t cap = d->met_cap == 0 ? 8 : d->met_cap * 2;
        struct met *more = realloc(d->met, cap * sizeof(*more));

        if (more == NULL) {
            return ERR_NOMEM;
        }
        d->met = more;
        d->met_cap = cap;
    }
    m = &d->met[d->met_cnt];
    m->len = parent.len + sep + name.len;
    m->path = malloc(m->len);
    if (m->path == NULL) {
        return ERR_NOMEM;
    }
    if (sep != 0) {
        memcpy(m->path, parent.ptr, parent.len);
        m->path[parent.len] = '/';
    }
    memcpy(m->path + parent.len + sep, name.ptr, name.len);
    d->met_cnt++;
    return 0;
}

static void survey_next(struct catalog_removal *d);

static void on_listed(struct meta_request *req)
{
    struct catalog_removal *d = CONTAINER_OF(req, struct catalog_removal, meta);
    struct slice parent = slice_of(d->met[d->at].path, d->met[d->at].len);
    int rc = 0;

    if (req->outcome == META_OK) {
        for (size_t i = 0; i < req->child_cnt && rc == 0; i++) {
            rc = met_add(d, parent, req->children[i]);
        }
        if (rc != 0) {
            removal_fail(d, rc == ERR_NOMEM ? META_NO_MEMORY : META_LIMIT);
            return;
        }
        d->at++;
        survey_next(d);
    } else if (req->outcome == META_NO_NODE) {
        free(d->met[d->at].path);
        d->met[d->at].path = NULL;
        d->at++;
        survey_next(d);
    } else if (outcome_is_unknown(req->outcome) && ++d->try_cnt < CATALOG_TRIES_MAX) {
        survey_next(d);
    } else {
        removal_fail(d, req->outcome);
    }
}

static void survey_next(struct catalog_removal *d)
{
    if (d->at == d->met_cnt) {
        sweep_next(d);
        return;
    }
    d->meta.done = on_listed;
    meta_list(d->catalog->options.meta, &d->meta, slice_of(d->met[d->at].path, d->met[d->at].len),
              0, NULL);
}

static void survey_begin(struct catalog_removal *d)
{
    struct topic_path topic = topic_path_of(FOLDER_TOPICS, name_of(d));
    struct topic_path config = topic_path_of(FOLDER_CONFIGS, name_of(d));

    met_clear(d);
    d->at = 0;
    /* Deleted from the end: the topic with its partitions, the config, the marker. */
    if (met_add(d, SLICE_NULL, topic_path_view(&d->marker)) != 0 ||
        met_add(d, SLICE_NULL, topic_path_view(&config)) != 0 ||
        met_add(d, SLICE_NULL, topic_path_view(&topic)) != 0) {
        removal_fail(d, META_NO_MEMORY);
        return;
    }
    survey_next(d);
}

/* ---- The beginning --------------------------------------------------------------------------- */

void catalog_removal_done(struct catalog *c, struct catalog_removal *removal)
{
    ASSERT(removal->catalog == c);
    if (c->is_stopping) {
        /* The marker is on disk: the next start goes on from here. */
        removal_end(removal, KERR_NOT_CONTROLLER, "the broker is stopping");
        return;
    }
    survey_begin(removal);
}

void catalog_removal_defer(struct catalog *c, struct catalog_removal *removal, enum kerr error,
                           const char *why)
{
    ASSERT(removal->catalog == c);
    ASSERT(error != KERR_NONE);
    LOG(c->options.log, LOG_WARN, "topic.deletion.deferred", KV_TEXT("topic", name_of(removal)),
        KV_CSTR("msg", why));
    removal_end(removal, error, why);
}

static void removal_announce(struct catalog_removal *d)
{
    struct catalog_listener *l = &d->catalog->options.listener;

    if (d->topic == NULL || l->topic_removed == NULL) {
        catalog_removal_done(d->catalog, d);
        return;
    }
    l->topic_removed(l->ctx, d->topic, d);
}

static void removal_publish(struct catalog_removal *d)
{
    struct catalog *c = d->catalog;
    struct image_edit *e;

    if (image_edit_begin(c->current, 0, &e) != 0) {
        e = NULL;
    } else if (image_edit_remove_topic(e, name_of(d)) != 0) {
        image_edit_abandon(e);
        e = NULL;
    }
    if (e == NULL) {
        catalog_lose(c, "out of memory while a topic was being deleted");
        removal_fail(d, META_NO_MEMORY);
        return;
    }
    catalog_publish(c, e);
    removal_announce(d);
}

static void marker_write(struct catalog_removal *d);

static void on_marked(struct meta_request *req)
{
    struct catalog_removal *d = CONTAINER_OF(req, struct catalog_removal, meta);

    if (req->outcome == META_OK || req->outcome == META_NODE_EXISTS) {
        d->try_cnt = 0;
        removal_publish(d);
    } else if (outcome_is_unknown(req->outcome) && ++d->try_cnt < CATALOG_TRIES_MAX) {
        marker_write(d);
    } else {
        removal_fail(d, req->outcome);
    }
}

static void marker_write(struct catalog_removal *d)
{
    d->meta.done = on_marked;
    meta_create(d->catalog->options.meta, &d->meta, topic_path_view(&d->marker), SLICE_EMPTY,
                META_PERSISTENT);
}

static struct catalog_removal *removal_new(struct catalog *c, struct slice name,
                                           const struct image_topic *t)
{
    struct catalog_removal *d = calloc(1, sizeof(*d));

    if (d == NULL) {
        return NULL;
    }
    d->catalog = c;
    d->marker = topic_path_of(FOLDER_MARKERS, name);
    if (catalog_busy_add(c, name, &d->busy) != 0) {
        free(d);
        return NULL;
    }
    d->topic = t == NULL ? NULL : image_topic_ref(t);
    catalog_op_begin(c);
    return d;
}

int catalog_resume_prepare(struct catalog *c, struct slice name, const struct image_topic *t)
{
    struct catalog_removal *d = removal_new(c, name, t);

    if (d == NULL) {
        return ERR_NOMEM;
    }
    d->next_resumed = c->resumed;
    c->resumed = d;
    return 0;
}

static struct catalog_removal *resumed_pop(struct catalog *c)
{
    struct catalog_removal *d = c->resumed;

    if (d != NULL) {
        c->resumed = d->next_resumed;
    }
    return d;
}

void catalog_resume_all(struct catalog *c)
{
    struct catalog_removal *d;

    while ((d = resumed_pop(c)) != NULL) {
        removal_announce(d);
    }
}

void catalog_resume_drop(struct catalog *c)
{
    struct catalog_removal *d;

    while ((d = resumed_pop(c)) != NULL) {
        removal_end(d, KERR_NOT_CONTROLLER, "");
    }
}

static void delete_refuse(struct catalog_delete *req, enum kerr error, const char *why)
{
    req->error = error;
    (void)snprintf(req->why, sizeof(req->why), "%s", why);
    req->done(req);
}

/* The deletion of this topic that is under way, or NULL. */
static struct catalog_removal *removal_find(struct catalog *c, const struct image_topic *t)
{
    const struct busy_name *busy = catalog_busy_find(c, t->name);

    /* A topic of the image is never being created. */
    return busy == NULL || !slice_eq(slice_of(busy->name, busy->len), t->name)
               ? NULL
               : CONTAINER_OF((uintptr_t)busy, struct catalog_removal, busy);
}

void catalog_delete_topic(struct catalog *c, struct catalog_delete *req)
{
    bool by_id = slice_is_null(req->name);
    const struct image_topic *t =
        by_id ? image_topic_by_id(c->current, req->id) : image_topic_by_name(c->current, req->name);
    struct catalog_removal *d;

    req->next = NULL;
    if (c->is_stopping || c->is_lost) {
        delete_refuse(req, KERR_NOT_CONTROLLER, "the broker is stopping");
        return;
    }
    if (!settings_bool(c->options.settings, SETTING_DELETE_TOPIC_ENABLE)) {
        delete_refuse(req, KERR_TOPIC_DELETION_DISABLED, "delete.topic.enable is false");
        return;
    }
    if (t == NULL) {
        delete_refuse(req, by_id ? KERR_UNKNOWN_TOPIC_ID : KERR_UNKNOWN_TOPIC_OR_PARTITION,
                      by_id ? "there is no topic of this id" : "there is no topic of this name");
        return;
    }
    d = removal_find(c, t);
    if (d != NULL) {
        req->next = d->waiting;
        d->waiting = req;
        return;
    }
    d = removal_new(c, t->name, t);
    if (d == NULL) {
        delete_refuse(req, KERR_UNKNOWN_SERVER_ERROR, "the broker is out of memory");
        return;
    }
    d->waiting = req;
    marker_write(d);
}
