#include "gen/describe_topic_partitions.h"

#include <stdlib.h>

#include "api/api.h"
#include "api/authorized.h"
#include "api/topics_common.h"
#include "model/topic.h"

/*
 * DescribeTopicPartitions: Metadata in pages. Topics come in the order of their names, as many
 * partitions as the client and the broker allow; what is left out is named by a cursor, with which the
 * client asks on.
 */

/* The only bounds of a page that holds nothing but topics that do not exist. */
#define TOPICS_PER_PAGE_MAX 100000

/* A topic to describe: known, or only its name. */
struct wanted {
    struct slice name;
    const struct image_topic *topic; /* NULL: there is none */
};

struct paging {
    struct api_call *call;
    const struct image *img;
    struct describe_topic_partitions_request rq;
    struct describe_topic_partitions_response resp;
    struct wanted *wanted; /* sorted by name */
    int32_t wanted_cnt;
    int32_t room; /* partitions that still fit into the page */
};

/* --- which topics -------------------------------------------------------------------------------------- */

static int wanted_cmp(const void *a, const void *b)
{
    return slice_cmp(((const struct wanted *)a)->name, ((const struct wanted *)b)->name);
}

static struct slice first_name(const struct paging *p)
{
    return p->rq.cursor == NULL ? SLICE_EMPTY : p->rq.cursor->topic_name;
}

static bool topic_each_want(void *ctx, const struct image_topic *t)
{
    struct paging *p = ctx;

    if (slice_cmp(t->name, first_name(p)) >= 0 &&
        api_allowed(p->call, API_OP_DESCRIBE, API_RESOURCE_TOPIC, t->name)) {
        p->wanted[p->wanted_cnt++] = (struct wanted){t->name, t};
    }
    return true;
}

static int wanted_all(struct paging *p)
{
    p->wanted = arena_calloc(p->call->arena, p->img->topic_cnt, sizeof(*p->wanted));
    if (p->wanted == NULL) {
        return ERR_NOMEM;
    }
    image_topics_each(p->img, topic_each_want, p);
    return 0;
}

static int wanted_listed(struct paging *p)
{
    struct seen_set seen;

    p->wanted = arena_calloc(p->call->arena, (size_t)p->rq.topics_cnt, sizeof(*p->wanted));
    if (p->wanted == NULL ||
        seen_set_init(&seen, p->call->arena, p->rq.topics_cnt, p->img->seed) != 0) {
        return ERR_NOMEM;
    }
    for (int32_t i = 0; i < p->rq.topics_cnt; i++) {
        struct slice name = p->rq.topics[i].name;

        if (slice_cmp(name, first_name(p)) >= 0 && seen_set_add(&seen, name)) {
            p->wanted[p->wanted_cnt++] = (struct wanted){name, image_topic_by_name(p->img, name)};
        }
    }
    return 0;
}

/* --- the page ------------------------------------------------------------------------------------------ */

static int partition_fill(struct paging *p, const struct image_topic *t, partition_id_t idx,
                          struct describe_topic_partitions_response_partition *out)
{
    struct partition_seen seen;
    int rc = partition_seen(p->call, p->img, call_listener(p->call), &t->partitions[idx], &seen);

    if (rc != 0) {
        return rc;
    }
    out->error_code = (int16_t)seen.error;
    out->partition_index = idx;
    out->leader_id = seen.leader;
    out->leader_epoch = seen.leader_epoch;
    out->replica_nodes = seen.replicas;
    out->replica_nodes_cnt = seen.replica_cnt;
    out->isr_nodes = seen.isr;
    out->isr_nodes_cnt = seen.isr_cnt;
    out->offline_replicas = seen.offline;
    out->offline_replicas_cnt = seen.offline_cnt;
    /* No replica outside the in-sync set is ever eligible here: empty lists, not null. */
    out->eligible_leader_replicas_cnt = 0;
    out->last_known_elr_cnt = 0;
    return 0;
}

static int cursor_set(struct paging *p, struct slice name, partition_id_t idx)
{
    p->resp.next_cursor = describe_topic_partitions_response_cursor_new(p->call->arena, 1);
    if (p->resp.next_cursor == NULL) {
        return ERR_NOMEM;
    }
    p->resp.next_cursor->topic_name = name;
    p->resp.next_cursor->partition_index = idx;
    return 0;
}

/* Where to begin in a topic: the cursor's place if it is the cursor's topic. */
static partition_id_t first_partition(const struct paging *p, struct slice name)
{
    if (p->rq.cursor == NULL || !slice_eq(p->rq.cursor->topic_name, name)) {
        return 0;
    }
    return p->rq.cursor->partition_index;
}

static int topic_fill(struct paging *p, const struct image_topic *t,
                      struct describe_topic_partitions_response_topic *out)
{
    partition_id_t from = first_partition(p, t->name);
    int32_t left = from < t->partition_cnt ? t->partition_cnt - from : 0;
    int32_t cnt = left < p->room ? left : p->room;
    int rc = 0;

    out->topic_id = t->id;
    out->is_internal = t->is_internal;
    out->topic_authorized_operations = authorized_topic_operations(p->call, t->name);
    out->partitions = describe_topic_partitions_response_partition_new(p->call->arena, cnt);
    if (out->partitions == NULL) {
        return ERR_NOMEM;
    }
    for (int32_t i = 0; i < cnt && rc == 0; i++) {
        rc = partition_fill(p, t, from + i, &out->partitions[out->partitions_cnt++]);
    }
    p->room -= cnt;
    if (rc == 0 && cnt < left) {
        rc = cursor_set(p, t->name, from + cnt);
    }
    return rc;
}

static int wanted_fill(struct paging *p, const struct wanted *w)
{
    struct describe_topic_partitions_response_topic *out = &p->resp.topics[p->resp.topics_cnt++];

    out->name = w->name;
    if (!api_allowed(p->call, API_OP_DESCRIBE, API_RESOURCE_TOPIC, w->name)) {
        out->error_code = KERR_TOPIC_AUTHORIZATION_FAILED;
        return 0;
    }
    if (w->topic == NULL) {
        out->error_code = topic_name_is_legal(w->name) ? KERR_UNKNOWN_TOPIC_OR_PARTITION
                                                       : KERR_INVALID_TOPIC_EXCEPTION;
        return 0;
    }
    return topic_fill(p, w->topic, out);
}

static int page_fill(struct paging *p)
{
    int32_t cnt = p->wanted_cnt < TOPICS_PER_PAGE_MAX ? p->wanted_cnt : TOPICS_PER_PAGE_MAX;
    int rc = 0;

    /* Every topic described takes a partition's room, those that do not exist take none. */
    p->resp.topics = describe_topic_partitions_response_topic_new(p->call->arena, cnt);
    if (p->resp.topics == NULL) {
        return ERR_NOMEM;
    }
    for (int32_t i = 0; i < p->wanted_cnt && rc == 0 && p->resp.next_cursor == NULL; i++) {
        const struct wanted *w = &p->wanted[i];

        if ((w->topic != NULL && p->room == 0) || i == cnt) {
            rc = cursor_set(p, w->name, first_partition(p, w->name));
        } else {
            rc = wanted_fill(p, w);
        }
    }
    return rc;
}

/* At least one: a page must lead on. */
static int32_t page_limit(const struct paging *p)
{
    int32_t ours =
        settings_int(broker_settings(p->call->broker), SETTING_MAX_REQUEST_PARTITION_SIZE_LIMIT);
    int32_t limit = p->rq.response_partition_limit;

    limit = limit < ours ? limit : ours;
    return limit < 1 ? 1 : limit;
}

static int refuse_all(struct paging *p)
{
    p->resp.topics = describe_topic_partitions_response_topic_new(p->call->arena, p->rq.topics_cnt);
    if (p->resp.topics == NULL) {
        return ERR_NOMEM;
    }
    for (int32_t i = 0; i < p->rq.topics_cnt; i++) {
        struct describe_topic_partitions_response_topic *out =
            &p->resp.topics[p->resp.topics_cnt++];

        out->name = p->rq.topics[i].name;
        out->error_code = KERR_INVALID_REQUEST;
    }
    return 0;
}

static int page_build(struct paging *p)
{
    int rc;

    if (p->rq.cursor != NULL && p->rq.cursor->partition_index < 0) {
        return refuse_all(p);
    }
    p->room = page_limit(p);
    rc = p->rq.topics_cnt > 0 ? wanted_listed(p) : wanted_all(p);
    if (rc != 0) {
        return rc;
    }
    qsort(p->wanted, (size_t)p->wanted_cnt, sizeof(*p->wanted), wanted_cmp);
    return page_fill(p);
}

void describe_topic_partitions_handle(struct api_call *call)
{
    struct paging p = {.call = call, .img = api_image(call)};

    if (!api_decode(call, &p.rq)) {
        return;
    }
    describe_topic_partitions_response_init(&p.resp);
    if (page_build(&p) != 0) {
        api_close(call, "out of memory for the partitions asked for; closing the connection");
        return;
    }
    api_reply(call, &p.resp);
}
