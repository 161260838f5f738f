/*
 * Files of settings in Java's .properties format, for --command-config and its older names. Owned by
 * the command that reads one; one thread.
 */
#ifndef OTTLA_CLI_PROPERTIES_H
#define OTTLA_CLI_PROPERTIES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"
#include "cli/cli.h"

struct property {
    const char *key;
    const char *value;
};

struct properties {
    struct arena arena;
    struct property *at; /* in the order of the file; the last one of a key counts */
    size_t cnt;
    size_t cap;
};

void properties_init(struct properties *p);
void properties_release(struct properties *p);

/* Reads a file, or a text of that format. ERR_NOMEM, ERR_LIMIT. */
int properties_add_text(struct properties *p, struct slice text) WARN_UNUSED;

/* One "key=value" of the command line; ERR_INVALID without a '='. Copies. */
int properties_add_pair(struct properties *p, const char *pair) WARN_UNUSED;

/* The file's pairs, or 1 after a sentence. */
int properties_add_file(struct properties *p, const struct cli *cli, const char *path) WARN_UNUSED;

/* All values of a repeatable flag as pairs, or 1 after a sentence that names the flag. */
int properties_add_option(struct properties *p, const struct cli *cli, const struct options *o,
                          size_t id) WARN_UNUSED;

/* A word of warning about each key that is not among `known` (up to NULL), with the nearest that is. */
void properties_warn_unknown(const struct properties *p, const struct cli *cli,
                             const char *const *known);

/* NULL when it is not there. */
const char *properties_get(const struct properties *p, const char *key);

/* "true" in any case, with or without blanks around, is true; any other word is false. */
bool properties_get_bool(const struct properties *p, const char *key, bool otherwise);
struct slice properties_get_text(const struct properties *p, const char *key,
                                 struct slice otherwise);

#endif
