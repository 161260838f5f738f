/*
 * Handlers without a network and without logs: requests are made here, answers decoded here, and the
 * broker behind the handlers is a fake with an image of the test's own. Topics are created and deleted
 * by a fake catalog that answers at once, or only when the test says so.
 *
 * The fake stands in for broker/broker.o and broker/catalog.o at link time.
 */
#ifndef TEST_UNIT_API_FAKE_H
#define TEST_UNIT_API_FAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "api/api.h"
#include "broker/broker.h"
#include "broker/image.h"

#define FAKE_BROKER_ID 1
#define FAKE_HELD_MAX 64

struct fake; /* the broker, see fake.c */

/* An empty image with broker 1 (listeners PLAINTEXT and INTERNAL) and broker 2 (INTERNAL only). */
struct fake *fake_new(void);
void fake_free(struct fake *f);

void fake_set(struct fake *f, const char *setting, const char *value);
struct settings *fake_settings(struct fake *f);

/* Replicas on broker 1, or on the brokers given; the id's first byte is `id`. */
void fake_add_topic(struct fake *f, const char *name, uint8_t id, int32_t partition_cnt);
void fake_add_topic_on(struct fake *f, const char *name, uint8_t id, int32_t partition_cnt,
                       const broker_id_t *replicas, int32_t replica_cnt, broker_id_t leader);
void fake_add_topic_with(struct fake *f, const char *name, uint8_t id, const char *setting,
                         const char *value);
bool fake_has_topic(struct fake *f, const char *name);
struct uuid fake_id(uint8_t id);

/* The listener requests come by, "PLAINTEXT" at first. */
void fake_listener(struct fake *f, const char *name, bool inter_broker);

/* From now on the catalog does not answer before fake_let_go(). */
void fake_hold(struct fake *f);
size_t fake_held(const struct fake *f);
void fake_let_go(struct fake *f);
size_t fake_catalog_calls(const struct fake *f);

/* Sends a request and waits for its outcome. When it was answered, the answer is decoded into
 * ret_response, which is good until the next call. */
enum request_outcome fake_call(struct fake *f, int16_t key, int16_t version, const void *request,
                               void *ret_response);

/* As above with a body as it is, answered in another version. The header's key and version are not
 * checked by the network either. */
enum request_outcome fake_call_raw(struct fake *f, int16_t key, int16_t version, struct slice body,
                                   int16_t answer_version, void *ret_response);

/* As above with a body that is used where it lies, and overwritten when the call is over. */
enum request_outcome fake_call_here(struct fake *f, int16_t key, int16_t version, struct slice body,
                                    void *ret_response);

/* Sends, does not wait; then waits. One at a time. */
void fake_send(struct fake *f, int16_t key, int16_t version, const void *request);
bool fake_is_answered(const struct fake *f);
void fake_turn(struct fake *f, int64_t max_wait_ms);
enum request_outcome fake_receive(struct fake *f, void *ret_response);

/* For what the test builds its requests of; emptied by fake_free(). */
struct arena *fake_arena(struct fake *f);

#endif
