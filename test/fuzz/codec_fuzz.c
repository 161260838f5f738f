/*
 * The table codec fed with anything. The input is
 *
 *     byte 0, 1   which message of msg_all
 *     byte 2      which of its versions
 *     rest        the bytes to decode
 *
 * What decodes must be measurable, printable and encodable, decode again to the same bytes, and never
 * take more memory than the arena may have.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "gen/messages.h"

#define ARENA_BYTES (4u << 20)
#define DUMP_BYTES (1u << 20)
#define STRUCT_BYTES_MAX 1024

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds, const char *what)
{
    if (!holds) {
        (void)fprintf(stderr, "codec_fuzz: %s\n", what);
        abort();
    }
}

/* Encodes m; NULL when the decoded content is not encodable, else *ret_len bytes to free(). */
static uint8_t *encode(const struct msg_desc *d, const void *m, int16_t version, size_t *ret_len)
{
    struct chain c;
    struct wr w;
    uint8_t *bytes = NULL;
    int rc;

    chain_init(&c);
    wr_init(&w, &c, msg_size(d, m, version));
    rc = msg_encode(d, m, &w, version);
    check(rc == wr_finish(&w), "the writer's error is another one");
    if (rc == 0) {
        check(c.len == msg_size(d, m, version), "the size is another one");
        bytes = malloc(c.len + 1);
        check(bytes != NULL && chain_copy_out(&c, bytes, c.len) == 0, "no memory");
        *ret_len = c.len;
    }
    chain_clear(&c);
    return bytes;
}

static void round_trip(const struct msg_desc *d, const void *m, int16_t version, struct arena *a)
{
    _Alignas(16) uint8_t again[STRUCT_BYTES_MAX];
    struct rd r;
    size_t len = 0;
    size_t len_again = 0;
    uint8_t *bytes = encode(d, m, version, &len);
    uint8_t *bytes_again;

    check(bytes != NULL, "what was decoded does not encode");
    rd_init(&r, slice_of(bytes, len));
    check(msg_decode(d, again, &r, version, a) == 0 && rd_finish(&r) == 0,
          "own bytes do not decode");
    bytes_again = encode(d, again, version, &len_again);
    check(bytes_again != NULL && len_again == len && memcmp(bytes, bytes_again, len) == 0,
          "the second encoding is another one");
    free(bytes);
    free(bytes_again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _Alignas(16) uint8_t m[STRUCT_BYTES_MAX];
    const struct msg_desc *d;
    struct arena parsed;
    struct arena again;
    struct str line;
    struct rd r;
    int16_t version;

    if (size < 3) {
        return 0;
    }
    d = msg_all[(size_t)(data[0] << 8 | data[1]) % MSG_CNT];
    version = (int16_t)(d->first + data[2] % (d->last - d->first + 1));
    check(d->schema->structs[d->root].size <= STRUCT_BYTES_MAX, "a struct is too large for this");

    arena_init(&parsed, ARENA_BYTES);
    arena_init(&again, ARENA_BYTES);
    rd_init(&r, slice_of(data + 3, size - 3));
    if (msg_decode(d, m, &r, version, &parsed) == 0) {
        str_init(&line, DUMP_BYTES);
        msg_dump(d, m, &line, version);
        str_release(&line);
        round_trip(d, m, version, &again);
    }
    check(parsed.used_bytes <= ARENA_BYTES, "the arena went over its limit");
    arena_release(&parsed);
    arena_release(&again);
    return 0;
}
