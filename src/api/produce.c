#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "broker/append_set.h"
#include "broker/validation.h"
#include "gen/produce.h"
#include "record/validate.h"

/*
 * Produce (key 0), in three steps: decode and find the partitions; validate each batch whole in the bytes
 * it arrived in (broker/validation.h, large compressed ones on a worker); hand all that are sound to
 * their partitions (broker/append_set.h) and answer when they are written (acks 0, 1) or committed (acks
 * all, as far as timeout.ms allows).
 *
 * Versions 0 to 2 carry the old message sets: they are advertised because older librdkafka asks for one
 * exact version when it decides on compression (KAFKA-18659), and answered with UNSUPPORTED_VERSION for
 * each partition. With acks=0 there is no answer that could tell of a failure, so the connection closes.
 */

/* One batch; the item of the same index in the validation set has its bytes and what they are worth. */
struct produce_part {
    struct partition *partition; /* referenced */
    struct produce_response_partition_produce_response *answer;
};

struct produce_state {
    struct api_call *call;
    struct produce_request req;
    struct produce_response resp;
    struct produce_part *parts;
    size_t part_cnt;
    struct validation_set checks; /* of all parts */
    struct append_set set;        /* of the sound ones */
    size_t *part_of;              /* by index in the append set */
};

static struct slice text_of(const char *cstr)
{
    return cstr == NULL ? SLICE_NULL : slice_cstr(cstr);
}

static void answer_error(struct produce_response_partition_produce_response *out, enum kerr error,
                         const char *message)
{
    out->error_code = (int16_t)error;
    out->base_offset = LOG_OFFSET_NONE;
    out->log_append_time_ms = TIMESTAMP_NONE;
    out->log_start_offset = LOG_OFFSET_NONE;
    out->error_message = text_of(message);
}

/* Without memory for it the answer still has the error itself. */
static void answer_record_error(struct api_call *call,
                                struct produce_response_partition_produce_response *out,
                                const struct validate_fault *fault)
{
    struct produce_response_batch_index_and_error_message *e;

    if (fault->record_idx < 0) {
        return;
    }
    e = produce_response_batch_index_and_error_message_new(call->arena, 1);
    if (e == NULL) {
        return;
    }
    e->batch_index = fault->record_idx;
    e->batch_index_error_message = slice_cstr(fault->text);
    out->record_errors = e;
    out->record_errors_cnt = 1;
}

static const struct image_topic *topic_find(const struct image *img, int16_t version,
                                            const struct produce_request_topic_produce_data *t)
{
    return version >= 13 ? image_topic_by_id(img, t->topic_id) : image_topic_by_name(img, t->name);
}

static void rules_of(const struct api_call *call, const struct topic_config *cfg,
                     struct validate_rules *ret)
{
    *ret = (struct validate_rules){
        .now_ms = broker_wall_ms(call->reactor),
        .before_max_ms = cfg->message_timestamp_before_max_ms,
        .after_max_ms = cfg->message_timestamp_after_max_ms,
        .batch_len_max = (uint64_t)cfg->max_message_bytes,
        .log_append_time = cfg->message_timestamp_type == TIMESTAMP_TYPE_LOG_APPEND_TIME,
        .compacted = (cfg->cleanup & TOPIC_CLEANUP_COMPACT) != 0,
        .zstd_allowed = call->version >= 7,
    };
}

/* Finds the partition; what is wrong with it is in `out`. */
static void part_prepare(struct produce_state *st, const struct image_topic *topic,
                         const struct produce_request_partition_produce_data *in,
                         struct produce_response_partition_produce_response *out)
{
    struct api_call *call = st->call;
    struct validation *check = &st->checks.items[st->part_cnt];
    const struct image_partition *ip = image_topic_partition(topic, in->index);
    struct partition *p = broker_partition(call->broker, topic, in->index);

    if (p == NULL) {
        answer_error(out, KERR_UNKNOWN_TOPIC_OR_PARTITION, NULL);
        return;
    }
    if (partition_is_offline(p)) {
        answer_error(out, KERR_KAFKA_STORAGE_ERROR,
                     "the log directory is offline or the partition's log is damaged");
        partition_unref(p);
        return;
    }
    if (st->req.acks == -1 && ip != NULL &&
        partition_config(p)->min_insync_replicas > ip->isr_cnt) {
        answer_error(out, KERR_NOT_ENOUGH_REPLICAS,
                     "fewer replicas are in sync than the topic's min.insync.replicas asks for");
        partition_unref(p);
        return;
    }
    /* The partition's config, not the topic's: it lives as long as the reference. */
    check->config = partition_config(p);
    check->records = in->records.mem;
    rules_of(call, check->config, &check->rules);
    st->parts[st->part_cnt++] = (struct produce_part){.partition = p, .answer = out};
}

static bool topic_prepare(struct produce_state *st,
                          const struct produce_request_topic_produce_data *in,
                          struct produce_response_topic_produce_response *out)
{
    struct api_call *call = st->call;
    const struct image_topic *topic = topic_find(api_image(call), call->version, in);
    int32_t cnt = in->partition_data_cnt < 0 ? 0 : in->partition_data_cnt;
    enum kerr error = KERR_NONE;

    out->name = in->name;
    out->topic_id = in->topic_id;
    out->partition_responses_cnt = cnt;
    out->partition_responses = produce_response_partition_produce_response_new(call->arena, cnt);
    if (out->partition_responses == NULL) {
        return false;
    }
    if (call->version < 3) {
        error = KERR_UNSUPPORTED_VERSION;
    } else if (topic == NULL) {
        error = call->version >= 13 ? KERR_UNKNOWN_TOPIC_ID : KERR_UNKNOWN_TOPIC_OR_PARTITION;
    } else if (!api_allowed(call, API_OP_WRITE, API_RESOURCE_TOPIC, topic->name)) {
        error = KERR_TOPIC_AUTHORIZATION_FAILED;
    } else if (topic->is_internal) {
        error = KERR_INVALID_TOPIC_EXCEPTION;
    }
    for (int32_t i = 0; i < cnt; i++) {
        struct produce_response_partition_produce_response *answer = &out->partition_responses[i];

        answer->index = in->partition_data[i].index;
        if (error != KERR_NONE) {
            answer_error(answer, error,
                         error == KERR_UNSUPPORTED_VERSION
                             ? "record formats before version 2 are not supported: use a client "
                               "of Kafka 0.11 or later"
                             : NULL);
        } else {
            part_prepare(st, topic, &in->partition_data[i], answer);
        }
    }
    return true;
}

static void parts_release(struct produce_state *st)
{
    for (size_t i = 0; i < st->part_cnt; i++) {
        partition_unref(st->parts[i].partition);
    }
    st->part_cnt = 0;
    validation_release(&st->checks);
}

static bool any_failed(const struct produce_response *resp)
{
    for (int32_t i = 0; i < resp->responses_cnt; i++) {
        for (int32_t j = 0; j < resp->responses[i].partition_responses_cnt; j++) {
            if (resp->responses[i].partition_responses[j].error_code != KERR_NONE) {
                return true;
            }
        }
    }
    return false;
}

static void set_written(struct append_set *s)
{
    struct produce_state *st = s->ctx;

    /* Names in the answer of older versions point into the frame: they were copied before. */
    request_release_frame(st->call->rq);
}

static void set_done(struct append_set *s)
{
    struct produce_state *st = s->ctx;
    struct api_call *call = st->call;

    for (size_t i = 0; i < s->cnt; i++) {
        struct partition_append *a = &s->appends[i];
        struct produce_response_partition_produce_response *out = st->parts[st->part_of[i]].answer;

        if (a->error != KERR_NONE) {
            answer_error(out, a->error, NULL);
            continue;
        }
        out->error_code = KERR_NONE;
        out->base_offset = a->base_offset;
        out->log_append_time_ms = a->append_time_ms;
        out->log_start_offset = a->log_start;
    }
    call->rq->cancel = NULL;
    parts_release(st);
    if (st->req.acks == 0) {
        if (any_failed(&st->resp)) {
            api_close(call, "a produce with acks=0 failed; the connection closes to tell the "
                            "producer");
        } else {
            api_reply_nothing(call);
        }
        return;
    }
    api_reply(call, &st->resp);
}

static void produce_cancel(struct request *rq)
{
    struct produce_state *st = rq->handler;

    append_set_cancel(&st->set);
}

/* The frame goes back when the batches are written, so the names in the answer need bytes of their
 * own. */
static bool names_keep(struct produce_state *st)
{
    if (st->call->version >= 13) {
        return true;
    }
    for (int32_t i = 0; i < st->resp.responses_cnt; i++) {
        struct slice copy = arena_dup(st->call->arena, st->resp.responses[i].name);

        if (slice_is_null(copy)) {
            return false;
        }
        st->resp.responses[i].name = copy;
    }
    return true;
}

static bool state_prepare(struct produce_state *st)
{
    struct api_call *call = st->call;
    int32_t topic_cnt = st->req.topic_data_cnt < 0 ? 0 : st->req.topic_data_cnt;
    size_t part_cnt = 0;

    for (int32_t i = 0; i < topic_cnt; i++) {
        part_cnt += st->req.topic_data[i].partition_data_cnt < 0
                        ? 0
                        : (size_t)st->req.topic_data[i].partition_data_cnt;
    }
    produce_response_init(&st->resp);
    st->resp.responses_cnt = topic_cnt;
    st->resp.responses = produce_response_topic_produce_response_new(call->arena, topic_cnt);
    st->parts = arena_calloc(call->arena, part_cnt, sizeof(*st->parts));
    st->part_of = arena_calloc(call->arena, part_cnt, sizeof(*st->part_of));
    st->checks.items = arena_calloc(call->arena, part_cnt, sizeof(*st->checks.items));
    st->set.appends = arena_calloc(call->arena, part_cnt, sizeof(*st->set.appends));
    return st->resp.responses != NULL && st->parts != NULL && st->part_of != NULL &&
           st->checks.items != NULL && st->set.appends != NULL;
}

/* Where the sound batch's bytes are: in the request's own frame, so they may be stamped in place, or in
 * the buffer they were encoded anew into. */
static uint8_t *batch_bytes(struct produce_state *st, struct validation *check, size_t *ret_len)
{
    uint8_t *frame = st->call->rq->frame->data;

    if (check->rewritten.len > 0) {
        *ret_len = check->rewritten.len;
        return check->rewritten.ptr;
    }
    *ret_len = check->records.len;
    return frame + (check->records.ptr - frame);
}

/* The batches are judged: the sound ones go to their partitions. */
static void checks_done(struct validation_set *checks)
{
    struct produce_state *st = checks->ctx;
    struct api_call *call = st->call;

    for (size_t i = 0; i < st->part_cnt; i++) {
        struct validation *check = &checks->items[i];
        struct partition_append *a = &st->set.appends[st->set.cnt];

        if (!check->ok) {
            answer_error(st->parts[i].answer, validate_kerr(check->fault.code), check->fault.text);
            answer_record_error(call, st->parts[i].answer, &check->fault);
            continue;
        }
        a->partition = st->parts[i].partition;
        a->batch = batch_bytes(st, check, &a->batch_len);
        a->info = check->info;
        a->wait_committed = st->req.acks == -1;
        st->part_of[st->set.cnt++] = i;
    }
    if (st->set.cnt > 0) {
        call->rq->cancel = produce_cancel;
    }
    request_ordered(call->rq);
    append_set_run(&st->set);
}

void produce_handle(struct api_call *call)
{
    struct produce_state *st = arena_calloc(call->arena, 1, sizeof(*st));
    bool ok;

    if (st == NULL) {
        api_close(call, "out of memory; closing the connection");
        return;
    }
    st->call = call;
    if (!api_decode(call, &st->req)) {
        return;
    }
    ok = state_prepare(st);
    for (int32_t i = 0; ok && i < st->resp.responses_cnt; i++) {
        ok = topic_prepare(st, &st->req.topic_data[i], &st->resp.responses[i]);
    }
    if (!ok || !names_keep(st)) {
        parts_release(st);
        api_close(call, "out of memory; closing the connection");
        return;
    }
    if (st->req.acks < -1 || st->req.acks > 1) {
        parts_release(st);
        for (int32_t i = 0; i < st->resp.responses_cnt; i++) {
            for (int32_t j = 0; j < st->resp.responses[i].partition_responses_cnt; j++) {
                answer_error(&st->resp.responses[i].partition_responses[j],
                             KERR_INVALID_REQUIRED_ACKS, NULL);
            }
        }
        api_reply(call, &st->resp);
        return;
    }
    st->set.reactor = call->reactor;
    st->set.timeout_ms = st->req.timeout_ms < 0 ? 0 : st->req.timeout_ms;
    st->set.written = set_written;
    st->set.done = set_done;
    st->set.ctx = st;
    call->rq->handler = st;
    st->checks.broker = call->broker;
    st->checks.reactor = call->reactor;
    st->checks.cnt = st->part_cnt;
    st->checks.done = checks_done;
    st->checks.ctx = st;
    validation_run(&st->checks);
}
