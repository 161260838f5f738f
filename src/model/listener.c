/*
 * A listener is "NAME://host:port". The name says the protocol itself (PLAINTEXT, SSL, ...) or is
 * mapped to one by listener.security.protocol.map. A host may be empty (all addresses), a name, an
 * IPv4 address or an IPv6 address in brackets.
 */
#include "model/listener.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"

static const char *const protocol_names[] = {"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"};

const char *security_protocol_name(enum security_protocol p)
{
    ASSERT((size_t)p < ARRAY_CNT(protocol_names));
    return protocol_names[p];
}

static bool protocol_find(struct slice name, enum security_protocol *ret)
{
    for (size_t i = 0; i < ARRAY_CNT(protocol_names); i++) {
        if (slice_eq_cstr(name, protocol_names[i])) {
            *ret = (enum security_protocol)i;
            return true;
        }
    }
    return false;
}

/* ---- Hosts ---------------------------------------------------------------------------------- */

static bool host_is_all_of(const char *host, const char *chars)
{
    return strspn(host, chars) == strlen(host);
}

bool host_is_wildcard(const char *host)
{
    if (host[0] == '\0' || strcmp(host, "*") == 0) {
        return true;
    }
    /* 0, 0.0, 0.0.0.0; and any spelling of the IPv6 address that is zero throughout. */
    return host_is_all_of(host, "0.") ||
           (strchr(host, ':') != NULL && host_is_all_of(host, "0:.")) ||
           strcmp(host, "::ffff:0.0.0.0") == 0;
}

bool host_is_loopback(const char *host)
{
    size_t len = strlen(host);
    const char *last = strrchr(host, ':');

    if (strcmp(host, "localhost") == 0 || strcmp(host, "ip6-localhost") == 0) {
        return true;
    }
    if (strncmp(host, "127.", 4) == 0 && host_is_all_of(host, "0123456789.")) {
        return true;
    }
    /* ::1 and 0:0:0:0:0:0:0:1 */
    return len >= 3 && last != NULL && host[len - 1] == '1' && strspn(host, "0:") == len - 1 &&
           strspn(last + 1, "0") == strlen(last + 1) - 1;
}

static bool host_is_ipv6(const char *host)
{
    return strchr(host, ':') != NULL;
}

/* ---- One listener --------------------------------------------------------------------------- */

static int refuse(struct setting_why *why, const char *setting, struct slice item, const char *what)
{
    struct setting_shown shown;

    (void)snprintf(why->text, sizeof(why->text), "%s: '%s' %s", setting,
                   setting_shown(&shown, item), what);
    return ERR_INVALID;
}

static bool name_char_is_legal(uint8_t c)
{
    return isalnum(c) || c == '_' || c == '-' || c == '.';
}

static int name_parse(const char *setting, struct slice item, struct slice name,
                      struct listener *ret, struct setting_why *why)
{
    if (name.len == 0 || name.len > LISTENER_NAME_LEN_MAX) {
        return refuse(why, setting, item,
                      "does not begin with a listener name of 1 to 63 characters");
    }
    for (size_t i = 0; i < name.len; i++) {
        if (!name_char_is_legal(name.ptr[i])) {
            return refuse(why, setting, item,
                          "has a listener name with other than letters, digits, '_', '-' and '.'");
        }
        ret->name[i] = (char)toupper(name.ptr[i]);
    }
    ret->name[name.len] = '\0';
    return 0;
}

static int host_parse(const char *setting, struct slice item, struct slice host,
                      struct listener *ret, struct setting_why *why)
{
    bool bracketed = host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';

    if (bracketed) {
        host = slice_sub(host, 1, host.len - 2);
    }
    if (host.len > HOST_NAME_LEN_MAX) {
        return refuse(why, setting, item, "has a host name that is too long");
    }
    for (size_t i = 0; i < host.len; i++) {
        uint8_t c = host.ptr[i];
        bool legal = bracketed ? isxdigit(c) || c == ':' || c == '.' || c == '%' || isalnum(c)
                               : isalnum(c) || c == '-' || c == '.' || c == '_';

        if (!legal) {
            return refuse(why, setting, item,
                          c == ':' ? "has an IPv6 address without brackets; write NAME://[::1]:9092"
                                   : "has a host name with a character that none has");
        }
        ret->host[i] = (char)c;
    }
    ret->host[host.len] = '\0';
    if (bracketed && strchr(ret->host, ':') == NULL) {
        return refuse(why, setting, item, "has brackets around what is no IPv6 address");
    }
    return 0;
}

static int port_parse(const char *setting, struct slice item, struct slice port,
                      struct listener *ret, struct setting_why *why)
{
    unsigned num = 0;

    if (port.len == 0 || port.len > 5) {
        return refuse(why, setting, item, "does not end in a port between 0 and 65535");
    }
    for (size_t i = 0; i < port.len; i++) {
        if (port.ptr[i] < '0' || port.ptr[i] > '9') {
            return refuse(why, setting, item, "does not end in a port between 0 and 65535");
        }
        num = num * 10 + (unsigned)(port.ptr[i] - '0');
    }
    if (num > UINT16_MAX) {
        return refuse(why, setting, item, "does not end in a port between 0 and 65535");
    }
    ret->port = (uint16_t)num;
    return 0;
}

static size_t find_str(struct slice s, const char *what)
{
    size_t len = strlen(what);

    for (size_t i = 0; i + len <= s.len; i++) {
        if (memcmp(s.ptr + i, what, len) == 0) {
            return i;
        }
    }
    return s.len;
}

static int listener_parse(const char *setting, struct slice item, struct listener *ret,
                          struct setting_why *why)
{
    size_t mark = find_str(item, "://");
    struct slice rest = slice_sub(item, mark + 3, item.len);
    size_t colon = rest.len;
    int rc;

    if (mark == item.len) {
        return refuse(why, setting, item, "is not of the form NAME://host:port");
    }
    while (colon > 0 && rest.ptr[colon - 1] != ':') {
        colon--;
    }
    if (colon == 0) {
        return refuse(why, setting, item, "has no port; write NAME://host:port");
    }
    rc = name_parse(setting, item, slice_sub(item, 0, mark), ret, why);
    rc = rc != 0 ? rc : host_parse(setting, item, slice_sub(rest, 0, colon - 1), ret, why);
    return rc != 0 ? rc : port_parse(setting, item, slice_sub(rest, colon, rest.len), ret, why);
}

/* ---- The protocol map ----------------------------------------------------------------------- */

/* Looks the name up in the map; a name that is a protocol's maps to itself if the map was not
 * given. */
static int protocol_of(const struct settings *s, struct listener *l, struct setting_why *why)
{
    const char *setting = "listener.security.protocol.map";
    struct slice rest = slice_cstr(settings_text(s, SETTING_LISTENER_SECURITY_PROTOCOL_MAP));
    struct slice item;
    struct slice name;

    while (setting_list_next(&rest, &item)) {
        size_t colon = find_str(item, ":");
        struct listener key = {0};
        int rc;

        if (item.len == 0) {
            continue;
        }
        name = slice_sub(item, 0, colon);
        rc = name_parse(setting, item, name, &key, why);
        if (rc != 0) {
            return rc;
        }
        if (strcmp(key.name, l->name) == 0) {
            if (!protocol_find(slice_sub(item, colon + 1, item.len), &l->protocol)) {
                return refuse(why, setting, item,
                              "does not map to PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL");
            }
            return 0;
        }
    }
    (void)snprintf(
        why->text, sizeof(why->text),
        "listener.security.protocol.map: no protocol for the listener %s; add %s:PLAINTEXT "
        "or another protocol",
        l->name, l->name);
    return ERR_INVALID;
}

/* ---- The lists ------------------------------------------------------------------------------ */

const struct listener *listeners_find(const struct listeners *l, struct slice name)
{
    for (size_t i = 0; i < l->cnt; i++) {
        const char *known = l->at[i].name;
        bool same = strlen(known) == name.len;

        for (size_t j = 0; same && j < name.len; j++) {
            same = known[j] == toupper(name.ptr[j]);
        }
        if (same) {
            return &l->at[i];
        }
    }
    return NULL;
}

/* Two listeners may share a port only if one is on IPv4 and the other on IPv6. */
static bool port_is_shared(const struct listener *a, const struct listener *b)
{
    bool one_each =
        host_is_ipv6(a->host) != host_is_ipv6(b->host) && a->host[0] != '\0' && b->host[0] != '\0';

    return a->port != 0 && a->port == b->port && !one_each;
}

static int list_parse(const struct settings *s, enum setting_id id, bool advertised,
                      struct listeners *ret, struct setting_why *why)
{
    const char *setting = setting_row(id)->name;
    struct slice rest = slice_cstr(settings_text(s, id));
    struct slice item;

    ret->cnt = 0;
    while (setting_list_next(&rest, &item)) {
        struct listener l = {0};
        int rc;

        if (item.len == 0) {
            continue;
        }
        if (ret->cnt == LISTENERS_MAX) {
            (void)snprintf(why->text, sizeof(why->text), "%s: more than %d listeners", setting,
                           LISTENERS_MAX);
            return ERR_INVALID;
        }
        rc = listener_parse(setting, item, &l, why);
        rc = rc != 0 ? rc : protocol_of(s, &l, why);
        if (rc != 0) {
            return rc;
        }
        if (listeners_find(ret, slice_cstr(l.name)) != NULL) {
            return refuse(why, setting, item, "has the name of a listener before it");
        }
        for (size_t i = 0; !advertised && i < ret->cnt; i++) {
            if (port_is_shared(&ret->at[i], &l)) {
                return refuse(why, setting, item, "has the port of a listener before it");
            }
        }
        ret->at[ret->cnt++] = l;
    }
    if (ret->cnt == 0) {
        (void)snprintf(why->text, sizeof(why->text),
                       "%s: no listener is named; give at least one, "
                       "such as PLAINTEXT://localhost:9092",
                       setting);
        return ERR_INVALID;
    }
    return 0;
}

/* What clients are told for one listener when advertised.listeners does not say. */
static void advertise_bind(const struct listener *bind, const char *host_name, struct listener *ret)
{
    *ret = *bind;
    if (host_is_wildcard(bind->host)) {
        (void)snprintf(ret->host, sizeof(ret->host), "%s", host_name);
    }
}

static int advertised_check(const struct listener *l, struct setting_why *why)
{
    if (host_is_wildcard(l->host)) {
        (void)snprintf(
            why->text, sizeof(why->text),
            "advertised.listeners: nobody can connect to '%s', the address of listener %s; "
            "give the name or address by which clients reach this machine",
            l->host, l->name);
        return ERR_INVALID;
    }
    return 0;
}

static int advertised_read(const struct settings *s, const struct listeners *bind,
                           struct listeners *ret, struct setting_why *why)
{
    struct listeners given;
    int rc = list_parse(s, SETTING_ADVERTISED_LISTENERS, true, &given, why);

    if (rc != 0) {
        return rc;
    }
    for (size_t i = 0; i < given.cnt; i++) {
        if (listeners_find(bind, slice_cstr(given.at[i].name)) == NULL) {
            (void)snprintf(why->text, sizeof(why->text),
                           "advertised.listeners: %s is not one of the names in listeners",
                           given.at[i].name);
            return ERR_INVALID;
        }
    }
    ret->cnt = 0;
    for (size_t i = 0; i < bind->cnt; i++) {
        const struct listener *l = listeners_find(&given, slice_cstr(bind->at[i].name));

        if (l == NULL) {
            (void)snprintf(why->text, sizeof(why->text),
                           "advertised.listeners: the listener %s is missing; name every one of "
                           "listeners or none",
                           bind->at[i].name);
            return ERR_INVALID;
        }
        rc = advertised_check(l, why);
        if (rc != 0) {
            return rc;
        }
        ret->at[ret->cnt++] = *l;
    }
    return 0;
}

int listeners_from_settings(const struct settings *s, const char *host_name,
                            struct listeners *ret_bind, struct listeners *ret_advertised,
                            struct setting_why *why)
{
    const char *given = settings_text(s, SETTING_ADVERTISED_LISTENERS);
    int rc = list_parse(s, SETTING_LISTENERS, false, ret_bind, why);

    if (rc != 0) {
        return rc;
    }
    if (given != NULL && given[0] != '\0') {
        rc = advertised_read(s, ret_bind, ret_advertised, why);
        if (rc != 0) {
            return rc;
        }
    } else {
        ret_advertised->cnt = ret_bind->cnt;
        for (size_t i = 0; i < ret_bind->cnt; i++) {
            advertise_bind(&ret_bind->at[i], host_name, &ret_advertised->at[i]);
            rc = advertised_check(&ret_advertised->at[i], why);
            if (rc != 0) {
                return rc;
            }
        }
    }
    if (listeners_inter_broker(ret_bind, s) == NULL) {
        const char *name = settings_text(s, SETTING_INTER_BROKER_LISTENER_NAME);

        (void)snprintf(
            why->text, sizeof(why->text),
            name != NULL ? "inter.broker.listener.name: %s is not one of the names in "
                           "listeners"
                         : "security.inter.broker.protocol: no listener speaks %s; name one "
                           "with inter.broker.listener.name",
            name != NULL ? name : settings_text(s, SETTING_SECURITY_INTER_BROKER_PROTOCOL));
        return ERR_INVALID;
    }
    return 0;
}

const struct listener *listeners_inter_broker(const struct listeners *l, const struct settings *s)
{
    const char *name = settings_text(s, SETTING_INTER_BROKER_LISTENER_NAME);
    int word = settings_word(s, SETTING_SECURITY_INTER_BROKER_PROTOCOL);

    if (name != NULL) {
        return listeners_find(l, slice_cstr(name));
    }
    /* The words of that setting are in the order of the protocols' numbers. */
    for (size_t i = 0; i < l->cnt; i++) {
        if ((int)l->at[i].protocol == word) {
            return &l->at[i];
        }
    }
    return NULL;
}
