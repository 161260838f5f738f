/*
 * The metadata tree of one machine: an LMDB environment in two plain files, <path> and <path>-lock.
 * One process and one session at a time. An answer to a write means that it is on disk; writes that
 * wait together are committed together.
 *
 * Owner: the broker. Calls and callbacks on the reactor given at open; the work is done on workers, in
 * one ordered queue.
 */
#ifndef OTTLA_META_EMBEDDED_H
#define OTTLA_META_EMBEDDED_H

#include "base/err.h"
#include "meta/meta.h"

struct os;
struct reactor;
struct workers;

#define EMBEDDED_FILE_NAME "ottla-metadata.mdb"

struct embedded_why {
    char text[512]; /* a sentence that says what is wrong with the file, without a full stop */
};

/* Opens or creates the files; the folder must exist and be locked by the caller. Blocks for as long as
 * opening two small files takes. On failure `why` (may be NULL) says in words what happened:
 * ERR_ACCESS, ERR_NOSPACE, ERR_IO, ERR_CORRUPT (not ours, or damaged), ERR_VERSION (written by a later
 * version), ERR_NOMEM. */
int embedded_open(struct os *os, struct reactor *r, struct workers *w, const char *path,
                  struct meta **ret_meta, struct embedded_why *why) WARN_UNUSED;

#endif
