/*
 * The broker as a value: what every request handler and every partition hangs off. It opens the log
 * directories and the metadata, keeps the partitions that live here, and publishes the metadata image.
 *
 * Threads: broker_new(), broker_start() and broker_stop() on the first reactor (the "home" one);
 * everything marked "any" from any reactor.
 */
#ifndef OTTLA_BROKER_BROKER_H
#define OTTLA_BROKER_BROKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/slice.h"
#include "broker/catalog.h"
#include "broker/image.h"
#include "log/log_dir.h"
#include "model/listener.h"
#include "model/settings.h"
#include "os/os.h"
#include "os/reactor.h"
#include "os/workers.h"
#include "record/compress.h"

#define BROKER_REACTORS_MAX 64
#define BROKER_LOG_DIRS_MAX 64

struct partition;
struct fetch_sessions;

struct broker_options {
    struct os *os;
    struct logger *logger;
    const struct settings *settings; /* outlives the broker */
    struct reactor **reactors;
    size_t reactor_cnt;
    const struct listeners *advertised; /* outlives the broker; ports are the real ones */
    /* The broker cannot go on (metadata or every log directory lost): the owner should stop it. */
    void (*lost)(void *ctx, const char *why);
    void *ctx;
};

struct broker;

int broker_new(const struct broker_options *opts, struct broker **ret_broker) WARN_UNUSED;

/* Blocks while it opens directories and recovers logs; `started` is called from a later turn of the
 * home reactor: NULL, or a sentence why not. */
void broker_start(struct broker *b, void (*started)(void *ctx, const char *failed), void *ctx);

/* No request may be under way any more. Logs and metadata are closed cleanly; `stopped` is called on
 * the home reactor. */
void broker_stop(struct broker *b, void (*stopped)(void *ctx), void *ctx);
void broker_free(struct broker *b); /* accepts NULL */

/* --- any thread ---------------------------------------------------------------------------------- */

struct os *broker_os(struct broker *b);
struct logger *broker_logger(struct broker *b);
const struct settings *broker_settings(const struct broker *b);
broker_id_t broker_id(const struct broker *b);
struct catalog *broker_catalog(struct broker *b); /* calls on the home reactor only */
struct reactor *broker_home(struct broker *b);
struct workers *broker_workers(struct broker *b);

/* Runs `run` on the home reactor: at once when the caller is on it, else by a post. */
void broker_on_home(struct broker *b, struct reactor_task *task);

/* Back to the reactor a request came from, at once when the caller is on it. */
void broker_on_reactor(struct reactor *r, struct reactor_task *task);

/* The newest image, borrowed until the caller's reactor asks again (a later turn). A handler that
 * waits takes image_ref(). */
const struct image *broker_image(struct broker *b, struct reactor *r);

/* Milliseconds since 1970 as of this turn of the caller's reactor. */
int64_t broker_wall_ms(const struct reactor *r);

/* What validating compressed batches needs, one per reactor. */
struct codecs *broker_codecs(struct broker *b, struct reactor *r);

/* The same for a worker, for as long as it needs them; NULL when memory is out. */
struct codecs *broker_codecs_take(struct broker *b);
void broker_codecs_give(struct broker *b, struct codecs *codecs);

/* The partition if it lives here, made on first use, with a reference for the caller; NULL when it
 * does not exist here any more or memory is out. */
struct partition *broker_partition(struct broker *b, const struct image_topic *t,
                                   partition_id_t idx);

/* The fetch sessions (broker/fetch_session.h). */
struct fetch_sessions *broker_fetch_sessions(struct broker *b);

/* How many descriptors a broker wants for its logs and itself; the rest are for connections. */
size_t broker_fds_needed(struct os *os);

/* The log directories, in the order of log.dirs. */
size_t broker_log_dir_cnt(const struct broker *b);
struct log_dir *broker_log_dir_at(struct broker *b, size_t idx);

/* --- partitions' own -------------------------------------------------------------------------------- */

/* One of a small set of locks for short lists, chosen by address. */
struct os_lock *broker_stripe(struct broker *b, const void *what);

#endif
