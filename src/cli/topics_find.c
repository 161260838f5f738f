/*
 * A plain name is asked for alone, so that describing one topic costs one topic; only a pattern, an id
 * or no name at all asks for every topic of the cluster.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/topic_filter.h"
#include "cli/topics.h"
#include "model/kerr.h"
#include "model/topic.h"

/* Metadata of the one topic, or of all (name null). Names are copied into the arena. */
static int ask(struct topics_run *run, struct slice name, struct metadata_response *ret)
{
    struct metadata_request rq = metadata_request_default;
    rq.allow_auto_topic_creation = false;
    struct metadata_request_topic topic = metadata_request_topic_default;
    topic.name = name;
    bool all = slice_is_null(name);
    bool v0 = client_version(run->client, API_METADATA) == 0;
    rq.topics = all ? NULL : &topic;
    rq.topics_cnt = all ? (v0 ? 0 : -1) : 1;
    if (client_call(run->client, API_METADATA, &rq, ret, &run->arena) != 0) {
        return topics_fail(run, "%s", client_why(run->client));
    }
    if (ret->error_code != KERR_NONE) {
        return topics_fail(run, "%s", kerr_text(ret->error_code));
    }
    for (int32_t i = 0; i < ret->topics_cnt; i++) {
        ret->topics[i].name = arena_dup(&run->arena, ret->topics[i].name);
    }
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct metadata_response_topic *x = a;
    const struct metadata_response_topic *y = b;
    return slice_cmp(x->name, y->name);
}

static int by_index(const void *a, const void *b)
{
    const struct metadata_response_partition *x = a;
    const struct metadata_response_partition *y = b;
    return (x->partition_index > y->partition_index) - (x->partition_index < y->partition_index);
}

/* Keeps what `wanted` says, sorted. */
static int keep(struct topics_run *run, struct metadata_response *rs,
                bool (*wanted)(const void *ctx, const struct metadata_response_topic *t),
                const void *ctx, struct topics_found *ret)
{
    bool no_internal = options_has(run->o, TOPICS_EXCLUDE_INTERNAL);
    *ret = (struct topics_found){.at = rs->topics};
    for (int32_t i = 0; i < rs->topics_cnt; i++) {
        struct metadata_response_topic *t = &rs->topics[i];
        bool internal = t->is_internal || topic_is_internal(t->name);
        if (slice_is_null(t->name) || t->error_code == KERR_UNKNOWN_TOPIC_OR_PARTITION ||
            t->error_code == KERR_INVALID_TOPIC_EXCEPTION || (no_internal && internal) ||
            !wanted(ctx, t)) {
            continue;
        }
        t->is_internal = internal;
        if (t->partitions_cnt > 1) {
            qsort(t->partitions, (size_t)t->partitions_cnt, sizeof(t->partitions[0]), by_index);
        }
        ret->at[ret->cnt++] = *t;
    }
    if (ret->cnt > 1) {
        qsort(ret->at, ret->cnt, sizeof(ret->at[0]), by_name);
    }
    ret->live = arena_calloc(&run->arena, (size_t)rs->brokers_cnt + 1, sizeof(*ret->live));
    if (ret->live == NULL) {
        return topics_fail(run, "%s", err_text(ERR_NOMEM));
    }
    for (int32_t i = 0; i < rs->brokers_cnt; i++) {
        ret->live[ret->live_cnt++] = rs->brokers[i].node_id;
    }
    return 0;
}

static bool any(const void *ctx, const struct metadata_response_topic *t)
{
    (void)ctx;
    (void)t;
    return true;
}

static bool has_id(const void *ctx, const struct metadata_response_topic *t)
{
    return uuid_eq(*(const struct uuid *)ctx, t->topic_id);
}

static bool matches(const void *ctx, const struct metadata_response_topic *t)
{
    return topic_filter_has(ctx, t->name);
}

static int find_by_id(struct topics_run *run, const char *text, bool must_exist,
                      struct topics_found *ret)
{
    struct uuid id;
    if (uuid_parse(slice_cstr(text), &id) != 0) {
        return topics_fail(run, "'%.60s' is not a topic id: 22 letters, digits, - and _", text);
    }
    struct metadata_response rs;
    if (ask(run, SLICE_NULL, &rs) != 0 || keep(run, &rs, has_id, &id, ret) != 0) {
        return 1;
    }
    if (ret->cnt == 0 && must_exist) {
        return topics_fail(run, "TopicId '%s' does not exist as expected", text);
    }
    return 0;
}

static int find_by_pattern(struct topics_run *run, const char *text, struct topics_found *ret)
{
    struct topic_filter filter;
    int rc = topic_filter_init(&filter, text);
    if (rc != 0) {
        rc = topics_fail(run, "%s", rc == ERR_INVALID ? filter.why : err_text(rc));
    } else {
        struct metadata_response rs;
        rc = ask(run, SLICE_NULL, &rs) != 0 || keep(run, &rs, matches, &filter, ret) != 0 ? 1 : 0;
    }
    topic_filter_release(&filter);
    return rc;
}

static int find_by_name(struct topics_run *run, const char *text, bool must_exist,
                        struct topics_found *ret)
{
    struct slice name = slice_cstr(text);
    bool plain = topic_name_is_legal(name);
    struct metadata_response rs;
    if (plain && (ask(run, name, &rs) != 0 || keep(run, &rs, any, NULL, ret) != 0)) {
        return 1;
    }
    bool pattern = !plain || strchr(text, '.') != NULL;
    if ((!plain || ret->cnt == 0) && pattern && find_by_pattern(run, text, ret) != 0) {
        return 1;
    }
    if (ret->cnt == 0 && must_exist && text[0] != '\0') {
        return topics_fail(run, "Topic '%.300s' does not exist as expected", text);
    }
    return 0;
}

int topics_find(struct topics_run *run, bool must_exist, struct topics_found *ret)
{
    const char *id = options_text(run->o, TOPICS_TOPIC_ID, NULL);
    const char *name = options_text(run->o, TOPICS_TOPIC, NULL);
    *ret = (struct topics_found){.cnt = 0};
    if (id != NULL) {
        return find_by_id(run, id, must_exist, ret);
    }
    if (name != NULL) {
        return find_by_name(run, name, must_exist, ret);
    }
    struct metadata_response rs;
    if (ask(run, SLICE_NULL, &rs) != 0) {
        return 1;
    }
    return keep(run, &rs, any, NULL, ret);
}
