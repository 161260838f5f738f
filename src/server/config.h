/*
 * From a .properties file and --override options to a broker's settings.
 *
 * The file format is Java's: key=value, key:value or key value, '#' and '!' comments, a backslash at
 * the end of a line continues it, escapes \t \n \r \f \uXXXX. What the file says is laid into a
 * `struct settings` as static values; overrides come after and win. Unknown keys do not stop a
 * broker (files written for Kafka carry keys of plug-ins), they are collected with the nearest
 * known name, for the caller to log; a value that is not legal does, with a sentence that names the
 * file and the line.
 *
 * Owner: main, at start. One thread.
 */
#ifndef OTTLA_SERVER_CONFIG_H
#define OTTLA_SERVER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"
#include "base/str.h"
#include "model/settings.h"

/* A sentence about the configuration, NUL-terminated, without a full stop. */
struct config_why {
    char text[1024];
};

struct config {
    struct settings *settings;
    /* Sentences to log once each, one a line: unknown keys and repeated ones. "" when none. */
    struct str notes;
};

/* Begins with defaults only. ERR_NOMEM. */
int config_init(struct config *c) WARN_UNUSED;
void config_release(struct config *c);

/* Reads a whole file's text. `file_name` is for sentences. ERR_INVALID, ERR_LIMIT, ERR_NOMEM: what
 * came before stays set. */
int config_parse(struct config *c, const char *file_name, struct slice text,
                 struct config_why *why) WARN_UNUSED;

/* One "key=value" from the command line; an empty value is legal, a missing '=' is not. */
int config_override(struct config *c, const char *option, struct config_why *why) WARN_UNUSED;

/* To be called once when all is read: the rules between settings. */
int config_finish(struct config *c, struct config_why *why) WARN_UNUSED;

/* Calls back with one sentence for each note and each setting that is accepted but not acted on.
 * The sentence lives during the call. */
void config_each_note(const struct config *c, void (*fn)(void *arg, const char *sentence),
                      void *arg);

/* The same pairs for any other use of the format (producer.properties of the tools): calls back for
 * each pair in order; the slices live during the call. fn returns 0 to go on. ERR_INVALID and a
 * sentence for a text that is no properties file. */
int properties_parse(const char *file_name, struct slice text,
                     int (*fn)(void *arg, size_t line, struct slice key, struct slice value),
                     void *arg, struct config_why *why) WARN_UNUSED;

#endif
