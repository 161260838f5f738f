/*
 * Settings: what they are called, what they may hold, and what they hold now.
 *
 * One table (settings_table.h) names every setting of brokers and of topics that Kafka 1.1 to 4.x
 * knows, and our own. Parsing, validation, DescribeConfigs, topic settings and documentation all
 * come from it. `struct settings` is a broker's set of values: what was given (in a file, on the
 * command line, later dynamically), typed getters with the defaults behind it, and the precedence
 * between names that mean the same (log.retention.ms before .minutes before .hours).
 *
 * Owner: the broker. Filled by one thread at start, read by any afterwards; a dynamic change makes
 * a clone, changes that and publishes it, so a set that others can see never changes.
 */
#ifndef OTTLA_MODEL_SETTINGS_H
#define OTTLA_MODEL_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "model/ids.h"
#include "model/limits.h"
#include "model/settings_table.h"

/* The numbers are those of DescribeConfigs (config_type). */
enum setting_type {
    SETTING_TYPE_BOOL = 1,
    SETTING_TYPE_STRING = 2,
    SETTING_TYPE_INT = 3,
    SETTING_TYPE_SHORT = 4,
    SETTING_TYPE_LONG = 5,
    SETTING_TYPE_DOUBLE = 6,
    SETTING_TYPE_LIST = 7,
    SETTING_TYPE_CLASS = 8,
    SETTING_TYPE_PASSWORD = 9,
};

/* Where a value comes from; the numbers are those of DescribeConfigs (config_source). A lower one
 * goes before a higher one. */
enum setting_source {
    SETTING_SOURCE_TOPIC = 1,
    SETTING_SOURCE_DYNAMIC_BROKER = 2,
    SETTING_SOURCE_DYNAMIC_DEFAULT = 3,
    SETTING_SOURCE_STATIC = 4,
    SETTING_SOURCE_DEFAULT = 5,
};

/* Whether a running broker takes a new value, and for whom. */
enum setting_dynamic {
    SETTING_DYN_READ_ONLY,
    SETTING_DYN_PER_BROKER,
    SETTING_DYN_CLUSTER, /* for one broker or for all of them */
};

enum setting_use {
    SETTING_USE_IGNORED, /* accepted for the sake of files written for Kafka, and named once */
    SETTING_USE_LATER,   /* belongs to a part of the broker that is not built yet */
    SETTING_USE_ACTS,
};

/* One row of the table. All strings are static. */
struct setting {
    const char *name;
    const char *dflt; /* as text; NULL: no default, the value is null */
    int64_t least;    /* of numbers, both inclusive */
    int64_t greatest;
    const char *words; /* allowed words between commas; of a LIST each item must be one; or NULL */
    const char *until; /* the last Kafka version that knows it; NULL: known today */
    const char *doc;   /* what it does, in one sentence or two */
    enum setting_type type;
    enum setting_dynamic dynamic;
    enum setting_use use;
    int broker; /* topic rows: the enum setting_id of the broker's synonym, or SETTING_NONE */
};

/* SETTING_LOG_DIRS and so on: the broker's settings, in alphabetical order of their names. */
enum setting_id {
#define X(id, name, type, dflt, range, words, dynamic, use, until, doc) SETTING_##id,
    SETTINGS_BROKER(X)
#undef X
        SETTING_CNT
};

/* TOPIC_SETTING_RETENTION_MS and so on: a topic's settings, in alphabetical order. */
enum topic_setting_id {
#define X(id, name, type, dflt, range, words, broker, use, until, doc) TOPIC_SETTING_##id,
    SETTINGS_TOPIC(X)
#undef X
        TOPIC_SETTING_CNT
};

#define SETTING_NONE (-1)

/* A sentence about something that is not right, NUL-terminated, without a full stop. */
struct setting_why {
    char text[512];
};

/* Text from outside, made fit to stand in a sentence: printable and not too long. */
struct setting_shown {
    char text[64];
};

/* Fills `out` and returns its text. */
const char *setting_shown(struct setting_shown *out, struct slice text);

/* A setting as it travels: in CreateTopics, in stored topic settings. Borrowed bytes. */
struct setting_pair {
    struct slice name;
    struct slice value;
};

/* ---- The table ------------------------------------------------------------------------------ */

const struct setting *setting_row(enum setting_id id);
const struct setting *topic_setting_row(enum topic_setting_id id);

/* ERR_NOT_FOUND for a name the table does not have. */
int setting_find(struct slice name, enum setting_id *ret_id) WARN_UNUSED;
int topic_setting_find(struct slice name, enum topic_setting_id *ret_id) WARN_UNUSED;

/* Also takes the forms with a prefix, "listener.name.<name>.<setting>" and, there, a SASL mechanism
 * before the setting; and the prefixes of plug-ins (config.providers., rsm.config., rlmm.config.,
 * authorizer. and the like). *ret_prefix_len is the length of the prefix, 0 without one. For a
 * plug-in's key *ret_id is SETTING_CNT. */
int setting_find_prefixed(struct slice name, enum setting_id *ret_id,
                          size_t *ret_prefix_len) WARN_UNUSED;

/* The known name closest to an unknown one, at most three edits away, or NULL. */
const char *setting_nearest(struct slice name);
const char *topic_setting_nearest(struct slice name);

/* A value of a setting, understood. */
struct setting_value {
    int64_t
        num; /* BOOL (0, 1), SHORT, INT, LONG; of a STRING with `words` the index of the word; of
                  * a LIST with `words` the set of them, a bit each, the first word the lowest */
    double real; /* DOUBLE */
};

/* Understands and checks a text. ERR_INVALID, and a sentence that names the setting, the value and
 * what would be right. Values of passwords never appear in the sentence. */
int setting_parse(const struct setting *row, struct slice text, struct setting_value *ret_value,
                  struct setting_why *why) WARN_UNUSED;

/* The next item of a comma-separated list, without blanks around it. False at the end. Start with
 * *rest as the whole text; an empty text has no items. */
bool setting_list_next(struct slice *rest, struct slice *ret_item);

/* ---- A broker's set of values --------------------------------------------------------------- */

struct settings;

int settings_new(struct settings **ret_settings) WARN_UNUSED;
void settings_free(struct settings *s);
int settings_clone(const struct settings *s, struct settings **ret_settings) WARN_UNUSED;

/*
 * Gives a setting a value from a source (STATIC, DYNAMIC_DEFAULT or DYNAMIC_BROKER); a second value
 * from the same source replaces the first. ERR_NOT_FOUND: an unknown name, `why` names the nearest;
 * ERR_INVALID: not a legal value; ERR_LIMIT: too many or too long; ERR_NOMEM. On failure nothing
 * changes. The bytes are copied.
 */
int settings_set(struct settings *s, struct slice name, struct slice value,
                 enum setting_source source, struct setting_why *why) WARN_UNUSED;

/* Takes a value back; nothing happens where there is none. Names as in settings_set. */
void settings_unset(struct settings *s, struct slice name, enum setting_source source);

/* Rules that bind several settings to each other, checked once after all are set. ERR_INVALID. */
int settings_check(const struct settings *s, struct setting_why *why) WARN_UNUSED;

/* True when the setting was given a value by anyone, that is, does not stand at its default. */
bool settings_is_given(const struct settings *s, enum setting_id id);

/* The value that counts. The getter must fit the setting's type; a null number or bool is 0. Text
 * is NUL-terminated, lives until the settings are freed, and NULL when the value is null. */
bool settings_bool(const struct settings *s, enum setting_id id);
int settings_word(const struct settings *s, enum setting_id id); /* STRING with words: the index */
int32_t settings_int(const struct settings *s, enum setting_id id);  /* INT, SHORT */
int64_t settings_long(const struct settings *s, enum setting_id id); /* any integer */
double settings_double(const struct settings *s, enum setting_id id);
const char *settings_text(const struct settings *s, enum setting_id id); /* any type */

/* Names that mean the same, by their precedence: any name of a family gives the family's value, in
 * the unit of its first name. Families: log.retention.ms/minutes/hours, log.roll.ms/hours,
 * log.roll.jitter.ms/hours, log.flush.interval.ms with log.flush.scheduler.interval.ms,
 * node.id/broker.id, log.dirs/log.dir. */
int64_t settings_family_long(const struct settings *s, enum setting_id first);
const char *settings_family_text(const struct settings *s, enum setting_id first);

/* The value of "listener.name.<listener>.<setting>" if given, else of the setting itself. Case does
 * not matter in the listener's name; for a SASL mechanism's own setting it is "<listener>.plain". */
const char *settings_listener_text(const struct settings *s, struct slice listener,
                                   enum setting_id id);

/* Settings that were given but that Ottla does not act on: calls back once for each. */
void settings_each_ignored(const struct settings *s,
                           void (*fn)(void *arg, const char *name, const struct setting *row),
                           void *arg);

/* ---- DescribeConfigs ------------------------------------------------------------------------ */

struct setting_synonym {
    const char *name;
    struct slice value; /* SLICE_NULL: null, or hidden because it is sensitive */
    enum setting_source source;
};

#define SETTING_SYNONYMS_MAX 16

/* What DescribeConfigs says about one setting. Slices live as long as the settings and overrides
 * they come from and as this struct itself. */
struct setting_view {
    const struct setting *row; /* name, type code, doc */
    struct slice value;        /* SLICE_NULL: null, or hidden because it is sensitive */
    enum setting_source source;
    bool is_read_only;
    bool is_sensitive;
    size_t synonym_cnt; /* the value first, then what it hides, the default last */
    struct setting_synonym synonyms[SETTING_SYNONYMS_MAX];
    char num[24]; /* the value's text where it had to be converted */
};

/* Every value given to the setting and to the names that mean the same, the one that counts first,
 * the defaults last. Returns how many. */
size_t settings_synonyms(const struct settings *s, enum setting_id id,
                         struct setting_synonym ret[SETTING_SYNONYMS_MAX]);

void settings_describe(const struct settings *s, enum setting_id id, struct setting_view *ret);
#endif
