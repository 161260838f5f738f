/*
 * `ottla topics --describe`.
 *
 * The topics come from Metadata, their settings from DescribeConfigs; where the broker serves it,
 * DescribeTopicPartitions adds the replicas that may still become leader (ELR), a page of partitions
 * at a time. Then everything is printed as Kafka prints it.
 */
#include <stdio.h>
#include <string.h>

#include "cli/json.h"
#include "cli/topics.h"
#include "gen/describe_configs.h"
#include "gen/describe_topic_partitions.h"
#include "model/ids.h"
#include "model/kerr.h"

#define CONFIGS_AT_ONCE 500
#define PARTITIONS_AT_ONCE 2000
#define SOURCE_DEFAULT 5 /* what nobody set */

/* The replicas that may become leader, of one partition. cnt -1: not told. */
struct elr {
    int32_t *ids;
    int32_t cnt;
    int32_t *last_ids;
    int32_t last_cnt;
};

struct described {
    const struct metadata_response_topic *topic;
    struct describe_configs_response_resource_result *configs;
    int32_t config_cnt;
    struct elr *elrs;        /* by partition index; NULL: not told */
    struct slice durability; /* null: the broker knows no such thing */
    int64_t min_isr;
};

struct describe_run {
    struct topics_run *run;
    struct topics_found found;
    struct described *at;
};

/* ---- Asking --------------------------------------------------------------------------------- */

static bool is_default(const struct describe_configs_response_resource_result *c, bool v0)
{
    return v0 ? c->is_default : c->config_source == SOURCE_DEFAULT;
}

/* Copies what the next answer would overwrite, and keeps only what is shown. */
static int take_configs(struct describe_run *d, struct described *t,
                        const struct describe_configs_response_result *r)
{
    struct arena *a = &d->run->arena;
    bool v0 = client_version(d->run->client, API_DESCRIBE_CONFIGS) == 0;
    t->configs = r->configs;
    for (int32_t i = 0; i < r->configs_cnt; i++) {
        struct describe_configs_response_resource_result c = r->configs[i];
        struct slice value = slice_is_null(c.value) ? SLICE_LIT("null") : arena_dup(a, c.value);
        c.name = arena_dup(a, c.name);
        c.value = value;
        if (slice_is_null(c.name) || slice_is_null(c.value)) {
            return topics_fail(d->run, "%s", err_text(ERR_NOMEM));
        }
        if (slice_eq_cstr(c.name, "durability")) {
            t->durability = c.value;
        }
        if (slice_eq_cstr(c.name, "min.insync.replicas")) {
            char text[32];
            snprintf(text, sizeof(text), "%.*s", SLICE_FMT(c.value));
            if (parse_int(text, &t->min_isr) != 0) {
                t->min_isr = 1;
            }
        }
        if (!is_default(&c, v0)) {
            t->configs[t->config_cnt++] = c;
        }
    }
    return 0;
}

static struct described *find(struct describe_run *d, struct slice name)
{
    size_t low = 0;
    size_t high = d->found.cnt;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = slice_cmp(d->at[mid].topic->name, name);
        if (order == 0) {
            return &d->at[mid];
        }
        if (order < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return NULL;
}

static int ask_configs(struct describe_run *d, size_t from, size_t cnt)
{
    struct topics_run *run = d->run;
    struct describe_configs_request rq = describe_configs_request_default;
    rq.resources = describe_configs_request_resource_new(&run->arena, (int32_t)cnt);
    if (rq.resources == NULL) {
        return topics_fail(run, "%s", err_text(ERR_NOMEM));
    }
    rq.resources_cnt = (int32_t)cnt;
    for (size_t i = 0; i < cnt; i++) {
        rq.resources[i].resource_type = CONFIG_RESOURCE_TOPIC;
        rq.resources[i].resource_name = d->at[from + i].topic->name;
        rq.resources[i].configuration_keys = NULL;
        rq.resources[i].configuration_keys_cnt = -1; /* all */
    }
    struct describe_configs_response rs;
    if (client_call(run->client, API_DESCRIBE_CONFIGS, &rq, &rs, &run->arena) != 0) {
        return topics_fail(run, "%s", client_why(run->client));
    }
    for (int32_t i = 0; i < rs.results_cnt; i++) {
        struct described *t = find(d, rs.results[i].resource_name);
        if (t != NULL && rs.results[i].error_code == KERR_NONE &&
            take_configs(d, t, &rs.results[i]) != 0) {
            return 1;
        }
    }
    return 0;
}

static void take_elrs(struct described *t, const struct describe_topic_partitions_response_topic *r)
{
    for (int32_t i = 0; t->elrs != NULL && i < r->partitions_cnt; i++) {
        const struct describe_topic_partitions_response_partition *p = &r->partitions[i];
        if (p->partition_index >= 0 && p->partition_index < t->topic->partitions_cnt) {
            t->elrs[p->partition_index] =
                (struct elr){p->eligible_leader_replicas, p->eligible_leader_replicas_cnt,
                             p->last_known_elr, p->last_known_elr_cnt};
        }
    }
}

static int new_elrs(struct describe_run *d, struct described *t)
{
    int32_t cnt = t->topic->partitions_cnt < 0 ? 0 : t->topic->partitions_cnt;
    t->elrs = arena_calloc(&d->run->arena, (size_t)cnt + 1, sizeof(*t->elrs));
    if (t->elrs == NULL) {
        return topics_fail(d->run, "%s", err_text(ERR_NOMEM));
    }
    for (int32_t i = 0; i < cnt; i++) {
        t->elrs[i].cnt = -1;
        t->elrs[i].last_cnt = -1;
    }
    return 0;
}

/* One page after the other, as long as the broker says there is more. */
static int ask_elrs(struct describe_run *d)
{
    struct topics_run *run = d->run;
    struct describe_topic_partitions_request rq = describe_topic_partitions_request_default;
    struct describe_topic_partitions_request_cursor cursor;
    rq.topics =
        describe_topic_partitions_request_topic_request_new(&run->arena, (int32_t)d->found.cnt);
    if (rq.topics == NULL) {
        return topics_fail(run, "%s", err_text(ERR_NOMEM));
    }
    rq.topics_cnt = (int32_t)d->found.cnt;
    rq.response_partition_limit =
        (int32_t)options_int(run->o, TOPICS_SIZE_LIMIT, PARTITIONS_AT_ONCE);
    size_t pages_max = 1;
    for (size_t i = 0; i < d->found.cnt; i++) {
        rq.topics[i].name = d->at[i].topic->name;
        pages_max += (size_t)d->at[i].topic->partitions_cnt + 1;
        if (new_elrs(d, &d->at[i]) != 0) {
            return 1;
        }
    }
    /* Each page has at least one partition, so a broker that never ends is noticed. */
    for (size_t page = 0; page < pages_max; page++) {
        struct describe_topic_partitions_response rs;
        if (client_call(run->client, API_DESCRIBE_TOPIC_PARTITIONS, &rq, &rs, &run->arena) != 0) {
            return topics_fail(run, "%s", client_why(run->client));
        }
        for (int32_t i = 0; i < rs.topics_cnt; i++) {
            struct described *t = find(d, rs.topics[i].name);
            if (t != NULL) {
                take_elrs(t, &rs.topics[i]);
            }
        }
        if (rs.next_cursor == NULL) {
            return 0;
        }
        cursor.topic_name = arena_dup(&run->arena, rs.next_cursor->topic_name);
        cursor.partition_index = rs.next_cursor->partition_index;
        rq.cursor = &cursor;
    }
    return topics_fail(run,
                       "the broker at %s gives one page of partitions after the other without "
                       "end",
                       client_broker(run->client));
}

static int ask_all(struct describe_run *d)
{
    struct topics_run *run = d->run;
    d->at = arena_calloc(&run->arena, d->found.cnt + 1, sizeof(*d->at));
    if (d->at == NULL) {
        return topics_fail(run, "%s", err_text(ERR_NOMEM));
    }
    for (size_t i = 0; i < d->found.cnt; i++) {
        d->at[i] = (struct described){.topic = &d->found.at[i], .min_isr = 1};
    }
    if (d->found.cnt == 0) {
        return 0;
    }
    if (client_version(run->client, API_DESCRIBE_TOPIC_PARTITIONS) >= 0 && ask_elrs(d) != 0) {
        return 1;
    }
    for (size_t i = 0; i < d->found.cnt; i += CONFIGS_AT_ONCE) {
        size_t left = d->found.cnt - i;
        size_t cnt = left < CONFIGS_AT_ONCE ? left : CONFIGS_AT_ONCE;
        if (ask_configs(d, i, cnt) != 0) {
            return 1;
        }
    }
    return 0;
}

/* ---- Choosing ------------------------------------------------------------------------------- */

static bool has_live_leader(const struct describe_run *d,
                            const struct metadata_response_partition *p)
{
    for (size_t i = 0; i < d->found.live_cnt; i++) {
        if (d->found.live[i] == p->leader_id) {
            return true;
        }
    }
    return false;
}

static bool only_some_partitions(const struct options *o)
{
    return options_has(o, TOPICS_UNDER_REPLICATED) || options_has(o, TOPICS_UNAVAILABLE) ||
           options_has(o, TOPICS_UNDER_MIN_ISR) || options_has(o, TOPICS_AT_MIN_ISR);
}

static bool shows_partition(const struct describe_run *d, const struct described *t,
                            const struct metadata_response_partition *p)
{
    const struct options *o = d->run->o;
    if (options_has(o, TOPICS_WITH_OVERRIDES)) {
        return false;
    }
    return !only_some_partitions(o) ||
           (options_has(o, TOPICS_UNDER_REPLICATED) && p->isr_nodes_cnt < p->replica_nodes_cnt) ||
           (options_has(o, TOPICS_UNAVAILABLE) && !has_live_leader(d, p)) ||
           (options_has(o, TOPICS_UNDER_MIN_ISR) &&
            (p->leader_id < 0 || p->isr_nodes_cnt < t->min_isr)) ||
           (options_has(o, TOPICS_AT_MIN_ISR) && p->isr_nodes_cnt == t->min_isr);
}

static bool shows_topic(const struct describe_run *d, const struct described *t)
{
    const struct options *o = d->run->o;
    return !only_some_partitions(o) &&
           (!options_has(o, TOPICS_WITH_OVERRIDES) || t->config_cnt > 0);
}

static int32_t replica_cnt(const struct described *t)
{
    return t->topic->partitions_cnt > 0 ? t->topic->partitions[0].replica_nodes_cnt : 0;
}

static const struct elr *elr_of(const struct described *t, int32_t partition)
{
    static const struct elr none = {.cnt = -1, .last_cnt = -1};
    bool known = t->elrs != NULL && partition >= 0 && partition < t->topic->partitions_cnt;
    return known ? &t->elrs[partition] : &none;
}

/* ---- Printing ------------------------------------------------------------------------------- */

static void print_ids(const char *label, const int32_t *ids, int32_t cnt)
{
    printf("\t%s: ", label);
    if (cnt < 0) {
        printf("N/A");
    }
    for (int32_t i = 0; i < cnt; i++) {
        printf("%s%d", i == 0 ? "" : ",", ids[i]);
    }
}

static void print_topic(const struct described *t)
{
    const struct metadata_response_topic *m = t->topic;
    printf("Topic: %.*s", SLICE_FMT(m->name));
    if (!uuid_is_zero(m->topic_id)) {
        char id[UUID_TEXT_LEN + 1];
        uuid_format(m->topic_id, id);
        printf("\tTopicId: %s", id);
    }
    printf("\tPartitionCount: %d\tReplicationFactor: %d\tConfigs: ", m->partitions_cnt,
           replica_cnt(t));
    for (int32_t i = 0; i < t->config_cnt; i++) {
        printf("%s%.*s=%.*s", i == 0 ? "" : ",", SLICE_FMT(t->configs[i].name),
               SLICE_FMT(t->configs[i].value));
    }
    if (!slice_is_null(t->durability)) {
        printf("\tDurability: %.*s", SLICE_FMT(t->durability));
    }
    printf("\n");
}

static void print_partition(const struct described *t, const struct metadata_response_partition *p)
{
    printf("\tTopic: %.*s\tPartition: %d\tLeader: ", SLICE_FMT(t->topic->name), p->partition_index);
    if (p->leader_id < 0) {
        printf("none");
    } else {
        printf("%d", p->leader_id);
    }
    const struct elr *elr = elr_of(t, p->partition_index);
    print_ids("Replicas", p->replica_nodes, p->replica_nodes_cnt);
    print_ids("Isr", p->isr_nodes, p->isr_nodes_cnt);
    print_ids("Elr", elr->ids, elr->cnt);
    print_ids("LastKnownElr", elr->last_ids, elr->last_cnt);
    printf("\n");
}

static json_t *json_of_partition(const struct described *t,
                                 const struct metadata_response_partition *p)
{
    const struct elr *elr = elr_of(t, p->partition_index);
    json_t *leader = p->leader_id < 0 ? json_null() : json_integer(p->leader_id);
    return json_pack("{s:i, s:o, s:i, s:o, s:o, s:o, s:o}", "partition", p->partition_index,
                     "leader", leader, "leader_epoch", p->leader_epoch, "replicas",
                     json_of_ids(p->replica_nodes, p->replica_nodes_cnt), "isr",
                     json_of_ids(p->isr_nodes, p->isr_nodes_cnt), "elr",
                     json_of_ids(elr->ids, elr->cnt), "last_known_elr",
                     json_of_ids(elr->last_ids, elr->last_cnt));
}

static json_t *json_of_topic(const struct describe_run *d, const struct described *t)
{
    json_t *configs = json_object();
    for (int32_t i = 0; i < t->config_cnt; i++) {
        configs = json_put(configs, t->configs[i].name, json_of(t->configs[i].value));
    }
    json_t *partitions = json_array();
    for (int32_t i = 0; i < t->topic->partitions_cnt; i++) {
        if (shows_partition(d, t, &t->topic->partitions[i])) {
            partitions = json_append(partitions, json_of_partition(t, &t->topic->partitions[i]));
        }
    }
    char id[UUID_TEXT_LEN + 1];
    uuid_format(t->topic->topic_id, id);
    return json_pack("{s:o, s:s, s:b, s:i, s:i, s:o, s:o, s:o}", "topic", json_of(t->topic->name),
                     "topic_id", id, "internal", t->topic->is_internal ? 1 : 0, "partition_count",
                     t->topic->partitions_cnt, "replication_factor", replica_cnt(t), "durability",
                     json_of(t->durability), "configs", configs, "partitions", partitions);
}

static int print_json(const struct describe_run *d)
{
    json_t *topics = json_array();
    for (size_t i = 0; i < d->found.cnt; i++) {
        if (shows_topic(d, &d->at[i]) || only_some_partitions(d->run->o)) {
            topics = json_append(topics, json_of_topic(d, &d->at[i]));
        }
    }
    return json_print(d->run->cli, json_pack("{s:o}", "topics", topics));
}

int topics_describe(struct topics_run *run)
{
    struct describe_run d = {.run = run};
    if (topics_find(run, !options_has(run->o, TOPICS_IF_EXISTS), &d.found) != 0 ||
        ask_all(&d) != 0) {
        return 1;
    }
    if (options_has(run->o, TOPICS_JSON)) {
        return print_json(&d);
    }
    for (size_t i = 0; i < d.found.cnt; i++) {
        const struct described *t = &d.at[i];
        if (shows_topic(&d, t)) {
            print_topic(t);
        }
        for (int32_t p = 0; p < t->topic->partitions_cnt; p++) {
            if (shows_partition(&d, t, &t->topic->partitions[p])) {
                print_partition(t, &t->topic->partitions[p]);
            }
        }
    }
    return 0;
}
