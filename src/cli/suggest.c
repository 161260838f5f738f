/*
 * The distance is the restricted Damerau-Levenshtein one, in three rows of its table. How many edits
 * are forgiven grows with the word: one in a word of up to four letters, two up to eight, then three.
 * A word that a candidate begins with counts as one edit away, so that "desc" finds "--describe".
 */
#include "cli/suggest.h"

#include <stdbool.h>
#include <string.h>

#include "base/chk.h"

#define WORD_MAX 63

static size_t word_len(const char *word)
{
    size_t len = strlen(word);
    return MIN_OF(len, (size_t)WORD_MAX);
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = MIN_OF(a, b);
    return MIN_OF(ab, c);
}

size_t suggest_distance(const char *a, const char *b)
{
    size_t a_len = word_len(a);
    size_t b_len = word_len(b);
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0];
    size_t *last = rows[1];
    size_t *now = rows[2];
    for (size_t j = 0; j <= b_len; j++) {
        before[j] = 0;
        last[j] = j;
        now[j] = 0;
    }
    for (size_t i = 1; i <= a_len; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
            now[j] = least(last[j] + 1, now[j - 1] + 1, last[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                now[j] = MIN_OF(now[j], before[j - 2] + 1);
            }
        }
        size_t *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[b_len];
}

void suggest_init(struct suggestion *s, const char *word)
{
    *s = (struct suggestion){.word = word, .nearest = NULL, .distance = (size_t)-1};
}

void suggest_consider(struct suggestion *s, const char *candidate)
{
    size_t len = word_len(s->word);
    size_t forgiven = len <= 4 ? 1 : len <= 8 ? 2 : 3;
    size_t distance = suggest_distance(s->word, candidate);
    bool begins = len >= 3 && strncmp(s->word, candidate, len) == 0;
    if (begins && distance > 1) {
        distance = 1;
    }
    if (distance <= forgiven && distance < s->distance) {
        s->nearest = candidate;
        s->distance = distance;
    }
}
