/*
 * zstd: one frame, with a window of at most 8 MiB: what every level up to 19 needs. The levels above
 * ask the reader for up to 128 MiB, which a stranger shall not be able to ask of a broker.
 */
#include "record/codec_impl.h"

#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/chk.h"

#define ZSTD_WINDOW_LOG_MAX_OURS 23
#define ZSTD_LEVEL_OURS 3
#define ZSTD_OUT_STEP ((size_t)16 * 1024)

struct zstd_state {
    ZSTD_DCtx *dctx; /* NULL until needed */
    ZSTD_CCtx *cctx;
};

static int zstd_err(size_t rc)
{
    ZSTD_ErrorCode code = ZSTD_getErrorCode(rc);

    return code == ZSTD_error_memory_allocation               ? ERR_NOMEM
           : code == ZSTD_error_frameParameter_windowTooLarge ? ERR_LIMIT
                                                              : ERR_INVALID;
}

static int zstd_require(struct codecs *c)
{
    if (c->zstd == NULL) {
        c->zstd = calloc(1, sizeof(*c->zstd));
    }
    return c->zstd == NULL ? ERR_NOMEM : 0;
}

static void zstd_release(struct codecs *c)
{
    struct zstd_state *z = c->zstd;

    if (z != NULL) {
        (void)ZSTD_freeDCtx(z->dctx); /* both always succeed */
        (void)ZSTD_freeCCtx(z->cctx);
        free(z);
        c->zstd = NULL;
    }
}

static int zstd_inflate_start(struct inflater *inf)
{
    struct zstd_state *z = inf->codecs->zstd;
    size_t rc;

    if (z->dctx == NULL) {
        z->dctx = ZSTD_createDCtx();
        if (z->dctx == NULL) {
            return ERR_NOMEM;
        }
    }
    rc = ZSTD_DCtx_reset(z->dctx, ZSTD_reset_session_and_parameters);
    if (!ZSTD_isError(rc)) {
        rc = ZSTD_DCtx_setParameter(z->dctx, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX_OURS);
    }
    return ZSTD_isError(rc) ? zstd_err(rc) : 0;
}

static int zstd_inflate(struct inflater *inf, struct slice *ret_piece)
{
    ZSTD_inBuffer in = {.src = inf->in.ptr, .size = inf->in.len};
    ZSTD_outBuffer out = {.dst = inf->codecs->window, .size = CODEC_WINDOW_LEN};
    size_t rc = ZSTD_decompressStream(inf->codecs->zstd->dctx, &out, &in);

    if (ZSTD_isError(rc)) {
        return zstd_err(rc);
    }
    inf->in = slice_sub(inf->in, in.pos, inf->in.len);
    if (rc == 0) {
        inf->done = true;
    } else if (out.pos == 0 && in.pos == 0) {
        return ERR_TRUNCATED;
    }
    *ret_piece = slice_of(inf->codecs->window, out.pos);
    return 0;
}

static void zstd_inflate_end(struct inflater *inf)
{
    struct zstd_state *z = inf->codecs->zstd;

    if (ZSTD_sizeof_DCtx(z->dctx) > CODEC_KEEP_LEN_MAX) {
        (void)ZSTD_freeDCtx(z->dctx); /* always succeeds */
        z->dctx = NULL;
    }
}

static int zstd_deflate_start(struct deflater *def)
{
    struct zstd_state *z = def->codecs->zstd;
    int level = def->level == CODEC_LEVEL_DEFAULT
                    ? ZSTD_LEVEL_OURS
                    : MAX_OF(MIN_OF(def->level, ZSTD_maxCLevel()), ZSTD_minCLevel());
    size_t rc;

    if (z->cctx == NULL) {
        z->cctx = ZSTD_createCCtx();
        if (z->cctx == NULL) {
            return ERR_NOMEM;
        }
    }
    rc = ZSTD_CCtx_reset(z->cctx, ZSTD_reset_session_and_parameters);
    if (!ZSTD_isError(rc)) {
        rc = ZSTD_CCtx_setParameter(z->cctx, ZSTD_c_compressionLevel, level);
    }
    /* What we write we must be able to read. */
    if (!ZSTD_isError(rc) && level > 19) {
        rc = ZSTD_CCtx_setParameter(z->cctx, ZSTD_c_windowLog, ZSTD_WINDOW_LOG_MAX_OURS);
    }
    return ZSTD_isError(rc) ? zstd_err(rc) : 0;
}

static int zstd_run(struct deflater *def, struct slice bytes, ZSTD_EndDirective end)
{
    ZSTD_inBuffer in = {.src = bytes.ptr, .size = bytes.len};
    size_t left = 1;

    while (in.pos < in.size || (end == ZSTD_e_end && left != 0)) {
        ZSTD_outBuffer out = {0};
        int rc = codec_out_room(def->out, ZSTD_OUT_STEP, &out.size);

        if (rc != 0) {
            return rc;
        }
        out.dst = def->out->ptr + def->out->len;
        left = ZSTD_compressStream2(def->codecs->zstd->cctx, &out, &in, end);
        if (ZSTD_isError(left)) {
            return zstd_err(left);
        }
        def->out->len += out.pos;
    }
    return 0;
}

static int zstd_deflate(struct deflater *def, struct slice in)
{
    return zstd_run(def, in, ZSTD_e_continue);
}

static int zstd_deflate_finish(struct deflater *def)
{
    return zstd_run(def, SLICE_EMPTY, ZSTD_e_end);
}

static void zstd_deflate_end(struct deflater *def)
{
    struct zstd_state *z = def->codecs->zstd;

    if (ZSTD_sizeof_CCtx(z->cctx) > CODEC_KEEP_LEN_MAX) {
        (void)ZSTD_freeCCtx(z->cctx); /* always succeeds */
        z->cctx = NULL;
    }
}

const struct codec_ops codec_zstd_ops = {
    .require = zstd_require,
    .release = zstd_release,
    .inflate_start = zstd_inflate_start,
    .inflate = zstd_inflate,
    .inflate_end = zstd_inflate_end,
    .deflate_start = zstd_deflate_start,
    .deflate = zstd_deflate,
    .deflate_finish = zstd_deflate_finish,
    .deflate_end = zstd_deflate_end,
};
