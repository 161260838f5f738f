/*
 * The program ottla-produce: lines of the standard input become records.
 *
 * The main thread reads lines and hands them to librdkafka, whose own threads make batches and send
 * them. When its queue is full the main thread waits in rd_kafka_poll(), where it also learns which
 * records were not delivered; those that were are not reported one by one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/line_record.h"
#include "cli/lines.h"
#include "cli/rdkafka/interrupt.h"
#include "cli/rdkafka/kafka.h"

#define STDIN_FD 0
#define PAUSE_MS 100
#define POLL_EVERY 1000 /* records */
#define MAX_BLOCK_MS 60000
#define UNKNOWN_TOPIC_MS 3000 /* for brokers that call a topic unknown while they make it */
#define FAILURES_SHOWN 5
#define STALL_US 3000000                 /* without one acknowledgement, before a word about it */
#define LINE_EXTRA ((size_t)1024 * 1024) /* a line also holds key, headers and separators */
#define EXIT_INTERRUPTED 130

struct producer {
    struct cli *cli;
    const struct options *o;
    struct kafka kafka;
    rd_kafka_topic_t *topic;
    struct properties reader;
    struct line_format format;
    struct lines lines;
    uint64_t sent;
    uint64_t failed;
    bool prompt; /* someone is typing */
    bool sync;   /* one at a time */
    bool stall_noted;
};

/* Kafka's console producer waits for all replicas and for two minutes; its keys go where Java's go. */
static const struct property defaults[] = {
    {"acks", "all"},
    {"message.timeout.ms", "120000"},
    {"message.max.bytes", "1048576"},
    {"partitioner", "murmur2_random"},
    {"batch.num.messages", "100000"},
    {"queue.buffering.max.messages", "1000000"},
    {"queue.buffering.max.kbytes", "65536"},
    {"max.in.flight.requests.per.connection", "5"},
    {"delivery.report.only.error", "true"},
    {NULL, NULL},
};

/* ---- Settings ------------------------------------------------------------------------------- */

/* Flags that are settings of librdkafka under another name. */
static const struct {
    enum produce_option flag;
    const char *setting;
} flag_settings[] = {
    {PRODUCE_COMPRESSION, "compression.codec"},
    {PRODUCE_PARTITION_MEMORY, "batch.size"},
    {PRODUCE_BATCH_SIZE, "batch.size"},
    {PRODUCE_LINGER, "linger.ms"},
    {PRODUCE_ACKS, "acks"},
    {PRODUCE_REQUEST_TIMEOUT, "request.timeout.ms"},
    {PRODUCE_RETRIES, "message.send.max.retries"},
    {PRODUCE_RETRY_BACKOFF, "retry.backoff.ms"},
    {PRODUCE_METADATA_EXPIRY, "metadata.max.age.ms"},
    {PRODUCE_SOCKET_BUFFER, "socket.send.buffer.bytes"},
};

static int configure(struct producer *p, const struct properties *given)
{
    struct property flags[ARRAY_CNT(flag_settings) + 2] = {{NULL, NULL}};
    size_t cnt = 0;
    for (size_t i = 0; i < ARRAY_CNT(flag_settings); i++) {
        const char *text = options_text(p->o, flag_settings[i].flag, NULL);
        if (text != NULL) {
            flags[cnt++] = (struct property){flag_settings[i].setting, text};
        }
    }
    char kbytes[32];
    if (options_has(p->o, PRODUCE_MAX_MEMORY)) {
        int64_t bytes = options_int(p->o, PRODUCE_MAX_MEMORY, 0);
        snprintf(kbytes, sizeof(kbytes), "%lld", (long long)(bytes < 1024 ? 1 : bytes / 1024));
        flags[cnt++] = (struct property){"queue.buffering.max.kbytes", kbytes};
    }
    return kafka_configure(&p->kafka, p->cli, defaults,
                           options_text(p->o, PRODUCE_COMMAND_CONFIG, NULL), given, flags,
                           options_text(p->o, PRODUCE_BOOTSTRAP, NULL));
}

static int read_format(struct producer *p)
{
    const char *file = options_text(p->o, PRODUCE_READER_CONFIG, NULL);
    if (file != NULL && properties_add_file(&p->reader, p->cli, file) != 0) {
        return 1;
    }
    if (properties_add_option(&p->reader, p->cli, p->o, PRODUCE_READER_PROPERTY) != 0) {
        return 1;
    }
    properties_warn_unknown(&p->reader, p->cli, line_format_names);
    char why[LINE_RECORD_WHY_LEN];
    if (line_format_init(&p->format, &p->reader, why) != 0) {
        return cli_fail(p->cli, "%s", why);
    }
    return 0;
}

/* ---- Delivery ------------------------------------------------------------------------------- */

static void count_failure(struct producer *p, const char *why)
{
    p->failed++;
    if (p->failed <= FAILURES_SHOWN) {
        (void)cli_fail(p->cli, "a record was not delivered to %s: %s",
                       options_text(p->o, PRODUCE_TOPIC, ""), why);
    }
}

/* What to look at, where librdkafka's words do not say. */
static const char *advice(rd_kafka_resp_err_t err)
{
    switch ((int)err) {
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
        return "; a topic with cleanup.policy=compact takes only records with a key "
               "(--reader-property parse.key=true)";
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        return "; the topic's max.message.bytes says how large a batch may be";
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
        return "; the topic's min.insync.replicas asks for more replicas than are in sync";
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
        return "; no acknowledgement came: with acks=all the topic's min.insync.replicas may be "
               "more "
               "than its replicas";
    default:
        return "";
    }
}

/* The handle's opaque is the struct kafka that a producer holds. */
static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct producer *p = CONTAINER_OF(opaque, struct producer, kafka);
    (void)rk;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        char why[KAFKA_WHY_LEN];
        snprintf(why, sizeof(why), "%s%s", rd_kafka_err2str(message->err), advice(message->err));
        count_failure(p, why);
    }
}

/* Gives the record to librdkafka; the headers are its own from then on, or still ours on failure. */
static rd_kafka_resp_err_t enqueue(struct producer *p, const struct line_record *r,
                                   rd_kafka_headers_t *headers)
{
    void *value = (void *)(uintptr_t)r->value.ptr; /* copied, never written */
    if (headers != NULL) {
        void *key = (void *)(uintptr_t)r->key.ptr;
        const rd_kafka_vu_t parts[] = {
            {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = p->topic},
            {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
            {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {value, r->value.len}},
            {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {key, r->key.len}},
            {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
        };
        rd_kafka_error_t *error = rd_kafka_produceva(p->kafka.rk, parts, ARRAY_CNT(parts));
        rd_kafka_resp_err_t code =
            error == NULL ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_error_code(error);
        rd_kafka_error_destroy(error);
        return code;
    }
    int rc = rd_kafka_produce(p->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value,
                              r->value.len, r->key.ptr, r->key.len, NULL);
    return rc == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error();
}

/* Returns 0, or 1 after a sentence: a header that is none. */
static int make_headers(struct producer *p, const struct line_record *r, rd_kafka_headers_t **ret)
{
    *ret = NULL;
    if (slice_is_null(r->headers)) {
        return 0;
    }
    struct slice rest = r->headers;
    struct slice name = SLICE_NULL;
    struct slice value = SLICE_NULL;
    char why[LINE_RECORD_WHY_LEN];
    rd_kafka_headers_t *headers = rd_kafka_headers_new(8);
    int rc = 0;
    while (rc == 0) {
        rc = line_header_next(&p->format, &rest, p->lines.cnt, &name, &value, why);
        if (rc == 0 &&
            rd_kafka_header_add(headers, (const char *)name.ptr, (ssize_t)name.len, value.ptr,
                                (ssize_t)value.len) != RD_KAFKA_RESP_ERR_NO_ERROR) {
            rc = ERR_NOMEM;
        }
    }
    if (rc == ERR_NOT_FOUND) {
        *ret = headers;
        return 0;
    }
    rd_kafka_headers_destroy(headers);
    return cli_fail(p->cli, "%s", rc == ERR_INVALID ? why : err_text(rc));
}

static int send_record(struct producer *p, const struct line_record *r)
{
    rd_kafka_headers_t *headers = NULL;
    if (make_headers(p, r, &headers) != 0) {
        return 1;
    }
    rd_kafka_resp_err_t err = enqueue(p, r, headers);
    while (err == RD_KAFKA_RESP_ERR__QUEUE_FULL && !p->kafka.fatal) {
        (void)rd_kafka_poll(p->kafka.rk, PAUSE_MS);
        err = enqueue(p, r, headers);
    }
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (headers != NULL) {
            rd_kafka_headers_destroy(headers);
        }
        if (err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
            char why[KAFKA_WHY_LEN];
            snprintf(why, sizeof(why),
                     "line %llu has %zu bytes, and a record may have %lld; --producer-property "
                     "max.request.size=N changes that here, max.message.bytes at the topic",
                     (unsigned long long)p->lines.cnt, r->value.len,
                     (long long)kafka_setting_int(&p->kafka, "message.max.bytes", 0));
            count_failure(p, why);
            return 0;
        }
        count_failure(p, rd_kafka_err2str(err));
        return 0;
    }
    p->sent++;
    return 0;
}

/* librdkafka tries again in silence for as long as message.timeout.ms. */
static void note_stall(struct producer *p)
{
    if (!p->stall_noted && !p->kafka.unreachable) {
        cli_note(p->cli,
                 "no acknowledgement for %d s; trying again until message.timeout.ms (%lld) is "
                 "over. With acks=all the topic's min.insync.replicas may be more than its "
                 "replicas",
                 STALL_US / 1000000,
                 (long long)kafka_setting_int(&p->kafka, "message.timeout.ms", 0));
        p->stall_noted = true;
    }
}

/* Until everything is acknowledged or given up, or a second Ctrl-C ends the process. */
static void drain(struct producer *p)
{
    int left = rd_kafka_outq_len(p->kafka.rk);
    int64_t moved_us = os_mono_us(p->cli->os);
    while (!p->kafka.fatal && rd_kafka_flush(p->kafka.rk, PAUSE_MS) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        int64_t now_us = os_mono_us(p->cli->os);
        if (rd_kafka_outq_len(p->kafka.rk) != left) {
            left = rd_kafka_outq_len(p->kafka.rk);
            moved_us = now_us;
        } else if (now_us - moved_us >= STALL_US) {
            note_stall(p);
        }
    }
    (void)rd_kafka_poll(p->kafka.rk, 0);
}

/* ---- The loop ------------------------------------------------------------------------------- */

static void show_prompt(const struct producer *p)
{
    if (p->prompt) {
        fputs(">", stdout);
        (void)fflush(stdout); /* the next line shows what is wrong with a terminal */
    }
}

static int refuse_line(const struct producer *p, int rc)
{
    unsigned long long number = (unsigned long long)p->lines.cnt + 1;
    if (rc != ERR_LIMIT) {
        return cli_fail(p->cli, "line %llu of the input: %s", number, err_text(rc));
    }
    long long limit = (long long)kafka_setting_int(&p->kafka, "message.max.bytes", 0);
    return cli_fail(p->cli,
                    "line %llu of the input is longer than %zu bytes, and a record may have %lld; "
                    "--producer-property max.request.size=N changes that here, max.message.bytes "
                    "at the topic",
                    number, p->lines.line_len_max, limit);
}

/* Returns 0 at the end of the input, or 1 after a sentence. */
static int pump(struct producer *p)
{
    while (!p->kafka.fatal) {
        struct slice line = SLICE_NULL;
        show_prompt(p);
        int rc = lines_next(&p->lines, &line);
        if (rc == ERR_CLOSED) {
            return 0;
        }
        if (rc != 0) {
            return refuse_line(p, rc);
        }
        struct line_record record;
        char why[LINE_RECORD_WHY_LEN];
        if (line_record_parse(&p->format, line, p->lines.cnt, &record, why) != 0) {
            return cli_fail(p->cli, "%s", why);
        }
        if (send_record(p, &record) != 0) {
            return 1;
        }
        if (p->sync) {
            drain(p);
        } else if (p->prompt || p->sent % POLL_EVERY == 0) {
            (void)rd_kafka_poll(p->kafka.rk, 0);
            if (p->kafka.unreachable && rd_kafka_outq_len(p->kafka.rk) == 0) {
                kafka_heard(&p->kafka); /* all was acknowledged since */
            }
        }
    }
    return 1;
}

static int find_topic(struct producer *p)
{
    const char *name = options_text(p->o, PRODUCE_TOPIC, "");
    p->topic = rd_kafka_topic_new(p->kafka.rk, name, NULL);
    if (p->topic == NULL) {
        return cli_fail(p->cli, "'%.260s' can not be a topic: %s", name,
                        rd_kafka_err2str(rd_kafka_last_error()));
    }
    const struct rd_kafka_metadata *metadata = NULL;
    int64_t patience_ms = options_int(p->o, PRODUCE_MAX_BLOCK, UNKNOWN_TOPIC_MS);
    if (kafka_topic_wait(&p->kafka, p->topic, patience_ms, &metadata) != 0) {
        return 1;
    }
    rd_kafka_metadata_destroy(metadata);
    return 0;
}

static int run_started(struct producer *p)
{
    if (find_topic(p) != 0) {
        return 1;
    }
    int64_t value_max = kafka_setting_int(&p->kafka, "message.max.bytes", 1048576);
    lines_init(&p->lines, STDIN_FD, (size_t)value_max + LINE_EXTRA);
    p->prompt = isatty(STDIN_FD) == 1;
    p->sync = options_has(p->o, PRODUCE_SYNC);
    int rc = pump(p);
    drain(p);
    if (p->prompt) {
        fputs("\n", stdout);
    }
    if (p->failed > 0) {
        rc = cli_fail(p->cli, "%llu of %llu records were not delivered",
                      (unsigned long long)p->failed, (unsigned long long)p->lines.cnt);
    }
    return rc == 0 && interrupted() ? EXIT_INTERRUPTED : rc;
}

/* librdkafka would take any number of replicas. */
static int check_acks(const struct producer *p)
{
    const char *acks = options_text(p->o, PRODUCE_ACKS, "all");
    static const char *const known[] = {"all", "-1", "0", "1"};
    for (size_t i = 0; i < ARRAY_CNT(known); i++) {
        if (strcmp(acks, known[i]) == 0) {
            return 0;
        }
    }
    return cli_fail(p->cli, "--request-required-acks is all (or -1), 1 or 0, not '%.40s'", acks);
}

static int check_codec(const struct producer *p)
{
    const char *codec = options_text(p->o, PRODUCE_COMPRESSION, "none");
    static const char *const known[] = {"none", "gzip", "snappy", "lz4", "zstd"};
    for (size_t i = 0; i < ARRAY_CNT(known); i++) {
        if (strcmp(codec, known[i]) == 0) {
            return 0;
        }
    }
    return cli_fail(p->cli, "--compression-codec is none, gzip, snappy, lz4 or zstd, not '%.40s'",
                    codec);
}

static int start(struct producer *p)
{
    if (check_acks(p) != 0 || check_codec(p) != 0 || read_format(p) != 0) {
        return 1;
    }
    struct properties given;
    properties_init(&given);
    int rc = properties_add_option(&given, p->cli, p->o, PRODUCE_COMMAND_PROPERTY);
    if (rc == 0) {
        rc = configure(p, &given);
    }
    properties_release(&given);
    if (rc != 0 || kafka_reach(&p->kafka, NULL) != 0) {
        return 1;
    }
    /* A broker that gives out producer ids keeps records in order and single over every retry. */
    if (p->kafka.idempotent && !options_has(p->o, PRODUCE_ACKS) &&
        kafka_setting_int(&p->kafka, "acks", 0) == -1 &&
        kafka_set(&p->kafka, "enable.idempotence", "true") != 0) {
        return 1;
    }
    rd_kafka_conf_set_dr_msg_cb(p->kafka.conf, on_delivery);
    return kafka_start(&p->kafka, RD_KAFKA_PRODUCER);
}

static int run(struct cli *cli, const struct options *o)
{
    if (cli_check_zookeeper(cli, o, PRODUCE_ZOOKEEPER, PRODUCE_BOOTSTRAP) != 0) {
        return 1;
    }
    struct producer p = {.cli = cli, .o = o, .kafka = {.cli = cli}};
    properties_init(&p.reader);
    interrupt_catch();
    int rc = start(&p);
    if (rc == 0) {
        rc = run_started(&p);
    }
    if (p.topic != NULL) {
        rd_kafka_topic_destroy(p.topic);
    }
    kafka_release(&p.kafka);
    lines_release(&p.lines);
    properties_release(&p.reader);
    return rc;
}

int main(int argc, char **argv)
{
    return cli_run(&produce_command, run, argc, argv);
}
