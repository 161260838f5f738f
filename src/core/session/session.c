#include "core/session/session.h"

#include <string.h>

#include "base/assert.h"

/*
 * Topics are kept by the name or id the reader uses, partitions by the number of their topic in this
 * session and their own. A topic goes with its last partition. Names are the reader's own spelling,
 * because an answer about a topic that does not exist must repeat it.
 */

/* A map's entry with its key, roughly. */
#define MAP_ENTRY_BYTES 112

/* --- one partition ---------------------------------------------------------------------------------- */

void session_part_forget_told(struct session_part *p)
{
    p->told_high_watermark = LOG_OFFSET_NONE;
    p->told_log_start = LOG_OFFSET_NONE;
    p->told_error = KERR_NONE;
}

void session_part_init(struct session_part *p, struct session_topic *topic, partition_id_t idx,
                       const struct session_ask *ask)
{
    p->topic = topic;
    p->idx = idx;
    p->list = NULL;
    p->prev = NULL;
    p->next = NULL;
    p->ask = *ask;
    session_part_forget_told(p);
}

void session_part_ask(struct session_part *p, const struct session_ask *ask)
{
    p->ask = *ask;
    p->told_error = KERR_NONE;
}

bool session_part_has_news(const struct session_part *p, const struct session_found *found)
{
    return found->len_bytes > 0 || found->error != KERR_NONE || found->diverges ||
           found->high_watermark != p->told_high_watermark || found->log_start != p->told_log_start;
}

bool session_part_is_urgent(const struct session_part *p, const struct session_found *found)
{
    return found->diverges || (found->error != KERR_NONE && found->error != p->told_error);
}

void session_part_told(struct session_part *p, const struct session_found *found,
                       struct session_list *ready)
{
    ASSERT(p->list == NULL);
    p->told_error = found->error;
    p->told_log_start = found->log_start;
    /* When an error goes away the marks are told again, whatever they are. */
    p->told_high_watermark = found->error == KERR_NONE ? found->high_watermark : LOG_OFFSET_NONE;
    if (found->has_more) {
        session_list_prepend(ready, p);
    } else if (found->len_bytes > 0 || found->error != KERR_NONE || found->diverges) {
        session_list_append(ready, p);
    }
}

/* --- lists of partitions ----------------------------------------------------------------------------- */

void session_list_append(struct session_list *l, struct session_part *p)
{
    ASSERT(p->list == NULL);
    p->list = l;
    p->prev = l->tail;
    p->next = NULL;
    if (l->tail != NULL) {
        l->tail->next = p;
    } else {
        l->head = p;
    }
    l->tail = p;
}

void session_list_prepend(struct session_list *l, struct session_part *p)
{
    ASSERT(p->list == NULL);
    p->list = l;
    p->prev = NULL;
    p->next = l->head;
    if (l->head != NULL) {
        l->head->prev = p;
    } else {
        l->tail = p;
    }
    l->head = p;
}

void session_part_unlink(struct session_part *p)
{
    struct session_list *l = p->list;

    if (l == NULL) {
        return;
    }
    if (p->prev != NULL) {
        p->prev->next = p->next;
    } else {
        l->head = p->next;
    }
    if (p->next != NULL) {
        p->next->prev = p->prev;
    } else {
        l->tail = p->prev;
    }
    p->list = NULL;
    p->prev = NULL;
    p->next = NULL;
}

struct session_part *session_list_pop(struct session_list *l)
{
    struct session_part *p = l->head;

    if (p != NULL) {
        session_part_unlink(p);
    }
    return p;
}

void session_list_move(struct session_list *to, struct session_list *from)
{
    struct session_part *p;

    while ((p = session_list_pop(from)) != NULL) {
        session_list_append(to, p);
    }
}

/* --- a session ---------------------------------------------------------------------------------------- */

size_t session_bytes_of(const struct session_ops *ops, size_t part_cnt, size_t topic_cnt,
                        size_t name_bytes)
{
    return part_cnt * (ops->part_bytes + MAP_ENTRY_BYTES) +
           topic_cnt * (sizeof(struct session_topic) + MAP_ENTRY_BYTES) + 2 * name_bytes;
}

void session_init(struct session *s, const struct session_ops *ops, uint64_t seed,
                  bool uses_topic_ids)
{
    *s = (struct session){.ops = ops, .uses_topic_ids = uses_topic_ids};
    map_init(&s->topics, seed, SESSION_PARTS_MAX);
    map_init(&s->parts, seed + 1, SESSION_PARTS_MAX);
}

void session_release(struct session *s)
{
    for (struct map_entry *it = map_first(&s->parts); it != NULL; it = map_next(it)) {
        struct session_part *p = map_value(it);

        session_part_unlink(p);
        s->ops->part_free(s->ops->ctx, p);
    }
    for (struct map_entry *it = map_first(&s->topics); it != NULL; it = map_next(it)) {
        s->ops->free(s->ops->ctx, map_value(it));
    }
    map_release(&s->parts);
    map_release(&s->topics);
    s->bytes = 0;
}

/* The id is borrowed. */
static struct slice topic_key(const struct session *s, struct slice name, const struct uuid *id)
{
    return s->uses_topic_ids ? slice_of(id->b, sizeof(id->b)) : name;
}

static uint64_t part_key(const struct session_topic *t, partition_id_t idx)
{
    return (uint64_t)t->number << 32 | (uint32_t)idx;
}

static size_t topic_bytes(const struct session *s, const struct session_topic *t)
{
    return session_bytes_of(s->ops, 0, 1, t->name.len);
}

static int topic_add(struct session *s, struct slice name, const struct uuid *id,
                     struct session_topic **ret_topic)
{
    size_t name_len = s->uses_topic_ids ? 0 : name.len;
    struct session_topic *t;
    int rc;

    if (s->number_next == UINT32_MAX) {
        return ERR_LIMIT;
    }
    t = s->ops->alloc(s->ops->ctx, sizeof(*t) + name_len);
    if (t == NULL) {
        return ERR_NOMEM;
    }
    *t = (struct session_topic){.number = s->number_next, .id = *id};
    if (!s->uses_topic_ids) {
        if (name_len > 0) {
            memcpy(t + 1, name.ptr, name_len);
        }
        t->name = slice_of(t + 1, name_len);
    }
    rc = map_add(&s->topics, topic_key(s, t->name, &t->id), t);
    if (rc != 0) {
        s->ops->free(s->ops->ctx, t);
        return rc;
    }
    s->number_next++;
    s->bytes += topic_bytes(s, t);
    *ret_topic = t;
    return 0;
}

static void topic_drop_if_empty(struct session *s, struct session_topic *t)
{
    if (t->part_cnt > 0) {
        return;
    }
    s->bytes -= topic_bytes(s, t);
    (void)map_remove(&s->topics, topic_key(s, t->name, &t->id));
    s->ops->free(s->ops->ctx, t);
}

static int part_add(struct session *s, struct session_topic *t, partition_id_t idx,
                    const struct session_ask *ask, struct session_part **ret_part)
{
    struct session_part *p = s->ops->part_new(s->ops->ctx);
    int rc;

    if (p == NULL) {
        return ERR_NOMEM;
    }
    session_part_init(p, t, idx, ask);
    rc = map_add_u64(&s->parts, part_key(t, idx), p);
    if (rc != 0) {
        s->ops->part_free(s->ops->ctx, p);
        return rc;
    }
    t->part_cnt++;
    s->bytes += session_bytes_of(s->ops, 1, 0, 0);
    *ret_part = p;
    return 0;
}

int session_ask_part(struct session *s, struct slice name, struct uuid id, partition_id_t idx,
                     const struct session_ask *ask, struct session_part **ret_part,
                     bool *ret_is_new)
{
    struct session_topic *t = map_get(&s->topics, topic_key(s, name, &id));
    struct session_part *p = NULL;
    bool is_new = false;
    int rc = 0;

    if (t == NULL) {
        rc = topic_add(s, name, &id, &t);
    } else {
        p = map_get_u64(&s->parts, part_key(t, idx));
    }
    if (rc != 0) {
        return rc;
    }
    if (p != NULL) {
        session_part_ask(p, ask);
    } else {
        rc = part_add(s, t, idx, ask, &p);
        is_new = true;
    }
    if (rc != 0) {
        topic_drop_if_empty(s, t);
        return rc;
    }
    if (p->list != &s->ready) { /* who is in it keeps its turn */
        session_part_unlink(p);
        session_list_append(&s->ready, p);
    }
    *ret_part = p;
    if (ret_is_new != NULL) {
        *ret_is_new = is_new;
    }
    return 0;
}

void session_forget_part(struct session *s, struct slice name, struct uuid id, partition_id_t idx)
{
    struct session_topic *t = map_get(&s->topics, topic_key(s, name, &id));
    struct session_part *p = t == NULL ? NULL : map_remove_u64(&s->parts, part_key(t, idx));

    if (p == NULL) {
        return;
    }
    session_part_unlink(p);
    s->ops->part_free(s->ops->ctx, p);
    s->bytes -= session_bytes_of(s->ops, 1, 0, 0);
    t->part_cnt--;
    topic_drop_if_empty(s, t);
}

void session_each(struct session *s, void (*each)(void *ctx, struct session_part *p), void *ctx)
{
    for (struct map_entry *it = map_first(&s->parts); it != NULL; it = map_next(it)) {
        each(ctx, map_value(it));
    }
}
