/*
 * One pass over argv. A token that begins with "--" is looked up in the specs, by its name and its
 * older names, then among the three flags that every command has. A value that itself looks like a
 * flag is taken as one, so that a forgotten value is noticed; --flag=value has no such limit.
 * "--" alone ends the flags.
 */
#include "cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/suggest.h"

#define SHOWN_MAX 80 /* how much of a token stands in a sentence */

int parse_int(const char *text, int64_t *ret_number)
{
    const char *p = text;
    bool negative = *p == '-';
    if (*p == '-' || *p == '+') {
        p++;
    }
    if (*p == '\0') {
        return ERR_INVALID;
    }
    int64_t number = 0;
    for (; *p != '\0'; p++) {
        if (*p < '0' || *p > '9') {
            return ERR_INVALID;
        }
        int64_t digit = *p - '0';
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, negative ? -digit : digit, &number)) {
            return ERR_RANGE;
        }
    }
    *ret_number = number;
    return 0;
}

static bool name_matches(const char *name, const char *token, size_t token_len)
{
    return strlen(name) == token_len && memcmp(name, token, token_len) == 0;
}

/* Is the token one of the words between blanks? */
static bool list_has(const char *list, const char *token, size_t token_len)
{
    while (list != NULL && *list != '\0') {
        size_t len = strcspn(list, " ");
        if (len == token_len && memcmp(list, token, len) == 0) {
            return true;
        }
        list += len;
        list += strspn(list, " ");
    }
    return false;
}

/* The index of the option, or spec_cnt. */
static size_t option_find(const struct options *o, const char *token, size_t token_len)
{
    for (size_t i = 0; i < o->spec_cnt; i++) {
        const struct option *spec = &o->specs[i];
        if (name_matches(spec->name, token, token_len) || list_has(spec->older, token, token_len)) {
            return i;
        }
    }
    return o->spec_cnt;
}

static bool take_common(struct options *o, const char *token, size_t token_len)
{
    if (name_matches("--help", token, token_len) || name_matches("-h", token, token_len)) {
        o->wants_help = true;
    } else if (name_matches("--version", token, token_len)) {
        o->wants_version = true;
    } else if (name_matches("--no-color", token, token_len)) {
        o->no_color = true;
    } else {
        return false;
    }
    return true;
}

static bool is_known(const struct options *o, const char *token)
{
    struct options scratch = {.wants_help = false};
    size_t len = strcspn(token, "=");
    return option_find(o, token, len) < o->spec_cnt || take_common(&scratch, token, len);
}

static int unknown(struct options *o, const char *token, size_t token_len)
{
    char word[SHOWN_MAX];
    snprintf(word, sizeof(word), "%.*s", (int)token_len, token);
    struct suggestion s;
    suggest_init(&s, word);
    for (size_t i = 0; i < o->spec_cnt; i++) {
        suggest_consider(&s, o->specs[i].name);
    }
    /* What some of Kafka's tools once called it is no misspelling of any flag. */
    if (strcmp(word, "--broker-list") == 0 &&
        option_find(o, "--bootstrap-server", strlen("--bootstrap-server")) < o->spec_cnt) {
        s.nearest = "--bootstrap-server";
    }
    suggest_consider(&s, "--help");
    suggest_consider(&s, "--version");
    suggest_consider(&s, "--no-color");
    if (s.nearest != NULL) {
        snprintf(o->why, sizeof(o->why), "%s is not a known flag; did you mean %s?", word,
                 s.nearest);
    } else {
        snprintf(o->why, sizeof(o->why), "%s is not a known flag; --help lists them", word);
    }
    return ERR_INVALID;
}

static int keep(struct option_value *v, const char *text)
{
    if (v->cnt == v->cap) {
        size_t cap = v->cap == 0 ? 4 : v->cap * 2;
        const char **texts = realloc(v->texts, cap * sizeof(*texts));
        if (texts == NULL) {
            return ERR_NOMEM;
        }
        v->texts = texts;
        v->cap = cap;
    }
    v->texts[v->cnt++] = text;
    return 0;
}

static int take_value(struct options *o, size_t id, const char *text)
{
    const struct option *spec = &o->specs[id];
    struct option_value *v = &o->values[id];
    if (spec->type == OPTION_INT) {
        int64_t number = 0;
        bool any = spec->least == 0 && spec->greatest == 0;
        if (parse_int(text, &number) != 0) {
            snprintf(o->why, sizeof(o->why), "%s takes a whole number, not '%.*s'", spec->name,
                     SHOWN_MAX, text);
            return ERR_INVALID;
        }
        if (!any && (number < spec->least || number > spec->greatest)) {
            snprintf(o->why, sizeof(o->why),
                     "%s takes a number from %lld to %lld; %lld is outside of that", spec->name,
                     (long long)spec->least, (long long)spec->greatest, (long long)number);
            return ERR_INVALID;
        }
        v->number = number;
    }
    return keep(v, text);
}

/* One flag; *at is its place in argv and moves over a value. */
static int take_flag(struct options *o, int argc, char **argv, int *at)
{
    const char *token = argv[*at];
    size_t name_len = strcspn(token, "=");
    const char *inline_value = token[name_len] == '=' ? token + name_len + 1 : NULL;
    size_t id = option_find(o, token, name_len);
    if (id == o->spec_cnt) {
        if (inline_value == NULL && take_common(o, token, name_len)) {
            return 0;
        }
        return unknown(o, token, name_len);
    }

    const struct option *spec = &o->specs[id];
    if (spec->type == OPTION_FLAG) {
        if (inline_value != NULL) {
            snprintf(o->why, sizeof(o->why), "%s takes no value", spec->name);
            return ERR_INVALID;
        }
        return keep(&o->values[id], "");
    }
    if (inline_value != NULL) {
        return take_value(o, id, inline_value);
    }
    const char *next = *at + 1 < argc ? argv[*at + 1] : NULL;
    bool next_is_value = next != NULL && !is_known(o, next);
    if (spec->type == OPTION_TEXT_MAYBE) {
        if (next_is_value && next[0] != '-') {
            (*at)++;
            return take_value(o, id, next);
        }
        return take_value(o, id, spec->otherwise);
    }
    if (!next_is_value) {
        snprintf(o->why, sizeof(o->why), "%s needs a value: %s %s", spec->name, spec->name,
                 spec->value);
        return ERR_INVALID;
    }
    (*at)++;
    return take_value(o, id, next);
}

static int check_required(struct options *o)
{
    for (size_t i = 0; i < o->spec_cnt; i++) {
        if (o->specs[i].required && o->values[i].cnt == 0) {
            snprintf(o->why, sizeof(o->why), "%s %s is missing", o->specs[i].name,
                     o->specs[i].value == NULL ? "" : o->specs[i].value);
            return ERR_INVALID;
        }
    }
    return 0;
}

int options_parse(struct options *o, const struct option *specs, size_t spec_cnt, int argc,
                  char **argv, int first)
{
    *o = (struct options){.specs = specs, .spec_cnt = spec_cnt};
    o->values = calloc(spec_cnt + 1, sizeof(*o->values));
    o->args = calloc((size_t)argc + 1, sizeof(*o->args));
    if (o->values == NULL || o->args == NULL) {
        return ERR_NOMEM;
    }
    bool flags_ended = false;
    for (int i = first; i < argc; i++) {
        const char *token = argv[i];
        if (!flags_ended && strcmp(token, "--") == 0) {
            flags_ended = true;
            continue;
        }
        if (flags_ended || token[0] != '-' || token[1] == '\0') {
            o->args[o->arg_cnt++] = token;
            continue;
        }
        int rc = take_flag(o, argc, argv, &i);
        if (rc != 0) {
            return rc;
        }
    }
    return o->wants_help || o->wants_version ? 0 : check_required(o);
}

void options_release(struct options *o)
{
    for (size_t i = 0; o->values != NULL && i < o->spec_cnt; i++) {
        free(o->values[i].texts);
    }
    free(o->values);
    free(o->args);
    o->values = NULL;
    o->args = NULL;
}

bool options_has(const struct options *o, size_t id)
{
    return o->values[id].cnt > 0;
}

const char *options_text(const struct options *o, size_t id, const char *otherwise)
{
    const struct option_value *v = &o->values[id];
    return v->cnt == 0 ? otherwise : v->texts[v->cnt - 1];
}

int64_t options_int(const struct options *o, size_t id, int64_t otherwise)
{
    return o->values[id].cnt == 0 ? otherwise : o->values[id].number;
}
