/*
 * What produce and consume share over librdkafka: from flags and files to a handle that has reached
 * its cluster.
 *
 * Settings are given by their names in Kafka's Java clients or in librdkafka. Those that exist under
 * another name are translated, those that only mean something to Java are named once and left out.
 *
 * Owner: the program's main thread. librdkafka runs threads of its own; its callbacks run here, in
 * rd_kafka_poll().
 */
#ifndef OTTLA_CLI_RDKAFKA_KAFKA_H
#define OTTLA_CLI_RDKAFKA_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/cli.h"
#include "cli/properties.h"

#define KAFKA_WHY_LEN 512

/* One program's dealings with a cluster. */
struct kafka {
    struct cli *cli;
    rd_kafka_conf_t *conf; /* until kafka_start() */
    rd_kafka_t *rk;
    char *bootstrap;   /* where it was told to look */
    bool debug;        /* librdkafka's log lines are wanted */
    bool idempotent;   /* the brokers hand out producer ids */
    bool group_named;  /* a setting named a group; it is left to the caller what to say */
    bool topic_absent; /* kafka_reach() was told that the topic does not exist */
    bool unreachable;  /* the last news was that no broker answers */
    bool fatal;        /* nothing can be done any more; the sentence is printed */
};

/* Collects the settings, a later one before an earlier: `defaults` (up to one without a
 * key), the file (may be NULL), `given` from the command line, `flags` (up to one without a key; one
 * without a value is passed over). Returns 0, or 1 after a sentence. */
int kafka_configure(struct kafka *k, struct cli *cli, const struct property *defaults,
                    const char *config_file, const struct properties *given,
                    const struct property *flags, const char *bootstrap) WARN_UNUSED;

/* The value of a setting by librdkafka's name as a number; `otherwise` when it is none. */
int64_t kafka_setting_int(const struct kafka *k, const char *name, int64_t otherwise);

/* Sets one setting, as flags do. */
int kafka_set(struct kafka *k, const char *name, const char *value) WARN_UNUSED;

/* Looks whether a broker answers, at once, so that a wrong address is a sentence and not a wait; and
 * whether the topic (may be NULL) is there, without creating it. */
int kafka_reach(struct kafka *k, const char *topic) WARN_UNUSED;

/* Something came from a broker: says so if the last news was that none answers. */
void kafka_heard(struct kafka *k);

/* Makes the handle. Returns 0, or 1 after a sentence. */
int kafka_start(struct kafka *k, rd_kafka_type_t type) WARN_UNUSED;
void kafka_release(struct kafka *k);

/*
 * Waits until the topic is there (brokers may be making it) and gives its metadata, which is the
 * caller's to destroy with rd_kafka_metadata_destroy(). `patience_ms` for a topic that nobody knows.
 * Returns 0, or 1 after a sentence or an interruption.
 */
int kafka_topic_wait(struct kafka *k, rd_kafka_topic_t *topic, int64_t patience_ms,
                     const struct rd_kafka_metadata **ret_metadata) WARN_UNUSED;

#endif
