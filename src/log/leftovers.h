/*
 * What a crash may have left in a partition's folder besides its segments: files on their way out,
 * files that were not finished, the finished output of a compaction that had not taken its place yet.
 *
 * Blocks; called by recovery, when nobody else is in the folder.
 */
#ifndef OTTLA_LOG_LEFTOVERS_H
#define OTTLA_LOG_LEFTOVERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "model/ids.h"
#include "os/os.h"

/* Base offsets of segments. Zero-initialised; bases_release() also after a failure. */
struct bases {
    log_offset_t *items;
    size_t cnt;
    size_t cap;
};

void bases_release(struct bases *b);

/* Tidies the folder and lists the segments that are there then, in order. *ret_changed is raised when
 * files took other names. */
int leftovers_tidy(struct os *os, const char *folder, struct bases *ret,
                   bool *ret_changed) WARN_UNUSED;

#endif
