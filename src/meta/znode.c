/*
 * JSON goes through jansson. Its parser recurses, so the depth of a text is counted before it sees it;
 * what it makes of a text takes memory in proportion to the text, whose length is bounded.
 */
#include "meta/znode.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/assert.h"
#include "meta/meta.h"
#include "model/limits.h"

#define DEPTH_MAX 8

/* ---- Reading --------------------------------------------------------------------------------- */

static bool depth_is_legal(struct slice text)
{
    int depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];

        if (in_string) {
            if (c == '\\') {
                i++;
            } else if (c == '"') {
                in_string = false;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > DEPTH_MAX) {
                return false;
            }
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return true;
}

/* An object, to be given back with json_decref(). */
static int parse(struct slice body, json_t **ret_root)
{
    json_error_t why;
    json_t *root;

    if (body.len > META_BODY_LEN_MAX) {
        return ERR_LIMIT;
    }
    if (!depth_is_legal(body)) {
        return ERR_INVALID;
    }
    root = json_loadb((const char *)body.ptr, body.len, 0, &why);
    if (root == NULL) {
        return json_error_code(&why) == json_error_out_of_memory ? ERR_NOMEM : ERR_INVALID;
    }
    if (!json_is_object(root)) {
        json_decref(root);
        return ERR_INVALID;
    }
    *ret_root = root;
    return 0;
}

static int read_int(const json_t *v, int64_t least, int64_t greatest, int64_t *ret)
{
    json_int_t n;

    if (!json_is_integer(v)) {
        return ERR_INVALID;
    }
    n = json_integer_value(v);
    if (n < least || n > greatest) {
        return ERR_INVALID;
    }
    *ret = n;
    return 0;
}

static int read_int32(const json_t *v, int32_t *ret)
{
    int64_t n;
    int rc = read_int(v, INT32_MIN, INT32_MAX, &n);

    if (rc == 0) {
        *ret = (int32_t)n;
    }
    return rc;
}

static struct slice read_text(const json_t *v)
{
    return json_is_string(v) ? slice_of(json_string_value(v), json_string_length(v)) : SLICE_NULL;
}

/* A number that is written as decimal text. */
static int text_to_int(struct slice text, int64_t *ret)
{
    int64_t n = 0;
    size_t at = 0;
    bool is_negative = text.len > 0 && text.ptr[0] == '-';

    at = is_negative ? 1 : 0;
    if (text.len == at || text.len - at > 18) {
        return ERR_INVALID;
    }
    for (; at < text.len; at++) {
        if (text.ptr[at] < '0' || text.ptr[at] > '9') {
            return ERR_INVALID;
        }
        n = n * 10 + (text.ptr[at] - '0');
    }
    *ret = is_negative ? -n : n;
    return 0;
}

static int read_text_int(const json_t *v, int64_t *ret)
{
    /* Some writers of these nodes use a number. */
    return json_is_integer(v) ? read_int(v, INT64_MIN, INT64_MAX, ret)
                              : text_to_int(read_text(v), ret);
}

static int read_version(const json_t *root)
{
    int64_t version;

    return read_int(json_object_get(root, "version"), 1, INT32_MAX, &version);
}

static int read_broker_ids(const json_t *array, struct arena *a, const broker_id_t **ret_ids,
                           int32_t *ret_cnt)
{
    size_t cnt = json_array_size(array);
    broker_id_t *ids;

    if (!json_is_array(array)) {
        return ERR_INVALID;
    }
    if (cnt > REPLICAS_PER_PARTITION_MAX) {
        return ERR_LIMIT;
    }
    ids = arena_calloc(a, cnt, sizeof(*ids));
    if (ids == NULL) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < cnt; i++) {
        int rc = read_int32(json_array_get(array, i), &ids[i]);

        if (rc != 0) {
            return rc;
        }
    }
    *ret_ids = ids;
    *ret_cnt = (int32_t)cnt;
    return 0;
}

/* ---- Writing --------------------------------------------------------------------------------- */

static int str_dump_sink(const char *text, size_t len, void *ctx)
{
    struct str *out = ctx;

    str_add(out, slice_of(text, len));
    return out->err == 0 ? 0 : -1;
}

/* Adopts root, which may be NULL when memory was out while it was built. */
static int dump(json_t *root, bool is_built, struct str *out)
{
    int rc = ERR_NOMEM;

    if (root != NULL && is_built) {
        rc = json_dump_callback(root, str_dump_sink, out, JSON_COMPACT);
        rc = rc == 0 ? 0 : out->err != 0 ? out->err : ERR_NOMEM;
    }
    json_decref(root);
    return rc;
}

static json_t *text_of(struct slice text)
{
    return json_stringn((const char *)text.ptr, text.len);
}

static json_t *text_of_int(int64_t n)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%" PRId64, n);

    return json_stringn(text, (size_t)len);
}

static json_t *ids_of(const broker_id_t *ids, int32_t cnt)
{
    json_t *array = json_array();

    for (int32_t i = 0; array != NULL && i < cnt; i++) {
        if (json_array_append_new(array, json_integer(ids[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* Sets a field and takes note when it failed. A NULL value is a failure too. */
static void put(json_t *object, const char *key, json_t *value, bool *is_built)
{
    if (json_object_set_new(object, key, value) != 0) {
        *is_built = false;
    }
}

/* ---- Brokers --------------------------------------------------------------------------------- */

static const struct listener *first_plaintext(const struct listeners *l)
{
    for (size_t i = 0; i < l->cnt; i++) {
        if (l->at[i].protocol == SECURITY_PLAINTEXT) {
            return &l->at[i];
        }
    }
    return NULL;
}

static json_t *endpoint_of(const struct listener *l)
{
    /* An IPv6 address stands in brackets. */
    bool has_colon = strchr(l->host, ':') != NULL;

    return json_sprintf("%s://%s%s%s:%u", l->name, has_colon ? "[" : "", l->host,
                        has_colon ? "]" : "", (unsigned)l->port);
}

int znode_broker_encode(const struct znode_broker *b, struct str *out)
{
    const struct listener *plain = first_plaintext(&b->endpoints);
    json_t *root = json_object();
    json_t *endpoints = json_array();
    json_t *protocols = json_object();
    bool is_built = true;

    for (size_t i = 0; i < b->endpoints.cnt; i++) {
        const struct listener *l = &b->endpoints.at[i];

        if (json_array_append_new(endpoints, endpoint_of(l)) != 0) {
            is_built = false;
        }
        put(protocols, l->name, json_string(security_protocol_name(l->protocol)), &is_built);
    }
    put(root, "version", json_integer(5), &is_built);
    put(root, "host", plain != NULL ? json_string(plain->host) : json_null(), &is_built);
    put(root, "port", json_integer(plain != NULL ? plain->port : -1), &is_built);
    put(root, "endpoints", endpoints, &is_built);
    put(root, "jmx_port", json_integer(-1), &is_built);
    put(root, "timestamp", text_of_int(b->timestamp_ms), &is_built);
    if (!slice_is_null(b->rack)) {
        put(root, "rack", text_of(b->rack), &is_built);
    }
    put(root, "listener_security_protocol_map", protocols, &is_built);
    put(root, "features", json_object(), &is_built);
    return dump(root, is_built, out);
}

static int protocol_find(struct slice name, enum security_protocol *ret)
{
    for (int p = SECURITY_PLAINTEXT; p <= SECURITY_SASL_SSL; p++) {
        if (slice_eq_cstr(name, security_protocol_name((enum security_protocol)p))) {
            *ret = (enum security_protocol)p;
            return 0;
        }
    }
    return ERR_INVALID;
}

static int copy_cstr(char *to, size_t cap, struct slice from)
{
    if (from.len == 0 || from.len >= cap || memchr(from.ptr, 0, from.len) != NULL) {
        return ERR_INVALID;
    }
    memcpy(to, from.ptr, from.len);
    to[from.len] = '\0';
    return 0;
}

/* NAME://host:port; before version 4 the name is the protocol's. */
static int endpoint_parse(struct slice text, const json_t *protocols, struct listener *ret)
{
    const uint8_t *colon = text.len == 0 ? NULL : memchr(text.ptr, ':', text.len);
    size_t name_len;
    size_t host_end = text.len;
    struct slice host;
    int64_t port;
    int rc;

    if (colon == NULL) {
        return ERR_INVALID;
    }
    name_len = (size_t)(colon - text.ptr);
    if (!slice_starts_with(slice_sub(text, name_len, 3), SLICE_LIT("://"))) {
        return ERR_INVALID;
    }
    while (host_end > name_len + 3 && text.ptr[host_end - 1] != ':') {
        host_end--;
    }
    if (host_end <= name_len + 3) {
        return ERR_INVALID;
    }
    host = slice_sub(text, name_len + 3, host_end - 1 - (name_len + 3));
    if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']') {
        host = slice_sub(host, 1, host.len - 2);
    }
    rc = copy_cstr(ret->name, sizeof(ret->name), slice_sub(text, 0, name_len));
    rc = rc == 0 ? copy_cstr(ret->host, sizeof(ret->host), host) : rc;
    rc = rc == 0 ? text_to_int(slice_sub(text, host_end, text.len), &port) : rc;
    if (rc != 0 || port < 0 || port > UINT16_MAX) {
        return ERR_INVALID;
    }
    ret->port = (uint16_t)port;
    return protocol_find(protocols == NULL ? slice_sub(text, 0, name_len)
                                           : read_text(json_object_get(protocols, ret->name)),
                         &ret->protocol);
}

static int broker_fill(const json_t *root, struct arena *a, struct znode_broker *ret)
{
    const json_t *endpoints = json_object_get(root, "endpoints");
    const json_t *protocols = json_object_get(root, "listener_security_protocol_map");
    struct slice rack = read_text(json_object_get(root, "rack"));
    int rc = read_version(root);

    if (rc != 0 || !json_is_array(endpoints) || (protocols != NULL && !json_is_object(protocols))) {
        return ERR_INVALID;
    }
    if (json_array_size(endpoints) > LISTENERS_MAX || rack.len > RACK_LEN_MAX) {
        return ERR_LIMIT;
    }
    for (size_t i = 0; i < json_array_size(endpoints); i++) {
        rc = endpoint_parse(read_text(json_array_get(endpoints, i)), protocols,
                            &ret->endpoints.at[i]);
        if (rc != 0) {
            return rc;
        }
    }
    ret->endpoints.cnt = json_array_size(endpoints);
    if (!slice_is_null(rack)) {
        ret->rack = arena_dup(a, rack);
        if (slice_is_null(ret->rack)) {
            return ERR_NOMEM;
        }
    }
    /* Version 1 of long ago may lack it. */
    if (read_text_int(json_object_get(root, "timestamp"), &ret->timestamp_ms) != 0) {
        ret->timestamp_ms = TIMESTAMP_NONE;
    }
    return 0;
}

int znode_broker_decode(struct slice body, struct arena *a, struct znode_broker *ret)
{
    json_t *root;
    int rc = parse(body, &root);

    if (rc != 0) {
        return rc;
    }
    memset(ret, 0, sizeof(*ret));
    rc = broker_fill(root, a, ret);
    json_decref(root);
    return rc;
}

/* ---- Topics ---------------------------------------------------------------------------------- */

int znode_topic_encode(const struct znode_topic *t, struct str *out)
{
    json_t *root = json_object();
    json_t *partitions = json_object();
    char id[UUID_TEXT_LEN + 1];
    bool is_built = true;

    uuid_format(t->id, id);
    for (int32_t i = 0; i < t->partition_cnt; i++) {
        char key[16];

        (void)snprintf(key, sizeof(key), "%d", (int)i);
        put(partitions, key, ids_of(t->partitions[i].ids, t->partitions[i].cnt), &is_built);
    }
    put(root, "removing_replicas", json_object(), &is_built);
    put(root, "partitions", partitions, &is_built);
    put(root, "topic_id", json_string(id), &is_built);
    put(root, "adding_replicas", json_object(), &is_built);
    put(root, "version", json_integer(3), &is_built);
    return dump(root, is_built, out);
}

static int topic_fill(json_t *root, struct arena *a, struct znode_topic *ret)
{
    json_t *partitions = json_object_get(root, "partitions");
    const json_t *id = json_object_get(root, "topic_id");
    size_t cnt = json_object_size(partitions);
    struct znode_replicas *replicas;
    const char *key;
    json_t *value;
    int rc = read_version(root);

    if (rc != 0 || !json_is_object(partitions)) {
        return ERR_INVALID;
    }
    if (cnt > PARTITIONS_PER_TOPIC_MAX) {
        return ERR_LIMIT;
    }
    if (id != NULL) {
        rc = uuid_parse(read_text(id), &ret->id);
        if (rc != 0) {
            return ERR_INVALID;
        }
    }
    replicas = arena_calloc(a, cnt, sizeof(*replicas));
    if (replicas == NULL) {
        return ERR_NOMEM;
    }
    /* As many different ids as there are places: none is missing. */
    json_object_foreach(partitions, key, value)
    {
        int64_t idx;

        rc = text_to_int(slice_cstr(key), &idx);
        if (rc != 0 || idx < 0 || (uint64_t)idx >= cnt || replicas[idx].ids != NULL) {
            return ERR_INVALID;
        }
        rc = read_broker_ids(value, a, &replicas[idx].ids, &replicas[idx].cnt);
        if (rc != 0) {
            return rc;
        }
    }
    ret->partitions = replicas;
    ret->partition_cnt = (int32_t)cnt;
    return 0;
}

int znode_topic_decode(struct slice body, struct arena *a, struct znode_topic *ret)
{
    json_t *root;
    int rc = parse(body, &root);

    if (rc != 0) {
        return rc;
    }
    memset(ret, 0, sizeof(*ret));
    rc = topic_fill(root, a, ret);
    json_decref(root);
    return rc;
}

/* ---- Partition states ------------------------------------------------------------------------ */

int znode_state_encode(const struct znode_state *s, struct str *out)
{
    json_t *root = json_object();
    bool is_built = true;

    put(root, "controller_epoch", json_integer(s->controller_epoch), &is_built);
    put(root, "leader", json_integer(s->leader), &is_built);
    put(root, "version", json_integer(1), &is_built);
    put(root, "leader_epoch", json_integer(s->leader_epoch), &is_built);
    put(root, "isr", ids_of(s->isr, s->isr_cnt), &is_built);
    /* Kafka writes it only while a leader recovers from an unclean election. */
    if (s->leader_recovery_state != 0) {
        put(root, "leader_recovery_state", json_integer(s->leader_recovery_state), &is_built);
    }
    return dump(root, is_built, out);
}

int znode_state_decode(struct slice body, struct arena *a, struct znode_state *ret)
{
    const json_t *recovery;
    json_t *root;
    int rc = parse(body, &root);

    if (rc != 0) {
        return rc;
    }
    memset(ret, 0, sizeof(*ret));
    recovery = json_object_get(root, "leader_recovery_state");
    rc = read_version(root);
    rc = rc == 0 ? read_int32(json_object_get(root, "leader"), &ret->leader) : rc;
    rc = rc == 0 ? read_int32(json_object_get(root, "leader_epoch"), &ret->leader_epoch) : rc;
    rc = rc == 0 ? read_int32(json_object_get(root, "controller_epoch"), &ret->controller_epoch)
                 : rc;
    rc = rc == 0 ? read_broker_ids(json_object_get(root, "isr"), a, &ret->isr, &ret->isr_cnt) : rc;
    if (rc == 0 && recovery != NULL) {
        rc = read_int32(recovery, &ret->leader_recovery_state);
    }
    json_decref(root);
    return rc;
}

/* How many bytes the UTF-8 character at the beginning of `text` has; 0: it is none. */
static size_t utf8_len(struct slice text)
{
    /* The first continuation byte has narrower bounds: no overlong forms, no surrogates, no end. */
    uint8_t c = text.ptr[0];
    uint8_t low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    uint8_t high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    size_t len = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;

    if (len > text.len) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if (text.ptr[i] < low || text.ptr[i] > high) {
            return 0;
        }
        low = 0x80;
        high = 0xbf;
    }
    return len;
}

/* UTF-8 without a zero in it: what JSON can say and every reader takes. */
static bool text_is_legal(struct slice text)
{
    size_t at = 0;

    while (at < text.len) {
        size_t len = utf8_len(slice_of(text.ptr + at, text.len - at));

        if (len == 0 || text.ptr[at] == 0) {
            return false;
        }
        at += len;
    }
    return true;
}

/* ---- Configs --------------------------------------------------------------------------------- */

int znode_config_encode(const struct znode_config *c, struct str *out)
{
    json_t *root = json_object();
    json_t *config = json_object();
    bool is_built = true;

    for (size_t i = 0; i < c->pair_cnt; i++) {
        char key[SETTING_NAME_LEN_MAX + 1];

        if (copy_cstr(key, sizeof(key), c->pairs[i].name) != 0 ||
            !text_is_legal(c->pairs[i].name) || !text_is_legal(c->pairs[i].value)) {
            json_decref(root);
            json_decref(config);
            return ERR_INVALID;
        }
        put(config, key, text_of(c->pairs[i].value), &is_built);
    }
    put(root, "version", json_integer(1), &is_built);
    put(root, "config", config, &is_built);
    return dump(root, is_built, out);
}

static int config_fill(json_t *root, struct arena *a, struct znode_config *ret)
{
    json_t *config = json_object_get(root, "config");
    size_t cnt = json_object_size(config);
    struct setting_pair *pairs;
    const char *key;
    json_t *value;
    size_t at = 0;

    if (read_version(root) != 0 || !json_is_object(config)) {
        return ERR_INVALID;
    }
    if (cnt > SETTINGS_PER_TOPIC_MAX) {
        return ERR_LIMIT;
    }
    pairs = arena_calloc(a, cnt, sizeof(*pairs));
    if (pairs == NULL) {
        return ERR_NOMEM;
    }
    json_object_foreach(config, key, value)
    {
        if (!json_is_string(value)) {
            return ERR_INVALID;
        }
        pairs[at].name = arena_dup(a, slice_cstr(key));
        pairs[at].value = arena_dup(a, read_text(value));
        if (slice_is_null(pairs[at].name) || slice_is_null(pairs[at].value)) {
            return ERR_NOMEM;
        }
        at++;
    }
    *ret = (struct znode_config){.pairs = pairs, .pair_cnt = cnt};
    return 0;
}

int znode_config_decode(struct slice body, struct arena *a, struct znode_config *ret)
{
    json_t *root;
    int rc = parse(body, &root);

    if (rc != 0) {
        return rc;
    }
    rc = config_fill(root, a, ret);
    json_decref(root);
    return rc;
}

/* ---- The cluster ----------------------------------------------------------------------------- */

int znode_cluster_id_encode(struct uuid id, struct str *out)
{
    json_t *root = json_object();
    char text[UUID_TEXT_LEN + 1];
    bool is_built = true;

    uuid_format(id, text);
    put(root, "version", json_string("1"), &is_built);
    put(root, "id", json_string(text), &is_built);
    return dump(root, is_built, out);
}

int znode_cluster_id_decode(struct slice body, struct uuid *ret)
{
    json_t *root;
    int rc = parse(body, &root);

    if (rc != 0) {
        return rc;
    }
    rc = uuid_parse(read_text(json_object_get(root, "id")), ret) == 0 ? 0 : ERR_INVALID;
    json_decref(root);
    return rc;
}

int znode_controller_encode(const struct znode_controller *c, struct str *out)
{
    json_t *root = json_object();
    bool is_built = true;

    put(root, "version", json_integer(2), &is_built);
    put(root, "brokerid", json_integer(c->broker_id), &is_built);
    put(root, "timestamp", text_of_int(c->timestamp_ms), &is_built);
    put(root, "kraftControllerEpoch", json_integer(-1), &is_built);
    return dump(root, is_built, out);
}

int znode_controller_decode(struct slice body, struct znode_controller *ret)
{
    struct znode_controller found;
    json_t *root;
    int rc = parse(body, &root);

    if (rc != 0) {
        return rc;
    }
    rc = read_int32(json_object_get(root, "brokerid"), &found.broker_id);
    rc = rc == 0 ? read_text_int(json_object_get(root, "timestamp"), &found.timestamp_ms) : rc;
    json_decref(root);
    if (rc == 0) {
        *ret = found;
    }
    return rc;
}

int znode_producer_ids_encode(const struct znode_producer_ids *b, struct str *out)
{
    json_t *root = json_object();
    bool is_built = true;

    put(root, "version", json_integer(1), &is_built);
    put(root, "broker", json_integer(b->broker_id), &is_built);
    put(root, "block_start", text_of_int(b->first), &is_built);
    put(root, "block_end", text_of_int(b->last), &is_built);
    return dump(root, is_built, out);
}

int znode_producer_ids_decode(struct slice body, struct znode_producer_ids *ret)
{
    struct znode_producer_ids found;
    json_t *root;
    int rc = parse(body, &root);

    if (rc != 0) {
        return rc;
    }
    rc = read_int32(json_object_get(root, "broker"), &found.broker_id);
    rc = rc == 0 ? read_text_int(json_object_get(root, "block_start"), &found.first) : rc;
    rc = rc == 0 ? read_text_int(json_object_get(root, "block_end"), &found.last) : rc;
    json_decref(root);
    if (rc == 0 && (found.first < 0 || found.last < found.first)) {
        rc = ERR_INVALID;
    }
    if (rc == 0) {
        *ret = found;
    }
    return rc;
}

int znode_epoch_decode(struct slice body, int32_t *ret)
{
    int64_t n;
    int rc = text_to_int(body, &n);

    if (rc != 0 || n < 0 || n > INT32_MAX) {
        return ERR_INVALID;
    }
    *ret = (int32_t)n;
    return 0;
}
