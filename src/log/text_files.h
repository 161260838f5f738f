/*
 * The small text files of a log directory and of its partitions: checkpoints of offsets, leader
 * epochs, partition.metadata, meta.properties. Parsing and formatting only; pure functions.
 */
#ifndef OTTLA_LOG_TEXT_FILES_H
#define OTTLA_LOG_TEXT_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "base/str.h"
#include "base/uuid.h"
#include "model/ids.h"

#define TEXT_FILE_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define CLUSTER_ID_TEXT_MAX 64u

/* Offset checkpoint: version 0, a count, lines of "topic partition offset". ERR_VERSION for another
 * version, ERR_INVALID for anything else that does not fit, ERR_LIMIT. A non-zero return of `each`
 * ends the walk and is returned. */
int offsets_parse(struct slice text,
                  int (*each)(void *ctx, struct slice topic, partition_id_t partition,
                              log_offset_t offset),
                  void *ctx) WARN_UNUSED;

void offsets_format_head(struct str *out, size_t cnt);
void offsets_format_line(struct str *out, struct slice topic, partition_id_t partition,
                         log_offset_t offset);

/* Leader epochs: version 0, a count, lines of "epoch start_offset", both growing. */
int epochs_parse(struct slice text,
                 int (*each)(void *ctx, leader_epoch_t epoch, log_offset_t start),
                 void *ctx) WARN_UNUSED;

void epochs_format_head(struct str *out, size_t cnt);
void epochs_format_line(struct str *out, leader_epoch_t epoch, log_offset_t start);

int partition_metadata_parse(struct slice text, struct uuid *ret_topic_id) WARN_UNUSED;
void partition_metadata_format(struct str *out, struct uuid topic_id);

struct meta_properties {
    int32_t version;                          /* 0 or 1 */
    broker_id_t node_id;                      /* BROKER_ID_NONE: not in the file */
    char cluster_id[CLUSTER_ID_TEXT_MAX + 1]; /* "": not in the file */
    struct uuid directory_id;                 /* zero: not in the file */
};

/* Keys that are not known are passed over. ERR_INVALID, ERR_VERSION. */
int meta_properties_parse(struct slice text, struct meta_properties *ret) WARN_UNUSED;

/* `now_ms` goes into the comment line, as Kafka's properties files have it. */
void meta_properties_format(struct str *out, const struct meta_properties *m, int64_t now_ms);

#endif
