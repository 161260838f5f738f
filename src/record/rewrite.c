#include "record/rewrite.h"

#include "base/assert.h"

static int repack(struct inflater *inf, struct deflater *def)
{
    struct slice piece;
    int rc;

    do {
        rc = inflater_next(inf, &piece);
        if (rc == 0) {
            rc = deflater_push(def, piece);
        }
    } while (rc == 0 && piece.len > 0);
    return rc != 0 ? rc : deflater_finish(def);
}

static int body_rewrite(struct codecs *codecs, enum codec from, struct slice body,
                        const struct rewrite_options *options, struct bytebuf *out)
{
    struct inflater inf;
    struct deflater def;
    int rc = inflater_start(&inf, codecs, from, body, options->decompressed_len_max);

    if (rc != 0) {
        return rc;
    }
    rc = deflater_start(&def, codecs, options->codec, options->level, out);
    if (rc == 0) {
        rc = repack(&inf, &def);
        deflater_end(&def);
    }
    inflater_end(&inf);
    return rc;
}

int batch_rewrite(struct codecs *codecs, struct slice batch, const struct rewrite_options *options,
                  struct bytebuf *out)
{
    size_t start = out->len;
    struct batch_header h;
    size_t len;
    int rc = batch_peek(batch, &h);

    if (rc != 0) {
        return rc;
    }
    if (batch_len(&h) != batch.len || !codec_is_known(batch_codec(&h))) {
        return ERR_INVALID;
    }
    rc = bytebuf_add(out, slice_sub(batch, 0, BATCH_HEADER_LEN));
    if (rc == 0) {
        rc = body_rewrite(codecs, (enum codec)batch_codec(&h),
                          slice_sub(batch, BATCH_HEADER_LEN, batch.len), options, out);
    }
    len = out->len - start;
    if (rc == 0 && len > INT32_MAX) {
        rc = ERR_LIMIT;
    }
    if (rc != 0) {
        out->len = start;
        return rc;
    }
    h.length = (int32_t)(len - BATCH_OVERHEAD_LEN);
    h.attributes =
        (uint16_t)((h.attributes & (unsigned)~BATCH_CODEC_MASK) | (unsigned)options->codec);
    batch_header_write(out->ptr + start, &h);
    batch_fix_crc(out->ptr + start, len);
    return 0;
}
