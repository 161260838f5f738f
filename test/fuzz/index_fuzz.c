/*
 * Index files and the small text files of a log directory, with any content: the checks must give a
 * count of entries that are really there and in order, look-ups must agree with a walk over them, and
 * what a parser takes must come out the same when it is written and parsed again.
 *
 * Input: a byte that chooses, then the content of the file.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "log/names.h"
#include "log/seg_index.h"
#include "log/text_files.h"
#include "os/os.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct os *the_os(void)
{
    static struct os *os;

    if (os == NULL && os_new(&os) != 0) {
        exit(1);
    }
    return os;
}

static struct os_file *file_with(const uint8_t *data, size_t size)
{
    char path[64];
    struct os_file *f = NULL;

    snprintf(path, sizeof(path), "%s/ottla-index-fuzz-%d",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid());
    if (os_file_open(the_os(), path, OS_WRITE | OS_CREATE | OS_TRUNC, &f) != 0 ||
        (size > 0 && os_file_pwrite(f, 0, slice_of(data, size)) != 0)) {
        exit(1);
    }
    (void)unlink(path);
    return f;
}

/* A window says the same as the file, at its place and a little behind it. */
static void window_check(struct os_file *f, uint32_t cnt, uint32_t rel_offset,
                         const struct offset_entry *expected)
{
    struct index_window w;
    struct offset_entry found;

    ASSERT(index_window_read(f, cnt, rel_offset, &w) == 0);
    ASSERT(w.cnt >= 1);
    ASSERT(w.entries[0].rel_offset == expected->rel_offset && w.entries[0].pos == expected->pos);
    for (uint32_t i = 0; i < w.cnt; i++) {
        struct offset_entry in_file;

        if (index_window_find(&w, cnt, w.entries[i].rel_offset, &found)) {
            ASSERT(seg_index_find_in_file(f, cnt, w.entries[i].rel_offset, &in_file) == 0);
            ASSERT(found.rel_offset == in_file.rel_offset && found.pos == in_file.pos);
        } else {
            ASSERT(i + 1 == w.cnt && w.first + w.cnt < cnt);
        }
    }
}

static void offsets_run(const uint8_t *data, size_t size)
{
    struct os_file *f = file_with(data, size);
    struct offset_entry before = {0};
    uint32_t cnt = 0;
    bool exact = false;

    ASSERT(seg_index_check_file(f, 100000, &cnt, &exact) == 0);
    ASSERT((size_t)cnt * OFFSET_ENTRY_LEN <= size);
    ASSERT(!exact || (size_t)cnt * OFFSET_ENTRY_LEN == size);
    for (uint32_t i = 0; i < cnt; i++) {
        struct offset_entry e = {.rel_offset = load_be32(data + i * OFFSET_ENTRY_LEN),
                                 .pos = load_be32(data + i * OFFSET_ENTRY_LEN + 4)};
        struct offset_entry found;

        ASSERT(e.pos < 100000);
        ASSERT(i == 0 || (e.rel_offset > before.rel_offset && e.pos > before.pos));
        ASSERT(seg_index_find_in_file(f, cnt, e.rel_offset, &found) == 0);
        window_check(f, cnt, e.rel_offset, &found);
        ASSERT(found.pos == e.pos);
        if (i > 0) {
            ASSERT(seg_index_find_in_file(f, cnt, e.rel_offset - 1, &found) == 0);
            ASSERT(found.pos == before.pos);
        }
        before = e;
    }
    os_file_close(f);
}

static void times_run(const uint8_t *data, size_t size)
{
    struct os_file *f = file_with(data, size);
    timestamp_ms_t last = TIMESTAMP_NONE;
    uint32_t cnt = 0;
    bool exact = false;

    ASSERT(seg_index_check_time_file(f, &cnt, &last, &exact) == 0);
    ASSERT((size_t)cnt * TIME_ENTRY_LEN <= size);
    ASSERT(cnt > 0 || last == TIMESTAMP_NONE);
    for (uint32_t i = 0; i < cnt; i++) {
        timestamp_ms_t t = (timestamp_ms_t)load_be64(data + i * TIME_ENTRY_LEN);
        struct time_entry found;

        ASSERT(t <= last);
        ASSERT(seg_index_find_time_in_file(f, cnt, t, &found) == 0);
        ASSERT(found.timestamp == t);
    }
    os_file_close(f);
}

static int offset_again(void *ctx, struct slice topic, partition_id_t partition,
                        log_offset_t offset)
{
    offsets_format_line(ctx, topic, partition, offset);
    return 0;
}

static int count_each(void *ctx, struct slice topic, partition_id_t partition, log_offset_t offset)
{
    ASSERT(topic.len > 0);
    ASSERT(partition >= 0);
    ASSERT(offset >= 0);
    (*(size_t *)ctx)++;
    return 0;
}

static void checkpoint_run(const uint8_t *data, size_t size)
{
    struct slice text = slice_of(data, size);
    struct str out;
    size_t cnt = 0;
    size_t again = 0;

    str_init(&out, 1 << 24);
    if (offsets_parse(text, count_each, &cnt) == 0) {
        offsets_format_head(&out, cnt);
        ASSERT(offsets_parse(text, offset_again, &out) == 0);
        ASSERT(offsets_parse(str_view(&out), count_each, &again) == 0);
        ASSERT(again == cnt);
    }
    str_release(&out);
}

static int epoch_again(void *ctx, leader_epoch_t epoch, log_offset_t start)
{
    ASSERT(epoch >= 0);
    ASSERT(start >= 0);
    (*(size_t *)ctx)++;
    return 0;
}

static void texts_run(const uint8_t *data, size_t size)
{
    struct slice text = slice_of(data, size);
    struct meta_properties m;
    struct meta_properties again;
    struct uuid id;
    struct uuid id_again;
    struct str out;
    size_t cnt = 0;

    (void)!epochs_parse(text, epoch_again, &cnt);
    str_init(&out, 4096);
    if (partition_metadata_parse(text, &id) == 0) {
        partition_metadata_format(&out, id);
        ASSERT(partition_metadata_parse(str_view(&out), &id_again) == 0);
        ASSERT(uuid_eq(id, id_again));
        str_clear(&out);
    }
    if (meta_properties_parse(text, &m) == 0 && strpbrk(m.cluster_id, " \\\t\f") == NULL) {
        meta_properties_format(&out, &m, (int64_t)size * 1000000007);
        ASSERT(meta_properties_parse(str_view(&out), &again) == 0);
        ASSERT(again.node_id == m.node_id);
        ASSERT(strcmp(again.cluster_id, m.cluster_id) == 0);
        ASSERT(uuid_eq(again.directory_id, m.directory_id));
    }
    str_release(&out);
}

static void names_run(const uint8_t *data, size_t size)
{
    struct slice name = slice_of(data, size);
    struct slice topic;
    partition_id_t partition;
    log_offset_t base;
    char path[LOG_PATH_MAX];

    if (folder_name_parse(name, &topic, &partition) == FOLDER_PARTITION) {
        ASSERT(folder_path(path, sizeof(path), "", topic, partition) == 0);
        ASSERT(slice_eq(slice_of(path + 1, strlen(path + 1)), name));
    }
    if (segment_name_parse(name, SUFFIX_LOG, &base)) {
        ASSERT(segment_path(path, sizeof(path), "", base, SUFFIX_LOG, "") == 0);
        ASSERT(slice_eq(slice_of(path + 1, strlen(path + 1)), name));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const runs[])(const uint8_t *, size_t) = {offsets_run, times_run, checkpoint_run,
                                                            texts_run, names_run};

    if (size > 0) {
        runs[data[0] % ARRAY_CNT(runs)](data + 1, size - 1);
    }
    return 0;
}
