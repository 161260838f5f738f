#include "api/api.h"

#include "gen/api_versions.h"

/*
 * ApiVersions: the first thing a client asks. What it is told comes from the API table alone; a
 * listener for clients hides what only brokers use among themselves.
 *
 * A version we do not know is the one case where an answer goes out in another version than the
 * request's: v0, with UNSUPPORTED_VERSION and the versions of this very request, so that the client can
 * ask again. The body of such a request is not read.
 */

static bool is_alnum(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Letters and digits, with '-' and '.' allowed between them. */
static bool software_text_is_legal(struct slice s)
{
    if (s.len == 0 || !is_alnum(s.ptr[0]) || !is_alnum(s.ptr[s.len - 1])) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (!is_alnum(s.ptr[i]) && s.ptr[i] != '-' && s.ptr[i] != '.') {
            return false;
        }
    }
    return true;
}

static enum kerr request_check(struct api_call *call, const struct api_versions_request *rq)
{
    if (call->version >= 3 && (!software_text_is_legal(rq->client_software_name) ||
                               !software_text_is_legal(rq->client_software_version))) {
        return KERR_INVALID_REQUEST;
    }
    /* Since v5 a client may say which cluster and broker it believes to talk to. */
    if (!slice_is_null(rq->cluster_id) && !slice_eq(rq->cluster_id, api_image(call)->cluster_id)) {
        return KERR_REBOOTSTRAP_REQUIRED;
    }
    if (rq->node_id != BROKER_ID_NONE && rq->node_id != broker_id(call->broker)) {
        return KERR_REBOOTSTRAP_REQUIRED;
    }
    return KERR_NONE;
}

static bool is_shown(const struct api_call *call, const struct api_entry *e)
{
    return call->rq->peer->inter_broker || api_key_info[e->key].class == API_CLASS_CLIENT;
}

static void row_add(struct api_versions_response *resp, const struct api_entry *e)
{
    struct api_versions_response_version *row = &resp->api_keys[resp->api_keys_cnt++];

    row->api_key = e->key;
    row->min_version = e->min;
    row->max_version = e->max;
}

void api_versions_handle(struct api_call *call)
{
    const struct api_entry *self = api_find(API_API_VERSIONS);
    struct api_versions_request rq;
    struct api_versions_response resp;

    api_versions_response_init(&resp);
    resp.api_keys = api_versions_response_version_new(call->arena, (int32_t)api_table_cnt);
    if (resp.api_keys == NULL) {
        api_close(call, "out of memory for the list of versions; closing the connection");
        return;
    }
    if (call->version < self->min || call->version > self->max) {
        resp.error_code = KERR_UNSUPPORTED_VERSION;
        row_add(&resp, self);
        api_reply_version(call, &resp, 0);
        return;
    }
    if (!api_decode(call, &rq)) {
        return;
    }
    resp.error_code = (int16_t)request_check(call, &rq);
    for (size_t i = 0; resp.error_code == KERR_NONE && i < api_table_cnt; i++) {
        if (is_shown(call, &api_table[i])) {
            row_add(&resp, &api_table[i]);
        }
    }
    api_reply(call, &resp);
}
