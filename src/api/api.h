/*
 * Requests and their handlers. One table (api_table.c) binds a key to its versions, its handler and how
 * it overlaps; what ApiVersions advertises comes from it alone. A handler runs on the connection's
 * reactor; it answers at once with api_reply(), or keeps the call and answers later from the same
 * reactor.
 */
#ifndef OTTLA_API_API_H
#define OTTLA_API_API_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/msg.h"
#include "broker/broker.h"
#include "broker/image.h"
#include "gen/api_keys.h"
#include "model/kerr.h"
#include "wire/request.h"

struct api;

/* One request being handled. It lies in the request's arena and lives until api_reply() or one of its
 * sisters. */
struct api_call {
    struct api *api;
    struct broker *broker;
    struct request *rq;
    struct arena *arena; /* the request's */
    struct reactor *reactor;
    int16_t version;
    void *state; /* the handler's */
};

enum api_operation {
    API_OP_READ,
    API_OP_WRITE,
    API_OP_CREATE,
    API_OP_DELETE,
    API_OP_ALTER,
    API_OP_DESCRIBE,
    API_OP_CLUSTER_ACTION,
    API_OP_DESCRIBE_CONFIGS,
    API_OP_ALTER_CONFIGS,
    API_OP_IDEMPOTENT_WRITE,
};

enum api_resource { API_RESOURCE_TOPIC, API_RESOURCE_GROUP, API_RESOURCE_CLUSTER };

/* The one authorisation point. Everything is allowed until there are ACLs. */
bool api_allowed(const struct api_call *call, enum api_operation op, enum api_resource resource,
                 struct slice name);

/* Decodes the body; true when it is sound. Otherwise the connection is told (closed, with a log line)
 * and the call is over. */
bool api_decode(struct api_call *call, void *ret_message);

/* Answers with the response message of the call's key and version; the call is over. A failure to
 * encode closes the connection with a log line. */
void api_reply(struct api_call *call, const void *message);

/* Answers with a message encoded at another version (ApiVersions' fallback). */
void api_reply_version(struct api_call *call, const void *message, int16_t version);

/* acks=0: no answer. */
void api_reply_nothing(struct api_call *call);

/* The connection closes; the reason goes into the log. */
void api_close(struct api_call *call, const char *why);

/* The newest image, borrowed for this turn. */
static inline const struct image *api_image(struct api_call *call)
{
    return broker_image(call->broker, call->reactor);
}

/* --- the table ------------------------------------------------------------------------------------ */

struct api_entry {
    int16_t key;
    int16_t min; /* versions advertised and served */
    int16_t max;
    enum request_overlap overlap;
    void (*handle)(struct api_call *call);
};

extern const struct api_entry api_table[];
extern const size_t api_table_cnt;

/* NULL for a key that is not served. */
const struct api_entry *api_find(int16_t key);

/* --- the entry ------------------------------------------------------------------------------------- */

int api_new(struct broker *broker, struct api **ret_api) WARN_UNUSED;
void api_free(struct api *api); /* accepts NULL */

/* What the network hands requests to. */
struct request_sink *api_sink(struct api *api);

/* --- handlers, one file each ------------------------------------------------------------------------ */

void api_versions_handle(struct api_call *call);
void metadata_handle(struct api_call *call);
void produce_handle(struct api_call *call);
void fetch_handle(struct api_call *call);
void list_offsets_handle(struct api_call *call);
void create_topics_handle(struct api_call *call);
void delete_topics_handle(struct api_call *call);
void describe_configs_handle(struct api_call *call);
void describe_cluster_handle(struct api_call *call);
void describe_topic_partitions_handle(struct api_call *call);

#endif
