/*
 * Flags of a command line, read by a table.
 *
 * A command lists its flags once; parsing, checks, sentences about mistakes and the help text come
 * from that list. Both `--flag value` and `--flag=value` work. A flag may have older names that are
 * still taken. Values are borrowed from argv.
 *
 * Owner: the command that runs; one thread.
 */
#ifndef OTTLA_CLI_OPTIONS_H
#define OTTLA_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum option_type {
    OPTION_FLAG,       /* is there or is not */
    OPTION_TEXT,       /* takes a text */
    OPTION_TEXT_MAYBE, /* takes a text or nothing: then `otherwise` is its value */
    OPTION_INT,        /* takes a whole number within [least, greatest] */
};

struct option {
    const char *name; /* with its dashes */
    enum option_type type;
    bool repeatable;       /* all its values count; else the last one does */
    bool required;         /* the command makes no sense without it */
    const char *older;     /* older names that mean the same, between blanks; or NULL */
    const char *value;     /* what the help calls the value: "NAME" */
    const char *otherwise; /* see OPTION_TEXT_MAYBE */
    const char *help;      /* one line; NULL keeps it out of the help */
    int64_t least;         /* both 0: any number */
    int64_t greatest;
};

/* What was given for one option. */
struct option_value {
    size_t cnt; /* times it was given */
    size_t cap;
    const char **texts;
    int64_t number; /* OPTION_INT: the last one */
};

struct options {
    const struct option *specs;
    size_t spec_cnt;
    struct option_value *values; /* one for each spec */
    const char **args;           /* what is no flag */
    size_t arg_cnt;
    bool wants_help;    /* -h, --help */
    bool wants_version; /* --version */
    bool no_color;      /* --no-color */
    char why[512];      /* after ERR_INVALID: the sentence, without a full stop */
};

/*
 * Reads argv[first..argc). ERR_INVALID for a mistake, described in o->why; ERR_NOMEM. In both cases
 * options_release() is still due. Required flags are not asked for when help or version is wanted.
 */
int options_parse(struct options *o, const struct option *specs, size_t spec_cnt, int argc,
                  char **argv, int first) WARN_UNUSED;
void options_release(struct options *o);

/* By index into the specs. */
bool options_has(const struct options *o, size_t id);
const char *options_text(const struct options *o, size_t id, const char *otherwise);
int64_t options_int(const struct options *o, size_t id, int64_t otherwise);

/* A whole decimal number, all of the text. ERR_INVALID, ERR_RANGE. */
int parse_int(const char *text, int64_t *ret_number) WARN_UNUSED;

#endif
