#include "broker/fetch_bytes.h"

#include "base/bytes.h"
#include "os/os.h"
#include "record/batch.h"

#define FETCH_WARM_STEP_BYTES (32u * 1024)

/*
 * The look for zstd goes from head to head: a block is read where a batch begins, all heads in it are
 * looked at, and the next block begins with the first head that is not in it. Small batches cost one
 * read for many, large ones a read each. Only readers of old versions pay for it, and only on
 * partitions that may have such batches at all.
 */

#define BLOCK_BYTES 4096

/* As much of a batch as must be there to tell its codec. */
#define HEAD_BYTES (BATCH_AT_ATTRIBUTES + 2)

static bool head_is_zstd(const uint8_t *head)
{
    return head[BATCH_AT_MAGIC] == BATCH_MAGIC &&
           (load_be16(head + BATCH_AT_ATTRIBUTES) & BATCH_CODEC_MASK) == CODEC_ZSTD;
}

size_t fetch_bytes_before_zstd(struct file_ref *file, uint64_t pos, size_t len)
{
    struct os_file *f = os_file_of_ref(file);
    uint8_t block[BLOCK_BYTES];
    size_t at = 0; /* where the batch begins, in the range */

    while (at < len) {
        size_t block_at = at;
        size_t block_len = 0;

        if (os_file_pread(f, pos + at, block, sizeof(block), &block_len) != 0 ||
            block_len < HEAD_BYTES) {
            return len;
        }
        while (at < len && at - block_at <= block_len - HEAD_BYTES) {
            const uint8_t *head = block + (at - block_at);
            int32_t rest = (int32_t)load_be32(head + BATCH_AT_LENGTH);

            if (head_is_zstd(head)) {
                return at;
            }
            if (rest <= 0) {
                return len;
            }
            at += (size_t)rest + BATCH_OVERHEAD_LEN;
        }
    }
    return len;
}

void fetch_bytes_copy_small(struct chain *records, struct file_ref *file, uint64_t pos)
{
    uint8_t bytes[FETCH_COPY_MAX_BYTES];
    size_t len = records->len;
    size_t got = 0;
    struct chain copy;

    if (len > sizeof(bytes) ||
        os_file_pread_nowait(os_file_of_ref(file), pos, bytes, len, &got) != 0 || got != len) {
        return;
    }
    chain_init(&copy);
    if (chain_append_copy(&copy, slice_of(bytes, len)) != 0) {
        chain_clear(&copy);
        return;
    }
    chain_clear(records);
    if (chain_move(records, &copy) != 0) {
        chain_clear(&copy); /* cannot be: one part always fits */
    }
}

static bool byte_is_cold(struct os_file *f, uint64_t pos)
{
    uint8_t byte;
    size_t got = 0;

    return os_file_pread_nowait(f, pos, &byte, 1, &got) == ERR_AGAIN;
}

bool fetch_bytes_are_cold(struct file_ref *file, uint64_t pos, size_t len)
{
    struct os_file *f = os_file_of_ref(file);

    for (size_t at = 0; at < len; at += FETCH_PROBE_BYTES) {
        if (byte_is_cold(f, pos + at)) {
            return true;
        }
    }
    return len > FETCH_PROBE_LAST_BYTES && byte_is_cold(f, pos + len - 1);
}

void fetch_bytes_warm(struct file_ref *file, uint64_t pos, size_t len)
{
    struct os_file *f = os_file_of_ref(file);

    os_file_readahead(f, pos, len);
    for (size_t at = 0; at < len; at += FETCH_WARM_STEP_BYTES) {
        uint8_t byte;
        size_t got = 0;

        if (os_file_pread(f, pos + at, &byte, 1, &got) != 0) {
            return;
        }
    }
}
