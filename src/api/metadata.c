#include "gen/metadata.h"

#include <stdlib.h>

#include "api/api.h"
#include "api/authorized.h"
#include "api/topics_common.h"
#include "model/topic.h"

/*
 * Metadata: which brokers there are, which topics, and who leads their partitions. Answered from the
 * image alone; a question about one topic looks at that one only.
 *
 *   v0         an empty list of topics means all of them
 *   v1 to v11  a null list means all, an empty one none; topics by name
 *   v12 on     topics by name or by id
 *
 * A topic that is asked for by name and does not exist is created when broker and client allow it. The
 * answer does not wait for that: it says LEADER_NOT_AVAILABLE, clients ask again.
 */

/* More new topics in one request are created when the client asks again. */
#define CREATIONS_PER_REQUEST_MAX 100

#define VERSION_IDS_ASKED 12     /* the first in which topics may be asked for by id */
#define VERSION_LISTENER_ERROR 6 /* the first that knows LISTENER_NOT_FOUND */

struct asking {
    struct api_call *call;
    const struct image *img;
    struct slice listener;
    struct metadata_request rq;
    struct metadata_response resp;
    int creation_cnt;
    bool out_of_memory;
};

/* --- creating on demand ------------------------------------------------------------------------------- */

/* Outlives the request, which is answered before. */
struct auto_creation {
    struct reactor_task task;
    struct broker *broker;
    struct catalog_create create;
    size_t name_len;
    uint8_t name[TOPIC_NAME_LEN_MAX];
};

static void auto_created(struct catalog_create *create)
{
    struct auto_creation *a = CONTAINER_OF(create, struct auto_creation, create);

    /* Somebody else may have been quicker: then the topic is there all the same. */
    if (create->error != KERR_NONE && create->error != KERR_TOPIC_ALREADY_EXISTS) {
        LOG(broker_logger(a->broker), LOG_WARN, "topic.auto_creation_failed",
            KV_TEXT("topic", slice_of(a->name, a->name_len)),
            KV_CSTR("error", kerr_name((int16_t)create->error)), KV_CSTR("msg", create->why));
    }
    free(a);
}

static void auto_creation_run(struct reactor_task *task)
{
    struct auto_creation *a = CONTAINER_OF(task, struct auto_creation, task);

    catalog_create_topic(broker_catalog(a->broker), &a->create);
}

static void auto_create(struct asking *q, struct slice name)
{
    struct auto_creation *a;

    if (q->creation_cnt >= CREATIONS_PER_REQUEST_MAX) {
        return;
    }
    a = calloc(1, sizeof(*a));
    if (a == NULL) {
        return; /* the client asks again */
    }
    q->creation_cnt++;
    a->broker = q->call->broker;
    a->name_len = name.len;
    memcpy(a->name, name.ptr, name.len);
    a->task.run = auto_creation_run;
    a->create.name = slice_of(a->name, a->name_len);
    a->create.partition_cnt = -1;
    a->create.replication_factor = -1;
    a->create.done = auto_created;
    broker_on_home(a->broker, &a->task);
}

static bool may_auto_create(const struct asking *q)
{
    return (q->call->version < 4 || q->rq.allow_auto_topic_creation) &&
           settings_bool(broker_settings(q->call->broker), SETTING_AUTO_CREATE_TOPICS_ENABLE);
}

/* A topic that is not there: what to say, and perhaps make it. */
static enum kerr missing_answer(struct asking *q, struct slice name)
{
    if (!topic_name_is_legal(name)) {
        return KERR_INVALID_TOPIC_EXCEPTION;
    }
    /* Internal topics have settings of their own and are made by the coordinators that need them. */
    if (!may_auto_create(q) || topic_is_internal(name)) {
        return KERR_UNKNOWN_TOPIC_OR_PARTITION;
    }
    if (!api_allowed(q->call, API_OP_CREATE, API_RESOURCE_CLUSTER, SLICE_LIT("kafka-cluster")) &&
        !api_allowed(q->call, API_OP_CREATE, API_RESOURCE_TOPIC, name)) {
        return KERR_TOPIC_AUTHORIZATION_FAILED;
    }
    if (image_topic_colliding(q->img, name) != NULL) {
        return KERR_INVALID_TOPIC_EXCEPTION;
    }
    auto_create(q, name);
    return KERR_LEADER_NOT_AVAILABLE;
}

/* --- topics ------------------------------------------------------------------------------------------- */

/* The ids that are not in the partition's list of those offline. */
static int32_t *reachable_ids(struct asking *q, const struct metadata_response_partition *p,
                              const int32_t *ids, int32_t cnt, int32_t *ret_cnt)
{
    int32_t *kept = arena_calloc(q->call->arena, (size_t)cnt, sizeof(*kept));

    *ret_cnt = 0;
    q->out_of_memory = q->out_of_memory || kept == NULL;
    for (int32_t i = 0; kept != NULL && i < cnt; i++) {
        bool is_offline = false;

        for (int32_t k = 0; k < p->offline_replicas_cnt; k++) {
            is_offline = is_offline || p->offline_replicas[k] == ids[i];
        }
        if (!is_offline) {
            kept[(*ret_cnt)++] = ids[i];
        }
    }
    return kept;
}

/* v0 clients must not see brokers they cannot reach. */
static void unreachable_hide(struct asking *q, struct metadata_response_partition *p)
{
    p->replica_nodes =
        reachable_ids(q, p, p->replica_nodes, p->replica_nodes_cnt, &p->replica_nodes_cnt);
    p->isr_nodes = reachable_ids(q, p, p->isr_nodes, p->isr_nodes_cnt, &p->isr_nodes_cnt);
    if (p->error_code == KERR_NONE) {
        p->error_code = KERR_REPLICA_NOT_AVAILABLE;
    }
}

static void partition_fill(struct asking *q, const struct image_partition *from, partition_id_t idx,
                           struct metadata_response_partition *p)
{
    struct partition_seen seen;

    if (partition_seen(q->call, q->img, q->listener, from, &seen) != 0) {
        q->out_of_memory = true;
        return;
    }
    if (seen.error == KERR_LISTENER_NOT_FOUND && q->call->version < VERSION_LISTENER_ERROR) {
        seen.error = KERR_LEADER_NOT_AVAILABLE;
    }
    p->error_code = (int16_t)seen.error;
    p->partition_index = idx;
    p->leader_id = seen.leader;
    p->leader_epoch = seen.leader_epoch;
    p->replica_nodes = seen.replicas;
    p->replica_nodes_cnt = seen.replica_cnt;
    p->isr_nodes = seen.isr;
    p->isr_nodes_cnt = seen.isr_cnt;
    p->offline_replicas = seen.offline;
    p->offline_replicas_cnt = seen.offline_cnt;
    if (q->call->version == 0 && seen.offline_cnt > 0) {
        unreachable_hide(q, p);
    }
}

static void topic_fill(struct asking *q, const struct image_topic *t,
                       struct metadata_response_topic *ret)
{
    ret->name = t->name;
    ret->topic_id = t->id;
    ret->is_internal = t->is_internal;
    if (q->rq.include_topic_authorized_operations) {
        ret->topic_authorized_operations = authorized_topic_operations(q->call, t->name);
    }
    ret->partitions = metadata_response_partition_new(q->call->arena, t->partition_cnt);
    if (ret->partitions == NULL) {
        q->out_of_memory = true;
        return;
    }
    ret->partitions_cnt = t->partition_cnt;
    for (int32_t i = 0; i < t->partition_cnt && !q->out_of_memory; i++) {
        partition_fill(q, &t->partitions[i], i, &ret->partitions[i]);
    }
}

static struct metadata_response_topic *topic_add(struct asking *q)
{
    return &q->resp.topics[q->resp.topics_cnt++];
}

static bool topics_reserve(struct asking *q, int32_t cnt)
{
    q->resp.topics = metadata_response_topic_new(q->call->arena, cnt);
    q->out_of_memory = q->out_of_memory || q->resp.topics == NULL;
    return q->resp.topics != NULL;
}

static bool topic_each_add(void *ctx, const struct image_topic *t)
{
    struct asking *q = ctx;

    if (api_allowed(q->call, API_OP_DESCRIBE, API_RESOURCE_TOPIC, t->name)) {
        topic_fill(q, t, topic_add(q));
    }
    return !q->out_of_memory;
}

static void topics_all(struct asking *q)
{
    if (topics_reserve(q, (int32_t)q->img->topic_cnt)) {
        image_topics_each(q->img, topic_each_add, q);
    }
}

static void topic_by_name(struct asking *q, struct slice name)
{
    struct metadata_response_topic *ret = topic_add(q);
    const struct image_topic *t;

    ret->name = name;
    if (!api_allowed(q->call, API_OP_DESCRIBE, API_RESOURCE_TOPIC, name)) {
        ret->error_code = KERR_TOPIC_AUTHORIZATION_FAILED;
        return;
    }
    t = image_topic_by_name(q->img, name);
    if (t == NULL) {
        ret->error_code = (int16_t)missing_answer(q, name);
        ret->is_internal = topic_is_internal(name);
        return;
    }
    topic_fill(q, t, ret);
}

static void topic_by_id(struct asking *q, struct uuid id)
{
    struct metadata_response_topic *ret = topic_add(q);
    const struct image_topic *t = image_topic_by_id(q->img, id);

    ret->topic_id = id;
    ret->name = SLICE_NULL;
    /* Who may not see a topic learns nothing of it by its id either. */
    if (t == NULL || !api_allowed(q->call, API_OP_DESCRIBE, API_RESOURCE_TOPIC, t->name)) {
        ret->error_code = KERR_UNKNOWN_TOPIC_ID;
        return;
    }
    topic_fill(q, t, ret);
}

/* Each topic once, however often it is named. */
static void topics_listed(struct asking *q)
{
    struct seen_set names;
    struct seen_set ids;
    int32_t id_cnt = q->call->version >= VERSION_IDS_ASKED ? q->rq.topics_cnt : 0;

    if (!topics_reserve(q, q->rq.topics_cnt) ||
        seen_set_init(&names, q->call->arena, q->rq.topics_cnt, q->img->seed) != 0 ||
        seen_set_init(&ids, q->call->arena, id_cnt, q->img->seed) != 0) {
        q->out_of_memory = true;
        return;
    }
    for (int32_t i = 0; i < q->rq.topics_cnt && !q->out_of_memory; i++) {
        const struct metadata_request_topic *t = &q->rq.topics[i];
        bool by_id = !uuid_is_zero(t->topic_id) || slice_is_null(t->name);

        if (!seen_set_add(by_id ? &ids : &names,
                          by_id ? slice_of(t->topic_id.b, sizeof(t->topic_id.b)) : t->name)) {
            continue;
        }
        if (by_id) {
            topic_by_id(q, t->topic_id);
        } else {
            topic_by_name(q, t->name);
        }
    }
}

/* --- the rest ----------------------------------------------------------------------------------------- */

static void brokers_fill(struct asking *q)
{
    size_t cnt = image_broker_cnt(q->img);

    q->resp.brokers = metadata_response_broker_new(q->call->arena, (int32_t)cnt);
    if (q->resp.brokers == NULL) {
        q->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < cnt; i++) {
        const struct image_broker *b = image_broker_at(q->img, i);
        const struct image_endpoint *e = image_broker_endpoint(b, q->listener);
        struct metadata_response_broker *ret;

        if (e == NULL) {
            continue;
        }
        ret = &q->resp.brokers[q->resp.brokers_cnt++];
        ret->node_id = b->id;
        ret->host = e->host;
        ret->port = e->port;
        ret->rack = b->rack;
    }
}

/* Ids, and names left out for them, came with v12; earlier versions have the fields already. */
static bool asks_too_early_by_id(const struct asking *q)
{
    if (q->call->version >= VERSION_IDS_ASKED) {
        return false;
    }
    for (int32_t i = 0; i < q->rq.topics_cnt; i++) {
        if (slice_is_null(q->rq.topics[i].name) || !uuid_is_zero(q->rq.topics[i].topic_id)) {
            return true;
        }
    }
    return false;
}

static void refuse_all(struct asking *q)
{
    if (!topics_reserve(q, q->rq.topics_cnt)) {
        return;
    }
    for (int32_t i = 0; i < q->rq.topics_cnt; i++) {
        struct metadata_response_topic *ret = topic_add(q);

        ret->error_code = KERR_INVALID_REQUEST;
        ret->name = slice_is_null(q->rq.topics[i].name) ? SLICE_EMPTY : q->rq.topics[i].name;
        ret->topic_id = q->rq.topics[i].topic_id;
    }
}

static void answer_build(struct asking *q)
{
    if (asks_too_early_by_id(q)) {
        refuse_all(q);
        return;
    }
    brokers_fill(q);
    q->resp.cluster_id = q->img->cluster_id;
    q->resp.controller_id = q->img->controller_id;
    if (q->rq.include_cluster_authorized_operations) {
        q->resp.cluster_authorized_operations = authorized_cluster_operations(q->call);
    }
    if (q->rq.topics_cnt < 0 || (q->call->version == 0 && q->rq.topics_cnt == 0)) {
        topics_all(q);
    } else {
        topics_listed(q);
    }
}

void metadata_handle(struct api_call *call)
{
    struct asking q = {.call = call, .img = api_image(call), .listener = call_listener(call)};

    if (!api_decode(call, &q.rq)) {
        return;
    }
    metadata_response_init(&q.resp);
    answer_build(&q);
    if (q.out_of_memory) {
        api_close(call, "out of memory for the topics asked for; closing the connection");
        return;
    }
    api_reply(call, &q.resp);
}
