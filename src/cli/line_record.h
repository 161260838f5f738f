/*
 * How a line of text becomes a record, as Kafka's console producer reads it:
 *
 *     name:value,name:value <headers.delimiter> key <key.separator> value
 *
 * where headers and key are there only if asked for. Pure: slices point into the line.
 */
#ifndef OTTLA_CLI_LINE_RECORD_H
#define OTTLA_CLI_LINE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "cli/properties.h"

#define LINE_RECORD_WHY_LEN 256

struct line_format {
    bool parse_key;
    bool parse_headers;
    bool ignore_error; /* a line without separators is all value */
    struct slice key_separator;
    struct slice headers_delimiter;
    struct slice headers_separator;
    struct slice headers_key_separator;
    struct slice null_marker; /* null: nothing stands for null */
};

struct line_record {
    struct slice headers; /* null: none */
    struct slice key;     /* may be null */
    struct slice value;   /* may be null */
};

/* The names of all properties that say how a line is read, up to NULL. */
extern const char *const line_format_names[];

/* The separators borrow from `p`. ERR_INVALID, and a sentence in `why`. Properties that this format
 * does not know are left alone. */
int line_format_init(struct line_format *f, const struct properties *p,
                     char why[LINE_RECORD_WHY_LEN]) WARN_UNUSED;

/* ERR_INVALID, and a sentence in `why`, for a line that lacks a separator. */
int line_record_parse(const struct line_format *f, struct slice line, uint64_t line_number,
                      struct line_record *ret, char why[LINE_RECORD_WHY_LEN]) WARN_UNUSED;

/* The next header; start with *rest as the record's headers. ERR_NOT_FOUND: there are no more;
 * ERR_INVALID, and a sentence: it has no separator or no name. */
int line_header_next(const struct line_format *f, struct slice *rest, uint64_t line_number,
                     struct slice *ret_name, struct slice *ret_value,
                     char why[LINE_RECORD_WHY_LEN]) WARN_UNUSED;

#endif
