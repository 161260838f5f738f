/*
 * How a record is printed, as Kafka's console consumer prints it:
 *
 *     CreateTime:1700000000000 <tab> Partition:0 <tab> Offset:7 <tab> name:value <tab> key <tab> value
 *
 * where all but the value are there only if asked for. Writes into a stream; one thread.
 */
#ifndef OTTLA_CLI_RECORD_FORMAT_H
#define OTTLA_CLI_RECORD_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/slice.h"
#include "cli/properties.h"

struct record_format {
    bool print_timestamp;
    bool print_partition;
    bool print_offset;
    bool print_delivery;
    bool print_headers;
    bool print_key;
    bool print_value;
    struct slice key_separator;
    struct slice line_separator;
    struct slice headers_separator;
    struct slice null_literal;
};

struct record_header {
    struct slice name;
    struct slice value; /* may be null */
};

struct record_view {
    const char *timestamp_type; /* "CreateTime", "LogAppendTime"; NULL: no timestamp */
    int64_t timestamp;
    int32_t partition;
    int64_t offset;
    struct slice key;   /* may be null */
    struct slice value; /* may be null */
    const struct record_header *headers;
    size_t header_cnt;
};

/* The names of all properties that say how a record is printed, up to NULL. */
extern const char *const record_format_names[];

/* The separators borrow from `p`; unknown properties are left alone. */
void record_format_init(struct record_format *f, const struct properties *p);

/* Errors of the stream show when it is flushed. */
void record_print(FILE *out, const struct record_format *f, const struct record_view *r);

#endif
