/*
 * One static row per code, found by index: the codes are a closed range without gaps, which the
 * assertion below and the unit test hold.
 */
#include "model/kerr.h"

#include <assert.h>
#include <stddef.h>

struct kerr_row {
    const char *name;
    const char *text;
    bool retriable;
};

static const struct kerr_row kerr_rows[] = {
#define X(name, code, retriable, text) [(code)-KERR_CODE_MIN] = {#name, (text), (retriable)},
    KERR_LIST(X)
#undef X
};

static_assert(sizeof(kerr_rows) / sizeof(kerr_rows[0]) == KERR_CODE_MAX - KERR_CODE_MIN + 1,
              "every code from the least to the greatest has a row");

static const struct kerr_row *kerr_row_of(int16_t code)
{
    static const struct kerr_row unknown = {"UNKNOWN_CODE",
                                            "an error code this build does not know", false};

    if (code < KERR_CODE_MIN || code > KERR_CODE_MAX) {
        return &unknown;
    }
    return &kerr_rows[code - KERR_CODE_MIN];
}

const char *kerr_name(int16_t code)
{
    return kerr_row_of(code)->name;
}

const char *kerr_text(int16_t code)
{
    return kerr_row_of(code)->text;
}

bool kerr_is_retriable(int16_t code)
{
    return kerr_row_of(code)->retriable;
}
