/*
 * "Did you mean": the known word nearest to one that nobody knows. Pure functions: no owner, any
 * thread, no allocation.
 */
#ifndef OTTLA_CLI_SUGGEST_H
#define OTTLA_CLI_SUGGEST_H

#include <stddef.h>

/* Edits between two words: a letter put in, left out, replaced, or two neighbours swapped. Only the
 * first 63 letters count. */
size_t suggest_distance(const char *a, const char *b);

/* Keeps the best of the candidates it is shown. */
struct suggestion {
    const char *word;    /* what was typed */
    const char *nearest; /* borrowed from the candidates; NULL: none was near enough */
    size_t distance;
};

void suggest_init(struct suggestion *s, const char *word);
void suggest_consider(struct suggestion *s, const char *candidate);

#endif
