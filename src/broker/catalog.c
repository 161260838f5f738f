/*
 * The catalog's life, and the creation of topics.
 *
 * A creation is one atomic write of two nodes, the topic's (with its fresh id in the body) and its
 * config's. When the outcome is unknown the topic's node is read back: the id in it says whether it is
 * ours. Only then the image gets the topic, the listener hears of it, and the client is answered.
 *
 *     checked → [multi] ──ok──→ image → listener → done
 *                 ↑  └─unknown─→ [get] ─ours─→ image ...
 *                 └─────no node────┘└─another's─→ TOPIC_ALREADY_EXISTS
 *
 * From the check to the end the name is busy, so that two creations of one name, or of two names that
 * collide, can not both go on.
 */
#include "broker/catalog.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/str.h"
#include "broker/catalog_impl.h"
#include "meta/znode.h"
#include "model/topic.h"
#include "model/topic_config.h"
#include "os/os.h"

#define BUSY_MAX TOPICS_PER_CLUSTER_MAX

struct creation {
    struct catalog *catalog;
    struct catalog_create *req;
    struct image_topic *topic;
    struct busy_name busy;
    struct topic_path topic_path;
    struct topic_path config_path;
    struct str topic_body;
    struct str config_body;
    struct meta_op ops[2];
    struct meta_request meta;
    int try_cnt;
    bool is_unknown; /* an attempt may have gone through unseen */
};

/* ---- Names ----------------------------------------------------------------------------------- */

struct topic_path topic_path_of(const char *folder, struct slice name)
{
    struct topic_path p;
    size_t len = strlen(folder);

    ASSERT(len + name.len <= sizeof(p.bytes));
    memcpy(p.bytes, folder, len);
    memcpy(p.bytes + len, name.ptr, name.len);
    p.len = len + name.len;
    return p;
}

/* The form in which colliding names are the same. */
static struct slice busy_key(struct slice name, uint8_t room[TOPIC_NAME_LEN_MAX])
{
    ASSERT(name.len <= TOPIC_NAME_LEN_MAX);
    for (size_t i = 0; i < name.len; i++) {
        room[i] = name.ptr[i] == '.' ? (uint8_t)'_' : name.ptr[i];
    }
    return slice_of(room, name.len);
}

int catalog_busy_add(struct catalog *c, struct slice name, struct busy_name *b)
{
    uint8_t room[TOPIC_NAME_LEN_MAX];
    int rc = map_add(&c->busy, busy_key(name, room), b);

    if (rc == 0) {
        memcpy(b->name, name.ptr, name.len);
        b->len = name.len;
    }
    return rc;
}

void catalog_busy_remove(struct catalog *c, const struct busy_name *b)
{
    uint8_t room[TOPIC_NAME_LEN_MAX];

    (void)map_remove(&c->busy, busy_key(slice_of(b->name, b->len), room));
}

const struct busy_name *catalog_busy_find(const struct catalog *c, struct slice name)
{
    uint8_t room[TOPIC_NAME_LEN_MAX];

    return name.len > TOPIC_NAME_LEN_MAX ? NULL : map_get(&c->busy, busy_key(name, room));
}

/* ---- The catalog ----------------------------------------------------------------------------- */

static void on_session_event(void *ctx, enum meta_session_event ev)
{
    switch (ev) {
    case META_SESSION_CONNECTED:
    case META_SESSION_DISCONNECTED:
        break;
    case META_SESSION_EXPIRED:
        catalog_lose(ctx, "the session with the metadata store has expired");
        break;
    case META_SESSION_OFFLINE:
        catalog_lose(ctx, "the metadata store can not be written any more");
        break;
    }
}

int catalog_new(const struct catalog_options *options, struct catalog **ret_catalog)
{
    struct catalog *c = calloc(1, sizeof(*c));
    struct image_edit *e = NULL;
    struct image *empty = NULL;
    int rc;

    if (c == NULL) {
        return ERR_NOMEM;
    }
    c->options = *options;
    map_init(&c->busy, os_random_u64(options->os), BUSY_MAX);
    rc = image_config_new(options->settings, NULL, 0, &c->no_overrides);
    if (rc != 0) {
        goto fail;
    }
    rc = image_edit_begin(NULL, os_random_u64(options->os), &e);
    if (rc != 0) {
        goto fail;
    }
    empty = image_edit_finish(e);
    rc = image_holder_new(empty, &c->images);
    if (rc != 0) {
        image_unref(empty);
        goto fail;
    }
    c->current = empty;
    meta_session_listen(options->meta, on_session_event, c);
    *ret_catalog = c;
    return 0;

fail:
    catalog_free(c);
    return rc;
}

void catalog_free(struct catalog *c)
{
    if (c == NULL) {
        return;
    }
    ASSERT(c->op_cnt == 0);
    meta_session_listen(c->options.meta, NULL, NULL);
    catalog_load_free(c->load);
    image_holder_free(c->images);
    image_config_unref(c->no_overrides);
    map_release(&c->busy);
    free(c);
}

struct image_holder *catalog_images(struct catalog *c)
{
    return c->images;
}

void catalog_op_begin(struct catalog *c)
{
    c->op_cnt++;
}

static void stop_if_idle(struct catalog *c)
{
    if (c->op_cnt == 0 && c->stopped != NULL) {
        void (*stopped)(void *ctx) = c->stopped;

        c->stopped = NULL;
        stopped(c->stopped_ctx);
    }
}

void catalog_op_end(struct catalog *c)
{
    ASSERT(c->op_cnt > 0);
    c->op_cnt--;
    stop_if_idle(c);
}

void catalog_stop(struct catalog *c, void (*stopped)(void *ctx), void *ctx)
{
    ASSERT(!c->is_stopping);
    c->is_stopping = true;
    c->stopped = stopped;
    c->stopped_ctx = ctx;
    stop_if_idle(c);
}

void catalog_lose(struct catalog *c, const char *why)
{
    if (c->is_lost) {
        return;
    }
    c->is_lost = true;
    LOG(c->options.log, LOG_ERROR, "catalog.lost", KV_CSTR("msg", why));
    if (c->options.listener.lost != NULL) {
        c->options.listener.lost(c->options.listener.ctx, why);
    }
}

void catalog_publish(struct catalog *c, struct image_edit *e)
{
    c->current = image_edit_finish(e);
    image_holder_swap(c->images, c->current);
}

enum kerr catalog_outcome_kerr(enum meta_outcome outcome, const char *step,
                               char why[CATALOG_WHY_LEN])
{
    (void)snprintf(why, CATALOG_WHY_LEN, "the metadata store could not %s: %s", step,
                   meta_outcome_text(outcome));
    switch (outcome) {
    case META_OK:
        break;
    case META_NODE_EXISTS:
        return KERR_TOPIC_ALREADY_EXISTS;
    case META_LIMIT:
    case META_INVALID:
        return KERR_INVALID_REQUEST;
    case META_UNKNOWN_OUTCOME:
    case META_DISK_ERROR:
        return KERR_KAFKA_STORAGE_ERROR;
    case META_EXPIRED:
    case META_STOPPED:
        return KERR_NOT_CONTROLLER;
    case META_NO_NODE:
    case META_BAD_VERSION:
    case META_NOT_EMPTY:
    case META_NO_PARENT:
    case META_EPHEMERAL_PARENT:
    case META_NO_MEMORY:
        return KERR_UNKNOWN_SERVER_ERROR;
    }
    return KERR_UNKNOWN_SERVER_ERROR;
}

/* ---- Checks of a creation -------------------------------------------------------------------- */

#define REFUSE(req, code, ...) \
    ((void)snprintf((req)->why, sizeof((req)->why), __VA_ARGS__), (req)->error = (code), false)

static bool check_name(struct catalog *c, struct catalog_create *req)
{
    char why[TOPIC_NAME_WHY_LEN];
    const struct image_topic *other;
    const struct busy_name *busy;

    if (topic_name_check(req->name, why) != 0) {
        return REFUSE(req, KERR_INVALID_TOPIC_EXCEPTION, "%s", why);
    }
    busy = catalog_busy_find(c, req->name);
    if (image_topic_by_name(c->current, req->name) != NULL ||
        (busy != NULL && slice_eq(slice_of(busy->name, busy->len), req->name))) {
        return REFUSE(req, KERR_TOPIC_ALREADY_EXISTS, "topic '%.*s' exists%s", SLICE_FMT(req->name),
                      busy != NULL ? " (it is just being created or deleted)" : " already");
    }
    other = image_topic_colliding(c->current, req->name);
    if (other != NULL || busy != NULL) {
        struct slice name = other != NULL ? other->name : slice_of(busy->name, busy->len);

        return REFUSE(req, KERR_INVALID_TOPIC_EXCEPTION,
                      "topic '%.*s' collides with topic '%.*s': '.' and '_' count as the same in "
                      "the names of metrics",
                      SLICE_FMT(req->name), SLICE_FMT(name));
    }
    return true;
}

static bool check_counts(struct catalog *c, struct catalog_create *req, int32_t *ret_partition_cnt)
{
    const struct settings *s = c->options.settings;
    size_t broker_cnt = image_broker_cnt(c->current);
    int32_t partition_cnt = req->partition_cnt;
    int32_t factor = req->replication_factor;

    if (partition_cnt == -1) {
        partition_cnt = settings_int(s, SETTING_NUM_PARTITIONS);
    }
    if (factor == -1) {
        factor = settings_int(s, SETTING_DEFAULT_REPLICATION_FACTOR);
    }
    if (partition_cnt <= 0) {
        return REFUSE(req, KERR_INVALID_PARTITIONS,
                      "the number of partitions must be at least 1, not %d", (int)partition_cnt);
    }
    if (partition_cnt > PARTITIONS_PER_CREATION_MAX) {
        return REFUSE(req, KERR_INVALID_PARTITIONS,
                      "a topic can be created with at most %d partitions, not %d",
                      PARTITIONS_PER_CREATION_MAX, (int)partition_cnt);
    }
    if (factor <= 0) {
        return REFUSE(req, KERR_INVALID_REPLICATION_FACTOR,
                      "the replication factor must be at least 1, not %d", (int)factor);
    }
    if ((size_t)factor > broker_cnt) {
        return REFUSE(req, KERR_INVALID_REPLICATION_FACTOR,
                      "the replication factor %d is larger than the number of brokers, %zu",
                      (int)factor, broker_cnt);
    }
    *ret_partition_cnt = partition_cnt;
    return true;
}

static bool check_replicas(struct catalog *c, struct catalog_create *req,
                           const struct catalog_assignment *a)
{
    if (a->replica_cnt <= 0) {
        return REFUSE(req, KERR_INVALID_REPLICA_ASSIGNMENT, "partition %d has no replicas",
                      (int)a->partition);
    }
    if (a->replica_cnt != req->assignment[0].replica_cnt) {
        return REFUSE(req, KERR_INVALID_REPLICA_ASSIGNMENT,
                      "all partitions must have the same number of replicas: partition %d has %d, "
                      "partition %d has %d",
                      (int)a->partition, (int)a->replica_cnt, (int)req->assignment[0].partition,
                      (int)req->assignment[0].replica_cnt);
    }
    for (int32_t i = 0; i < a->replica_cnt; i++) {
        if (image_broker_by_id(c->current, a->replicas[i]) == NULL) {
            return REFUSE(req, KERR_INVALID_REPLICA_ASSIGNMENT,
                          "partition %d names broker %d, which is not here", (int)a->partition,
                          (int)a->replicas[i]);
        }
        for (int32_t k = 0; k < i; k++) {
            if (a->replicas[i] == a->replicas[k]) {
                return REFUSE(req, KERR_INVALID_REPLICA_ASSIGNMENT,
                              "partition %d names broker %d twice", (int)a->partition,
                              (int)a->replicas[i]);
            }
        }
    }
    return true;
}

/* Fills `partitions`, one for each entry, in the order of their ids. */
static bool check_assignment(struct catalog *c, struct catalog_create *req,
                             struct image_partition *partitions)
{
    for (size_t i = 0; i < req->assignment_cnt; i++) {
        const struct catalog_assignment *a = &req->assignment[i];

        if (a->partition < 0 || (size_t)a->partition >= req->assignment_cnt) {
            return REFUSE(req, KERR_INVALID_REPLICA_ASSIGNMENT,
                          "partitions must be numbered from 0 without a gap: there is a partition "
                          "%d among %zu",
                          (int)a->partition, req->assignment_cnt);
        }
        if (partitions[a->partition].replicas != NULL) {
            return REFUSE(req, KERR_INVALID_REPLICA_ASSIGNMENT, "partition %d is assigned twice",
                          (int)a->partition);
        }
        if (!check_replicas(c, req, a)) {
            return false;
        }
        partitions[a->partition] = (struct image_partition){.leader = a->replicas[0],
                                                            .replica_cnt = a->replica_cnt,
                                                            .isr_cnt = a->replica_cnt,
                                                            .replicas = a->replicas,
                                                            .isr = a->replicas};
    }
    return true;
}

static bool check_configs(struct catalog *c, struct catalog_create *req)
{
    struct setting_why why = {""};

    if (req->config_cnt > SETTINGS_PER_TOPIC_MAX) {
        return REFUSE(req, KERR_INVALID_CONFIG, "a topic can have at most %d settings, not %zu",
                      SETTINGS_PER_TOPIC_MAX, req->config_cnt);
    }
    for (size_t i = 0; i < req->config_cnt; i++) {
        if (slice_is_null(req->configs[i].value)) {
            return REFUSE(req, KERR_INVALID_CONFIG, "the value of setting '%.*s' is null",
                          (int)(req->configs[i].name.len < 200 ? req->configs[i].name.len : 200),
                          (const char *)req->configs[i].name.ptr);
        }
    }
    if (topic_settings_check(c->options.settings, req->configs, req->config_cnt, &why) != 0) {
        (void)snprintf(req->why, sizeof(req->why), "%s", why.text);
        req->error = KERR_INVALID_CONFIG;
        return false;
    }
    return true;
}

static bool refuse_memory(struct catalog_create *req)
{
    return REFUSE(req, KERR_UNKNOWN_SERVER_ERROR, "the broker is out of memory");
}

/* The partitions the topic will have, in an array that the caller frees. */
static bool check_partitions(struct catalog *c, struct catalog_create *req,
                             struct image_partition **ret_partitions, int32_t *ret_cnt)
{
    int32_t cnt = 0;
    struct image_partition *partitions;

    if (req->assignment_cnt > 0) {
        if (req->partition_cnt != -1 || req->replication_factor != -1) {
            return REFUSE(req, KERR_INVALID_REQUEST,
                          "either numbers of partitions and replicas or an assignment, not both");
        }
        if (req->assignment_cnt > PARTITIONS_PER_CREATION_MAX) {
            return REFUSE(req, KERR_INVALID_PARTITIONS,
                          "a topic can be created with at most %d partitions, not %zu",
                          PARTITIONS_PER_CREATION_MAX, req->assignment_cnt);
        }
        cnt = (int32_t)req->assignment_cnt;
    } else if (!check_counts(c, req, &cnt)) {
        return false;
    }
    partitions = calloc((size_t)cnt, sizeof(*partitions));
    if (partitions == NULL) {
        return refuse_memory(req);
    }
    for (int32_t i = 0; i < cnt && req->assignment_cnt == 0; i++) {
        /* One machine: every replica is here. */
        partitions[i] = (struct image_partition){.leader = c->options.broker_id,
                                                 .replica_cnt = 1,
                                                 .isr_cnt = 1,
                                                 .replicas = &c->options.broker_id,
                                                 .isr = &c->options.broker_id};
    }
    if (req->assignment_cnt > 0 && !check_assignment(c, req, partitions)) {
        free(partitions);
        return false;
    }
    *ret_partitions = partitions;
    *ret_cnt = cnt;
    return true;
}

/* ---- Creation -------------------------------------------------------------------------------- */

static void creation_free(struct creation *op)
{
    image_topic_unref(op->topic);
    str_release(&op->topic_body);
    str_release(&op->config_body);
    free(op);
}

/* Answers and ends. The request may be gone afterwards. */
static void creation_end(struct creation *op)
{
    struct catalog *c = op->catalog;
    struct catalog_create *req = op->req;

    catalog_busy_remove(c, &op->busy);
    req->topic = req->error == KERR_NONE ? op->topic : NULL;
    req->done(req);
    creation_free(op);
    catalog_op_end(c);
}

static void creation_fail(struct creation *op, enum meta_outcome outcome)
{
    op->req->error = catalog_outcome_kerr(outcome, "create the topic", op->req->why);
    if (op->req->error == KERR_TOPIC_ALREADY_EXISTS) {
        (void)REFUSE(op->req, KERR_TOPIC_ALREADY_EXISTS, "topic '%.*s' exists already",
                     SLICE_FMT(op->topic->name));
    }
    creation_end(op);
}

static void creation_publish(struct creation *op)
{
    struct catalog *c = op->catalog;
    struct image_edit *e;

    if (image_edit_begin(c->current, 0, &e) != 0) {
        e = NULL;
    } else if (image_edit_put_topic(e, op->topic) != 0) {
        image_edit_abandon(e);
        e = NULL;
    }
    if (e == NULL) {
        /* It is on disk and nobody here knows it: no way to go on. */
        catalog_lose(c, "out of memory while a topic was being created");
        creation_fail(op, META_NO_MEMORY);
        return;
    }
    catalog_publish(c, e);
    LOG(c->options.log, LOG_INFO, "topic.created", KV_TEXT("topic", op->topic->name),
        KV_INT("partitions", op->topic->partition_cnt));
    if (c->options.listener.topic_added != NULL) {
        c->options.listener.topic_added(c->options.listener.ctx, op->topic);
    }
    creation_end(op);
}

static void creation_write(struct creation *op);
static void creation_read_back(struct creation *op);

static void on_read_back(struct meta_request *req)
{
    struct creation *op = CONTAINER_OF(req, struct creation, meta);

    if (req->outcome == META_OK) {
        if (slice_eq(req->body, str_view(&op->topic_body))) {
            creation_publish(op);
        } else {
            creation_fail(op, META_NODE_EXISTS);
        }
    } else if (req->outcome == META_NO_NODE && ++op->try_cnt < CATALOG_TRIES_MAX) {
        creation_write(op);
    } else if (outcome_is_unknown(req->outcome) && ++op->try_cnt < CATALOG_TRIES_MAX) {
        creation_read_back(op);
    } else {
        creation_fail(op, req->outcome);
    }
}

static void creation_read_back(struct creation *op)
{
    op->meta.done = on_read_back;
    meta_get(op->catalog->options.meta, &op->meta, topic_path_view(&op->topic_path), NULL);
}

static void on_written(struct meta_request *req)
{
    struct creation *op = CONTAINER_OF(req, struct creation, meta);

    if (req->outcome == META_OK) {
        creation_publish(op);
    } else if (outcome_is_unknown(req->outcome)) {
        op->is_unknown = true;
        creation_read_back(op);
    } else if (req->outcome == META_NODE_EXISTS && req->failed_idx == 0 && op->is_unknown) {
        creation_read_back(op);
    } else if (req->failed_idx == 1 && ++op->try_cnt < CATALOG_TRIES_MAX &&
               (req->outcome == META_NODE_EXISTS || req->outcome == META_NO_NODE)) {
        /* A config node without a topic: somebody prepared it, or left it. Ours replaces it. */
        op->ops[1].verb = req->outcome == META_NODE_EXISTS ? META_SET : META_CREATE;
        creation_write(op);
    } else {
        creation_fail(op, req->outcome);
    }
}

static void creation_write(struct creation *op)
{
    op->meta.done = on_written;
    meta_multi(op->catalog->options.meta, &op->meta, op->ops, ARRAY_CNT(op->ops), NULL);
}

static int creation_encode(struct creation *op, const struct catalog_create *req)
{
    const struct image_topic *t = op->topic;
    struct znode_replicas *replicas = calloc((size_t)t->partition_cnt, sizeof(*replicas));
    struct znode_config config = {.pairs = req->configs, .pair_cnt = req->config_cnt};
    int rc;

    if (replicas == NULL) {
        return ERR_NOMEM;
    }
    for (int32_t i = 0; i < t->partition_cnt; i++) {
        replicas[i] = (struct znode_replicas){.cnt = t->partitions[i].replica_cnt,
                                              .ids = t->partitions[i].replicas};
    }
    rc = znode_topic_encode(&(struct znode_topic){.id = t->id,
                                                  .partition_cnt = t->partition_cnt,
                                                  .partitions = replicas},
                            &op->topic_body);
    free(replicas);
    return rc == 0 ? znode_config_encode(&config, &op->config_body) : rc;
}

static struct uuid topic_id_draw(struct catalog *c)
{
    struct uuid id;

    /* Kafka keeps zero and one for itself, and ids that begin with '-' make poor command lines. */
    do {
        char text[UUID_TEXT_LEN + 1];

        os_random(c->options.os, id.b, sizeof(id.b));
        id.b[6] = (uint8_t)((id.b[6] & 0x0f) | 0x40);
        id.b[8] = (uint8_t)((id.b[8] & 0x3f) | 0x80);
        uuid_format(id, text);
        if (text[0] != '-' && image_topic_by_id(c->current, id) == NULL) {
            return id;
        }
    } while (true);
}

/* Everything of a creation but its writing. False, and the request has its error. */
static bool creation_prepare(struct creation *op, struct catalog_create *req)
{
    struct catalog *c = op->catalog;
    struct image_partition *partitions = NULL;
    struct image_config *config = NULL;
    struct image_topic_spec spec = {.name = req->name};
    bool is_good = false;
    int rc;

    if (!check_partitions(c, req, &partitions, &spec.partition_cnt)) {
        return false;
    }
    if (!check_configs(c, req)) {
        goto out;
    }
    rc = req->config_cnt == 0
             ? 0
             : image_config_new(c->options.settings, req->configs, req->config_cnt, &config);
    if (rc == 0) {
        spec.id = topic_id_draw(c);
        spec.partitions = partitions;
        spec.config = config != NULL ? config : c->no_overrides;
        rc = image_topic_new(&spec, &op->topic);
    }
    if (rc == 0) {
        rc = creation_encode(op, req);
    }
    if (rc == ERR_INVALID) {
        (void)REFUSE(req, KERR_INVALID_CONFIG, "the value of a setting is not text in UTF-8");
    } else if (rc == ERR_LIMIT) {
        (void)REFUSE(req, KERR_INVALID_REQUEST, "the topic's assignment or settings are too large");
    } else if (rc != 0) {
        (void)refuse_memory(req);
    }
    is_good = rc == 0;
out:
    image_config_unref(config);
    free(partitions);
    return is_good;
}

static struct creation *creation_new(struct catalog *c, struct catalog_create *req)
{
    struct creation *op = calloc(1, sizeof(*op));

    if (op != NULL) {
        op->catalog = c;
        op->req = req;
        str_init(&op->topic_body, META_BODY_LEN_MAX);
        str_init(&op->config_body, META_BODY_LEN_MAX);
    }
    return op;
}

void catalog_create_topic(struct catalog *c, struct catalog_create *req)
{
    struct creation *op = NULL;

    req->error = KERR_NONE;
    req->why[0] = '\0';
    req->topic = NULL;
    if (c->is_stopping || c->is_lost) {
        (void)REFUSE(req, KERR_NOT_CONTROLLER, "the broker is stopping");
    } else if (check_name(c, req)) {
        op = creation_new(c, req);
        if (op == NULL) {
            (void)refuse_memory(req);
        } else if (creation_prepare(op, req) && !req->validate_only &&
                   catalog_busy_add(c, req->name, &op->busy) != 0) {
            (void)refuse_memory(req);
        }
    }
    if (req->error != KERR_NONE || req->validate_only) {
        req->topic = req->error == KERR_NONE ? op->topic : NULL;
        req->done(req);
        if (op != NULL) {
            creation_free(op);
        }
        return;
    }
    catalog_op_begin(c);
    op->topic_path = topic_path_of(FOLDER_TOPICS, req->name);
    op->config_path = topic_path_of(FOLDER_CONFIGS, req->name);
    op->ops[0] = (struct meta_op){.verb = META_CREATE,
                                  .path = topic_path_view(&op->topic_path),
                                  .body = str_view(&op->topic_body)};
    op->ops[1] = (struct meta_op){.verb = META_CREATE,
                                  .version = META_ANY_VERSION,
                                  .path = topic_path_view(&op->config_path),
                                  .body = str_view(&op->config_body)};
    creation_write(op);
}
