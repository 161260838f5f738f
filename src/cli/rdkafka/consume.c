/*
 * The program ottla-consume: records become lines of the standard output.
 *
 * Every partition is read from an offset that is said at the start, without a group and without a
 * coordinator. All partitions feed one queue; the main thread prints what is there and flushes when
 * nothing is, so that output is both fast and prompt.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/rdkafka/interrupt.h"
#include "cli/rdkafka/kafka.h"
#include "cli/record_format.h"
#include "cli/topic_filter.h"

#define OUTPUT_BUF ((size_t)1024 * 1024)
#define BATCH 1024
#define PAUSE_MS 100
#define PATIENCE_MS 60000 /* for a topic that is not there yet */
#define METADATA_MS 5000

/* One partition that is being read. */
struct reading {
    rd_kafka_topic_t *topic;
    int32_t partition;
    int64_t start; /* an offset, or librdkafka's word for beginning or end */
    bool has_records;
};

struct consumer {
    struct cli *cli;
    const struct options *o;
    struct kafka kafka;
    rd_kafka_queue_t *queue;
    struct properties formatting;
    struct record_format format;
    bool silent; /* NoOpMessageFormatter */
    rd_kafka_topic_t **topics;
    size_t topic_cnt;
    struct reading *readings;
    size_t reading_cnt;
    size_t reading_cap;
    struct record_header *headers; /* scratch for one record */
    size_t header_cap;
    int64_t start_offset; /* where every partition begins */
    int64_t left;         /* records still to print; -1: no end */
    int64_t cnt;          /* printed */
    int64_t last_us;      /* when the last record came */
    bool failed;
};

static const struct property defaults[] = {
    {"enable.auto.commit", "false"},
    {"enable.partition.eof", "false"},
    {"allow.auto.create.topics", "true"},
    {"check.crcs", "true"},
    {"queued.max.messages.kbytes", "65536"},
    {"queued.min.messages", "1000000"}, /* fewer, and reading pauses while it is ahead */
    {"fetch.wait.max.ms", "100"},
    {"fetch.error.backoff.ms", "100"},
    {"reconnect.backoff.max.ms", "1000"},
    {NULL, NULL},
};

/* ---- The command line ----------------------------------------------------------------------- */

static int check_options(const struct consumer *c)
{
    const struct options *o = c->o;
    bool topic = options_has(o, CONSUME_TOPIC);
    if (options_has(o, CONSUME_BLACKLIST)) {
        return cli_fail(c->cli, "--blacklist left Kafka with its old consumer; --include names the "
                                "topics to read");
    }
    if (topic == options_has(o, CONSUME_INCLUDE)) {
        return cli_fail(c->cli, "Exactly one of --include/--topic is required");
    }
    if (options_has(o, CONSUME_PARTITION) && !topic) {
        return cli_fail(c->cli, "The topic is required when partition is specified");
    }
    if (options_has(o, CONSUME_OFFSET) && !options_has(o, CONSUME_PARTITION)) {
        return cli_fail(c->cli, "The partition is required when offset is specified");
    }
    if (options_has(o, CONSUME_OFFSET) && options_has(o, CONSUME_FROM_BEGINNING)) {
        return cli_fail(c->cli, "from-beginning and offset cannot be specified together");
    }
    const char *isolation = options_text(o, CONSUME_ISOLATION, "read_uncommitted");
    if (strcmp(isolation, "read_uncommitted") != 0 && strcmp(isolation, "read_committed") != 0) {
        return cli_fail(c->cli,
                        "--isolation-level is read_uncommitted or read_committed, not '%.40s'",
                        isolation);
    }
    return 0;
}

static int choose_start(struct consumer *c)
{
    const char *text = options_text(c->o, CONSUME_OFFSET, NULL);
    c->start_offset =
        options_has(c->o, CONSUME_FROM_BEGINNING) ? RD_KAFKA_OFFSET_BEGINNING : RD_KAFKA_OFFSET_END;
    if (text == NULL) {
        return 0;
    }
    if (strcmp(text, "earliest") == 0) {
        c->start_offset = RD_KAFKA_OFFSET_BEGINNING;
    } else if (strcmp(text, "latest") == 0) {
        c->start_offset = RD_KAFKA_OFFSET_END;
    } else if (parse_int(text, &c->start_offset) != 0 || c->start_offset < 0) {
        return cli_fail(c->cli,
                        "The provided offset value '%.40s' is incorrect. Valid values are "
                        "'earliest', 'latest', or a non-negative long",
                        text);
    }
    return 0;
}

/* Bytes are printed as they are, which is what the two classes of text and bytes do. */
static void warn_of_deserializer(const struct consumer *c, const char *where, const char *class)
{
    const char *dot = class == NULL ? NULL : strrchr(class, '.');
    const char *name = dot == NULL ? class : dot + 1;
    if (name != NULL && strcmp(name, "StringDeserializer") != 0 &&
        strcmp(name, "ByteArrayDeserializer") != 0) {
        cli_note(c->cli, "%s %.80s is ignored: keys and values are printed as they are", where,
                 class);
    }
}

static int choose_format(struct consumer *c)
{
    const char *file = options_text(c->o, CONSUME_FORMATTER_CONFIG, NULL);
    if (file != NULL && properties_add_file(&c->formatting, c->cli, file) != 0) {
        return 1;
    }
    if (properties_add_option(&c->formatting, c->cli, c->o, CONSUME_FORMATTER_PROPERTY) != 0) {
        return 1;
    }
    properties_warn_unknown(&c->formatting, c->cli, record_format_names);
    warn_of_deserializer(c, "--key-deserializer",
                         options_text(c->o, CONSUME_KEY_DESERIALIZER, NULL));
    warn_of_deserializer(c, "--value-deserializer",
                         options_text(c->o, CONSUME_VALUE_DESERIALIZER, NULL));
    static const char *const named[] = {"key.deserializer", "value.deserializer",
                                        "headers.deserializer"};
    for (size_t i = 0; i < ARRAY_CNT(named); i++) {
        warn_of_deserializer(c, named[i], properties_get(&c->formatting, named[i]));
    }
    record_format_init(&c->format, &c->formatting);

    const char *formatter = options_text(c->o, CONSUME_FORMATTER, "DefaultMessageFormatter");
    const char *dot = strrchr(formatter, '.');
    const char *name = dot == NULL ? formatter : dot + 1;
    c->silent = strcmp(name, "NoOpMessageFormatter") == 0;
    if (strcmp(name, "LoggingMessageFormatter") == 0) {
        c->format.print_timestamp = true;
        c->format.print_key = true;
    } else if (!c->silent && strcmp(name, "DefaultMessageFormatter") != 0) {
        return cli_fail(c->cli,
                        "the formatter %.80s is a Java class; known here are "
                        "DefaultMessageFormatter, LoggingMessageFormatter and NoOpMessageFormatter",
                        formatter);
    }
    return 0;
}

static int configure(struct consumer *c, const struct properties *given)
{
    const char *reset = properties_get(given, "auto.offset.reset");
    if (reset != NULL && strcmp(reset, "earliest") == 0 && !options_has(c->o, CONSUME_OFFSET)) {
        c->start_offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    const char *start = c->start_offset == RD_KAFKA_OFFSET_BEGINNING ? "earliest" : "latest";
    const struct property flags[] = {
        {"isolation.level", options_text(c->o, CONSUME_ISOLATION, NULL)},
        {"auto.offset.reset", start},
        {NULL, NULL},
    };
    int rc = kafka_configure(&c->kafka, c->cli, defaults,
                             options_text(c->o, CONSUME_COMMAND_CONFIG, NULL), given, flags,
                             options_text(c->o, CONSUME_BOOTSTRAP, NULL));
    if (rc == 0 && (options_has(c->o, CONSUME_GROUP) || c->kafka.group_named)) {
        cli_note(c->cli,
                 "consumer groups come with a later version; reading without the group, and "
                 "remembering no position");
    }
    return rc;
}

/* ---- Which partitions ----------------------------------------------------------------------- */

static int out_of_memory(const struct consumer *c)
{
    return cli_fail(c->cli, "%s", err_text(ERR_NOMEM));
}

static int add_reading(struct consumer *c, rd_kafka_topic_t *topic, int32_t partition)
{
    if (c->reading_cnt == c->reading_cap) {
        size_t cap = c->reading_cap == 0 ? 64 : c->reading_cap * 2;
        struct reading *readings = realloc(c->readings, cap * sizeof(*readings));
        if (readings == NULL) {
            return out_of_memory(c);
        }
        c->readings = readings;
        c->reading_cap = cap;
    }
    c->readings[c->reading_cnt++] = (struct reading){topic, partition, c->start_offset, false};
    return 0;
}

static int add_partitions(struct consumer *c, rd_kafka_topic_t *topic,
                          const struct rd_kafka_metadata_topic *t)
{
    int64_t only = options_int(c->o, CONSUME_PARTITION, -1);
    if (only >= t->partition_cnt) {
        return cli_fail(c->cli, "%s has no partition %lld; it has %d, and the first is 0",
                        rd_kafka_topic_name(topic), (long long)only, t->partition_cnt);
    }
    int rc = 0;
    for (int i = 0; i < t->partition_cnt && rc == 0; i++) {
        if (only < 0 || t->partitions[i].id == only) {
            rc = add_reading(c, topic, t->partitions[i].id);
        }
    }
    return rc;
}

static int new_topic(struct consumer *c, const char *name, rd_kafka_topic_t **ret_topic)
{
    rd_kafka_topic_t **topics = realloc(c->topics, (c->topic_cnt + 1) * sizeof(rd_kafka_topic_t *));
    if (topics == NULL) {
        return out_of_memory(c);
    }
    c->topics = topics;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(c->kafka.rk, name, NULL);
    if (topic == NULL) {
        return cli_fail(c->cli, "'%.260s' can not be a topic: %s", name,
                        rd_kafka_err2str(rd_kafka_last_error()));
    }
    c->topics[c->topic_cnt++] = topic;
    *ret_topic = topic;
    return 0;
}

static int add_topic(struct consumer *c, const char *name)
{
    rd_kafka_topic_t *topic = NULL;
    const struct rd_kafka_metadata *metadata = NULL;
    int64_t patience_ms = options_int(c->o, CONSUME_TIMEOUT, PATIENCE_MS);
    if (new_topic(c, name, &topic) != 0 ||
        kafka_topic_wait(&c->kafka, topic, patience_ms, &metadata) != 0) {
        return 1;
    }
    if (c->kafka.topic_absent) {
        cli_note(c->cli, "topic '%.260s' did not exist: the broker has created it", name);
    }
    int rc = add_partitions(c, topic, &metadata->topics[0]);
    rd_kafka_metadata_destroy(metadata);
    return rc;
}

static int add_matching(struct consumer *c, const struct topic_filter *filter)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t err = rd_kafka_metadata(c->kafka.rk, 1, NULL, &metadata, METADATA_MS);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return cli_fail(c->cli, "the topics can not be listed: %s", rd_kafka_err2str(err));
    }
    int rc = 0;
    for (int i = 0; i < metadata->topic_cnt && rc == 0; i++) {
        const struct rd_kafka_metadata_topic *t = &metadata->topics[i];
        rd_kafka_topic_t *topic = NULL;
        if (topic_filter_has(filter, slice_cstr(t->topic))) {
            rc = new_topic(c, t->topic, &topic);
            rc = rc != 0 ? rc : add_partitions(c, topic, t);
        }
    }
    rd_kafka_metadata_destroy(metadata);
    if (rc == 0 && c->topic_cnt == 0) {
        return cli_fail(c->cli, "no topic matches --include %.200s",
                        options_text(c->o, CONSUME_INCLUDE, ""));
    }
    return rc;
}

static int add_included(struct consumer *c)
{
    struct topic_filter filter;
    int rc = topic_filter_init(&filter, options_text(c->o, CONSUME_INCLUDE, ""));
    if (rc == 0) {
        rc = add_matching(c, &filter);
    } else {
        rc = cli_fail(c->cli, "%s", rc == ERR_INVALID ? filter.why : err_text(rc));
    }
    topic_filter_release(&filter);
    return rc;
}

/* Where all partitions begin or end, in one request to each broker: the question stands in the list
 * where the answer will. False when the brokers did not tell. */
static bool ask_offsets(struct consumer *c, rd_kafka_topic_partition_list_t *list, int64_t what)
{
    for (int i = 0; i < list->cnt; i++) {
        list->elems[i].offset = what;
    }
    if (rd_kafka_offsets_for_times(c->kafka.rk, list, METADATA_MS) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return false;
    }
    for (int i = 0; i < list->cnt; i++) {
        if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR || list->elems[i].offset < 0) {
            return false;
        }
    }
    return true;
}

/* Puts numbers in the place of "beginning" and "end", and finds out which partitions have records to
 * read. Where the brokers do not tell, librdkafka will ask again by itself. */
static void resolve_offsets(struct consumer *c)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)c->reading_cnt);
    for (size_t i = 0; i < c->reading_cnt; i++) {
        rd_kafka_topic_partition_list_add(list, rd_kafka_topic_name(c->readings[i].topic),
                                          c->readings[i].partition);
    }
    bool from_start = c->start_offset == RD_KAFKA_OFFSET_BEGINNING;
    if (from_start && ask_offsets(c, list, RD_KAFKA_OFFSET_BEGINNING)) {
        for (size_t i = 0; i < c->reading_cnt; i++) {
            c->readings[i].start = list->elems[i].offset;
        }
    }
    if (ask_offsets(c, list, RD_KAFKA_OFFSET_END)) {
        for (size_t i = 0; i < c->reading_cnt; i++) {
            struct reading *r = &c->readings[i];
            r->start = c->start_offset == RD_KAFKA_OFFSET_END ? list->elems[i].offset : r->start;
            r->has_records = r->start >= 0 && r->start < list->elems[i].offset;
        }
    }
    rd_kafka_topic_partition_list_destroy(list);
}

/* Those with records first: librdkafka begins to fetch with the first partitions it gets, and a fetch
 * of empty ones keeps the others waiting. */
static int start_reading(struct consumer *c)
{
    resolve_offsets(c);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < c->reading_cnt; i++) {
            const struct reading *r = &c->readings[i];
            if (r->has_records == (pass == 0) &&
                rd_kafka_consume_start_queue(r->topic, r->partition, r->start, c->queue) != 0) {
                return cli_fail(c->cli, "partition %d of %s can not be read: %s", r->partition,
                                rd_kafka_topic_name(r->topic),
                                rd_kafka_err2str(rd_kafka_last_error()));
            }
        }
    }
    return 0;
}

/* ---- Printing ------------------------------------------------------------------------------- */

/* The record's headers in c->headers; their number. */
static size_t take_headers(struct consumer *c, const rd_kafka_message_t *message)
{
    rd_kafka_headers_t *headers = NULL;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return 0;
    }
    size_t cnt = rd_kafka_header_cnt(headers);
    if (cnt > c->header_cap) {
        struct record_header *grown = realloc(c->headers, cnt * sizeof(*grown));
        if (grown == NULL) {
            return 0;
        }
        c->headers = grown;
        c->header_cap = cnt;
    }
    size_t found = 0;
    const char *name = NULL;
    const void *value = NULL;
    size_t len = 0;
    while (found < cnt && rd_kafka_header_get_all(headers, found, &name, &value, &len) ==
                              RD_KAFKA_RESP_ERR_NO_ERROR) {
        c->headers[found++] = (struct record_header){slice_cstr(name), slice_of(value, len)};
    }
    return found;
}

static void print_message(struct consumer *c, const rd_kafka_message_t *message)
{
    if (c->silent) {
        return;
    }
    struct record_view r = {
        .partition = message->partition,
        .offset = message->offset,
        .key = slice_of(message->key, message->key_len),
        .value = slice_of(message->payload, message->len),
    };
    if (c->format.print_timestamp) {
        rd_kafka_timestamp_type_t type;
        r.timestamp = rd_kafka_message_timestamp(message, &type);
        r.timestamp_type = type == RD_KAFKA_TIMESTAMP_CREATE_TIME       ? "CreateTime"
                           : type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME ? "LogAppendTime"
                                                                        : NULL;
    }
    if (c->format.print_headers) {
        r.header_cnt = take_headers(c, message);
        r.headers = c->headers;
    }
    record_print(stdout, &c->format, &r);
}

/* What came in place of a record. */
static void on_trouble(struct consumer *c, const rd_kafka_message_t *message)
{
    const char *topic = message->rkt == NULL ? "?" : rd_kafka_topic_name(message->rkt);
    switch ((int)message->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        return;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        c->failed = true;
        (void)cli_fail(c->cli, "partition %d of %s is not there any more", message->partition,
                       topic);
        return;
    default:
        c->failed = !options_has(c->o, CONSUME_SKIP_ON_ERROR);
        (void)cli_fail(c->cli, "partition %d of %s: %s", message->partition, topic,
                       rd_kafka_message_errstr(message));
    }
}

static void take(struct consumer *c, rd_kafka_message_t *message)
{
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        on_trouble(c, message);
    } else if (c->left != 0) {
        kafka_heard(&c->kafka);
        print_message(c, message);
        c->cnt++;
        c->left -= c->left > 0 ? 1 : 0;
    }
    rd_kafka_message_destroy(message);
}

/* All that is there already. Returns how much that was. */
static size_t take_ready(struct consumer *c)
{
    rd_kafka_message_t *messages[BATCH];
    ssize_t cnt = rd_kafka_consume_batch_queue(c->queue, 0, messages, BATCH);
    for (ssize_t i = 0; i < cnt; i++) {
        take(c, messages[i]);
    }
    return cnt < 0 ? 0 : (size_t)cnt;
}

/* Nothing is there: what was printed goes out, then the next record is waited for. */
static size_t wait_for_one(struct consumer *c)
{
    if (!cli_flush(c->cli)) {
        c->failed = true;
        return 0;
    }
    (void)rd_kafka_poll(c->kafka.rk, 0); /* news of the connections */
    rd_kafka_message_t *message = rd_kafka_consume_queue(c->queue, PAUSE_MS);
    if (message == NULL) {
        return 0;
    }
    take(c, message);
    return 1;
}

static void pump(struct consumer *c)
{
    int64_t timeout_ms = options_int(c->o, CONSUME_TIMEOUT, -1);
    c->last_us = os_mono_us(c->cli->os);
    while (c->left != 0 && !c->failed && !c->kafka.fatal && !interrupted()) {
        if (take_ready(c) > 0 || wait_for_one(c) > 0) {
            c->last_us = timeout_ms < 0 ? 0 : os_mono_us(c->cli->os);
        } else if (timeout_ms >= 0 && os_mono_us(c->cli->os) - c->last_us >= timeout_ms * 1000) {
            break;
        }
    }
}

/* ---- Life ----------------------------------------------------------------------------------- */

static int run_started(struct consumer *c)
{
    c->queue = rd_kafka_queue_new(c->kafka.rk);
    int rc = options_has(c->o, CONSUME_TOPIC) ? add_topic(c, options_text(c->o, CONSUME_TOPIC, ""))
                                              : add_included(c);
    if (rc == 0) {
        rc = start_reading(c);
    }
    if (rc == 0) {
        pump(c);
    }
    if (!cli_flush(c->cli)) {
        c->failed = true;
    }
    if (options_has(c->o, CONSUME_SYSTEST)) {
        printf("shutdown_complete\n");
    }
    if (rc == 0 || interrupted()) {
        fprintf(stderr, "Processed a total of %lld messages\n", (long long)c->cnt);
        rc = c->failed || c->kafka.fatal ? 1 : 0;
    }
    for (size_t i = 0; i < c->reading_cnt; i++) {
        (void)rd_kafka_consume_stop(c->readings[i].topic, c->readings[i].partition);
    }
    return rc;
}

static void release(struct consumer *c)
{
    for (size_t i = 0; i < c->topic_cnt; i++) {
        rd_kafka_topic_destroy(c->topics[i]);
    }
    if (c->queue != NULL) {
        rd_kafka_queue_destroy(c->queue);
    }
    kafka_release(&c->kafka);
    properties_release(&c->formatting);
    free(c->topics);
    free(c->readings);
    free(c->headers);
}

static int start(struct consumer *c)
{
    if (check_options(c) != 0 || choose_start(c) != 0 || choose_format(c) != 0) {
        return 1;
    }
    c->left = options_int(c->o, CONSUME_MAX_MESSAGES, -1);
    struct properties given;
    properties_init(&given);
    int rc = properties_add_option(&given, c->cli, c->o, CONSUME_COMMAND_PROPERTY);
    if (rc == 0) {
        rc = configure(c, &given);
    }
    properties_release(&given);
    if (rc != 0 || kafka_reach(&c->kafka, options_text(c->o, CONSUME_TOPIC, NULL)) != 0) {
        return 1;
    }
    return kafka_start(&c->kafka, RD_KAFKA_CONSUMER);
}

static int run(struct cli *cli, const struct options *o)
{
    if (cli_check_zookeeper(cli, o, CONSUME_ZOOKEEPER, CONSUME_BOOTSTRAP) != 0) {
        return 1;
    }
    struct consumer c = {.cli = cli, .o = o, .kafka = {.cli = cli}};
    properties_init(&c.formatting);
    interrupt_catch();
    /* A terminal gets its lines from flushing, too: at once, and not letter by letter. */
    (void)setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUF);
    int rc = start(&c);
    if (rc == 0) {
        rc = run_started(&c);
    }
    release(&c);
    return rc;
}

int main(int argc, char **argv)
{
    return cli_run(&consume_command, run, argc, argv);
}
