#include "broker/offsets.h"

#include "broker/partition.h"
#include "log/plog.h"

static enum plog_bound plog_bound_of(enum offset_bound bound)
{
    switch (bound) {
    case OFFSET_BOUND_END:
        return PLOG_BOUND_END;
    case OFFSET_BOUND_HW:
        return PLOG_BOUND_HW;
    case OFFSET_BOUND_STABLE:
        return PLOG_BOUND_STABLE;
    }
    return PLOG_BOUND_HW;
}

static enum kerr find_kerr(int rc)
{
    switch (rc) {
    case 0:
        return KERR_NONE;
    case ERR_CORRUPT:
        return KERR_CORRUPT_MESSAGE;
    case ERR_STOPPED:
        return KERR_UNKNOWN_TOPIC_OR_PARTITION; /* deleted meanwhile */
    case ERR_IO:
    case ERR_OFFLINE:
        return KERR_KAFKA_STORAGE_ERROR;
    default:
        return KERR_UNKNOWN_SERVER_ERROR;
    }
}

static enum kerr query_check(const struct offset_query *q)
{
    leader_epoch_t ours = partition_leader_epoch(q->partition);

    if (partition_is_removed(q->partition)) {
        return KERR_UNKNOWN_TOPIC_OR_PARTITION;
    }
    if (q->current_epoch == LEADER_EPOCH_NONE || q->current_epoch == ours) {
        return KERR_NONE;
    }
    return q->current_epoch < ours ? KERR_FENCED_LEADER_EPOCH : KERR_UNKNOWN_LEADER_EPOCH;
}

static void query_take(struct offset_query *q, const struct plog_found *found)
{
    q->offset = found->offset;
    q->timestamp_found = found->timestamp;
    q->epoch = found->epoch;
}

/* What needs no disk; true when that answers the query. */
static bool query_at_once(struct offset_query *q)
{
    struct plog *log = partition_log(q->partition);
    struct plog_found earliest;
    struct plog_found latest;

    q->error = query_check(q);
    if (q->error != KERR_NONE) {
        return true;
    }
    plog_earliest(log, &earliest);
    plog_latest(log, plog_bound_of(q->bound), &latest);
    q->start = earliest.offset;
    q->end = latest.offset;
    switch (q->timestamp) {
    case LIST_OFFSETS_LATEST:
        query_take(q, &latest);
        q->epoch = partition_leader_epoch(q->partition); /* of the record that comes next */
        return true;
    case LIST_OFFSETS_EARLIEST:
    case LIST_OFFSETS_EARLIEST_LOCAL: /* there is no other place than this one */
        query_take(q, &earliest);
        return true;
    case LIST_OFFSETS_LATEST_TIERED:
    case LIST_OFFSETS_EARLIEST_PENDING_UPLOAD:
        return true; /* nothing is kept elsewhere */
    default:
        return latest.offset <= earliest.offset; /* an empty log has no times */
    }
}

static bool query_by_time(const struct offset_query *q)
{
    return q->timestamp >= 0 || q->timestamp == LIST_OFFSETS_MAX_TIMESTAMP;
}

static void query_from_disk(struct offset_query *q)
{
    struct plog *log = partition_log(q->partition);
    struct plog_found found = {LOG_OFFSET_NONE, TIMESTAMP_NONE, LEADER_EPOCH_NONE};
    enum plog_bound bound = plog_bound_of(q->bound);
    int rc = q->timestamp == LIST_OFFSETS_MAX_TIMESTAMP
                 ? plog_offset_of_max_time(log, bound, &found)
                 : plog_offset_for_time(log, q->timestamp, bound, &found);

    q->error = find_kerr(rc);
    if (rc == 0) {
        query_take(q, &found);
    }
}

/* On a worker. Queries answered already have their offset or an error and are passed over; an empty
 * log is asked again and says the same. */
static void job_run(struct worker_job *job)
{
    struct offset_set *s = CONTAINER_OF(job, struct offset_set, job);

    for (size_t i = 0; i < s->cnt; i++) {
        struct offset_query *q = &s->queries[i];

        if (q->partition != NULL && q->error == KERR_NONE && query_by_time(q)) {
            query_from_disk(q);
        }
    }
}

static void job_done(struct worker_job *job)
{
    struct offset_set *s = CONTAINER_OF(job, struct offset_set, job);

    s->done(s);
}

void broker_find_offsets(struct offset_set *s)
{
    bool needs_disk = false;

    for (size_t i = 0; i < s->cnt; i++) {
        struct offset_query *q = &s->queries[i];

        q->offset = LOG_OFFSET_NONE;
        q->timestamp_found = TIMESTAMP_NONE;
        q->epoch = LEADER_EPOCH_NONE;
        q->start = LOG_OFFSET_NONE;
        q->end = LOG_OFFSET_NONE;
        if (q->partition != NULL && !query_at_once(q)) {
            needs_disk = true;
        }
    }
    if (!needs_disk) {
        s->done(s);
        return;
    }
    s->job = (struct worker_job){.reactor = s->reactor, .run = job_run, .done = job_done};
    workers_submit(broker_workers(s->broker), &s->job);
}
