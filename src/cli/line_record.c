#include "cli/line_record.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 100

const char *const line_format_names[] = {
    "parse.key",
    "parse.headers",
    "ignore.error",
    "key.separator",
    "headers.delimiter",
    "headers.separator",
    "headers.key.separator",
    "null.marker",
    NULL,
};

/* No two of the separators may be the same, or a line could be read in two ways. */
static int check_distinct(const struct line_format *f, char why[LINE_RECORD_WHY_LEN])
{
    const struct {
        const char *name;
        struct slice text;
        bool used;
    } all[] = {
        {"headers.delimiter", f->headers_delimiter, f->parse_headers},
        {"headers.separator", f->headers_separator, f->parse_headers},
        {"headers.key.separator", f->headers_key_separator, f->parse_headers},
        {"null.marker", f->null_marker, !slice_is_null(f->null_marker)},
    };
    for (size_t i = 0; i < ARRAY_CNT(all); i++) {
        for (size_t j = i + 1; j < ARRAY_CNT(all); j++) {
            if (all[i].used && all[j].used && slice_eq(all[i].text, all[j].text)) {
                snprintf(why, LINE_RECORD_WHY_LEN, "%s and %s may not be equal", all[i].name,
                         all[j].name);
                return ERR_INVALID;
            }
        }
        if (all[i].used && all[i].text.len == 0 && i < 3) {
            snprintf(why, LINE_RECORD_WHY_LEN, "%s may not be empty", all[i].name);
            return ERR_INVALID;
        }
    }
    if (f->parse_key && f->key_separator.len == 0) {
        snprintf(why, LINE_RECORD_WHY_LEN, "key.separator may not be empty");
        return ERR_INVALID;
    }
    if (f->parse_key && slice_eq(f->key_separator, f->null_marker) &&
        !slice_is_null(f->null_marker)) {
        snprintf(why, LINE_RECORD_WHY_LEN, "null.marker and key.separator may not be equal");
        return ERR_INVALID;
    }
    return 0;
}

int line_format_init(struct line_format *f, const struct properties *p,
                     char why[LINE_RECORD_WHY_LEN])
{
    *f = (struct line_format){
        .parse_key = properties_get_bool(p, "parse.key", false),
        .parse_headers = properties_get_bool(p, "parse.headers", false),
        .ignore_error = properties_get_bool(p, "ignore.error", false),
        .key_separator = properties_get_text(p, "key.separator", SLICE_LIT("\t")),
        .headers_delimiter = properties_get_text(p, "headers.delimiter", SLICE_LIT("\t")),
        .headers_separator = properties_get_text(p, "headers.separator", SLICE_LIT(",")),
        .headers_key_separator = properties_get_text(p, "headers.key.separator", SLICE_LIT(":")),
        .null_marker = properties_get_text(p, "null.marker", SLICE_NULL),
    };
    return check_distinct(f, why);
}

/* Where the separator begins, or SIZE_MAX. */
static size_t find(struct slice text, struct slice separator)
{
    size_t at = 0;
    while (separator.len > 0 && at + separator.len <= text.len) {
        const uint8_t *first =
            memchr(text.ptr + at, separator.ptr[0], text.len - at - separator.len + 1);
        if (first == NULL) {
            break;
        }
        at = (size_t)(first - text.ptr);
        if (memcmp(first, separator.ptr, separator.len) == 0) {
            return at;
        }
        at++;
    }
    return SIZE_MAX;
}

static struct slice null_if_marked(const struct line_format *f, struct slice text)
{
    return !slice_is_null(f->null_marker) && slice_eq(text, f->null_marker) ? SLICE_NULL : text;
}

static int shown_len(struct slice text)
{
    return text.len > SHOWN_MAX ? SHOWN_MAX : (int)text.len;
}

/* Cuts off what stands before the separator. */
static int cut(const struct line_format *f, struct slice *rest, struct slice separator,
               const char *name, uint64_t line_number, struct slice *ret,
               char why[LINE_RECORD_WHY_LEN])
{
    size_t at = find(*rest, separator);
    *ret = SLICE_NULL;
    if (at != SIZE_MAX) {
        *ret = slice_sub(*rest, 0, at);
        *rest = slice_sub(*rest, at + separator.len, rest->len);
        return 0;
    }
    if (f->ignore_error) {
        return 0;
    }
    snprintf(why, LINE_RECORD_WHY_LEN, "No %s found on line number %llu: '%.*s'", name,
             (unsigned long long)line_number, shown_len(*rest), (const char *)rest->ptr);
    return ERR_INVALID;
}

int line_record_parse(const struct line_format *f, struct slice line, uint64_t line_number,
                      struct line_record *ret, char why[LINE_RECORD_WHY_LEN])
{
    struct slice rest = line;
    struct slice headers = SLICE_NULL;
    struct slice key = SLICE_NULL;
    int rc = 0;
    if (f->parse_headers) {
        rc = cut(f, &rest, f->headers_delimiter, "headers delimiter", line_number, &headers, why);
    }
    if (rc == 0 && f->parse_key) {
        rc = cut(f, &rest, f->key_separator, "key separator", line_number, &key, why);
    }
    if (rc != 0) {
        return rc;
    }
    headers = null_if_marked(f, headers);
    ret->headers = headers.len == 0 ? SLICE_NULL : headers;
    ret->key = slice_is_null(key) ? key : null_if_marked(f, key);
    ret->value = null_if_marked(f, rest);
    return 0;
}

int line_header_next(const struct line_format *f, struct slice *rest, uint64_t line_number,
                     struct slice *ret_name, struct slice *ret_value, char why[LINE_RECORD_WHY_LEN])
{
    if (slice_is_null(*rest) || rest->len == 0) {
        return ERR_NOT_FOUND;
    }
    size_t end = find(*rest, f->headers_separator);
    struct slice pair = end == SIZE_MAX ? *rest : slice_sub(*rest, 0, end);
    *rest =
        end == SIZE_MAX ? SLICE_NULL : slice_sub(*rest, end + f->headers_separator.len, rest->len);
    size_t at = find(pair, f->headers_key_separator);
    if (at == SIZE_MAX && !f->ignore_error) {
        snprintf(why, LINE_RECORD_WHY_LEN,
                 "No header key separator found in pair '%.*s' on line number %llu",
                 shown_len(pair), (const char *)pair.ptr, (unsigned long long)line_number);
        return ERR_INVALID;
    }
    *ret_name = slice_sub(pair, 0, at);
    *ret_value =
        at == SIZE_MAX
            ? SLICE_NULL
            : null_if_marked(f, slice_sub(pair, at + f->headers_key_separator.len, pair.len));
    if (slice_is_null(null_if_marked(f, *ret_name))) {
        snprintf(why, LINE_RECORD_WHY_LEN,
                 "a header's name on line number %llu is the null marker, and can not be null",
                 (unsigned long long)line_number);
        return ERR_INVALID;
    }
    return 0;
}
