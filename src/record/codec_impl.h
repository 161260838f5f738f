/*
 * Inside of record/compress.h: what the four codecs share. Each has one file and gives one table of
 * operations; record/compress.c keeps the rules that hold for all (limits, one stream, an end).
 */
#ifndef OTTLA_RECORD_CODEC_IMPL_H
#define OTTLA_RECORD_CODEC_IMPL_H

#include "record/compress.h"

/* One piece of output: as large as the blocks of most lz4 producers, small enough for the cache. */
#define CODEC_WINDOW_LEN ((size_t)64 * 1024)

/* A context with more memory than this is given back after use. */
#define CODEC_KEEP_LEN_MAX ((size_t)4 * 1024 * 1024)

struct gzip_state;
struct snappy_state;
struct lz4_state;
struct zstd_state;

struct codecs {
    uint8_t *window; /* CODEC_WINDOW_LEN bytes, NULL until needed */
    struct gzip_state *gzip;
    struct snappy_state *snappy;
    struct lz4_state *lz4;
    struct zstd_state *zstd;
};

struct codec_ops {
    /* Loads and allocates what both ways need. */
    int (*require)(struct codecs *c);
    void (*release)(struct codecs *c);

    int (*inflate_start)(struct inflater *inf);
    /* Gives a piece, empty or not; sets inf->done once the stream has ended as it should. Consumes
     * inf->in. Gets called until done or failed. */
    int (*inflate)(struct inflater *inf, struct slice *ret_piece);
    void (*inflate_end)(struct inflater *inf);

    int (*deflate_start)(struct deflater *def);
    int (*deflate)(struct deflater *def, struct slice in);
    int (*deflate_finish)(struct deflater *def);
    void (*deflate_end)(struct deflater *def);
};

extern const struct codec_ops codec_gzip_ops;
extern const struct codec_ops codec_snappy_ops;
extern const struct codec_ops codec_lz4_ops;
extern const struct codec_ops codec_zstd_ops;

/* Room for at least one byte and about `want` at the end of `out`; *ret_len says how much. */
int codec_out_room(struct bytebuf *out, size_t want, size_t *ret_len) WARN_UNUSED;

#endif
