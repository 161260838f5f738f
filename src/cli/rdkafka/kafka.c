/*
 * librdkafka tells of trouble by callbacks and would go on trying for ever. Here a broker that does
 * not answer at the start is a failure; one that goes away later is one line, and one more when the
 * next is heard of it.
 */
#include "cli/rdkafka/kafka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/rdkafka/interrupt.h"
#include "cli/suggest.h"
#include "client/client.h"
#include "gen/api_keys.h"
#include "gen/metadata.h"
#include "model/kerr.h"

#define METADATA_MS 5000
#define METADATA_LEN_MAX ((size_t)64 * 1024 * 1024) /* one topic, however many partitions */
#define PAUSE_FIRST_MS 4
#define PAUSE_LAST_MS 128
#define NOTE_AFTER_US 1000000 /* a topic that is being made is there sooner */

/* Names of the Java clients that librdkafka has under another one. NULL: only Java knows what it
 * means, or this program has its own way. */
static const struct {
    const char *java;
    const char *ours;
    int divisor; /* of a number, where the unit differs */
} translations[] = {
    {"auto.commit.interval.ms", NULL, 0},
    {"auto.include.jmx.reporter", NULL, 0},
    {"buffer.memory", "queue.buffering.max.kbytes", 1024},
    {"client.dns.lookup", NULL, 0},
    {"config.providers", NULL, 0},
    {"default.api.timeout.ms", NULL, 0},
    {"enable.auto.commit", NULL, 0},
    {"exclude.internal.topics", NULL, 0},
    {"fetch.max.wait.ms", "fetch.wait.max.ms", 0},
    {"group.instance.id", NULL, 0},
    {"group.protocol", NULL, 0},
    {"interceptor.classes", NULL, 0},
    {"key.deserializer", NULL, 0},
    {"key.serializer", NULL, 0},
    {"max.block.ms", NULL, 0},
    {"max.poll.records", NULL, 0},
    {"max.request.size", "message.max.bytes", 0},
    {"metadata.max.idle.ms", NULL, 0},
    {"metric.reporters", NULL, 0},
    {"metrics.num.samples", NULL, 0},
    {"metrics.recording.level", NULL, 0},
    {"metrics.sample.window.ms", NULL, 0},
    {"partition.assignment.strategy", NULL, 0},
    {"partitioner.class", NULL, 0},
    {"partitioner.ignore.keys", NULL, 0},
    {"receive.buffer.bytes", "socket.receive.buffer.bytes", 0},
    {"sasl.jaas.config", NULL, 0},
    {"sasl.login.class", NULL, 0},
    {"security.providers", NULL, 0},
    {"send.buffer.bytes", "socket.send.buffer.bytes", 0},
    {"serializer.class", NULL, 0},
    {"socket.connection.setup.timeout.max.ms", NULL, 0},
    {"ssl.truststore.location", NULL, 0},
    {"ssl.truststore.password", NULL, 0},
    {"value.deserializer", NULL, 0},
    {"value.serializer", NULL, 0},
};

/* ---- Settings ------------------------------------------------------------------------------- */

/* A setting that was left out, named in one line at the end. */
static void leave_out(struct str *names, const char *name)
{
    str_add_fmt(names, "%s%.60s", names->len == 0 ? "" : ", ", name);
}

int kafka_set(struct kafka *k, const char *name, const char *value)
{
    char why[KAFKA_WHY_LEN];
    rd_kafka_conf_res_t res = rd_kafka_conf_set(k->conf, name, value, why, sizeof(why));
    if (res == RD_KAFKA_CONF_UNKNOWN) {
        return ERR_NOT_FOUND;
    }
    if (res != RD_KAFKA_CONF_OK) {
        bool codec = strncmp(name, "compression.", strlen("compression.")) == 0 &&
                     strcmp(name, "compression.level") != 0;
        (void)cli_fail(k->cli, "%.80s=%.80s is not accepted: %s%s", name, value, why,
                       codec ? "; known are none, gzip, snappy, lz4 and zstd" : "");
        return ERR_INVALID;
    }
    return 0;
}

/* By a name of either world. */
static int set_translated(struct kafka *k, const char *name, const char *value,
                          struct str *left_out)
{
    char number[32];
    for (size_t i = 0; i < ARRAY_CNT(translations); i++) {
        if (strcmp(translations[i].java, name) != 0) {
            continue;
        }
        if (translations[i].ours == NULL) {
            leave_out(left_out, name);
            return 0;
        }
        int64_t parsed = 0;
        if (translations[i].divisor > 1 && parse_int(value, &parsed) == 0) {
            parsed /= translations[i].divisor;
            snprintf(number, sizeof(number), "%lld", (long long)(parsed < 1 ? 1 : parsed));
            value = number;
        }
        name = translations[i].ours;
        break;
    }
    int rc = kafka_set(k, name, value);
    if (rc == ERR_NOT_FOUND) {
        leave_out(left_out, name);
        rc = 0;
    }
    return rc;
}

static int set_pairs(struct kafka *k, const struct property *pairs)
{
    for (; pairs->key != NULL; pairs++) {
        int rc = pairs->value == NULL ? 0 : kafka_set(k, pairs->key, pairs->value);
        if (rc == ERR_NOT_FOUND) {
            continue; /* an older librdkafka than this was written for does without */
        }
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static int set_properties(struct kafka *k, const struct properties *p, struct str *left_out)
{
    for (size_t i = 0; i < p->cnt; i++) {
        if (strcmp(p->at[i].key, "bootstrap.servers") == 0) {
            continue; /* decided once all is known */
        }
        if (strcmp(p->at[i].key, "group.id") == 0) {
            k->group_named = true;
            continue;
        }
        int rc = set_translated(k, p->at[i].key, p->at[i].value, left_out);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

/* The flag goes before the command line's settings, these before the file's. */
static int set_bootstrap(struct kafka *k, const char *flag, const struct properties *given,
                         const struct properties *file)
{
    const char *found = flag != NULL ? flag : properties_get(given, "bootstrap.servers");
    found = found != NULL ? found : properties_get(file, "bootstrap.servers");
    char *copy = NULL;
    struct slice text = slice_cstr(found != NULL ? found : CLI_BOOTSTRAP_DEFAULT);
    copy = malloc(text.len + 1);
    if (copy == NULL) {
        return ERR_NOMEM;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    k->bootstrap = copy;
    return kafka_set(k, "bootstrap.servers", copy);
}

static int collect(struct kafka *k, const struct property *defaults, const struct properties *file,
                   const struct properties *given, const struct property *flags,
                   const char *bootstrap)
{
    struct str left_out;
    str_init(&left_out, KAFKA_WHY_LEN);
    int rc = set_pairs(k, defaults);
    rc = rc != 0 ? rc : set_properties(k, file, &left_out);
    rc = rc != 0 ? rc : set_properties(k, given, &left_out);
    rc = rc != 0 ? rc : set_pairs(k, flags);
    rc = rc != 0 ? rc : set_bootstrap(k, bootstrap, given, file);
    if (rc == 0 && left_out.len > 0) {
        cli_note(k->cli, "left out, because this client does not know them: %s", left_out.ptr);
    }
    str_release(&left_out);
    return rc == 0 ? 0 : 1;
}

int64_t kafka_setting_int(const struct kafka *k, const char *name, int64_t otherwise)
{
    char text[64];
    size_t len = sizeof(text);
    int64_t number = 0;
    const rd_kafka_conf_t *conf = k->conf != NULL ? k->conf : rd_kafka_conf(k->rk);
    if (rd_kafka_conf_get(conf, name, text, &len) != RD_KAFKA_CONF_OK ||
        parse_int(text, &number) != 0) {
        return otherwise;
    }
    return number;
}

/* ---- Callbacks ------------------------------------------------------------------------------ */

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    struct kafka *k = opaque;
    rd_kafka_resp_err_t err = (rd_kafka_resp_err_t)code;
    if (err == RD_KAFKA_RESP_ERR__FATAL) {
        char why[KAFKA_WHY_LEN];
        (void)rd_kafka_fatal_error(rk, why, sizeof(why));
        (void)cli_fail(k->cli, "%s", why);
        k->fatal = true;
    } else if (err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        if (!k->unreachable) {
            cli_note(k->cli, "no broker of %s answers; trying again", k->bootstrap);
        }
        k->unreachable = true;
    } else if (err == RD_KAFKA_RESP_ERR__AUTHENTICATION || err == RD_KAFKA_RESP_ERR__SSL) {
        (void)cli_fail(k->cli, "%s", reason);
        k->fatal = true;
    }
    /* Single connections come and go; that they all went is what people need to know. */
}

/* librdkafka's own log lines repeat what the callback above says; they are for `debug`. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *line)
{
    const struct kafka *k = rd_kafka_opaque(rk);
    if (k->debug) {
        fprintf(stderr, "%s %d %s %s\n", k->cli->command->name, level, facility, line);
    }
}

/* ---- Life ----------------------------------------------------------------------------------- */

int kafka_configure(struct kafka *k, struct cli *cli, const struct property *defaults,
                    const char *config_file, const struct properties *given,
                    const struct property *flags, const char *bootstrap)
{
    *k = (struct kafka){.cli = cli, .conf = rd_kafka_conf_new()};
    struct properties file;
    properties_init(&file);
    int rc = config_file == NULL ? 0 : properties_add_file(&file, cli, config_file);
    if (rc == 0) {
        rc = collect(k, defaults, &file, given, flags, bootstrap);
    }
    properties_release(&file);
    char debug[KAFKA_WHY_LEN] = "";
    size_t len = sizeof(debug);
    k->debug =
        rd_kafka_conf_get(k->conf, "debug", debug, &len) == RD_KAFKA_CONF_OK && debug[0] != '\0';
    rd_kafka_conf_set_error_cb(k->conf, on_error);
    rd_kafka_conf_set_log_cb(k->conf, on_log);
    rd_kafka_conf_set_opaque(k->conf, k);
    return rc;
}

/* TLS and SASL are librdkafka's; our own client does not speak them, nor to a cluster that only
 * exists inside librdkafka. */
static bool can_look(const struct kafka *k)
{
    char protocol[32];
    size_t len = sizeof(protocol);
    bool plain =
        rd_kafka_conf_get(k->conf, "security.protocol", protocol, &len) == RD_KAFKA_CONF_OK &&
        strcmp(protocol, "plaintext") == 0;
    return plain && kafka_setting_int(k, "test.mock.num.brokers", 0) == 0;
}

/* Only a clear "unknown" counts. Brokers before version 4 of the request create the topic by the
 * question alone, so they are not asked. */
static bool is_absent(struct client *c, const char *name)
{
    if (client_version(c, API_METADATA) < 4) {
        return false;
    }
    struct arena a;
    arena_init(&a, METADATA_LEN_MAX);
    struct metadata_request_topic topic = metadata_request_topic_default;
    topic.name = slice_cstr(name);
    struct metadata_request rq = metadata_request_default;
    rq.allow_auto_topic_creation = false;
    rq.topics = &topic;
    rq.topics_cnt = 1;
    struct metadata_response rs;
    bool absent = client_call(c, API_METADATA, &rq, &rs, &a) == 0 && rs.topics_cnt == 1 &&
                  rs.topics[0].error_code == KERR_UNKNOWN_TOPIC_OR_PARTITION;
    arena_release(&a);
    return absent;
}

int kafka_reach(struct kafka *k, const char *topic)
{
    if (!can_look(k)) {
        return 0;
    }
    struct endpoints brokers;
    char why[ENDPOINT_WHY_LEN];
    if (endpoints_parse(k->bootstrap, &brokers, why) != 0) {
        return cli_fail(k->cli, "%s", why);
    }
    struct client *c = NULL;
    int rc = client_new(k->cli->os, NULL, &c);
    if (rc == 0) {
        rc = client_connect(c, &brokers);
    }
    if (rc == 0) {
        k->idempotent = client_version(c, API_INIT_PRODUCER_ID) >= 0;
        k->topic_absent = topic != NULL && is_absent(c, topic);
    } else {
        (void)cli_fail(k->cli, "%s", c == NULL ? err_text(rc) : client_why(c));
    }
    client_free(c);
    return rc == 0 ? 0 : 1;
}

void kafka_heard(struct kafka *k)
{
    if (k->unreachable) {
        cli_note(k->cli, "a broker answers again");
        k->unreachable = false;
    }
}

int kafka_start(struct kafka *k, rd_kafka_type_t type)
{
    char why[KAFKA_WHY_LEN];
    k->rk = rd_kafka_new(type, k->conf, why, sizeof(why));
    if (k->rk == NULL) {
        return cli_fail(k->cli, "%s", why);
    }
    k->conf = NULL; /* the handle's now */
    return 0;
}

void kafka_release(struct kafka *k)
{
    if (k->rk != NULL) {
        rd_kafka_destroy_flags(k->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    }
    if (k->conf != NULL) {
        rd_kafka_conf_destroy(k->conf);
    }
    free(k->bootstrap);
    *k = (struct kafka){.cli = k->cli};
}

/* ---- Topics --------------------------------------------------------------------------------- */

/* What one look at the topic's metadata said. */
static rd_kafka_resp_err_t look(struct kafka *k, rd_kafka_topic_t *topic,
                                const struct rd_kafka_metadata **ret)
{
    *ret = NULL;
    rd_kafka_resp_err_t err = rd_kafka_metadata(k->rk, 0, topic, ret, METADATA_MS);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return err;
    }
    const struct rd_kafka_metadata *m = *ret;
    if (m->topic_cnt == 1 && m->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR &&
        m->topics[0].partition_cnt > 0) {
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    err = m->topic_cnt == 1 && m->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR
              ? m->topics[0].err
              : RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    rd_kafka_metadata_destroy(m);
    *ret = NULL;
    return err;
}

int kafka_topic_wait(struct kafka *k, rd_kafka_topic_t *topic, int64_t patience_ms,
                     const struct rd_kafka_metadata **ret_metadata)
{
    const char *name = rd_kafka_topic_name(topic);
    int64_t began_us = os_mono_us(k->cli->os);
    bool noted = false;
    int pause_ms = PAUSE_FIRST_MS;
    while (!k->fatal && !interrupted()) {
        rd_kafka_resp_err_t err = look(k, topic, ret_metadata);
        if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            return 0;
        }
        if (err == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION) {
            return cli_fail(k->cli, "'%.260s' is not a legal name of a topic", name);
        }
        bool unknown = err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                       err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
        int64_t waited_us = os_mono_us(k->cli->os) - began_us;
        if (unknown && !noted && waited_us >= NOTE_AFTER_US && waited_us < patience_ms * 1000) {
            cli_note(k->cli, "there is no topic %s yet; waiting for it", name);
            noted = true;
        }
        if (waited_us >= patience_ms * 1000) {
            return unknown ? cli_fail(k->cli,
                                      "there is no topic %s; make it with: ottla topics --create "
                                      "--topic %s",
                                      name, name)
                           : cli_fail(k->cli, "the topic %s can not be used: %s", name,
                                      rd_kafka_err2str(err));
        }
        (void)rd_kafka_poll(k->rk, pause_ms);
        pause_ms = pause_ms < PAUSE_LAST_MS ? pause_ms * 2 : pause_ms;
    }
    return 1;
}
