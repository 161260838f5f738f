/*
 * .index      8 bytes an entry:   relative offset u32 | file position u32
 *             The offset is that of the last record of the batch that begins at the position; an entry
 *             is made when more than index.interval.bytes were written since the last one.
 * .timeindex  12 bytes an entry:  timestamp i64 | relative offset u32
 *             The largest timestamp of the segment up to the batch with this last offset; made
 *             together with an offset entry, and once more when the segment is closed.
 *
 * All numbers big-endian, offsets relative to the base in the file's name. A file may be longer than
 * its entries, filled with zeros, while (or after a crash: because) it was allocated ahead.
 *
 * Valid: offsets and positions grow strictly from entry to entry (the first may be anything inside the
 * segment), timestamps grow strictly. The first entry that breaks the rule ends the index.
 */
#include "log/seg_index.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/chk.h"

#define CAP_FIRST 16u
#define CHUNK_ENTRIES 256u
#define TIME_CHUNK_BYTES (CHUNK_ENTRIES * TIME_ENTRY_LEN)
#define OFFSET_CHUNK_BYTES (CHUNK_ENTRIES * OFFSET_ENTRY_LEN)

void seg_index_init(struct seg_index *x)
{
    *x = (struct seg_index){.time_last = TIMESTAMP_NONE};
}

void seg_index_release(struct seg_index *x)
{
    free(x->offsets);
    free(x->times);
    seg_index_init(x);
}

static void *grown(void *ptr, uint32_t *cap, size_t item_bytes)
{
    uint32_t more = *cap == 0 ? CAP_FIRST : *cap * 2;
    void *to = more > *cap ? realloc(ptr, more * item_bytes) : NULL;

    if (to != NULL) {
        *cap = more;
    }
    return to;
}

int seg_index_prepare(struct seg_index *x)
{
    void *to;

    if (x->offset_cnt == x->offset_cap) {
        to = grown(x->offsets, &x->offset_cap, sizeof(*x->offsets));
        if (to == NULL) {
            return ERR_NOMEM;
        }
        x->offsets = to;
    }
    if (x->time_cnt == x->time_cap) {
        to = grown(x->times, &x->time_cap, sizeof(*x->times));
        if (to == NULL) {
            return ERR_NOMEM;
        }
        x->times = to;
    }
    return 0;
}

void seg_index_add(struct seg_index *x, struct offset_entry e)
{
    ASSERT(x->offset_cnt < x->offset_cap);
    ASSERT(x->offset_cnt == 0 || x->offsets[x->offset_cnt - 1].pos < e.pos);
    x->offsets[x->offset_cnt++] = e;
}

void seg_index_add_time(struct seg_index *x, struct time_entry e)
{
    if (e.timestamp <= x->time_last) {
        return;
    }
    ASSERT(x->time_cnt < x->time_cap);
    x->times[x->time_cnt++] = e;
    x->time_last = e.timestamp;
}

uint64_t seg_index_bytes(const struct seg_index *x)
{
    return ((uint64_t)x->offset_file_cnt + x->offset_cnt) * OFFSET_ENTRY_LEN;
}

/* --- look-ups ---------------------------------------------------------------------------------- */

bool seg_index_find(const struct seg_index *x, uint32_t rel_offset, struct offset_entry *ret)
{
    uint32_t low = 0;
    uint32_t high = x->offset_cnt;

    while (low < high) { /* the first entry above the target */
        uint32_t mid = low + (high - low) / 2;

        if (x->offsets[mid].rel_offset <= rel_offset) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    if (low == 0) {
        return false;
    }
    *ret = x->offsets[low - 1];
    return true;
}

bool seg_index_find_time(const struct seg_index *x, timestamp_ms_t t, struct time_entry *ret)
{
    uint32_t low = 0;
    uint32_t high = x->time_cnt;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (x->times[mid].timestamp <= t) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    if (low == 0) {
        return false;
    }
    *ret = x->times[low - 1];
    return true;
}

static struct offset_entry offset_entry_load(const uint8_t *p)
{
    return (struct offset_entry){.rel_offset = load_be32(p), .pos = load_be32(p + 4)};
}

static struct time_entry time_entry_load(const uint8_t *p)
{
    return (struct time_entry){.timestamp = (timestamp_ms_t)load_be64(p),
                               .rel_offset = load_be32(p + 8)};
}

/* Reads entry `idx`; an entry beyond the end of the file is ERR_TRUNCATED. */
static int entry_read(struct os_file *f, uint32_t idx, uint32_t entry_len, uint8_t *ret_bytes)
{
    size_t len = 0;
    int rc = os_file_pread(f, (uint64_t)idx * entry_len, ret_bytes, entry_len, &len);

    return rc != 0 ? rc : len < entry_len ? ERR_TRUNCATED : 0;
}

/* The place of the last entry not above the target; `cnt` when there is none. */
static int file_search(struct os_file *f, uint32_t cnt, uint32_t rel_offset, uint32_t *ret_idx,
                       struct offset_entry *ret)
{
    struct offset_entry best = {0};
    uint32_t low = 0;
    uint32_t high = cnt;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        uint8_t bytes[OFFSET_ENTRY_LEN];
        struct offset_entry e;
        int rc = entry_read(f, mid, OFFSET_ENTRY_LEN, bytes);

        if (rc != 0) {
            return rc;
        }
        e = offset_entry_load(bytes);
        if (e.rel_offset <= rel_offset) {
            best = e;
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    if (low == 0) {
        return ERR_NOT_FOUND;
    }
    *ret_idx = low - 1;
    *ret = best;
    return 0;
}

int seg_index_find_in_file(struct os_file *f, uint32_t cnt, uint32_t rel_offset,
                           struct offset_entry *ret)
{
    uint32_t idx;

    return file_search(f, cnt, rel_offset, &idx, ret);
}

int index_window_read(struct os_file *f, uint32_t file_cnt, uint32_t rel_offset,
                      struct index_window *ret)
{
    uint8_t bytes[INDEX_WINDOW_CNT * OFFSET_ENTRY_LEN];
    struct offset_entry found;
    uint32_t idx;
    size_t len = 0;
    int rc = file_search(f, file_cnt, rel_offset, &idx, &found);

    if (rc != 0) {
        return rc;
    }
    rc = os_file_pread(f, (uint64_t)idx * OFFSET_ENTRY_LEN, bytes,
                       MIN_OF(file_cnt - idx, INDEX_WINDOW_CNT) * OFFSET_ENTRY_LEN, &len);
    if (rc != 0) {
        return rc;
    }
    if (len < OFFSET_ENTRY_LEN) {
        return ERR_TRUNCATED;
    }
    ret->first = idx;
    ret->cnt = (uint32_t)(len / OFFSET_ENTRY_LEN);
    for (uint32_t i = 0; i < ret->cnt; i++) {
        ret->entries[i] = offset_entry_load(bytes + (size_t)i * OFFSET_ENTRY_LEN);
    }
    return 0;
}

bool index_window_find(const struct index_window *w, uint32_t file_cnt, uint32_t rel_offset,
                       struct offset_entry *ret)
{
    uint32_t low = 0;
    uint32_t high = w->cnt;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (w->entries[mid].rel_offset <= rel_offset) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    /* Behind the window's last entry the next one of the file may be closer. */
    if (low == 0 || (low == w->cnt && w->first + w->cnt < file_cnt)) {
        return false;
    }
    *ret = w->entries[low - 1];
    return true;
}

int seg_index_find_time_in_file(struct os_file *f, uint32_t cnt, timestamp_ms_t t,
                                struct time_entry *ret)
{
    struct time_entry best = {0};
    uint32_t low = 0;
    uint32_t high = cnt;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        uint8_t bytes[TIME_ENTRY_LEN];
        struct time_entry e;
        int rc = entry_read(f, mid, TIME_ENTRY_LEN, bytes);

        if (rc != 0) {
            return rc;
        }
        e = time_entry_load(bytes);
        if (e.timestamp <= t) {
            best = e;
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    if (low == 0) {
        return ERR_NOT_FOUND;
    }
    *ret = best;
    return 0;
}

/* --- files ------------------------------------------------------------------------------------- */

int seg_index_check_file(struct os_file *f, uint64_t log_bytes, uint32_t *ret_cnt,
                         bool *ret_is_exact)
{
    uint8_t bytes[OFFSET_CHUNK_BYTES];
    struct offset_entry before = {0};
    uint64_t size;
    uint32_t cnt = 0;
    size_t len = sizeof(bytes);
    int rc = os_file_size(f, &size);

    while (rc == 0 && len == sizeof(bytes)) {
        rc = os_file_pread(f, (uint64_t)cnt * OFFSET_ENTRY_LEN, bytes, sizeof(bytes), &len);
        for (size_t at = 0; rc == 0 && at + OFFSET_ENTRY_LEN <= len; at += OFFSET_ENTRY_LEN) {
            struct offset_entry e = offset_entry_load(bytes + at);

            if (e.pos >= log_bytes || e.rel_offset > INT32_MAX ||
                (cnt > 0 && (e.rel_offset <= before.rel_offset || e.pos <= before.pos)) ||
                (cnt == 0 && e.rel_offset == 0 && e.pos == 0)) {
                len = 0;
                break;
            }
            before = e;
            cnt++;
        }
    }
    if (rc == 0) {
        *ret_cnt = cnt;
        *ret_is_exact = size == (uint64_t)cnt * OFFSET_ENTRY_LEN;
    }
    return rc;
}

int seg_index_check_time_file(struct os_file *f, uint32_t *ret_cnt, timestamp_ms_t *ret_last,
                              bool *ret_is_exact)
{
    uint8_t bytes[TIME_CHUNK_BYTES];
    struct time_entry before = {.timestamp = TIMESTAMP_NONE};
    uint64_t size;
    uint32_t cnt = 0;
    size_t len = sizeof(bytes);
    int rc = os_file_size(f, &size);

    while (rc == 0 && len == sizeof(bytes)) {
        rc = os_file_pread(f, (uint64_t)cnt * TIME_ENTRY_LEN, bytes, sizeof(bytes), &len);
        for (size_t at = 0; rc == 0 && at + TIME_ENTRY_LEN <= len; at += TIME_ENTRY_LEN) {
            struct time_entry e = time_entry_load(bytes + at);

            /* The same entry twice is legal: an older broker's last one at a close. */
            if (e.timestamp < before.timestamp || e.rel_offset < before.rel_offset ||
                e.rel_offset > INT32_MAX || (e.timestamp == 0 && e.rel_offset == 0)) {
                len = 0;
                break;
            }
            before = e;
            cnt++;
        }
    }
    if (rc == 0) {
        *ret_cnt = cnt;
        *ret_last = before.timestamp;
        *ret_is_exact = size == (uint64_t)cnt * TIME_ENTRY_LEN;
    }
    return rc;
}

static int offsets_write(const struct seg_index *x, struct os_file *f)
{
    uint8_t bytes[OFFSET_CHUNK_BYTES];
    uint64_t pos = (uint64_t)x->offset_file_cnt * OFFSET_ENTRY_LEN;
    int rc = 0;

    for (uint32_t i = 0; i < x->offset_cnt && rc == 0;) {
        size_t len = 0;

        for (; i < x->offset_cnt && len < sizeof(bytes); i++, len += OFFSET_ENTRY_LEN) {
            store_be32(bytes + len, x->offsets[i].rel_offset);
            store_be32(bytes + len + 4, x->offsets[i].pos);
        }
        rc = os_file_pwrite(f, pos, slice_of(bytes, len));
        pos += len;
    }
    return rc != 0 ? rc : os_file_truncate(f, pos);
}

static int times_write(const struct seg_index *x, struct os_file *f)
{
    uint8_t bytes[TIME_CHUNK_BYTES];
    uint64_t pos = (uint64_t)x->time_file_cnt * TIME_ENTRY_LEN;
    int rc = 0;

    for (uint32_t i = 0; i < x->time_cnt && rc == 0;) {
        size_t len = 0;

        for (; i < x->time_cnt && len < sizeof(bytes); i++, len += TIME_ENTRY_LEN) {
            store_be64(bytes + len, (uint64_t)x->times[i].timestamp);
            store_be32(bytes + len + 8, x->times[i].rel_offset);
        }
        rc = os_file_pwrite(f, pos, slice_of(bytes, len));
        pos += len;
    }
    return rc != 0 ? rc : os_file_truncate(f, pos);
}

int seg_index_write(const struct seg_index *x, struct os_file *offsets, struct os_file *times)
{
    int rc = offsets_write(x, offsets);

    return rc != 0 ? rc : times_write(x, times);
}

void seg_index_forget_written(struct seg_index *x)
{
    x->offset_file_cnt += x->offset_cnt;
    x->time_file_cnt += x->time_cnt;
    x->offset_cnt = 0;
    x->time_cnt = 0;
    free(x->offsets);
    free(x->times);
    x->offsets = NULL;
    x->times = NULL;
    x->offset_cap = 0;
    x->time_cap = 0;
    x->is_on_disk = true;
}
