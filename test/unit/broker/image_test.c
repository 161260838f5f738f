/* The image: lookups, edits that share what they do not change, publishing, and what it costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/prng.h"
#include "broker/image.h"
#include "os/os.h"

static struct settings *settings;

static int group_begin(void **state)
{
    (void)state;
    return settings_new(&settings);
}

static int group_end(void **state)
{
    (void)state;
    settings_free(settings);
    return 0;
}

static struct uuid id_of(uint64_t n)
{
    struct uuid id = {{0}};

    memcpy(id.b, &n, sizeof(n));
    id.b[15] = 1;
    return id;
}

static struct image_topic *topic_new_with(const char *name, uint64_t id, int32_t partition_cnt,
                                          struct image_config *config)
{
    static const broker_id_t replicas[] = {7, 8};
    struct image_partition partitions[16];
    struct image_topic *t;

    assert_true(partition_cnt <= 16);
    for (int32_t i = 0; i < partition_cnt; i++) {
        partitions[i] = (struct image_partition){.leader = 7,
                                                 .leader_epoch = i,
                                                 .partition_epoch = 2 * i,
                                                 .replica_cnt = 2,
                                                 .isr_cnt = 1,
                                                 .replicas = replicas,
                                                 .isr = replicas};
    }
    assert_int_equal(image_topic_new(&(struct image_topic_spec){.name = slice_cstr(name),
                                                                .id = id_of(id),
                                                                .partitions = partitions,
                                                                .partition_cnt = partition_cnt,
                                                                .config = config},
                                     &t),
                     0);
    return t;
}

static struct image_topic *topic_new(const char *name, uint64_t id, int32_t partition_cnt)
{
    struct image_config *config;
    struct image_topic *t;

    assert_int_equal(image_config_new(settings, NULL, 0, &config), 0);
    t = topic_new_with(name, id, partition_cnt, config);
    image_config_unref(config);
    return t;
}

static struct image *image_empty(void)
{
    struct image_edit *e;

    assert_int_equal(image_edit_begin(NULL, 99, &e), 0);
    return image_edit_finish(e);
}

/* `base` with one topic more; base's reference is dropped. */
static struct image *image_with(struct image *base, const char *name, uint64_t id, int32_t cnt)
{
    struct image_topic *t = topic_new(name, id, cnt);
    struct image_edit *e;

    assert_int_equal(image_edit_begin(base, 0, &e), 0);
    assert_int_equal(image_edit_put_topic(e, t), 0);
    image_topic_unref(t);
    image_unref(base);
    return image_edit_finish(e);
}

static void a_topic_is_found_by_name_and_id(void **state)
{
    struct image *img = image_with(image_empty(), "orders", 1, 3);
    const struct image_topic *t = image_topic_by_name(img, SLICE_LIT("orders"));
    char longer[300];

    (void)state;
    assert_non_null(t);
    assert_ptr_equal(t, image_topic_by_id(img, id_of(1)));
    assert_int_equal(t->partition_cnt, 3);
    assert_int_equal(t->partitions[2].leader_epoch, 2);
    assert_int_equal(t->partitions[2].partition_epoch, 4);
    assert_int_equal(t->partitions[2].replica_cnt, 2);
    assert_int_equal(t->partitions[2].replicas[1], 8);
    assert_int_equal(t->partitions[2].isr_cnt, 1);
    assert_int_equal(t->partitions[2].isr[0], 7);
    assert_string_equal((const char *)t->name.ptr, "orders");
    assert_false(t->is_internal);
    assert_ptr_equal(image_topic_partition(t, 0), &t->partitions[0]);
    assert_null(image_topic_partition(t, 3));
    assert_null(image_topic_partition(t, -1));
    assert_null(image_topic_partition(t, INT32_MIN));
    assert_null(image_topic_by_name(img, SLICE_LIT("order")));
    assert_null(image_topic_by_name(img, SLICE_LIT("")));
    assert_null(image_topic_by_name(img, SLICE_NULL));
    memset(longer, 'o', sizeof(longer));
    assert_null(image_topic_by_name(img, slice_of(longer, sizeof(longer))));
    assert_null(image_topic_by_id(img, id_of(2)));
    assert_int_equal(img->topic_cnt, 1);
    assert_int_equal(img->partition_cnt, 3);
    image_unref(img);
}

static void names_that_differ_in_dots_only_collide(void **state)
{
    struct image *img = image_with(image_empty(), "a.b_c", 1, 1);

    (void)state;
    assert_null(image_topic_by_name(img, SLICE_LIT("a_b_c")));
    assert_non_null(image_topic_colliding(img, SLICE_LIT("a_b_c")));
    assert_non_null(image_topic_colliding(img, SLICE_LIT("a.b.c")));
    assert_null(image_topic_colliding(img, SLICE_LIT("a.b_c"))); /* itself */
    assert_null(image_topic_colliding(img, SLICE_LIT("a-b_c")));
    image_unref(img);
}

static void an_old_image_does_not_change(void **state)
{
    struct image *one = image_with(image_empty(), "one", 1, 1);
    struct image *two = image_with(image_ref(one), "two", 2, 2);
    struct image_edit *e;
    struct image *three;

    (void)state;
    assert_int_equal(image_edit_begin(two, 0, &e), 0);
    assert_int_equal(image_edit_remove_topic(e, SLICE_LIT("nothing")), ERR_NOT_FOUND);
    assert_int_equal(image_edit_remove_topic(e, SLICE_LIT("one")), 0);
    three = image_edit_finish(e);

    assert_int_equal(one->topic_cnt, 1);
    assert_int_equal(two->topic_cnt, 2);
    assert_int_equal(three->topic_cnt, 1);
    assert_int_equal(three->partition_cnt, 2);
    assert_null(image_topic_by_name(one, SLICE_LIT("two")));
    assert_non_null(image_topic_by_name(two, SLICE_LIT("two")));
    assert_non_null(image_topic_by_id(two, id_of(1)));
    assert_null(image_topic_by_name(three, SLICE_LIT("one")));
    assert_null(image_topic_by_id(three, id_of(1)));
    /* The same object, not a copy. */
    assert_ptr_equal(image_topic_by_name(two, SLICE_LIT("two")),
                     image_topic_by_name(three, SLICE_LIT("two")));
    image_unref(one);
    assert_non_null(image_topic_by_name(two, SLICE_LIT("one")));
    image_unref(two);
    assert_non_null(image_topic_by_name(three, SLICE_LIT("two")));
    image_unref(three);
}

static void a_topic_can_be_replaced(void **state)
{
    struct image *img = image_with(image_empty(), "t", 1, 1);

    (void)state;
    img = image_with(img, "t", 2, 5); /* deleted and made again: another id */
    assert_int_equal(img->topic_cnt, 1);
    assert_int_equal(img->partition_cnt, 5);
    assert_null(image_topic_by_id(img, id_of(1)));
    assert_int_equal(image_topic_by_id(img, id_of(2))->partition_cnt, 5);
    img = image_with(img, "t", 2, 6); /* grown: the same id */
    assert_int_equal(image_topic_by_id(img, id_of(2))->partition_cnt, 6);
    assert_int_equal(img->partition_cnt, 6);
    image_unref(img);
}

static void an_abandoned_edit_leaves_nothing(void **state)
{
    struct image *img = image_with(image_empty(), "t", 1, 1);
    struct image_topic *t = topic_new("u", 2, 1);
    struct image_edit *e;

    (void)state;
    assert_int_equal(image_edit_begin(img, 0, &e), 0);
    assert_int_equal(image_edit_put_topic(e, t), 0);
    assert_int_equal(image_edit_remove_topic(e, SLICE_LIT("t")), 0);
    image_edit_abandon(e);
    image_edit_abandon(NULL);
    image_topic_unref(t);
    assert_non_null(image_topic_by_name(img, SLICE_LIT("t")));
    assert_null(image_topic_by_name(img, SLICE_LIT("u")));
    image_unref(img);
}

static void brokers_have_endpoints_by_listener(void **state)
{
    const struct image_endpoint endpoints[] = {
        {.listener = SLICE_LIT("PLAINTEXT"), .host = SLICE_LIT("one"), .port = 9092},
        {.listener = SLICE_LIT("TLS"),
         .host = SLICE_LIT("two"),
         .port = 9093,
         .protocol = SECURITY_SSL},
    };
    const struct image_broker brokers[] = {
        {.id = 5, .epoch = 50, .rack = SLICE_LIT("r"), .endpoints = endpoints, .endpoint_cnt = 2},
        {.id = 2, .epoch = 20, .rack = SLICE_NULL, .endpoints = endpoints, .endpoint_cnt = 1},
    };
    struct image_edit *e;
    struct image *img;
    struct uuid cluster = id_of(77);
    char text[UUID_TEXT_LEN + 1];

    (void)state;
    assert_int_equal(image_edit_begin(NULL, 1, &e), 0);
    assert_int_equal(image_edit_set_brokers(e, brokers, 2), 0);
    image_edit_set_controller(e, 5);
    image_edit_set_cluster_id(e, cluster);
    img = image_edit_finish(e);
    img = image_with(img, "t", 1, 1); /* brokers are handed on */
    assert_int_equal(image_broker_cnt(img), 2);
    assert_int_equal(image_broker_at(img, 0)->id, 2);
    assert_true(slice_is_null(image_broker_at(img, 0)->rack));
    assert_int_equal(image_broker_by_id(img, 5)->epoch, 50);
    assert_true(slice_eq_cstr(image_broker_by_id(img, 5)->rack, "r"));
    assert_null(image_broker_by_id(img, 3));
    assert_int_equal(image_broker_endpoint(image_broker_by_id(img, 5), SLICE_LIT("TLS"))->port,
                     9093);
    assert_null(image_broker_endpoint(image_broker_by_id(img, 2), SLICE_LIT("TLS")));
    assert_int_equal(img->controller_id, 5);
    uuid_format(cluster, text);
    assert_true(slice_eq_cstr(img->cluster_id, text));
    image_unref(img);
}

static void configs_keep_the_last_of_a_name(void **state)
{
    const struct setting_pair pairs[] = {
        {SLICE_LIT("retention.ms"), SLICE_LIT("1000")},
        {SLICE_LIT("cleanup.policy"), SLICE_LIT("compact")},
        {SLICE_LIT("retention.ms"), SLICE_LIT("2000")},
        {SLICE_LIT("no.such.setting"), SLICE_LIT("")},
    };
    struct image_config *config;
    struct image_topic *t;

    (void)state;
    assert_int_equal(image_config_new(settings, pairs, ARRAY_CNT(pairs), &config), 0);
    assert_int_equal(config->override_cnt, 3);
    assert_true(slice_eq_cstr(config->overrides[0].name, "cleanup.policy"));
    assert_true(slice_eq_cstr(config->overrides[2].value, "2000"));
    assert_int_equal(config->resolved.retention_ms, 2000);
    assert_int_equal(config->resolved.cleanup, TOPIC_CLEANUP_COMPACT);
    t = topic_new_with("t", 1, 1, config);
    image_config_unref(config);
    assert_int_equal(t->config->resolved.retention_ms, 2000); /* the topic keeps it */
    image_topic_unref(t);
}

static void internal_topics_are_marked(void **state)
{
    struct image_topic *t = topic_new("__consumer_offsets", 1, 1);

    (void)state;
    assert_true(t->is_internal);
    image_topic_unref(t);
}

static void readers_see_the_newest(void **state)
{
    struct image_holder *h;
    struct image_reader r;
    struct image *mine;
    const struct image *seen;

    (void)state;
    assert_int_equal(image_holder_new(image_empty(), &h), 0);
    image_reader_init(&r, h);
    seen = image_reader_get(&r);
    assert_int_equal(seen->topic_cnt, 0);
    assert_ptr_equal(image_reader_get(&r), seen);
    mine = image_holder_ref(h);
    image_holder_swap(h, image_with(image_ref(mine), "t", 1, 1));
    assert_int_equal(seen->topic_cnt, 0); /* still alive */
    assert_int_equal(image_reader_get(&r)->topic_cnt, 1);
    assert_int_equal(mine->topic_cnt, 0);
    image_unref(mine);
    image_reader_release(&r);
    image_holder_free(h);
}

struct swapper {
    struct image_holder *h;
    struct os *os;
};

static void swap_many(void *arg)
{
    struct swapper *s = arg;

    for (uint64_t i = 1; i <= 300; i++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "t%llu", (unsigned long long)i);
        image_holder_swap(s->h, image_with(image_holder_ref(s->h), name, i, 1));
    }
}

/* Another thread reads while one publishes; the count of topics never goes back. */
static void any_thread_may_read(void **state)
{
    struct swapper s;
    struct os_thread *thread;
    struct image_reader r;
    size_t cnt = 0;

    (void)state;
    assert_int_equal(os_new(&s.os), 0);
    assert_int_equal(image_holder_new(image_empty(), &s.h), 0);
    image_reader_init(&r, s.h);
    assert_int_equal(os_thread_start(s.os, "swapper", swap_many, &s, &thread), 0);
    while (cnt < 300) {
        const struct image *img = image_reader_get(&r);

        assert_true(img->topic_cnt >= cnt);
        cnt = img->topic_cnt;
        if (cnt > 0) {
            char name[32];

            (void)snprintf(name, sizeof(name), "t%zu", cnt);
            assert_non_null(image_topic_by_name(img, slice_cstr(name)));
        }
    }
    os_thread_join(thread);
    image_reader_release(&r);
    image_holder_free(s.h);
    os_free(s.os);
}

/* Random edits against a plain array. */
static void it_does_what_a_plain_model_does(void **state)
{
    enum { NAME_CNT = 400 };
    static uint64_t ids[NAME_CNT]; /* 0: not there */
    struct image *img = image_empty();
    const struct image_topic **sorted;
    struct prng rng;
    size_t cnt = 0;

    (void)state;
    prng_init(&rng, 7);
    for (uint64_t step = 1; step < 3000; step++) {
        size_t i = (size_t)prng_below(&rng, NAME_CNT);
        struct image_edit *e;
        struct image *next;
        char name[32];

        (void)snprintf(name, sizeof(name), "topic-%03zu", i);
        assert_int_equal(image_edit_begin(img, 0, &e), 0);
        if (prng_below(&rng, 3) == 0) {
            int rc = image_edit_remove_topic(e, slice_cstr(name));

            assert_int_equal(rc, ids[i] == 0 ? ERR_NOT_FOUND : 0);
            ids[i] = 0;
        } else {
            struct image_topic *t = topic_new(name, step, 1);

            assert_int_equal(image_edit_put_topic(e, t), 0);
            image_topic_unref(t);
            ids[i] = step;
        }
        next = image_edit_finish(e);
        image_unref(img);
        img = next;
    }
    assert_int_equal(image_topics_sorted(img, &sorted), 0);
    for (size_t i = 0; i < NAME_CNT; i++) {
        char name[32];
        const struct image_topic *t;

        (void)snprintf(name, sizeof(name), "topic-%03zu", i);
        t = image_topic_by_name(img, slice_cstr(name));
        assert_int_equal(t != NULL, ids[i] != 0);
        if (t != NULL) {
            assert_true(uuid_eq(t->id, id_of(ids[i])));
            assert_ptr_equal(image_topic_by_id(img, id_of(ids[i])), t);
            assert_ptr_equal(sorted[cnt], t);
            cnt++;
        }
    }
    assert_int_equal(img->topic_cnt, cnt);
    free(sorted);
    image_unref(img);
}

/* One more among 100,000 takes microseconds, not milliseconds. */
static void one_topic_more_is_cheap(void **state)
{
    enum { CNT = 100000, MORE = 100 };
    struct image_config *config;
    struct image_edit *e;
    struct image *img;
    struct os *os;
    int64_t began;
    int64_t took;
    const struct image_topic **sorted;

    (void)state;
    assert_int_equal(os_new(&os), 0);
    assert_int_equal(image_config_new(settings, NULL, 0, &config), 0);
    began = os_mono_us(os);
    assert_int_equal(image_edit_begin(NULL, 3, &e), 0);
    for (uint64_t i = 1; i <= CNT; i++) {
        char name[32];
        struct image_topic *t;

        (void)snprintf(name, sizeof(name), "topic-%06llu", (unsigned long long)i);
        t = topic_new_with(name, i, 1, config);
        assert_int_equal(image_edit_put_topic(e, t), 0);
        image_topic_unref(t);
    }
    img = image_edit_finish(e);
    print_message("    an image of %d topics: %lld us\n", CNT, (long long)(os_mono_us(os) - began));
    began = os_mono_us(os);
    for (uint64_t i = 1; i <= MORE; i++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "more-%06llu", (unsigned long long)i);
        img = image_with(img, name, CNT + i, 1);
    }
    took = os_mono_us(os) - began;
    print_message("    one topic more: %lld us\n", (long long)took / MORE);
    assert_true(took / MORE < 5000);
    began = os_mono_us(os);
    assert_int_equal(image_topics_sorted(img, &sorted), 0);
    print_message("    sorted: %lld us\n", (long long)(os_mono_us(os) - began));
    free(sorted);
    image_config_unref(config);
    image_unref(img);
    os_free(os);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_topic_is_found_by_name_and_id),
        cmocka_unit_test(names_that_differ_in_dots_only_collide),
        cmocka_unit_test(an_old_image_does_not_change),
        cmocka_unit_test(a_topic_can_be_replaced),
        cmocka_unit_test(an_abandoned_edit_leaves_nothing),
        cmocka_unit_test(brokers_have_endpoints_by_listener),
        cmocka_unit_test(configs_keep_the_last_of_a_name),
        cmocka_unit_test(internal_topics_are_marked),
        cmocka_unit_test(readers_see_the_newest),
        cmocka_unit_test(any_thread_may_read),
        cmocka_unit_test(it_does_what_a_plain_model_does),
        cmocka_unit_test(one_topic_more_is_cheap),
    };

    return cmocka_run_group_tests(tests, group_begin, group_end);
}
