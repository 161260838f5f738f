/*
 * Which topics --topic and --include mean: a name, or a regular expression over whole names, with
 * commas for "or" as in Kafka's tools. A name that exists is itself and nothing else: the dot in
 * "my.topic" is only a pattern when there is no such topic.
 *
 * Expressions are POSIX extended ones; \d is understood besides. Owned by one command.
 */
#ifndef OTTLA_CLI_TOPIC_FILTER_H
#define OTTLA_CLI_TOPIC_FILTER_H

#include <regex.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/slice.h"

struct topic_filter {
    regex_t regex;
    bool compiled;
    char why[200]; /* after ERR_INVALID */
};

/* ERR_INVALID, and a sentence in f->why; ERR_NOMEM. topic_filter_release() is due either way. */
int topic_filter_init(struct topic_filter *f, const char *text) WARN_UNUSED;
void topic_filter_release(struct topic_filter *f);

/* Is the whole name meant? */
bool topic_filter_has(const struct topic_filter *f, struct slice name);

#endif
