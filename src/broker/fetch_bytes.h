/*
 * What is done to a range of records before it leaves: nothing, mostly. A range for a reader that does
 * not know zstd ends before the first such batch, and a small one is copied out of its file, because a
 * send of its own costs more than the copy.
 *
 * No owner; the range belongs to the caller, on the request's reactor.
 */
#ifndef OTTLA_BROKER_FETCH_BYTES_H
#define OTTLA_BROKER_FETCH_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/chain.h"
#include "base/err.h"

/* Up to here a range is copied; the same bytes that the network gathers into one send. Measured, CPU per
 * request: one range of 100 bytes 12 µs copied and 17 µs from the file, of 1,900 bytes 26 and 35 µs
 * (busier machine), ten ranges of 200 bytes 39 and 127 µs. */
#define FETCH_COPY_MAX_BYTES 2048

/* How many bytes of a file's range come before its first batch in zstd: `len` when there is none. What
 * cannot be read or understood is the reader's to find out. */
size_t fetch_bytes_before_zstd(struct file_ref *file, uint64_t pos, size_t len);

/* Replaces a small file range, the only part of the chain, by its bytes. Bytes that are not in memory
 * stay where they are, and so does everything when memory is out. */
void fetch_bytes_copy_small(struct chain *records, struct file_ref *file, uint64_t pos);

/* A range further than this behind the log's end may have left the memory; what is nearer was just
 * written and is taken for warm without a look. */
#define FETCH_WARM_BYTES (4u * 1024 * 1024)

/* Whether sending the range could wait for the disk. Looks at the first byte, at one in every
 * FETCH_PROBE_BYTES, and at the last one of a range that is longer than FETCH_PROBE_LAST_BYTES; never waits
 * itself. The kernel reads and drops larger pieces than single pages. */
#define FETCH_PROBE_BYTES (1024u * 1024)
#define FETCH_PROBE_LAST_BYTES (128u * 1024)
bool fetch_bytes_are_cold(struct file_ref *file, uint64_t pos, size_t len);

/* B: brings the range into memory. For workers. What cannot be read is the socket's to find out. */
void fetch_bytes_warm(struct file_ref *file, uint64_t pos, size_t len);

#endif
