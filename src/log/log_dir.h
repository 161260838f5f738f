/*
 * One log directory: its lock and identity, the partitions in it, commit rounds, checkpoints.
 *
 * Commit rounds. Appends put their segment files into the directory's dirty set. A round takes the
 * set, makes every file in it durable on workers, and tells each partition (plog_callbacks.on_durable)
 * on the directory's reactor. The next round starts when the last one has ended and someone waits
 * (log_dir_commit_soon); with nobody waiting every 10 ms while something is dirty. A failed fsync takes
 * the directory offline for good: nothing in it is ever acknowledged again, because the kernel may
 * have dropped the bytes and a second fsync would prove nothing.
 *
 * Threads: open before the reactors run; log_dir_commit_soon(), log_dir_is_online() and the getters from any
 * thread; the callbacks come on the directory's reactor.
 */
#ifndef OTTLA_LOG_LOG_DIR_H
#define OTTLA_LOG_LOG_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/uuid.h"
#include "log/log_pos.h"
#include "model/ids.h"
#include "os/os.h"
#include "os/reactor.h"
#include "os/workers.h"

#define CLUSTER_ID_LEN_MAX 64

struct log_dir;

struct log_dir_options {
    broker_id_t node_id;    /* BROKER_ID_NONE: adopt what meta.properties says */
    const char *cluster_id; /* NULL or "": adopt */
    struct workers *workers;
    struct reactor *reactor; /* timers and callbacks live here */
    struct logger *logger;   /* may be NULL */
    size_t files_max;        /* open segment files kept; 0: 1000 */
    uint64_t hash_seed;      /* of the map of names */
    int64_t checkpoint_ms;   /* 0: 60 s */
    void *ctx;
    /* The directory is offline for good; the sentence lives for the call. Once. May be NULL. */
    void (*on_offline)(void *ctx, struct log_dir *d, const char *why);
};

/*
 * Opens (and makes) the directory, locks it, reads its identity, checkpoints and clean marker, starts
 * to remove what was being deleted. Blocks. On failure `why` gets a sentence that says what to do:
 * ERR_NOT_DIR, ERR_ACCESS, ERR_BUSY (locked by another broker), ERR_NOT_EMPTY (foreign: neither empty
 * nor a log directory), ERR_VERSION (another broker's or cluster's), ERR_INVALID (meta.properties can
 * not be understood), ERR_IO, ERR_NOMEM.
 */
int log_dir_open(struct os *os, const char *path, const struct log_dir_options *opt,
                 struct log_dir **ret_dir, struct str *why) WARN_UNUSED;

/* The identity meta.properties gave or got; BROKER_ID_NONE and "" for a directory that is new and was
 * opened without one. */
broker_id_t log_dir_node_id(const struct log_dir *d);
const char *log_dir_cluster_id(const struct log_dir *d);
struct uuid log_dir_id(const struct log_dir *d);
const char *log_dir_path(const struct log_dir *d);
struct os *log_dir_os(const struct log_dir *d);

/* True: the last broker stopped cleanly here, so that nothing has to be scanned. */
bool log_dir_was_clean(const struct log_dir *d);

/* Gives a new directory its identity. Blocks. ERR_VERSION when it has another one. */
int log_dir_claim(struct log_dir *d, broker_id_t node_id, const char *cluster_id,
                  struct str *why) WARN_UNUSED;

struct log_dir_partition {
    struct slice topic;
    partition_id_t partition;
    struct uuid topic_id; /* from partition.metadata; zero: none */
};

/* The partition folders found at start, in the order of their names; each is opened by plog_open(),
 * or, when the cluster no longer knows it, removed by log_dir_remove_partition(). A non-zero return
 * ends the walk. */
int log_dir_each_partition(struct log_dir *d,
                           int (*each)(void *ctx, const struct log_dir_partition *p), void *ctx);

/* Deletes the folder of a partition that is not open, like plog_remove(). ERR_BUSY when open. */
int log_dir_remove_partition(struct log_dir *d, struct slice topic,
                             partition_id_t partition) WARN_UNUSED;

/* Sets the folder of a partition aside that no broker knows: it is renamed to <topic>-<p>.<hex>-stray and
 * never touched again. ERR_BUSY when open. */
int log_dir_set_aside(struct log_dir *d, struct slice topic, partition_id_t partition) WARN_UNUSED;

/* Any thread: someone waits for what was appended so far. Call it once after a turn's appends. */
void log_dir_commit_soon(struct log_dir *d);

bool log_dir_is_online(const struct log_dir *d);

/* Takes the directory offline; for errors met outside of this folder. Any thread. */
void log_dir_fail(struct log_dir *d, const char *why);

/* Total, and usable by this process, bytes of the file system. */
int log_dir_space(struct log_dir *d, uint64_t *ret_total, uint64_t *ret_usable) WARN_UNUSED;

struct log_dir_stats {
    uint64_t round_cnt;
    uint64_t round_files; /* synced, in all rounds */
    uint64_t round_us;    /* spent, in all rounds */
    uint64_t last_round_us;
    uint64_t open_files;
    uint64_t dirty_files;
};

void log_dir_stats(struct log_dir *d, struct log_dir_stats *ret);

/*
 * On the directory's reactor, which keeps turning until `closed` has been called. No other call on the
 * directory or its logs may follow, but reads by those who hold a reference on a log. Clean: a last
 * round, indexes and checkpoints written, files trimmed, the clean marker last. Not clean: everything
 * is dropped as it is, as a crash would. From the call on no log calls back any more, but for
 * on_released of those that were closed before; all of them are freed. The directory is unlocked and
 * gone when `closed` is called. rc: 0, or why the stop was not a clean one.
 */
void log_dir_close(struct log_dir *d, bool clean, void (*closed)(void *ctx, int rc), void *ctx);

#endif
