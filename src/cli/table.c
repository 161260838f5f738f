#include "cli/table.h"

#include <string.h>

#include "base/chk.h"

#define INDENT 2
#define GAP 2
#define LEFT_MAX 32
#define RIGHT_MIN 20

static void add_blanks(struct str *out, size_t cnt)
{
    for (size_t i = 0; i < cnt; i++) {
        str_add_cstr(out, " ");
    }
}

/* The text in words; `column` is where the first one goes and where wrapped lines begin. */
static void add_wrapped(struct str *out, const char *text, size_t column, size_t width)
{
    size_t at = column;
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        if (at > column && at + 1 + len > width) {
            str_add_cstr(out, "\n");
            add_blanks(out, column);
            at = column;
        }
        if (at > column) {
            str_add_cstr(out, " ");
            at++;
        }
        str_add(out, slice_of(text, len));
        at += len;
        text += len;
        text += strspn(text, " ");
    }
}

void table_print(struct str *out, const struct table_row *rows, size_t row_cnt, size_t width)
{
    size_t left = 0;
    for (size_t i = 0; i < row_cnt; i++) {
        size_t len = strlen(rows[i].left);
        if (len <= LEFT_MAX) {
            left = MAX_OF(left, len);
        }
    }
    size_t column = INDENT + left + GAP;
    if (width < column + RIGHT_MIN) {
        width = column + RIGHT_MIN;
    }
    for (size_t i = 0; i < row_cnt; i++) {
        size_t len = strlen(rows[i].left);
        add_blanks(out, INDENT);
        str_add_cstr(out, rows[i].left);
        if (rows[i].right[0] != '\0') {
            if (len > left) {
                str_add_cstr(out, "\n");
                add_blanks(out, column);
            } else {
                add_blanks(out, column - INDENT - len);
            }
            add_wrapped(out, rows[i].right, column, width);
        }
        str_add_cstr(out, "\n");
    }
}
