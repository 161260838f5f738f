/*
 * The catalog over the store in memory, with every step lost, failed or cut off once; and over the
 * embedded store with a kill in between.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/uuid.h"
#include "broker/catalog.h"
#include "broker/image.h"
#include "meta/embedded.h"
#include "meta/memory.h"
#include "os/os.h"
#include "os/reactor.h"
#include "os/workers.h"

#define BROKER_ID 7

/* A broker's worth of things around a catalog. The tree outlives the broker. */
struct world {
    struct os *os;
    struct settings *settings;
    struct listeners advertised;
    struct memory_tree *tree;
    struct reactor *reactor; /* with the embedded store */
    struct workers *workers;
    struct meta *meta;
    struct catalog *catalog;
    struct uuid cluster_id;
    /* what the broker heard */
    int started_cnt;
    char failed[512];
    int added_cnt;
    int removed_cnt;
    int lost_cnt;
    int32_t removed_partition_cnt;
    char heard[512]; /* "+a -a " */
    bool holds_removals;
    struct catalog_removal *held;
    int stopped_cnt;
    /* faults */
    int request_cnt;
    int fault_at;
    enum memory_fault fault;
};

static void turn(struct world *w)
{
    if (w->tree != NULL) {
        (void)memory_tree_step(w->tree);
    } else {
        reactor_turn(w->reactor, 100);
    }
}

static enum memory_fault draw(void *ctx, const struct meta_request *req)
{
    struct world *w = ctx;

    (void)req;
    return ++w->request_cnt == w->fault_at ? w->fault : MEMORY_FAULT_NONE;
}

static void hear(struct world *w, char sign, struct slice name)
{
    size_t at = strlen(w->heard);

    (void)snprintf(w->heard + at, sizeof(w->heard) - at, "%c%.*s ", sign, SLICE_FMT(name));
}

static const struct image_topic *topic(struct world *w, const char *name)
{
    /* Borrowed from the holder: no one swaps while a test looks. */
    struct image *img = image_holder_ref(catalog_images(w->catalog));
    const struct image_topic *t = image_topic_by_name(img, slice_cstr(name));

    image_unref(img);
    return t;
}

static void on_added(void *ctx, const struct image_topic *t)
{
    struct world *w = ctx;

    w->added_cnt++;
    hear(w, '+', t->name);
    assert_ptr_equal(topic(w, (const char *)t->name.ptr), t); /* published before */
}

static void on_removed(void *ctx, const struct image_topic *t, struct catalog_removal *removal)
{
    struct world *w = ctx;

    w->removed_cnt++;
    w->removed_partition_cnt = t->partition_cnt;
    hear(w, '-', t->name);
    assert_null(topic(w, (const char *)t->name.ptr));
    if (w->holds_removals) {
        assert_null(w->held);
        w->held = removal;
    } else {
        catalog_removal_done(w->catalog, removal);
    }
}

static void on_lost(void *ctx, const char *why)
{
    struct world *w = ctx;

    assert_true(strlen(why) > 10);
    w->lost_cnt++;
}

static void on_started(void *ctx, const char *failed)
{
    struct world *w = ctx;

    w->started_cnt++;
    (void)snprintf(w->failed, sizeof(w->failed), "%s", failed == NULL ? "" : failed);
}

static void on_stopped(void *ctx)
{
    struct world *w = ctx;

    w->stopped_cnt++;
}

static void world_init(struct world *w)
{
    memset(w, 0, sizeof(*w));
    assert_int_equal(os_new(&w->os), 0);
    assert_int_equal(settings_new(&w->settings), 0);
    w->advertised.cnt = 1;
    w->advertised.at[0] = (struct listener){
        .protocol = SECURITY_PLAINTEXT, .port = 9092, .name = "PLAINTEXT", .host = "localhost"};
}

static void world_set(struct world *w, const char *name, const char *value)
{
    struct setting_why why;

    assert_int_equal(
        settings_set(w->settings, slice_cstr(name), slice_cstr(value), SETTING_SOURCE_STATIC, &why),
        0);
}

static void world_new_memory(struct world *w)
{
    world_init(w);
    assert_int_equal(memory_tree_new(&w->tree), 0);
    memory_tree_set_fault(w->tree, draw, w);
}

/* Begins a broker; whether it could start is in w->failed. */
static void broker_begin(struct world *w)
{
    struct catalog_options o = {
        .os = w->os,
        .settings = w->settings,
        .broker_id = BROKER_ID,
        .advertised = &w->advertised,
        .cluster_id = w->cluster_id,
        .listener = {
            .topic_added = on_added, .topic_removed = on_removed, .lost = on_lost, .ctx = w}};

    if (w->tree != NULL) {
        assert_int_equal(memory_session_open(w->tree, NULL, &w->meta), 0);
    }
    o.meta = w->meta;
    w->started_cnt = 0;
    assert_int_equal(catalog_new(&o, &w->catalog), 0);
    catalog_start(w->catalog, on_started, w);
}

static void broker_start(struct world *w)
{
    broker_begin(w);
    while (w->started_cnt == 0) {
        turn(w);
    }
    assert_int_equal(w->started_cnt, 1);
}

static void broker_start_well(struct world *w)
{
    broker_start(w);
    assert_string_equal(w->failed, "");
}

/* In whatever state it is: what it has not done yet is never done. */
static void broker_end(struct world *w)
{
    w->stopped_cnt = 0;
    meta_stop(w->meta, on_stopped, w);
    catalog_stop(w->catalog, on_stopped, w);
    if (w->held != NULL) {
        catalog_removal_done(w->catalog, w->held);
        w->held = NULL;
    }
    while (w->stopped_cnt < 2) {
        turn(w);
    }
    catalog_free(w->catalog);
    meta_free(w->meta);
    w->catalog = NULL;
    w->meta = NULL;
}

static void world_free(struct world *w)
{
    if (w->catalog != NULL) {
        broker_end(w);
    }
    memory_tree_free(w->tree);
    settings_free(w->settings);
    os_free(w->os);
}

/* ---- Calls that wait ------------------------------------------------------------------------- */

struct create {
    struct catalog_create req;
    int done_cnt;
    bool has_topic;
    struct uuid id;
};

static void on_created(struct catalog_create *req)
{
    struct create *c = CONTAINER_OF(req, struct create, req);

    c->done_cnt++;
    c->has_topic = req->topic != NULL;
    assert_int_equal(c->has_topic, req->error == KERR_NONE);
    assert_int_equal(strlen(req->why) > 0, req->error != KERR_NONE);
    if (c->has_topic) {
        c->id = req->topic->id;
    }
}

static struct catalog_create plain(const char *name)
{
    return (struct catalog_create){.name = slice_cstr(name),
                                   .partition_cnt = -1,
                                   .replication_factor = -1,
                                   .done = on_created};
}

static void settle(struct world *w, const int *done_cnt)
{
    for (int i = 0; i < 100000 && *done_cnt == 0; i++) {
        turn(w);
    }
    assert_int_equal(*done_cnt, 1);
}

static enum kerr create_with(struct world *w, struct create *c)
{
    c->done_cnt = 0;
    catalog_create_topic(w->catalog, &c->req);
    settle(w, &c->done_cnt);
    return c->req.error;
}

static enum kerr create(struct world *w, const char *name, int32_t partition_cnt)
{
    struct create c = {.req = plain(name)};

    c.req.partition_cnt = partition_cnt;
    return create_with(w, &c);
}

struct delete
{
    struct catalog_delete req;
    int done_cnt;
};

static void on_deleted(struct catalog_delete *req)
{
    struct delete *d = CONTAINER_OF(req, struct delete, req);

    d->done_cnt++;
    assert_int_equal(strlen(req->why) > 0, req->error != KERR_NONE);
}

static enum kerr delete (struct world *w, const char *name) {
    struct delete d = {.req = {.name = slice_cstr(name), .done = on_deleted}};

    catalog_delete_topic(w->catalog, &d.req);
    settle(w, &d.done_cnt);
    return d.req.error;
}

struct call {
    struct meta_request req;
    int done_cnt;
    enum meta_outcome outcome;
    char text[1024]; /* the body, or the children with a blank behind each */
};

static void on_call(struct meta_request *req)
{
    struct call *c = CONTAINER_OF(req, struct call, req);
    size_t at = 0;

    c->done_cnt++;
    c->outcome = req->outcome;
    (void)snprintf(c->text, sizeof(c->text), "%.*s", (int)req->body.len,
                   req->body.len == 0 ? "" : (const char *)req->body.ptr);
    for (size_t i = 0; i < req->child_cnt; i++) {
        at += (size_t)snprintf(c->text + at, sizeof(c->text) - at, "%.*s ",
                               SLICE_FMT(req->children[i]));
    }
}

static struct call call;

static const char *body_of(struct world *w, const char *path)
{
    call = (struct call){.req.done = on_call};
    meta_get(w->meta, &call.req, slice_cstr(path), NULL);
    settle(w, &call.done_cnt);
    return call.outcome == META_OK ? call.text : NULL;
}

static const char *children_of(struct world *w, const char *path)
{
    call = (struct call){.req.done = on_call};
    meta_list(w->meta, &call.req, slice_cstr(path), 0, NULL);
    settle(w, &call.done_cnt);
    return call.outcome == META_OK ? call.text : NULL;
}

static void put(struct world *w, const char *path, const char *body)
{
    call = (struct call){.req.done = on_call};
    meta_create(w->meta, &call.req, slice_cstr(path), slice_cstr(body), 0);
    settle(w, &call.done_cnt);
    assert_int_equal(call.outcome, META_OK);
}

static void replace(struct world *w, const char *path, const char *body)
{
    call = (struct call){.req.done = on_call};
    meta_set(w->meta, &call.req, slice_cstr(path), slice_cstr(body), -1);
    settle(w, &call.done_cnt);
    assert_int_equal(call.outcome, META_OK);
}

/* ---- The start ------------------------------------------------------------------------------- */

static void a_start_makes_kafkas_paths(void **state)
{
    static const char *const paths[] = {"/consumers",
                                        "/brokers/ids",
                                        "/brokers/topics",
                                        "/config/changes",
                                        "/admin/delete_topics",
                                        "/brokers/seqid",
                                        "/isr_change_notification",
                                        "/latest_producer_id_block",
                                        "/log_dir_event_notification",
                                        "/config/topics",
                                        "/config/clients",
                                        "/config/users",
                                        "/config/brokers",
                                        "/config/ips"};
    static struct world w;
    struct image *img;
    char expected[128];

    (void)state;
    world_new_memory(&w);
    broker_start_well(&w);
    for (size_t i = 0; i < ARRAY_CNT(paths); i++) {
        assert_non_null(body_of(&w, paths[i]));
    }
    img = image_holder_ref(catalog_images(w.catalog));
    (void)snprintf(expected, sizeof(expected), "{\"version\":\"1\",\"id\":\"%.*s\"}",
                   SLICE_FMT(img->cluster_id));
    assert_string_equal(body_of(&w, "/cluster/id"), expected);
    assert_string_equal(body_of(&w, "/controller_epoch"), "1");
    assert_non_null(strstr(body_of(&w, "/controller"), "\"brokerid\":7"));
    assert_non_null(
        strstr(body_of(&w, "/brokers/ids/7"), "\"endpoints\":[\"PLAINTEXT://localhost:9092\"]"));
    assert_int_equal(img->controller_id, BROKER_ID);
    assert_int_equal(image_broker_cnt(img), 1);
    assert_int_equal(image_broker_at(img, 0)->id, BROKER_ID);
    assert_true(image_broker_at(img, 0)->epoch > 0);
    assert_int_equal(image_broker_at(img, 0)->endpoints[0].port, 9092);
    assert_int_equal(img->topic_cnt, 0);
    image_unref(img);
    world_free(&w);
}

static void a_restart_finds_everything(void **state)
{
    const struct setting_pair configs[] = {{SLICE_LIT("retention.ms"), SLICE_LIT("5000")}};
    static struct world w;
    struct create c = {.req = plain("with.config")};
    struct image *img;
    char cluster_id[UUID_TEXT_LEN + 1];

    (void)state;
    world_new_memory(&w);
    broker_start_well(&w);
    c.req.configs = configs;
    c.req.config_cnt = 1;
    c.req.partition_cnt = 12;
    assert_int_equal(create_with(&w, &c), KERR_NONE);
    assert_int_equal(create(&w, "plain", 1), KERR_NONE);
    img = image_holder_ref(catalog_images(w.catalog));
    memcpy(cluster_id, img->cluster_id_text, sizeof(cluster_id));
    image_unref(img);
    broker_end(&w);

    w.heard[0] = '\0';
    broker_start_well(&w);
    assert_string_equal(w.heard, ""); /* the first image is not news */
    img = image_holder_ref(catalog_images(w.catalog));
    assert_int_equal(img->topic_cnt, 2);
    assert_int_equal(img->partition_cnt, 13);
    assert_string_equal(img->cluster_id_text, cluster_id);
    image_unref(img);
    assert_true(uuid_eq(topic(&w, "with.config")->id, c.id));
    assert_int_equal(topic(&w, "with.config")->config->resolved.retention_ms, 5000);
    assert_int_equal(topic(&w, "with.config")->config->override_cnt, 1);
    assert_int_equal(topic(&w, "with.config")->partitions[11].leader, BROKER_ID);
    assert_int_equal(topic(&w, "plain")->partitions[0].isr[0], BROKER_ID);
    assert_string_equal(body_of(&w, "/controller_epoch"), "2");
    world_free(&w);
}

static void the_directories_cluster_id_counts(void **state)
{
    static struct world w;
    struct image *img;
    char text[UUID_TEXT_LEN + 1];

    (void)state;
    world_new_memory(&w);
    w.cluster_id.b[3] = 9;
    broker_start_well(&w); /* a new store takes it */
    uuid_format(w.cluster_id, text);
    img = image_holder_ref(catalog_images(w.catalog));
    assert_string_equal(img->cluster_id_text, text);
    image_unref(img);
    broker_end(&w);
    broker_start_well(&w);
    broker_end(&w);
    w.cluster_id.b[3] = 8;
    broker_start(&w);
    assert_non_null(strstr(w.failed, text));
    world_free(&w);
}

static void states_differ_from_the_beginning(void **state)
{
    static struct world w;
    const struct image_partition *p;

    (void)state;
    world_new_memory(&w);
    broker_start_well(&w);
    assert_int_equal(create(&w, "t", 3), KERR_NONE);
    put(&w, "/brokers/topics/t/partitions", "");
    put(&w, "/brokers/topics/t/partitions/1", "");
    put(&w, "/brokers/topics/t/partitions/1/state", "");
    replace(
        &w, "/brokers/topics/t/partitions/1/state",
        "{\"controller_epoch\":1,\"leader\":-1,\"version\":1,\"leader_epoch\":4,\"isr\":[7,8]}");
    put(&w, "/brokers/topics/t/partitions/9", ""); /* no such partition */
    put(&w, "/brokers/topics/t/partitions/x", "");
    put(&w, "/brokers/topics/t/partitions/2", ""); /* no state in it */
    broker_end(&w);
    broker_start_well(&w);
    p = topic(&w, "t")->partitions;
    assert_int_equal(p[0].leader_epoch, 0);
    assert_int_equal(p[0].leader, BROKER_ID);
    assert_int_equal(p[1].leader, BROKER_ID_NONE);
    assert_int_equal(p[1].leader_epoch, 4);
    assert_int_equal(p[1].partition_epoch, 1); /* set once */
    assert_int_equal(p[1].isr_cnt, 2);
    assert_int_equal(p[1].isr[1], 8);
    assert_int_equal(p[1].replica_cnt, 1);
    assert_int_equal(p[2].leader, BROKER_ID);
    world_free(&w);
}

static void damage_stops_the_start_with_a_sentence(void **state)
{
    static const struct {
        const char *path;
        const char *body;
    } cases[] = {
        {"/brokers/topics/t", "no json"},
        {"/brokers/topics/t", "{\"version\":3,\"partitions\":{\"1\":[7]},\"topic_id\":\"x\"}"},
        {"/brokers/topics/t", "{\"version\":1,\"partitions\":{\"0\":[7]}}"}, /* no topic id */
        {"/config/topics/t", "{\"version\":1,\"config\":[]}"},
        {"/cluster/id", "{\"version\":\"1\"}"},
        {"/controller_epoch", "many"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(cases); i++) {
        static struct world w;

        world_new_memory(&w);
        broker_start_well(&w);
        assert_int_equal(create(&w, "t", 1), KERR_NONE);
        replace(&w, cases[i].path, cases[i].body);
        broker_end(&w);
        broker_start(&w);
        assert_true(strlen(w.failed) > 10);
        world_free(&w);
    }
}

static void one_broker_only_can_use_the_metadata(void **state)
{
    static struct world w;
    static struct world second;

    (void)state;
    world_new_memory(&w);
    broker_start_well(&w);
    world_init(&second);
    second.tree = w.tree;
    broker_start(&second);
    assert_non_null(strstr(second.failed, "broker 7 is the controller"));
    broker_end(&second);
    second.tree = NULL;
    world_free(&second);
    world_free(&w);
}

static void a_lost_session_is_told_once(void **state)
{
    static struct world w;

    (void)state;
    world_new_memory(&w);
    broker_start_well(&w);
    memory_session_expire(w.meta);
    memory_tree_run(w.tree);
    assert_int_equal(w.lost_cnt, 1);
    assert_int_equal(create(&w, "t", 1), KERR_NOT_CONTROLLER);
    world_free(&w);
}

/* ---- Creation -------------------------------------------------------------------------------- */

static void a_topic_is_written_as_kafka_does(void **state)
{
    const struct setting_pair configs[] = {{SLICE_LIT("cleanup.policy"), SLICE_LIT("compact")}};
    static struct world w;
    struct create c = {.req = plain("orders")};
    char id[UUID_TEXT_LEN + 1];
    char expected[256];

    (void)state;
    world_new_memory(&w);
    broker_start_well(&w);
    c.req.partition_cnt = 2;
    c.req.replication_factor = 1;
    c.req.configs = configs;
    c.req.config_cnt = 1;
    assert_int_equal(create_with(&w, &c), KERR_NONE);
    uuid_format(c.id, id);
    (void)snprintf(expected, sizeof(expected),
                   "{\"removing_replicas\":{},\"partitions\":{\"0\":[7],\"1\":[7]},\"topic_id\":"
                   "\"%s\",\"adding_replicas\":{},\"version\":3}",
                   id);
    assert_string_equal(body_of(&w, "/brokers/topics/orders"), expected);
    assert_string_equal(body_of(&w, "/config/topics/orders"),
                        "{\"version\":1,\"config\":{\"cleanup.policy\":\"compact\"}}");
    assert_string_equal(w.heard, "+orders ");
    assert_int_equal(topic(&w, "orders")->partition_cnt, 2);
    assert_int_equal(create(&w, "plain", -1), KERR_NONE);
    assert_int_equal(topic(&w, "plain")->partition_cnt, 1);
    assert_string_equal(body_of(&w, "/config/topics/plain"), "{\"version\":1,\"config\":{}}");
    world_free(&w);
}

static void each_wrong_creation_has_kafkas_error(void **state)
{
    static const broker_id_t self[] = {BROKER_ID, BROKER_ID};
    static const broker_id_t other[] = {99};
    static const struct catalog_assignment good[] = {{1, 1, self}, {0, 1, self}};
    static const struct catalog_assignment gap[] = {{0, 1, self}, {2, 1, self}};
    static const struct catalog_assignment negative[] = {{-1, 1, self}};
    static const struct catalog_assignment twice[] = {{0, 1, self}, {0, 1, self}};
    static const struct catalog_assignment uneven[] = {{0, 1, self}, {1, 2, self}};
    static const struct catalog_assignment same[] = {{0, 2, self}};
    static const struct catalog_assignment stranger[] = {{0, 1, other}};
    static const struct catalog_assignment none[] = {{0, 0, self}};
    const struct setting_pair unknown[] = {{SLICE_LIT("retention.mss"), SLICE_LIT("1")}};
    const struct setting_pair bad[] = {{SLICE_LIT("retention.ms"), SLICE_LIT("soon")}};
    const struct setting_pair null[] = {{SLICE_LIT("retention.ms"), SLICE_NULL}};
    const struct {
        const char *name;
        int32_t partition_cnt;
        int16_t factor;
        const struct catalog_assignment *assignment;
        size_t assignment_cnt;
        const struct setting_pair *config;
        enum kerr expected;
        const char *says;
    } cases[] = {
        {"", 1, 1, NULL, 0, NULL, KERR_INVALID_TOPIC_EXCEPTION, ""},
        {"..", 1, 1, NULL, 0, NULL, KERR_INVALID_TOPIC_EXCEPTION, ""},
        {"sp ace", 1, 1, NULL, 0, NULL, KERR_INVALID_TOPIC_EXCEPTION, ""},
        {"there", 1, 1, NULL, 0, NULL, KERR_TOPIC_ALREADY_EXISTS, "there"},
        {"a_b", 1, 1, NULL, 0, NULL, KERR_INVALID_TOPIC_EXCEPTION, "a.b"},
        {"t", 0, 1, NULL, 0, NULL, KERR_INVALID_PARTITIONS, ""},
        {"t", -2, 1, NULL, 0, NULL, KERR_INVALID_PARTITIONS, "-2"},
        {"t", 10001, 1, NULL, 0, NULL, KERR_INVALID_PARTITIONS, "10000"},
        {"t", 1, 0, NULL, 0, NULL, KERR_INVALID_REPLICATION_FACTOR, ""},
        {"t", 1, 2, NULL, 0, NULL, KERR_INVALID_REPLICATION_FACTOR, "2"},
        {"t", 1, 1, good, 2, NULL, KERR_INVALID_REQUEST, ""},
        {"t", -1, -1, gap, 2, NULL, KERR_INVALID_REPLICA_ASSIGNMENT, ""},
        {"t", -1, -1, negative, 1, NULL, KERR_INVALID_REPLICA_ASSIGNMENT, ""},
        {"t", -1, -1, twice, 2, NULL, KERR_INVALID_REPLICA_ASSIGNMENT, ""},
        {"t", -1, -1, uneven, 2, NULL, KERR_INVALID_REPLICA_ASSIGNMENT, ""},
        {"t", -1, -1, same, 1, NULL, KERR_INVALID_REPLICA_ASSIGNMENT, "twice"},
        {"t", -1, -1, stranger, 1, NULL, KERR_INVALID_REPLICA_ASSIGNMENT, "99"},
        {"t", -1, -1, none, 1, NULL, KERR_INVALID_REPLICA_ASSIGNMENT, ""},
        {"t", 1, 1, NULL, 0, unknown, KERR_INVALID_CONFIG, "retention.ms"},
        {"t", 1, 1, NULL, 0, bad, KERR_INVALID_CONFIG, "retention.ms"},
        {"t", 1, 1, NULL, 0, null, KERR_INVALID_CONFIG, "null"},
    };
    static struct world w;
    struct create ok = {.req = plain("assigned")};

    (void)state;
    world_new_memory(&w);
    broker_start_well(&w);
    assert_int_equal(create(&w, "there", 1), KERR_NONE);
    assert_int_equal(create(&w, "a.b", 1), KERR_NONE);
    for (size_t i = 0; i < ARRAY_CNT(cases); i++) {
        struct create c = {.req = plain(cases[i].name)};

        c.req.partition_cnt = cases[i].partition_cnt;
        c.req.replication_factor = cases[i].factor;
        c.req.assignment = cases[i].assignment;
        c.req.assignment_cnt = cases[i].assignment_cnt;
        c.req.configs = cases[i].config;
        c.req.config_cnt = cases[i].config == NULL ? 0 : 1;
        if (create_with(&w, &c) != cases[i].expected || strstr(c.req.why, cases[i].says) == NULL) {
            fail_msg("case %zu: %d, %s", i, (int)c.req.error, c.req.why);
        }
    }
    assert_string_equal(children_of(&w, "/brokers/topics"), "a.b there ");
    ok.req.assignment = good;
    ok.req.assignment_cnt = 2;
    assert_int_equal(create_with(&w, &ok), KERR_NONE);
    assert_int_equal(topic(&w, "assigned")->partition_cnt, 2);
    world_free(&w);
}

static void a_validation_writes_nothing(void **state)
{
    static struct world w;
    struct create c = {.req = plain("maybe")};

    (void)state;
    world_new_memory(&w);
    broker_start_well(&w);
    c.req.validate_only = true;
    c.req.partition_cnt = 4;
    assert_int_equal(create_with(&w, &c), KERR_NONE);
    assert_true(c.has_topic);
    assert_null(topic(&w, "maybe"));
    assert_string_equal(children_of(&w, "/brokers/topics"), "");
    assert_string_equal(w.heard, "");
    assert_int_equal(create(&w, "maybe", 1), KERR_NONE);
    c.req.error = KERR_NONE;
    assert_int_equal(create_with(&w, &c), KERR_TOPIC_ALREADY_EXISTS);
    world_free(&w);
}

static void of_two_creations_of_one_name_one_wins(void **state)
{
    static struct world w;
    struct create c[] = {{.req = plain("same")},
                         {.req = plain("same")},
                         {.req = plain("x.y")},
                         {.req = plain("x_y")},
                         {.req = plain("other")}};

    (void)state;
    world_new_memory(&w);
    broker_start_well(&w);
    for (size_t i = 0; i < ARRAY_CNT(c); i++) {
        catalog_create_topic(w.catalog, &c[i].req);
    }
    memory_tree_run(w.tree);
    for (size_t i = 0; i < ARRAY_CNT(c); i++) {
        assert_int_equal(c[i].done_cnt, 1);
    }
    assert_int_equal(c[0].req.error, KERR_NONE);
    assert_int_equal(c[1].req.error, KERR_TOPIC_ALREADY_EXISTS);
    assert_int_equal(c[2].req.error, KERR_NONE);
    assert_int_equal(c[3].req.error, KERR_INVALID_TOPIC_EXCEPTION);
    assert_int_equal(c[4].req.error, KERR_NONE);
    assert_string_equal(w.heard, "+same +x.y +other ");
    world_free(&w);
}

static void a_config_without_its_topic_is_replaced(void **state)
{
    static struct world w;

    (void)state;
    world_new_memory(&w);
    broker_start_well(&w);
    put(&w, "/config/topics/t", "{\"version\":1,\"config\":{\"retention.ms\":\"1\"}}");
    assert_int_equal(create(&w, "t", 1), KERR_NONE);
    assert_string_equal(body_of(&w, "/config/topics/t"), "{\"version\":1,\"config\":{}}");
    world_free(&w);
}

/* ---- Deletion -------------------------------------------------------------------------------- */

static void a_deletion_goes_step_by_step(void **state)
{
    static struct world w;
    struct delete d = {.req = {.name = SLICE_LIT("t"), .done = on_deleted}};
    struct delete again = d;

    (void)state;
    world_new_memory(&w);
    broker_start_well(&w);
    assert_int_equal(create(&w, "t", 3), KERR_NONE);
    put(&w, "/brokers/topics/t/partitions", "");
    put(&w, "/brokers/topics/t/partitions/1", "");
    put(&w, "/brokers/topics/t/partitions/1/state", "");
    w.holds_removals = true;
    catalog_delete_topic(w.catalog, &d.req);
    catalog_delete_topic(w.catalog, &again.req); /* the marker is not written yet */
    assert_non_null(topic(&w, "t"));
    memory_tree_run(w.tree);
    assert_non_null(w.held);
    assert_null(topic(&w, "t"));
    assert_int_equal(w.removed_partition_cnt, 3);
    assert_int_equal(d.done_cnt, 0);
    assert_string_equal(children_of(&w, "/admin/delete_topics"), "t ");
    assert_string_equal(children_of(&w, "/brokers/topics"), "t ");
    assert_int_equal(create(&w, "t", 1), KERR_TOPIC_ALREADY_EXISTS);
    assert_int_equal(delete (&w, "t"), KERR_UNKNOWN_TOPIC_OR_PARTITION);

    catalog_removal_done(w.catalog, w.held);
    w.held = NULL;
    memory_tree_run(w.tree);
    assert_int_equal(d.done_cnt, 1);
    assert_int_equal(d.req.error, KERR_NONE);
    assert_int_equal(again.done_cnt, 1);
    assert_int_equal(again.req.error, KERR_NONE);
    assert_string_equal(children_of(&w, "/admin/delete_topics"), "");
    assert_string_equal(children_of(&w, "/brokers/topics"), "");
    assert_string_equal(children_of(&w, "/config/topics"), "");
    assert_int_equal(create(&w, "t", 1), KERR_NONE);
    assert_string_equal(w.heard, "+t -t +t ");
    world_free(&w);
}

static void a_deferred_deletion_goes_on_at_the_next_start(void **state)
{
    static struct world w;
    struct delete d = {.req = {.name = SLICE_LIT("t"), .done = on_deleted}};

    (void)state;
    world_new_memory(&w);
    broker_start_well(&w);
    assert_int_equal(create(&w, "t", 3), KERR_NONE);
    w.holds_removals = true;
    catalog_delete_topic(w.catalog, &d.req);
    memory_tree_run(w.tree);
    catalog_removal_defer(w.catalog, w.held, KERR_KAFKA_STORAGE_ERROR, "the disk is gone");
    w.held = NULL;
    assert_int_equal(d.done_cnt, 1);
    assert_int_equal(d.req.error, KERR_KAFKA_STORAGE_ERROR);
    assert_string_equal(d.req.why, "the disk is gone");
    assert_int_equal(create(&w, "t", 1), KERR_TOPIC_ALREADY_EXISTS);
    broker_end(&w);
    w.holds_removals = false;
    broker_start_well(&w);
    memory_tree_run(w.tree);
    assert_string_equal(w.heard, "+t -t -t ");
    assert_int_equal(create(&w, "t", 1), KERR_NONE);
    world_free(&w);
}

static void a_wrong_deletion_has_kafkas_error(void **state)
{
    static struct world w;
    struct delete d = {.req = {.done = on_deleted}};

    (void)state;
    world_new_memory(&w);
    broker_start_well(&w);
    assert_int_equal(delete (&w, "nothing"), KERR_UNKNOWN_TOPIC_OR_PARTITION);
    catalog_delete_topic(w.catalog, &d.req);
    settle(&w, &d.done_cnt);
    assert_int_equal(d.req.error, KERR_UNKNOWN_TOPIC_ID);
    assert_int_equal(create(&w, "t", 1), KERR_NONE);
    d = (struct delete){.req = {.id = topic(&w, "t")->id, .done = on_deleted}};
    catalog_delete_topic(w.catalog, &d.req);
    settle(&w, &d.done_cnt);
    assert_int_equal(d.req.error, KERR_NONE);
    world_set(&w, "delete.topic.enable", "false");
    assert_int_equal(create(&w, "t", 1), KERR_NONE);
    assert_int_equal(delete (&w, "t"), KERR_TOPIC_DELETION_DISABLED);
    assert_non_null(topic(&w, "t"));
    world_free(&w);
}

/* More nodes than fit into one atomic piece. */
static void a_large_topic_is_deleted_in_pieces(void **state)
{
    static struct world w;
    char path[64];

    (void)state;
    world_new_memory(&w);
    broker_start_well(&w);
    assert_int_equal(create(&w, "big", 400), KERR_NONE);
    put(&w, "/brokers/topics/big/partitions", "");
    for (int i = 0; i < 400; i++) {
        (void)snprintf(path, sizeof(path), "/brokers/topics/big/partitions/%d", i);
        put(&w, path, "");
        (void)snprintf(path, sizeof(path), "/brokers/topics/big/partitions/%d/state", i);
        put(&w, path,
            "{\"controller_epoch\":1,\"leader\":7,\"version\":1,\"leader_epoch\":1,\"isr\":[7]}");
    }
    assert_int_equal(delete (&w, "big"), KERR_NONE);
    assert_string_equal(children_of(&w, "/brokers/topics"), "");
    assert_string_equal(children_of(&w, "/admin/delete_topics"), "");
    world_free(&w);
}

static void a_marker_is_found_at_the_next_start(void **state)
{
    static struct world w;

    (void)state;
    world_new_memory(&w);
    broker_start_well(&w);
    assert_int_equal(create(&w, "half", 5), KERR_NONE);
    assert_int_equal(create(&w, "stays", 1), KERR_NONE);
    put(&w, "/admin/delete_topics/half", "");
    put(&w, "/admin/delete_topics/ghost", ""); /* nothing but the marker is left */
    broker_end(&w);
    w.heard[0] = '\0';
    broker_start_well(&w);
    assert_int_equal(create(&w, "half", 1), KERR_TOPIC_ALREADY_EXISTS);
    memory_tree_run(w.tree);
    assert_string_equal(w.heard, "-half ");
    assert_int_equal(w.removed_partition_cnt, 5);
    assert_string_equal(children_of(&w, "/admin/delete_topics"), "");
    assert_string_equal(children_of(&w, "/brokers/topics"), "stays ");
    assert_string_equal(children_of(&w, "/config/topics"), "stays ");
    assert_int_equal(create(&w, "half", 1), KERR_NONE);
    world_free(&w);
}

/* ---- Every step lost, failed, cut off -------------------------------------------------------- */

/* What a client does; stops at the first error and returns how many steps were answered well. */
static int scenario(struct world *w)
{
    broker_start(w);
    if (w->failed[0] != '\0') {
        return 0;
    }
    if (create(w, "a", 2) != KERR_NONE) {
        return 1;
    }
    if (create(w, "b", 1) != KERR_NONE) {
        return 2;
    }
    if (delete (w, "a") != KERR_NONE) {
        return 3;
    }
    return create(w, "a", 3) != KERR_NONE ? 4 : 5;
}

/* How many requests a run without faults makes. */
static int scenario_len(void)
{
    static struct world w;

    world_new_memory(&w);
    assert_int_equal(scenario(&w), 5);
    world_free(&w);
    return w.request_cnt;
}

static void nothing_is_left_half(struct world *w)
{
    char topics[256];
    bool a_is_there;
    bool b_is_there;

    memory_tree_run(w->tree);
    assert_string_equal(children_of(w, "/admin/delete_topics"), "");
    (void)snprintf(topics, sizeof(topics), "%s", children_of(w, "/brokers/topics"));
    assert_string_equal(children_of(w, "/config/topics"), topics);
    a_is_there = strstr(topics, "a ") != NULL;
    b_is_there = strstr(topics, "b ") != NULL;
    assert_int_equal(topic(w, "a") != NULL, a_is_there);
    assert_int_equal(topic(w, "b") != NULL, b_is_there);
}

static void a_lost_step_changes_nothing_in_the_end(void **state)
{
    int len = scenario_len();

    (void)state;
    for (int at = 1; at <= len; at++) {
        for (int kind = 0; kind < 2; kind++) {
            static struct world w;

            world_new_memory(&w);
            w.fault_at = at;
            w.fault = kind == 0 ? MEMORY_FAULT_LOST_REQUEST : MEMORY_FAULT_LOST_ANSWER;
            if (scenario(&w) != 5) {
                fail_msg("request %d of %d, kind %d: %s", at, len, kind, w.failed);
            }
            assert_string_equal(w.heard, "+a +b -a +a ");
            assert_int_equal(topic(&w, "a")->partition_cnt, 3);
            nothing_is_left_half(&w);
            world_free(&w);
        }
    }
}

static void many_lost_steps_change_nothing_either(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        static struct world w;

        world_new_memory(&w);
        memory_tree_set_fault(w.tree, NULL, NULL);
        memory_tree_seed_faults(w.tree, seed, 5);
        assert_int_equal(scenario(&w), 5);
        assert_string_equal(w.heard, "+a +b -a +a ");
        memory_tree_seed_faults(w.tree, seed, 0);
        nothing_is_left_half(&w);
        world_free(&w);
    }
}

/* After a restart there is what was answered, and nothing by half. */
static void what_was_answered_holds(struct world *w, int answered)
{
    nothing_is_left_half(w);
    if (answered == 3) {
        assert_non_null(topic(w, "b"));
    } else if (answered == 4) {
        /* a was deleted; its second creation failed, or was cut off when it was done already */
        assert_non_null(topic(w, "b"));
        assert_true(topic(w, "a") == NULL || topic(w, "a")->partition_cnt == 3);
    } else if (answered == 2) {
        assert_non_null(topic(w, "a"));
    }
}

static void a_failed_disk_leaves_nothing_by_half(void **state)
{
    int len = scenario_len();

    (void)state;
    for (int at = 1; at <= len; at++) {
        static struct world w;
        int answered;

        world_new_memory(&w);
        w.fault_at = at;
        w.fault = MEMORY_FAULT_DISK;
        answered = scenario(&w);
        assert_true(answered < 5);
        broker_end(&w);
        w.fault_at = 0;
        broker_start_well(&w);
        what_was_answered_holds(&w, answered);
        world_free(&w);
    }
}

/* The broker vanishes after each number of steps of the store. */
static void a_cut_leaves_nothing_by_half(void **state)
{
    int len = scenario_len();

    (void)state;
    for (int at = 1; at <= len; at++) {
        static struct world w;
        int answered;

        world_new_memory(&w);
        w.fault_at = at;
        w.fault = MEMORY_FAULT_EXPIRE;
        answered = scenario(&w);
        assert_true(answered < 5);
        broker_end(&w);
        w.fault_at = 0;
        broker_start_well(&w);
        what_was_answered_holds(&w, answered);
        assert_true(create(&w, "c", 1) == KERR_NONE);
        world_free(&w);
    }
}

static void a_stop_waits_for_what_is_under_way(void **state)
{
    static struct world w;
    struct create c = {.req = plain("t")};
    struct create late = {.req = plain("late")};

    (void)state;
    world_new_memory(&w);
    broker_start_well(&w);
    catalog_create_topic(w.catalog, &c.req);
    w.stopped_cnt = 0;
    catalog_stop(w.catalog, on_stopped, &w);
    assert_int_equal(w.stopped_cnt, 0);
    catalog_create_topic(w.catalog, &late.req);
    assert_int_equal(late.done_cnt, 1);
    assert_int_equal(late.req.error, KERR_NOT_CONTROLLER);
    memory_tree_run(w.tree);
    assert_int_equal(c.done_cnt, 1);
    assert_int_equal(c.req.error, KERR_NONE);
    assert_int_equal(w.stopped_cnt, 1);
    meta_stop(w.meta, on_stopped, &w);
    memory_tree_run(w.tree);
    catalog_free(w.catalog);
    w.catalog = NULL;
    meta_free(w.meta);
    world_free(&w);
}

/* After each number of callbacks of a start that has something to load. */
static void a_start_can_be_stopped_at_any_time(void **state)
{
    static struct world w;
    bool was_early = true;

    (void)state;
    world_new_memory(&w);
    broker_start_well(&w);
    assert_int_equal(create(&w, "a", 2), KERR_NONE);
    assert_int_equal(create(&w, "b", 2), KERR_NONE);
    put(&w, "/admin/delete_topics/b", "");
    broker_end(&w);
    for (int cnt = 0; was_early; cnt++) {
        broker_begin(&w);
        for (int i = 0; i < cnt && w.started_cnt == 0; i++) {
            turn(&w);
        }
        was_early = w.started_cnt == 0;
        broker_end(&w);
        assert_int_equal(w.started_cnt, 1);
        assert_int_equal(w.failed[0] != '\0', was_early);
    }
    world_free(&w);
}

/* ---- Over the embedded store ----------------------------------------------------------------- */

static void embedded_begin(struct world *w, const char *path)
{
    struct embedded_why why;

    if (embedded_open(w->os, w->reactor, w->workers, path, &w->meta, &why) != 0) {
        fail_msg("%s", why.text);
    }
}

static void world_new_embedded(struct world *w, char dir[64], char path[128])
{
    world_init(w);
    (void)snprintf(dir, 64, "/tmp/ottla-catalog-XXXXXX");
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, 128, "%s/%s", dir, EMBEDDED_FILE_NAME);
    assert_int_equal(reactor_new(w->os, &w->reactor), 0);
    assert_int_equal(workers_new(w->os, 1, &w->workers), 0);
}

static void world_free_embedded(struct world *w, const char *dir, const char *path)
{
    char lock[160];

    broker_end(w);
    workers_free(w->workers);
    reactor_free(w->reactor);
    (void)snprintf(lock, sizeof(lock), "%s-lock", path);
    (void)unlink(lock);
    (void)unlink(path);
    assert_int_equal(rmdir(dir), 0);
    world_free(w);
}

static void a_killed_broker_comes_back(void **state)
{
    static struct world w;
    char dir[64];
    char path[128];
    int status;
    pid_t pid;

    (void)state;
    world_new_embedded(&w, dir, path);
    pid = fork(); /* no worker thread has been started yet */
    assert_true(pid >= 0);
    if (pid == 0) {
        embedded_begin(&w, path);
        broker_start(&w);
        if (create(&w, "kept", 4) != KERR_NONE || create(&w, "doomed", 2) != KERR_NONE) {
            _exit(1);
        }
        /* The marker is written, the folders are not moved: then the end. */
        struct delete d = {.req = {.name = SLICE_LIT("doomed"), .done = on_deleted}};

        w.holds_removals = true;
        catalog_delete_topic(w.catalog, &d.req);
        while (w.held == NULL) {
            turn(&w);
        }
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);

    embedded_begin(&w, path);
    broker_start_well(&w);
    assert_int_equal(topic(&w, "kept")->partition_cnt, 4);
    assert_null(topic(&w, "doomed"));
    while (strcmp(children_of(&w, "/admin/delete_topics"), "") != 0) {
        turn(&w);
    }
    assert_string_equal(w.heard, "-doomed ");
    assert_string_equal(children_of(&w, "/brokers/topics"), "kept ");
    assert_string_equal(children_of(&w, "/brokers/ids"), "7 ");
    assert_int_equal(create(&w, "doomed", 1), KERR_NONE);
    world_free_embedded(&w, dir, path);
}

static void a_start_is_quick(void **state)
{
    static struct world w;
    char dir[64];
    char path[128];
    int64_t began;

    (void)state;
    world_new_embedded(&w, dir, path);
    for (int i = 0; i < 3; i++) {
        began = os_mono_us(w.os);
        embedded_begin(&w, path);
        broker_start_well(&w);
        print_message("    start with nothing: %lld us\n", (long long)(os_mono_us(w.os) - began));
        if (i < 2) {
            broker_end(&w);
        }
    }
    world_free_embedded(&w, dir, path);
}

static void a_hundred_thousand_partitions_load_within_seconds(void **state)
{
    enum { TOPIC_CNT = 2000, PER_TOPIC = 50 };
    static struct world w;
    char dir[64];
    char path[128];
    struct create *c = calloc(TOPIC_CNT, sizeof(*c));
    char(*names)[32] = calloc(TOPIC_CNT, sizeof(*names));
    struct image *img;
    int64_t began;
    int64_t took;

    (void)state;
    assert_non_null(c);
    assert_non_null(names);
    world_new_embedded(&w, dir, path);
    embedded_begin(&w, path);
    broker_start_well(&w);
    began = os_mono_us(w.os);
    for (int i = 0; i < TOPIC_CNT; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "topic-%d", i);
        c[i].req = plain(names[i]);
        c[i].req.partition_cnt = PER_TOPIC;
        catalog_create_topic(w.catalog, &c[i].req);
    }
    for (int i = 0; i < TOPIC_CNT; i++) {
        settle(&w, &c[i].done_cnt);
        assert_int_equal(c[i].req.error, KERR_NONE);
    }
    print_message("    %d topics created: %lld us\n", TOPIC_CNT,
                  (long long)(os_mono_us(w.os) - began));
    broker_end(&w);
    began = os_mono_us(w.os);
    embedded_begin(&w, path);
    broker_start_well(&w);
    took = os_mono_us(w.os) - began;
    print_message("    loaded: %lld us\n", (long long)took);
    assert_true(took < 10000000);
    img = image_holder_ref(catalog_images(w.catalog));
    assert_int_equal(img->topic_cnt, TOPIC_CNT);
    assert_int_equal(img->partition_cnt, TOPIC_CNT * PER_TOPIC);
    image_unref(img);
    free(c);
    free(names);
    world_free_embedded(&w, dir, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_broker_comes_back), /* forks: before any thread */
        cmocka_unit_test(a_start_makes_kafkas_paths),
        cmocka_unit_test(a_restart_finds_everything),
        cmocka_unit_test(the_directories_cluster_id_counts),
        cmocka_unit_test(states_differ_from_the_beginning),
        cmocka_unit_test(damage_stops_the_start_with_a_sentence),
        cmocka_unit_test(one_broker_only_can_use_the_metadata),
        cmocka_unit_test(a_lost_session_is_told_once),
        cmocka_unit_test(a_topic_is_written_as_kafka_does),
        cmocka_unit_test(each_wrong_creation_has_kafkas_error),
        cmocka_unit_test(a_validation_writes_nothing),
        cmocka_unit_test(of_two_creations_of_one_name_one_wins),
        cmocka_unit_test(a_config_without_its_topic_is_replaced),
        cmocka_unit_test(a_deletion_goes_step_by_step),
        cmocka_unit_test(a_deferred_deletion_goes_on_at_the_next_start),
        cmocka_unit_test(a_wrong_deletion_has_kafkas_error),
        cmocka_unit_test(a_large_topic_is_deleted_in_pieces),
        cmocka_unit_test(a_marker_is_found_at_the_next_start),
        cmocka_unit_test(a_lost_step_changes_nothing_in_the_end),
        cmocka_unit_test(many_lost_steps_change_nothing_either),
        cmocka_unit_test(a_failed_disk_leaves_nothing_by_half),
        cmocka_unit_test(a_cut_leaves_nothing_by_half),
        cmocka_unit_test(a_stop_waits_for_what_is_under_way),
        cmocka_unit_test(a_start_can_be_stopped_at_any_time),
        cmocka_unit_test(a_start_is_quick),
        cmocka_unit_test(a_hundred_thousand_partitions_load_within_seconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
