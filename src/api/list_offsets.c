#include "gen/list_offsets.h"

#include "api/api.h"
#include "api/topics_common.h"
#include "broker/offsets.h"
#include "broker/partition.h"

/*
 * ListOffsets: where a log starts and ends, and from which offset on records have a time.
 *
 *     -1  latest: the high watermark; for read_committed the last stable offset
 *     -2  earliest            -4  earliest kept here: the same
 *     -3  the record with the greatest timestamp
 *     -5, -6  about storage elsewhere, which there is none of: not found
 *     0 and up  the first record that is not older
 *
 * Version 0 answers with a list, latest first, of places where reading may start: the one asked for
 * and, where a second is wanted, the beginning of the log.
 */

#define VERSION_SINGLE 1 /* the first that answers with one offset */
#define PARTITION_KEY_LEN (sizeof(struct uuid) + sizeof(int32_t))

struct listing {
    struct api_call *call;
    const struct image *img;
    struct list_offsets_request rq;
    struct list_offsets_response resp;
    struct offset_set set;
    struct seen_set once;
    struct seen_set twice;
    bool out_of_memory;
};

/* --- checking ----------------------------------------------------------------------------------------- */

/* The first version that knows a special timestamp; above all versions for one that nobody knows. */
static int16_t timestamp_version(int64_t timestamp)
{
    switch (timestamp) {
    case LIST_OFFSETS_LATEST:
    case LIST_OFFSETS_EARLIEST:
        return 0;
    case LIST_OFFSETS_MAX_TIMESTAMP:
        return 7;
    case LIST_OFFSETS_EARLIEST_LOCAL:
        return 8;
    case LIST_OFFSETS_LATEST_TIERED:
        return 9;
    case LIST_OFFSETS_EARLIEST_PENDING_UPLOAD:
        return 11;
    default:
        return timestamp >= 0 ? 0 : INT16_MAX;
    }
}

/* Topic id and partition; SLICE_NULL when memory is out. */
static struct slice partition_key(struct listing *l, const struct image_topic *t, int32_t idx)
{
    uint8_t *key = arena_alloc(l->call->arena, PARTITION_KEY_LEN);

    if (key == NULL) {
        l->out_of_memory = true;
        return SLICE_NULL;
    }
    memcpy(key, t->id.b, sizeof(t->id.b));
    memcpy(key + sizeof(t->id.b), &idx, sizeof(idx));
    return slice_of(key, PARTITION_KEY_LEN);
}

static size_t partitions_cnt(const struct list_offsets_request *rq)
{
    size_t cnt = 0;

    for (int32_t i = 0; i < rq->topics_cnt; i++) {
        cnt += rq->topics[i].partitions_cnt > 0 ? (size_t)rq->topics[i].partitions_cnt : 0;
    }
    return cnt;
}

/* What is named twice is answered in none of its places. Unknown topics need no care: they are
 * refused anyway. Version 0 takes duplicates as they come. */
static void duplicates_find(struct listing *l)
{
    size_t cnt = partitions_cnt(&l->rq);

    if (cnt > INT32_MAX / 4 ||
        seen_set_init(&l->once, l->call->arena, (int32_t)cnt, l->img->seed) != 0 ||
        seen_set_init(&l->twice, l->call->arena, (int32_t)cnt, l->img->seed) != 0) {
        l->out_of_memory = true;
        return;
    }
    if (cnt < 2 || l->call->version < VERSION_SINGLE) {
        return;
    }
    for (int32_t i = 0; i < l->rq.topics_cnt; i++) {
        const struct list_offsets_request_topic *t = &l->rq.topics[i];
        const struct image_topic *topic = image_topic_by_name(l->img, t->name);

        for (int32_t k = 0; topic != NULL && k < t->partitions_cnt; k++) {
            struct slice key = partition_key(l, topic, t->partitions[k].partition_index);

            if (l->out_of_memory) {
                return;
            }
            if (!seen_set_add(&l->once, key)) {
                (void)seen_set_add(&l->twice, key); /* perhaps for the third time */
            }
        }
    }
}

static bool is_duplicate(struct listing *l, const struct image_topic *t, int32_t idx)
{
    uint8_t key[PARTITION_KEY_LEN];

    memcpy(key, t->id.b, sizeof(t->id.b));
    memcpy(key + sizeof(t->id.b), &idx, sizeof(idx));
    return seen_set_has(&l->twice, slice_of(key, sizeof(key)));
}

/* Finds the partition, or says why not. */
static enum kerr partition_find(struct listing *l, struct slice name, const struct image_topic *t,
                                const struct list_offsets_request_partition *in,
                                struct partition **ret_p)
{
    const struct image_partition *p;

    if (!api_allowed(l->call, API_OP_DESCRIBE, API_RESOURCE_TOPIC, name)) {
        return KERR_TOPIC_AUTHORIZATION_FAILED;
    }
    p = t == NULL ? NULL : image_topic_partition(t, in->partition_index);
    if (t != NULL && is_duplicate(l, t, in->partition_index)) {
        return KERR_INVALID_REQUEST;
    }
    if (l->call->version >= VERSION_SINGLE && timestamp_version(in->timestamp) > l->call->version) {
        return KERR_UNSUPPORTED_VERSION;
    }
    if (p == NULL) {
        return KERR_UNKNOWN_TOPIC_OR_PARTITION;
    }
    if (p->leader != broker_id(l->call->broker)) {
        return KERR_NOT_LEADER_OR_FOLLOWER;
    }
    *ret_p = broker_partition(l->call->broker, t, in->partition_index);
    return *ret_p == NULL ? KERR_UNKNOWN_TOPIC_OR_PARTITION : KERR_NONE;
}

/* --- answering ---------------------------------------------------------------------------------------- */

/* Version 0: as many as are wanted, the greatest first. */
static void old_style_fill(struct listing *l, const struct offset_query *q, int32_t max_cnt,
                           struct list_offsets_response_partition_response *out)
{
    log_offset_t first = q->offset;

    if (q->timestamp < LIST_OFFSETS_EARLIEST || max_cnt <= 0) {
        return;
    }
    if (first == LOG_OFFSET_NONE) {
        first = q->end; /* every record is older */
    }
    out->old_style_offsets = arena_calloc(l->call->arena, 2, sizeof(*out->old_style_offsets));
    if (out->old_style_offsets == NULL) {
        out->error_code = KERR_UNKNOWN_SERVER_ERROR;
        return;
    }
    out->old_style_offsets[out->old_style_offsets_cnt++] = first;
    if (max_cnt > 1 && first > q->start) {
        out->old_style_offsets[out->old_style_offsets_cnt++] = q->start;
    }
}

static void partition_answer(struct listing *l, const struct offset_query *q,
                             const struct list_offsets_request_partition *in,
                             struct list_offsets_response_partition_response *out)
{
    out->error_code = (int16_t)q->error;
    if (q->error != KERR_NONE) {
        return;
    }
    if (l->call->version < VERSION_SINGLE) {
        old_style_fill(l, q, in->max_num_offsets, out);
        return;
    }
    out->offset = q->offset;
    out->timestamp = q->timestamp_found;
    out->leader_epoch = q->epoch;
}

static void partitions_release(struct listing *l)
{
    for (size_t i = 0; i < l->set.cnt; i++) {
        partition_unref(l->set.queries[i].partition);
    }
    l->set.cnt = 0;
}

static void offsets_found(struct offset_set *s)
{
    struct listing *l = s->ctx;
    size_t at = 0;

    for (int32_t i = 0; i < l->resp.topics_cnt; i++) {
        const struct list_offsets_response_topic_response *t = &l->resp.topics[i];

        for (int32_t k = 0; k < t->partitions_cnt; k++, at++) {
            partition_answer(l, &s->queries[at], &l->rq.topics[i].partitions[k], &t->partitions[k]);
        }
    }
    partitions_release(l);
    api_reply(l->call, &l->resp);
}

/* --- the request ---------------------------------------------------------------------------------------- */

static enum offset_bound bound_of(const struct list_offsets_request *rq)
{
    if (rq->replica_id != FETCH_REPLICA_CONSUMER) {
        return OFFSET_BOUND_END;
    }
    return rq->isolation_level == ISOLATION_READ_COMMITTED ? OFFSET_BOUND_STABLE : OFFSET_BOUND_HW;
}

static void topic_prepare(struct listing *l, const struct list_offsets_request_topic *in,
                          struct list_offsets_response_topic_response *out)
{
    const struct image_topic *t = image_topic_by_name(l->img, in->name);

    out->name = in->name;
    out->partitions =
        list_offsets_response_partition_response_new(l->call->arena, in->partitions_cnt);
    if (out->partitions == NULL) {
        l->out_of_memory = true;
        return;
    }
    out->partitions_cnt = in->partitions_cnt;
    for (int32_t k = 0; k < in->partitions_cnt; k++) {
        const struct list_offsets_request_partition *p = &in->partitions[k];
        struct offset_query *q = &l->set.queries[l->set.cnt++];

        out->partitions[k].partition_index = p->partition_index;
        q->timestamp = p->timestamp;
        q->bound = bound_of(&l->rq);
        q->current_epoch = p->current_leader_epoch;
        q->error = partition_find(l, in->name, t, p, &q->partition);
    }
}

static void request_prepare(struct listing *l)
{
    int32_t cnt = l->rq.topics_cnt;

    list_offsets_response_init(&l->resp);
    duplicates_find(l);
    if (l->out_of_memory) {
        return;
    }
    l->resp.topics = list_offsets_response_topic_response_new(l->call->arena, cnt);
    l->set.queries = arena_calloc(l->call->arena, partitions_cnt(&l->rq), sizeof(*l->set.queries));
    l->out_of_memory = l->resp.topics == NULL || l->set.queries == NULL;
    for (int32_t i = 0; i < cnt && !l->out_of_memory; i++) {
        l->resp.topics_cnt++;
        topic_prepare(l, &l->rq.topics[i], &l->resp.topics[i]);
    }
}

void list_offsets_handle(struct api_call *call)
{
    struct listing *l = arena_calloc(call->arena, 1, sizeof(*l));

    if (l == NULL) {
        api_close(call, "out of memory; closing the connection");
        return;
    }
    l->call = call;
    l->img = api_image(call);
    if (!api_decode(call, &l->rq)) {
        return;
    }
    request_prepare(l);
    if (l->out_of_memory) {
        partitions_release(l);
        api_close(call, "out of memory for the partitions asked for; closing the connection");
        return;
    }
    l->set.broker = call->broker;
    l->set.reactor = call->reactor;
    l->set.done = offsets_found;
    l->set.ctx = l;
    broker_find_offsets(&l->set);
}
