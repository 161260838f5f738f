/*
 * Behind every column stands the key separator if another column follows, else the line separator.
 */
#include "cli/record_format.h"

#include <inttypes.h>

/* The last three name Java classes; what they would do is another's to say. */
const char *const record_format_names[] = {
    "print.timestamp",    "print.partition",      "print.offset",
    "print.delivery",     "print.headers",        "print.key",
    "print.value",        "key.separator",        "line.separator",
    "headers.separator",  "null.literal",         "key.deserializer",
    "value.deserializer", "headers.deserializer", NULL,
};

void record_format_init(struct record_format *f, const struct properties *p)
{
    *f = (struct record_format){
        .print_timestamp = properties_get_bool(p, "print.timestamp", false),
        .print_partition = properties_get_bool(p, "print.partition", false),
        .print_offset = properties_get_bool(p, "print.offset", false),
        .print_delivery = properties_get_bool(p, "print.delivery", false),
        .print_headers = properties_get_bool(p, "print.headers", false),
        .print_key = properties_get_bool(p, "print.key", false),
        .print_value = properties_get_bool(p, "print.value", true),
        .key_separator = properties_get_text(p, "key.separator", SLICE_LIT("\t")),
        .line_separator = properties_get_text(p, "line.separator", SLICE_LIT("\n")),
        .headers_separator = properties_get_text(p, "headers.separator", SLICE_LIT(",")),
        .null_literal = properties_get_text(p, "null.literal", SLICE_LIT("null")),
    };
}

static void put(FILE *out, struct slice bytes)
{
    if (bytes.len > 0) {
        (void)fwrite(bytes.ptr, 1, bytes.len, out); /* the stream remembers a failure */
    }
}

static void put_or_null(FILE *out, const struct record_format *f, struct slice bytes)
{
    put(out, slice_is_null(bytes) ? f->null_literal : bytes);
}

static void put_headers(FILE *out, const struct record_format *f, const struct record_view *r)
{
    if (r->header_cnt == 0) {
        put(out, SLICE_LIT("NO_HEADERS"));
    }
    for (size_t i = 0; i < r->header_cnt; i++) {
        if (i > 0) {
            put(out, f->headers_separator);
        }
        put(out, r->headers[i].name);
        put(out, SLICE_LIT(":"));
        put_or_null(out, f, r->headers[i].value);
    }
}

void record_print(FILE *out, const struct record_format *f, const struct record_view *r)
{
    enum { TIMESTAMP, PARTITION, OFFSET, DELIVERY, HEADERS, KEY, VALUE, COLUMN_CNT };
    const bool shown[COLUMN_CNT] = {
        [TIMESTAMP] = f->print_timestamp, [PARTITION] = f->print_partition,
        [OFFSET] = f->print_offset,       [DELIVERY] = f->print_delivery,
        [HEADERS] = f->print_headers,     [KEY] = f->print_key,
        [VALUE] = f->print_value,
    };
    int last = COLUMN_CNT - 1;
    while (last > 0 && !shown[last]) {
        last--;
    }
    for (int column = 0; column <= last; column++) {
        if (!shown[column]) {
            continue;
        }
        if (column == TIMESTAMP && r->timestamp_type == NULL) {
            put(out, SLICE_LIT("NO_TIMESTAMP"));
        } else if (column == TIMESTAMP) {
            fprintf(out, "%s:%" PRId64, r->timestamp_type, r->timestamp);
        } else if (column == PARTITION) {
            fprintf(out, "Partition:%" PRId32, r->partition);
        } else if (column == OFFSET) {
            fprintf(out, "Offset:%" PRId64, r->offset);
        } else if (column == DELIVERY) {
            put(out, SLICE_LIT("Delivery:NONE"));
        } else if (column == HEADERS) {
            put_headers(out, f, r);
        } else {
            put_or_null(out, f, column == KEY ? r->key : r->value);
        }
        put(out, column == last ? f->line_separator : f->key_separator);
    }
}
