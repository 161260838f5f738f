/*
 * The partitions of one fetch session: what the reader asked of each, what it was told last, and which
 * of them have to be looked at when it asks again.
 *
 * A partition is *ready* when looking at it may give something to tell: the reader has just asked
 * something new of it, its high watermark has moved, or the last answer left data or an error behind.
 * Nothing else is looked at, so a request costs what has changed. The ready list is served from its
 * head; who was served with data goes to its end, so nobody starves.
 *
 *     ask, moved ──▶ ready ──look──▶ nothing to tell: rests
 *                      ▲      └────▶ something: told, then ─ data, error ──▶ end of ready
 *                      │                                   ─ did not fit ──▶ head of ready
 *                      └───────────────────────────────────┘ only marks ───▶ rests
 *
 * An incremental answer lists a partition that has data, a high watermark or a log start that is not
 * the one told last, an error, or a divergence; a full one lists every partition.
 *
 * A state machine without I/O; it allocates through its owner. Owner: the request that has taken the
 * session.
 */
#ifndef OTTLA_CORE_SESSION_SESSION_H
#define OTTLA_CORE_SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "base/slice.h"
#include "base/uuid.h"
#include "model/ids.h"
#include "model/kerr.h"

/* What a reader asks of one partition. */
struct session_ask {
    log_offset_t offset;
    int32_t max_bytes;
    leader_epoch_t current_epoch; /* LEADER_EPOCH_NONE: not to be checked */
    leader_epoch_t last_epoch;    /* of the reader's last record; LEADER_EPOCH_NONE: not known */
};

/* What a look at a partition found. */
struct session_found {
    enum kerr error;
    log_offset_t high_watermark; /* LOG_OFFSET_NONE: not known */
    log_offset_t log_start;
    size_t len_bytes;
    bool has_more; /* there is data and none of it fitted */
    bool diverges;
};

struct session_topic {
    struct slice name; /* null where topics go by id */
    struct uuid id;
    uint32_t number;
    uint32_t part_cnt;
    /* for who builds an answer: 0 and NULL between answers */
    int32_t answer_cnt;
    void *answer;
};

struct session_part;

struct session_list {
    struct session_part *head;
    struct session_part *tail;
};

struct session_part {
    struct session_topic *topic;
    partition_id_t idx;
    struct session_ask ask;
    log_offset_t told_high_watermark; /* LOG_OFFSET_NONE: to be told in any case */
    log_offset_t told_log_start;
    enum kerr told_error;
    struct session_list *list; /* it is in, or NULL */
    struct session_part *prev;
    struct session_part *next;
};

/* --- one partition ---------------------------------------------------------------------------------- */

void session_part_init(struct session_part *p, struct session_topic *topic, partition_id_t idx,
                       const struct session_ask *ask);

/* The reader asks anew. */
void session_part_ask(struct session_part *p, const struct session_ask *ask);

/* The partition has gone or come back: whatever was told of it is void. */
void session_part_forget_told(struct session_part *p);

/* Whether an incremental answer lists it. */
bool session_part_has_news(const struct session_part *p, const struct session_found *found);

/* Whether the answer should go at once: an error the reader does not know of yet, or a divergence. A
 * known error is repeated with each answer, but hurries nobody: a reader waiting for a topic to be
 * created does not spin. */
bool session_part_is_urgent(const struct session_part *p, const struct session_found *found);

/* What was found is in the answer. The partition joins `ready` if there is something left. */
void session_part_told(struct session_part *p, const struct session_found *found,
                       struct session_list *ready);

/* --- lists of partitions ----------------------------------------------------------------------------- */

void session_list_append(struct session_list *l, struct session_part *p); /* p is in no list */
void session_list_prepend(struct session_list *l, struct session_part *p);
void session_part_unlink(struct session_part *p);              /* no-op when in no list */
struct session_part *session_list_pop(struct session_list *l); /* NULL when empty */
void session_list_move(struct session_list *to, struct session_list *from); /* to the end of `to` */

/* --- a session ---------------------------------------------------------------------------------------- */

struct session_ops {
    struct session_part *(*part_new)(void *ctx); /* NULL: out of memory */
    void (*part_free)(void *ctx, struct session_part *p);
    void *(*alloc)(void *ctx, size_t len);
    void (*free)(void *ctx, void *ptr);
    void *ctx;
    size_t part_bytes; /* what one costs */
};

struct session {
    const struct session_ops *ops;
    bool uses_topic_ids;
    struct map topics; /* by name, or by id */
    struct map parts;  /* by number of the topic, and partition */
    struct session_list ready;
    uint32_t number_next;
    size_t bytes;
};

#define SESSION_PARTS_MAX 1000000

/* What a session of so many partitions and topics will take in memory. */
size_t session_bytes_of(const struct session_ops *ops, size_t part_cnt, size_t topic_cnt,
                        size_t name_bytes);

void session_init(struct session *s, const struct session_ops *ops, uint64_t seed,
                  bool uses_topic_ids);
void session_release(struct session *s);

/* The reader asks for a partition, a new one or one it has asked for before; it is ready then. Topics go
 * by `name` (copied) or by `id`. *ret_is_new may be NULL. ERR_NOMEM, ERR_LIMIT. */
int session_ask_part(struct session *s, struct slice name, struct uuid id, partition_id_t idx,
                     const struct session_ask *ask, struct session_part **ret_part,
                     bool *ret_is_new) WARN_UNUSED;

/* The reader wants no more of it. No-op when it is not there. */
void session_forget_part(struct session *s, struct slice name, struct uuid id, partition_id_t idx);

static inline size_t session_part_cnt(const struct session *s)
{
    return s->parts.cnt;
}

/* Calls back for every partition, in the order they came. */
void session_each(struct session *s, void (*each)(void *ctx, struct session_part *p), void *ctx);

#endif
