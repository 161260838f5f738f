/*
 * The format, line by line: blanks before the key are dropped; a line that begins with # or ! is a
 * comment; a backslash at the end joins the next line; the key ends at the first '=', ':' or blank that
 * has no backslash before it. \t \n \r \f \uXXXX are what they are in Java; any other character after
 * a backslash stands for itself.
 */
#include "cli/properties.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/suggest.h"
#include "model/limits.h"

#define ARENA_MAX ((size_t)8 * CONFIG_FILE_LEN_MAX)

void properties_init(struct properties *p)
{
    *p = (struct properties){.at = NULL};
    arena_init(&p->arena, ARENA_MAX);
}

void properties_release(struct properties *p)
{
    free(p->at);
    p->at = NULL;
    arena_release(&p->arena);
}

static int add(struct properties *p, const char *key, const char *value)
{
    if (key == NULL || value == NULL) {
        return ERR_NOMEM;
    }
    if (p->cnt == CONFIG_KEYS_MAX) {
        return ERR_LIMIT;
    }
    if (p->cnt == p->cap) {
        size_t cap = p->cap == 0 ? 16 : p->cap * 2;
        struct property *at = realloc(p->at, cap * sizeof(*at));
        if (at == NULL) {
            return ERR_NOMEM;
        }
        p->at = at;
        p->cap = cap;
    }
    p->at[p->cnt++] = (struct property){key, value};
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

/* The next logical line, joined, into `line` (NUL-terminated, as large as the text). False at the end. */
static bool next_line(const char **cur, const char *end, char *line)
{
    size_t len = 0;
    const char *p = *cur;
    if (p == end) {
        return false;
    }
    while (p < end && (is_blank(*p) || *p == '\n' || *p == '\r')) {
        p++;
    }
    bool comment = p < end && (*p == '#' || *p == '!');
    while (p < end && *p != '\n' && *p != '\r') {
        if (!comment && *p == '\\' && p + 1 < end) {
            const char *next = p + 1;
            if (*next == '\r' && next + 1 < end && next[1] == '\n') {
                next++;
            }
            if (*next == '\n' || *next == '\r') {
                p = next + 1;
                while (p < end && is_blank(*p)) {
                    p++;
                }
                continue;
            }
            line[len++] = *p++;
        }
        line[len++] = *p++;
    }
    line[comment ? 0 : len] = '\0';
    *cur = p;
    return true;
}

static size_t put_utf8(char *out, unsigned code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | (code >> 6));
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    out[0] = (char)(0xe0 | (code >> 12));
    out[1] = (char)(0x80 | ((code >> 6) & 0x3f));
    out[2] = (char)(0x80 | (code & 0x3f));
    return 3;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Four hexadecimal digits, or -1. */
static int hex_code(const char *p)
{
    int code = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0) {
            return -1;
        }
        code = code * 16 + digit;
    }
    return code;
}

/* Takes the backslashes away, in place. */
static void unescape(char *text)
{
    static const char from[] = "tnrf";
    static const char to[] = "\t\n\r\f";
    char *out = text;
    for (const char *p = text; *p != '\0';) {
        if (*p != '\\' || p[1] == '\0') {
            *out++ = *p++;
            continue;
        }
        p++;
        int code = *p == 'u' ? hex_code(p + 1) : -1;
        const char *at = strchr(from, *p);
        if (code > 0) {
            out += put_utf8(out, (unsigned)code);
            p += 5;
        } else {
            *out++ = at != NULL ? to[at - from] : *p;
            p++;
        }
    }
    *out = '\0';
}

static int take_line(struct properties *p, char *line)
{
    size_t key_len = 0;
    while (line[key_len] != '\0' && strchr("=: \t\f", line[key_len]) == NULL) {
        key_len += line[key_len] == '\\' && line[key_len + 1] != '\0' ? 2 : 1;
    }
    if (key_len == 0) {
        return 0;
    }
    char *value = line + key_len;
    value += strspn(value, " \t\f");
    if (*value == '=' || *value == ':') {
        value++;
        value += strspn(value, " \t\f");
    }
    char *value_copy = arena_cstr(&p->arena, slice_cstr(value));
    char *key_copy = arena_cstr(&p->arena, slice_of(line, key_len));
    if (key_copy == NULL || value_copy == NULL) {
        return ERR_NOMEM;
    }
    unescape(key_copy);
    unescape(value_copy);
    return add(p, key_copy, value_copy);
}

int properties_add_text(struct properties *p, struct slice text)
{
    char *line = malloc(text.len + 1);
    if (line == NULL) {
        return ERR_NOMEM;
    }
    const char *cur = (const char *)text.ptr;
    const char *end = cur + text.len;
    int rc = 0;
    while (rc == 0 && next_line(&cur, end, line)) {
        rc = take_line(p, line);
    }
    free(line);
    return rc;
}

int properties_add_pair(struct properties *p, const char *pair)
{
    const char *equals = strchr(pair, '=');
    if (equals == NULL || equals == pair) {
        return ERR_INVALID;
    }
    return add(p, arena_cstr(&p->arena, slice_of(pair, (size_t)(equals - pair))),
               arena_cstr(&p->arena, slice_cstr(equals + 1)));
}

int properties_add_file(struct properties *p, const struct cli *cli, const char *path)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    int rc = os_file_read_all(cli->os, path, CONFIG_FILE_LEN_MAX, &bytes, &len);
    if (rc != 0) {
        return cli_fail(cli, "the settings in %s can not be read: %s", path, err_text(rc));
    }
    rc = properties_add_text(p, slice_of(bytes, len));
    free(bytes);
    return rc == 0 ? 0 : cli_fail(cli, "the settings in %s: %s", path, err_text(rc));
}

int properties_add_option(struct properties *p, const struct cli *cli, const struct options *o,
                          size_t id)
{
    for (size_t i = 0; i < o->values[id].cnt; i++) {
        const char *pair = o->values[id].texts[i];
        int rc = properties_add_pair(p, pair);
        if (rc != 0) {
            return cli_fail(cli, "%s takes KEY=VALUE, not '%.80s'", o->specs[id].name, pair);
        }
    }
    return 0;
}

void properties_warn_unknown(const struct properties *p, const struct cli *cli,
                             const char *const *known)
{
    for (size_t i = 0; i < p->cnt; i++) {
        const char *key = p->at[i].key;
        struct suggestion s;
        suggest_init(&s, key);
        for (const char *const *name = known; *name != NULL; name++) {
            suggest_consider(&s, *name);
        }
        if (s.nearest == NULL) {
            cli_note(cli, "the property %.80s is ignored: nothing here has that name", key);
        } else if (s.distance > 0) {
            cli_note(cli, "the property %.80s is ignored; did you mean %s?", key, s.nearest);
        }
    }
}

const char *properties_get(const struct properties *p, const char *key)
{
    for (size_t i = p->cnt; i > 0; i--) {
        if (strcmp(p->at[i - 1].key, key) == 0) {
            return p->at[i - 1].value;
        }
    }
    return NULL;
}

bool properties_get_bool(const struct properties *p, const char *key, bool otherwise)
{
    const char *value = properties_get(p, key);
    if (value == NULL) {
        return otherwise;
    }
    value += strspn(value, " \t");
    static const char word[] = "true";
    for (size_t i = 0; i < sizeof(word) - 1; i++) {
        if ((value[i] | 0x20) != word[i]) {
            return false;
        }
    }
    value += sizeof(word) - 1;
    return value[strspn(value, " \t")] == '\0';
}

struct slice properties_get_text(const struct properties *p, const char *key,
                                 struct slice otherwise)
{
    const char *value = properties_get(p, key);
    return value == NULL ? otherwise : slice_cstr(value);
}
