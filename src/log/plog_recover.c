/*
 * Recovery: from the files of a partition to a log that can be trusted.
 *
 *     1  leftovers go: .deleted, .cleaned, .tmp, indexes without a log; .swap files, the finished work
 *        of a compaction, take their place
 *     2  segments below the recovery point, or all after a clean stop, are trusted: their indexes are
 *        looked at, the newest one's end is found from its last index entry
 *     3  the others are read batch by batch: checksum, offsets; indexes and epochs are made anew
 *     4  the first thing that is no valid entry ends the log:
 *
 *            valid | valid | valid | ?????????????            nothing valid behind it, and above the
 *                                  ^ cut, and said so         recovery point: a torn write
 *
 *            valid | valid | ????? | valid | ...              something valid behind it, or below the
 *                          ^ faulty: nothing is cut,          recovery point: damage. Cutting would
 *                            served up to here, no appends    drop what was acknowledged
 *
 *     5  what was kept is synced: log files, indexes, epochs, folder
 *
 * Running it again on its own result changes nothing; a crash on the way only means to begin anew.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/chk.h"
#include "base/crc32c.h"
#include "log/leftovers.h"
#include "log/plog_impl.h"

#define SCAN_BYTES ((size_t)1024 * 1024)
/* How many bytes are checksummed in search of a valid batch behind a bad one, in times of what is
 * left: data that looks like heads everywhere must not take for ever. */
#define SEARCH_EFFORT 8u

struct recovery {
    struct plog *log;
    struct os *os;
    struct plog_recovery *ret;
    bool is_clean;
    log_offset_t recovery_point;

    struct bases logs;     /* the segments that are there */
    struct segment **segs; /* what is kept, in order */
    size_t cnt;
    struct epoch_entry *epochs;
    size_t epoch_cnt;
    size_t epoch_cap;
    log_offset_t next; /* the end so far; what comes must not be below */
    bool next_is_known;
    bool is_done; /* a cut or a fault: nothing behind it is looked at */
    bool changed; /* something was cut or renamed */

    uint8_t *buf; /* SCAN_BYTES */
    struct os_file *file;
    uint64_t file_size;
    uint64_t buf_pos;
    size_t buf_len;
};

/* --- reading a file ---------------------------------------------------------------------------- */

static int file_use(struct recovery *r, struct segment *s)
{
    int rc = segment_file(s, &r->file);

    r->buf_len = 0;
    return rc != 0 ? rc : os_file_size(r->file, &r->file_size);
}

static void file_done(struct recovery *r)
{
    log_file_put(r->file);
    r->file = NULL;
}

/* len bytes at pos (len ≤ SCAN_BYTES, all inside the file), valid until the next call. */
static int bytes_at(struct recovery *r, uint64_t pos, size_t len, struct slice *ret)
{
    ASSERT(len <= SCAN_BYTES);
    ASSERT(pos + len <= r->file_size);
    if (pos < r->buf_pos || pos + len > r->buf_pos + r->buf_len) {
        size_t got = 0;
        int rc = os_file_pread(r->file, pos, r->buf,
                               (size_t)MIN_OF(r->file_size - pos, (uint64_t)SCAN_BYTES), &got);

        if (rc != 0) {
            return rc;
        }
        r->buf_pos = pos;
        r->buf_len = got;
        if (got < len) {
            return ERR_IO; /* shorter than it was a moment ago */
        }
    }
    *ret = slice_of(r->buf + (pos - r->buf_pos), len);
    return 0;
}

static int crc_check(struct recovery *r, uint64_t pos, const struct entry *e)
{
    uint64_t at = pos + ENTRY_CRC_FROM;
    uint64_t end = pos + e->len_bytes;
    uint32_t crc = 0;

    while (at < end) {
        /* What the buffer has left of it first, so that nothing is read twice. */
        uint64_t in_buf = r->buf_pos + r->buf_len > at && at >= r->buf_pos
                              ? r->buf_pos + r->buf_len - at
                              : (uint64_t)SCAN_BYTES;
        size_t len = (size_t)MIN_OF(end - at, in_buf);
        struct slice piece;
        int rc = bytes_at(r, at, len, &piece);

        if (rc != 0) {
            return rc;
        }
        crc = crc32c_more(crc, piece);
        at += len;
    }
    return crc == e->crc ? 0 : ERR_CORRUPT;
}

/* The base offset lies outside of the checksum, so it must be right by itself: never below what came
 * before; and right behind it where compaction leaves no gaps. */
static bool offset_is_right(const struct recovery *r, const struct segment *s, uint64_t pos,
                            const struct entry *e)
{
    bool may_skip = pos == 0 || e->magic != 2 || r->log->cfg.is_compacted;

    return e->base >= r->next && (e->base == r->next || may_skip) && e->last - s->base <= INT32_MAX;
}

/* The entry at pos, checked as far as its format allows. ERR_TRUNCATED, ERR_INVALID or ERR_CORRUPT:
 * there is none; other errors are the disk's. Old formats carry another checksum, which is not
 * verified here: their structure is. */
static int entry_at(struct recovery *r, const struct segment *s, uint64_t pos, struct entry *ret)
{
    struct slice head;
    struct entry e;
    int rc = bytes_at(r, pos, (size_t)MIN_OF(r->file_size - pos, (uint64_t)ENTRY_HEAD_LEN), &head);

    if (rc == 0) {
        rc = entry_peek(head, &e);
    }
    if (rc != 0) {
        return rc;
    }
    if (!offset_is_right(r, s, pos, &e)) {
        return ERR_INVALID;
    }
    if (e.len_bytes > r->file_size - pos) {
        return ERR_TRUNCATED;
    }
    rc = e.magic == 2 ? crc_check(r, pos, &e) : 0;
    if (rc == 0) {
        *ret = e;
    }
    return rc;
}

static bool is_bad_entry(int rc)
{
    return rc == ERR_TRUNCATED || rc == ERR_INVALID || rc == ERR_CORRUPT;
}

/* Whether a batch with a right checksum begins anywhere in [pos, end of file), whatever its offsets:
 * they may be what is damaged. */
static int search_valid(struct recovery *r, uint64_t pos, bool *ret_found)
{
    const size_t magic_at = ENTRY_PREFIX_LEN - 1;
    uint64_t effort = (r->file_size - pos) * SEARCH_EFFORT + SCAN_BYTES;

    *ret_found = false;
    while (pos + ENTRY_HEAD_LEN <= r->file_size) {
        uint64_t left = r->file_size - pos;
        struct slice bytes;
        struct entry e;
        const uint8_t *hit;
        int rc = bytes_at(r, pos, (size_t)MIN_OF(left, (uint64_t)ENTRY_HEAD_LEN), &bytes);

        if (rc != 0) {
            return rc;
        }
        /* On to the next byte that may be a magic 2, within what is in the buffer. */
        hit = memchr(bytes.ptr + magic_at, 2, r->buf_len - (size_t)(pos - r->buf_pos) - magic_at);
        if (hit == NULL) {
            pos = r->buf_pos + r->buf_len - magic_at;
            continue;
        }
        pos += (uint64_t)(hit - (bytes.ptr + magic_at));
        if (pos + ENTRY_HEAD_LEN > r->file_size) {
            return 0;
        }
        rc = bytes_at(r, pos, ENTRY_HEAD_LEN, &bytes);
        if (rc == 0 && entry_peek(bytes, &e) == 0 && e.magic == 2 &&
            e.len_bytes <= r->file_size - pos) {
            if (e.len_bytes > effort) {
                *ret_found = true; /* too much to tell: nothing is cut on a guess */
                return 0;
            }
            effort -= e.len_bytes;
            rc = crc_check(r, pos, &e);
            if (rc == 0) {
                *ret_found = true;
                return 0;
            }
        }
        if (rc != 0 && !is_bad_entry(rc)) {
            return rc;
        }
        pos++;
    }
    return 0;
}

/* --- epochs and indexes on the way ------------------------------------------------------------- */

static int epoch_note(struct recovery *r, leader_epoch_t epoch, log_offset_t start)
{
    if (epoch < 0 || (r->epoch_cnt > 0 && epoch <= r->epochs[r->epoch_cnt - 1].epoch)) {
        return 0;
    }
    if (r->epoch_cnt == r->epoch_cap) {
        size_t cap = r->epoch_cap == 0 ? 16 : r->epoch_cap * 2;
        struct epoch_entry *to = realloc(r->epochs, cap * sizeof(*to));

        if (to == NULL) {
            return ERR_NOMEM;
        }
        r->epochs = to;
        r->epoch_cap = cap;
    }
    r->epochs[r->epoch_cnt++] = (struct epoch_entry){.epoch = epoch, .start = start};
    return 0;
}

/* What the checkpoint says about epochs below `offset` stands; what is above is read anew. */
static void epochs_keep_below(struct recovery *r, log_offset_t offset)
{
    while (r->epoch_cnt > 0 && r->epochs[r->epoch_cnt - 1].start >= offset) {
        r->epoch_cnt--;
    }
}

static int entry_index(struct recovery *r, struct segment *s, uint64_t pos, const struct entry *e)
{
    struct plog *l = r->log;
    int rc = 0;

    if (pos == 0) {
        s->first_timestamp = e->max_timestamp;
    }
    if (e->max_timestamp > s->max_timestamp) {
        s->max_timestamp = e->max_timestamp;
        s->max_timestamp_offset = e->last;
    }
    if (l->bytes_since_index > (uint32_t)l->cfg.index_interval_bytes && pos <= UINT32_MAX) {
        rc = seg_index_prepare(&s->index);
        if (rc != 0) {
            return rc;
        }
        seg_index_add(&s->index, (struct offset_entry){.rel_offset = (uint32_t)(e->last - s->base),
                                                       .pos = (uint32_t)pos});
        if (s->max_timestamp != TIMESTAMP_NONE) {
            seg_index_add_time(
                &s->index,
                (struct time_entry){.timestamp = s->max_timestamp,
                                    .rel_offset = (uint32_t)(s->max_timestamp_offset - s->base)});
        }
        l->bytes_since_index = 0;
    }
    l->bytes_since_index += (uint32_t)MIN_OF(e->len_bytes, (uint64_t)INT32_MAX);
    return 0;
}

static int last_time_entry(struct segment *s)
{
    int rc = seg_index_prepare(&s->index);

    if (rc == 0 && s->max_timestamp != TIMESTAMP_NONE) {
        seg_index_add_time(
            &s->index,
            (struct time_entry){.timestamp = s->max_timestamp,
                                .rel_offset = (uint32_t)(s->max_timestamp_offset - s->base)});
    }
    return rc;
}

/* --- 2: trusted segments ----------------------------------------------------------------------- */

/* Takes the index files as they are, where they are whole. False: they must be made anew. */
static bool indexes_adopt(struct recovery *r, struct segment *s)
{
    char path[LOG_PATH_MAX];
    struct seg_index *x = &s->index;
    struct os_file *f = NULL;
    struct time_entry last;
    bool is_good = false;

    if (segment_path(path, sizeof(path), r->log->folder, s->base, SUFFIX_INDEX, "") == 0 &&
        os_file_open(r->os, path, OS_READ, &f) == 0) {
        is_good =
            seg_index_check_file(f, s->size_bytes, &x->offset_file_cnt, &is_good) == 0 && is_good;
        os_file_close(f);
        f = NULL;
    }
    if (!is_good ||
        segment_path(path, sizeof(path), r->log->folder, s->base, SUFFIX_TIME_INDEX, "") != 0 ||
        os_file_open(r->os, path, OS_READ, &f) != 0) {
        return false;
    }
    is_good =
        seg_index_check_time_file(f, &x->time_file_cnt, &x->time_last, &is_good) == 0 && is_good;
    if (is_good && x->time_file_cnt > 0) {
        is_good = seg_index_find_time_in_file(f, x->time_file_cnt, INT64_MAX, &last) == 0;
        s->max_timestamp = is_good ? last.timestamp : TIMESTAMP_NONE;
        s->max_timestamp_offset = is_good ? s->base + last.rel_offset : s->base;
    }
    os_file_close(f);
    x->is_on_disk = is_good;
    /* Without a time entry nothing says how old the records are. */
    return is_good && (x->time_file_cnt > 0 || s->size_bytes == 0);
}

static void indexes_forget(struct segment *s)
{
    seg_index_release(&s->index);
    s->max_timestamp = TIMESTAMP_NONE;
    s->max_timestamp_offset = s->base;
}

/* The end of a trusted segment: from the last index entry on. ERR_CORRUPT: it can not be trusted. */
static int tail_walk(struct recovery *r, struct segment *s)
{
    char path[LOG_PATH_MAX];
    struct offset_entry hint = {0};
    struct os_file *f = NULL;
    struct entry_walk w;
    struct entry e = {0};
    uint64_t pos = 0;
    int rc = ERR_NOT_FOUND;

    if (s->index.offset_file_cnt > 0) {
        rc = segment_path(path, sizeof(path), r->log->folder, s->base, SUFFIX_INDEX, "");
        if (rc == 0) {
            rc = os_file_open(r->os, path, OS_READ, &f);
        }
        if (rc == 0) {
            rc = seg_index_find_in_file(f, s->index.offset_file_cnt, UINT32_MAX, &hint);
        }
        os_file_close(f);
        if (rc != 0) {
            return ERR_CORRUPT;
        }
    }
    r->log->bytes_since_index = 0;
    entry_walk_init(&w, r->file, hint.pos, s->size_bytes);
    for (;;) {
        rc = entry_walk_next(&w, &e, &pos);
        if (rc != 0) {
            break;
        }
        if (e.base < r->next || e.last - s->base > INT32_MAX) {
            return ERR_CORRUPT;
        }
        if (e.max_timestamp > s->max_timestamp) {
            s->max_timestamp = e.max_timestamp;
            s->max_timestamp_offset = e.last;
        }
        r->next = e.last + 1;
        r->log->bytes_since_index += (uint32_t)MIN_OF(e.len_bytes, (uint64_t)INT32_MAX);
    }
    if (rc != ERR_NOT_FOUND) {
        return is_bad_entry(rc) ? ERR_CORRUPT : rc;
    }
    entry_walk_init(&w, r->file, 0, s->size_bytes);
    rc = entry_walk_next(&w, &e, &pos);
    s->first_timestamp = rc == 0 ? e.max_timestamp : TIMESTAMP_NONE;
    return rc == ERR_NOT_FOUND || is_bad_entry(rc) ? 0 : rc;
}

/* --- 3, 4: scanning ---------------------------------------------------------------------------- */

/* A valid entry at the front of a later segment: also "something valid behind it". */
static int later_segments_valid(struct recovery *r, size_t idx, bool *ret_found)
{
    struct os_file *file = r->file;
    uint64_t size = r->file_size;
    int rc = 0;

    *ret_found = false;
    for (size_t i = idx + 1; i < r->logs.cnt && rc == 0 && !*ret_found; i++) {
        struct segment *s = segment_new(r->log, r->logs.items[i]);

        if (s == NULL) {
            rc = ERR_NOMEM;
            break;
        }
        rc = file_use(r, s);
        if (rc == 0 && r->file_size > 0) {
            rc = search_valid(r, 0, ret_found);
        }
        file_done(r);
        segment_unref(s);
    }
    r->file = file;
    r->file_size = size;
    r->buf_len = 0;
    return rc;
}

static void fault_say(struct recovery *r, const struct segment *s, uint64_t pos, const char *what)
{
    r->ret->is_faulty = true;
    r->is_done = true;
    snprintf(r->ret->why, sizeof(r->ret->why),
             "%.200s/%020" PRId64 ".log is damaged at position %" PRIu64 " (offset %" PRId64
             "): %s. Nothing was cut; the partition is served up to there and takes no records",
             r->log->folder, s->base, pos, r->next, what);
}

static int unlink_if_there(struct recovery *r, log_offset_t base, const char *suffix)
{
    char path[LOG_PATH_MAX];
    int rc = segment_path(path, sizeof(path), r->log->folder, base, suffix, "");

    if (rc == 0) {
        rc = os_unlink(r->os, path);
    }
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* Everything from pos in segment idx on goes. */
static int tail_cut(struct recovery *r, size_t idx, struct segment *s, uint64_t pos)
{
    uint64_t cut = r->file_size - pos;
    char path[LOG_PATH_MAX];
    int rc = os_file_truncate(r->file, pos);

    for (size_t i = r->logs.cnt; i-- > idx + 1 && rc == 0;) {
        struct os_stat st;

        rc = segment_path(path, sizeof(path), r->log->folder, r->logs.items[i], SUFFIX_LOG, "");
        if (rc == 0 && os_stat(r->os, path, &st) == 0) {
            cut += st.size_bytes;
        }
        if (rc == 0) {
            rc = unlink_if_there(r, r->logs.items[i], SUFFIX_LOG);
        }
        if (rc == 0) {
            rc = unlink_if_there(r, r->logs.items[i], SUFFIX_INDEX);
        }
        if (rc == 0) {
            rc = unlink_if_there(r, r->logs.items[i], SUFFIX_TIME_INDEX);
        }
    }
    r->changed = true;
    r->is_done = true;
    r->ret->cut_bytes += cut;
    r->ret->cut_offset = r->next;
    if (cut > 0) {
        snprintf(r->ret->why, sizeof(r->ret->why),
                 "%.200s/%020" PRId64 ".log ended in a write that was not finished: %" PRIu64
                 " bytes from position %" PRIu64 " on were cut, the log ends at offset %" PRId64,
                 r->log->folder, s->base, cut, pos, r->next);
    }
    return rc;
}

/* What stands at pos is no entry: a torn write, or damage? */
static int bad_entry_judge(struct recovery *r, size_t idx, struct segment *s, uint64_t pos)
{
    bool found = false;
    int rc;

    if (r->next < r->recovery_point) {
        fault_say(r, s, pos, "this had been on disk whole before");
        return 0;
    }
    rc = search_valid(r, pos, &found);
    if (rc == 0 && !found) {
        rc = later_segments_valid(r, idx, &found);
    }
    if (rc == 0 && found) {
        fault_say(r, s, pos, "valid records follow it");
    } else if (rc == 0) {
        rc = tail_cut(r, idx, s, pos);
    }
    return rc;
}

static int segment_scan(struct recovery *r, size_t idx, struct segment *s)
{
    uint64_t pos = 0;
    int rc = 0;

    indexes_forget(s);
    r->log->bytes_since_index = 0;
    r->ret->was_scanned = true;
    epochs_keep_below(r, s->base);
    while (pos < r->file_size && rc == 0 && !r->is_done) {
        struct entry e;

        rc = entry_at(r, s, pos, &e);
        if (rc == 0) {
            rc = entry_index(r, s, pos, &e);
        }
        if (rc == 0) {
            rc = epoch_note(r, e.epoch, e.base);
        }
        if (rc == 0) {
            pos += e.len_bytes;
            r->next = e.last + 1;
        } else if (is_bad_entry(rc)) {
            rc = bad_entry_judge(r, idx, s, pos);
        }
    }
    r->ret->scanned_bytes += pos;
    s->size_bytes = pos;
    s->needs_index = true;
    return rc;
}

static bool segment_is_trusted(const struct recovery *r, size_t idx)
{
    return r->is_clean || (idx + 1 < r->logs.cnt && r->logs.items[idx + 1] <= r->recovery_point);
}

/* Whether the segment may follow what came before. */
static bool base_is_right(struct recovery *r, struct segment *s)
{
    if (s->base < r->next) {
        fault_say(r, s, 0, "it overlaps the segment before it");
        return false;
    }
    if (r->next_is_known && s->base > r->next && !r->log->cfg.is_compacted) {
        char what[128];

        snprintf(what, sizeof(what),
                 "the records from offset %" PRId64 " to it are missing, with their files",
                 r->next);
        fault_say(r, s, 0, what);
        return false;
    }
    return true;
}

static int segment_take(struct recovery *r, size_t idx)
{
    struct segment *s = segment_new(r->log, r->logs.items[idx]);
    bool is_last = idx + 1 == r->logs.cnt;
    bool is_trusted = segment_is_trusted(r, idx);
    int rc = s == NULL ? ERR_NOMEM : 0;

    if (rc != 0) {
        return rc;
    }
    if (idx > 0 && !base_is_right(r, s)) {
        segment_unref(s);
        return 0;
    }
    r->next = MAX_OF(r->next, s->base);
    r->next_is_known = false;
    rc = file_use(r, s);
    s->size_bytes = r->file_size;
    s->created_ms = os_wall_ms(r->os);
    if (rc == 0 && is_trusted) {
        is_trusted = indexes_adopt(r, s);
        if (is_trusted && is_last) {
            log_offset_t next = r->next;

            rc = tail_walk(r, s);
            if (rc == ERR_CORRUPT) {
                is_trusted = false;
                r->next = next;
                rc = 0;
            }
        }
    }
    if (rc == 0 && !is_trusted) {
        rc = segment_scan(r, idx, s);
        r->next_is_known = true;
    }
    if (rc == 0 && !is_trusted && !r->ret->is_faulty) {
        rc = os_file_truncate(r->file, s->size_bytes); /* gives back room that was reserved ahead */
    }
    file_done(r);
    if (rc != 0) {
        segment_unref(s);
        return rc;
    }
    r->segs[r->cnt++] = s;
    return 0;
}

/* --- 5: making it last, and telling the log ---------------------------------------------------- */

static int sync_name(struct recovery *r, log_offset_t base, const char *suffix)
{
    char path[LOG_PATH_MAX];
    struct os_file *f = NULL;
    int rc = segment_path(path, sizeof(path), r->log->folder, base, suffix, "");

    if (rc == 0) {
        rc = os_file_open(r->os, path, OS_READ, &f);
    }
    if (rc == 0) {
        rc = os_file_sync(f);
    }
    os_file_close(f);
    return rc;
}

static int make_durable(struct recovery *r, const struct epochs *epochs)
{
    int rc = 0;

    for (size_t i = 0; i < r->cnt && rc == 0; i++) {
        struct segment *s = r->segs[i];

        if (!s->needs_index) {
            continue;
        }
        rc = sync_name(r, s->base, SUFFIX_LOG);
        if (rc == 0 && i + 1 < r->cnt) {
            rc = last_time_entry(s);
        }
        if (rc == 0) {
            rc = segment_write_index(s);
        }
        if (rc == 0) {
            rc = sync_name(r, s->base, SUFFIX_INDEX);
        }
        if (rc == 0) {
            rc = sync_name(r, s->base, SUFFIX_TIME_INDEX);
        }
        r->changed = true;
    }
    if (rc == 0 && r->changed) {
        rc = epochs_save(r->os, r->log->folder, epochs);
    }
    if (rc == 0 && r->changed) {
        rc = os_dir_sync(r->os, r->log->folder);
    }
    return rc;
}

static struct log_pos end_of(const struct recovery *r, log_offset_t start)
{
    const struct segment *s = r->cnt > 0 ? r->segs[r->cnt - 1] : NULL;

    return (struct log_pos){
        .offset = s == NULL ? start : r->next,
        .segment = s == NULL ? start : s->base,
        .pos = s == NULL ? 0 : s->size_bytes,
    };
}

/* Hands what was found to the log. */
static int log_fill(struct recovery *r, log_offset_t start, log_offset_t hw)
{
    struct plog *l = r->log;
    struct log_pos end = end_of(r, start);
    struct epochs *all = NULL;
    struct epochs *epochs = NULL;
    struct plog_view *v = NULL;
    int rc = 0;

    start = MAX_OF(start, r->cnt > 0 ? r->segs[0]->base : 0);
    start = MIN_OF(start, end.offset);
    all = epochs_new(r->epochs, r->epoch_cnt);
    epochs = all == NULL ? NULL : epochs_cut(all, start, MAX_OF(end.offset, start + 1));
    epochs_unref(all);
    if (epochs == NULL) {
        return ERR_NOMEM;
    }
    if (!r->ret->is_faulty) {
        rc = make_durable(r, epochs);
    }
    v = rc != 0 ? NULL : plog_view_new(r->segs, r->cnt, epochs, 0);
    if (v == NULL) {
        epochs_unref(epochs);
        return rc != 0 ? rc : ERR_NOMEM;
    }
    l->m = (struct plog_marks){.start = start, .end = end, .durable = end.offset};
    l->m.hw = end;
    l->m.lso = end;
    l->synced = end;
    l->checkpointed = r->recovery_point;
    flag_set(&l->faulty, r->ret->is_faulty);
    plog_view_set(l, v);
    hw = MAX_OF(hw, start);
    if (hw < end.offset) {
        rc = plog_locate(l, hw, &l->m.hw);
        if (rc != 0) {
            l->m.hw = end;
            rc = 0;
        }
        l->m.lso = l->m.hw;
        os_lock_take(l->lock);
        plog_publish_marks(l);
        os_lock_drop(l->lock);
    }
    return rc;
}

static int epoch_take(struct recovery *r)
{
    struct epochs *e = NULL;
    int rc = epochs_load(r->os, r->log->folder, &e);

    for (size_t i = 0; rc == 0 && i < e->cnt; i++) {
        rc = epoch_note(r, e->entries[i].epoch, e->entries[i].start);
    }
    epochs_unref(e);
    return rc;
}

/* Less there than was known to be on disk. */
static void loss_check(struct recovery *r)
{
    if (r->ret->is_faulty || r->next >= r->recovery_point) {
        return;
    }
    r->ret->is_faulty = true;
    snprintf(
        r->ret->why, sizeof(r->ret->why),
        "%.300s ends at offset %" PRId64 ", but had been on disk up to offset %" PRId64
        ": files are missing or were cut. The partition is served up to there and takes no records",
        r->log->folder, r->next, r->recovery_point);
}

int plog_recover(struct plog *l, log_offset_t recovery_point, log_offset_t start, log_offset_t hw,
                 bool is_clean, struct plog_recovery *ret)
{
    struct recovery r = {.log = l,
                         .os = plog_os(l),
                         .ret = ret,
                         .is_clean = is_clean,
                         .recovery_point = recovery_point};
    int rc;

    ASSERT(recovery_point >= 0);
    ASSERT(l->view->cnt == 0);
    rc = leftovers_tidy(r.os, l->folder, &r.logs, &r.changed);
    if (rc == 0) {
        rc = epoch_take(&r);
    }
    if (rc == 0) {
        r.segs = calloc(r.logs.cnt + 1, sizeof(struct segment *));
        r.buf = malloc(SCAN_BYTES);
        rc = r.segs == NULL || r.buf == NULL ? ERR_NOMEM : 0;
    }
    for (size_t i = 0; i < r.logs.cnt && rc == 0 && !r.is_done; i++) {
        rc = segment_take(&r, i);
    }
    if (rc == 0) {
        loss_check(&r);
        rc = log_fill(&r, start, hw);
    }
    if (rc == 0 && !ret->is_faulty && l->m.end.offset < start) {
        /* Records up to the start were deleted on purpose: their offsets are not given again. */
        rc = plog_reset_to(l, start);
    }
    ret->cut_offset = l->m.end.offset;
    for (size_t i = 0; i < r.cnt; i++) {
        segment_unref(r.segs[i]);
    }
    free(r.segs);
    free(r.buf);
    free(r.epochs);
    bases_release(&r.logs);
    ASSERT(rc != 0 || l->m.start <= l->m.end.offset);
    return rc;
}
