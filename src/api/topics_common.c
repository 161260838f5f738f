#include "api/topics_common.h"

#include "base/chk.h"
#include "base/map.h"

#define WAIT_MIN_MS 500
#define WAIT_MAX_MS (15 * 60 * 1000)

int64_t topics_wait_ms(int32_t timeout_ms)
{
    return MIN_OF(MAX_OF(timeout_ms, WAIT_MIN_MS), WAIT_MAX_MS);
}

/* --- strings seen before ---------------------------------------------------------------------------- */

int seen_set_init(struct seen_set *s, struct arena *a, int32_t cnt, uint64_t seed)
{
    size_t slot_cnt = 4;

    while (slot_cnt < (size_t)cnt * 2) {
        slot_cnt *= 2;
    }
    s->slots = arena_calloc(a, slot_cnt, sizeof(*s->slots));
    s->mask = slot_cnt - 1;
    s->seed = seed;
    return s->slots == NULL ? ERR_NOMEM : 0;
}

/* Its slot, or the free one where it belongs. The table is never more than half full. */
static struct slice *seen_slot(const struct seen_set *s, struct slice bytes)
{
    size_t i = (size_t)hash_bytes(s->seed, bytes) & s->mask;

    while (!slice_is_null(s->slots[i]) && !slice_eq(s->slots[i], bytes)) {
        i = (i + 1) & s->mask;
    }
    return &s->slots[i];
}

bool seen_set_add(struct seen_set *s, struct slice bytes)
{
    struct slice *slot;

    if (slice_is_null(bytes)) {
        bytes = SLICE_EMPTY;
    }
    slot = seen_slot(s, bytes);
    if (!slice_is_null(*slot)) {
        return false;
    }
    *slot = bytes;
    return true;
}

bool seen_set_has(const struct seen_set *s, struct slice bytes)
{
    return !slice_is_null(*seen_slot(s, slice_is_null(bytes) ? SLICE_EMPTY : bytes));
}

/* --- partitions -------------------------------------------------------------------------------------- */

struct slice call_listener(const struct api_call *call)
{
    return slice_cstr(call->rq->peer->listener);
}

int32_t *ids_borrowed(const broker_id_t *ids)
{
    return (int32_t *)(uintptr_t)ids;
}

struct slice call_text(struct api_call *call, const char *text)
{
    struct slice dup = arena_dup(call->arena, slice_cstr(text));

    return slice_is_null(dup) ? SLICE_EMPTY : dup;
}

static bool is_reachable(const struct image *img, broker_id_t id, struct slice listener)
{
    const struct image_broker *b = image_broker_by_id(img, id);

    return b != NULL && image_broker_endpoint(b, listener) != NULL;
}

static int offline_collect(struct api_call *call, const struct image *img, struct slice listener,
                           const struct image_partition *p, struct partition_seen *ret)
{
    for (int32_t i = 0; i < p->replica_cnt; i++) {
        if (is_reachable(img, p->replicas[i], listener)) {
            continue;
        }
        if (ret->offline == NULL) {
            ret->offline =
                arena_calloc(call->arena, (size_t)(p->replica_cnt - i), sizeof(*ret->offline));
            if (ret->offline == NULL) {
                return ERR_NOMEM;
            }
        }
        ret->offline[ret->offline_cnt++] = p->replicas[i];
    }
    return 0;
}

int partition_seen(struct api_call *call, const struct image *img, struct slice listener,
                   const struct image_partition *p, struct partition_seen *ret)
{
    const struct image_broker *leader = image_broker_by_id(img, p->leader);

    *ret = (struct partition_seen){
        .error = KERR_NONE,
        .leader = p->leader,
        .leader_epoch = p->leader_epoch,
        .replicas = ids_borrowed(p->replicas),
        .replica_cnt = p->replica_cnt,
        .isr = ids_borrowed(p->isr),
        .isr_cnt = p->isr_cnt,
    };
    if (leader == NULL) {
        ret->error = KERR_LEADER_NOT_AVAILABLE;
        ret->leader = BROKER_ID_NONE;
    } else if (image_broker_endpoint(leader, listener) == NULL) {
        ret->error = KERR_LISTENER_NOT_FOUND;
        ret->leader = BROKER_ID_NONE;
    }
    return offline_collect(call, img, listener, p, ret);
}
