/*
 * The metadata image: what this broker knows about the cluster, as one immutable value. Requests read
 * it and never the metadata store. A change makes a new image that shares with the old one everything
 * it does not change: topics are refcounted objects of their own, the tables over them have two levels,
 * so that one topic more among 100,000 copies one small bucket and one top table.
 *
 * Threads: an image, its topics and brokers may be read from any thread while a reference is held; they
 * never change. Edits are made by one thread before the image is published.
 */
#ifndef OTTLA_BROKER_IMAGE_H
#define OTTLA_BROKER_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ref.h"
#include "base/slice.h"
#include "base/uuid.h"
#include "model/ids.h"
#include "model/listener.h"
#include "model/settings.h"
#include "model/topic_config.h"

/* ---- Topics ---------------------------------------------------------------------------------- */

struct image_partition {
    broker_id_t leader; /* BROKER_ID_NONE: none at the moment */
    leader_epoch_t leader_epoch;
    int32_t partition_epoch; /* the version of its stored state */
    int32_t replica_cnt;
    int32_t isr_cnt;
    const broker_id_t *replicas;
    const broker_id_t *isr;
};

/* A topic's settings: what was set on it, and everything resolved. Shared by topics that have none. */
struct image_config {
    struct ref ref;
    struct topic_config resolved;
    size_t override_cnt;
    const struct setting_pair *overrides; /* sorted by name, one per name */
};

struct image_topic {
    struct ref ref;
    bool is_internal;
    int32_t partition_cnt;
    struct uuid id;
    struct slice name;                        /* NUL-terminated behind its end */
    const struct image_partition *partitions; /* by partition id */
    const struct image_config *config;        /* &config->resolved is what the log wants */
};

/* What a topic is made of; everything is copied. */
struct image_topic_spec {
    struct slice name;
    struct uuid id;
    const struct image_partition *partitions;
    int32_t partition_cnt;
    struct image_config *config; /* the topic takes a reference of its own */
};

int image_config_new(const struct settings *s, const struct setting_pair *overrides,
                     size_t override_cnt, struct image_config **ret_config) WARN_UNUSED;
struct image_config *image_config_ref(struct image_config *c);
void image_config_unref(struct image_config *c); /* accepts NULL */

int image_topic_new(const struct image_topic_spec *spec,
                    struct image_topic **ret_topic) WARN_UNUSED;
/* From any holder of a pointer that is alive, const or not: the count is not a part of the value. */
struct image_topic *image_topic_ref(const struct image_topic *t);
void image_topic_unref(struct image_topic *t); /* accepts NULL */

/* NULL when the topic has no such partition; any int32_t may be asked for. */
static inline const struct image_partition *image_topic_partition(const struct image_topic *t,
                                                                  partition_id_t id)
{
    return id >= 0 && id < t->partition_cnt ? &t->partitions[id] : NULL;
}

/* ---- Brokers --------------------------------------------------------------------------------- */

struct image_endpoint {
    struct slice listener; /* name, upper case */
    struct slice host;
    uint16_t port;
    enum security_protocol protocol;
};

struct image_broker {
    broker_id_t id;
    broker_epoch_t epoch;
    struct slice rack; /* SLICE_NULL: none */
    const struct image_endpoint *endpoints;
    size_t endpoint_cnt;
};

/* The endpoint of a broker for clients that came in by this listener, or NULL. */
const struct image_endpoint *image_broker_endpoint(const struct image_broker *b,
                                                   struct slice listener);

/* ---- The image ------------------------------------------------------------------------------- */

struct image_brokers;
struct image_table;

struct image {
    struct ref ref;
    struct slice cluster_id;   /* 22 characters */
    broker_id_t controller_id; /* BROKER_ID_NONE: none at the moment */
    size_t topic_cnt;
    int64_t partition_cnt;

    /* see the functions */
    struct image_brokers *brokers;
    struct image_table *by_name;
    struct image_table *by_id;
    uint64_t seed;
    char cluster_id_text[UUID_TEXT_LEN + 1];
};

struct image *image_ref(const struct image *img);
void image_unref(struct image *img); /* accepts NULL */

/* Borrowed, alive as long as the image; NULL when there is none. No allocation. */
const struct image_topic *image_topic_by_name(const struct image *img, struct slice name);
const struct image_topic *image_topic_by_id(const struct image *img, struct uuid id);

/* A topic of another name that differs from this one only in '.' and '_', or NULL. */
const struct image_topic *image_topic_colliding(const struct image *img, struct slice name);

/* Brokers in the order of their ids. */
size_t image_broker_cnt(const struct image *img);
const struct image_broker *image_broker_at(const struct image *img, size_t idx);
const struct image_broker *image_broker_by_id(const struct image *img, broker_id_t id);

/* All topics in the order of their names, borrowed, in an array of img->topic_cnt that the caller
 * frees with free(). Sorts at each call. ERR_NOMEM. */
int image_topics_sorted(const struct image *img,
                        const struct image_topic ***ret_topics) WARN_UNUSED;

/* All topics in no useful order, without allocation; ends early when `each` returns false. */
void image_topics_each(const struct image *img,
                       bool (*each)(void *ctx, const struct image_topic *t), void *ctx);

/* ---- Edits ----------------------------------------------------------------------------------- */

/* An image in the making. Many changes in one edit cost little more than one. */
struct image_edit;

/* From `base`, or from nothing (NULL; then `seed` seeds the hashes). */
int image_edit_begin(const struct image *base, uint64_t seed,
                     struct image_edit **ret_edit) WARN_UNUSED;

/* Adds the topic, or replaces the one of the same name. Takes a reference of its own. After ERR_NOMEM
 * the edit is unchanged. */
int image_edit_put_topic(struct image_edit *e, struct image_topic *t) WARN_UNUSED;
int image_edit_remove_topic(struct image_edit *e,
                            struct slice name) WARN_UNUSED; /* ERR_NOT_FOUND */

/* The whole list; copied. */
int image_edit_set_brokers(struct image_edit *e, const struct image_broker *brokers,
                           size_t cnt) WARN_UNUSED;
void image_edit_set_controller(struct image_edit *e, broker_id_t id);
void image_edit_set_cluster_id(struct image_edit *e, struct uuid id);

/* Ends the edit and gives the image, with one reference, to the caller. Cannot fail. */
struct image *image_edit_finish(struct image_edit *e);
void image_edit_abandon(struct image_edit *e); /* accepts NULL */

/* ---- Publishing ------------------------------------------------------------------------------ */

/* Where the newest image is found. One writer swaps; any thread reads. */
struct image_holder;

int image_holder_new(struct image *first, struct image_holder **ret_holder) WARN_UNUSED;
void image_holder_free(struct image_holder *h); /* accepts NULL */

/* Publishes; the holder adopts the caller's reference and drops the old image's. */
void image_holder_swap(struct image_holder *h, struct image *img);

/* A reference of the caller's own to the newest image; takes a lock for a moment. */
struct image *image_holder_ref(struct image_holder *h);

/* One per thread (a reactor): what it saw last. Looking again costs one atomic load while nothing
 * changed, and no reference counting. */
struct image_reader {
    struct image_holder *holder;
    struct image *seen;
};

void image_reader_init(struct image_reader *r, struct image_holder *h);
void image_reader_release(struct image_reader *r);

/* The newest image, borrowed until the next image_reader_get() on this reader; what must outlive that
 * (a request that waits) takes image_ref(). */
const struct image *image_reader_get(struct image_reader *r);

#endif
