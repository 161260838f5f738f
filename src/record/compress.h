/*
 * Compression and decompression in pieces, of the four codecs of record batches.
 *
 * Decompression never holds more than one piece (snappy: one block) of output, and stops at a limit
 * that the caller sets, so a few hostile kilobytes can not become gigabytes of anything. A compressed
 * batch is exactly one stream or frame: bytes behind its end are a fault, because not every client
 * could read them.
 *
 * `struct codecs` keeps what is dear to set up: the library contexts, the output window, the handle of
 * libsnappy (opened on first use). It is used by one thread at a time; a broker has one per reactor
 * and worker. Everything in it is created when first needed, and large contexts are given back after
 * use, so an idle one costs little.
 */
#ifndef OTTLA_RECORD_COMPRESS_H
#define OTTLA_RECORD_COMPRESS_H

#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "record/batch.h"
#include "record/bytebuf.h"

/* What a caller without reasons of its own allows one batch to decompress to. */
#define DECOMPRESSED_LEN_MAX_DEFAULT ((uint64_t)256 * 1024 * 1024)

/* The codec's own default; other values are the codec's levels, cut to its range. */
#define CODEC_LEVEL_DEFAULT INT32_MIN

struct codecs;

/* NULL when memory is out. */
struct codecs *codecs_new(void);

/* Accepts NULL. */
void codecs_free(struct codecs *c);

/* Loads what the codec needs. ERR_MISSING_LIB: codec_missing_text() says what to install. Not needed
 * before the calls below, which do the same; for checking a setting early. */
int codecs_require(struct codecs *c, enum codec codec) WARN_UNUSED;

/* A sentence for ERR_MISSING_LIB. */
const char *codec_missing_text(void);

/* One decompression; a `struct codecs` runs at most one at a time, beside at most one deflater. */
struct inflater {
    struct codecs *codecs;
    enum codec codec;
    bool done;
    bool framed;        /* snappy: in blocks with lengths between them */
    struct slice in;    /* what is not consumed yet */
    uint64_t out_total; /* bytes given out */
    uint64_t out_max;
};

/* `in` is borrowed until the end. CODEC_NONE works too and needs no `codecs`. ERR_INVALID,
 * ERR_TRUNCATED: the stream does not begin as it must. ERR_NOMEM, ERR_MISSING_LIB. */
int inflater_start(struct inflater *inf, struct codecs *c, enum codec codec, struct slice in,
                   uint64_t out_max) WARN_UNUSED;

/* The next piece, valid until the next call; of length 0 at the end, when the stream was whole.
 * ERR_INVALID: damaged, or bytes behind its end. ERR_TRUNCATED: it ends too early. ERR_LIMIT: more
 * than out_max bytes come out of it, or its window is larger than we allow. ERR_NOMEM. */
int inflater_next(struct inflater *inf, struct slice *ret_piece) WARN_UNUSED;

/* Lets the contexts go back; to be called once after a successful start, however it ended. */
void inflater_end(struct inflater *inf);

/* One compression: start, any number of pushes, finish. What comes out is appended to `out`. */
struct deflater {
    struct codecs *codecs;
    enum codec codec;
    int32_t level;
    struct bytebuf *out;
};

int deflater_start(struct deflater *def, struct codecs *c, enum codec codec, int32_t level,
                   struct bytebuf *out) WARN_UNUSED;
int deflater_push(struct deflater *def, struct slice in) WARN_UNUSED;
int deflater_finish(struct deflater *def) WARN_UNUSED;

/* Lets the contexts go back; to be called once after a successful start, however it ended. */
void deflater_end(struct deflater *def);

/* All of it in one call. ERR_LIMIT: `out` is full. */
int codec_compress(struct codecs *c, enum codec codec, int32_t level, struct slice in,
                   struct bytebuf *out) WARN_UNUSED;

/* The other way, whole output, at most what `out` may hold. */
int codec_decompress(struct codecs *c, enum codec codec, struct slice in,
                     struct bytebuf *out) WARN_UNUSED;

#endif
