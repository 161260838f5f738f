/*
 * Two tables over the topics, one by the hash of the name, one by the hash of the id. A table is a top
 * of BUCKET_CNT pointers to buckets; a bucket is a small array sorted by hash. Tops, buckets and topics
 * are refcounted, and a bucket that is in a published image never changes:
 *
 *     image → top ─┬→ bucket ─┬→ topic
 *                  ├→ (none)  └→ topic
 *                  └→ bucket ──→ topic
 *
 * An edit copies the top once and each bucket it touches once; a bucket whose only reference is the
 * edit's own top is changed in place. The name is hashed with '.' turned into '_', so that names that
 * collide in that way meet in one place.
 */
#include "broker/image.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/chk.h"
#include "base/map.h"
#include "model/limits.h"
#include "model/topic.h"
#include "os/os.h"

#define BUCKET_CNT 1024u

struct slot {
    uint64_t hash;
    struct image_topic *topic;
};

struct bucket {
    struct ref ref;
    uint32_t cnt;
    uint32_t cap;
    struct slot slots[]; /* by hash */
};

struct image_table {
    struct ref ref;
    struct bucket *buckets[BUCKET_CNT];
};

struct image_brokers {
    struct ref ref;
    size_t cnt;
    struct image_broker *brokers; /* by id */
    /* behind it: the brokers, their endpoints, their text */
};

struct image_edit {
    struct image *img;
};

struct image_holder {
    struct os_lock *lock;
    struct pub newest;
};

/* Drops const from an object whose count, not its value, is about to change. */
#define COUNTED(type, ptr) ((type *)(uintptr_t)(const void *)(ptr))

/* ---- Config ---------------------------------------------------------------------------------- */

static int pair_cmp(const void *a, const void *b)
{
    const struct setting_pair *x = a;
    const struct setting_pair *y = b;

    return slice_cmp(x->name, y->name);
}

/* Of several pairs of one name the last one counts, as where a map was filled in this order. */
static bool pair_counts(const struct setting_pair *pairs, size_t cnt, size_t idx)
{
    if (slice_is_null(pairs[idx].value)) {
        return false;
    }
    for (size_t i = idx + 1; i < cnt; i++) {
        if (slice_eq(pairs[i].name, pairs[idx].name)) {
            return false;
        }
    }
    return true;
}

int image_config_new(const struct settings *s, const struct setting_pair *overrides,
                     size_t override_cnt, struct image_config **ret_config)
{
    size_t bytes = sizeof(struct image_config);
    struct image_config *c;
    struct setting_pair *pairs;
    uint8_t *text;

    if (override_cnt > SETTINGS_PER_TOPIC_MAX) {
        return ERR_LIMIT;
    }
    for (size_t i = 0; i < override_cnt; i++) {
        bytes += sizeof(*pairs) + overrides[i].name.len + overrides[i].value.len;
    }
    c = malloc(bytes);
    if (c == NULL) {
        return ERR_NOMEM;
    }
    ref_init(&c->ref);
    pairs = (struct setting_pair *)(c + 1);
    text = (uint8_t *)(pairs + override_cnt);
    c->overrides = pairs;
    c->override_cnt = 0;
    for (size_t i = 0; i < override_cnt; i++) {
        const struct setting_pair *from = &overrides[i];
        struct setting_pair *to = &pairs[c->override_cnt];

        if (!pair_counts(overrides, override_cnt, i)) {
            continue;
        }
        memcpy(text, from->name.ptr, from->name.len);
        to->name = slice_of(text, from->name.len);
        text += from->name.len;
        if (from->value.len > 0) {
            memcpy(text, from->value.ptr, from->value.len);
        }
        to->value = slice_of(text, from->value.len);
        text += from->value.len;
        c->override_cnt++;
    }
    if (c->override_cnt > 1) {
        qsort(pairs, c->override_cnt, sizeof(*pairs), pair_cmp);
    }
    topic_config_resolve(s, pairs, c->override_cnt, &c->resolved);
    *ret_config = c;
    return 0;
}

struct image_config *image_config_ref(struct image_config *c)
{
    ref_get(&c->ref);
    return c;
}

void image_config_unref(struct image_config *c)
{
    if (c != NULL && ref_put(&c->ref)) {
        free(c);
    }
}

/* ---- Topics ---------------------------------------------------------------------------------- */

int image_topic_new(const struct image_topic_spec *spec, struct image_topic **ret_topic)
{
    size_t partition_cnt = (size_t)spec->partition_cnt;
    size_t bytes = sizeof(struct image_topic) + partition_cnt * sizeof(struct image_partition);
    struct image_topic *t;
    struct image_partition *partitions;
    broker_id_t *ids;
    char *text;

    if (spec->partition_cnt < 0 || spec->name.len > TOPIC_NAME_LEN_MAX) {
        return ERR_RANGE;
    }
    for (size_t i = 0; i < partition_cnt; i++) {
        const struct image_partition *p = &spec->partitions[i];

        if (p->replica_cnt < 0 || p->isr_cnt < 0) {
            return ERR_RANGE;
        }
        bytes += ((size_t)p->replica_cnt + (size_t)p->isr_cnt) * sizeof(*ids);
    }
    t = malloc(bytes + spec->name.len + 1);
    if (t == NULL) {
        return ERR_NOMEM;
    }
    ref_init(&t->ref);
    t->is_internal = topic_is_internal(spec->name);
    t->partition_cnt = spec->partition_cnt;
    t->id = spec->id;
    t->config = image_config_ref(spec->config);
    partitions = (struct image_partition *)(t + 1);
    ids = (broker_id_t *)(partitions + partition_cnt);
    for (size_t i = 0; i < partition_cnt; i++) {
        const struct image_partition *from = &spec->partitions[i];

        partitions[i] = *from;
        partitions[i].replicas = ids;
        for (int32_t k = 0; k < from->replica_cnt; k++) {
            *ids++ = from->replicas[k];
        }
        partitions[i].isr = ids;
        for (int32_t k = 0; k < from->isr_cnt; k++) {
            *ids++ = from->isr[k];
        }
    }
    t->partitions = partitions;
    text = (char *)ids;
    memcpy(text, spec->name.ptr, spec->name.len);
    text[spec->name.len] = '\0';
    t->name = slice_of(text, spec->name.len);
    *ret_topic = t;
    return 0;
}

struct image_topic *image_topic_ref(const struct image_topic *t)
{
    struct image_topic *counted = COUNTED(struct image_topic, t);

    ref_get(&counted->ref);
    return counted;
}

void image_topic_unref(struct image_topic *t)
{
    if (t != NULL && ref_put(&t->ref)) {
        image_config_unref(COUNTED(struct image_config, t->config));
        free(t);
    }
}

/* ---- Brokers --------------------------------------------------------------------------------- */

static int broker_cmp(const void *a, const void *b)
{
    const struct image_broker *x = a;
    const struct image_broker *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

static struct slice text_copy(uint8_t **at, struct slice text)
{
    struct slice copy = slice_of(*at, text.len);

    if (slice_is_null(text)) {
        return SLICE_NULL;
    }
    if (text.len > 0) {
        memcpy(*at, text.ptr, text.len);
    }
    *at += text.len;
    return copy;
}

static struct image_brokers *brokers_new(const struct image_broker *brokers, size_t cnt)
{
    size_t bytes = sizeof(struct image_brokers) + cnt * sizeof(*brokers);
    size_t endpoint_cnt = 0;
    struct image_brokers *b;
    struct image_endpoint *endpoints;
    uint8_t *text;

    for (size_t i = 0; i < cnt; i++) {
        endpoint_cnt += brokers[i].endpoint_cnt;
        bytes += brokers[i].endpoint_cnt * sizeof(*endpoints) + brokers[i].rack.len;
        for (size_t k = 0; k < brokers[i].endpoint_cnt; k++) {
            bytes += brokers[i].endpoints[k].listener.len + brokers[i].endpoints[k].host.len;
        }
    }
    b = malloc(bytes);
    if (b == NULL) {
        return NULL;
    }
    ref_init(&b->ref);
    b->cnt = cnt;
    b->brokers = (struct image_broker *)(b + 1);
    endpoints = (struct image_endpoint *)(b->brokers + cnt);
    text = (uint8_t *)(endpoints + endpoint_cnt);
    for (size_t i = 0; i < cnt; i++) {
        struct image_broker *to = &b->brokers[i];

        *to = brokers[i];
        to->endpoints = endpoints;
        to->rack = text_copy(&text, brokers[i].rack);
        for (size_t k = 0; k < to->endpoint_cnt; k++) {
            const struct image_endpoint *from = &brokers[i].endpoints[k];

            *endpoints = *from;
            endpoints->listener = text_copy(&text, from->listener);
            endpoints->host = text_copy(&text, from->host);
            endpoints++;
        }
    }
    if (cnt > 1) {
        qsort(b->brokers, cnt, sizeof(*b->brokers), broker_cmp);
    }
    return b;
}

static void brokers_unref(struct image_brokers *b)
{
    if (b != NULL && ref_put(&b->ref)) {
        free(b);
    }
}

const struct image_endpoint *image_broker_endpoint(const struct image_broker *b,
                                                   struct slice listener)
{
    for (size_t i = 0; i < b->endpoint_cnt; i++) {
        if (slice_eq(b->endpoints[i].listener, listener)) {
            return &b->endpoints[i];
        }
    }
    return NULL;
}

size_t image_broker_cnt(const struct image *img)
{
    return img->brokers == NULL ? 0 : img->brokers->cnt;
}

const struct image_broker *image_broker_at(const struct image *img, size_t idx)
{
    ASSERT(idx < image_broker_cnt(img));
    return &img->brokers->brokers[idx];
}

const struct image_broker *image_broker_by_id(const struct image *img, broker_id_t id)
{
    struct image_broker wanted = {.id = id};

    if (image_broker_cnt(img) == 0) {
        return NULL;
    }
    return bsearch(&wanted, img->brokers->brokers, img->brokers->cnt, sizeof(wanted), broker_cmp);
}

/* ---- Tables ---------------------------------------------------------------------------------- */

static uint64_t name_hash(uint64_t seed, struct slice name)
{
    uint8_t same[TOPIC_NAME_LEN_MAX];

    if (name.len > sizeof(same)) {
        return 0; /* no topic has such a name */
    }
    for (size_t i = 0; i < name.len; i++) {
        same[i] = name.ptr[i] == '.' ? (uint8_t)'_' : name.ptr[i];
    }
    return hash_bytes(seed, slice_of(same, name.len));
}

static uint64_t id_hash(uint64_t seed, struct uuid id)
{
    return hash_bytes(seed, slice_of(id.b, sizeof(id.b)));
}

static size_t bucket_idx(uint64_t hash)
{
    return (size_t)(hash >> 54); /* the highest 10 bits; within the bucket the order is by all */
}

/* The first slot whose hash is not below. */
static uint32_t bucket_lower(const struct bucket *b, uint64_t hash)
{
    uint32_t low = 0;
    uint32_t high = b->cnt;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (b->slots[mid].hash < hash) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

static void bucket_unref(struct bucket *b)
{
    if (b == NULL || !ref_put(&b->ref)) {
        return;
    }
    for (uint32_t i = 0; i < b->cnt; i++) {
        image_topic_unref(b->slots[i].topic);
    }
    free(b);
}

static struct bucket *bucket_new(uint32_t cap)
{
    struct bucket *b = malloc(sizeof(*b) + cap * sizeof(b->slots[0]));

    if (b != NULL) {
        ref_init(&b->ref);
        b->cnt = 0;
        b->cap = cap;
    }
    return b;
}

static struct image_table *table_copy(const struct image_table *from)
{
    struct image_table *t = calloc(1, sizeof(*t));

    if (t == NULL) {
        return NULL;
    }
    ref_init(&t->ref);
    for (size_t i = 0; from != NULL && i < BUCKET_CNT; i++) {
        t->buckets[i] = from->buckets[i];
        if (t->buckets[i] != NULL) {
            ref_get(&t->buckets[i]->ref);
        }
    }
    return t;
}

static void table_unref(struct image_table *t)
{
    if (t == NULL || !ref_put(&t->ref)) {
        return;
    }
    for (size_t i = 0; i < BUCKET_CNT; i++) {
        bucket_unref(t->buckets[i]);
    }
    free(t);
}

/* Makes the bucket of this hash one that only this (unpublished) table has, with room for one more. */
static struct bucket *table_own_bucket(struct image_table *t, uint64_t hash)
{
    struct bucket **place = &t->buckets[bucket_idx(hash)];
    struct bucket *old = *place;
    struct bucket *b;

    if (old != NULL && !ref_is_shared(&old->ref) && old->cnt < old->cap) {
        return old;
    }
    /* Buckets grow by half: many images share them, so what is spare is spare many times. */
    b = bucket_new(old == NULL ? 1 : old->cnt + old->cnt / 2 + 1);
    if (b == NULL) {
        return NULL;
    }
    if (old != NULL) {
        for (uint32_t i = 0; i < old->cnt; i++) {
            b->slots[i] = old->slots[i];
            (void)image_topic_ref(b->slots[i].topic);
        }
        b->cnt = old->cnt;
    }
    bucket_unref(old);
    *place = b;
    return b;
}

/* Owned by table_own_bucket() before. Takes over the caller's reference. */
static void bucket_insert(struct bucket *b, uint64_t hash, struct image_topic *topic)
{
    uint32_t at = bucket_lower(b, hash);

    ASSERT(b->cnt < b->cap);
    memmove(&b->slots[at + 1], &b->slots[at], (b->cnt - at) * sizeof(b->slots[0]));
    b->slots[at] = (struct slot){.hash = hash, .topic = topic};
    b->cnt++;
}

static void bucket_remove(struct bucket *b, uint64_t hash, const struct image_topic *topic)
{
    uint32_t at = bucket_lower(b, hash);

    while (b->slots[at].topic != topic) {
        at++;
        ASSERT(at < b->cnt);
    }
    image_topic_unref(b->slots[at].topic);
    b->cnt--;
    memmove(&b->slots[at], &b->slots[at + 1], (b->cnt - at) * sizeof(b->slots[0]));
}

/* ---- The image ------------------------------------------------------------------------------- */

struct image *image_ref(const struct image *img)
{
    struct image *counted = COUNTED(struct image, img);

    ref_get(&counted->ref);
    return counted;
}

void image_unref(struct image *img)
{
    if (img != NULL && ref_put(&img->ref)) {
        brokers_unref(img->brokers);
        table_unref(img->by_name);
        table_unref(img->by_id);
        free(img);
    }
}

static struct image_topic *find_by_name(const struct image *img, struct slice name, bool colliding)
{
    uint64_t hash = name_hash(img->seed, name);
    const struct bucket *b = img->by_name->buckets[bucket_idx(hash)];

    if (b == NULL) {
        return NULL;
    }
    for (uint32_t i = bucket_lower(b, hash); i < b->cnt && b->slots[i].hash == hash; i++) {
        struct image_topic *t = b->slots[i].topic;

        if (colliding ? topic_name_collides(t->name, name) : slice_eq(t->name, name)) {
            return t;
        }
    }
    return NULL;
}

const struct image_topic *image_topic_by_name(const struct image *img, struct slice name)
{
    return find_by_name(img, name, false);
}

const struct image_topic *image_topic_colliding(const struct image *img, struct slice name)
{
    return find_by_name(img, name, true);
}

const struct image_topic *image_topic_by_id(const struct image *img, struct uuid id)
{
    uint64_t hash = id_hash(img->seed, id);
    const struct bucket *b = img->by_id->buckets[bucket_idx(hash)];

    if (b == NULL) {
        return NULL;
    }
    for (uint32_t i = bucket_lower(b, hash); i < b->cnt && b->slots[i].hash == hash; i++) {
        if (uuid_eq(b->slots[i].topic->id, id)) {
            return b->slots[i].topic;
        }
    }
    return NULL;
}

void image_topics_each(const struct image *img,
                       bool (*each)(void *ctx, const struct image_topic *t), void *ctx)
{
    for (size_t i = 0; i < BUCKET_CNT; i++) {
        const struct bucket *b = img->by_name->buckets[i];

        for (uint32_t k = 0; b != NULL && k < b->cnt; k++) {
            if (!each(ctx, b->slots[k].topic)) {
                return;
            }
        }
    }
}

struct gathered {
    const struct image_topic **topics;
    size_t cnt;
};

static bool gather(void *ctx, const struct image_topic *t)
{
    struct gathered *g = ctx;

    g->topics[g->cnt++] = t;
    return true;
}

static int topic_cmp(const void *a, const void *b)
{
    const struct image_topic *const *x = a;
    const struct image_topic *const *y = b;

    return slice_cmp((*x)->name, (*y)->name);
}

int image_topics_sorted(const struct image *img, const struct image_topic ***ret_topics)
{
    struct gathered g = {.topics = malloc((img->topic_cnt + 1) * sizeof(*g.topics))};

    if (g.topics == NULL) {
        return ERR_NOMEM;
    }
    image_topics_each(img, gather, &g);
    ASSERT(g.cnt == img->topic_cnt);
    if (g.cnt > 1) {
        qsort(g.topics, g.cnt, sizeof(*g.topics), topic_cmp);
    }
    *ret_topics = g.topics;
    return 0;
}

/* ---- Edits ----------------------------------------------------------------------------------- */

int image_edit_begin(const struct image *base, uint64_t seed, struct image_edit **ret_edit)
{
    struct image_edit *e = calloc(1, sizeof(*e));
    struct image *img = calloc(1, sizeof(*img));

    if (e == NULL || img == NULL) {
        free(e);
        free(img);
        return ERR_NOMEM;
    }
    ref_init(&img->ref);
    img->seed = seed;
    img->controller_id = BROKER_ID_NONE;
    if (base != NULL) {
        img->seed = base->seed;
        img->controller_id = base->controller_id;
        img->topic_cnt = base->topic_cnt;
        img->partition_cnt = base->partition_cnt;
        img->brokers = base->brokers;
        if (img->brokers != NULL) {
            ref_get(&img->brokers->ref);
        }
        memcpy(img->cluster_id_text, base->cluster_id_text, sizeof(img->cluster_id_text));
    }
    img->cluster_id = slice_cstr(img->cluster_id_text);
    img->by_name = table_copy(base == NULL ? NULL : base->by_name);
    img->by_id = table_copy(base == NULL ? NULL : base->by_id);
    e->img = img;
    if (img->by_name == NULL || img->by_id == NULL) {
        image_edit_abandon(e);
        return ERR_NOMEM;
    }
    *ret_edit = e;
    return 0;
}

static void edit_take_out(struct image *img, struct image_topic *t)
{
    uint64_t by_name = name_hash(img->seed, t->name);
    uint64_t by_id = id_hash(img->seed, t->id);

    img->topic_cnt--;
    img->partition_cnt -= t->partition_cnt;
    bucket_remove(img->by_id->buckets[bucket_idx(by_id)], by_id, t);
    bucket_remove(img->by_name->buckets[bucket_idx(by_name)], by_name, t);
}

/* The buckets of a topic, this edit's own and with room. */
static int edit_own_buckets(struct image *img, const struct image_topic *t)
{
    return table_own_bucket(img->by_name, name_hash(img->seed, t->name)) == NULL ||
                   table_own_bucket(img->by_id, id_hash(img->seed, t->id)) == NULL
               ? ERR_NOMEM
               : 0;
}

int image_edit_put_topic(struct image_edit *e, struct image_topic *t)
{
    struct image *img = e->img;
    uint64_t by_name = name_hash(img->seed, t->name);
    uint64_t by_id = id_hash(img->seed, t->id);
    struct image_topic *old = find_by_name(img, t->name, false);

    if (edit_own_buckets(img, t) != 0 || (old != NULL && edit_own_buckets(img, old) != 0)) {
        return ERR_NOMEM;
    }
    if (old != NULL) {
        edit_take_out(img, old);
    }
    bucket_insert(img->by_name->buckets[bucket_idx(by_name)], by_name, image_topic_ref(t));
    bucket_insert(img->by_id->buckets[bucket_idx(by_id)], by_id, image_topic_ref(t));
    img->topic_cnt++;
    img->partition_cnt += t->partition_cnt;
    return 0;
}

int image_edit_remove_topic(struct image_edit *e, struct slice name)
{
    struct image_topic *old = find_by_name(e->img, name, false);

    if (old == NULL) {
        return ERR_NOT_FOUND;
    }
    if (edit_own_buckets(e->img, old) != 0) {
        return ERR_NOMEM;
    }
    edit_take_out(e->img, old);
    return 0;
}

int image_edit_set_brokers(struct image_edit *e, const struct image_broker *brokers, size_t cnt)
{
    struct image_brokers *b = brokers_new(brokers, cnt);

    if (b == NULL) {
        return ERR_NOMEM;
    }
    brokers_unref(e->img->brokers);
    e->img->brokers = b;
    return 0;
}

void image_edit_set_controller(struct image_edit *e, broker_id_t id)
{
    e->img->controller_id = id;
}

void image_edit_set_cluster_id(struct image_edit *e, struct uuid id)
{
    uuid_format(id, e->img->cluster_id_text);
    e->img->cluster_id = slice_cstr(e->img->cluster_id_text);
}

struct image *image_edit_finish(struct image_edit *e)
{
    struct image *img = e->img;

    free(e);
    return img;
}

void image_edit_abandon(struct image_edit *e)
{
    if (e != NULL) {
        image_unref(e->img);
        free(e);
    }
}

/* ---- Publishing ------------------------------------------------------------------------------ */

int image_holder_new(struct image *first, struct image_holder **ret_holder)
{
    struct image_holder *h = calloc(1, sizeof(*h));
    int rc;

    if (h == NULL) {
        return ERR_NOMEM;
    }
    rc = os_lock_new(&h->lock);
    if (rc != 0) {
        free(h);
        return rc;
    }
    pub_set(&h->newest, first);
    *ret_holder = h;
    return 0;
}

void image_holder_free(struct image_holder *h)
{
    if (h != NULL) {
        image_unref(pub_get(&h->newest));
        os_lock_free(h->lock);
        free(h);
    }
}

void image_holder_swap(struct image_holder *h, struct image *img)
{
    struct image *old;

    os_lock_take(h->lock);
    old = pub_get(&h->newest);
    pub_set(&h->newest, img);
    os_lock_drop(h->lock);
    image_unref(old);
}

struct image *image_holder_ref(struct image_holder *h)
{
    struct image *img;

    os_lock_take(h->lock);
    img = image_ref(pub_get(&h->newest));
    os_lock_drop(h->lock);
    return img;
}

void image_reader_init(struct image_reader *r, struct image_holder *h)
{
    *r = (struct image_reader){.holder = h};
}

void image_reader_release(struct image_reader *r)
{
    image_unref(r->seen);
    r->seen = NULL;
}

const struct image *image_reader_get(struct image_reader *r)
{
    /* What was seen is kept alive, so its address can not have become another image's. */
    if (r->seen == NULL || pub_get(&r->holder->newest) != r->seen) {
        image_unref(r->seen);
        r->seen = image_holder_ref(r->holder);
    }
    return r->seen;
}
