/*
 * gzip: one member. ISA-L takes it apart (about three times as fast as zlib), zlib puts it together
 * (ISA-L has too few levels). Both check or write the member's own CRC-32 and length.
 */
#define ZLIB_CONST
#include "record/codec_impl.h"

#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/assert.h"
#include "base/chk.h"

#define GZIP_WINDOW_BITS 15
#define GZIP_WRAPPER 16 /* zlib's way to ask for gzip */
#define GZIP_MEM_LEVEL 8
#define GZIP_OUT_STEP ((size_t)16 * 1024)

struct gzip_state {
    struct inflate_state inflate;
    z_stream deflate;
    bool deflating;
};

static int gzip_require(struct codecs *c)
{
    if (c->gzip == NULL) {
        c->gzip = calloc(1, sizeof(*c->gzip));
    }
    return c->gzip == NULL ? ERR_NOMEM : 0;
}

static void gzip_release(struct codecs *c)
{
    free(c->gzip);
    c->gzip = NULL;
}

static int gzip_inflate_start(struct inflater *inf)
{
    struct inflate_state *s = &inf->codecs->gzip->inflate;

    if (inf->in.len > UINT32_MAX) {
        return ERR_INVALID;
    }
    isal_inflate_init(s);
    s->crc_flag = ISAL_GZIP;
    return 0;
}

static int gzip_inflate(struct inflater *inf, struct slice *ret_piece)
{
    struct inflate_state *s = &inf->codecs->gzip->inflate;
    union {
        const uint8_t *in;
        uint8_t *lib; /* the library's field lacks the const; it only reads */
    } p = {.in = inf->in.ptr};
    size_t out_len, in_len;
    int rc;

    s->next_in = p.lib;
    s->avail_in = (uint32_t)inf->in.len;
    s->next_out = inf->codecs->window;
    s->avail_out = (uint32_t)CODEC_WINDOW_LEN;
    rc = isal_inflate(s);
    if (rc < 0 || rc == ISAL_NEED_DICT) {
        return ERR_INVALID;
    }
    in_len = inf->in.len - s->avail_in;
    out_len = CODEC_WINDOW_LEN - s->avail_out;
    inf->in = slice_sub(inf->in, in_len, inf->in.len);
    if (s->block_state == ISAL_BLOCK_FINISH) {
        inf->done = true;
    } else if (out_len == 0 && in_len == 0) {
        return ERR_TRUNCATED;
    }
    *ret_piece = slice_of(inf->codecs->window, out_len);
    return 0;
}

static void gzip_inflate_end(struct inflater *inf)
{
    (void)inf; /* nothing beyond the fixed state */
}

static int gzip_deflate_start(struct deflater *def)
{
    struct gzip_state *g = def->codecs->gzip;
    int level = def->level == CODEC_LEVEL_DEFAULT || def->level < 1 ? Z_DEFAULT_COMPRESSION
                                                                    : MIN_OF(def->level, 9);
    int rc;

    ASSERT(!g->deflating);
    g->deflate = (z_stream){0};
    rc = deflateInit2(&g->deflate, level, Z_DEFLATED, GZIP_WINDOW_BITS + GZIP_WRAPPER,
                      GZIP_MEM_LEVEL, Z_DEFAULT_STRATEGY);
    if (rc != Z_OK) {
        return ERR_NOMEM;
    }
    g->deflating = true;
    return 0;
}

/* Runs until the input is taken in and, with Z_FINISH, everything is out. */
static int gzip_run(struct deflater *def, int flush)
{
    z_stream *z = &def->codecs->gzip->deflate;
    int rc = Z_OK;

    while (z->avail_in > 0 || (flush == Z_FINISH && rc != Z_STREAM_END)) {
        size_t room;
        int err = codec_out_room(def->out, GZIP_OUT_STEP, &room);

        if (err != 0) {
            return err;
        }
        room = MIN_OF(room, (size_t)UINT32_MAX);
        z->next_out = def->out->ptr + def->out->len;
        z->avail_out = (uInt)room;
        rc = deflate(z, flush);
        if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR) {
            return ERR_INVALID;
        }
        def->out->len += room - z->avail_out;
    }
    return 0;
}

static int gzip_deflate(struct deflater *def, struct slice in)
{
    z_stream *z = &def->codecs->gzip->deflate;

    while (in.len > 0) {
        struct slice step = slice_sub(in, 0, UINT32_MAX);
        int rc;

        z->next_in = step.ptr;
        z->avail_in = (uInt)step.len;
        rc = gzip_run(def, Z_NO_FLUSH);
        if (rc != 0) {
            return rc;
        }
        in = slice_sub(in, step.len, in.len);
    }
    return 0;
}

static int gzip_deflate_finish(struct deflater *def)
{
    return gzip_run(def, Z_FINISH);
}

static void gzip_deflate_end(struct deflater *def)
{
    struct gzip_state *g = def->codecs->gzip;

    if (g->deflating) {
        (void)deflateEnd(&g->deflate); /* tells only that a stream was given up half-way */
        g->deflating = false;
    }
}

const struct codec_ops codec_gzip_ops = {
    .require = gzip_require,
    .release = gzip_release,
    .inflate_start = gzip_inflate_start,
    .inflate = gzip_inflate,
    .inflate_end = gzip_inflate_end,
    .deflate_start = gzip_deflate_start,
    .deflate = gzip_deflate,
    .deflate_finish = gzip_deflate_finish,
    .deflate_end = gzip_deflate_end,
};
