#include "record/compress.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/chk.h"
#include "record/codec_impl.h"

static const struct codec_ops *ops_of(enum codec codec)
{
    switch (codec) {
    case CODEC_NONE:
        return NULL;
    case CODEC_GZIP:
        return &codec_gzip_ops;
    case CODEC_SNAPPY:
        return &codec_snappy_ops;
    case CODEC_LZ4:
        return &codec_lz4_ops;
    case CODEC_ZSTD:
        return &codec_zstd_ops;
    }
    return NULL;
}

struct codecs *codecs_new(void)
{
    return calloc(1, sizeof(struct codecs));
}

void codecs_free(struct codecs *c)
{
    if (c == NULL) {
        return;
    }
    for (int codec = CODEC_GZIP; codec < CODEC_CNT; codec++) {
        ops_of((enum codec)codec)->release(c);
    }
    free(c->window);
    free(c);
}

int codecs_require(struct codecs *c, enum codec codec)
{
    const struct codec_ops *ops = ops_of(codec);

    return ops == NULL ? 0 : ops->require(c);
}

const char *codec_missing_text(void)
{
    return "snappy needs the library libsnappy.so.1: install the package libsnappy1v5 "
           "(apt-get install libsnappy1v5)";
}

int codec_out_room(struct bytebuf *out, size_t want, size_t *ret_len)
{
    size_t len = MIN_OF(want, out->max - out->len);
    int rc = len == 0 ? ERR_LIMIT : bytebuf_reserve(out, len);

    if (rc == 0) {
        *ret_len = out->cap - out->len;
    }
    return rc;
}

/* ---- decompression ---- */

int inflater_start(struct inflater *inf, struct codecs *c, enum codec codec, struct slice in,
                   uint64_t out_max)
{
    const struct codec_ops *ops = ops_of(codec);
    int rc;

    *inf = (struct inflater){.codecs = c, .codec = codec, .in = in, .out_max = out_max};
    if (ops == NULL) {
        return 0;
    }
    if (c->window == NULL) {
        c->window = malloc(CODEC_WINDOW_LEN);
        if (c->window == NULL) {
            return ERR_NOMEM;
        }
    }
    rc = ops->require(c);
    return rc != 0 ? rc : ops->inflate_start(inf);
}

/* Every codec's `inflate` moves on: it consumes, produces, ends or fails. So this ends too. */
int inflater_next(struct inflater *inf, struct slice *ret_piece)
{
    const struct codec_ops *ops = ops_of(inf->codec);
    struct slice piece = SLICE_EMPTY;

    if (ops == NULL) {
        piece = inf->in;
        inf->in = SLICE_EMPTY;
        inf->done = true;
    }
    while (piece.len == 0 && !inf->done) {
        int rc = ops->inflate(inf, &piece);

        if (rc != 0) {
            return rc;
        }
    }
    if (piece.len > inf->out_max - inf->out_total) {
        return ERR_LIMIT;
    }
    /* Something behind the end of the stream. */
    if (inf->done && inf->in.len > 0) {
        return ERR_INVALID;
    }
    inf->out_total += piece.len;
    *ret_piece = piece;
    return 0;
}

void inflater_end(struct inflater *inf)
{
    const struct codec_ops *ops = ops_of(inf->codec);

    if (ops != NULL) {
        ops->inflate_end(inf);
    }
}

int codec_decompress(struct codecs *c, enum codec codec, struct slice in, struct bytebuf *out)
{
    struct inflater inf;
    struct slice piece;
    int rc = inflater_start(&inf, c, codec, in, out->max - out->len);

    if (rc != 0) {
        return rc;
    }
    do {
        rc = inflater_next(&inf, &piece);
        if (rc == 0) {
            rc = bytebuf_add(out, piece);
        }
    } while (rc == 0 && piece.len > 0);
    inflater_end(&inf);
    return rc;
}

/* ---- compression ---- */

int deflater_start(struct deflater *def, struct codecs *c, enum codec codec, int32_t level,
                   struct bytebuf *out)
{
    const struct codec_ops *ops = ops_of(codec);
    int rc;

    *def = (struct deflater){.codecs = c, .codec = codec, .level = level, .out = out};
    if (ops == NULL) {
        return 0;
    }
    rc = ops->require(c);
    return rc != 0 ? rc : ops->deflate_start(def);
}

int deflater_push(struct deflater *def, struct slice in)
{
    const struct codec_ops *ops = ops_of(def->codec);

    return ops == NULL ? bytebuf_add(def->out, in) : ops->deflate(def, in);
}

int deflater_finish(struct deflater *def)
{
    const struct codec_ops *ops = ops_of(def->codec);

    return ops == NULL ? 0 : ops->deflate_finish(def);
}

void deflater_end(struct deflater *def)
{
    const struct codec_ops *ops = ops_of(def->codec);

    if (ops != NULL) {
        ops->deflate_end(def);
    }
}

int codec_compress(struct codecs *c, enum codec codec, int32_t level, struct slice in,
                   struct bytebuf *out)
{
    struct deflater def;
    int rc = deflater_start(&def, c, codec, level, out);

    if (rc != 0) {
        return rc;
    }
    rc = deflater_push(&def, in);
    if (rc == 0) {
        rc = deflater_finish(&def);
    }
    deflater_end(&def);
    return rc;
}
