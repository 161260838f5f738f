#include "gen/describe_cluster.h"

#include "api/api.h"
#include "api/authorized.h"
#include "api/topics_common.h"

/*
 * DescribeCluster: the cluster's id, its brokers as this listener's clients reach them, and who the
 * controller is. Since v1 a client says whether it means brokers (1) or controllers (2); this is a
 * broker's endpoint. No broker here is ever fenced: who is not alive is not in the image.
 */

#define ENDPOINT_BROKERS 1
#define ENDPOINT_CONTROLLERS 2

static void refuse(struct api_call *call, struct describe_cluster_response *resp, enum kerr error,
                   const char *why)
{
    resp->error_code = (int16_t)error;
    resp->error_message = slice_cstr(why);
    api_reply(call, resp);
}

static int brokers_fill(struct api_call *call, const struct image *img,
                        struct describe_cluster_response *resp)
{
    size_t cnt = image_broker_cnt(img);

    resp->brokers = describe_cluster_response_broker_new(call->arena, (int32_t)cnt);
    if (resp->brokers == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < cnt; i++) {
        const struct image_broker *b = image_broker_at(img, i);
        const struct image_endpoint *e = image_broker_endpoint(b, call_listener(call));
        struct describe_cluster_response_broker *ret;

        if (e == NULL) {
            continue;
        }
        ret = &resp->brokers[resp->brokers_cnt++];
        ret->broker_id = b->id;
        ret->host = e->host;
        ret->port = e->port;
        ret->rack = b->rack;
    }
    return 0;
}

void describe_cluster_handle(struct api_call *call)
{
    const struct image *img = api_image(call);
    struct describe_cluster_request rq;
    struct describe_cluster_response resp;

    if (!api_decode(call, &rq)) {
        return;
    }
    describe_cluster_response_init(&resp);
    resp.cluster_id = img->cluster_id;
    resp.endpoint_type = rq.endpoint_type;
    if (rq.endpoint_type == ENDPOINT_CONTROLLERS) {
        refuse(call, &resp, KERR_MISMATCHED_ENDPOINT_TYPE,
               "this is a broker's endpoint, not a controller's");
        return;
    }
    if (rq.endpoint_type != ENDPOINT_BROKERS) {
        refuse(call, &resp, KERR_UNSUPPORTED_ENDPOINT_TYPE,
               "the endpoint type is neither 1 (brokers) nor 2 (controllers)");
        return;
    }
    if (!api_allowed(call, API_OP_DESCRIBE, API_RESOURCE_CLUSTER, SLICE_LIT("kafka-cluster"))) {
        refuse(call, &resp, KERR_CLUSTER_AUTHORIZATION_FAILED,
               "not allowed to describe the cluster");
        return;
    }
    if (brokers_fill(call, img, &resp) != 0) {
        api_close(call, "out of memory for the list of brokers; closing the connection");
        return;
    }
    resp.controller_id = img->controller_id;
    if (rq.include_cluster_authorized_operations) {
        resp.cluster_authorized_operations = authorized_cluster_operations(call);
    }
    api_reply(call, &resp);
}
