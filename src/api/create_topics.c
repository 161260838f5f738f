#include "gen/create_topics.h"

#include <stdlib.h>

#include "api/api.h"
#include "api/topics_common.h"
#include "base/assert.h"
#include "broker/timer.h"
#include "model/topic_config.h"

/*
 * CreateTopics: several topics, each with a result of its own, in the order of the request.
 *
 *     request's reactor    decode, refuse what is named twice or not allowed
 *     home reactor         start every creation, gather the results, or give up at the time-out
 *     request's reactor    answer
 *
 * Between its two posts the request belongs to the home reactor, arena included. A creation that is
 * given up goes on by itself: its own small struct outlives the request.
 */

struct creation;

struct creating {
    struct api_call *call;
    struct reactor_task task;
    struct broker_timer timer;
    struct create_topics_request rq;
    struct create_topics_response resp;
    struct creation **creations; /* by topic; NULL where none is under way */
    int32_t pending;             /* creations, and one for the loop that starts them */
    bool has_timer;
};

/* One topic under way in the catalog. */
struct creation {
    struct catalog_create create;
    struct creating *owner; /* NULL: given up */
    int32_t idx;
};

/* --- results ------------------------------------------------------------------------------------------ */

static void result_set_error(struct create_topics_response_creatable_topic_result *res,
                             enum kerr error, struct slice message)
{
    res->error_code = (int16_t)error;
    res->error_message = message;
}

/* The settings as the topic has them; `view` converts into itself, so everything is copied. */
static int result_add_setting(struct creating *c, const struct image_config *cfg,
                              enum topic_setting_id id,
                              struct create_topics_response_creatable_topic_result *res)
{
    struct create_topics_response_creatable_topic_configs *row = &res->configs[res->configs_cnt];
    struct setting_view view;

    topic_settings_describe(broker_settings(c->call->broker), cfg->overrides, cfg->override_cnt, id,
                            &view);
    if (view.row->until != NULL && view.source != SETTING_SOURCE_TOPIC) {
        return 0; /* a setting of the past that nobody uses */
    }
    row->name = slice_cstr(view.row->name);
    row->read_only = view.is_read_only;
    row->is_sensitive = view.is_sensitive;
    row->config_source = (int8_t)view.source;
    if (!slice_is_null(view.value)) {
        row->value = arena_dup(c->call->arena, view.value);
        if (slice_is_null(row->value)) {
            return ERR_NOMEM;
        }
    }
    res->configs_cnt++;
    return 0;
}

static int result_fill(struct creating *c, const struct image_topic *t,
                       struct create_topics_response_creatable_topic_result *res)
{
    int rc = 0;

    if (!c->rq.validate_only) {
        res->topic_id = t->id;
    }
    if (!api_allowed(c->call, API_OP_DESCRIBE_CONFIGS, API_RESOURCE_TOPIC, t->name)) {
        res->topic_config_error_code = KERR_TOPIC_AUTHORIZATION_FAILED;
        return 0;
    }
    res->num_partitions = t->partition_cnt;
    res->replication_factor = (int16_t)(t->partition_cnt > 0 ? t->partitions[0].replica_cnt : -1);
    if (c->call->version < 5) {
        return 0;
    }
    res->configs =
        create_topics_response_creatable_topic_configs_new(c->call->arena, TOPIC_SETTING_CNT);
    if (res->configs == NULL) {
        return ERR_NOMEM;
    }
    for (int i = 0; i < TOPIC_SETTING_CNT && rc == 0; i++) {
        rc = result_add_setting(c, t->config, (enum topic_setting_id)i, res);
    }
    return rc;
}

/* --- on the home reactor -------------------------------------------------------------------------------- */

static void answer(struct reactor_task *task)
{
    struct creating *c = CONTAINER_OF(task, struct creating, task);

    api_reply(c->call, &c->resp);
}

static void pending_drop(struct creating *c)
{
    ASSERT(c->pending > 0);
    if (--c->pending > 0) {
        return;
    }
    if (c->has_timer) {
        broker_timer_cancel(&c->timer);
    }
    c->task.run = answer;
    broker_on_reactor(c->call->reactor, &c->task);
}

static void created(struct catalog_create *create)
{
    struct creation *one = CONTAINER_OF(create, struct creation, create);
    struct creating *c = one->owner;

    if (c != NULL) {
        struct create_topics_response_creatable_topic_result *res = &c->resp.topics[one->idx];

        c->creations[one->idx] = NULL;
        if (create->error != KERR_NONE) {
            result_set_error(res, create->error, call_text(c->call, create->why));
        } else if (result_fill(c, create->topic, res) != 0) {
            /* The topic stands; what it is like can be asked later. */
            res->configs = NULL;
            res->configs_cnt = 0;
            res->topic_config_error_code = KERR_UNKNOWN_SERVER_ERROR;
        }
        pending_drop(c);
    }
    free(one);
}

static void timed_out(struct broker_timer *timer)
{
    struct creating *c = CONTAINER_OF(timer, struct creating, timer);
    int32_t given_up = 0;

    c->has_timer = false;
    for (int32_t i = 0; i < c->resp.topics_cnt; i++) {
        if (c->creations[i] == NULL) {
            continue;
        }
        c->creations[i]->owner = NULL;
        c->creations[i] = NULL;
        result_set_error(&c->resp.topics[i], KERR_REQUEST_TIMED_OUT,
                         SLICE_LIT("the topic was not created in time; its creation goes on"));
        given_up++;
    }
    ASSERT(given_up == c->pending);
    c->pending = 1;
    pending_drop(c);
}

static int create_prepare(struct creating *c, const struct create_topics_request_creatable_topic *t,
                          struct catalog_create *create)
{
    struct catalog_assignment *assignment =
        arena_calloc(c->call->arena, (size_t)t->assignments_cnt, sizeof(*assignment));
    struct setting_pair *configs =
        arena_calloc(c->call->arena, (size_t)t->configs_cnt, sizeof(*configs));

    if (assignment == NULL || configs == NULL) {
        return ERR_NOMEM;
    }
    for (int32_t i = 0; i < t->assignments_cnt; i++) {
        assignment[i] = (struct catalog_assignment){
            .partition = t->assignments[i].partition_index,
            .replica_cnt = t->assignments[i].broker_ids_cnt,
            .replicas = t->assignments[i].broker_ids,
        };
    }
    for (int32_t i = 0; i < t->configs_cnt; i++) {
        configs[i] = (struct setting_pair){t->configs[i].name, t->configs[i].value};
    }
    create->name = t->name;
    create->partition_cnt = t->num_partitions;
    create->replication_factor = t->replication_factor;
    create->assignment = assignment;
    create->assignment_cnt = (size_t)t->assignments_cnt;
    create->configs = configs;
    create->config_cnt = (size_t)t->configs_cnt;
    create->validate_only = c->rq.validate_only;
    create->done = created;
    return 0;
}

static void topic_start(struct creating *c, int32_t idx)
{
    struct creation *one = calloc(1, sizeof(*one));

    if (one == NULL || create_prepare(c, &c->rq.topics[idx], &one->create) != 0) {
        result_set_error(&c->resp.topics[idx], KERR_UNKNOWN_SERVER_ERROR,
                         SLICE_LIT("the broker is out of memory"));
        free(one);
        return;
    }
    one->owner = c;
    one->idx = idx;
    c->creations[idx] = one;
    c->pending++;
    catalog_create_topic(broker_catalog(c->call->broker), &one->create);
}

static void timer_start(struct creating *c)
{
    /* Without memory for a timer the answer comes when the topics are there. */
    c->has_timer = broker_timer_start(&c->timer, broker_home(c->call->broker),
                                      topics_wait_ms(c->rq.timeout_ms), timed_out) == 0;
}

static void topics_start(struct reactor_task *task)
{
    struct creating *c = CONTAINER_OF(task, struct creating, task);

    c->pending = 1;
    for (int32_t i = 0; i < c->resp.topics_cnt; i++) {
        if (c->resp.topics[i].error_code == KERR_NONE) {
            topic_start(c, i);
        }
    }
    if (c->pending > 1) {
        timer_start(c);
    }
    pending_drop(c);
}

/* --- on the request's reactor ---------------------------------------------------------------------------- */

static int duplicates_refuse(struct creating *c)
{
    struct seen_set once;
    struct seen_set twice;
    uint64_t seed = api_image(c->call)->seed;

    if (seen_set_init(&once, c->call->arena, c->rq.topics_cnt, seed) != 0 ||
        seen_set_init(&twice, c->call->arena, c->rq.topics_cnt, seed) != 0) {
        return ERR_NOMEM;
    }
    for (int32_t i = 0; i < c->rq.topics_cnt; i++) {
        if (!seen_set_add(&once, c->rq.topics[i].name)) {
            (void)seen_set_add(&twice, c->rq.topics[i].name); /* known already the third time */
        }
    }
    for (int32_t i = 0; i < c->rq.topics_cnt; i++) {
        if (seen_set_has(&twice, c->rq.topics[i].name)) {
            result_set_error(&c->resp.topics[i], KERR_INVALID_REQUEST,
                             SLICE_LIT("the request names this topic more than once"));
        }
    }
    return 0;
}

static void forbidden_refuse(struct creating *c)
{
    if (api_allowed(c->call, API_OP_CREATE, API_RESOURCE_CLUSTER, SLICE_LIT("kafka-cluster"))) {
        return;
    }
    for (int32_t i = 0; i < c->rq.topics_cnt; i++) {
        if (!api_allowed(c->call, API_OP_CREATE, API_RESOURCE_TOPIC, c->rq.topics[i].name)) {
            result_set_error(&c->resp.topics[i], KERR_TOPIC_AUTHORIZATION_FAILED,
                             SLICE_LIT("not allowed to create this topic"));
        }
    }
}

static int results_prepare(struct creating *c)
{
    int32_t cnt = c->rq.topics_cnt < 0 ? 0 : c->rq.topics_cnt;

    c->rq.topics_cnt = cnt;
    create_topics_response_init(&c->resp);
    c->resp.topics = create_topics_response_creatable_topic_result_new(c->call->arena, cnt);
    c->creations = arena_calloc(c->call->arena, (size_t)cnt, sizeof(struct creation *));
    if (c->resp.topics == NULL || c->creations == NULL) {
        return ERR_NOMEM;
    }
    c->resp.topics_cnt = cnt;
    for (int32_t i = 0; i < cnt; i++) {
        c->resp.topics[i].name = c->rq.topics[i].name;
        c->resp.topics[i].error_message = SLICE_NULL;
    }
    return duplicates_refuse(c);
}

void create_topics_handle(struct api_call *call)
{
    struct creating *c = arena_calloc(call->arena, 1, sizeof(*c));

    if (c == NULL) {
        api_close(call, "out of memory; closing the connection");
        return;
    }
    c->call = call;
    if (!api_decode(call, &c->rq)) {
        return;
    }
    if (results_prepare(c) != 0) {
        api_close(call, "out of memory for the topics to create; closing the connection");
        return;
    }
    forbidden_refuse(c);
    c->task.run = topics_start;
    broker_on_home(call->broker, &c->task);
}
