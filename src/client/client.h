/*
 * A small client of the Kafka protocol over the same codecs as the broker: for the admin commands and
 * for brokers that ask their peers. Blocking, with deadlines; one connection, one request at a time,
 * each in the highest version that both sides know.
 *
 * Every failure leaves a sentence in client_why(). One owner, one thread at a time; may block, so
 * never on a reactor.
 */
#ifndef OTTLA_CLIENT_CLIENT_H
#define OTTLA_CLIENT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "client/endpoint.h"
#include "gen/api_keys.h"
#include "gen/metadata.h"
#include "os/os.h"

struct client;

struct client_options {
    const char *client_id;   /* NULL: "ottla" */
    int64_t connect_ms;      /* 0: 10 s, for each broker tried */
    int64_t request_ms;      /* 0: 60 s */
    size_t response_len_max; /* 0: 256 MiB */
};

/* What a broker serves of one request. */
struct client_api {
    int16_t key;
    int16_t min;
    int16_t max;
};

int client_new(struct os *os, const struct client_options *options,
               struct client **ret_client) WARN_UNUSED;
void client_free(struct client *c); /* accepts NULL */

/* Connects to the first of the brokers that answers, and learns what it serves. An earlier connection
 * is closed. ERR_REFUSED, ERR_TIMEOUT, ERR_NOT_FOUND, ERR_CLOSED, ERR_INVALID (not a broker). */
int client_connect(struct client *c, const struct endpoints *brokers) WARN_UNUSED;

/* Asks the broker for the cluster's controller and connects to that, if it is another one. */
int client_connect_controller(struct client *c) WARN_UNUSED;

/*
 * Sends a request and waits for its answer; `request` and `ret_response` are the generated structs of
 * the key. What is decoded lies in `a` and in a buffer of the client that the next call reuses.
 * ERR_UNSUPPORTED when both sides have no version in common; ERR_TIMEOUT, ERR_CLOSED, ERR_IO;
 * ERR_INVALID, ERR_TRUNCATED, ERR_LIMIT for an answer that is none. After all but ERR_UNSUPPORTED
 * the connection is closed.
 */
int client_call(struct client *c, enum api_key key, const void *request, void *ret_response,
                struct arena *a) WARN_UNUSED;

/* The version client_call() would use, or -1. Only while connected. */
int16_t client_version(const struct client *c, enum api_key key);

/* What the broker serves, by key; valid until the next connect. */
const struct client_api *client_apis(const struct client *c, size_t *ret_cnt);

/* The broker asked, "host:port"; and the last failure, without a full stop. Never NULL. */
const char *client_broker(const struct client *c);
const char *client_why(const struct client *c);

#endif
