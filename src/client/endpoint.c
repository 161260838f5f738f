#include "client/endpoint.h"

#include <stdio.h>
#include <string.h>

#include "base/slice.h"

#define SHOWN_MAX 100 /* how much of a bad text stands in the sentence */

static int complain(char why[ENDPOINT_WHY_LEN], struct slice item, const char *what)
{
    int shown = (int)(item.len < SHOWN_MAX ? item.len : SHOWN_MAX);
    snprintf(why, ENDPOINT_WHY_LEN, "'%.*s' %s; write host:port, such as localhost:9092", shown,
             (const char *)item.ptr, what);
    return ERR_INVALID;
}

static struct slice trim(struct slice s)
{
    while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) {
        s = slice_sub(s, 1, s.len - 1);
    }
    while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t')) {
        s.len--;
    }
    return s;
}

/* What follows "://", or all of it. */
static struct slice skip_protocol(struct slice s)
{
    for (size_t i = 0; i + 3 <= s.len; i++) {
        if (memcmp(s.ptr + i, "://", 3) == 0) {
            return slice_sub(s, i + 3, s.len);
        }
    }
    return s;
}

static size_t count_of(struct slice s, char c)
{
    size_t cnt = 0;
    for (size_t i = 0; i < s.len; i++) {
        cnt += s.ptr[i] == (uint8_t)c ? 1 : 0;
    }
    return cnt;
}

/* Cuts "[::1]:9092", "::1", "host:9092" or "host" into host and port; no port gives a null slice.
 * False: the brackets are wrong. */
static bool split(struct slice s, struct slice *ret_host, struct slice *ret_port)
{
    *ret_port = SLICE_NULL;
    if (s.len > 0 && s.ptr[0] == '[') {
        const uint8_t *close = memchr(s.ptr, ']', s.len);
        if (close == NULL) {
            return false;
        }
        size_t end = (size_t)(close - s.ptr);
        *ret_host = slice_sub(s, 1, end - 1);
        if (end + 1 == s.len) {
            return true;
        }
        *ret_port = slice_sub(s, end + 2, s.len);
        return s.ptr[end + 1] == ':';
    }
    *ret_host = s;
    if (count_of(s, ':') == 1) {
        size_t colon = (size_t)((const uint8_t *)memchr(s.ptr, ':', s.len) - s.ptr);
        *ret_host = slice_sub(s, 0, colon);
        *ret_port = slice_sub(s, colon + 1, s.len);
    }
    return true;
}

static bool parse_port(struct slice s, uint16_t *ret_port)
{
    uint32_t port = 0;
    if (s.len == 0 || s.len > 5) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9') {
            return false;
        }
        port = port * 10 + (uint32_t)(s.ptr[i] - '0');
    }
    *ret_port = (uint16_t)port;
    return port >= 1 && port <= UINT16_MAX;
}

static bool host_is_plausible(struct slice host)
{
    for (size_t i = 0; i < host.len; i++) {
        if (host.ptr[i] <= ' ' || host.ptr[i] == '/' || host.ptr[i] == '[' || host.ptr[i] == ']' ||
            host.ptr[i] >= 0x7f) {
            return false;
        }
    }
    return host.len > 0 && host.len <= HOST_NAME_LEN_MAX;
}

static int endpoint_parse(struct slice item, struct endpoint *ret, char why[ENDPOINT_WHY_LEN])
{
    struct slice host = SLICE_NULL;
    struct slice port = SLICE_NULL;
    if (!split(skip_protocol(item), &host, &port)) {
        return complain(why, item, "has brackets that do not fit");
    }
    if (!host_is_plausible(host)) {
        return complain(why, item, "names no host");
    }
    ret->port = ENDPOINT_PORT_DEFAULT;
    if (!slice_is_null(port) && !parse_port(port, &ret->port)) {
        return complain(why, item, "has no port from 1 to 65535");
    }
    memcpy(ret->host, host.ptr, host.len);
    ret->host[host.len] = '\0';
    return 0;
}

int endpoints_parse(const char *text, struct endpoints *ret, char why[ENDPOINT_WHY_LEN])
{
    struct endpoints found = {.cnt = 0};
    struct slice rest = slice_cstr(text);
    bool more = true;
    while (more) {
        const uint8_t *comma = rest.len == 0 ? NULL : memchr(rest.ptr, ',', rest.len);
        size_t len = comma == NULL ? rest.len : (size_t)(comma - rest.ptr);
        struct slice item = trim(slice_sub(rest, 0, len));
        more = comma != NULL;
        rest = slice_sub(rest, len + 1, rest.len);
        if (item.len == 0) {
            continue;
        }
        if (found.cnt == ENDPOINTS_MAX) {
            snprintf(why, ENDPOINT_WHY_LEN, "more than %d brokers are named; a few are enough",
                     ENDPOINTS_MAX);
            return ERR_INVALID;
        }
        int rc = endpoint_parse(item, &found.at[found.cnt], why);
        if (rc != 0) {
            return rc;
        }
        found.cnt++;
    }
    if (found.cnt == 0) {
        return complain(why, slice_cstr(text), "names no broker");
    }
    *ret = found;
    return 0;
}

const char *endpoint_format(const struct endpoint *e, char ret_text[ENDPOINT_TEXT_LEN])
{
    bool brackets = strchr(e->host, ':') != NULL;
    snprintf(ret_text, ENDPOINT_TEXT_LEN, "%s%s%s:%u", brackets ? "[" : "", e->host,
             brackets ? "]" : "", (unsigned)e->port);
    return ret_text;
}

bool endpoint_eq(const struct endpoint *a, const struct endpoint *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0;
}
