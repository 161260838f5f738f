/*
 * What the files of the catalog share: catalog.c (its life, creation), catalog_load.c (the start),
 * catalog_delete.c (deletion).
 *
 * Owner and thread: the catalog's.
 */
#ifndef OTTLA_BROKER_CATALOG_IMPL_H
#define OTTLA_BROKER_CATALOG_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "base/slice.h"
#include "base/uuid.h"
#include "broker/catalog.h"
#include "broker/image.h"
#include "meta/meta.h"
#include "model/limits.h"

/* How often a step with an unknown outcome is begun anew before it is given up. */
#define CATALOG_TRIES_MAX 100

/* "/brokers/topics/" and a name, or "/admin/delete_topics/" and a name. */
struct topic_path {
    size_t len;
    uint8_t bytes[64 + TOPIC_NAME_LEN_MAX];
};

struct catalog_load;

struct catalog {
    struct catalog_options options;
    struct image_holder *images;
    struct image *current;             /* borrowed from the holder */
    struct image_config *no_overrides; /* of all topics that have none */
    struct map busy; /* names with '.' as '_' → struct busy_name: being created or deleted */
    int32_t controller_epoch;
    size_t op_cnt; /* operations under way */
    bool is_stopping;
    bool is_lost;
    struct catalog_load *load;
    struct catalog_removal *resumed; /* prepared, not begun */
    void (*stopped)(void *ctx);
    void *stopped_ctx;
};

/* A name that is neither free nor (wholly) a topic. */
struct busy_name {
    size_t len;
    uint8_t name[TOPIC_NAME_LEN_MAX];
};

struct topic_path topic_path_of(const char *folder, struct slice name);
static inline struct slice topic_path_view(const struct topic_path *p)
{
    return slice_of(p->bytes, p->len);
}

#define FOLDER_TOPICS "/brokers/topics/"
#define FOLDER_CONFIGS "/config/topics/"
#define FOLDER_MARKERS "/admin/delete_topics/"

/* Copies of the name; ERR_EXISTS when the name, or one that collides with it, is busy. */
int catalog_busy_add(struct catalog *c, struct slice name, struct busy_name *b) WARN_UNUSED;
void catalog_busy_remove(struct catalog *c, const struct busy_name *b);
const struct busy_name *catalog_busy_find(const struct catalog *c, struct slice name);

/* Publishes the edit as the newest image. */
void catalog_publish(struct catalog *c, struct image_edit *e);

/* Operations end through this: the last one of a stopping catalog lets it stop. */
void catalog_op_begin(struct catalog *c);
void catalog_op_end(struct catalog *c);

/* Nothing can be relied on any more: tells the broker once. */
void catalog_lose(struct catalog *c, const char *why);

/* Kafka's error for a step that the store could not do, and a sentence. */
enum kerr catalog_outcome_kerr(enum meta_outcome outcome, const char *step,
                               char why[CATALOG_WHY_LEN]);

/* True for outcomes after which the same step is worth another try. */
static inline bool outcome_is_unknown(enum meta_outcome outcome)
{
    return outcome == META_UNKNOWN_OUTCOME;
}

/* A deletion whose marker a start has found. `t` is NULL when only leftovers are there. ERR_NOMEM. */
int catalog_resume_prepare(struct catalog *c, struct slice name,
                           const struct image_topic *t) WARN_UNUSED;

/* Goes on with all that were prepared, or forgets them until the next start. */
void catalog_resume_all(struct catalog *c);
void catalog_resume_drop(struct catalog *c);

void catalog_load_free(struct catalog_load *l); /* accepts NULL */

#endif
