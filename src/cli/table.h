/*
 * Two columns for people: names on the left, what they mean on the right, wrapped to the width.
 * Pure: writes into a text. No owner, any thread.
 */
#ifndef OTTLA_CLI_TABLE_H
#define OTTLA_CLI_TABLE_H

#include <stddef.h>

#include "base/str.h"

struct table_row {
    const char *left;
    const char *right;
};

/* Appends one or more lines per row, indented by two. A left side too wide for its column has its
 * right side on the next line. Words longer than the width are not broken. */
void table_print(struct str *out, const struct table_row *rows, size_t row_cnt, size_t width);

#endif
