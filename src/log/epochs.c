/*
 * Which leader epoch wrote which offsets: entries (epoch, first offset), both growing; an epoch ends
 * where the next begins, the last one at the log's end. Kept in the partition's view as an immutable
 * array, on disk in leader-epoch-checkpoint (text_files.c). The file may lag behind: recovery reads
 * the epochs of everything above the recovery point from the batches themselves.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "log/plog_impl.h"

#define EPOCHS_MAX ((size_t)1 << 20)
#define EPOCH_LINE_MAX 40u

struct epochs *epochs_new(const struct epoch_entry *entries, size_t cnt)
{
    struct epochs *e = malloc(sizeof(*e) + cnt * sizeof(*entries));

    ASSERT(cnt <= EPOCHS_MAX);
    if (e != NULL) {
        ref_init(&e->ref);
        e->cnt = cnt;
        if (cnt > 0) {
            memcpy(e->entries, entries, cnt * sizeof(*entries));
        }
    }
    return e;
}

struct epochs *epochs_ref(struct epochs *e)
{
    ref_get(&e->ref);
    return e;
}

void epochs_unref(struct epochs *e)
{
    if (e != NULL && ref_put(&e->ref)) {
        free(e);
    }
}

struct epochs *epochs_with(const struct epochs *e, leader_epoch_t epoch, log_offset_t start)
{
    struct epochs *more;
    size_t cnt = e->cnt;

    ASSERT(epoch >= 0);
    ASSERT(cnt == 0 || e->entries[cnt - 1].epoch < epoch);
    while (cnt > 0 && e->entries[cnt - 1].start >= start) {
        cnt--; /* an epoch that wrote nothing */
    }
    if (cnt >= EPOCHS_MAX) {
        return NULL;
    }
    more = malloc(sizeof(*more) + (cnt + 1) * sizeof(more->entries[0]));
    if (more == NULL) {
        return NULL;
    }
    ref_init(&more->ref);
    if (cnt > 0) {
        memcpy(more->entries, e->entries, cnt * sizeof(more->entries[0]));
    }
    more->entries[cnt] = (struct epoch_entry){.epoch = epoch, .start = start};
    more->cnt = cnt + 1;
    return more;
}

struct epochs *epochs_cut(const struct epochs *e, log_offset_t start, log_offset_t end)
{
    size_t from = 0;
    size_t to = e->cnt;
    struct epochs *less;

    ASSERT(start <= end);
    while (to > 0 && e->entries[to - 1].start >= end) {
        to--;
    }
    while (from + 1 < to && e->entries[from + 1].start <= start) {
        from++;
    }
    less = epochs_new(e->entries + from, to - from);
    if (less != NULL && less->cnt > 0 && less->entries[0].start < start) {
        less->entries[0].start = start;
    }
    return less;
}

struct epochs_builder {
    struct epoch_entry *entries;
    size_t cnt;
    size_t cap;
};

static int builder_add(void *ctx, leader_epoch_t epoch, log_offset_t start)
{
    struct epochs_builder *b = ctx;

    if (b->cnt == b->cap) {
        size_t cap = b->cap == 0 ? 16 : b->cap * 2;
        struct epoch_entry *to = cap <= EPOCHS_MAX ? realloc(b->entries, cap * sizeof(*to)) : NULL;

        if (to == NULL) {
            return ERR_NOMEM;
        }
        b->entries = to;
        b->cap = cap;
    }
    b->entries[b->cnt++] = (struct epoch_entry){.epoch = epoch, .start = start};
    return 0;
}

int epochs_load(struct os *os, const char *folder, struct epochs **ret)
{
    struct epochs_builder b = {0};
    char path[LOG_PATH_MAX];
    uint8_t *text = NULL;
    struct epochs *e;
    size_t len;
    int rc = file_path(path, sizeof(path), folder, FILE_EPOCHS);

    if (rc == 0 && os_file_read_all(os, path, EPOCHS_MAX * EPOCH_LINE_MAX, &text, &len) == 0) {
        rc = epochs_parse(slice_of(text, len), builder_add, &b);
        if (rc != 0 && rc != ERR_NOMEM) {
            b.cnt = 0; /* as good as none: a wrong epoch would be worse */
            rc = 0;
        }
    }
    free(text);
    if (rc == 0) {
        e = epochs_new(b.entries, b.cnt);
        rc = e == NULL ? ERR_NOMEM : 0;
        if (rc == 0) {
            *ret = e;
        }
    }
    free(b.entries);
    return rc;
}

int epochs_save(struct os *os, const char *folder, const struct epochs *e)
{
    char path[LOG_PATH_MAX];
    struct str text;
    int rc = file_path(path, sizeof(path), folder, FILE_EPOCHS);

    str_init(&text, (e->cnt + 2) * EPOCH_LINE_MAX);
    epochs_format_head(&text, e->cnt);
    for (size_t i = 0; i < e->cnt; i++) {
        epochs_format_line(&text, e->entries[i].epoch, e->entries[i].start);
    }
    if (rc == 0) {
        rc = text.err;
    }
    if (rc == 0) {
        rc = os_file_replace(os, path, str_view(&text));
    }
    str_release(&text);
    return rc;
}
