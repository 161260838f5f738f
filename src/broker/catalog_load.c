/*
 * The start of the catalog, in three waves of requests; within a wave they are made together, so that
 * the store can answer many at once and commit once.
 *
 *     1  make the persistent paths; read the cluster id, the controller's epoch, the markers of
 *        deletions under way, the names of topics
 *     2  read the topics, LANE_CNT at a time: node, config, states that differ from the beginning
 *     3  become the controller, register the broker, write the cluster id where there was none
 *
 * Then the first image is published. A step with an unknown outcome is made again; writes are made so
 * that a second try tells whether the first went through.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/str.h"
#include "broker/catalog_impl.h"
#include "meta/znode.h"
#include "model/topic.h"
#include "os/os.h"

#define LANE_CNT 64u
#define TOPIC_BYTES_MAX (64u * 1024 * 1024)
#define WHY_LEN 512
#define WAITS_MAX 10000
#define PATH_CLUSTER_ID "/cluster/id"
#define PATH_CONTROLLER "/controller"
#define PATH_EPOCH "/controller_epoch"

/* Kafka's, parents first, and the two that hold the cluster id and the epoch. */
static const char *const persistent_paths[] = {
    "/consumers",
    "/brokers",
    "/brokers/ids",
    "/brokers/topics",
    "/brokers/seqid",
    "/config",
    "/config/changes",
    "/config/topics",
    "/config/clients",
    "/config/users",
    "/config/brokers",
    "/config/ips",
    "/admin",
    "/admin/delete_topics",
    "/isr_change_notification",
    "/latest_producer_id_block",
    "/log_dir_event_notification",
    "/cluster",
    PATH_EPOCH,
};

struct names {
    struct slice *at; /* sorted; the bytes lie behind the array */
    size_t cnt;
};

struct lane;

/* A partition's state being read. */
struct state_read {
    struct lane *lane;
    partition_id_t partition;
    size_t path_len;
    uint8_t path[64 + TOPIC_NAME_LEN_MAX];
    struct meta_request meta;
    struct znode_state state;
    bool is_there;
};

/* Reads one topic after the other. */
struct lane {
    struct catalog_load *load;
    struct slice name;
    struct arena arena;
    struct topic_path topic_path;
    struct topic_path config_path;
    size_t partitions_len;
    uint8_t partitions_path[64 + TOPIC_NAME_LEN_MAX];
    struct meta_request topic_meta;
    struct meta_request config_meta;
    struct meta_request list_meta;
    size_t pending_cnt;
    bool is_there;
    struct znode_topic topic;
    struct znode_config config;
    struct state_read *states;
    size_t state_cnt;
};

struct path_write {
    struct catalog_load *load;
    const char *path;
    struct meta_request meta;
};

/* A topic whose deletion is to be resumed. */
struct doomed {
    struct doomed *next;
    struct slice name;
    struct image_topic *topic;
};

struct catalog_load {
    struct catalog *catalog;
    void (*started)(void *ctx, const char *failed);
    void *started_ctx;
    size_t pending_cnt; /* of the wave */
    int try_cnt;
    int wait_cnt;
    char why[WHY_LEN]; /* the first failure, or "" */

    struct path_write paths[ARRAY_CNT(persistent_paths)];
    struct meta_request id_meta;
    struct meta_request epoch_meta;
    struct meta_request markers_meta;
    struct meta_request topics_meta;
    struct uuid cluster_id;
    bool has_cluster_id;
    int32_t epoch;
    int32_t epoch_version;
    struct names markers;
    struct names topics;

    struct lane *lanes;
    size_t next_topic;
    struct image_edit *edit;
    struct doomed *doomed;

    struct str id_body;
    struct str controller_body;
    struct str epoch_body;
    struct str broker_body;
    char broker_path[64];
    struct meta_op controller_ops[2];
    struct meta_request controller_meta;
    struct meta_request broker_meta;
    bool controller_is_unknown;
    bool broker_is_unknown;
    broker_epoch_t broker_epoch;
};

/* ---- Failure and waves ----------------------------------------------------------------------- */

static void load_fail(struct catalog_load *l, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void load_fail(struct catalog_load *l, const char *fmt, ...)
{
    va_list args;

    if (l->why[0] != '\0') {
        return;
    }
    va_start(args, fmt);
    (void)vsnprintf(l->why, sizeof(l->why), fmt, args);
    va_end(args);
}

static void load_fail_outcome(struct catalog_load *l, struct slice path, enum meta_outcome outcome)
{
    load_fail(l, "metadata at %.*s: %s", SLICE_FMT(path), meta_outcome_text(outcome));
}

static void load_end(struct catalog_load *l)
{
    struct catalog *c = l->catalog;
    void (*started)(void *ctx, const char *failed) = l->started;
    void *ctx = l->started_ctx;
    char why[WHY_LEN];

    memcpy(why, l->why, sizeof(why));
    c->load = NULL;
    catalog_load_free(l);
    if (why[0] != '\0') {
        catalog_resume_drop(c);
        started(ctx, why);
    } else {
        started(ctx, NULL);
        catalog_resume_all(c);
    }
    catalog_op_end(c);
}

/* True when this outcome is to be tried again. */
static bool try_again(struct catalog_load *l, enum meta_outcome outcome)
{
    return outcome_is_unknown(outcome) && l->why[0] == '\0' && ++l->try_cnt < CATALOG_TRIES_MAX;
}

/* True when a node that another request of this wave makes is not there yet: that request's outcome was
 * unknown, and it has been made again behind this one. */
static bool wait_again(struct catalog_load *l)
{
    return l->why[0] == '\0' && ++l->wait_cnt < WAITS_MAX;
}

static struct meta *meta_of(struct catalog_load *l)
{
    return l->catalog->options.meta;
}

static void second_wave(struct catalog_load *l);
static void third_wave(struct catalog_load *l);
static void load_publish(struct catalog_load *l);

/* One request of the wave has ended. */
static void wave_step(struct catalog_load *l, void (*next)(struct catalog_load *l))
{
    ASSERT(l->pending_cnt > 0);
    if (--l->pending_cnt > 0) {
        return;
    }
    if (l->why[0] == '\0' && l->catalog->is_stopping) {
        load_fail(l, "the broker was stopped while it started");
    }
    if (l->why[0] != '\0') {
        load_end(l);
        return;
    }
    next(l);
}

/* ---- The first wave -------------------------------------------------------------------------- */

static void on_path_made(struct meta_request *req);

static void path_make(struct path_write *w)
{
    w->meta.done = on_path_made;
    meta_create(meta_of(w->load), &w->meta, slice_cstr(w->path),
                strcmp(w->path, PATH_EPOCH) == 0 ? SLICE_LIT("0") : SLICE_EMPTY, META_PERSISTENT);
}

static void on_path_made(struct meta_request *req)
{
    struct path_write *w = CONTAINER_OF(req, struct path_write, meta);

    if (try_again(w->load, req->outcome) ||
        (req->outcome == META_NO_PARENT && wait_again(w->load))) {
        path_make(w);
        return;
    }
    if (req->outcome != META_OK && req->outcome != META_NODE_EXISTS) {
        load_fail_outcome(w->load, slice_cstr(w->path), req->outcome);
    }
    wave_step(w->load, second_wave);
}

static void on_cluster_id(struct meta_request *req)
{
    struct catalog_load *l = CONTAINER_OF(req, struct catalog_load, id_meta);
    char text[UUID_TEXT_LEN + 1];

    if (try_again(l, req->outcome)) {
        meta_get(meta_of(l), req, SLICE_LIT(PATH_CLUSTER_ID), NULL);
        return;
    }
    if (req->outcome == META_OK) {
        l->has_cluster_id = znode_cluster_id_decode(req->body, &l->cluster_id) == 0;
        if (!l->has_cluster_id) {
            load_fail(l, "metadata at %s is damaged", PATH_CLUSTER_ID);
        } else if (!uuid_is_zero(l->catalog->options.cluster_id) &&
                   !uuid_eq(l->cluster_id, l->catalog->options.cluster_id)) {
            uuid_format(l->cluster_id, text);
            load_fail(l,
                      "the log directories belong to another cluster than the metadata, whose "
                      "cluster id is %s",
                      text);
        }
    } else if (req->outcome != META_NO_NODE) {
        load_fail_outcome(l, SLICE_LIT(PATH_CLUSTER_ID), req->outcome);
    }
    wave_step(l, second_wave);
}

static void on_epoch(struct meta_request *req)
{
    struct catalog_load *l = CONTAINER_OF(req, struct catalog_load, epoch_meta);

    if (try_again(l, req->outcome) || (req->outcome == META_NO_NODE && wait_again(l))) {
        meta_get(meta_of(l), req, SLICE_LIT(PATH_EPOCH), NULL);
        return;
    }
    if (req->outcome != META_OK) {
        load_fail_outcome(l, SLICE_LIT(PATH_EPOCH), req->outcome);
    } else if (znode_epoch_decode(req->body, &l->epoch) != 0 || l->epoch == INT32_MAX) {
        load_fail(l, "metadata at %s is damaged", PATH_EPOCH);
    }
    l->epoch_version = req->stat.version;
    wave_step(l, second_wave);
}

static int names_keep(struct names *n, const struct meta_request *req)
{
    size_t bytes = 0;
    uint8_t *text;

    for (size_t i = 0; i < req->child_cnt; i++) {
        bytes += req->children[i].len;
    }
    n->at = malloc(req->child_cnt * sizeof(*n->at) + bytes + 1);
    if (n->at == NULL) {
        return ERR_NOMEM;
    }
    n->cnt = req->child_cnt;
    text = (uint8_t *)(n->at + n->cnt);
    for (size_t i = 0; i < n->cnt; i++) {
        memcpy(text, req->children[i].ptr, req->children[i].len);
        n->at[i] = slice_of(text, req->children[i].len);
        text += req->children[i].len;
    }
    return 0;
}

static int slice_ptr_cmp(const void *a, const void *b)
{
    const struct slice *x = a;
    const struct slice *y = b;

    return slice_cmp(*x, *y);
}

static bool names_have(const struct names *n, struct slice name)
{
    return n->cnt > 0 && bsearch(&name, n->at, n->cnt, sizeof(*n->at), slice_ptr_cmp) != NULL;
}

static void on_names(struct catalog_load *l, struct meta_request *req, const char *path,
                     struct names *names)
{
    if (try_again(l, req->outcome) || (req->outcome == META_NO_NODE && wait_again(l))) {
        meta_list(meta_of(l), req, slice_cstr(path), 0, NULL);
        return;
    }
    if (req->outcome != META_OK) {
        load_fail_outcome(l, slice_cstr(path), req->outcome);
    } else if (names_keep(names, req) != 0) {
        load_fail_outcome(l, slice_cstr(path), META_NO_MEMORY);
    } else if (names->cnt > TOPICS_PER_CLUSTER_MAX) {
        load_fail(l, "there are more than %d topics", TOPICS_PER_CLUSTER_MAX);
    }
    wave_step(l, second_wave);
}

static void on_markers(struct meta_request *req)
{
    struct catalog_load *l = CONTAINER_OF(req, struct catalog_load, markers_meta);

    on_names(l, req, "/admin/delete_topics", &l->markers);
}

static void on_topics(struct meta_request *req)
{
    struct catalog_load *l = CONTAINER_OF(req, struct catalog_load, topics_meta);

    on_names(l, req, "/brokers/topics", &l->topics);
}

static void first_wave(struct catalog_load *l)
{
    struct meta *m = meta_of(l);

    l->pending_cnt = ARRAY_CNT(persistent_paths) + 4;
    for (size_t i = 0; i < ARRAY_CNT(persistent_paths); i++) {
        l->paths[i].load = l;
        l->paths[i].path = persistent_paths[i];
        path_make(&l->paths[i]);
    }
    l->id_meta.done = on_cluster_id;
    meta_get(m, &l->id_meta, SLICE_LIT(PATH_CLUSTER_ID), NULL);
    l->epoch_meta.done = on_epoch;
    meta_get(m, &l->epoch_meta, SLICE_LIT(PATH_EPOCH), NULL);
    l->markers_meta.done = on_markers;
    meta_list(m, &l->markers_meta, SLICE_LIT("/admin/delete_topics"), 0, NULL);
    l->topics_meta.done = on_topics;
    meta_list(m, &l->topics_meta, SLICE_LIT("/brokers/topics"), 0, NULL);
}

/* ---- The second wave: topics ----------------------------------------------------------------- */

static void lane_next(struct lane *lane);

/* A partition that never changed, or as its state says. */
static struct image_partition partition_of(const struct znode_replicas *r,
                                           const struct state_read *s)
{
    struct image_partition p = {.leader = r->cnt > 0 ? r->ids[0] : BROKER_ID_NONE,
                                .replica_cnt = r->cnt,
                                .isr_cnt = r->cnt,
                                .replicas = r->ids,
                                .isr = r->ids};

    if (s != NULL && s->is_there) {
        p.leader = s->state.leader;
        p.leader_epoch = s->state.leader_epoch;
        p.partition_epoch = s->meta.stat.version;
        p.isr = s->state.isr;
        p.isr_cnt = s->state.isr_cnt;
    }
    return p;
}

static int lane_topic_make(struct lane *lane, struct image_topic **ret_topic)
{
    struct catalog *c = lane->load->catalog;
    const struct znode_topic *t = &lane->topic;
    struct image_topic_spec spec = {.name = lane->name, .id = t->id};
    struct image_config *config = NULL;
    struct image_partition *partitions =
        arena_calloc(&lane->arena, (size_t)t->partition_cnt, sizeof(*partitions));
    int rc;

    if (partitions == NULL) {
        return ERR_NOMEM;
    }
    for (int32_t i = 0; i < t->partition_cnt; i++) {
        partitions[i] = partition_of(&t->partitions[i], NULL);
    }
    for (size_t i = 0; i < lane->state_cnt; i++) {
        const struct state_read *s = &lane->states[i];

        partitions[s->partition] = partition_of(&t->partitions[s->partition], s);
    }
    spec.partitions = partitions;
    spec.partition_cnt = t->partition_cnt;
    if (lane->config.pair_cnt > 0) {
        rc = image_config_new(c->options.settings, lane->config.pairs, lane->config.pair_cnt,
                              &config);
        if (rc != 0) {
            return rc;
        }
    }
    spec.config = config != NULL ? config : c->no_overrides;
    rc = image_topic_new(&spec, ret_topic);
    image_config_unref(config);
    return rc;
}

static int doom(struct catalog_load *l, struct slice name, const struct image_topic *t)
{
    struct doomed *d = malloc(sizeof(*d));

    if (d == NULL) {
        return ERR_NOMEM;
    }
    *d = (struct doomed){
        .next = l->doomed, .name = name, .topic = t == NULL ? NULL : image_topic_ref(t)};
    l->doomed = d;
    return 0;
}

static void lane_finish(struct lane *lane)
{
    struct catalog_load *l = lane->load;
    struct image_topic *t = NULL;
    int rc = 0;

    if (l->why[0] == '\0' && lane->is_there) {
        rc = lane_topic_make(lane, &t);
        if (rc == 0) {
            rc = names_have(&l->markers, lane->name) ? doom(l, lane->name, t)
                                                     : image_edit_put_topic(l->edit, t);
        }
        if (rc != 0) {
            load_fail(l, "topic '%.*s' can not be loaded: %s", SLICE_FMT(lane->name), err_text(rc));
        }
        image_topic_unref(t);
    }
    free(lane->states);
    lane->states = NULL;
    lane->state_cnt = 0;
    arena_reset(&lane->arena);
    lane_next(lane);
}

static void lane_step(struct lane *lane)
{
    ASSERT(lane->pending_cnt > 0);
    if (--lane->pending_cnt == 0) {
        lane_finish(lane);
    }
}

static void lane_damaged(struct lane *lane, int err)
{
    load_fail(lane->load, "the metadata of topic '%.*s' is damaged: %s", SLICE_FMT(lane->name),
              err_text(err));
}

static void on_state(struct meta_request *req)
{
    struct state_read *s = CONTAINER_OF(req, struct state_read, meta);
    struct lane *lane = s->lane;

    if (try_again(lane->load, req->outcome)) {
        meta_get(meta_of(lane->load), req, slice_of(s->path, s->path_len), NULL);
        return;
    }
    if (req->outcome == META_OK) {
        int rc = znode_state_decode(req->body, &lane->arena, &s->state);

        s->is_there = rc == 0;
        if (rc != 0) {
            lane_damaged(lane, rc);
        }
    } else if (req->outcome != META_NO_NODE) {
        load_fail_outcome(lane->load, slice_of(s->path, s->path_len), req->outcome);
    }
    lane_step(lane);
}

/* The number a partition's node is named by, or -1. */
static int64_t partition_number(struct slice name)
{
    int64_t n = 0;

    if (name.len == 0 || name.len > 9) {
        return -1;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] < '0' || name.ptr[i] > '9') {
            return -1;
        }
        n = n * 10 + (name.ptr[i] - '0');
    }
    return n;
}

/* The list of partitions with a node comes after the topic itself, which says how many there are. */
static void lane_read_states(struct lane *lane, const struct meta_request *req)
{
    struct catalog_load *l = lane->load;

    if (req->child_cnt == 0 || !lane->is_there || l->why[0] != '\0') {
        return;
    }
    lane->states = calloc(req->child_cnt, sizeof(*lane->states));
    if (lane->states == NULL) {
        lane_damaged(lane, ERR_NOMEM);
        return;
    }
    for (size_t i = 0; i < req->child_cnt; i++) {
        struct state_read *s = &lane->states[lane->state_cnt];
        int64_t partition = partition_number(req->children[i]);
        int len;

        if (partition < 0 || partition >= lane->topic.partition_cnt) {
            /* A node without a place in the assignment: left by an interrupted change. */
            continue;
        }
        s->lane = lane;
        s->partition = (partition_id_t)partition;
        len = snprintf((char *)s->path, sizeof(s->path), "%.*s/%d/state", (int)lane->partitions_len,
                       (const char *)lane->partitions_path, (int)partition);
        s->path_len = (size_t)len;
        s->meta.done = on_state;
        lane->state_cnt++;
    }
    lane->pending_cnt += lane->state_cnt;
    for (size_t i = 0; i < lane->state_cnt; i++) {
        struct state_read *s = &lane->states[i];

        meta_get(meta_of(l), &s->meta, slice_of(s->path, s->path_len), NULL);
    }
}

static void on_partition_list(struct meta_request *req)
{
    struct lane *lane = CONTAINER_OF(req, struct lane, list_meta);
    struct slice path = slice_of(lane->partitions_path, lane->partitions_len);

    if (try_again(lane->load, req->outcome)) {
        meta_list(meta_of(lane->load), req, path, 0, NULL);
        return;
    }
    if (req->outcome == META_OK) {
        lane_read_states(lane, req);
    } else if (req->outcome != META_NO_NODE) {
        load_fail_outcome(lane->load, path, req->outcome);
    }
    lane_step(lane);
}

static void on_config(struct meta_request *req)
{
    struct lane *lane = CONTAINER_OF(req, struct lane, config_meta);

    if (try_again(lane->load, req->outcome)) {
        meta_get(meta_of(lane->load), req, topic_path_view(&lane->config_path), NULL);
        return;
    }
    if (req->outcome == META_OK) {
        int rc = znode_config_decode(req->body, &lane->arena, &lane->config);

        if (rc != 0) {
            lane_damaged(lane, rc);
        }
    } else if (req->outcome != META_NO_NODE) {
        load_fail_outcome(lane->load, topic_path_view(&lane->config_path), req->outcome);
    }
    lane_step(lane);
}

static void on_topic(struct meta_request *req)
{
    struct lane *lane = CONTAINER_OF(req, struct lane, topic_meta);

    if (try_again(lane->load, req->outcome)) {
        meta_get(meta_of(lane->load), req, topic_path_view(&lane->topic_path), NULL);
        return;
    }
    if (req->outcome == META_OK) {
        int rc = znode_topic_decode(req->body, &lane->arena, &lane->topic);

        if (rc != 0) {
            lane_damaged(lane, rc);
        } else if (uuid_is_zero(lane->topic.id)) {
            load_fail(lane->load, "topic '%.*s' has no topic id", SLICE_FMT(lane->name));
        }
        lane->is_there = rc == 0;
    } else if (req->outcome != META_NO_NODE) {
        load_fail_outcome(lane->load, topic_path_view(&lane->topic_path), req->outcome);
    }
    /* Only now the list: it needs to know how many partitions there are. */
    lane->list_meta.done = on_partition_list;
    meta_list(meta_of(lane->load), &lane->list_meta,
              slice_of(lane->partitions_path, lane->partitions_len), 0, NULL);
}

static void lane_next(struct lane *lane)
{
    struct catalog_load *l = lane->load;
    struct meta *m = meta_of(l);

    if (l->next_topic == l->topics.cnt || l->why[0] != '\0' || l->catalog->is_stopping) {
        wave_step(l, third_wave);
        return;
    }
    lane->name = l->topics.at[l->next_topic++];
    if (!topic_name_is_legal(lane->name)) {
        load_fail(l, "metadata has a topic with an illegal name");
        lane_next(lane);
        return;
    }
    lane->is_there = false;
    lane->config = (struct znode_config){0};
    lane->topic_path = topic_path_of(FOLDER_TOPICS, lane->name);
    lane->config_path = topic_path_of(FOLDER_CONFIGS, lane->name);
    lane->partitions_len = (size_t)snprintf(
        (char *)lane->partitions_path, sizeof(lane->partitions_path), "%.*s/partitions",
        (int)lane->topic_path.len, (const char *)lane->topic_path.bytes);
    lane->pending_cnt = 2; /* config; topic and then list */
    lane->topic_meta.done = on_topic;
    meta_get(m, &lane->topic_meta, topic_path_view(&lane->topic_path), NULL);
    lane->config_meta.done = on_config;
    meta_get(m, &lane->config_meta, topic_path_view(&lane->config_path), NULL);
}

static void second_wave(struct catalog_load *l)
{
    size_t cnt = l->topics.cnt < LANE_CNT ? l->topics.cnt : LANE_CNT;

    if (image_edit_begin(l->catalog->current, 0, &l->edit) != 0) {
        load_fail(l, "out of memory while metadata was being loaded");
        load_end(l);
        return;
    }
    /* One more for this function itself. */
    l->pending_cnt = cnt + 1;
    l->lanes = calloc(cnt == 0 ? 1 : cnt, sizeof(*l->lanes));
    if (l->lanes == NULL) {
        load_fail(l, "out of memory while metadata was being loaded");
        load_end(l);
        return;
    }
    for (size_t i = 0; i < cnt; i++) {
        l->lanes[i].load = l;
        arena_init(&l->lanes[i].arena, TOPIC_BYTES_MAX);
    }
    for (size_t i = 0; i < cnt; i++) {
        lane_next(&l->lanes[i]);
    }
    wave_step(l, third_wave);
}

/* ---- The third wave: registration ------------------------------------------------------------ */

static void controller_write(struct catalog_load *l);

static void on_controller_read(struct meta_request *req)
{
    struct catalog_load *l = CONTAINER_OF(req, struct catalog_load, controller_meta);
    struct znode_controller other;

    if (try_again(l, req->outcome)) {
        meta_get(meta_of(l), req, SLICE_LIT(PATH_CONTROLLER), NULL);
        return;
    }
    if (req->outcome == META_NO_NODE && try_again(l, META_UNKNOWN_OUTCOME)) {
        controller_write(l);
        return;
    }
    if (req->outcome != META_OK) {
        load_fail_outcome(l, SLICE_LIT(PATH_CONTROLLER), req->outcome);
    } else if (!slice_eq(req->body, str_view(&l->controller_body)) || !l->controller_is_unknown) {
        if (znode_controller_decode(req->body, &other) != 0) {
            other.broker_id = BROKER_ID_NONE;
        }
        load_fail(l, "broker %d is the controller of this metadata: one broker only can use it",
                  (int)other.broker_id);
    }
    wave_step(l, load_publish);
}

static void on_controller(struct meta_request *req)
{
    struct catalog_load *l = CONTAINER_OF(req, struct catalog_load, controller_meta);

    if (outcome_is_unknown(req->outcome) || req->outcome == META_NODE_EXISTS ||
        (req->outcome == META_BAD_VERSION && l->controller_is_unknown)) {
        l->controller_is_unknown |= outcome_is_unknown(req->outcome);
        req->done = on_controller_read;
        meta_get(meta_of(l), req, SLICE_LIT(PATH_CONTROLLER), NULL);
        return;
    }
    if (req->outcome != META_OK) {
        load_fail_outcome(l, SLICE_LIT(PATH_CONTROLLER), req->outcome);
    }
    wave_step(l, load_publish);
}

static void controller_write(struct catalog_load *l)
{
    l->controller_ops[0] = (struct meta_op){.verb = META_CREATE,
                                            .flags = META_EPHEMERAL,
                                            .path = SLICE_LIT(PATH_CONTROLLER),
                                            .body = str_view(&l->controller_body)};
    l->controller_ops[1] = (struct meta_op){.verb = META_SET,
                                            .version = l->epoch_version,
                                            .path = SLICE_LIT(PATH_EPOCH),
                                            .body = str_view(&l->epoch_body)};
    l->controller_meta.done = on_controller;
    meta_multi(meta_of(l), &l->controller_meta, l->controller_ops, ARRAY_CNT(l->controller_ops),
               NULL);
}

static void broker_write(struct catalog_load *l);

static void on_broker_read(struct meta_request *req)
{
    struct catalog_load *l = CONTAINER_OF(req, struct catalog_load, broker_meta);

    if (try_again(l, req->outcome)) {
        meta_get(meta_of(l), req, slice_cstr(l->broker_path), NULL);
        return;
    }
    if (req->outcome == META_NO_NODE && try_again(l, META_UNKNOWN_OUTCOME)) {
        broker_write(l);
        return;
    }
    if (req->outcome != META_OK) {
        load_fail_outcome(l, slice_cstr(l->broker_path), req->outcome);
    } else if (!slice_eq(req->body, str_view(&l->broker_body)) || !l->broker_is_unknown) {
        load_fail(l, "a broker with the id %d is registered already",
                  (int)l->catalog->options.broker_id);
    }
    l->broker_epoch = req->stat.czxid;
    wave_step(l, load_publish);
}

static void on_broker(struct meta_request *req)
{
    struct catalog_load *l = CONTAINER_OF(req, struct catalog_load, broker_meta);

    if (outcome_is_unknown(req->outcome) || req->outcome == META_NODE_EXISTS) {
        l->broker_is_unknown |= outcome_is_unknown(req->outcome);
        req->done = on_broker_read;
        meta_get(meta_of(l), req, slice_cstr(l->broker_path), NULL);
        return;
    }
    if (req->outcome != META_OK) {
        load_fail_outcome(l, slice_cstr(l->broker_path), req->outcome);
    }
    l->broker_epoch = req->stat.czxid;
    wave_step(l, load_publish);
}

static void broker_write(struct catalog_load *l)
{
    l->broker_meta.done = on_broker;
    meta_create(meta_of(l), &l->broker_meta, slice_cstr(l->broker_path), str_view(&l->broker_body),
                META_EPHEMERAL);
}

static void on_cluster_id_made(struct meta_request *req)
{
    struct catalog_load *l = CONTAINER_OF(req, struct catalog_load, id_meta);

    if (try_again(l, req->outcome)) {
        meta_create(meta_of(l), req, SLICE_LIT(PATH_CLUSTER_ID), str_view(&l->id_body),
                    META_PERSISTENT);
        return;
    }
    /* Nobody else writes it: when it exists now, an attempt of ours went through unseen. */
    if (req->outcome != META_OK && req->outcome != META_NODE_EXISTS) {
        load_fail_outcome(l, SLICE_LIT(PATH_CLUSTER_ID), req->outcome);
    }
    wave_step(l, load_publish);
}

static int bodies_encode(struct catalog_load *l)
{
    const struct catalog_options *o = &l->catalog->options;
    const char *rack = settings_text(o->settings, SETTING_BROKER_RACK);
    struct znode_broker broker = {.endpoints = *o->advertised,
                                  .rack = rack == NULL ? SLICE_NULL : slice_cstr(rack),
                                  .timestamp_ms = os_wall_ms(o->os)};
    struct znode_controller controller = {.broker_id = o->broker_id,
                                          .timestamp_ms = broker.timestamp_ms};
    int rc = znode_broker_encode(&broker, &l->broker_body);

    rc = rc == 0 ? znode_controller_encode(&controller, &l->controller_body) : rc;
    rc = rc == 0 ? znode_cluster_id_encode(l->cluster_id, &l->id_body) : rc;
    str_add_fmt(&l->epoch_body, "%" PRId32, l->epoch + 1);
    (void)snprintf(l->broker_path, sizeof(l->broker_path), "/brokers/ids/%" PRId32, o->broker_id);
    return rc == 0 ? l->epoch_body.err : rc;
}

static void third_wave(struct catalog_load *l)
{
    struct catalog *c = l->catalog;
    int rc;

    if (!l->has_cluster_id) {
        l->cluster_id = c->options.cluster_id;
        while (uuid_is_zero(l->cluster_id)) {
            os_random(c->options.os, l->cluster_id.b, sizeof(l->cluster_id.b));
            l->cluster_id.b[0] &= 0x7f; /* the text does not begin with '-' or '_' */
        }
    }
    rc = bodies_encode(l);
    if (rc != 0) {
        load_fail(l, "the broker's registration can not be written: %s", err_text(rc));
        load_end(l);
        return;
    }
    l->pending_cnt = l->has_cluster_id ? 2 : 3;
    controller_write(l);
    broker_write(l);
    if (!l->has_cluster_id) {
        l->id_meta.done = on_cluster_id_made;
        meta_create(meta_of(l), &l->id_meta, SLICE_LIT(PATH_CLUSTER_ID), str_view(&l->id_body),
                    META_PERSISTENT);
    }
}

/* ---- The first image ------------------------------------------------------------------------- */

static int edit_set_self(struct catalog_load *l)
{
    const struct catalog_options *o = &l->catalog->options;
    const char *rack = settings_text(o->settings, SETTING_BROKER_RACK);
    struct image_endpoint endpoints[LISTENERS_MAX];
    struct image_broker self = {.id = o->broker_id,
                                .epoch = l->broker_epoch,
                                .rack = rack == NULL ? SLICE_NULL : slice_cstr(rack),
                                .endpoints = endpoints,
                                .endpoint_cnt = o->advertised->cnt};

    for (size_t i = 0; i < o->advertised->cnt; i++) {
        const struct listener *from = &o->advertised->at[i];

        endpoints[i] = (struct image_endpoint){.listener = slice_cstr(from->name),
                                               .host = slice_cstr(from->host),
                                               .port = from->port,
                                               .protocol = from->protocol};
    }
    return image_edit_set_brokers(l->edit, &self, 1);
}

/* The names are busy from now on; the deletions go on when the broker has heard of the start. */
static int prepare_resumed(struct catalog_load *l)
{
    struct catalog *c = l->catalog;
    int rc = 0;

    /* Markers without a topic: only the leftovers are to be swept away. */
    for (size_t i = 0; i < l->markers.cnt && rc == 0; i++) {
        if (topic_name_is_legal(l->markers.at[i]) && !names_have(&l->topics, l->markers.at[i])) {
            rc = catalog_resume_prepare(c, l->markers.at[i], NULL);
        }
    }
    for (const struct doomed *d = l->doomed; d != NULL && rc == 0; d = d->next) {
        rc = catalog_resume_prepare(c, d->name, d->topic);
    }
    return rc;
}

static void load_publish(struct catalog_load *l)
{
    struct catalog *c = l->catalog;

    if (edit_set_self(l) != 0 || prepare_resumed(l) != 0) {
        load_fail(l, "out of memory while metadata was being loaded");
        load_end(l);
        return;
    }
    image_edit_set_controller(l->edit, c->options.broker_id);
    image_edit_set_cluster_id(l->edit, l->cluster_id);
    c->controller_epoch = l->epoch + 1;
    catalog_publish(c, l->edit);
    l->edit = NULL;
    load_end(l);
}

/* ---- The beginning and the end --------------------------------------------------------------- */

void catalog_load_free(struct catalog_load *l)
{
    if (l == NULL) {
        return;
    }
    while (l->doomed != NULL) {
        struct doomed *next = l->doomed->next;

        image_topic_unref(l->doomed->topic);
        free(l->doomed);
        l->doomed = next;
    }
    for (size_t i = 0; l->lanes != NULL && i < LANE_CNT && i < l->topics.cnt; i++) {
        free(l->lanes[i].states);
        arena_release(&l->lanes[i].arena);
    }
    free(l->lanes);
    image_edit_abandon(l->edit);
    free(l->markers.at);
    free(l->topics.at);
    str_release(&l->id_body);
    str_release(&l->controller_body);
    str_release(&l->epoch_body);
    str_release(&l->broker_body);
    free(l);
}

void catalog_start(struct catalog *c, void (*started)(void *ctx, const char *failed), void *ctx)
{
    struct catalog_load *l = calloc(1, sizeof(*l));

    ASSERT(c->load == NULL);
    if (l == NULL) {
        started(ctx, "out of memory while metadata was being loaded");
        return;
    }
    l->catalog = c;
    l->started = started;
    l->started_ctx = ctx;
    str_init(&l->id_body, META_BODY_LEN_MAX);
    str_init(&l->controller_body, META_BODY_LEN_MAX);
    str_init(&l->epoch_body, META_BODY_LEN_MAX);
    str_init(&l->broker_body, META_BODY_LEN_MAX);
    c->load = l;
    catalog_op_begin(c);
    first_wave(l);
}
