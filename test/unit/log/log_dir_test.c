/* A directory: whose it is, what it refuses and in which words, rounds, checkpoints, deletions. */
#include "unit/log/world.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/fault.h"

#include <cmocka.h>

static int setup(void **state)
{
    struct world *w = malloc(sizeof(*w));

    assert_non_null(w);
    world_init(w);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    world_release(*state);
    free(*state);
    return 0;
}

static void new_directory(void **state)
{
    struct world *w = *state;
    size_t len;
    uint8_t *text;
    char *end;

    world_open(w);
    assert_int_equal(log_dir_node_id(w->dir), 1);
    assert_string_equal(log_dir_cluster_id(w->dir), "AAAAAAAAAAAAAAAAAAAAAQ");
    assert_false(uuid_is_zero(log_dir_id(w->dir)));
    assert_false(log_dir_was_clean(w->dir));
    text = world_file(w, "meta.properties", &len);
    assert_non_null(text);
    text = realloc(text, len + 1);
    text[len] = '\0';
    assert_memory_equal(text, "#\n#", 3);
    end = strchr((char *)text + 3, '\n');
    assert_non_null(end);
    assert_memory_equal(end + 1, "broker.id=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAQ\ndirectory.id=",
                        strlen("broker.id=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAQ\ndirectory.id="));
    assert_non_null(strstr(end, "\nversion=0\n"));
    free(text);
    world_close(w, true);
    assert_int_equal(w->close_rc, 0);
    assert_true(world_has(w, ".kafka_cleanshutdown"));
}

static void a_second_broker_is_kept_out(void **state)
{
    struct world *w = *state;
    struct log_dir *first;

    world_open(w);
    first = w->dir;
    assert_int_equal(world_open_try(w), ERR_BUSY);
    assert_non_null(strstr(w->why.ptr, "/.lock"));
    assert_non_null(strstr(w->why.ptr, "another broker"));
    w->dir = first;
}

static void another_owner(void **state)
{
    struct world *w = *state;
    static const char v1[] = "#\n#then\nnode.id=7\ncluster.id=AAAAAAAAAAAAAAAAAAAAAQ\n"
                             "directory.id=AQIDAAAAAAAAAAAAAAAAAA\nversion=1\n";
    static const char other_cluster[] =
        "version=0\nbroker.id=1\ncluster.id=BBBBBBBBBBBBBBBBBBBBBg\n";

    world_put(w, "meta.properties", v1, strlen(v1));
    assert_int_equal(world_open_try(w), ERR_VERSION);
    assert_non_null(strstr(w->why.ptr, "broker 7 and not to broker 1"));
    world_put(w, "meta.properties", other_cluster, strlen(other_cluster));
    assert_int_equal(world_open_try(w), ERR_VERSION);
    assert_non_null(strstr(w->why.ptr, "BBBBBBBBBBBBBBBBBBBBBg"));
    world_put(w, "meta.properties", "broker.id", 9);
    assert_int_equal(world_open_try(w), ERR_INVALID);
    assert_non_null(strstr(w->why.ptr, "meta.properties"));
    world_put(w, "meta.properties", "version=9\nbroker.id=1\n", 22);
    assert_int_equal(world_open_try(w), ERR_INVALID);
}

/* Without an identity of its own the opener takes over what is there, or gives one later. */
static void adopts_and_claims(void **state)
{
    struct world *w = *state;
    struct log_dir_options opt = {
        .node_id = BROKER_ID_NONE, .workers = w->workers, .reactor = w->reactor};

    assert_int_equal(log_dir_open(w->os, w->path, &opt, &w->dir, &w->why), 0);
    assert_int_equal(log_dir_node_id(w->dir), BROKER_ID_NONE);
    assert_string_equal(log_dir_cluster_id(w->dir), "");
    assert_false(world_has(w, "meta.properties"));
    assert_int_equal(log_dir_claim(w->dir, 3, "AAAAAAAAAAAAAAAAAAAAAg", &w->why), 0);
    assert_true(world_has(w, "meta.properties"));
    assert_int_equal(log_dir_claim(w->dir, 4, "AAAAAAAAAAAAAAAAAAAAAg", &w->why), ERR_VERSION);
    world_close(w, true);
    str_clear(&w->why);
    assert_int_equal(log_dir_open(w->os, w->path, &opt, &w->dir, &w->why), 0);
    assert_int_equal(log_dir_node_id(w->dir), 3);
    assert_string_equal(log_dir_cluster_id(w->dir), "AAAAAAAAAAAAAAAAAAAAAg");
}

static void foreign_directory(void **state)
{
    struct world *w = *state;

    world_put(w, "holiday.jpg", "x", 1);
    assert_int_equal(world_open_try(w), ERR_NOT_EMPTY);
    assert_non_null(strstr(w->why.ptr, "holiday.jpg"));
    assert_false(world_has(w, ".lock"));
    assert_false(world_has(w, "meta.properties"));
}

/* What another part keeps in the directory, and Kafka's own files, are no strangers. */
static void known_files(void **state)
{
    struct world *w = *state;
    char path[256];

    world_put(w, "ottla-metadata.mdb", "x", 1);
    world_put(w, "ottla-metadata.mdb-lock", "x", 1);
    world_put(w, "cleaner-offset-checkpoint", "0\n0\n", 4);
    snprintf(path, sizeof(path), "%s/lost+found", w->path);
    assert_int_equal(os_mkdir(w->os, path), 0);
    world_open(w);
    world_close(w, true);
    assert_true(world_has(w, "ottla-metadata.mdb"));
}

static void not_a_directory(void **state)
{
    struct world *w = *state;
    char keep[sizeof(w->path)];

    memcpy(keep, w->path, sizeof(keep));
    world_put(w, "file", "x", 1);
    snprintf(w->path, sizeof(w->path), "%.100s/file", keep);
    assert_int_equal(world_open_try(w), ERR_NOT_DIR);
    assert_non_null(strstr(w->why.ptr, w->path));
    memcpy(w->path, keep, sizeof(keep));
}

/* As another user (a child gives its rights away) the sentence says the command that mends it. */
static void not_ours(void **state)
{
    struct world *w = *state;
    pid_t child;
    int status;

    if (getuid() != 0) {
        assert_int_equal(chmod(w->path, 0555), 0);
        assert_int_equal(world_open_try(w), ERR_ACCESS);
        assert_non_null(strstr(w->why.ptr, "sudo chown -R "));
        assert_int_equal(chmod(w->path, 0755), 0);
        return;
    }
    assert_int_equal(chmod(w->path, 0755), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        bool is_right = setgid(65534) == 0 && setuid(65534) == 0 &&
                        world_open_try(w) == ERR_ACCESS &&
                        strstr(w->why.ptr, "sudo chown -R ") != NULL &&
                        strstr(w->why.ptr, w->path) != NULL && strstr(w->why.ptr, "root") != NULL;

        _exit(is_right ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void makes_parents(void **state)
{
    struct world *w = *state;
    char keep[sizeof(w->path)];

    memcpy(keep, w->path, sizeof(keep));
    snprintf(w->path, sizeof(w->path), "%.90s/a/b/c", keep);
    world_open(w);
    world_close(w, true);
    assert_true(world_has(w, "meta.properties"));
    memcpy(w->path, keep, sizeof(keep));
}

/* --- rounds ------------------------------------------------------------------------------------ */

/* With nobody waiting a round comes by itself; then the directory is quiet. */
static void a_round_comes_by_itself(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct log_dir_stats stats;
    struct part p;
    int64_t end;

    world_open(w);
    part_cfg(&cfg, 1 << 20);
    part_new(w, &p, &cfg);
    assert_int_equal(part_append(&p, 1, 1000, 0, 10), 0);
    assert_int_equal(p.durable_cnt, 0);
    end = os_mono_us(w->os) + 10000000;
    while (p.durable_cnt == 0 && os_mono_us(w->os) < end) {
        reactor_turn(w->reactor, 50);
    }
    assert_int_equal(p.durable_cnt, 1);
    assert_int_equal(p.durable.pos.offset, 1);
    for (int i = 0; i < 5; i++) {
        reactor_turn(w->reactor, 15);
    }
    log_dir_stats(w->dir, &stats);
    assert_int_equal(stats.round_cnt, 1);
    assert_int_equal(stats.dirty_files, 0);
}

/* Many partitions share a round; each hears of its own end. */
static void many_in_a_round(void **state)
{
    enum { CNT = 40 };
    struct world *w = *state;
    struct plog_cfg cfg;
    struct log_dir_stats stats;
    struct part parts[CNT];
    struct plog_callbacks cb;
    size_t told = 0;
    int64_t end;

    world_open(w);
    part_cfg(&cfg, 1 << 20);
    part_new(w, &parts[0], &cfg); /* for its callbacks: the others are made by hand */
    for (int i = 1; i < CNT; i++) {
        parts[i] = (struct part){0};
        cb = part_callbacks(&parts[i]);
        assert_int_equal(plog_new(w->dir, SLICE_LIT("other"), i, (struct uuid){{(uint8_t)i}}, &cfg,
                                  &cb, &parts[i].log),
                         0);
    }
    for (int i = 0; i < CNT; i++) {
        assert_int_equal(part_append(&parts[i], i + 1, 1000, 0, 10), 0);
    }
    log_dir_commit_soon(w->dir);
    end = os_mono_us(w->os) + 20000000;
    while (told < CNT && os_mono_us(w->os) < end) {
        reactor_turn(w->reactor, 50);
        told = 0;
        for (int i = 0; i < CNT; i++) {
            told += parts[i].durable_cnt > 0 ? 1 : 0;
        }
    }
    for (int i = 0; i < CNT; i++) {
        assert_int_equal(parts[i].durable.pos.offset, i + 1);
    }
    log_dir_stats(w->dir, &stats);
    assert_int_equal(stats.round_cnt, 1);
    assert_int_equal(stats.round_files, CNT);
}

/* A failed sync: nobody is told, the directory is offline, a later sync that works changes nothing. */
static void failed_sync(void **state)
{
    static const enum os_fault_kind kinds[] = {OS_FAULT_SYNC, OS_FAULT_DIR_SYNC};

    for (size_t i = 0; i < ARRAY_CNT(kinds); i++) {
        struct world *w = *state;
        struct plog_cfg cfg;
        struct part p;
        int64_t end;

        world_open(w);
        w->offline_cnt = 0;
        part_cfg(&cfg, 1 << 20);
        part_new(w, &p, &cfg);
        assert_int_equal(part_append(&p, 1, 1000, 0, 10), 0);
        os_fault_set(w->os, kinds[i], 1, ERR_IO);
        log_dir_commit_soon(w->dir);
        end = os_mono_us(w->os) + 20000000;
        while (w->offline_cnt == 0 && os_mono_us(w->os) < end) {
            reactor_turn(w->reactor, 50);
        }
        assert_int_equal(w->offline_cnt, 1);
        assert_non_null(strstr(w->offline_why, "offline"));
        assert_int_equal(p.durable_cnt, 0);
        assert_int_equal(part_append(&p, 1, 1000, 0, 10), ERR_OFFLINE);
        log_dir_commit_soon(w->dir);
        for (int j = 0; j < 5; j++) {
            reactor_turn(w->reactor, 15);
        }
        assert_int_equal(p.durable_cnt, 0);
        assert_int_equal(w->offline_cnt, 1);
        world_close(w, true);
        assert_int_equal(w->close_rc, ERR_OFFLINE);
        assert_false(world_has(w, ".kafka_cleanshutdown"));
        world_empty(w);
    }
}

/* Topics that do not ask for fsync are synced when flush.ms is over, or flush.messages are there. */
static void lazy_topics(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct log_dir_stats stats;
    struct part p;
    int64_t end;

    world_open(w);
    part_cfg(&cfg, 1 << 20);
    cfg.sync = false;
    part_new(w, &p, &cfg);
    assert_int_equal(part_append(&p, 1, 1000, 0, 10), 0);
    log_dir_commit_soon(w->dir);
    for (int i = 0; i < 5; i++) {
        reactor_turn(w->reactor, 10);
    }
    log_dir_stats(w->dir, &stats);
    assert_int_equal(stats.round_cnt, 0);
    assert_int_equal(stats.dirty_files, 1);
    cfg.flush_messages = 3;
    plog_set_cfg(p.log, &cfg);
    assert_int_equal(part_append(&p, 2, 1000, 0, 10), 0);
    part_sync(w, &p);
    assert_int_equal(p.durable.pos.offset, 3);
    cfg.flush_messages = INT64_MAX;
    cfg.flush_ms = 20;
    plog_set_cfg(p.log, &cfg);
    assert_int_equal(part_append(&p, 2, 1000, 0, 10), 0);
    end = os_mono_us(w->os) + 10000000;
    while (p.durable.pos.offset < 5 && os_mono_us(w->os) < end) {
        reactor_turn(w->reactor, 50);
    }
    assert_int_equal(p.durable.pos.offset, 5);
}

/* --- checkpoints and deletions ----------------------------------------------------------------- */

static void checkpoint_files(void **state)
{
    struct world *w = *state;
    struct plog_cfg cfg;
    struct part p;
    size_t len;
    uint8_t *text;

    world_open(w);
    part_cfg(&cfg, 300);
    part_new(w, &p, &cfg);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(part_append(&p, 2, 1000, i / 2, 100), 0);
    }
    assert_int_equal(plog_delete_records_to(p.log, 3), 0);
    world_close(w, true);
    text = world_file(w, "recovery-point-offset-checkpoint", &len);
    assert_memory_equal(text, "0\n1\norders 0 10\n", len);
    free(text);
    text = world_file(w, "replication-offset-checkpoint", &len);
    assert_memory_equal(text, "0\n1\norders 0 10\n", len);
    free(text);
    text = world_file(w, "log-start-offset-checkpoint", &len);
    assert_memory_equal(text, "0\n1\norders 0 3\n", len);
    free(text);
    text = world_file(w, "orders-0/leader-epoch-checkpoint", &len);
    assert_memory_equal(text, "0\n3\n0 3\n1 4\n2 8\n", len);
    free(text);
    text = world_file(w, ".kafka_cleanshutdown", &len);
    assert_memory_equal(text, "{\"version\":0,\"brokerEpoch\":-1}", len);
    free(text);
}

/* The empty marker of older brokers counts as well. */
static void empty_marker(void **state)
{
    struct world *w = *state;

    world_open(w);
    world_close(w, true);
    world_put(w, ".kafka_cleanshutdown", "", 0);
    world_open(w);
    assert_true(log_dir_was_clean(w->dir));
}

struct seen {
    int cnt;
    char names[8][32];
};

static int see(void *ctx, const struct log_dir_partition *p)
{
    struct seen *s = ctx;

    assert_true(s->cnt < 8);
    snprintf(s->names[s->cnt++], sizeof(s->names[0]), "%.*s %d %d", SLICE_FMT(p->topic),
             p->partition, p->topic_id.b[0]);
    return 0;
}

static void lists_partitions(void **state)
{
    static const char *const folders[] = {
        "a-b-1",     "a-0",     "zzz-10", "gone.0123456789abcdef0123456789abcdef-delete",
        "x-0-stray", "x-future"};
    static const char metadata[] = "version: 0\ntopic_id: AQIDAAAAAAAAAAAAAAAAAA\n";
    struct world *w = *state;
    struct seen seen = {0};
    char path[256];
    int64_t end;

    for (size_t i = 0; i < ARRAY_CNT(folders); i++) {
        snprintf(path, sizeof(path), "%s/%s", w->path, folders[i]);
        assert_int_equal(os_mkdir(w->os, path), 0);
    }
    world_put(w, "a-b-1/partition.metadata", metadata, strlen(metadata));
    world_put(w, "a-0/partition.metadata", "garbage", 7);
    world_put(w, "gone.0123456789abcdef0123456789abcdef-delete/00000000000000000000.log", "x", 1);
    world_open(w);
    assert_int_equal(log_dir_each_partition(w->dir, see, &seen), 0);
    assert_int_equal(seen.cnt, 3);
    assert_string_equal(seen.names[0], "a 0 0");
    assert_string_equal(seen.names[1], "a-b 1 1");
    assert_string_equal(seen.names[2], "zzz 10 0");
    end = os_mono_us(w->os) + 10000000;
    while (world_has(w, folders[3]) && os_mono_us(w->os) < end) {
        reactor_turn(w->reactor, 20);
    }
    assert_false(world_has(w, folders[3]));
    assert_true(world_has(w, "x-0-stray"));
    assert_int_equal(log_dir_remove_partition(w->dir, SLICE_LIT("zzz"), 10), 0);
    assert_false(world_has(w, "zzz-10"));
    assert_int_equal(log_dir_remove_partition(w->dir, SLICE_LIT("zzz"), 10), ERR_NOT_FOUND);
}

/* A checkpoint is written in the background, and again only after something changed. */
static void checkpoints_by_time(void **state)
{
    struct world *w = *state;
    struct log_dir_options opt = {.node_id = 1,
                                  .cluster_id = "AAAAAAAAAAAAAAAAAAAAAQ",
                                  .workers = w->workers,
                                  .reactor = w->reactor,
                                  .checkpoint_ms = 20};
    struct plog_cfg cfg;
    struct part p;
    size_t len = 0;
    uint8_t *text;
    int64_t end;

    assert_int_equal(log_dir_open(w->os, w->path, &opt, &w->dir, &w->why), 0);
    part_cfg(&cfg, 300);
    part_new(w, &p, &cfg);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(part_append(&p, 2, 1000, i / 2, 100), 0);
    }
    part_sync(w, &p);
    end = os_mono_us(w->os) + 10000000;
    text = NULL;
    while (os_mono_us(w->os) < end) {
        reactor_turn(w->reactor, 20);
        log_dir_commit_soon(w->dir);
        free(text);
        text = world_file(w, "recovery-point-offset-checkpoint", &len);
        if (text != NULL && len == 16 && memcmp(text, "0\n1\norders 0 10\n", 16) == 0) {
            break;
        }
        assert_int_equal(part_append(&p, 1, 1000, 2, 100) != 0, 0);
        assert_int_equal(plog_truncate_to(p.log, 10), 0);
    }
    assert_int_equal(len, 16);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(new_directory, setup, teardown),
        cmocka_unit_test_setup_teardown(a_second_broker_is_kept_out, setup, teardown),
        cmocka_unit_test_setup_teardown(another_owner, setup, teardown),
        cmocka_unit_test_setup_teardown(adopts_and_claims, setup, teardown),
        cmocka_unit_test_setup_teardown(foreign_directory, setup, teardown),
        cmocka_unit_test_setup_teardown(known_files, setup, teardown),
        cmocka_unit_test_setup_teardown(not_a_directory, setup, teardown),
        cmocka_unit_test_setup_teardown(not_ours, setup, teardown),
        cmocka_unit_test_setup_teardown(makes_parents, setup, teardown),
        cmocka_unit_test_setup_teardown(a_round_comes_by_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(many_in_a_round, setup, teardown),
        cmocka_unit_test_setup_teardown(failed_sync, setup, teardown),
        cmocka_unit_test_setup_teardown(lazy_topics, setup, teardown),
        cmocka_unit_test_setup_teardown(checkpoint_files, setup, teardown),
        cmocka_unit_test_setup_teardown(empty_marker, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_partitions, setup, teardown),
        cmocka_unit_test_setup_teardown(checkpoints_by_time, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
