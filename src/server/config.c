/*
 * The properties format, line by line:
 *
 *   natural line   up to \n, \r or \r\n, or the end of the file
 *   logical line   a natural line, and the next one joined to it while it ends in an odd number of
 *                  backslashes; blanks at the beginning of each joined part do not count. A natural
 *                  line that begins (after blanks) with '#' or '!' is a comment; blank ones do not
 *                  count; neither is ever continued.
 *   key            up to the first '=', ':' or blank without a backslash before it
 *   value          what follows blanks, at most one '=' or ':', and blanks again
 *   escapes        in both: \t \n \r \f, \uXXXX (UTF-16, surrogates in pairs), and a backslash before
 *                  anything else stands for that
 *
 * A logical line is joined into one buffer with a limit, then split and unescaped in place: no escape
 * grows.
 */
#include "server/config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/chk.h"

#define NOTES_LEN_MAX (1024 * 1024)

/* ---- Properties ----------------------------------------------------------------------------- */

struct props {
    const char *file_name;
    struct slice rest; /* what is not read yet */
    size_t line;       /* number of the natural line read last, from 1 */
    char *buf;         /* the logical line */
    size_t len;
    size_t cap;
    struct config_why *why;
};

static int props_refuse(struct props *p, size_t line, const char *what)
{
    (void)snprintf(p->why->text, sizeof(p->why->text), "%s:%zu: %s", p->file_name, line, what);
    return ERR_INVALID;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

static struct slice blanks_skip(struct slice s)
{
    while (s.len > 0 && is_blank(s.ptr[0])) {
        s = slice_sub(s, 1, s.len);
    }
    return s;
}

/* The next natural line without its end. False at the end of the text. */
static bool line_next(struct props *p, struct slice *ret_line)
{
    size_t len = 0;
    size_t end;

    if (p->rest.len == 0) {
        return false;
    }
    while (len < p->rest.len && p->rest.ptr[len] != '\n' && p->rest.ptr[len] != '\r') {
        len++;
    }
    end = len;
    if (end < p->rest.len) {
        bool pair =
            p->rest.ptr[end] == '\r' && end + 1 < p->rest.len && p->rest.ptr[end + 1] == '\n';

        end += pair ? 2 : 1;
    }
    *ret_line = slice_sub(p->rest, 0, len);
    p->rest = slice_sub(p->rest, end, p->rest.len);
    p->line++;
    return true;
}

static bool line_is_continued(struct slice line)
{
    size_t backslashes = 0;

    while (backslashes < line.len && line.ptr[line.len - 1 - backslashes] == '\\') {
        backslashes++;
    }
    return backslashes % 2 == 1;
}

static int line_join(struct props *p, struct slice part, size_t first_line)
{
    char *grown;
    size_t cap;

    if (part.len > CONFIG_LINE_LEN_MAX - p->len) {
        (void)props_refuse(p, first_line, "the line is too long");
        return ERR_LIMIT;
    }
    if (p->len + part.len > p->cap) {
        cap = MAX_OF(p->len + part.len, MIN_OF(2 * p->cap, (size_t)CONFIG_LINE_LEN_MAX));
        grown = realloc(p->buf, cap);
        if (grown == NULL) {
            (void)props_refuse(p, first_line, err_text(ERR_NOMEM));
            return ERR_NOMEM;
        }
        p->buf = grown;
        p->cap = cap;
    }
    if (part.len > 0) {
        memcpy(p->buf + p->len, part.ptr, part.len);
        p->len += part.len;
    }
    return 0;
}

/* Reads one logical line into p->buf; *ret_line is where it began, 0 at the end of the text. */
static int logical_line_next(struct props *p, size_t *ret_line)
{
    struct slice line;
    bool continued;
    int rc;

    p->len = 0;
    *ret_line = 0;
    do {
        if (!line_next(p, &line)) {
            return 0;
        }
        line = blanks_skip(line);
    } while (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == '!');
    *ret_line = p->line;
    do {
        continued = line_is_continued(line);
        rc = line_join(p, slice_sub(line, 0, line.len - (continued ? 1 : 0)), *ret_line);
        if (rc != 0) {
            return rc;
        }
        continued = continued && line_next(p, &line);
        line = blanks_skip(line);
    } while (continued);
    return 0;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hex digits at `from`, or -1. */
static int32_t unit_parse(const char *from, size_t left)
{
    int32_t unit = 0;

    if (left < 4) {
        return -1;
    }
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_value(from[i]);

        if (digit < 0) {
            return -1;
        }
        unit = unit * 16 + digit;
    }
    return unit;
}

static size_t utf8_put(char *to, uint32_t point)
{
    if (point < 0x80) {
        to[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        to[0] = (char)(0xc0 | (point >> 6));
        to[1] = (char)(0x80 | (point & 63));
        return 2;
    }
    if (point < 0x10000) {
        to[0] = (char)(0xe0 | (point >> 12));
        to[1] = (char)(0x80 | ((point >> 6) & 63));
        to[2] = (char)(0x80 | (point & 63));
        return 3;
    }
    to[0] = (char)(0xf0 | (point >> 18));
    to[1] = (char)(0x80 | ((point >> 12) & 63));
    to[2] = (char)(0x80 | ((point >> 6) & 63));
    to[3] = (char)(0x80 | (point & 63));
    return 4;
}

/* One \uXXXX, or two that are a surrogate pair. `at` is behind the 'u'. Gives the bytes read behind
 * it and the code point, or 0 bytes when it is malformed. */
static size_t unicode_escape(const char *at, size_t left, uint32_t *ret_point)
{
    int32_t unit = unit_parse(at, left);
    int32_t low;

    if (unit < 0 || (unit >= 0xdc00 && unit < 0xe000)) {
        return 0;
    }
    if (unit < 0xd800 || unit >= 0xe000) {
        *ret_point = (uint32_t)unit;
        return 4;
    }
    if (left < 10 || at[4] != '\\' || at[5] != 'u') {
        return 0;
    }
    low = unit_parse(at + 6, left - 6);
    if (low < 0xdc00 || low >= 0xe000) {
        return 0;
    }
    *ret_point = 0x10000 + (((uint32_t)unit - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
    return 10;
}

/* Replaces escapes in place; *len shrinks. */
static int unescape(struct props *p, size_t line, char *text, size_t *len)
{
    static const char from[] = "tnrf";
    static const char to[] = "\t\n\r\f";
    size_t out = 0;
    size_t in = 0;

    while (in < *len) {
        const char *known;
        uint32_t point;
        size_t taken;

        if (text[in] != '\\' || in + 1 == *len) {
            text[out++] = text[in++];
            continue;
        }
        in++;
        if (text[in] == 'u') {
            taken = unicode_escape(text + in + 1, *len - in - 1, &point);
            if (taken == 0) {
                return props_refuse(p, line,
                                    "\\u must be followed by four hexadecimal digits, and "
                                    "a surrogate by its other half");
            }
            out += utf8_put(text + out, point);
            in += 1 + taken;
            continue;
        }
        known = text[in] == '\0' ? NULL : strchr(from, text[in]);
        text[out++] = known != NULL ? to[known - from] : text[in];
        in++;
    }
    *len = out;
    return 0;
}

/* Splits the logical line: *ret_key_len and where the value begins. */
static void line_split(const struct props *p, size_t *ret_key_len, size_t *ret_value_pos)
{
    size_t pos = 0;

    while (pos < p->len && !is_blank((uint8_t)p->buf[pos]) && p->buf[pos] != '=' &&
           p->buf[pos] != ':') {
        pos += p->buf[pos] == '\\' && pos + 1 < p->len ? 2 : 1;
    }
    *ret_key_len = pos;
    while (pos < p->len && is_blank((uint8_t)p->buf[pos])) {
        pos++;
    }
    if (pos < p->len && (p->buf[pos] == '=' || p->buf[pos] == ':')) {
        pos++;
        while (pos < p->len && is_blank((uint8_t)p->buf[pos])) {
            pos++;
        }
    }
    *ret_value_pos = pos;
}

static int props_run(struct props *p,
                     int (*fn)(void *arg, size_t line, struct slice key, struct slice value),
                     void *arg)
{
    size_t cnt = 0;
    size_t line;
    size_t key_len;
    size_t value_pos;
    size_t value_len;
    int rc = logical_line_next(p, &line);

    while (rc == 0 && line != 0) {
        if (++cnt > CONFIG_KEYS_MAX) {
            (void)props_refuse(p, line, "too many keys");
            return ERR_LIMIT;
        }
        if (p->len == 0) {
            /* Nothing but a backslash and the blank lines it continued into. */
            rc = logical_line_next(p, &line);
            continue;
        }
        line_split(p, &key_len, &value_pos);
        value_len = p->len - value_pos;
        rc = unescape(p, line, p->buf, &key_len);
        rc = rc != 0 ? rc : unescape(p, line, p->buf + value_pos, &value_len);
        if (rc == 0) {
            rc = fn(arg, line, slice_of(p->buf, key_len), slice_of(p->buf + value_pos, value_len));
        }
        rc = rc != 0 ? rc : logical_line_next(p, &line);
    }
    return rc;
}

int properties_parse(const char *file_name, struct slice text,
                     int (*fn)(void *arg, size_t line, struct slice key, struct slice value),
                     void *arg, struct config_why *why)
{
    struct props p = {.file_name = file_name, .rest = text, .why = why};
    int rc;

    if (text.len > CONFIG_FILE_LEN_MAX) {
        (void)snprintf(why->text, sizeof(why->text),
                       "%s: the file has %zu bytes, at most %d are read", file_name, text.len,
                       CONFIG_FILE_LEN_MAX);
        return ERR_LIMIT;
    }
    if (text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL) {
        (void)snprintf(why->text, sizeof(why->text),
                       "%s: the file has a NUL byte in it, so it is no text file", file_name);
        return ERR_INVALID;
    }
    rc = props_run(&p, fn, arg);
    free(p.buf);
    return rc;
}

/* ---- Settings ------------------------------------------------------------------------------- */

int config_init(struct config *c)
{
    *c = (struct config){.settings = NULL};
    str_init(&c->notes, NOTES_LEN_MAX);
    return settings_new(&c->settings);
}

void config_release(struct config *c)
{
    settings_free(c->settings);
    c->settings = NULL;
    str_release(&c->notes);
}

/* Sets one pair; `where` begins the sentence of an error or note. */
static int config_set(struct config *c, const char *where, struct slice key, struct slice value,
                      struct config_why *why)
{
    struct setting_why reason;
    int rc;

    if (key.len == 0) {
        (void)snprintf(why->text, sizeof(why->text), "%s: there is no name before the value",
                       where);
        return ERR_INVALID;
    }
    rc = settings_set(c->settings, key, value, SETTING_SOURCE_STATIC, &reason);
    if (rc == ERR_NOT_FOUND) {
        str_add_fmt(&c->notes, "%s: %s\n", where, reason.text);
        return 0;
    }
    if (rc != 0) {
        (void)snprintf(why->text, sizeof(why->text), "%s: %s", where, reason.text);
    }
    return rc;
}

struct file_ctx {
    struct config *config;
    const char *file_name;
    struct config_why *why;
};

static int file_pair(void *arg, size_t line, struct slice key, struct slice value)
{
    struct file_ctx *ctx = arg;
    char where[320];

    (void)snprintf(where, sizeof(where), "%.280s:%zu", ctx->file_name, line);
    return config_set(ctx->config, where, key, value, ctx->why);
}

int config_parse(struct config *c, const char *file_name, struct slice text, struct config_why *why)
{
    struct file_ctx ctx = {c, file_name, why};

    return properties_parse(file_name, text, file_pair, &ctx, why);
}

int config_override(struct config *c, const char *option, struct config_why *why)
{
    const char *sign = strchr(option, '=');
    struct setting_shown shown;

    if (sign == NULL) {
        (void)snprintf(why->text, sizeof(why->text),
                       "--override %s: there is no '='; write --override key=value",
                       setting_shown(&shown, slice_cstr(option)));
        return ERR_INVALID;
    }
    return config_set(c, "--override", slice_of(option, (size_t)(sign - option)),
                      slice_cstr(sign + 1), why);
}

int config_finish(struct config *c, struct config_why *why)
{
    struct setting_why reason;
    int rc = settings_check(c->settings, &reason);

    if (rc != 0) {
        (void)snprintf(why->text, sizeof(why->text), "%s", reason.text);
    }
    return rc;
}

struct note_ctx {
    void (*fn)(void *arg, const char *sentence);
    void *arg;
};

static void note_ignored(void *arg, const char *name, const struct setting *row)
{
    const struct note_ctx *ctx = arg;
    struct config_why note;
    struct setting_shown shown;
    const char *who = setting_shown(&shown, slice_cstr(name));

    if (row == NULL) {
        (void)snprintf(note.text, sizeof(note.text),
                       "%s is meant for a plug-in; it is accepted and has no effect here", who);
    } else if (row->until != NULL) {
        (void)snprintf(note.text, sizeof(note.text),
                       "%s is a setting of Kafka up to %s; it is accepted and has no effect here",
                       who, row->until);
    } else {
        (void)snprintf(note.text, sizeof(note.text), "%s is accepted and has no effect here", who);
    }
    ctx->fn(ctx->arg, note.text);
}

void config_each_note(const struct config *c, void (*fn)(void *arg, const char *sentence),
                      void *arg)
{
    struct note_ctx ctx = {fn, arg};
    const char *from = c->notes.ptr;
    const char *end;
    struct config_why note;

    for (; (end = strchr(from, '\n')) != NULL; from = end + 1) {
        (void)snprintf(note.text, sizeof(note.text), "%.*s", (int)(end - from), from);
        fn(arg, note.text);
    }
    settings_each_ignored(c->settings, note_ignored, &ctx);
}
