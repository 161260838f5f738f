/*
 * `ottla topics`, which is also kafka-topics.sh: same flags, same output.
 */
#include "cli/topics.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/connect.h"
#include "cli/json.h"
#include "gen/create_topics.h"
#include "gen/delete_topics.h"
#include "model/kerr.h"
#include "model/limits.h"
#include "model/topic.h"

#define ANSWERS_MAX ((size_t)1024 * 1024 * 1024)
#define TIMEOUT_MS 60000
#define NOT_CONTROLLER_TRIES 5
#define MESSAGE_LEN 1024

#define ACTION(name_, help_) \
    { \
        .name = (name_), .type = OPTION_FLAG, .help = (help_) \
    }

static const struct option options[TOPICS_OPTION_CNT] = {
    [TOPICS_CREATE] = ACTION("--create", "Make a topic."),
    [TOPICS_LIST] = ACTION("--list", "Print the names of the topics."),
    [TOPICS_DESCRIBE] = ACTION("--describe", "Print what topics consist of."),
    [TOPICS_DELETE] = ACTION("--delete", "Delete topics and all their records."),
    [TOPICS_ALTER] = ACTION("--alter", "Comes with a later version."),
    [TOPICS_TOPIC] = {.name = "--topic",
                      .type = OPTION_TEXT,
                      .value = "TOPIC",
                      .help = "A topic; except with --create also a regular expression, or several "
                              "between commas."},
    [TOPICS_BOOTSTRAP] = CLI_OPTION_BOOTSTRAP(NULL),
    [TOPICS_PARTITIONS] = {.name = "--partitions",
                           .type = OPTION_INT,
                           .value = "N",
                           .help = "How many partitions (default: the broker's num.partitions)."},
    [TOPICS_REPLICATION_FACTOR] = {.name = "--replication-factor",
                                   .type = OPTION_INT,
                                   .value = "N",
                                   .help = "How many replicas each has (default: the broker's)."},
    [TOPICS_REPLICA_ASSIGNMENT] = {.name = "--replica-assignment",
                                   .type = OPTION_TEXT,
                                   .value = "0:1,1:2",
                                   .help = "The brokers of each partition by hand."},
    [TOPICS_CONFIG] = {.name = "--config",
                       .type = OPTION_TEXT,
                       .repeatable = true,
                       .value = "NAME=VALUE",
                       .help = "A setting of the new topic, such as durability=replicated or "
                               "retention.ms=3600000."},
    [TOPICS_IF_EXISTS] = {.name = "--if-exists",
                          .type = OPTION_FLAG,
                          .help = "A topic that is not there is no failure."},
    [TOPICS_IF_NOT_EXISTS] = {.name = "--if-not-exists",
                              .type = OPTION_FLAG,
                              .help = "A topic that is there already is no failure."},
    [TOPICS_TOPIC_ID] = {.name = "--topic-id",
                         .type = OPTION_TEXT,
                         .value = "ID",
                         .help = "With --describe: the topic with this id."},
    [TOPICS_EXCLUDE_INTERNAL] = {.name = "--exclude-internal",
                                 .type = OPTION_FLAG,
                                 .help = "Leave out the topics brokers keep for themselves."},
    [TOPICS_UNDER_REPLICATED] = {.name = "--under-replicated-partitions",
                                 .type = OPTION_FLAG,
                                 .help = "With --describe: only partitions that lack replicas in "
                                         "sync."},
    [TOPICS_UNAVAILABLE] = {.name = "--unavailable-partitions",
                            .type = OPTION_FLAG,
                            .help = "With --describe: only partitions without a live leader."},
    [TOPICS_UNDER_MIN_ISR] = {.name = "--under-min-isr-partitions",
                              .type = OPTION_FLAG,
                              .help = "With --describe: only partitions below "
                                      "min.insync.replicas."},
    [TOPICS_AT_MIN_ISR] = {.name = "--at-min-isr-partitions",
                           .type = OPTION_FLAG,
                           .help = "With --describe: only partitions exactly at "
                                   "min.insync.replicas."},
    [TOPICS_WITH_OVERRIDES] = {.name = "--topics-with-overrides",
                               .type = OPTION_FLAG,
                               .help = "With --describe: only topics with settings of their own."},
    [TOPICS_JSON] = CLI_OPTION_JSON,
    [TOPICS_COMMAND_CONFIG] = {.name = "--command-config",
                               .type = OPTION_TEXT,
                               .value = "FILE",
                               .help = "A file with settings of the client."},
    [TOPICS_SIZE_LIMIT] = {.name = "--partition-size-limit-per-response",
                           .type = OPTION_INT,
                           .value = "N",
                           .least = 1,
                           .greatest = INT32_MAX,
                           .help = "How many partitions to ask for at once (default: 2000)."},
    [TOPICS_DELETE_CONFIG] = {.name = "--delete-config", .type = OPTION_TEXT, .value = "NAME"},
    [TOPICS_DISABLE_RACK_AWARE] = {.name = "--disable-rack-aware", .type = OPTION_FLAG},
    [TOPICS_FORCE] = {.name = "--force", .type = OPTION_FLAG},
    [TOPICS_ZOOKEEPER] = CLI_OPTION_ZOOKEEPER,
};

/* Which flags make sense only with which actions. */
#define BIT(action) (1u << (action))
static const struct {
    enum topics_option flag;
    unsigned actions;
} belongs[] = {
    {TOPICS_PARTITIONS, BIT(TOPICS_CREATE) | BIT(TOPICS_ALTER)},
    {TOPICS_REPLICATION_FACTOR, BIT(TOPICS_CREATE)},
    {TOPICS_REPLICA_ASSIGNMENT, BIT(TOPICS_CREATE) | BIT(TOPICS_ALTER)},
    {TOPICS_CONFIG, BIT(TOPICS_CREATE) | BIT(TOPICS_ALTER)},
    {TOPICS_IF_NOT_EXISTS, BIT(TOPICS_CREATE)},
    {TOPICS_IF_EXISTS, BIT(TOPICS_DESCRIBE) | BIT(TOPICS_DELETE) | BIT(TOPICS_ALTER)},
    {TOPICS_TOPIC_ID, BIT(TOPICS_DESCRIBE)},
    {TOPICS_EXCLUDE_INTERNAL, BIT(TOPICS_LIST) | BIT(TOPICS_DESCRIBE)},
    {TOPICS_UNDER_REPLICATED, BIT(TOPICS_DESCRIBE)},
    {TOPICS_UNAVAILABLE, BIT(TOPICS_DESCRIBE)},
    {TOPICS_UNDER_MIN_ISR, BIT(TOPICS_DESCRIBE)},
    {TOPICS_AT_MIN_ISR, BIT(TOPICS_DESCRIBE)},
    {TOPICS_WITH_OVERRIDES, BIT(TOPICS_DESCRIBE)},
    {TOPICS_JSON, BIT(TOPICS_LIST) | BIT(TOPICS_DESCRIBE)},
};

int topics_fail(const struct topics_run *run, const char *fmt, ...)
{
    char message[MESSAGE_LEN];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    return cli_fail(run->cli, "Error while executing topic command : %s", message);
}

/* The broker's words, or ours where it has none. */
static int topics_fail_code(const struct topics_run *run, int16_t code, struct slice message)
{
    if (slice_is_null(message) || message.len == 0) {
        return topics_fail(run, "%s (%s)", kerr_text(code), kerr_name(code));
    }
    struct str text;
    str_init(&text, MESSAGE_LEN);
    for (size_t i = 0; i < message.len; i++) {
        uint8_t c = message.ptr[i];
        str_add(&text, c < ' ' || c == 0x7f ? SLICE_LIT(" ") : slice_sub(message, i, 1));
    }
    int rc = topics_fail(run, "%s", text.ptr);
    str_release(&text);
    return rc;
}

/* ---- --list --------------------------------------------------------------------------------- */

static int topics_list(struct topics_run *run)
{
    struct topics_found found;
    if (topics_find(run, false, &found) != 0) {
        return 1;
    }
    if (options_has(run->o, TOPICS_JSON)) {
        json_t *names = json_array();
        for (size_t i = 0; i < found.cnt; i++) {
            names = json_append(names, json_of(found.at[i].name));
        }
        return json_print(run->cli, json_pack("{s:o}", "topics", names));
    }
    for (size_t i = 0; i < found.cnt; i++) {
        printf("%.*s\n", SLICE_FMT(found.at[i].name));
    }
    return 0;
}

/* ---- --create ------------------------------------------------------------------------------- */

static struct slice trim(struct slice s)
{
    while (s.len > 0 && s.ptr[0] == ' ') {
        s = slice_sub(s, 1, s.len);
    }
    while (s.len > 0 && s.ptr[s.len - 1] == ' ') {
        s.len--;
    }
    return s;
}

static int take_configs(struct topics_run *run, struct create_topics_request_creatable_topic *topic)
{
    const struct option_value *given = &run->o->values[TOPICS_CONFIG];
    topic->configs =
        create_topics_request_creatable_topic_config_new(&run->arena, (int32_t)given->cnt);
    if (topic->configs == NULL) {
        return topics_fail(run, "%s", err_text(ERR_NOMEM));
    }
    for (size_t i = 0; i < given->cnt; i++) {
        struct slice pair = slice_cstr(given->texts[i]);
        const char *equals = strchr(given->texts[i], '=');
        if (equals == NULL || equals == given->texts[i]) {
            return cli_fail(run->cli, "--config takes NAME=VALUE, not '%.80s'", given->texts[i]);
        }
        size_t len = (size_t)(equals - given->texts[i]);
        topic->configs[i].name = trim(slice_sub(pair, 0, len));
        topic->configs[i].value = trim(slice_sub(pair, len + 1, pair.len));
    }
    topic->configs_cnt = (int32_t)given->cnt;
    return 0;
}

static size_t items_of(const char *text, char separator)
{
    size_t cnt = 1;
    for (; *text != '\0'; text++) {
        cnt += *text == separator ? 1 : 0;
    }
    return cnt;
}

/* "0:1": the brokers of one partition. Returns 0, or 1 after a sentence. */
static int take_brokers(struct topics_run *run, struct slice text,
                        struct create_topics_request_creatable_replica_assignment *ret)
{
    ret->broker_ids = arena_calloc(&run->arena, text.len + 1, sizeof(int32_t));
    if (ret->broker_ids == NULL) {
        return topics_fail(run, "%s", err_text(ERR_NOMEM));
    }
    size_t at = 0;
    while (at <= text.len) {
        size_t len = 0;
        while (at + len < text.len && text.ptr[at + len] != ':') {
            len++;
        }
        char number[16];
        int64_t id = 0;
        struct slice item = trim(slice_sub(text, at, len));
        snprintf(number, sizeof(number), "%.*s", SLICE_FMT(item));
        if (item.len >= sizeof(number) || parse_int(number, &id) != 0 || id < 0 || id > INT32_MAX) {
            return cli_fail(
                run->cli, "--replica-assignment takes broker ids: 0:1,1:2 are two partitions with "
                          "two replicas each");
        }
        for (int32_t i = 0; i < ret->broker_ids_cnt; i++) {
            if (ret->broker_ids[i] == id) {
                return topics_fail(
                    run, "Partition replica lists may not contain duplicate entries: %s", number);
            }
        }
        ret->broker_ids[ret->broker_ids_cnt++] = (int32_t)id;
        at += len + 1;
    }
    return 0;
}

static int take_assignment(struct topics_run *run,
                           struct create_topics_request_creatable_topic *topic)
{
    const char *text = options_text(run->o, TOPICS_REPLICA_ASSIGNMENT, NULL);
    if (text == NULL || text[0] == '\0') {
        return 0;
    }
    if (options_has(run->o, TOPICS_PARTITIONS) || options_has(run->o, TOPICS_REPLICATION_FACTOR)) {
        return cli_fail(run->cli,
                        "--replica-assignment says how many partitions and replicas there "
                        "are; leave out --partitions and --replication-factor");
    }
    size_t cnt = items_of(text, ',');
    if (cnt > PARTITIONS_PER_CREATION_MAX) {
        return topics_fail(run, "more than %d partitions in one creation",
                           PARTITIONS_PER_CREATION_MAX);
    }
    topic->assignments =
        create_topics_request_creatable_replica_assignment_new(&run->arena, (int32_t)cnt);
    if (topic->assignments == NULL) {
        return topics_fail(run, "%s", err_text(ERR_NOMEM));
    }
    for (size_t i = 0; i < cnt; i++) {
        size_t len = strcspn(text, ",");
        topic->assignments[i].partition_index = (int32_t)i;
        if (take_brokers(run, slice_of(text, len), &topic->assignments[i]) != 0) {
            return 1;
        }
        if (topic->assignments[i].broker_ids_cnt != topic->assignments[0].broker_ids_cnt) {
            return topics_fail(run, "Partition %zu has different replication factor: %.*s", i,
                               (int)len, text);
        }
        text += len + 1;
    }
    topic->assignments_cnt = (int32_t)cnt;
    return 0;
}

static int take_counts(struct topics_run *run, struct create_topics_request_creatable_topic *topic)
{
    int64_t partitions = options_int(run->o, TOPICS_PARTITIONS, -1);
    int64_t replicas = options_int(run->o, TOPICS_REPLICATION_FACTOR, -1);
    if (options_has(run->o, TOPICS_REPLICATION_FACTOR) && (replicas < 1 || replicas > INT16_MAX)) {
        return topics_fail(run, "The replication factor must be between 1 and 32767 inclusive");
    }
    if (options_has(run->o, TOPICS_PARTITIONS) && (partitions < 1 || partitions > INT32_MAX)) {
        return topics_fail(run, "The partitions must be greater than 0");
    }
    bool by_hand = topic->assignments_cnt > 0;
    if (!by_hand && client_version(run->client, API_CREATE_TOPICS) < 4) {
        partitions = partitions < 0 ? 1 : partitions; /* old brokers have no word for "default" */
        replicas = replicas < 0 ? 1 : replicas;
    }
    topic->num_partitions = by_hand ? -1 : (int32_t)partitions;
    topic->replication_factor = by_hand ? -1 : (int16_t)replicas;
    return 0;
}

/* Asks the controller; one that was replaced meanwhile is looked for again. */
static int ask_controller(struct topics_run *run, enum api_key key, const void *rq, void *rs,
                          int16_t (*code_of)(const void *rs))
{
    for (int i = 0; i < NOT_CONTROLLER_TRIES; i++) {
        if (client_connect_controller(run->client) != 0 ||
            client_call(run->client, key, rq, rs, &run->arena) != 0) {
            return topics_fail(run, "%s", client_why(run->client));
        }
        if (code_of(rs) != KERR_NOT_CONTROLLER) {
            break;
        }
    }
    return 0;
}

static int16_t created_code(const void *response)
{
    const struct create_topics_response *rs = response;
    return rs->topics_cnt == 1 ? rs->topics[0].error_code : KERR_UNKNOWN_SERVER_ERROR;
}

/* Brokers take such a topic; whoever writes to it finds out after two minutes of waiting. */
static void warn_of_min_isr(const struct topics_run *run,
                            const struct create_topics_request_creatable_topic *topic,
                            int16_t answered)
{
    int32_t replicas = answered > 0                 ? answered
                       : topic->assignments_cnt > 0 ? topic->assignments[0].broker_ids_cnt
                                                    : topic->replication_factor;
    int64_t least = 0;
    for (int32_t i = 0; i < topic->configs_cnt; i++) {
        char number[24];
        struct slice value = topic->configs[i].value;
        snprintf(number, sizeof(number), "%.*s", SLICE_FMT(value));
        if (slice_eq(topic->configs[i].name, SLICE_LIT("min.insync.replicas")) &&
            parse_int(number, &least) != 0) {
            least = 0;
        }
    }
    if (replicas > 0 && least > replicas) {
        cli_note(run->cli,
                 "WARNING: min.insync.replicas=%lld is more than the replicas of %.260s (%d): "
                 "writes with acks=all will be refused",
                 (long long)least, options_text(run->o, TOPICS_TOPIC, ""), (int)replicas);
    }
}

static int topics_create(struct topics_run *run)
{
    const char *name = options_text(run->o, TOPICS_TOPIC, "");
    struct create_topics_request_creatable_topic topic =
        create_topics_request_creatable_topic_default;
    topic.name = slice_cstr(name);
    if (take_configs(run, &topic) != 0 || take_assignment(run, &topic) != 0 ||
        take_counts(run, &topic) != 0) {
        return 1;
    }
    struct create_topics_request rq = create_topics_request_default;
    rq.topics = &topic;
    rq.topics_cnt = 1;
    rq.timeout_ms = TIMEOUT_MS;
    if (topic_name_is_legal(topic.name) && topic_name_may_collide(topic.name)) {
        printf("WARNING: Due to limitations in metric names, topics with a period ('.') or "
               "underscore ('_') could collide. To avoid issues it is best to use either, but not "
               "both.\n");
    }

    struct create_topics_response rs;
    if (ask_controller(run, API_CREATE_TOPICS, &rq, &rs, created_code) != 0) {
        return 1;
    }
    int16_t code = created_code(&rs);
    if (code == KERR_TOPIC_ALREADY_EXISTS) {
        return options_has(run->o, TOPICS_IF_NOT_EXISTS)
                   ? 0
                   : topics_fail(run, "Topic '%s' already exists", name);
    }
    if (code != KERR_NONE) {
        return topics_fail_code(run, code,
                                rs.topics_cnt == 1 ? rs.topics[0].error_message : SLICE_NULL);
    }
    printf("Created topic %s.\n", name);
    warn_of_min_isr(run, &topic, rs.topics[0].replication_factor);
    return 0;
}

/* ---- --delete ------------------------------------------------------------------------------- */

static int16_t deleted_code(const void *response)
{
    const struct delete_topics_response *rs = response;
    for (int32_t i = 0; i < rs->responses_cnt; i++) {
        if (rs->responses[i].error_code != KERR_NONE) {
            return rs->responses[i].error_code;
        }
    }
    return KERR_NONE;
}

static int report_deleted(const struct topics_run *run, const struct delete_topics_response *rs)
{
    int rc = 0;
    for (int32_t i = 0; i < rs->responses_cnt; i++) {
        const struct delete_topics_response_deletable_topic_result *t = &rs->responses[i];
        bool gone = t->error_code == KERR_UNKNOWN_TOPIC_OR_PARTITION;
        if (t->error_code == KERR_NONE || (gone && options_has(run->o, TOPICS_IF_EXISTS))) {
            continue;
        }
        rc = gone ? topics_fail(run, "Topic '%.*s' does not exist as expected", SLICE_FMT(t->name))
                  : topics_fail_code(run, t->error_code, t->error_message);
    }
    return rc;
}

static int topics_delete(struct topics_run *run)
{
    struct topics_found found;
    if (topics_find(run, !options_has(run->o, TOPICS_IF_EXISTS), &found) != 0) {
        return 1;
    }
    if (found.cnt == 0) {
        return 0;
    }
    struct delete_topics_request rq = delete_topics_request_default;
    rq.timeout_ms = TIMEOUT_MS;
    rq.topics = delete_topics_request_topic_state_new(&run->arena, (int32_t)found.cnt);
    rq.topic_names = arena_calloc(&run->arena, found.cnt, sizeof(*rq.topic_names));
    if (rq.topics == NULL || rq.topic_names == NULL) {
        return topics_fail(run, "%s", err_text(ERR_NOMEM));
    }
    for (size_t i = 0; i < found.cnt; i++) {
        rq.topics[i].name = found.at[i].name;
        rq.topic_names[i] = found.at[i].name;
    }
    rq.topics_cnt = (int32_t)found.cnt;
    rq.topic_names_cnt = (int32_t)found.cnt;
    struct delete_topics_response rs;
    if (ask_controller(run, API_DELETE_TOPICS, &rq, &rs, deleted_code) != 0) {
        return 1;
    }
    return report_deleted(run, &rs);
}

/* ---- The command ---------------------------------------------------------------------------- */

static const enum topics_option actions[] = {TOPICS_LIST, TOPICS_DESCRIBE, TOPICS_CREATE,
                                             TOPICS_ALTER, TOPICS_DELETE};

/* The one action asked for; TOPICS_OPTION_CNT after a sentence. */
static enum topics_option choose_action(const struct cli *cli, const struct options *o)
{
    enum topics_option action = TOPICS_OPTION_CNT;
    size_t cnt = 0;
    for (size_t i = 0; i < ARRAY_CNT(actions); i++) {
        if (options_has(o, actions[i])) {
            action = actions[i];
            cnt++;
        }
    }
    if (cnt != 1) {
        (void)cli_fail(cli,
                       "Command must include exactly one action: --list, --describe, --create, "
                       "--alter or --delete");
        return TOPICS_OPTION_CNT;
    }
    for (size_t i = 0; i < ARRAY_CNT(belongs); i++) {
        if (options_has(o, belongs[i].flag) && (belongs[i].actions & BIT(action)) == 0) {
            (void)cli_fail(cli, "%s has no meaning together with %s", options[belongs[i].flag].name,
                           options[action].name);
            return TOPICS_OPTION_CNT;
        }
    }
    if ((action == TOPICS_CREATE || action == TOPICS_DELETE) && !options_has(o, TOPICS_TOPIC)) {
        (void)cli_fail(cli, "Missing required argument \"[topic]\": %s needs --topic TOPIC",
                       options[action].name);
        return TOPICS_OPTION_CNT;
    }
    return action;
}

static int run_action(struct topics_run *run, enum topics_option action)
{
    return action == TOPICS_CREATE   ? topics_create(run)
           : action == TOPICS_DELETE ? topics_delete(run)
           : action == TOPICS_LIST   ? topics_list(run)
                                     : topics_describe(run);
}

/* Whoever asks for settings gets an answer about settings. */
static int refuse_alter(const struct cli *cli, const struct options *o)
{
    if (options_has(o, TOPICS_CONFIG) || options_has(o, TOPICS_DELETE_CONFIG)) {
        return cli_fail(cli,
                        "changing a topic's settings comes with a later version; until then give "
                        "them when the topic is created: --create --topic TOPIC --config "
                        "NAME=VALUE");
    }
    return cli_fail(cli, "giving a topic more partitions comes with a later version; until then "
                         "create it with as many as it will need");
}

static int topics_run(struct cli *cli, const struct options *o)
{
    enum topics_option action = choose_action(cli, o);
    if (action == TOPICS_OPTION_CNT) {
        return 1;
    }
    if (cli_check_zookeeper(cli, o, TOPICS_ZOOKEEPER, TOPICS_BOOTSTRAP) != 0) {
        return 1;
    }
    if (action == TOPICS_ALTER) {
        return refuse_alter(cli, o);
    }
    if (options_has(o, TOPICS_DELETE_CONFIG)) {
        cli_note(cli, "--delete-config is not supported by Kafka's tool any more, and not here");
    }
    struct topics_run run = {.cli = cli, .o = o};
    int rc = cli_connect(cli, options_text(o, TOPICS_BOOTSTRAP, NULL),
                         options_text(o, TOPICS_COMMAND_CONFIG, NULL), &run.client);
    if (rc != 0) {
        return rc;
    }
    arena_init(&run.arena, ANSWERS_MAX);
    rc = run_action(&run, action);
    arena_release(&run.arena);
    client_free(run.client);
    return rc;
}

const struct cli_command topics_command = {
    .name = "topics",
    .script = "kafka-topics.sh",
    .summary = "Create, list, describe and delete topics",
    .usage = "--create --topic TOPIC [--partitions N] [--config NAME=VALUE ...] [--if-not-exists]\n"
             "--list [--topic REGEX]\n"
             "--describe [--topic REGEX]\n"
             "--delete --topic REGEX [--if-exists]",
    .details =
        "Exactly one of the actions. The output is Kafka's; --describe shows besides, behind "
        "Kafka's\n"
        "columns, what an acknowledged record of the topic survives: Durability fsync (it is on "
        "the\n"
        "disk), replicated (in the memory of every replica in sync) or memory (in the leader's).",
    .examples = "ottla topics --create --topic test --partitions 3\n"
                "ottla topics --create --topic clicks --config durability=replicated\n"
                "ottla topics --describe --topic test\n"
                "ottla topics --list --json\n"
                "ottla topics --delete --topic test --if-exists",
    .options = options,
    .option_cnt = TOPICS_OPTION_CNT,
    .run = topics_run,
};
