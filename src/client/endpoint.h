/*
 * Where brokers are, in text: "host:port,host:port". Port 9092 where none is given; an IPv6 address
 * stands in brackets when a port follows. A protocol before the host ("PLAINTEXT://") is passed over.
 *
 * Values: no owner, any thread.
 */
#ifndef OTTLA_CLIENT_ENDPOINT_H
#define OTTLA_CLIENT_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/limits.h"

#define ENDPOINT_PORT_DEFAULT 9092
#define ENDPOINT_TEXT_LEN (HOST_NAME_LEN_MAX + 10) /* with brackets, colon, port and NUL */
#define ENDPOINTS_MAX 16
#define ENDPOINT_WHY_LEN 384

struct endpoint {
    char host[HOST_NAME_LEN_MAX + 1]; /* no brackets */
    uint16_t port;
};

struct endpoints {
    size_t cnt;
    struct endpoint at[ENDPOINTS_MAX];
};

/* ERR_INVALID, and a sentence without a full stop in `why`. */
int endpoints_parse(const char *text, struct endpoints *ret,
                    char why[ENDPOINT_WHY_LEN]) WARN_UNUSED;

/* "host:port", with brackets around an IPv6 address; returns ret_text. */
const char *endpoint_format(const struct endpoint *e, char ret_text[ENDPOINT_TEXT_LEN]);

bool endpoint_eq(const struct endpoint *a, const struct endpoint *b);

#endif
