/*
 * The rows of the table are const arrays in the order of their names; a lookup is a binary search.
 * A set of values keeps, for each source, the text as given and the value understood from it, so
 * that getters only index. Keys with a prefix (listener.name.<name>.<setting>) are few and kept in a
 * list beside.
 *
 * What counts among several values: the source first (dynamic before static before default), then,
 * within a family of names that mean the same, the earlier name.
 */
#include "model/settings.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/chk.h"

/* Sources a set can hold: DYNAMIC_BROKER, DYNAMIC_DEFAULT, STATIC, in the order of precedence. */
#define GIVEN_CNT 3
#define GIVEN_IDX(source) ((size_t)((int)(source)-SETTING_SOURCE_DYNAMIC_BROKER))

static const struct setting broker_rows[] = {
#define X(id, name, type, dflt, range, words, dynamic, use, until, doc) \
    {name,        dflt, range, words, until, doc, SETTING_TYPE_##type, dynamic, SETTING_USE_##use, \
     SETTING_NONE},
    SETTINGS_BROKER(X)
#undef X
};

static const struct setting topic_rows[] = {
#define X(id, name, type, dflt, range, words, broker, use, until, doc) \
    {name, \
     dflt, \
     range, \
     words, \
     until, \
     doc, \
     SETTING_TYPE_##type, \
     SETTING_DYN_CLUSTER, \
     SETTING_USE_##use, \
     broker},
    SETTINGS_TOPIC(X)
#undef X
};

/* Names that mean the same. Each value times its unit is in the unit of the first name. */
struct family {
    int members[3];
    int64_t units[3];
    bool described; /* whether DescribeConfigs shows the names as each other's synonyms */
};

static const struct family families[] = {
    {{SETTING_LOG_RETENTION_MS, SETTING_LOG_RETENTION_MINUTES, SETTING_LOG_RETENTION_HOURS},
     {1, 60000, 3600000},
     true},
    {{SETTING_LOG_ROLL_MS, SETTING_LOG_ROLL_HOURS, SETTING_NONE}, {1, 3600000, 0}, true},
    {{SETTING_LOG_ROLL_JITTER_MS, SETTING_LOG_ROLL_JITTER_HOURS, SETTING_NONE},
     {1, 3600000, 0},
     true},
    {{SETTING_LOG_FLUSH_INTERVAL_MS, SETTING_LOG_FLUSH_SCHEDULER_INTERVAL_MS, SETTING_NONE},
     {1, 1, 0},
     true},
    {{SETTING_NODE_ID, SETTING_BROKER_ID, SETTING_NONE}, {1, 1, 0}, false},
    {{SETTING_LOG_DIRS, SETTING_LOG_DIR, SETTING_NONE}, {1, 1, 0}, false},
};

/* Keys of plug-ins begin with these; what follows is theirs alone. */
static const char *const plugin_prefixes[] = {"config.providers.", "rlmm.config.", "rsm.config."};

struct given {
    char *text; /* NULL: not given */
    struct setting_value value;
};

struct prefixed {
    char *name;
    char *text;
    enum setting_source source;
    enum setting_id id; /* SETTING_CNT for a plug-in's key */
};

struct settings {
    struct setting_value dflt[SETTING_CNT];
    struct given given[GIVEN_CNT][SETTING_CNT];
    struct prefixed *prefixed;
    size_t prefixed_cnt;
};

/* ---- The table ------------------------------------------------------------------------------ */

const struct setting *setting_row(enum setting_id id)
{
    ASSERT((size_t)id < SETTING_CNT);
    return &broker_rows[id];
}

const struct setting *topic_setting_row(enum topic_setting_id id)
{
    ASSERT((size_t)id < TOPIC_SETTING_CNT);
    return &topic_rows[id];
}

static int rows_find(const struct setting *rows, size_t cnt, struct slice name, size_t *ret_idx)
{
    size_t low = 0;
    size_t high = cnt;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = slice_cmp(name, slice_cstr(rows[mid].name));

        if (order == 0) {
            *ret_idx = mid;
            return 0;
        }
        if (order < 0) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return ERR_NOT_FOUND;
}

int setting_find(struct slice name, enum setting_id *ret_id)
{
    size_t idx;
    int rc = rows_find(broker_rows, ARRAY_CNT(broker_rows), name, &idx);

    if (rc == 0) {
        *ret_id = (enum setting_id)idx;
    }
    return rc;
}

int topic_setting_find(struct slice name, enum topic_setting_id *ret_id)
{
    size_t idx;
    int rc = rows_find(topic_rows, ARRAY_CNT(topic_rows), name, &idx);

    if (rc == 0) {
        *ret_id = (enum topic_setting_id)idx;
    }
    return rc;
}

int setting_find_prefixed(struct slice name, enum setting_id *ret_id, size_t *ret_prefix_len)
{
    const struct slice listener = SLICE_LIT("listener.name.");

    if (setting_find(name, ret_id) == 0) {
        *ret_prefix_len = 0;
        return 0;
    }
    for (size_t i = 0; i < ARRAY_CNT(plugin_prefixes); i++) {
        struct slice prefix = slice_cstr(plugin_prefixes[i]);

        if (slice_starts_with(name, prefix) && name.len > prefix.len) {
            *ret_id = SETTING_CNT;
            *ret_prefix_len = prefix.len;
            return 0;
        }
    }
    if (!slice_starts_with(name, listener)) {
        return ERR_NOT_FOUND;
    }
    /* What ends at the first dots is the listener and maybe a SASL mechanism. */
    for (size_t pos = listener.len + 1; pos < name.len; pos++) {
        if (name.ptr[pos] == '.' && setting_find(slice_sub(name, pos + 1, name.len), ret_id) == 0) {
            *ret_prefix_len = pos + 1;
            return 0;
        }
    }
    return ERR_NOT_FOUND;
}

/* ---- The nearest name ----------------------------------------------------------------------- */

#define EDITS_MAX 3
#define EDIT_NAME_LEN_MAX 127

/* Levenshtein's distance, or `most` + 1 as soon as it is certain to be more than that. */
static size_t edit_distance(struct slice a, struct slice b, size_t most)
{
    size_t row[EDIT_NAME_LEN_MAX + 1];

    if (a.len > EDIT_NAME_LEN_MAX || b.len > EDIT_NAME_LEN_MAX || a.len > b.len + most ||
        b.len > a.len + most) {
        return most + 1;
    }
    for (size_t j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        size_t least = i;

        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t change = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
            size_t shift = MIN_OF(row[j], row[j - 1]) + 1;

            diagonal = row[j];
            row[j] = MIN_OF(change, shift);
            least = MIN_OF(least, row[j]);
        }
        if (least > most) {
            return most + 1;
        }
    }
    return row[b.len];
}

static const char *rows_nearest(const struct setting *rows, size_t cnt, struct slice name)
{
    /* Short names are near to everything, so they must be nearer. */
    size_t most = name.len < 2 * EDITS_MAX ? 1 : EDITS_MAX;
    const char *nearest = NULL;

    for (size_t i = 0; i < cnt; i++) {
        size_t distance = edit_distance(name, slice_cstr(rows[i].name), most);

        if (distance <= most) {
            nearest = rows[i].name;
            if (distance == 0) {
                break;
            }
            most = distance - 1;
        }
    }
    return nearest;
}

const char *setting_nearest(struct slice name)
{
    return rows_nearest(broker_rows, ARRAY_CNT(broker_rows), name);
}

const char *topic_setting_nearest(struct slice name)
{
    return rows_nearest(topic_rows, ARRAY_CNT(topic_rows), name);
}

/* ---- Values --------------------------------------------------------------------------------- */

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct slice slice_trim(struct slice s)
{
    while (s.len > 0 && is_blank(s.ptr[0])) {
        s = slice_sub(s, 1, s.len);
    }
    while (s.len > 0 && is_blank(s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

bool setting_list_next(struct slice *rest, struct slice *ret_item)
{
    size_t pos = 0;

    if (rest->ptr == NULL || rest->len == 0) {
        return false;
    }
    while (pos < rest->len && rest->ptr[pos] != ',') {
        pos++;
    }
    *ret_item = slice_trim(slice_sub(*rest, 0, pos));
    *rest = pos < rest->len ? slice_sub(*rest, pos + 1, rest->len) : SLICE_NULL;
    return true;
}

const char *setting_shown(struct setting_shown *out, struct slice text)
{
    size_t len = MIN_OF(text.len, sizeof(out->text) - sizeof("..."));

    for (size_t i = 0; i < len; i++) {
        out->text[i] = text.ptr[i] >= ' ' && text.ptr[i] < 127 ? (char)text.ptr[i] : '?';
    }
    memcpy(out->text + len, text.len > len ? "..." : "", text.len > len ? 4 : 1);
    return out->text;
}

/* A decimal integer with an optional sign and nothing else. ERR_INVALID, or ERR_RANGE when it does
 * not fit; *ret_num is then the limit it is beyond. */
static int long_parse(struct slice text, int64_t *ret_num)
{
    size_t pos = text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+');
    bool negative = pos == 1 && text.ptr[0] == '-';
    int64_t num = 0;

    if (pos == text.len) {
        return ERR_INVALID;
    }
    for (size_t i = pos; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return ERR_INVALID;
        }
    }
    for (; pos < text.len; pos++) {
        int64_t digit = text.ptr[pos] - '0';

        if (!chk_mul(num, (int64_t)10, &num) || !chk_add(num, negative ? -digit : digit, &num)) {
            *ret_num = negative ? INT64_MIN : INT64_MAX;
            return ERR_RANGE;
        }
    }
    *ret_num = num;
    return 0;
}

static int integer_parse(const struct setting *row, struct slice text, int64_t *ret_num,
                         struct setting_why *why)
{
    struct setting_shown shown;
    int64_t num = 0;
    int rc = long_parse(text, &num);

    if (rc == ERR_INVALID) {
        (void)snprintf(why->text, sizeof(why->text), "%s: '%s' is not a whole number", row->name,
                       setting_shown(&shown, text));
        return ERR_INVALID;
    }
    if (num < row->least || (rc == ERR_RANGE && num == INT64_MIN)) {
        (void)snprintf(why->text, sizeof(why->text), "%s: %s is below the least value %" PRId64,
                       row->name, setting_shown(&shown, text), row->least);
        return ERR_INVALID;
    }
    if (num > row->greatest || rc == ERR_RANGE) {
        (void)snprintf(why->text, sizeof(why->text), "%s: %s is above the greatest value %" PRId64,
                       row->name, setting_shown(&shown, text), row->greatest);
        return ERR_INVALID;
    }
    *ret_num = num;
    return 0;
}

static int double_parse(const struct setting *row, struct slice text, double *ret_real,
                        struct setting_why *why)
{
    char buf[64];
    struct setting_shown shown;
    char *end = NULL;
    double real;
    bool legal = text.len > 0 && text.len < sizeof(buf);

    for (size_t i = 0; legal && i < text.len; i++) {
        legal = text.ptr[i] != '\0' && strchr("0123456789.eE+-", text.ptr[i]) != NULL;
    }
    if (legal) {
        memcpy(buf, text.ptr, text.len);
        buf[text.len] = '\0';
        real = strtod(buf, &end);
        legal = *end == '\0';
    }
    if (!legal) {
        (void)snprintf(why->text, sizeof(why->text), "%s: '%s' is not a number", row->name,
                       setting_shown(&shown, text));
        return ERR_INVALID;
    }
    if (real < (double)row->least || real > (double)row->greatest) {
        bool has_top = row->greatest != INT64_MAX;

        /* INT64_MAX stands for "no limit" here: doubles go far beyond it. */
        if (real < (double)row->least || has_top) {
            (void)snprintf(why->text, sizeof(why->text),
                           real < (double)row->least
                               ? "%s: %s is below the least value %" PRId64
                               : "%s: %s is above the greatest value %" PRId64,
                           row->name, setting_shown(&shown, text),
                           real < (double)row->least ? row->least : row->greatest);
            return ERR_INVALID;
        }
    }
    *ret_real = real;
    return 0;
}

static bool slice_eq_nocase(struct slice a, const char *lower)
{
    if (a.len != strlen(lower)) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (tolower(a.ptr[i]) != lower[i]) {
            return false;
        }
    }
    return true;
}

/* The index of a word in a comma-separated list, or -1. */
static int word_find(const char *words, struct slice word)
{
    struct slice rest = slice_cstr(words);
    struct slice item;

    for (int idx = 0; setting_list_next(&rest, &item); idx++) {
        if (slice_eq(item, word)) {
            return idx;
        }
    }
    return -1;
}

static int word_refuse(const struct setting *row, struct slice word, struct setting_why *why)
{
    struct setting_shown shown;

    (void)snprintf(why->text, sizeof(why->text), "%s: '%s' is not one of %s", row->name,
                   setting_shown(&shown, word), row->words);
    return ERR_INVALID;
}

static int words_parse(const struct setting *row, struct slice text, int64_t *ret_num,
                       struct setting_why *why)
{
    struct slice item;
    int64_t set = 0;
    int idx;

    if (row->type != SETTING_TYPE_LIST) {
        idx = word_find(row->words, text);
        if (idx < 0) {
            return word_refuse(row, text, why);
        }
        *ret_num = idx;
        return 0;
    }
    while (setting_list_next(&text, &item)) {
        idx = word_find(row->words, item);
        if (idx < 0) {
            return word_refuse(row, item, why);
        }
        set |= INT64_C(1) << idx;
    }
    *ret_num = set;
    return 0;
}

/* gzip has the levels 1 to 9 and -1 for "choose", with a hole at 0. */
static bool is_gzip_level(const struct setting *row)
{
    return strcmp(row->name, "compression.gzip.level") == 0;
}

int setting_parse(const struct setting *row, struct slice text, struct setting_value *ret_value,
                  struct setting_why *why)
{
    struct setting_value value = {0, 0};
    struct slice trimmed = slice_trim(text);
    struct setting_shown shown;
    int rc = 0;

    if (text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL) {
        (void)snprintf(why->text, sizeof(why->text), "%s: the value has a NUL byte in it",
                       row->name);
        return ERR_INVALID;
    }
    switch (row->type) {
    case SETTING_TYPE_BOOL:
        value.num = slice_eq_nocase(trimmed, "true");
        if (value.num == 0 && !slice_eq_nocase(trimmed, "false")) {
            (void)snprintf(why->text, sizeof(why->text), "%s: '%s' is neither true nor false",
                           row->name, setting_shown(&shown, text));
            rc = ERR_INVALID;
        }
        break;
    case SETTING_TYPE_SHORT:
    case SETTING_TYPE_INT:
    case SETTING_TYPE_LONG:
        rc = integer_parse(row, trimmed, &value.num, why);
        if (rc == 0 && value.num == 0 && is_gzip_level(row)) {
            (void)snprintf(
                why->text, sizeof(why->text),
                "%s: 0 is not a level; there are 1 to 9, and -1 for the library's choice",
                row->name);
            rc = ERR_INVALID;
        }
        break;
    case SETTING_TYPE_DOUBLE:
        rc = double_parse(row, trimmed, &value.real, why);
        break;
    case SETTING_TYPE_STRING:
    case SETTING_TYPE_LIST:
        rc = row->words == NULL ? 0 : words_parse(row, trimmed, &value.num, why);
        break;
    case SETTING_TYPE_CLASS:
    case SETTING_TYPE_PASSWORD:
        break;
    }
    if (rc == 0) {
        *ret_value = value;
    }
    return rc;
}

/* ---- A broker's set of values --------------------------------------------------------------- */

int settings_new(struct settings **ret_settings)
{
    struct settings *s = calloc(1, sizeof(*s));
    struct setting_why why;

    if (s == NULL) {
        return ERR_NOMEM;
    }
    for (size_t id = 0; id < SETTING_CNT; id++) {
        const struct setting *row = &broker_rows[id];

        if (row->dflt != NULL) {
            int rc = setting_parse(row, slice_cstr(row->dflt), &s->dflt[id], &why);

            ASSERT(rc == 0);
        }
    }
    *ret_settings = s;
    return 0;
}

void settings_free(struct settings *s)
{
    if (s == NULL) {
        return;
    }
    for (size_t i = 0; i < GIVEN_CNT; i++) {
        for (size_t id = 0; id < SETTING_CNT; id++) {
            free(s->given[i][id].text);
        }
    }
    for (size_t i = 0; i < s->prefixed_cnt; i++) {
        free(s->prefixed[i].name);
        free(s->prefixed[i].text);
    }
    free(s->prefixed);
    free(s);
}

static char *text_copy(struct slice text)
{
    char *copy = malloc(text.len + 1);

    if (copy != NULL) {
        if (text.len > 0) {
            memcpy(copy, text.ptr, text.len);
        }
        copy[text.len] = '\0';
    }
    return copy;
}

static struct prefixed *prefixed_find(const struct settings *s, struct slice name,
                                      enum setting_source source)
{
    for (size_t i = 0; i < s->prefixed_cnt; i++) {
        if (s->prefixed[i].source == source && slice_eq_cstr(name, s->prefixed[i].name)) {
            return &s->prefixed[i];
        }
    }
    return NULL;
}

static int prefixed_set(struct settings *s, struct slice name, struct slice text,
                        enum setting_source source, enum setting_id id)
{
    struct prefixed *p = prefixed_find(s, name, source);
    char *copy = text_copy(text);
    char *name_copy;
    struct prefixed *grown;

    if (copy == NULL) {
        return ERR_NOMEM;
    }
    if (p != NULL) {
        free(p->text);
        p->text = copy;
        return 0;
    }
    if (s->prefixed_cnt == CONFIG_KEYS_MAX) {
        free(copy);
        return ERR_LIMIT;
    }
    name_copy = text_copy(name);
    grown = realloc(s->prefixed, (s->prefixed_cnt + 1) * sizeof(*grown));
    if (grown != NULL) {
        s->prefixed = grown;
    }
    if (name_copy == NULL || grown == NULL) {
        free(name_copy);
        free(copy);
        return ERR_NOMEM;
    }
    grown[s->prefixed_cnt++] = (struct prefixed){name_copy, copy, source, id};
    return 0;
}

int settings_clone(const struct settings *s, struct settings **ret_settings)
{
    struct settings *clone = NULL;
    int rc = settings_new(&clone);

    for (size_t i = 0; rc == 0 && i < GIVEN_CNT; i++) {
        for (size_t id = 0; rc == 0 && id < SETTING_CNT; id++) {
            const struct given *from = &s->given[i][id];

            if (from->text != NULL) {
                clone->given[i][id].value = from->value;
                clone->given[i][id].text = text_copy(slice_cstr(from->text));
                rc = clone->given[i][id].text == NULL ? ERR_NOMEM : 0;
            }
        }
    }
    for (size_t i = 0; rc == 0 && i < s->prefixed_cnt; i++) {
        const struct prefixed *from = &s->prefixed[i];

        rc = prefixed_set(clone, slice_cstr(from->name), slice_cstr(from->text), from->source,
                          from->id);
    }
    if (rc != 0) {
        settings_free(clone);
        return rc;
    }
    *ret_settings = clone;
    return 0;
}

static int name_refuse(struct slice name, const char *nearest, const char *kind,
                       struct setting_why *why)
{
    struct setting_shown shown;

    if (nearest != NULL) {
        (void)snprintf(why->text, sizeof(why->text), "unknown %s '%s'; the nearest known is '%s'",
                       kind, setting_shown(&shown, name), nearest);
    } else {
        (void)snprintf(why->text, sizeof(why->text), "unknown %s '%s'", kind,
                       setting_shown(&shown, name));
    }
    return ERR_NOT_FOUND;
}

static int length_check(struct slice name, struct slice value, struct setting_why *why)
{
    struct setting_shown shown;

    if (name.len > SETTING_NAME_LEN_MAX) {
        (void)snprintf(why->text, sizeof(why->text),
                       "the name of a setting has %zu bytes, at most %d are allowed", name.len,
                       SETTING_NAME_LEN_MAX);
        return ERR_LIMIT;
    }
    if (value.len > SETTING_VALUE_LEN_MAX) {
        (void)snprintf(why->text, sizeof(why->text),
                       "%s: the value has %zu bytes, at most %d are allowed",
                       setting_shown(&shown, name), value.len, SETTING_VALUE_LEN_MAX);
        return ERR_LIMIT;
    }
    return 0;
}

/* Blanks around a value count in texts and passwords only. */
static struct slice value_trim(const struct setting *row, struct slice value)
{
    bool is_text = row->type == SETTING_TYPE_STRING || row->type == SETTING_TYPE_PASSWORD;

    return is_text && row->words == NULL ? value : slice_trim(value);
}

int settings_set(struct settings *s, struct slice name, struct slice value,
                 enum setting_source source, struct setting_why *why)
{
    struct setting_value parsed = {0, 0};
    enum setting_id id;
    size_t prefix_len;
    struct given *given;
    char *copy;
    int rc;

    ASSERT(GIVEN_IDX(source) < GIVEN_CNT);
    rc = length_check(name, value, why);
    if (rc != 0) {
        return rc;
    }
    if (setting_find_prefixed(name, &id, &prefix_len) != 0) {
        return name_refuse(name, setting_nearest(name), "setting", why);
    }
    if (id != SETTING_CNT) {
        rc = setting_parse(&broker_rows[id], value, &parsed, why);
        if (rc != 0) {
            return rc;
        }
        value = value_trim(&broker_rows[id], value);
    }
    if (prefix_len > 0) {
        rc = prefixed_set(s, name, value, source, id);
        if (rc != 0) {
            (void)snprintf(why->text, sizeof(why->text), "%s", err_text(rc));
        }
        return rc;
    }
    copy = text_copy(value);
    if (copy == NULL) {
        (void)snprintf(why->text, sizeof(why->text), "%s", err_text(ERR_NOMEM));
        return ERR_NOMEM;
    }
    given = &s->given[GIVEN_IDX(source)][id];
    free(given->text);
    given->text = copy;
    given->value = parsed;
    return 0;
}

void settings_unset(struct settings *s, struct slice name, enum setting_source source)
{
    struct prefixed *p = prefixed_find(s, name, source);
    enum setting_id id;

    ASSERT(GIVEN_IDX(source) < GIVEN_CNT);
    if (p != NULL) {
        size_t idx = (size_t)(p - s->prefixed);

        free(p->name);
        free(p->text);
        s->prefixed_cnt--;
        memmove(p, p + 1, (s->prefixed_cnt - idx) * sizeof(*p));
    } else if (setting_find(name, &id) == 0) {
        struct given *given = &s->given[GIVEN_IDX(source)][id];

        free(given->text);
        *given = (struct given){NULL, {0, 0}};
    }
}

static const struct given *given_of(const struct settings *s, enum setting_id id)
{
    for (size_t i = 0; i < GIVEN_CNT; i++) {
        if (s->given[i][id].text != NULL) {
            return &s->given[i][id];
        }
    }
    return NULL;
}

bool settings_is_given(const struct settings *s, enum setting_id id)
{
    return given_of(s, id) != NULL;
}

static struct setting_value value_of(const struct settings *s, enum setting_id id)
{
    const struct given *given = given_of(s, id);

    return given != NULL ? given->value : s->dflt[id];
}

bool settings_bool(const struct settings *s, enum setting_id id)
{
    ASSERT(broker_rows[id].type == SETTING_TYPE_BOOL);
    return value_of(s, id).num != 0;
}

int settings_word(const struct settings *s, enum setting_id id)
{
    ASSERT(broker_rows[id].type == SETTING_TYPE_STRING);
    ASSERT(broker_rows[id].words != NULL);
    return (int)value_of(s, id).num;
}

int32_t settings_int(const struct settings *s, enum setting_id id)
{
    enum setting_type type = broker_rows[id].type;

    ASSERT(type == SETTING_TYPE_INT || type == SETTING_TYPE_SHORT);
    return (int32_t)value_of(s, id).num;
}

int64_t settings_long(const struct settings *s, enum setting_id id)
{
    enum setting_type type = broker_rows[id].type;

    ASSERT(type == SETTING_TYPE_LONG || type == SETTING_TYPE_INT || type == SETTING_TYPE_SHORT);
    return value_of(s, id).num;
}

double settings_double(const struct settings *s, enum setting_id id)
{
    ASSERT(broker_rows[id].type == SETTING_TYPE_DOUBLE);
    return value_of(s, id).real;
}

const char *settings_text(const struct settings *s, enum setting_id id)
{
    const struct given *given = given_of(s, id);

    return given != NULL ? given->text : broker_rows[id].dflt;
}

/* ---- Families ------------------------------------------------------------------------------- */

static const struct family *family_of(int id)
{
    for (size_t i = 0; i < ARRAY_CNT(families); i++) {
        for (size_t j = 0; j < ARRAY_CNT(families[i].members); j++) {
            if (families[i].members[j] == id) {
                return &families[i];
            }
        }
    }
    return NULL;
}

/* The member whose value counts: *ret_source says from where; the last member that has a default
 * when none is given. */
static size_t family_member(const struct settings *s, const struct family *f,
                            enum setting_source *ret_source)
{
    size_t member = 0;

    for (size_t i = 0; i < GIVEN_CNT; i++) {
        for (size_t j = 0; j < ARRAY_CNT(f->members); j++) {
            if (f->members[j] != SETTING_NONE && s->given[i][f->members[j]].text != NULL) {
                *ret_source = (enum setting_source)((int)i + SETTING_SOURCE_DYNAMIC_BROKER);
                return j;
            }
        }
    }
    for (size_t j = 0; j < ARRAY_CNT(f->members); j++) {
        if (f->members[j] != SETTING_NONE && broker_rows[f->members[j]].dflt != NULL) {
            member = j;
        }
    }
    *ret_source = SETTING_SOURCE_DEFAULT;
    return member;
}

int64_t settings_family_long(const struct settings *s, enum setting_id id)
{
    const struct family *f = family_of((int)id);
    enum setting_source source;
    struct setting_value value;
    size_t member;
    int64_t num;

    if (f == NULL) {
        return settings_long(s, id);
    }
    member = family_member(s, f, &source);
    value = source == SETTING_SOURCE_DEFAULT
                ? s->dflt[f->members[member]]
                : s->given[GIVEN_IDX(source)][f->members[member]].value;
    if (value.num < 0) {
        return -1;
    }
    return chk_mul(value.num, f->units[member], &num) ? num : INT64_MAX;
}

const char *settings_family_text(const struct settings *s, enum setting_id id)
{
    const struct family *f = family_of((int)id);
    enum setting_source source;
    size_t member;

    if (f == NULL) {
        return settings_text(s, id);
    }
    member = family_member(s, f, &source);
    return source == SETTING_SOURCE_DEFAULT ? broker_rows[f->members[member]].dflt
                                            : s->given[GIVEN_IDX(source)][f->members[member]].text;
}

const char *settings_listener_text(const struct settings *s, struct slice listener,
                                   enum setting_id id)
{
    const struct slice prefix = SLICE_LIT("listener.name.");
    struct slice setting = slice_cstr(broker_rows[id].name);
    const struct prefixed *best = NULL;

    for (size_t i = 0; i < s->prefixed_cnt; i++) {
        const struct prefixed *p = &s->prefixed[i];
        struct slice name = slice_cstr(p->name);
        bool same = p->id == id && name.len == prefix.len + listener.len + 1 + setting.len;

        /* In keys the listener's name is in lower case, elsewhere in upper case. */
        for (size_t j = 0; same && j < listener.len; j++) {
            same = tolower(name.ptr[prefix.len + j]) == tolower(listener.ptr[j]);
        }
        if (same && (best == NULL || p->source < best->source)) {
            best = p;
        }
    }
    return best != NULL ? best->text : settings_text(s, id);
}

void settings_each_ignored(const struct settings *s,
                           void (*fn)(void *arg, const char *name, const struct setting *row),
                           void *arg)
{
    for (size_t id = 0; id < SETTING_CNT; id++) {
        if (broker_rows[id].use == SETTING_USE_IGNORED &&
            settings_is_given(s, (enum setting_id)id)) {
            fn(arg, broker_rows[id].name, &broker_rows[id]);
        }
    }
    for (size_t i = 0; i < s->prefixed_cnt; i++) {
        const struct prefixed *p = &s->prefixed[i];

        if (p->id == SETTING_CNT || broker_rows[p->id].use == SETTING_USE_IGNORED) {
            fn(arg, p->name, p->id == SETTING_CNT ? NULL : &broker_rows[p->id]);
        }
    }
}

static int log_dirs_check(const struct settings *s, struct setting_why *why)
{
    struct slice rest = slice_cstr(settings_family_text(s, SETTING_LOG_DIRS));
    struct slice item;
    size_t cnt = 0;

    while (setting_list_next(&rest, &item)) {
        cnt += item.len > 0;
    }
    if (cnt == 0) {
        (void)snprintf(why->text, sizeof(why->text),
                       "log.dirs: no directory is named; give at least one, such as ./data");
        return ERR_INVALID;
    }
    if (cnt > LOG_DIRS_MAX) {
        (void)snprintf(why->text, sizeof(why->text),
                       "log.dirs: %zu directories are named, at most %d are possible", cnt,
                       LOG_DIRS_MAX);
        return ERR_INVALID;
    }
    return 0;
}

int settings_check(const struct settings *s, struct setting_why *why)
{
    if (settings_is_given(s, SETTING_NODE_ID) && settings_is_given(s, SETTING_BROKER_ID) &&
        settings_int(s, SETTING_NODE_ID) != settings_int(s, SETTING_BROKER_ID)) {
        (void)snprintf(why->text, sizeof(why->text),
                       "node.id is %" PRId32 " but broker.id is %" PRId32
                       "; both mean the same, so give one of them or the same number twice",
                       settings_int(s, SETTING_NODE_ID), settings_int(s, SETTING_BROKER_ID));
        return ERR_INVALID;
    }
    if (settings_is_given(s, SETTING_INTER_BROKER_LISTENER_NAME) &&
        settings_is_given(s, SETTING_SECURITY_INTER_BROKER_PROTOCOL)) {
        (void)snprintf(why->text, sizeof(why->text),
                       "inter.broker.listener.name and security.inter.broker.protocol are both "
                       "given; give only one of them");
        return ERR_INVALID;
    }
    if (settings_long(s, SETTING_LOG_CLEANER_MIN_COMPACTION_LAG_MS) >
        settings_long(s, SETTING_LOG_CLEANER_MAX_COMPACTION_LAG_MS)) {
        (void)snprintf(why->text, sizeof(why->text),
                       "log.cleaner.min.compaction.lag.ms is greater than "
                       "log.cleaner.max.compaction.lag.ms");
        return ERR_INVALID;
    }
    return log_dirs_check(s, why);
}

/* ---- DescribeConfigs ------------------------------------------------------------------------ */

static void synonym_add(struct setting_synonym *list, size_t *cnt, int id, const char *text,
                        enum setting_source source)
{
    bool hidden = broker_rows[id].type == SETTING_TYPE_PASSWORD;

    if (text != NULL) {
        ASSERT(*cnt < SETTING_SYNONYMS_MAX);
        list[(*cnt)++] = (struct setting_synonym){broker_rows[id].name,
                                                  hidden ? SLICE_NULL : slice_cstr(text), source};
    }
}

size_t settings_synonyms(const struct settings *s, enum setting_id id,
                         struct setting_synonym ret[SETTING_SYNONYMS_MAX])
{
    const int alone[] = {(int)id};
    const struct family *f = family_of((int)id);
    bool shown = f != NULL && f->described;
    const int *members = shown ? f->members : alone;
    size_t member_cnt = shown ? ARRAY_CNT(f->members) : 1;
    size_t cnt = 0;

    for (size_t i = 0; i < GIVEN_CNT; i++) {
        for (size_t j = 0; j < member_cnt; j++) {
            if (members[j] != SETTING_NONE) {
                synonym_add(ret, &cnt, members[j], s->given[i][members[j]].text,
                            (enum setting_source)((int)i + SETTING_SOURCE_DYNAMIC_BROKER));
            }
        }
    }
    for (size_t j = 0; j < member_cnt; j++) {
        if (members[j] != SETTING_NONE) {
            synonym_add(ret, &cnt, members[j], broker_rows[members[j]].dflt,
                        SETTING_SOURCE_DEFAULT);
        }
    }
    return cnt;
}

void settings_describe(const struct settings *s, enum setting_id id, struct setting_view *ret)
{
    const struct setting *row = setting_row(id);
    const char *text = settings_text(s, id);

    *ret = (struct setting_view){.row = row};
    ret->synonym_cnt = settings_synonyms(s, id, ret->synonyms);
    ret->source = ret->synonym_cnt > 0 ? ret->synonyms[0].source : SETTING_SOURCE_DEFAULT;
    ret->is_read_only = row->dynamic == SETTING_DYN_READ_ONLY;
    ret->is_sensitive = row->type == SETTING_TYPE_PASSWORD;
    ret->value = text == NULL || ret->is_sensitive ? SLICE_NULL : slice_cstr(text);
}
