#include "gen/fetch.h"
#include "api/api.h"
#include "broker/fetch_set.h"

/*
 * Fetch (key 1). Decode, find the partitions, read them into chains of file ranges, answer as soon as
 * min_bytes are there or max_wait_ms is over. Record data is never copied: the answer's chain refers to
 * the segment files, and the socket sends from them.
 *
 * Versions 0 to 3 want the old message sets and are not advertised. zstd batches may only go to
 * versions from 10 on (error 76).
 */

struct fetch_state {
    struct api_call *call;
    struct fetch_request req;
    struct fetch_response resp;
    struct fetch_set set;
};

static enum kerr topic_kerr(int16_t version)
{
    return version >= 13 ? KERR_UNKNOWN_TOPIC_ID : KERR_UNKNOWN_TOPIC_OR_PARTITION;
}

static void part_prepare(struct fetch_state *st, const struct image_topic *topic,
                         const struct fetch_request_partition *in, struct fetch_part *part,
                         struct fetch_response_partition_data *out)
{
    struct api_call *call = st->call;

    out->partition_index = in->partition;
    part->ctx = out;
    part->offset = in->fetch_offset;
    part->max_bytes = in->partition_max_bytes;
    part->current_epoch = call->version >= 9 ? in->current_leader_epoch : LEADER_EPOCH_NONE;
    part->last_epoch = call->version >= 12 ? in->last_fetched_epoch : LEADER_EPOCH_NONE;
    part->high_watermark = LOG_OFFSET_NONE;
    part->last_stable = LOG_OFFSET_NONE;
    part->log_start = LOG_OFFSET_NONE;
    part->diverging_epoch = LEADER_EPOCH_NONE;
    part->error = KERR_NONE;
    if (topic == NULL) {
        part->error = topic_kerr(call->version);
        return;
    }
    if (!api_allowed(call, API_OP_READ, API_RESOURCE_TOPIC, topic->name)) {
        part->error = KERR_TOPIC_AUTHORIZATION_FAILED;
        return;
    }
    part->partition = broker_partition(call->broker, topic, in->partition);
    if (part->partition == NULL) {
        part->error = KERR_UNKNOWN_TOPIC_OR_PARTITION;
    }
}

static bool state_prepare(struct fetch_state *st)
{
    struct api_call *call = st->call;
    const struct image *img = api_image(call);
    int32_t topic_cnt = st->req.topics_cnt < 0 ? 0 : st->req.topics_cnt;
    size_t cnt = 0;

    fetch_response_init(&st->resp);
    st->resp.responses_cnt = topic_cnt;
    st->resp.responses = fetch_response_fetchable_topic_response_new(call->arena, topic_cnt);
    for (int32_t i = 0; i < topic_cnt; i++) {
        cnt += st->req.topics[i].partitions_cnt < 0 ? 0 : (size_t)st->req.topics[i].partitions_cnt;
    }
    st->set.parts = arena_calloc(call->arena, cnt, sizeof(*st->set.parts));
    if (st->resp.responses == NULL || st->set.parts == NULL) {
        return false;
    }
    for (int32_t i = 0; i < topic_cnt; i++) {
        const struct fetch_request_topic *in = &st->req.topics[i];
        struct fetch_response_fetchable_topic_response *out = &st->resp.responses[i];
        const struct image_topic *topic = call->version >= 13 ? image_topic_by_id(img, in->topic_id)
                                                              : image_topic_by_name(img, in->topic);

        out->topic = in->topic;
        out->topic_id = in->topic_id;
        out->partitions_cnt = in->partitions_cnt < 0 ? 0 : in->partitions_cnt;
        out->partitions = fetch_response_partition_data_new(call->arena, out->partitions_cnt);
        if (out->partitions == NULL) {
            return false;
        }
        for (int32_t j = 0; j < out->partitions_cnt; j++) {
            part_prepare(st, topic, &in->partitions[j], &st->set.parts[st->set.cnt++],
                         &out->partitions[j]);
        }
    }
    return true;
}

static void part_answer(struct fetch_state *st, struct fetch_part *part)
{
    struct fetch_response_partition_data *out = part->ctx;

    out->error_code = (int16_t)part->error;
    if (part->error == KERR_KAFKA_STORAGE_ERROR && st->call->version <= 5) {
        out->error_code = KERR_NOT_LEADER_OR_FOLLOWER; /* what those versions know */
    }
    out->high_watermark = part->high_watermark;
    out->last_stable_offset = part->last_stable;
    out->log_start_offset = part->log_start;
    out->aborted_transactions_cnt = st->req.isolation_level == ISOLATION_READ_COMMITTED ? 0 : -1;
    out->records.mem = SLICE_EMPTY;
    if (part->records.len > 0) {
        out->records.chain = &part->records;
    }
    if (part->diverging_epoch != LEADER_EPOCH_NONE) {
        out->diverging_epoch.epoch = part->diverging_epoch;
        out->diverging_epoch.end_offset = part->diverging_end;
    }
    if ((part->error == KERR_FENCED_LEADER_EPOCH || part->error == KERR_UNKNOWN_LEADER_EPOCH) &&
        part->partition != NULL) {
        out->current_leader.leader_id = broker_id(st->call->broker);
        out->current_leader.leader_epoch = partition_leader_epoch(part->partition);
    }
}

static void parts_release(struct fetch_state *st)
{
    for (size_t i = 0; i < st->set.cnt; i++) {
        chain_clear(&st->set.parts[i].records);
        partition_unref(st->set.parts[i].partition);
    }
    st->set.cnt = 0;
}

static void set_done(struct fetch_set *s)
{
    struct fetch_state *st = s->ctx;
    struct api_call *call = st->call;
    size_t cnt = s->cnt;

    for (size_t i = 0; i < cnt; i++) {
        part_answer(st, &s->parts[i]);
    }
    call->rq->cancel = NULL;
    if (request_reply(call->rq, &fetch_response_desc, &st->resp, call->version) != 0) {
        parts_release(st);
        api_close(call, "the answer could not be built; closing the connection");
        return;
    }
    parts_release(st);
    request_done(call->rq, REQUEST_ANSWERED);
}

static void fetch_cancel(struct request *rq)
{
    struct fetch_state *st = rq->handler;

    fetch_set_cancel(&st->set);
}

void fetch_handle(struct api_call *call)
{
    struct fetch_state *st = arena_calloc(call->arena, 1, sizeof(*st));

    if (st == NULL) {
        api_close(call, "out of memory; closing the connection");
        return;
    }
    st->call = call;
    if (!api_decode(call, &st->req)) {
        return;
    }
    if (call->version >= 7 && st->req.session_id != 0 && st->req.session_epoch > 0) {
        fetch_response_init(&st->resp);
        st->resp.error_code = KERR_FETCH_SESSION_ID_NOT_FOUND;
        st->resp.responses_cnt = 0;
        api_reply(call, &st->resp);
        return;
    }
    if (!state_prepare(st)) {
        parts_release(st);
        api_close(call, "out of memory; closing the connection");
        return;
    }
    st->set.reactor = call->reactor;
    st->set.max_wait_ms = st->req.max_wait_ms;
    st->set.min_bytes = st->req.min_bytes;
    st->set.max_bytes = st->req.max_bytes;
    st->set.bound =
        st->req.isolation_level == ISOLATION_READ_COMMITTED ? PLOG_BOUND_STABLE : PLOG_BOUND_HW;
    st->set.zstd_allowed = call->version >= 10;
    st->set.done = set_done;
    st->set.ctx = st;
    call->rq->handler = st;
    call->rq->cancel = fetch_cancel;
    fetch_set_run(&st->set);
}
