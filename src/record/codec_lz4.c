/*
 * lz4: one frame of independent blocks. Linked blocks are legal in the format, but the Java client
 * can not read them, so nothing with them may get into a log. What is written has blocks of 64 KiB,
 * as most producers have.
 */
#include "record/codec_impl.h"

#include <lz4frame.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/chk.h"

#define LZ4_MAGIC 0x184d2204u
#define LZ4_AT_FLAGS 4
#define LZ4_AT_BLOCK_SIZE 5
#define LZ4_FRONT_LEN 7
#define LZ4_FLAG_INDEPENDENT 0x20
#define LZ4_FLAG_DICTIONARY 0x01
#define LZ4_PUSH_LEN ((size_t)64 * 1024)

struct lz4_state {
    LZ4F_dctx *dctx; /* NULL until needed */
    LZ4F_cctx *cctx;
    uint8_t *scratch; /* for one push */
    size_t scratch_len;
    bool large; /* the frame at hand made dctx allocate a lot */
};

static const LZ4F_preferences_t lz4_preferences = {
    .frameInfo = {.blockSizeID = LZ4F_max64KB, .blockMode = LZ4F_blockIndependent},
};

static int lz4_require(struct codecs *c)
{
    if (c->lz4 == NULL) {
        c->lz4 = calloc(1, sizeof(*c->lz4));
    }
    return c->lz4 == NULL ? ERR_NOMEM : 0;
}

static void lz4_release(struct codecs *c)
{
    struct lz4_state *l = c->lz4;

    if (l != NULL) {
        /* What these return is whether a stream was given up half-way. */
        (void)LZ4F_freeDecompressionContext(l->dctx);
        (void)LZ4F_freeCompressionContext(l->cctx);
        free(l->scratch);
        free(l);
        c->lz4 = NULL;
    }
}

static int lz4_inflate_start(struct inflater *inf)
{
    struct lz4_state *l = inf->codecs->lz4;
    const uint8_t *p = inf->in.ptr;

    if (inf->in.len < LZ4_FRONT_LEN) {
        return ERR_TRUNCATED;
    }
    if (load_le32(p) != LZ4_MAGIC || (p[LZ4_AT_FLAGS] & LZ4_FLAG_INDEPENDENT) == 0 ||
        (p[LZ4_AT_FLAGS] & LZ4_FLAG_DICTIONARY) != 0) {
        return ERR_INVALID;
    }
    l->large = (p[LZ4_AT_BLOCK_SIZE] >> 4 & 7) > LZ4F_max1MB;
    if (l->dctx == NULL) {
        if (LZ4F_isError(LZ4F_createDecompressionContext(&l->dctx, LZ4F_VERSION))) {
            l->dctx = NULL;
            return ERR_NOMEM;
        }
    }
    LZ4F_resetDecompressionContext(l->dctx);
    return 0;
}

static int lz4_inflate(struct inflater *inf, struct slice *ret_piece)
{
    size_t out_len = CODEC_WINDOW_LEN;
    size_t in_len = inf->in.len;
    size_t rc = LZ4F_decompress(inf->codecs->lz4->dctx, inf->codecs->window, &out_len, inf->in.ptr,
                                &in_len, NULL);

    if (LZ4F_isError(rc)) {
        /* The library has no stable numbers for its errors; only one is not the data's fault. */
        return strcmp(LZ4F_getErrorName(rc), "ERROR_allocation_failed") == 0 ? ERR_NOMEM
                                                                             : ERR_INVALID;
    }
    inf->in = slice_sub(inf->in, in_len, inf->in.len);
    if (rc == 0) {
        inf->done = true;
    } else if (out_len == 0 && in_len == 0) {
        return ERR_TRUNCATED;
    }
    *ret_piece = slice_of(inf->codecs->window, out_len);
    return 0;
}

static void lz4_inflate_end(struct inflater *inf)
{
    struct lz4_state *l = inf->codecs->lz4;

    if (l->large) {
        (void)LZ4F_freeDecompressionContext(l->dctx); /* as in lz4_release() */
        l->dctx = NULL;
        l->large = false;
    }
}

static LZ4F_preferences_t preferences_of(const struct deflater *def)
{
    LZ4F_preferences_t prefs = lz4_preferences;

    prefs.compressionLevel = def->level == CODEC_LEVEL_DEFAULT ? 0 : MAX_OF(def->level, 1);
    return prefs;
}

static int lz4_deflate_start(struct deflater *def)
{
    struct lz4_state *l = def->codecs->lz4;
    LZ4F_preferences_t prefs = preferences_of(def);
    size_t len;

    if (l->cctx == NULL && LZ4F_isError(LZ4F_createCompressionContext(&l->cctx, LZ4F_VERSION))) {
        l->cctx = NULL;
        return ERR_NOMEM;
    }
    if (l->scratch == NULL) {
        l->scratch_len = MAX_OF(LZ4F_compressBound(LZ4_PUSH_LEN, &prefs), LZ4F_HEADER_SIZE_MAX);
        l->scratch = malloc(l->scratch_len);
        if (l->scratch == NULL) {
            return ERR_NOMEM;
        }
    }
    len = LZ4F_compressBegin(l->cctx, l->scratch, l->scratch_len, &prefs);
    if (LZ4F_isError(len)) {
        return ERR_NOMEM;
    }
    return bytebuf_add(def->out, slice_of(l->scratch, len));
}

static int lz4_deflate(struct deflater *def, struct slice in)
{
    struct lz4_state *l = def->codecs->lz4;

    while (in.len > 0) {
        struct slice step = slice_sub(in, 0, LZ4_PUSH_LEN);
        size_t len =
            LZ4F_compressUpdate(l->cctx, l->scratch, l->scratch_len, step.ptr, step.len, NULL);
        int rc;

        if (LZ4F_isError(len)) {
            return ERR_NOMEM;
        }
        rc = bytebuf_add(def->out, slice_of(l->scratch, len));
        if (rc != 0) {
            return rc;
        }
        in = slice_sub(in, step.len, in.len);
    }
    return 0;
}

static int lz4_deflate_finish(struct deflater *def)
{
    struct lz4_state *l = def->codecs->lz4;
    size_t len = LZ4F_compressEnd(l->cctx, l->scratch, l->scratch_len, NULL);

    return LZ4F_isError(len) ? ERR_NOMEM : bytebuf_add(def->out, slice_of(l->scratch, len));
}

static void lz4_deflate_end(struct deflater *def)
{
    (void)def; /* the context begins anew by itself */
}

const struct codec_ops codec_lz4_ops = {
    .require = lz4_require,
    .release = lz4_release,
    .inflate_start = lz4_inflate_start,
    .inflate = lz4_inflate,
    .inflate_end = lz4_inflate_end,
    .deflate_start = lz4_deflate_start,
    .deflate = lz4_deflate,
    .deflate_finish = lz4_deflate_finish,
    .deflate_end = lz4_deflate_end,
};
