/*
 * snappy, in both forms that producers send:
 *
 *     framed (Java)    82 'S' 'N' 'A' 'P' 'P' 'Y' 00 | version i32 | compatible i32 |
 *                      { length i32, that many bytes of one snappy block } ...
 *     raw (C clients)  one snappy block
 *
 * A block begins with its decompressed length and can only be decompressed whole. Three bytes of a
 * block make 64 bytes at most, so a length that the block can not have is refused before any memory is
 * spent on it.
 *
 * The library pulls in the whole C++ runtime, for which those who never see a snappy batch shall not
 * pay: it is opened when the first one comes, by this file alone. Decompressing allocates nothing in
 * there; compressing takes some 200 KiB at a time and ends the process when there is no memory for it,
 * which is why the broker compresses with it only for topics that ask for snappy by name.
 */
#include "record/codec_impl.h"

#include <dlfcn.h>
#include <snappy-c.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/chk.h"

#define SNAPPY_LIBRARY "libsnappy.so.1"
#define SNAPPY_RATIO_MAX 22u
#define SNAPPY_FRAME_BLOCK_LEN ((size_t)32 * 1024)
#define SNAPPY_FRAME_VERSION 1

static const uint8_t frame_magic[8] = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};

#define SNAPPY_FRAME_FRONT_LEN (sizeof(frame_magic) + 8)

struct snappy_state {
    void *library;
    snappy_status (*compress)(const char *, size_t, char *, size_t *);
    snappy_status (*uncompress)(const char *, size_t, char *, size_t *);
    size_t (*max_compressed_length)(size_t);
    snappy_status (*uncompressed_length)(const char *, size_t, size_t *);

    struct bytebuf block;                    /* one decompressed block */
    uint8_t pending[SNAPPY_FRAME_BLOCK_LEN]; /* what the next block of a compression will hold */
    size_t pending_len;
    struct bytebuf packed; /* one compressed block */
};

/* The way from an object pointer to a function that POSIX promises and C does not know. */
static bool symbol_get(void *library, const char *name, void *ret_function)
{
    void *symbol = dlsym(library, name);

    memcpy(ret_function, &symbol, sizeof(symbol));
    return symbol != NULL;
}

static int snappy_require(struct codecs *c)
{
    struct snappy_state *s;

    if (c->snappy != NULL) {
        return 0;
    }
    s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return ERR_NOMEM;
    }
    s->library = dlopen(SNAPPY_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (s->library == NULL) {
        free(s);
        return ERR_MISSING_LIB;
    }
    if (!symbol_get(s->library, "snappy_compress", &s->compress) ||
        !symbol_get(s->library, "snappy_uncompress", &s->uncompress) ||
        !symbol_get(s->library, "snappy_max_compressed_length", &s->max_compressed_length) ||
        !symbol_get(s->library, "snappy_uncompressed_length", &s->uncompressed_length)) {
        (void)dlclose(s->library); /* nothing to be done about a library that will not go */
        free(s);
        return ERR_MISSING_LIB;
    }
    bytebuf_init(&s->block, INT32_MAX);
    bytebuf_init(&s->packed, INT32_MAX);
    c->snappy = s;
    return 0;
}

static void snappy_release(struct codecs *c)
{
    struct snappy_state *s = c->snappy;

    if (s != NULL) {
        bytebuf_release(&s->block);
        bytebuf_release(&s->packed);
        (void)dlclose(s->library); /* as above */
        free(s);
        c->snappy = NULL;
    }
}

static const char *chars(struct slice s)
{
    return (const char *)s.ptr;
}

static int block_inflate(struct inflater *inf, struct slice in, struct slice *ret_piece)
{
    struct snappy_state *s = inf->codecs->snappy;
    size_t len;
    int rc;

    if (s->uncompressed_length(chars(in), in.len, &len) != SNAPPY_OK ||
        len / SNAPPY_RATIO_MAX > in.len) {
        return ERR_INVALID;
    }
    if (len > inf->out_max - inf->out_total) {
        return ERR_LIMIT;
    }
    s->block.len = 0;
    rc = bytebuf_reserve(&s->block, MAX_OF(len, 1));
    if (rc != 0) {
        return rc;
    }
    if (s->uncompress(chars(in), in.len, (char *)s->block.ptr, &len) != SNAPPY_OK) {
        return ERR_INVALID;
    }
    *ret_piece = slice_of(s->block.ptr, len);
    return 0;
}

static int snappy_inflate_start(struct inflater *inf)
{
    inf->framed = slice_starts_with(inf->in, slice_of(frame_magic, sizeof(frame_magic)));
    if (inf->framed) {
        if (inf->in.len < SNAPPY_FRAME_FRONT_LEN) {
            return ERR_TRUNCATED;
        }
        inf->in = slice_sub(inf->in, SNAPPY_FRAME_FRONT_LEN, inf->in.len);
        inf->done = inf->in.len == 0;
    }
    return 0;
}

static int snappy_inflate(struct inflater *inf, struct slice *ret_piece)
{
    struct slice block = inf->in;
    int rc;

    if (inf->framed) {
        uint32_t len;

        if (inf->in.len < 4) {
            return ERR_TRUNCATED;
        }
        len = load_be32(inf->in.ptr);
        if (len == 0 || len > INT32_MAX) {
            return ERR_INVALID;
        }
        if (len > inf->in.len - 4) {
            return ERR_TRUNCATED;
        }
        block = slice_sub(inf->in, 4, len);
    }
    rc = block_inflate(inf, block, ret_piece);
    if (rc == 0) {
        inf->in = slice_of(block.ptr + block.len,
                           (size_t)(inf->in.ptr + inf->in.len - (block.ptr + block.len)));
        inf->done = inf->in.len == 0;
    }
    return rc;
}

static void snappy_inflate_end(struct inflater *inf)
{
    struct bytebuf *block = &inf->codecs->snappy->block;

    if (block->cap > CODEC_KEEP_LEN_MAX) {
        bytebuf_release(block);
    }
}

static int snappy_deflate_start(struct deflater *def)
{
    uint8_t front[SNAPPY_FRAME_FRONT_LEN];

    def->codecs->snappy->pending_len = 0;
    memcpy(front, frame_magic, sizeof(frame_magic));
    store_be32(front + sizeof(frame_magic), SNAPPY_FRAME_VERSION);
    store_be32(front + sizeof(frame_magic) + 4, SNAPPY_FRAME_VERSION);
    return bytebuf_add(def->out, slice_of(front, sizeof(front)));
}

static int block_deflate(struct deflater *def)
{
    struct snappy_state *s = def->codecs->snappy;
    size_t len = s->max_compressed_length(s->pending_len);
    uint8_t head[4];
    int rc;

    s->packed.len = 0;
    rc = bytebuf_reserve(&s->packed, len);
    if (rc != 0) {
        return rc;
    }
    if (s->compress((const char *)s->pending, s->pending_len, (char *)s->packed.ptr, &len) !=
        SNAPPY_OK) {
        return ERR_INVALID;
    }
    store_be32(head, (uint32_t)len);
    rc = bytebuf_add(def->out, slice_of(head, sizeof(head)));
    if (rc == 0) {
        rc = bytebuf_add(def->out, slice_of(s->packed.ptr, len));
    }
    s->pending_len = 0;
    return rc;
}

static int snappy_deflate(struct deflater *def, struct slice in)
{
    struct snappy_state *s = def->codecs->snappy;

    while (in.len > 0) {
        size_t len = MIN_OF(in.len, sizeof(s->pending) - s->pending_len);

        memcpy(s->pending + s->pending_len, in.ptr, len);
        s->pending_len += len;
        in = slice_sub(in, len, in.len);
        if (s->pending_len == sizeof(s->pending)) {
            int rc = block_deflate(def);

            if (rc != 0) {
                return rc;
            }
        }
    }
    return 0;
}

static int snappy_deflate_finish(struct deflater *def)
{
    return def->codecs->snappy->pending_len == 0 ? 0 : block_deflate(def);
}

static void snappy_deflate_end(struct deflater *def)
{
    (void)def; /* one block is kept, which is small */
}

const struct codec_ops codec_snappy_ops = {
    .require = snappy_require,
    .release = snappy_release,
    .inflate_start = snappy_inflate_start,
    .inflate = snappy_inflate,
    .inflate_end = snappy_inflate_end,
    .deflate_start = snappy_deflate_start,
    .deflate = snappy_deflate,
    .deflate_finish = snappy_deflate_finish,
    .deflate_end = snappy_deflate_end,
};
