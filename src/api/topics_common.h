/*
 * What the requests about topics share: dropping duplicates from a request's list, and a partition as
 * a client of one listener sees it. Everything lies in the call's arena or points into the image.
 */
#ifndef OTTLA_API_TOPICS_COMMON_H
#define OTTLA_API_TOPICS_COMMON_H

#include <stdbool.h>
#include <stdint.h>

#include "api/api.h"

/* Byte strings seen before, for lists whose length a client chose. */
struct seen_set {
    struct slice *slots; /* a null slice is a free slot */
    size_t mask;
    uint64_t seed;
};

/* Room for cnt strings. ERR_NOMEM. */
int seen_set_init(struct seen_set *s, struct arena *a, int32_t cnt, uint64_t seed) WARN_UNUSED;

/* True the first time. The bytes are borrowed; a null slice counts as an empty one. */
bool seen_set_add(struct seen_set *s, struct slice bytes);

/* True when it was added before. */
bool seen_set_has(const struct seen_set *s, struct slice bytes);

/* How long a creation or deletion may take before the client is told that it goes on. Who gives no time
 * at all is answered when the thing is done, too, if that is soon: clients that ask for no time (some
 * do so by default) would else have to guess. An endless time has an end. */
int64_t topics_wait_ms(int32_t timeout_ms);

/* A partition as the clients of a listener may use it. */
struct partition_seen {
    enum kerr error; /* LEADER_NOT_AVAILABLE, LISTENER_NOT_FOUND or none */
    broker_id_t leader;
    leader_epoch_t leader_epoch;
    int32_t *replicas; /* these two point into the image: never written through */
    int32_t replica_cnt;
    int32_t *isr;
    int32_t isr_cnt;
    int32_t *offline; /* replicas that cannot be reached by this listener */
    int32_t offline_cnt;
};

/* ERR_NOMEM. */
int partition_seen(struct api_call *call, const struct image *img, struct slice listener,
                   const struct image_partition *p, struct partition_seen *ret) WARN_UNUSED;

/* The listener the call came in by. */
struct slice call_listener(const struct api_call *call);

/* Ids of the image in the form messages have them; encoding only reads. */
int32_t *ids_borrowed(const broker_id_t *ids);

/* A C string's text in the call's arena; SLICE_EMPTY when memory is out. */
struct slice call_text(struct api_call *call, const char *text);

#endif
