#include "gen/fetch.h"
#include "api/api.h"
#include "base/chk.h"
#include "broker/fetch_session.h"

/*
 * Fetch (key 1). Decode, find the session or make one, enter what the request asks, read what is ready
 * into chains of file ranges, answer as soon as min_bytes are there or max_wait_ms is over. Record data
 * is never copied (but for the smallest ranges): the answer's chain refers to the segment files, and the
 * socket sends from them.
 *
 *     no session        entries lie in the request's arena, for this request only
 *     a new session     entries are the session's; the answer lists all of them
 *     a known session   the request enters what has changed; the answer lists what has changed
 *
 * Versions 0 to 3 want the old message sets and are not advertised. zstd batches may only go to
 * versions from 10 on (error 76). Followers come with replication: until then a request in a broker's
 * name is told that this is not the replica it needs.
 */

struct fetch_state {
    struct api_call *call;
    struct fetch_request req;
    struct fetch_response resp;
    struct fetch_set set;
    struct fetch_session *session; /* taken, or NULL */
    /* without a session */
    struct fetch_queue queue;
    struct session_list ready;
    struct fetch_entry *entries;
    size_t entry_cnt;
};

/* --- finding partitions -------------------------------------------------------------------------------- */

static enum kerr topic_kerr(int16_t version)
{
    return version >= 13 ? KERR_UNKNOWN_TOPIC_ID : KERR_UNKNOWN_TOPIC_OR_PARTITION;
}

static enum kerr partition_find(struct api_call *call, const struct image_topic *topic,
                                partition_id_t idx, struct partition **ret_p)
{
    const struct image_partition *ip = image_topic_partition(topic, idx);

    if (ip == NULL) {
        return KERR_UNKNOWN_TOPIC_OR_PARTITION;
    }
    if (ip->leader != broker_id(call->broker)) {
        return KERR_NOT_LEADER_OR_FOLLOWER;
    }
    *ret_p = broker_partition(call->broker, topic, idx);
    if (*ret_p == NULL) {
        return KERR_KAFKA_STORAGE_ERROR;
    }
    if (!uuid_eq(plog_topic_id(partition_log(*ret_p)), topic->id)) {
        partition_unref(*ret_p);
        *ret_p = NULL;
        return KERR_INCONSISTENT_TOPIC_ID;
    }
    return KERR_NONE;
}

static bool is_from_broker(const struct fetch_state *st)
{
    const struct fetch_request *req = &st->req;

    return (st->call->version >= 15 ? req->replica_state.replica_id : req->replica_id) >= 0;
}

static void entry_resolve(struct fetch_set *s, struct fetch_entry *e)
{
    struct fetch_state *st = s->ctx;
    struct api_call *call = st->call;
    const struct image *img = api_image(call);
    const struct session_topic *asked = e->part.topic;
    const struct image_topic *topic = call->version >= 13 ? image_topic_by_id(img, asked->id)
                                                          : image_topic_by_name(img, asked->name);
    struct partition *p = NULL;
    enum kerr error;

    if (is_from_broker(st)) {
        error = KERR_NOT_LEADER_OR_FOLLOWER;
    } else if (topic == NULL) {
        error = topic_kerr(call->version);
    } else if (!api_allowed(call, API_OP_READ, API_RESOURCE_TOPIC, topic->name)) {
        error = KERR_TOPIC_AUTHORIZATION_FAILED;
    } else {
        error = partition_find(call, topic, e->part.idx, &p);
    }
    fetch_entry_resolve(e, p, error);
}

/* --- the answer ------------------------------------------------------------------------------------------ */

static void part_answer(const struct fetch_state *st, const struct fetch_entry *e,
                        struct fetch_response_partition_data *out)
{
    int16_t version = st->call->version;
    struct fetch_result *r = e->result;
    enum kerr error = r->found.error;

    out->partition_index = e->part.idx;
    out->error_code = (int16_t)error;
    if (error == KERR_KAFKA_STORAGE_ERROR && version <= 5) {
        out->error_code = KERR_NOT_LEADER_OR_FOLLOWER; /* what those versions know */
    }
    out->high_watermark = r->found.high_watermark;
    out->last_stable_offset = r->last_stable;
    out->log_start_offset = r->found.log_start;
    out->aborted_transactions_cnt = st->req.isolation_level == ISOLATION_READ_COMMITTED ? 0 : -1;
    out->records.mem = SLICE_EMPTY;
    if (r->records.len > 0) {
        out->records.chain = &r->records;
    }
    if (r->diverging_epoch != LEADER_EPOCH_NONE) {
        out->diverging_epoch.epoch = r->diverging_epoch;
        out->diverging_epoch.end_offset = r->diverging_end;
    }
    if ((error == KERR_FENCED_LEADER_EPOCH || error == KERR_UNKNOWN_LEADER_EPOCH) &&
        e->partition != NULL) {
        out->current_leader.leader_id = broker_id(st->call->broker);
        out->current_leader.leader_epoch = partition_leader_epoch(e->partition);
    }
}

/* Partitions of one topic stand together, in the order they were read. */
static bool topics_answer(struct fetch_state *st)
{
    struct fetch_response *resp = &st->resp;
    struct arena *arena = st->call->arena;
    int32_t topic_cnt = 0;

    for (struct session_part *p = st->set.held.head; p != NULL; p = p->next) {
        if (p->topic->answer_cnt++ == 0) {
            topic_cnt++;
        }
    }
    resp->responses = fetch_response_fetchable_topic_response_new(arena, topic_cnt);
    resp->responses_cnt = 0;
    if (resp->responses == NULL) {
        return false;
    }
    for (struct session_part *p = st->set.held.head; p != NULL; p = p->next) {
        struct fetch_response_fetchable_topic_response *out = p->topic->answer;

        if (out == NULL) {
            out = &resp->responses[resp->responses_cnt++];
            out->topic = slice_is_null(p->topic->name) ? SLICE_EMPTY : p->topic->name;
            out->topic_id = p->topic->id;
            out->partitions = fetch_response_partition_data_new(arena, p->topic->answer_cnt);
            out->partitions_cnt = 0;
            p->topic->answer = out;
        }
        if (out->partitions == NULL) {
            return false;
        }
        part_answer(st, fetch_entry_of(p), &out->partitions[out->partitions_cnt++]);
    }
    return true;
}

static void topics_answer_clear(struct fetch_state *st)
{
    for (struct session_part *p = st->set.held.head; p != NULL; p = p->next) {
        p->topic->answer_cnt = 0;
        p->topic->answer = NULL;
    }
}

static bool answer(struct fetch_state *st)
{
    struct api_call *call = st->call;
    bool is_built = !st->set.has_failed;

    fetch_response_init(&st->resp);
    st->resp.session_id =
        st->session != NULL && st->session->slot.is_cached ? st->session->slot.id : SESSION_ID_NONE;
    if (is_built) {
        is_built = topics_answer(st);
        topics_answer_clear(st);
    }
    return is_built && request_reply(call->rq, &fetch_response_desc, &st->resp, call->version) == 0;
}

static void entries_release(struct fetch_state *st)
{
    for (size_t i = 0; i < st->entry_cnt; i++) {
        session_part_unlink(&st->entries[i].part);
        fetch_entry_release(&st->entries[i]);
    }
    st->entry_cnt = 0;
}

/* Gives back what the request holds; the answer is built and needs nothing of it any more. */
static void state_end(struct fetch_state *st, bool keep_session)
{
    if (st->session != NULL) {
        fetch_session_put(st->session, keep_session, reactor_mono_ms(st->call->reactor));
        st->session = NULL;
    }
    entries_release(st);
}

static void set_done(struct fetch_set *s)
{
    struct fetch_state *st = s->ctx;
    struct api_call *call = st->call;
    bool is_answered = answer(st);

    call->rq->cancel = NULL;
    fetch_set_settle(s, is_answered);
    /* A session whose id its reader never learned is of no use. */
    state_end(st, is_answered && !(s->is_cancelled && s->is_full));
    if (!is_answered) {
        api_close(call, "the answer could not be built; closing the connection");
        return;
    }
    request_done(call->rq, REQUEST_ANSWERED);
}

static void answer_error(struct fetch_state *st, enum kerr error)
{
    fetch_response_init(&st->resp);
    st->resp.error_code = (int16_t)error;
    st->resp.responses_cnt = 0;
    api_reply(st->call, &st->resp);
}

static void fetch_cancel(struct request *rq)
{
    struct fetch_state *st = rq->handler;

    fetch_set_cancel(&st->set);
}

/* --- the request ------------------------------------------------------------------------------------------- */

static struct session_ask ask_of(const struct fetch_state *st,
                                 const struct fetch_request_partition *in)
{
    int16_t version = st->call->version;

    return (struct session_ask){
        .offset = in->fetch_offset,
        .max_bytes = in->partition_max_bytes,
        .current_epoch = version >= 9 ? in->current_leader_epoch : LEADER_EPOCH_NONE,
        .last_epoch = version >= 12 ? in->last_fetched_epoch : LEADER_EPOCH_NONE,
    };
}

/* A full request's size. */
static void request_measure(const struct fetch_state *st, struct fetch_session_spec *ret)
{
    *ret = (struct fetch_session_spec){
        .principal = st->call->rq->peer->principal,
        .uses_topic_ids = st->call->version >= 13,
        .is_privileged = is_from_broker(st),
        .now_ms = reactor_mono_ms(st->call->reactor),
    };
    for (int32_t i = 0; i < st->req.topics_cnt; i++) {
        const struct fetch_request_topic *t = &st->req.topics[i];

        ret->topic_cnt++;
        ret->part_cnt += t->partitions_cnt > 0 ? (uint32_t)t->partitions_cnt : 0;
        ret->name_bytes += ret->uses_topic_ids ? 0 : t->topic.len;
    }
}

/* Without a session: each partition of the request is an entry in its arena. */
static bool entries_make(struct fetch_state *st, size_t part_cnt)
{
    struct api_call *call = st->call;
    struct session_topic *topics =
        arena_calloc(call->arena, (size_t)MAX_OF(st->req.topics_cnt, 0), sizeof(*topics));

    st->entries = arena_calloc(call->arena, part_cnt, sizeof(*st->entries));
    if (topics == NULL || st->entries == NULL) {
        return false;
    }
    fetch_queue_init(&st->queue, &st->ready,
                     fetch_sessions_lock(broker_fetch_sessions(call->broker), st));
    for (int32_t i = 0; i < st->req.topics_cnt; i++) {
        const struct fetch_request_topic *in = &st->req.topics[i];

        topics[i] = (struct session_topic){.name = in->topic, .id = in->topic_id};
        for (int32_t j = 0; j < in->partitions_cnt; j++) {
            struct fetch_entry *e = &st->entries[st->entry_cnt++];
            struct session_ask ask = ask_of(st, &in->partitions[j]);

            session_part_init(&e->part, &topics[i], in->partitions[j].partition, &ask);
            fetch_entry_init(e, &st->queue);
            session_list_append(&st->ready, &e->part);
        }
    }
    return true;
}

/* Enters what the request asks into the session. Who is asked for and forgotten at once is forgotten. */
static int session_enter(struct fetch_state *st)
{
    struct fetch_session *s = st->session;

    for (int32_t i = 0; i < st->req.topics_cnt; i++) {
        const struct fetch_request_topic *t = &st->req.topics[i];

        for (int32_t j = 0; j < t->partitions_cnt; j++) {
            struct session_ask ask = ask_of(st, &t->partitions[j]);
            struct session_part *p;
            bool is_new;
            int rc = session_ask_part(&s->parts, t->topic, t->topic_id, t->partitions[j].partition,
                                      &ask, &p, &is_new);

            if (rc != 0) {
                return rc;
            }
            if (is_new) {
                fetch_entry_init(fetch_entry_of(p), &s->queue);
            }
        }
    }
    for (int32_t i = 0; !st->set.is_full && i < st->req.forgotten_topics_data_cnt; i++) {
        const struct fetch_request_forgotten_topic *t = &st->req.forgotten_topics_data[i];

        for (int32_t j = 0; j < t->partitions_cnt; j++) {
            session_forget_part(&s->parts, t->topic, t->topic_id, t->partitions[j]);
        }
    }
    return fetch_session_resize(s) ? 0 : ERR_LIMIT;
}

static void state_close(struct fetch_state *st)
{
    state_end(st, false);
    api_close(st->call, "out of memory; closing the connection");
}

static void set_start(struct fetch_state *st)
{
    struct api_call *call = st->call;
    struct fetch_set *s = &st->set;
    int32_t max_bytes = MIN_OF(
        st->req.max_bytes, settings_int(broker_settings(call->broker), SETTING_FETCH_MAX_BYTES));

    s->reactor = call->reactor;
    s->workers = broker_workers(call->broker);
    s->arena = call->arena;
    s->queue = st->session != NULL ? &st->session->queue : &st->queue;
    s->max_wait_ms = st->req.max_wait_ms;
    s->max_bytes = max_bytes;
    s->min_bytes = MIN_OF(st->req.min_bytes, max_bytes);
    s->bound =
        st->req.isolation_level == ISOLATION_READ_COMMITTED ? PLOG_BOUND_STABLE : PLOG_BOUND_HW;
    s->zstd_allowed = call->version >= 10;
    s->resolve = entry_resolve;
    s->done = set_done;
    s->ctx = st;
    call->rq->handler = st;
    call->rq->cancel = fetch_cancel;
    fetch_set_run(s);
}

static void session_continue(struct fetch_state *st)
{
    struct api_call *call = st->call;
    enum kerr error = fetch_session_take(broker_fetch_sessions(call->broker), st->req.session_id,
                                         st->req.session_epoch, call->version >= 13,
                                         call->rq->peer->principal, &st->session);
    int rc;

    if (error != KERR_NONE) {
        answer_error(st, error);
        return;
    }
    rc = session_enter(st);
    if (rc != 0 || session_part_cnt(&st->session->parts) == 0) {
        /* Out of room: it is as if it had been evicted. Nothing left in it: it is over. */
        state_end(st, false);
        answer_error(st, rc != 0 ? KERR_FETCH_SESSION_ID_NOT_FOUND : KERR_NONE);
        return;
    }
    set_start(st);
}

static void full_start(struct fetch_state *st, bool wants_session)
{
    struct fetch_sessions *all = broker_fetch_sessions(st->call->broker);
    struct fetch_session_spec spec;

    st->set.is_full = true;
    request_measure(st, &spec);
    if (st->req.session_id != SESSION_ID_NONE) {
        fetch_session_close(all, st->req.session_id, spec.principal);
    }
    if (wants_session && spec.part_cnt > 0) {
        st->session = fetch_session_make(all, &spec);
    }
    if (st->session != NULL && session_enter(st) != 0) {
        state_end(st, false); /* without one, then */
    }
    if (st->session == NULL && !entries_make(st, spec.part_cnt)) {
        state_close(st);
        return;
    }
    set_start(st);
}

void fetch_handle(struct api_call *call)
{
    struct fetch_state *st = arena_calloc(call->arena, 1, sizeof(*st));
    enum session_mode mode;

    if (st == NULL) {
        api_close(call, "out of memory; closing the connection");
        return;
    }
    st->call = call;
    if (!api_decode(call, &st->req)) {
        return;
    }
    mode = call->version >= 7 ? session_mode(st->req.session_epoch) : SESSION_WITHOUT;
    if (mode == SESSION_CONTINUE) {
        session_continue(st);
    } else {
        full_start(st, mode == SESSION_MAKE);
    }
}
