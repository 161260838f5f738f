#include "gen/delete_topics.h"

#include <stdlib.h>

#include "api/api.h"
#include "api/topics_common.h"
#include "base/assert.h"
#include "broker/timer.h"

/*
 * DeleteTopics: by name, from v6 on also by id, each topic with a result of its own. The way is that
 * of CreateTopics: refuse here, delete on the home reactor, answer here; a deletion that outlasts the
 * time-out goes on by itself.
 */

#define VERSION_IDS 6

struct deletion;

struct deleting {
    struct api_call *call;
    const struct image *img; /* of the turn that decodes */
    struct reactor_task task;
    struct broker_timer timer;
    struct delete_topics_request rq;
    struct delete_topics_response resp;
    struct deletion **deletions; /* by topic; NULL where none is under way */
    int32_t pending;             /* deletions, and one for the loop that starts them */
    bool has_timer;
};

/* One topic under way in the catalog. */
struct deletion {
    struct catalog_delete del;
    struct deleting *owner; /* NULL: given up */
    int32_t idx;
};

static void result_set_error(struct deleting *d, int32_t idx, enum kerr error, struct slice message)
{
    d->resp.responses[idx].error_code = (int16_t)error;
    d->resp.responses[idx].error_message = message;
}

/* --- on the home reactor -------------------------------------------------------------------------------- */

static void answer(struct reactor_task *task)
{
    struct deleting *d = CONTAINER_OF(task, struct deleting, task);

    api_reply(d->call, &d->resp);
}

static void pending_drop(struct deleting *d)
{
    ASSERT(d->pending > 0);
    if (--d->pending > 0) {
        return;
    }
    if (d->has_timer) {
        broker_timer_cancel(&d->timer);
    }
    d->task.run = answer;
    broker_on_reactor(d->call->reactor, &d->task);
}

static void deleted(struct catalog_delete *del)
{
    struct deletion *one = CONTAINER_OF(del, struct deletion, del);
    struct deleting *d = one->owner;

    if (d != NULL) {
        d->deletions[one->idx] = NULL;
        if (del->error != KERR_NONE) {
            result_set_error(d, one->idx, del->error, call_text(d->call, del->why));
        }
        pending_drop(d);
    }
    free(one);
}

static void timed_out(struct broker_timer *timer)
{
    struct deleting *d = CONTAINER_OF(timer, struct deleting, timer);
    int32_t given_up = 0;

    d->has_timer = false;
    for (int32_t i = 0; i < d->resp.responses_cnt; i++) {
        if (d->deletions[i] == NULL) {
            continue;
        }
        d->deletions[i]->owner = NULL;
        d->deletions[i] = NULL;
        result_set_error(d, i, KERR_REQUEST_TIMED_OUT,
                         SLICE_LIT("the topic was not deleted in time; its deletion goes on"));
        given_up++;
    }
    ASSERT(given_up == d->pending);
    d->pending = 1;
    pending_drop(d);
}

static void topic_start(struct deleting *d, int32_t idx)
{
    const struct delete_topics_response_deletable_topic_result *res = &d->resp.responses[idx];
    struct deletion *one = calloc(1, sizeof(*one));

    if (one == NULL) {
        result_set_error(d, idx, KERR_UNKNOWN_SERVER_ERROR,
                         SLICE_LIT("the broker is out of memory"));
        return;
    }
    one->owner = d;
    one->idx = idx;
    one->del.name = uuid_is_zero(d->rq.topics[idx].topic_id) ? res->name : SLICE_NULL;
    one->del.id = d->rq.topics[idx].topic_id;
    one->del.done = deleted;
    d->deletions[idx] = one;
    d->pending++;
    catalog_delete_topic(broker_catalog(d->call->broker), &one->del);
}

static void timer_start(struct deleting *d)
{
    /* Without memory for a timer the answer comes when the topics are gone. */
    d->has_timer = broker_timer_start(&d->timer, broker_home(d->call->broker),
                                      topics_wait_ms(d->rq.timeout_ms), timed_out) == 0;
}

static void topics_start(struct reactor_task *task)
{
    struct deleting *d = CONTAINER_OF(task, struct deleting, task);

    d->pending = 1;
    for (int32_t i = 0; i < d->resp.responses_cnt; i++) {
        if (d->resp.responses[i].error_code == KERR_NONE) {
            topic_start(d, i);
        }
    }
    if (d->pending > 1) {
        timer_start(d);
    }
    pending_drop(d);
}

/* --- on the request's reactor ---------------------------------------------------------------------------- */

/* Before v6 the request is a list of names; from here on it is a list of names or ids. */
static int names_take(struct deleting *d)
{
    if (d->call->version >= VERSION_IDS) {
        return 0;
    }
    d->rq.topics = delete_topics_request_topic_state_new(d->call->arena, d->rq.topic_names_cnt);
    if (d->rq.topics == NULL) {
        return ERR_NOMEM;
    }
    d->rq.topics_cnt = d->rq.topic_names_cnt;
    for (int32_t i = 0; i < d->rq.topics_cnt; i++) {
        d->rq.topics[i].name = d->rq.topic_names[i];
    }
    return 0;
}

/* The name of the topic meant, also when it is named by its id; SLICE_NULL for an id nobody has. */
static struct slice meant_name(const struct deleting *d,
                               const struct delete_topics_request_topic_state *t)
{
    const struct image_topic *found;

    if (uuid_is_zero(t->topic_id)) {
        return t->name;
    }
    found = image_topic_by_id(d->img, t->topic_id);
    return found == NULL ? SLICE_NULL : found->name;
}

/* Name and id at once, or neither. */
static bool is_ambiguous(const struct delete_topics_request_topic_state *t)
{
    return slice_is_null(t->name) == uuid_is_zero(t->topic_id);
}

static int duplicates_refuse(struct deleting *d)
{
    struct seen_set once;
    struct seen_set twice;

    if (seen_set_init(&once, d->call->arena, d->rq.topics_cnt, d->img->seed) != 0 ||
        seen_set_init(&twice, d->call->arena, d->rq.topics_cnt, d->img->seed) != 0) {
        return ERR_NOMEM;
    }
    for (int32_t i = 0; i < d->rq.topics_cnt; i++) {
        struct slice name = meant_name(d, &d->rq.topics[i]);

        if (!slice_is_null(name) && !seen_set_add(&once, name)) {
            (void)seen_set_add(&twice, name); /* perhaps for the third time */
        }
    }
    for (int32_t i = 0; i < d->rq.topics_cnt; i++) {
        struct slice name = meant_name(d, &d->rq.topics[i]);

        if (!slice_is_null(name) && seen_set_has(&twice, name)) {
            result_set_error(d, i, KERR_INVALID_REQUEST,
                             SLICE_LIT("the request names this topic more than once"));
        }
    }
    return 0;
}

static void topic_check(struct deleting *d, int32_t idx)
{
    const struct delete_topics_request_topic_state *t = &d->rq.topics[idx];
    struct delete_topics_response_deletable_topic_result *res = &d->resp.responses[idx];
    struct slice name = meant_name(d, t);

    if (!settings_bool(broker_settings(d->call->broker), SETTING_DELETE_TOPIC_ENABLE)) {
        /* Versions from before there was this error know INVALID_REQUEST only. */
        result_set_error(d, idx,
                         d->call->version < 3 ? KERR_INVALID_REQUEST : KERR_TOPIC_DELETION_DISABLED,
                         SLICE_LIT("topics cannot be deleted here: delete.topic.enable is false"));
    } else if (is_ambiguous(t)) {
        result_set_error(d, idx, KERR_INVALID_REQUEST,
                         SLICE_LIT("a topic is named by its name or by its id, one of the two"));
    } else if (slice_is_null(name)) {
        result_set_error(d, idx, KERR_UNKNOWN_TOPIC_ID, SLICE_LIT("no topic has this id"));
    } else if (!api_allowed(d->call, API_OP_DELETE, API_RESOURCE_TOPIC, name)) {
        result_set_error(d, idx, KERR_TOPIC_AUTHORIZATION_FAILED,
                         SLICE_LIT("not allowed to delete this topic"));
        return; /* and the name of an id is not told */
    }
    if (!slice_is_null(name)) {
        const struct image_topic *found = image_topic_by_name(d->img, name);

        res->name = found == NULL ? name : arena_dup(d->call->arena, name);
        res->topic_id = found == NULL ? t->topic_id : found->id;
    }
}

static int results_prepare(struct deleting *d)
{
    int32_t cnt;

    delete_topics_response_init(&d->resp);
    if (names_take(d) != 0) {
        return ERR_NOMEM;
    }
    cnt = d->rq.topics_cnt;
    d->resp.responses = delete_topics_response_deletable_topic_result_new(d->call->arena, cnt);
    d->deletions = arena_calloc(d->call->arena, (size_t)cnt, sizeof(struct deletion *));
    if (d->resp.responses == NULL || d->deletions == NULL) {
        return ERR_NOMEM;
    }
    d->resp.responses_cnt = cnt;
    for (int32_t i = 0; i < cnt; i++) {
        d->resp.responses[i].name = d->rq.topics[i].name;
        d->resp.responses[i].topic_id = d->rq.topics[i].topic_id;
        d->resp.responses[i].error_message = SLICE_NULL;
        topic_check(d, i);
    }
    return duplicates_refuse(d);
}

void delete_topics_handle(struct api_call *call)
{
    struct deleting *d = arena_calloc(call->arena, 1, sizeof(*d));

    if (d == NULL) {
        api_close(call, "out of memory; closing the connection");
        return;
    }
    d->call = call;
    d->img = api_image(call);
    if (!api_decode(call, &d->rq)) {
        return;
    }
    if (results_prepare(d) != 0) {
        api_close(call, "out of memory for the topics to delete; closing the connection");
        return;
    }
    d->task.run = topics_start;
    broker_on_home(call->broker, &d->task);
}
