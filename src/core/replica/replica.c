#include "core/replica/replica.h"

#include "base/assert.h"

void replica_set_init(struct replica_set *s, bool wait_durable, log_offset_t end)
{
    ASSERT(end >= 0);
    s->wait_durable = wait_durable;
    s->leader = (struct replica_progress){.end = end, .durable = end};
    s->high_watermark = end;
}

/* The least of what counts over the in-sync set, which is the leader alone. */
static bool high_watermark_update(struct replica_set *s)
{
    log_offset_t committed = s->wait_durable ? s->leader.durable : s->leader.end;

    ASSERT(s->leader.durable <= s->leader.end);
    if (committed <= s->high_watermark) {
        return false;
    }
    s->high_watermark = committed;
    return true;
}

bool replica_set_appended(struct replica_set *s, log_offset_t end)
{
    ASSERT(end >= s->leader.end);
    s->leader.end = end;
    return high_watermark_update(s);
}

bool replica_set_synced(struct replica_set *s, log_offset_t durable)
{
    if (durable <= s->leader.durable) {
        return false; /* old news */
    }
    ASSERT(durable <= s->leader.end);
    s->leader.durable = durable;
    return high_watermark_update(s);
}

bool replica_set_wait_durable(struct replica_set *s, bool wait_durable)
{
    s->wait_durable = wait_durable;
    return high_watermark_update(s);
}
