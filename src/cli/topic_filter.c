/*
 * The text is cleaned as Kafka's tools clean it (blanks and outer quotes go, a comma becomes "or") and
 * anchored at both ends.
 */
#include "cli/topic_filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "model/limits.h"

#define PATTERN_MAX 65536

static bool is_quote(char c)
{
    return c == '"' || c == '\'';
}

static void add_pattern(struct str *out, const char *text)
{
    size_t len = strlen(text);
    while (len > 0 && (is_quote(text[len - 1]) || text[len - 1] == ' ')) {
        len--;
    }
    size_t i = 0;
    while (i < len && (is_quote(text[i]) || text[i] == ' ')) {
        i++;
    }
    str_add_cstr(out, "^(");
    for (; i < len; i++) {
        if (text[i] == ',') {
            str_add_cstr(out, "|");
        } else if (text[i] == '\\' && i + 1 < len && text[i + 1] == 'd') {
            str_add_cstr(out, "[0-9]");
            i++;
        } else if (text[i] != ' ') {
            str_add(out, slice_of(text + i, 1));
        }
    }
    str_add_cstr(out, ")$");
}

int topic_filter_init(struct topic_filter *f, const char *text)
{
    f->compiled = false;
    f->why[0] = '\0';
    struct str pattern;
    str_init(&pattern, PATTERN_MAX);
    add_pattern(&pattern, text);
    int rc = pattern.err;
    if (rc == 0) {
        int code = regcomp(&f->regex, pattern.ptr, REG_EXTENDED | REG_NOSUB);
        f->compiled = code == 0;
        if (code != 0) {
            char reason[80];
            (void)regerror(code, &f->regex, reason, sizeof(reason));
            snprintf(f->why, sizeof(f->why), "'%.60s' is not a regular expression: %s", text,
                     reason);
            rc = ERR_INVALID;
        }
    }
    str_release(&pattern);
    return rc;
}

void topic_filter_release(struct topic_filter *f)
{
    if (f->compiled) {
        regfree(&f->regex);
        f->compiled = false;
    }
}

bool topic_filter_has(const struct topic_filter *f, struct slice name)
{
    char text[TOPIC_NAME_LEN_MAX + 1];
    if (name.len > TOPIC_NAME_LEN_MAX || name.len == 0) {
        return false;
    }
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    return regexec(&f->regex, text, 0, NULL, 0) == 0;
}
