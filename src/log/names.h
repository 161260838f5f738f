/*
 * The names of folders and files in a log directory: making and understanding them. Pure functions.
 */
#ifndef OTTLA_LOG_NAMES_H
#define OTTLA_LOG_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"
#include "base/uuid.h"
#include "model/ids.h"

#define LOG_DIR_PATH_MAX 2048u
#define LOG_NAME_MAX 255u
#define LOG_PATH_MAX (LOG_DIR_PATH_MAX + LOG_NAME_MAX + 64u)
#define SEGMENT_DIGITS 20u

#define SUFFIX_LOG ".log"
#define SUFFIX_INDEX ".index"
#define SUFFIX_TIME_INDEX ".timeindex"
#define SUFFIX_TXN_INDEX ".txnindex"
#define SUFFIX_SNAPSHOT ".snapshot"
#define SUFFIX_DELETED ".deleted"
#define SUFFIX_CLEANED ".cleaned"
#define SUFFIX_SWAP ".swap"

#define FILE_EPOCHS "leader-epoch-checkpoint"
#define FILE_PARTITION_METADATA "partition.metadata"

enum folder_kind {
    FOLDER_PARTITION, /* <topic>-<partition> */
    FOLDER_DELETED,   /* ....<32 hex>-delete */
    FOLDER_FUTURE,    /* ...-future: a move between directories that did not end */
    FOLDER_STRAY,     /* ...-stray: set aside, no broker knows whose it is */
    FOLDER_FOREIGN,   /* none of Kafka's */
};

/* *ret_topic (a part of name) and *ret_partition are set for FOLDER_PARTITION only. */
enum folder_kind folder_name_parse(struct slice name, struct slice *ret_topic,
                                   partition_id_t *ret_partition);

/* <parent>/<topic>-<partition> */
int folder_path(char *ret_path, size_t cap, const char *parent, struct slice topic,
                partition_id_t partition) WARN_UNUSED;

/* The name a folder gets when it leaves: <topic>-<p>.<32 hex>-<why>, at most LOG_NAME_MAX long. `why` is
 * "delete" (to be removed) or "stray" (set aside). */
void folder_away_name(char ret_name[LOG_NAME_MAX + 1], struct slice topic, partition_id_t partition,
                      const uint8_t random[16], const char *why);

/* <folder>/<20 digits><suffix><more>; more may be "". */
int segment_path(char *ret_path, size_t cap, const char *folder, log_offset_t base,
                 const char *suffix, const char *more) WARN_UNUSED;

/* <folder>/<name> */
int file_path(char *ret_path, size_t cap, const char *folder, const char *name) WARN_UNUSED;

/* True for <20 digits><suffix>, exactly. */
bool segment_name_parse(struct slice name, const char *suffix, log_offset_t *ret_base);

bool name_ends_with(struct slice name, const char *suffix);

#endif
