/*
 * One request on the wire:
 *
 *     length | header (v1, or v2 in flexible versions) | body
 *     length | header (v0, or v1 in flexible versions; ApiVersions always v0) | body
 *
 * ApiVersions itself is asked in version 3; a broker that does not know it answers with a v0 body and
 * error 35, and is asked again in version 0.
 *
 * A response's length is only a claim: the buffer grows with the bytes that arrive.
 */
#include "client/client.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/chain.h"
#include "base/chk.h"
#include "base/rd.h"
#include "base/wr.h"
#include "gen/api_versions.h"
#include "gen/header.h"
#include "model/kerr.h"
#include "os/conn.h"

#define CONNECT_MS_DEFAULT 10000
#define REQUEST_MS_DEFAULT 60000
#define RESPONSE_LEN_DEFAULT ((size_t)256 * 1024 * 1024)
#define WHY_LEN 1024
#define CLIENT_ID_CAP 256
#define FIRST_READ_LEN ((size_t)64 * 1024)
#define APIS_MAX 1024 /* of the broker; we know 95 */
#define SMALL_ARENA_LEN ((size_t)1024 * 1024)
#define API_VERSIONS_ASKED 3

struct client {
    struct os *os;
    struct client_options options;
    char client_id[CLIENT_ID_CAP];
    struct os_conn *conn; /* NULL: not connected */
    struct endpoint broker;
    char broker_text[ENDPOINT_TEXT_LEN];
    int32_t correlation_id;
    int64_t wait_ms; /* for the answer of the request in hand */
    struct client_api *apis;
    size_t api_cnt;
    uint8_t *response; /* the last one, without its length */
    size_t response_len;
    size_t response_cap;
    char why[WHY_LEN];
};

int client_new(struct os *os, const struct client_options *options, struct client **ret_client)
{
    struct client *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        return ERR_NOMEM;
    }
    c->os = os;
    if (options != NULL) {
        c->options = *options;
    }
    struct client_options *o = &c->options;
    snprintf(c->client_id, sizeof(c->client_id), "%s",
             o->client_id == NULL ? "ottla" : o->client_id);
    o->client_id = c->client_id;
    o->connect_ms = o->connect_ms == 0 ? CONNECT_MS_DEFAULT : o->connect_ms;
    o->request_ms = o->request_ms == 0 ? REQUEST_MS_DEFAULT : o->request_ms;
    o->response_len_max = o->response_len_max == 0 ? RESPONSE_LEN_DEFAULT : o->response_len_max;
    *ret_client = c;
    return 0;
}

static void client_disconnect(struct client *c)
{
    os_conn_close(c->conn);
    c->conn = NULL;
}

void client_free(struct client *c)
{
    if (c == NULL) {
        return;
    }
    client_disconnect(c);
    free(c->apis);
    free(c->response);
    free(c);
}

static int fail(struct client *c, int rc, const char *fmt, ...) PRINTF_LIKE(3, 4);
static int fail(struct client *c, int rc, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(c->why, sizeof(c->why), fmt, args);
    va_end(args);
    return rc;
}

/* ---- One request ---------------------------------------------------------------------------- */

static int encode(struct client *c, enum api_key key, int16_t version, const void *request,
                  struct chain *frame)
{
    const struct msg_desc *desc = api_key_info[key].request;
    struct request_header head = request_header_default;
    head.request_api_key = (int16_t)key;
    head.request_api_version = version;
    head.correlation_id = ++c->correlation_id;
    head.client_id = slice_cstr(c->options.client_id);
    int16_t head_version = msg_is_flex(desc, version) ? 2 : 1;
    size_t len = request_header_size(&head, head_version) + msg_size(desc, request, version);
    if (len > INT32_MAX) {
        return ERR_RANGE;
    }

    struct wr w;
    wr_init(&w, frame, len + 4);
    wr_u32(&w, (uint32_t)len);
    int rc = request_header_encode(&head, &w, head_version);
    if (rc == 0) {
        rc = msg_encode(desc, request, &w, version);
    }
    int finished = wr_finish(&w);
    return rc != 0 ? rc : finished;
}

static int send_frame(struct client *c, struct chain *frame)
{
    for (uint32_t i = 0; i < frame->cnt; i++) {
        const struct chain_part *part = chain_part_at(frame, i);
        int rc = os_conn_send(c->conn, slice_of(part->ptr, part->len), c->wait_ms);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static int grow_response(struct client *c, size_t len)
{
    if (len <= c->response_cap) {
        return 0;
    }
    uint8_t *bytes = realloc(c->response, len);
    if (bytes == NULL) {
        return ERR_NOMEM;
    }
    c->response = bytes;
    c->response_cap = len;
    return 0;
}

static int receive_frame(struct client *c)
{
    uint8_t prefix[4];
    int rc = os_conn_recv(c->conn, prefix, sizeof(prefix), c->wait_ms);
    if (rc != 0) {
        return rc;
    }
    size_t len = load_be32(prefix);
    if (len > c->options.response_len_max) {
        return ERR_LIMIT;
    }
    c->response_len = 0;
    size_t step = FIRST_READ_LEN;
    while (c->response_len < len) {
        size_t left = len - c->response_len;
        size_t now = MIN_OF(step, left);
        rc = grow_response(c, c->response_len + now);
        if (rc == 0) {
            rc = os_conn_recv(c->conn, c->response + c->response_len, now, c->wait_ms);
        }
        if (rc != 0) {
            return rc;
        }
        c->response_len += now;
        step = c->response_len * 3; /* four times as much in all */
    }
    return 0;
}

/* Sends the frame and leaves the response in c->response; *r stands behind the response header. */
static int exchange(struct client *c, enum api_key key, int16_t version, const void *request,
                    struct rd *r)
{
    struct chain frame;
    chain_init(&frame);
    int rc = encode(c, key, version, request, &frame);
    if (rc == 0) {
        rc = send_frame(c, &frame);
    }
    chain_clear(&frame);
    if (rc == 0) {
        rc = receive_frame(c);
    }
    if (rc != 0) {
        return rc;
    }

    bool flexible = msg_is_flex(api_key_info[key].response, version);
    int16_t head_version = flexible && key != API_API_VERSIONS ? 1 : 0;
    rd_init(r, slice_of(c->response, c->response_len));
    struct response_header head = response_header_default;
    struct arena none; /* a header has nothing to allocate */
    arena_init(&none, 0);
    rc = response_header_decode(&head, r, head_version, &none);
    arena_release(&none);
    if (rc == 0 && head.correlation_id != c->correlation_id) {
        rc = ERR_INVALID;
    }
    return rc;
}

/* The sentence for a failed exchange; the connection is of no more use. */
static int broken(struct client *c, enum api_key key, int rc)
{
    const char *name = api_key_info[key].name;
    client_disconnect(c);
    switch (rc) {
    case ERR_TIMEOUT:
        return fail(c, rc, "the broker at %s did not answer %s within %lld ms", c->broker_text,
                    name, (long long)c->options.request_ms);
    case ERR_CLOSED:
        return fail(c, rc, "the broker at %s closed the connection in place of answering %s",
                    c->broker_text, name);
    case ERR_LIMIT:
    case ERR_INVALID:
    case ERR_TRUNCATED:
        return fail(c, rc, "what %s answered to %s is not an answer of a Kafka broker (%s)",
                    c->broker_text, name, err_text(rc));
    default:
        return fail(c, rc, "%s to the broker at %s failed: %s", name, c->broker_text, err_text(rc));
    }
}

/* ---- Versions ------------------------------------------------------------------------------- */

static const struct client_api *find_api(const struct client *c, int16_t key)
{
    for (size_t i = 0; i < c->api_cnt; i++) {
        if (c->apis[i].key == key) {
            return &c->apis[i];
        }
    }
    return NULL;
}

int16_t client_version(const struct client *c, enum api_key key)
{
    const struct client_api *served = find_api(c, (int16_t)key);
    const struct api_key_info *info = &api_key_info[key];
    if (served == NULL) {
        return -1;
    }
    int16_t version = MIN_OF(served->max, (int16_t)info->request->last);
    while (version >= 0 && version < 32 && (info->unstable >> version & 1u) != 0) {
        version--;
    }
    return version >= served->min && version >= info->request->first ? version : -1;
}

const struct client_api *client_apis(const struct client *c, size_t *ret_cnt)
{
    *ret_cnt = c->api_cnt;
    return c->apis;
}

static int keep_apis(struct client *c, const struct api_versions_response *rs)
{
    if (rs->api_keys_cnt < 0 || rs->api_keys_cnt > APIS_MAX) {
        return ERR_LIMIT;
    }
    size_t cnt = (size_t)rs->api_keys_cnt;
    struct client_api *apis = calloc(cnt + 1, sizeof(*apis));
    if (apis == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < cnt; i++) {
        apis[i] = (struct client_api){rs->api_keys[i].api_key, rs->api_keys[i].min_version,
                                      rs->api_keys[i].max_version};
    }
    free(c->apis);
    c->apis = apis;
    c->api_cnt = cnt;
    return 0;
}

/* One ApiVersions request. *ret_too_new: the broker does not know this version. */
static int ask_versions(struct client *c, int16_t version, struct arena *a, bool *ret_too_new)
{
    struct api_versions_request rq = api_versions_request_default;
    rq.client_software_name = SLICE_LIT("ottla");
    rq.client_software_version = SLICE_LIT(OTTLA_VERSION);
    struct rd r;
    int rc = exchange(c, API_API_VERSIONS, version, &rq, &r);
    if (rc != 0) {
        return rc;
    }
    struct rd peek = r;
    *ret_too_new = rd_i16(&peek) == KERR_UNSUPPORTED_VERSION;
    if (*ret_too_new) {
        return 0;
    }
    struct api_versions_response rs;
    rc = api_versions_response_decode(&rs, &r, version, a);
    if (rc == 0) {
        rc = rd_finish(&r);
    }
    if (rc == 0 && rs.error_code != KERR_NONE) {
        rc = ERR_INVALID;
    }
    return rc != 0 ? rc : keep_apis(c, &rs);
}

static int learn_versions(struct client *c)
{
    struct arena a;
    arena_init(&a, SMALL_ARENA_LEN);
    bool too_new = false;
    int rc = ask_versions(c, API_VERSIONS_ASKED, &a, &too_new);
    if (rc == 0 && too_new) {
        rc = ask_versions(c, 0, &a, &too_new);
        rc = rc == 0 && too_new ? ERR_INVALID : rc;
    }
    arena_release(&a);
    return rc;
}

/* ---- Connecting ----------------------------------------------------------------------------- */

static int connect_one(struct client *c, const struct endpoint *e)
{
    client_disconnect(c);
    c->api_cnt = 0;
    c->broker = *e;
    endpoint_format(e, c->broker_text);
    int rc = os_conn_open(c->os, e->host, e->port, c->options.connect_ms, &c->conn);
    if (rc != 0) {
        c->conn = NULL;
        return fail(c, rc, rc == ERR_NOT_FOUND ? "no such host" : "%s", err_text(rc));
    }
    c->wait_ms =
        c->options.connect_ms; /* a broker answers this at once; others may wait for more */
    rc = learn_versions(c);
    c->wait_ms = c->options.request_ms;
    if (rc == ERR_TIMEOUT) {
        client_disconnect(c);
        return fail(c, rc,
                    "something takes connections there but does not answer as a Kafka broker "
                    "does");
    }
    if (rc == ERR_CLOSED || rc == ERR_INVALID || rc == ERR_TRUNCATED || rc == ERR_LIMIT) {
        client_disconnect(c);
        return fail(c, rc, "something answers there that is not a Kafka broker without TLS");
    }
    if (rc != 0) {
        client_disconnect(c);
        return fail(c, rc, "%s", err_text(rc));
    }
    c->why[0] = '\0';
    return 0;
}

static bool is_local(const struct endpoint *e)
{
    return strcmp(e->host, "localhost") == 0 || strncmp(e->host, "127.", 4) == 0 ||
           strcmp(e->host, "::1") == 0;
}

int client_connect(struct client *c, const struct endpoints *brokers)
{
    struct str reasons;
    str_init(&reasons, WHY_LEN / 2);
    bool refused_here = false;
    int rc = ERR_NOT_FOUND;
    for (size_t i = 0; i < brokers->cnt; i++) {
        rc = connect_one(c, &brokers->at[i]);
        if (rc == 0) {
            break;
        }
        refused_here = rc == ERR_REFUSED && is_local(&brokers->at[i]);
        str_add_fmt(&reasons, "%s%s: %s", i == 0 ? "" : ", ", c->broker_text, c->why);
    }
    if (rc != 0) {
        fail(c, rc, "no broker answers at %s%s", reasons.ptr,
             refused_here ? "; start one with: make run" : "");
    }
    str_release(&reasons);
    return rc;
}

/* The controller's place; the broker asked itself when the answer names none. */
static int find_controller(struct client *c, struct endpoint *ret)
{
    struct arena a;
    arena_init(&a, SMALL_ARENA_LEN);
    struct metadata_request rq = metadata_request_default;
    rq.topics = NULL;
    rq.topics_cnt = 0; /* none, only the brokers */
    struct metadata_response rs;
    int rc = client_call(c, API_METADATA, &rq, &rs, &a);
    *ret = c->broker;
    for (int32_t i = 0; rc == 0 && i < rs.brokers_cnt; i++) {
        const struct metadata_response_broker *b = &rs.brokers[i];
        if (b->node_id == rs.controller_id && b->host.len <= HOST_NAME_LEN_MAX && b->host.len > 0 &&
            b->port > 0 && b->port <= UINT16_MAX) {
            memcpy(ret->host, b->host.ptr, b->host.len);
            ret->host[b->host.len] = '\0';
            ret->port = (uint16_t)b->port;
        }
        if (rs.brokers_cnt == 1) {
            *ret = c->broker; /* however it calls itself, we are talking to it */
        }
    }
    arena_release(&a);
    return rc;
}

int client_connect_controller(struct client *c)
{
    struct endpoints controller = {.cnt = 1};
    int rc = find_controller(c, &controller.at[0]);
    if (rc != 0 || endpoint_eq(&controller.at[0], &c->broker)) {
        return rc;
    }
    return client_connect(c, &controller);
}

/* ---- Calls ---------------------------------------------------------------------------------- */

int client_call(struct client *c, enum api_key key, const void *request, void *ret_response,
                struct arena *a)
{
    if (c->conn == NULL) {
        return fail(c, ERR_CLOSED, "the connection to %s is closed", c->broker_text);
    }
    int16_t version = client_version(c, key);
    if (version < 0) {
        return fail(c, ERR_UNSUPPORTED,
                    "the broker at %s does not serve %s in a version known here", c->broker_text,
                    api_key_info[key].name);
    }
    struct rd r;
    int rc = exchange(c, key, version, request, &r);
    if (rc == 0) {
        rc = msg_decode(api_key_info[key].response, ret_response, &r, version, a);
    }
    if (rc == 0) {
        rc = rd_finish(&r);
    }
    return rc == 0 ? 0 : broken(c, key, rc);
}

const char *client_broker(const struct client *c)
{
    return c->broker_text;
}

const char *client_why(const struct client *c)
{
    return c->why;
}
