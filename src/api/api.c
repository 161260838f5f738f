#include "api/api.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"

/*
 * From a request to its handler: the key and version are looked up in the table, what is not served
 * meets one log line and a closed connection (as in Kafka), everything else becomes an api_call in the
 * request's own arena.
 */

struct api {
    struct request_sink sink;
    struct broker *broker;
};

bool api_allowed(const struct api_call *call, enum api_operation op, enum api_resource resource,
                 struct slice name)
{
    (void)call; /* the principal is in call->rq->peer; every one is allowed everything so far */
    (void)op;
    (void)resource;
    (void)name;
    return true;
}

static const char *key_name(int16_t key)
{
    return key >= 0 && key < API_KEY_CNT ? api_key_info[key].name : "unknown";
}

void api_close(struct api_call *call, const char *why)
{
    struct request *rq = call->rq;

    LOG(broker_logger(call->broker), LOG_WARN, "request.refused",
        KV_CSTR("api", key_name(rq->head.key)), KV_INT("key", rq->head.key),
        KV_INT("version", rq->head.version), KV_TEXT("client", rq->head.client_id),
        KV_CSTR("peer", rq->peer->address), KV_CSTR("msg", why));
    request_done(rq, REQUEST_CLOSE);
}

bool api_decode(struct api_call *call, void *ret_message)
{
    struct request *rq = call->rq;
    struct rd r;
    int rc;

    rd_init(&r, rq->body);
    rc =
        msg_decode(api_key_info[rq->head.key].request, ret_message, &r, call->version, call->arena);
    if (rc != 0) {
        char why[128];

        (void)snprintf(why, sizeof(why),
                       "the request's body cannot be read (%s); closing the "
                       "connection",
                       err_text(rc));
        api_close(call, why);
        return false;
    }
    return true;
}

void api_reply_version(struct api_call *call, const void *message, int16_t version)
{
    struct request *rq = call->rq;
    int rc = request_reply(rq, api_key_info[rq->head.key].response, message, version);

    if (rc != 0) {
        char why[128];

        (void)snprintf(why, sizeof(why),
                       "the answer could not be built (%s); closing the "
                       "connection",
                       err_text(rc));
        api_close(call, why);
        return;
    }
    request_done(rq, REQUEST_ANSWERED);
}

void api_reply(struct api_call *call, const void *message)
{
    api_reply_version(call, message, call->version);
}

void api_reply_nothing(struct api_call *call)
{
    request_done(call->rq, REQUEST_UNANSWERED);
}

/* --- the sink ---------------------------------------------------------------------------------------- */

static enum request_overlap sink_overlap(struct request_sink *sink, int16_t key)
{
    const struct api_entry *e = api_find(key);

    (void)sink; /* the table is the same for all */
    return e == NULL ? REQUEST_ALONE : e->overlap;
}

static void sink_handle(struct request_sink *sink, struct request *rq)
{
    struct api *api = CONTAINER_OF(sink, struct api, sink);
    const struct api_entry *e = api_find(rq->head.key);
    struct api_call on_stack = {.api = api, .broker = api->broker, .rq = rq};
    struct api_call *call = arena_alloc(&rq->arena, sizeof(*call));

    if (call == NULL) {
        api_close(&on_stack, "out of memory; closing the connection");
        return;
    }
    *call = on_stack;
    call->arena = &rq->arena;
    call->reactor = rq->reactor;
    call->version = rq->head.version;
    if (e == NULL) {
        api_close(call, "this request is not served by this version; closing the connection");
        return;
    }
    if ((call->version < e->min || call->version > e->max) && e->key != API_API_VERSIONS) {
        api_close(call, "this version of the request is not served; closing the connection");
        return;
    }
    e->handle(call);
}

int api_new(struct broker *broker, struct api **ret_api)
{
    struct api *api = calloc(1, sizeof(*api));

    if (api == NULL) {
        return ERR_NOMEM;
    }
    api->broker = broker;
    api->sink.overlap = sink_overlap;
    api->sink.handle = sink_handle;
    *ret_api = api;
    return 0;
}

void api_free(struct api *api)
{
    free(api);
}

struct request_sink *api_sink(struct api *api)
{
    return &api->sink;
}
