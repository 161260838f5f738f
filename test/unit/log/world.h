/* What tests of the log share: a directory of their own, threads, batches, a log that is opened and
 * closed like a broker does it. */
#ifndef OTTLA_TEST_LOG_WORLD_H
#define OTTLA_TEST_LOG_WORLD_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/log_dir.h"
#include "log/plog.h"

struct world {
    struct os *os;
    struct reactor *reactor;
    struct workers *workers;
    struct log_dir *dir;
    struct str why;
    char path[128];
    bool dir_closed;
    int close_rc;
    unsigned offline_cnt;
    char offline_why[2048];
};

/* A partition with what its callbacks said. */
struct part {
    struct plog *log;
    struct plog_recovery recovery;
    struct plog_durable durable;
    unsigned durable_cnt;
    bool is_released;
};

#define TOPIC SLICE_LIT("orders")

void world_init(struct world *w);
void world_init_in_memory(struct world *w); /* syncs cost nothing there: for many rounds */
void world_release(struct world *w);        /* closes what is open, deletes the directory */

int world_open_try(struct world *w);
void world_open(struct world *w);
void world_close(struct world *w, bool clean);

/* Turns the reactor until *flag, or fails after some seconds. */
void world_until(struct world *w, const bool *flag);

/* Deletes what is in the directory, not the directory. */
void world_empty(struct world *w);

struct plog_callbacks part_callbacks(struct part *p);
void part_cfg(struct plog_cfg *cfg, int32_t segment_bytes);
void part_new(struct world *w, struct part *p, const struct plog_cfg *cfg);
void part_open(struct world *w, struct part *p, const struct plog_cfg *cfg);
int part_open_try(struct world *w, struct part *p, const struct plog_cfg *cfg);
void part_close(struct world *w, struct part *p);

/* Waits until everything appended is durable, and takes it in. */
void part_sync(struct world *w, struct part *p);

/* A batch with cnt records of `len` random-looking bytes; freed by the caller. */
uint8_t *batch_make(log_offset_t base, int32_t cnt, timestamp_ms_t ts, leader_epoch_t epoch,
                    size_t len, size_t *ret_len);

/* Appends such a batch at the log's end. */
int part_append(struct part *p, int32_t cnt, timestamp_ms_t ts, leader_epoch_t epoch, size_t len);

/* Reads a file of the directory; freed by the caller. NULL when it is not there. */
uint8_t *world_file(struct world *w, const char *name, size_t *ret_len);
void world_put(struct world *w, const char *name, const void *bytes, size_t len);
bool world_has(struct world *w, const char *name);

/* Reads one range by plog_read and copies its bytes out of the file. */
int part_read(struct part *p, log_offset_t offset, size_t max, enum plog_bound bound, uint8_t *buf,
              size_t cap, size_t *ret_len);

#endif
