/*
 * Listeners: where a broker listens, under which name and with which protocol, and what it tells
 * clients to connect to. Parsed from `listeners`, `advertised.listeners` and
 * `listener.security.protocol.map` with Kafka's rules.
 *
 * Plain values: owned by whoever holds them, never changed after start.
 */
#ifndef OTTLA_MODEL_LISTENER_H
#define OTTLA_MODEL_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "model/limits.h"
#include "model/settings.h"

/* The numbers are those of the protocol. */
enum security_protocol {
    SECURITY_PLAINTEXT = 0,
    SECURITY_SSL = 1,
    SECURITY_SASL_PLAINTEXT = 2,
    SECURITY_SASL_SSL = 3,
};

const char *security_protocol_name(enum security_protocol p);

struct listener {
    enum security_protocol protocol;
    uint16_t port;                        /* 0: any free one (bind side only) */
    char name[LISTENER_NAME_LEN_MAX + 1]; /* upper case, as Kafka has it */
    char host[HOST_NAME_LEN_MAX + 1];     /* no brackets; "" = all addresses (bind side only) */
};

struct listeners {
    size_t cnt;
    struct listener at[LISTENERS_MAX];
};

/*
 * Reads both lists from the settings. `ret_bind` is where to listen; `ret_advertised` holds one
 * entry for each bind listener, in the same order. Without advertised.listeners that is the bind
 * address, and where that is empty or a wildcard, `host_name`, the machine's own name. A port 0 is
 * copied: the caller knows the real one after the bind. ERR_INVALID and a sentence in `why`.
 */
int listeners_from_settings(const struct settings *s, const char *host_name,
                            struct listeners *ret_bind, struct listeners *ret_advertised,
                            struct setting_why *why) WARN_UNUSED;

/* The one with this name (case does not matter), or NULL. */
const struct listener *listeners_find(const struct listeners *l, struct slice name);

/* Which listener brokers use among themselves: inter.broker.listener.name, or the first with the
 * protocol of security.inter.broker.protocol. NULL cannot happen after listeners_from_settings. */
const struct listener *listeners_inter_broker(const struct listeners *l, const struct settings *s);

/* True for "", 0.0.0.0 and :: in any of their spellings: every address of the machine. */
bool host_is_wildcard(const char *host);

/* True for localhost, 127.0.0.0/8 and ::1: nobody else can reach it. */
bool host_is_loopback(const char *host);

#endif
