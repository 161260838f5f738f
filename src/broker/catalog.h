/*
 * The catalog: the part of a broker that owns cluster metadata on one machine, where this broker is
 * the controller. At start it makes Kafka's persistent paths, finds or makes the cluster id, loads all
 * topics into the first image and registers the broker. Afterwards it creates and deletes topics:
 * first in the store, then in the image, then by telling its listener.
 *
 * The layout is Kafka's: /brokers/topics/<t> (version 3), /config/topics/<t> and, for a partition whose
 * state ever changed, /brokers/topics/<t>/partitions/<p>/state. A partition without a state node is at
 * its beginning: led by its first replica, leader epoch 0, everyone in sync. That keeps creation of a
 * topic down to two nodes in one atomic write.
 *
 * Owner: the broker. Calls and callbacks on the reactor of the metadata session. What is published in
 * the image holder may be read anywhere.
 */
#ifndef OTTLA_BROKER_CATALOG_H
#define OTTLA_BROKER_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "base/slice.h"
#include "base/uuid.h"
#include "broker/image.h"
#include "model/ids.h"
#include "model/kerr.h"
#include "model/listener.h"
#include "model/settings.h"

#define CATALOG_WHY_LEN 512

struct os;
struct meta;
struct catalog;
struct catalog_removal;

/* What the broker hears. All on the owner's reactor, never inside a call of the broker's. */
struct catalog_listener {
    /* The image that has the topic is published. Not called for the topics of the first image. */
    void (*topic_added)(void *ctx, const struct image_topic *t);

    /* The image without the topic is published. The broker stops serving its partitions and moves their
     * folders out of the way (renamed, with the topic id in the name); when that is durable it calls
     * catalog_removal_done(), at once or later, and the topic's nodes are deleted. The bytes may be
     * removed later still. Also called at start, for deletions that a crash interrupted; those topics
     * were never added. `t` is borrowed: image_topic_ref() to keep it. */
    void (*topic_removed)(void *ctx, const struct image_topic *t, struct catalog_removal *removal);

    /* Metadata is lost for good (disk error, session expired): the broker must stop. A sentence. */
    void (*lost)(void *ctx, const char *why);

    void *ctx;
};

struct catalog_options {
    struct os *os;     /* randomness, wall clock */
    struct meta *meta; /* borrowed, outlives the catalog */
    struct logger *log;
    const struct settings *settings; /* borrowed, outlives the catalog */
    broker_id_t broker_id;
    const struct listeners *advertised; /* ports are the real ones; read during catalog_start() */
    struct uuid
        cluster_id; /* known from meta.properties; zero: none. A difference to the store's is an
                               error at start */
    struct catalog_listener listener;
};

int catalog_new(const struct catalog_options *options, struct catalog **ret_catalog) WARN_UNUSED;

/* Loads and registers. `started` is called once: with NULL when the first image is published, or with
 * a sentence that says why it could not be done. */
void catalog_start(struct catalog *c, void (*started)(void *ctx, const char *failed), void *ctx);

/* No new work; operations under way answer as they end (the metadata session answers all of them).
 * `stopped` is called when none is left; then catalog_free() is due. */
void catalog_stop(struct catalog *c, void (*stopped)(void *ctx), void *ctx);
void catalog_free(struct catalog *c); /* accepts NULL */

/* Where the images are published; lives as long as the catalog. Before `started` it holds an empty
 * image. */
struct image_holder *catalog_images(struct catalog *c);

/* ---- Creating topics ------------------------------------------------------------------------- */

/* One partition of a manual assignment. */
struct catalog_assignment {
    partition_id_t partition;
    int32_t replica_cnt;
    const broker_id_t *replicas;
};

/* Embedded in its owner; the catalog's from the call until `done`. The bytes it names may go when the
 * call returns. */
struct catalog_create {
    struct slice name;
    int32_t partition_cnt;                       /* -1: num.partitions */
    int16_t replication_factor;                  /* -1: default.replication.factor */
    const struct catalog_assignment *assignment; /* with -1 in both numbers above */
    size_t assignment_cnt;
    const struct setting_pair *configs; /* a null value is refused as Kafka does */
    size_t config_cnt;
    bool validate_only;
    void (*done)(struct catalog_create *req);

    /* the result, good during `done` */
    enum kerr error;
    char why[CATALOG_WHY_LEN]; /* a sentence; "" without an error */
    const struct image_topic
        *topic; /* as created, or as it would be (validate_only); NULL on error */
};

/*
 * Creates a topic; several may be under way. `done` is called once, perhaps before the call returns (a
 * request with several topics counts one more for its own loop). Errors are Kafka's: 17
 * INVALID_TOPIC_EXCEPTION (also for names that collide in '.' and '_'), 36 TOPIC_ALREADY_EXISTS (also
 * while its deletion or another creation is under way), 37, 38, 39, 40, 42; 56 KAFKA_STORAGE_ERROR; -1
 * when memory is out; 41 when the catalog is stopping.
 */
void catalog_create_topic(struct catalog *c, struct catalog_create *req);

/* ---- Deleting topics ------------------------------------------------------------------------- */

struct catalog_delete {
    struct slice name; /* SLICE_NULL: by id; may go when the call returns */
    struct uuid id;
    void (*done)(struct catalog_delete *req);

    /* the result */
    enum kerr error;
    char why[CATALOG_WHY_LEN];

    struct catalog_delete *next; /* the catalog's */
};

/*
 * Deletes a topic: a marker in the store, which a restart finds, then the image, then the listener,
 * then the nodes. `done` is called when the nodes are gone, so that the name is free again; perhaps
 * before the call returns when it is an error. 3 UNKNOWN_TOPIC_OR_PARTITION, 100 UNKNOWN_TOPIC_ID, 73
 * TOPIC_DELETION_DISABLED, 56, 41, -1. A second delete of the same topic gets the first one's answer.
 */
void catalog_delete_topic(struct catalog *c, struct catalog_delete *req);

/* The broker has moved the topic's folders out of the way; see topic_removed. */
void catalog_removal_done(struct catalog *c, struct catalog_removal *removal);

/* It can not be done now (out of memory, a disk error): the deletion ends with this error for those
 * who wait, its marker stays, and the next start goes on with it. One of the two calls is made for
 * every removal, or catalog_stop() never ends. */
void catalog_removal_defer(struct catalog *c, struct catalog_removal *removal, enum kerr error,
                           const char *why);

#endif
