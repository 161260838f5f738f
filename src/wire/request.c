#include "wire/request.h"

#include "base/wr.h"
#include "gen/api_keys.h"

/*
 * A frame: int32 length, request header, body. Header v1 is key, version, correlation id, client id
 * (int16 length, also where the rest is compact); v2 adds a tagged section and goes with the flexible
 * versions; v0, without a client id, is ControlledShutdown v0's alone. The answer's header is the
 * correlation id (v0) and, for flexible versions, a tagged section (v1); ApiVersions always answers
 * with v0, because its caller cannot know yet what the broker speaks.
 */

/* What a version that nobody knows yet puts into its header is not ours to judge: ApiVersions is
 * answered all the same. */
static bool head_is_flexible(int16_t key, int16_t version)
{
    return key >= 0 && key < API_KEY_CNT && version <= api_key_info[key].request->last &&
           msg_is_flex(api_key_info[key].request, version);
}

int request_head_decode(struct rd *r, struct request_head *ret)
{
    struct request_head head = {.client_id = SLICE_NULL};

    head.key = rd_i16(r);
    head.version = rd_i16(r);
    head.correlation_id = rd_i32(r);
    if (!(head.key == API_CONTROLLED_SHUTDOWN && head.version == 0)) {
        head.client_id = rd_str16(r, true);
    }
    if (head_is_flexible(head.key, head.version)) {
        rd_skip_tags(r);
    }
    if (r->err != 0) {
        return r->err;
    }
    *ret = head;
    return 0;
}

int request_reply(struct request *rq, const struct msg_desc *desc, const void *message,
                  int16_t version)
{
    bool tags = rq->head.key != API_API_VERSIONS && msg_is_flex(desc, version);
    size_t len = 4 + (tags ? 1u : 0u) + msg_size(desc, message, version);
    struct wr w;
    int rc;

    if (len > INT32_MAX) {
        return ERR_RANGE;
    }
    wr_init(&w, &rq->reply, len + 4);
    wr_i32(&w, (int32_t)len);
    wr_i32(&w, rq->head.correlation_id);
    if (tags) {
        wr_u8(&w, 0);
    }
    rc = msg_encode(desc, message, &w, version);
    if (rc == 0) {
        rc = wr_finish(&w);
    }
    if (rc != 0 || rq->reply.len != len + 4) {
        wr_sync(&w);
        chain_clear(&rq->reply);
        return rc != 0 ? rc : ERR_INVALID;
    }
    return 0;
}
