#include "fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/wr.h"
#include "model/limits.h"
#include "os/reactor.h"

struct catalog {
    struct fake *fake;
};

struct broker {
    struct fake *fake;
};

struct fake {
    struct broker broker;
    struct catalog catalog;
    struct os *os;
    struct settings *settings;
    struct image *img;
    struct reactor *home;
    struct reactor *reactor; /* requests' */
    struct api *api;
    struct arena arena;

    /* the catalog */
    bool holds;
    struct catalog_create *held_creates[FAKE_HELD_MAX];
    struct catalog_delete *held_deletes[FAKE_HELD_MAX];
    struct slice held_names[2 * FAKE_HELD_MAX];
    size_t held_create_cnt;
    size_t held_delete_cnt;
    size_t catalog_calls;
    uint8_t next_id;

    /* the request */
    struct request_peer peer;
    struct request rq;
    struct slice sent;
    struct slice answer;
    int16_t answer_version;
    bool is_answered;
    enum request_outcome outcome;
};

/* --- the broker ------------------------------------------------------------------------------------ */

struct os *broker_os(struct broker *b)
{
    return b->fake->os;
}

struct logger *broker_logger(struct broker *b)
{
    (void)b;
    return NULL;
}

const struct settings *broker_settings(const struct broker *b)
{
    return b->fake->settings;
}

broker_id_t broker_id(const struct broker *b)
{
    (void)b;
    return FAKE_BROKER_ID;
}

struct catalog *broker_catalog(struct broker *b)
{
    return &b->fake->catalog;
}

struct reactor *broker_home(struct broker *b)
{
    return b->fake->home;
}

struct workers *broker_workers(struct broker *b)
{
    (void)b;
    return NULL;
}

/* Always by way of a post, as between threads. */
void broker_on_reactor(struct reactor *r, struct reactor_task *task)
{
    reactor_post(r, task);
}

void broker_on_home(struct broker *b, struct reactor_task *task)
{
    reactor_post(b->fake->home, task);
}

const struct image *broker_image(struct broker *b, struct reactor *r)
{
    (void)r;
    return b->fake->img;
}

int64_t broker_wall_ms(const struct reactor *r)
{
    return reactor_wall_ms(r);
}

struct codecs *broker_codecs(struct broker *b, struct reactor *r)
{
    (void)b;
    (void)r;
    return NULL;
}

struct partition *broker_partition(struct broker *b, const struct image_topic *t,
                                   partition_id_t idx)
{
    (void)b;
    (void)t;
    (void)idx;
    return NULL;
}

struct fetch_sessions *broker_fetch_sessions(struct broker *b)
{
    (void)b;
    return NULL;
}

size_t broker_log_dir_cnt(const struct broker *b)
{
    (void)b;
    return 0;
}

struct log_dir *broker_log_dir_at(struct broker *b, size_t idx)
{
    (void)b;
    (void)idx;
    return NULL;
}

struct os_lock *broker_stripe(struct broker *b, const void *what)
{
    (void)b;
    (void)what;
    return NULL;
}

/* --- the image -------------------------------------------------------------------------------------- */

static struct image_edit *edit_begin(struct fake *f)
{
    struct image_edit *e;

    assert_int_equal(image_edit_begin(f->img, 7, &e), 0);
    return e;
}

static void edit_end(struct fake *f, struct image_edit *e)
{
    struct image *old = f->img;

    f->img = image_edit_finish(e);
    image_unref(old);
}

static void image_make(struct fake *f)
{
    const struct image_endpoint one[] = {
        {SLICE_LIT("PLAINTEXT"), SLICE_LIT("one.example"), 9092, SECURITY_PLAINTEXT},
        {SLICE_LIT("INTERNAL"), SLICE_LIT("10.0.0.1"), 9093, SECURITY_PLAINTEXT},
    };
    const struct image_endpoint two[] = {
        {SLICE_LIT("INTERNAL"), SLICE_LIT("10.0.0.2"), 9093, SECURITY_PLAINTEXT},
    };
    const struct image_broker brokers[] = {
        {.id = 1, .rack = SLICE_LIT("r1"), .endpoints = one, .endpoint_cnt = 2},
        {.id = 2, .rack = SLICE_NULL, .endpoints = two, .endpoint_cnt = 1},
    };
    struct image_edit *e = edit_begin(f);

    assert_int_equal(image_edit_set_brokers(e, brokers, 2), 0);
    image_edit_set_controller(e, 1);
    image_edit_set_cluster_id(e, fake_id(200));
    edit_end(f, e);
}

struct uuid fake_id(uint8_t id)
{
    return (struct uuid){{id, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};
}

static struct image_topic *topic_make(struct fake *f, struct slice name, uint8_t id,
                                      int32_t partition_cnt, const broker_id_t *replicas,
                                      int32_t replica_cnt, broker_id_t leader,
                                      const struct setting_pair *configs, size_t config_cnt)
{
    struct image_partition *parts = calloc((size_t)partition_cnt + 1, sizeof(*parts));
    struct image_config *config;
    struct image_topic *t;

    assert_non_null(parts);
    for (int32_t i = 0; i < partition_cnt; i++) {
        parts[i] = (struct image_partition){
            .leader = leader,
            .leader_epoch = 5,
            .replica_cnt = replica_cnt,
            .isr_cnt = replica_cnt,
            .replicas = replicas,
            .isr = replicas,
        };
    }
    assert_int_equal(image_config_new(f->settings, configs, config_cnt, &config), 0);
    assert_int_equal(image_topic_new(&(struct image_topic_spec){.name = name,
                                                                .id = fake_id(id),
                                                                .partitions = parts,
                                                                .partition_cnt = partition_cnt,
                                                                .config = config},
                                     &t),
                     0);
    image_config_unref(config);
    free(parts);
    return t;
}

static void topic_put(struct fake *f, struct image_topic *t)
{
    struct image_edit *e = edit_begin(f);

    assert_int_equal(image_edit_put_topic(e, t), 0);
    edit_end(f, e);
    image_topic_unref(t);
}

void fake_add_topic_on(struct fake *f, const char *name, uint8_t id, int32_t partition_cnt,
                       const broker_id_t *replicas, int32_t replica_cnt, broker_id_t leader)
{
    topic_put(f, topic_make(f, slice_cstr(name), id, partition_cnt, replicas, replica_cnt, leader,
                            NULL, 0));
}

void fake_add_topic(struct fake *f, const char *name, uint8_t id, int32_t partition_cnt)
{
    fake_add_topic_on(f, name, id, partition_cnt, (const broker_id_t[]){1}, 1, 1);
}

void fake_add_topic_with(struct fake *f, const char *name, uint8_t id, const char *setting,
                         const char *value)
{
    const struct setting_pair pair = {slice_cstr(setting), slice_cstr(value)};

    topic_put(f, topic_make(f, slice_cstr(name), id, 1, (const broker_id_t[]){1}, 1, 1, &pair, 1));
}

bool fake_has_topic(struct fake *f, const char *name)
{
    return image_topic_by_name(f->img, slice_cstr(name)) != NULL;
}

/* --- the catalog -------------------------------------------------------------------------------------- */

static void create_end(struct fake *f, struct catalog_create *req, struct slice name)
{
    int32_t cnt = req->assignment_cnt > 0    ? (int32_t)req->assignment_cnt
                  : req->partition_cnt == -1 ? 3
                                             : req->partition_cnt;
    struct image_topic *t;

    req->error = KERR_NONE;
    req->why[0] = '\0';
    if (image_topic_by_name(f->img, name) != NULL) {
        req->error = KERR_TOPIC_ALREADY_EXISTS;
        (void)snprintf(req->why, sizeof(req->why), "a topic of this name exists");
        req->done(req);
        return;
    }
    if (cnt < 1 || cnt > PARTITIONS_PER_CREATION_MAX) {
        req->error = KERR_INVALID_PARTITIONS;
        (void)snprintf(req->why, sizeof(req->why), "%d partitions", cnt);
        req->done(req);
        return;
    }
    t = topic_make(f, name, ++f->next_id, cnt, (const broker_id_t[]){1}, 1, 1, req->configs,
                   req->config_cnt);
    req->topic = t;
    if (!req->validate_only) {
        topic_put(f, image_topic_ref(t));
    }
    req->done(req);
    image_topic_unref(t);
}

void catalog_create_topic(struct catalog *c, struct catalog_create *req)
{
    struct fake *f = c->fake;

    f->catalog_calls++;
    if (!f->holds) {
        create_end(f, req, req->name);
        return;
    }
    assert_true(f->held_create_cnt < FAKE_HELD_MAX);
    f->held_names[f->held_create_cnt] = arena_dup(&f->arena, req->name);
    f->held_creates[f->held_create_cnt++] = req;
    /* What it named may be gone when it is asked again. */
    req->configs = NULL;
    req->config_cnt = 0;
    req->assignment = NULL;
    req->assignment_cnt = 0;
}

static void delete_end(struct fake *f, struct catalog_delete *req, struct slice name)
{
    struct image_edit *e;

    req->error = KERR_NONE;
    req->why[0] = '\0';
    if (slice_is_null(name) || image_topic_by_name(f->img, name) == NULL) {
        req->error = slice_is_null(name) ? KERR_UNKNOWN_TOPIC_ID : KERR_UNKNOWN_TOPIC_OR_PARTITION;
        (void)snprintf(req->why, sizeof(req->why), "there is no such topic");
        req->done(req);
        return;
    }
    e = edit_begin(f);
    assert_int_equal(image_edit_remove_topic(e, name), 0);
    edit_end(f, e);
    req->done(req);
}

void catalog_delete_topic(struct catalog *c, struct catalog_delete *req)
{
    struct fake *f = c->fake;
    const struct image_topic *t =
        slice_is_null(req->name) ? image_topic_by_id(f->img, req->id) : NULL;
    struct slice name = t == NULL ? req->name : t->name;

    f->catalog_calls++;
    name = slice_is_null(name) ? name : arena_dup(&f->arena, name);
    if (!f->holds) {
        delete_end(f, req, name);
        return;
    }
    assert_true(f->held_delete_cnt < FAKE_HELD_MAX);
    f->held_names[FAKE_HELD_MAX + f->held_delete_cnt] = name;
    f->held_deletes[f->held_delete_cnt++] = req;
}

void fake_hold(struct fake *f)
{
    f->holds = true;
}

size_t fake_held(const struct fake *f)
{
    return f->held_create_cnt + f->held_delete_cnt;
}

size_t fake_catalog_calls(const struct fake *f)
{
    return f->catalog_calls;
}

void fake_let_go(struct fake *f)
{
    for (size_t i = 0; i < f->held_create_cnt; i++) {
        create_end(f, f->held_creates[i], f->held_names[i]);
    }
    for (size_t i = 0; i < f->held_delete_cnt; i++) {
        delete_end(f, f->held_deletes[i], f->held_names[FAKE_HELD_MAX + i]);
    }
    f->held_create_cnt = 0;
    f->held_delete_cnt = 0;
    f->holds = false;
}

/* --- requests ---------------------------------------------------------------------------------------- */

static void op_none(struct request *rq)
{
    (void)rq;
}

static struct slice chain_flat(struct chain *c, struct arena *a)
{
    uint8_t *bytes = arena_alloc(a, c->len);
    size_t at = 0;

    assert_non_null(bytes);
    for (uint32_t i = 0; i < c->cnt; i++) {
        const struct chain_part *p = chain_part_at(c, i);

        assert_null(p->file);
        memcpy(bytes + at, p->ptr, p->len);
        at += p->len;
    }
    assert_int_equal(at, c->len);
    return slice_of(bytes, at);
}

/* The handler's memory goes away and is overwritten, as in the network: nothing may still use it. */
static void op_done(struct request *rq, enum request_outcome outcome)
{
    struct fake *f = CONTAINER_OF(rq, struct fake, rq);

    assert_false(f->is_answered);
    f->is_answered = true;
    f->outcome = outcome;
    if (outcome == REQUEST_ANSWERED) {
        f->answer = chain_flat(&rq->reply, &f->arena);
    }
    chain_clear(&rq->reply);
    arena_release(&rq->arena);
    if (f->sent.len > 0) {
        memset((uint8_t *)(uintptr_t)f->sent.ptr, 0xee, f->sent.len);
    }
}

static const struct request_ops fake_ops = {op_none, op_none, op_done};

static void send_body(struct fake *f, int16_t key, int16_t version, struct slice body)
{
    struct request_sink *sink = api_sink(f->api);

    f->sent = body;
    f->answer_version = version;
    f->is_answered = false;
    f->rq = (struct request){
        .head = {key, version, 4711, SLICE_LIT("test")},
        .body = body,
        .reactor = f->reactor,
        .peer = &f->peer,
        .ops = &fake_ops,
    };
    arena_init(&f->rq.arena, 16u << 20);
    chain_init(&f->rq.reply);
    sink->handle(sink, &f->rq);
}

void fake_send(struct fake *f, int16_t key, int16_t version, const void *request)
{
    struct chain c;
    struct wr w;
    struct slice body;

    chain_init(&c);
    wr_init(&w, &c, 0);
    assert_int_equal(msg_encode(api_key_info[key].request, request, &w, version), 0);
    assert_int_equal(wr_finish(&w), 0);
    body = chain_flat(&c, &f->arena);
    chain_clear(&c);
    send_body(f, key, version, body);
}

bool fake_is_answered(const struct fake *f)
{
    return f->is_answered;
}

void fake_turn(struct fake *f, int64_t max_wait_ms)
{
    reactor_turn(f->home, max_wait_ms);
    reactor_turn(f->reactor, 0);
}

enum request_outcome fake_receive(struct fake *f, void *ret_response)
{
    const struct msg_desc *desc;
    struct rd r;

    for (int i = 0; i < 10000 && !f->is_answered; i++) {
        fake_turn(f, 1);
    }
    assert_true(f->is_answered);
    if (f->outcome != REQUEST_ANSWERED) {
        return f->outcome;
    }
    desc = api_key_info[f->rq.head.key].response;
    rd_init(&r, f->answer);
    assert_int_equal(rd_i32(&r), (int32_t)f->answer.len - 4);
    assert_int_equal(rd_i32(&r), 4711);
    if (msg_is_flex(desc, f->answer_version) && f->rq.head.key != API_API_VERSIONS) {
        assert_int_equal(rd_u8(&r), 0);
    }
    assert_int_equal(msg_decode(desc, ret_response, &r, f->answer_version, &f->arena), 0);
    assert_int_equal(rd_finish(&r), 0);
    return f->outcome;
}

enum request_outcome fake_call(struct fake *f, int16_t key, int16_t version, const void *request,
                               void *ret_response)
{
    fake_send(f, key, version, request);
    return fake_receive(f, ret_response);
}

enum request_outcome fake_call_raw(struct fake *f, int16_t key, int16_t version, struct slice body,
                                   int16_t answer_version, void *ret_response)
{
    send_body(f, key, version, body.len == 0 ? body : arena_dup(&f->arena, body));
    f->answer_version = answer_version;
    return fake_receive(f, ret_response);
}

enum request_outcome fake_call_here(struct fake *f, int16_t key, int16_t version, struct slice body,
                                    void *ret_response)
{
    send_body(f, key, version, body);
    return fake_receive(f, ret_response);
}

/* --- life --------------------------------------------------------------------------------------------- */

struct arena *fake_arena(struct fake *f)
{
    return &f->arena;
}

struct settings *fake_settings(struct fake *f)
{
    return f->settings;
}

void fake_set(struct fake *f, const char *setting, const char *value)
{
    struct setting_why why;

    assert_int_equal(settings_set(f->settings, slice_cstr(setting), slice_cstr(value),
                                  SETTING_SOURCE_STATIC, &why),
                     0);
}

void fake_listener(struct fake *f, const char *name, bool inter_broker)
{
    f->peer.listener = name;
    f->peer.inter_broker = inter_broker;
}

struct fake *fake_new(void)
{
    struct fake *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->broker.fake = f;
    f->catalog.fake = f;
    f->next_id = 100;
    f->peer = (struct request_peer){
        .listener = "PLAINTEXT",
        .address = "127.0.0.1:1",
        .principal = SLICE_LIT("User:ANONYMOUS"),
        .connection_id = 1,
    };
    arena_init(&f->arena, 64u << 20);
    assert_int_equal(os_new(&f->os), 0);
    assert_int_equal(settings_new(&f->settings), 0);
    assert_int_equal(reactor_new(f->os, &f->home), 0);
    assert_int_equal(reactor_new(f->os, &f->reactor), 0);
    assert_int_equal(api_new(&f->broker, &f->api), 0);
    image_make(f);
    return f;
}

void fake_free(struct fake *f)
{
    assert_int_equal(fake_held(f), 0);
    api_free(f->api);
    reactor_free(f->reactor);
    reactor_free(f->home);
    image_unref(f->img);
    settings_free(f->settings);
    os_free(f->os);
    arena_release(&f->arena);
    free(f);
}
