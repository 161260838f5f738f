/*
 * Inside of record/validate.h: the walk over the records of one batch, and what it found. The header
 * has been checked and is in the walk's fields; the walk checks everything behind it.
 */
#ifndef OTTLA_RECORD_WALK_H
#define OTTLA_RECORD_WALK_H

#include "record/validate.h"

struct walk {
    const uint8_t *cur; /* the piece at hand: [cur, end) */
    const uint8_t *end;
    struct inflater *inf; /* where the next piece comes from; NULL: there is none */
    uint64_t left;        /* slow gait: bytes the record still has by its length */
    uint64_t records_len; /* set at the end: bytes of all records */

    uint32_t idx; /* the record the walk is at */
    uint32_t cnt;
    bool compacted;
    bool any_timestamp;

    timestamp_ms_t base_timestamp;
    int64_t delta_min; /* the legal timestamp deltas */
    int64_t delta_max;
    int64_t top_delta; /* the largest so far, and whose it is */
    uint32_t top_idx;

    enum validate_code fault;
    int rc; /* the decompressor's error behind a fault of STREAM, BOMB, NO_MEMORY */
};

/* Both return false with w->fault set (and w->rc, where the decompressor failed). */

/* Uncompressed: the checksum of `batch` and its records, which [cur, end) are. */
bool walk_plain(struct walk *w, struct slice batch, uint32_t crc_wanted) WARN_UNUSED;

/* Compressed: `stream` is what follows the header. `codecs` may be NULL: a library is missing. */
bool walk_compressed(struct walk *w, struct codecs *codecs, enum codec codec, struct slice stream,
                     uint64_t out_max) WARN_UNUSED;

#endif
