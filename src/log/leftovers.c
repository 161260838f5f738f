/*
 *     x.log.deleted, x.index.deleted, ...   were to be deleted: they are
 *     x.log.cleaned, ...                    output of a compaction that was not finished: deleted
 *     x.tmp                                 a text file that was not renamed yet: deleted
 *     x.log.swap, ...                       finished output: it takes the place of the segments whose
 *                                           offsets it covers; unless a .cleaned with a lower base is
 *                                           there, then its siblings were not finished and it goes too
 *     x.index without x.log                 deleted
 *
 * Everything else with a name that is not a segment's stays as it is.
 */
#include "log/leftovers.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/chk.h"
#include "log/names.h"
#include "log/segment.h"

#define SEGMENTS_MAX ((size_t)1 << 22)

struct leftovers {
    struct os *os;
    const char *folder;
    struct bases *logs;
    struct bases swaps;
    log_offset_t cleaned_min; /* INT64_MAX: none */
    char from[LOG_PATH_MAX];
    char to[LOG_PATH_MAX];
};

static const char *const suffixes[] = {SUFFIX_INDEX, SUFFIX_TIME_INDEX, SUFFIX_TXN_INDEX,
                                       SUFFIX_LOG};

void bases_release(struct bases *b)
{
    free(b->items);
    *b = (struct bases){0};
}

static int bases_add(struct bases *b, log_offset_t base)
{
    if (b->cnt == b->cap) {
        size_t cap = b->cap == 0 ? 16 : b->cap * 2;
        log_offset_t *to = cap <= SEGMENTS_MAX ? realloc(b->items, cap * sizeof(*to)) : NULL;

        if (to == NULL) {
            return ERR_NOMEM;
        }
        b->items = to;
        b->cap = cap;
    }
    b->items[b->cnt++] = base;
    return 0;
}

static bool bases_have(const struct bases *b, log_offset_t base)
{
    for (size_t i = 0; i < b->cnt; i++) {
        if (b->items[i] == base) {
            return true;
        }
    }
    return false;
}

static int base_cmp(const void *a, const void *b)
{
    log_offset_t x = *(const log_offset_t *)a;
    log_offset_t y = *(const log_offset_t *)b;

    return (x > y) - (x < y);
}

static int unlink_name(struct leftovers *l, const char *name)
{
    int rc = file_path(l->from, sizeof(l->from), l->folder, name);

    return rc != 0 ? rc : os_unlink(l->os, l->from);
}

static int list_each(void *ctx, const char *name, enum os_kind kind)
{
    struct leftovers *l = ctx;
    struct slice n = slice_cstr(name);
    log_offset_t base;

    if (kind != OS_KIND_FILE) {
        return 0;
    }
    if (segment_name_parse(n, SUFFIX_LOG, &base)) {
        return bases_add(l->logs, base);
    }
    if (segment_name_parse(n, SUFFIX_LOG SUFFIX_SWAP, &base)) {
        return bases_add(&l->swaps, base);
    }
    if (segment_name_parse(n, SUFFIX_LOG SUFFIX_CLEANED, &base)) {
        l->cleaned_min = MIN_OF(l->cleaned_min, base);
    }
    if (name_ends_with(n, SUFFIX_DELETED) || name_ends_with(n, SUFFIX_CLEANED) ||
        name_ends_with(n, ".tmp")) {
        return unlink_name(l, name);
    }
    return 0;
}

/* An index whose log is gone says nothing any more. */
static int orphan_each(void *ctx, const char *name, enum os_kind kind)
{
    struct leftovers *l = ctx;
    log_offset_t base;

    for (size_t i = 0; kind == OS_KIND_FILE && i < ARRAY_CNT(suffixes); i++) {
        if (segment_name_parse(slice_cstr(name), suffixes[i], &base) &&
            bsearch(&base, l->logs->items, l->logs->cnt, sizeof(base), base_cmp) == NULL) {
            return unlink_name(l, name);
        }
    }
    return 0;
}

static int unlink_if_there(struct leftovers *l, log_offset_t base, const char *suffix,
                           const char *more)
{
    int rc = segment_path(l->from, sizeof(l->from), l->folder, base, suffix, more);

    if (rc == 0) {
        rc = os_unlink(l->os, l->from);
    }
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* The last offset in a .swap file; below its base when it is empty or damaged. */
static log_offset_t swap_last(struct leftovers *l, log_offset_t base)
{
    struct os_file *f = NULL;
    struct entry_walk w;
    struct entry e;
    log_offset_t last = base - 1;
    uint64_t size = 0;
    uint64_t pos;

    if (segment_path(l->from, sizeof(l->from), l->folder, base, SUFFIX_LOG, SUFFIX_SWAP) != 0 ||
        os_file_open(l->os, l->from, OS_READ, &f) != 0) {
        return last;
    }
    if (os_file_size(f, &size) == 0) {
        entry_walk_init(&w, f, 0, size);
        while (entry_walk_next(&w, &e, &pos) == 0) {
            last = e.last;
        }
    }
    os_file_close(f);
    return last;
}

static int swap_drop(struct leftovers *l, log_offset_t base)
{
    int rc = 0;

    for (size_t i = 0; i < ARRAY_CNT(suffixes) && rc == 0; i++) {
        rc = unlink_if_there(l, base, suffixes[i], SUFFIX_SWAP);
    }
    return rc;
}

/* The files of one suffix: those it replaces go, the log last, so that a crash here repeats it all. */
static int swap_take_place(struct leftovers *l, log_offset_t base, log_offset_t last,
                           const char *suffix)
{
    int rc = 0;

    for (size_t i = 0; i < l->logs->cnt && rc == 0; i++) {
        log_offset_t old = l->logs->items[i];

        if (old > base && old <= last) {
            rc = unlink_if_there(l, old, suffix, "");
        }
    }
    if (rc == 0) {
        rc = segment_path(l->from, sizeof(l->from), l->folder, base, suffix, SUFFIX_SWAP);
    }
    if (rc == 0) {
        rc = segment_path(l->to, sizeof(l->to), l->folder, base, suffix, "");
    }
    if (rc == 0) {
        rc = os_rename(l->os, l->from, l->to);
    }
    /* Without an index of its own it must not inherit the one it replaces. */
    return rc == ERR_NOT_FOUND ? unlink_if_there(l, base, suffix, "") : rc;
}

static int swap_finish(struct leftovers *l, log_offset_t base)
{
    log_offset_t last = swap_last(l, base);
    size_t kept = 0;
    int rc = 0;

    for (size_t i = 0; i < ARRAY_CNT(suffixes) && rc == 0; i++) {
        rc = swap_take_place(l, base, last, suffixes[i]);
    }
    for (size_t i = 0; i < l->logs->cnt && rc == 0; i++) {
        log_offset_t old = l->logs->items[i];

        if (old <= base || old > last) {
            l->logs->items[kept++] = old;
        }
    }
    if (rc != 0) {
        return rc;
    }
    l->logs->cnt = kept;
    return bases_have(l->logs, base) ? 0 : bases_add(l->logs, base);
}

int leftovers_tidy(struct os *os, const char *folder, struct bases *ret, bool *ret_changed)
{
    struct leftovers *l = calloc(1, sizeof(*l));
    int rc;

    ASSERT(ret->cnt == 0);
    if (l == NULL) {
        return ERR_NOMEM;
    }
    l->os = os;
    l->folder = folder;
    l->logs = ret;
    l->cleaned_min = INT64_MAX;
    rc = os_dir_list(os, folder, list_each, l);
    for (size_t i = 0; i < l->swaps.cnt && rc == 0; i++) {
        log_offset_t base = l->swaps.items[i];

        *ret_changed = true;
        rc = base >= l->cleaned_min ? swap_drop(l, base) : swap_finish(l, base);
    }
    if (rc == 0 && ret->cnt > 0) {
        qsort(ret->items, ret->cnt, sizeof(ret->items[0]), base_cmp);
        rc = os_dir_list(os, folder, orphan_each, l);
    }
    bases_release(&l->swaps);
    free(l);
    return rc;
}
