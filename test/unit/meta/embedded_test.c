/*
 * The embedded store: the conformance suite over it, and what only files can do: be killed, be
 * somebody else's, be full.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "conformance.h"
#include "meta/embedded.h"
#include "os/os.h"
#include "os/reactor.h"
#include "os/workers.h"

struct fixture {
    struct store_fixture store;
    struct os *os;
    struct reactor *reactor;
    struct workers *workers;
    char dir[64];
    char path[128];
    bool is_stopped;
};

static void fixture_turn(struct store_fixture *f)
{
    reactor_turn(CONTAINER_OF(f, struct fixture, store)->reactor, 1000);
}

static void on_stopped(void *ctx)
{
    struct fixture *x = ctx;

    x->is_stopped = true;
}

static void meta_end(struct fixture *x)
{
    x->is_stopped = false;
    meta_stop(x->store.meta, on_stopped, x);
    while (!x->is_stopped) {
        reactor_turn(x->reactor, 1000);
    }
    meta_free(x->store.meta);
    x->store.meta = NULL;
}

static void meta_begin(struct fixture *x)
{
    struct embedded_why why;

    if (embedded_open(x->os, x->reactor, x->workers, x->path, &x->store.meta, &why) != 0) {
        fail_msg("%s", why.text);
    }
}

static void fixture_reopen(struct store_fixture *f)
{
    struct fixture *x = CONTAINER_OF(f, struct fixture, store);

    meta_end(x);
    meta_begin(x);
}

static struct fixture *fixture_new(void)
{
    struct fixture *x = calloc(1, sizeof(*x));

    assert_non_null(x);
    x->store.turn = fixture_turn;
    x->store.reopen = fixture_reopen;
    (void)snprintf(x->dir, sizeof(x->dir), "/tmp/ottla-meta-XXXXXX");
    assert_non_null(mkdtemp(x->dir));
    (void)snprintf(x->path, sizeof(x->path), "%s/%s", x->dir, EMBEDDED_FILE_NAME);
    assert_int_equal(os_new(&x->os), 0);
    assert_int_equal(reactor_new(x->os, &x->reactor), 0);
    assert_int_equal(workers_new(x->os, 1, &x->workers), 0);
    return x;
}

static struct store_fixture *fixture_open(void)
{
    struct fixture *x = fixture_new();

    meta_begin(x);
    return &x->store;
}

static void fixture_free(struct fixture *x)
{
    char lock[160];

    workers_free(x->workers);
    reactor_free(x->reactor);
    os_free(x->os);
    (void)snprintf(lock, sizeof(lock), "%s-lock", x->path);
    (void)unlink(lock);
    (void)unlink(x->path);
    assert_int_equal(rmdir(x->dir), 0); /* two files, nothing else */
    free(x);
}

static void fixture_close(struct store_fixture *f)
{
    struct fixture *x = CONTAINER_OF(f, struct fixture, store);

    meta_end(x);
    fixture_free(x);
}

static void conformance(void **state)
{
    (void)state;
    conformance_run(fixture_open, fixture_close);
}

/* ---- Calls that wait ------------------------------------------------------------------------- */

struct call {
    struct meta_request req;
    bool is_done;
    enum meta_outcome outcome;
    uint8_t body[64];
    size_t body_len;
    size_t child_cnt;
};

static void on_done(struct meta_request *req)
{
    struct call *c = CONTAINER_OF(req, struct call, req);

    c->is_done = true;
    c->outcome = req->outcome;
    c->child_cnt = req->child_cnt;
    c->body_len = req->body.len < sizeof(c->body) ? req->body.len : sizeof(c->body);
    if (c->body_len > 0) {
        memcpy(c->body, req->body.ptr, c->body_len);
    }
}

static enum meta_outcome await(struct fixture *x, struct call *c)
{
    while (!c->is_done) {
        reactor_turn(x->reactor, 1000);
    }
    return c->outcome;
}

static enum meta_outcome create(struct fixture *x, const char *path, const char *body,
                                unsigned flags)
{
    struct call c = {.req.done = on_done};

    meta_create(x->store.meta, &c.req, slice_cstr(path), slice_cstr(body), flags);
    return await(x, &c);
}

static size_t count(struct fixture *x, const char *path)
{
    struct call c = {.req.done = on_done};

    meta_list(x->store.meta, &c.req, slice_cstr(path), 0, NULL);
    assert_int_equal(await(x, &c), META_OK);
    return c.child_cnt;
}

/* A program started by ours must not hold the files open. */
static void no_descriptor_is_handed_down(void **state)
{
    struct fixture *x = fixture_new();
    int found = 0;

    (void)state;
    meta_begin(x);
    assert_int_equal(create(x, "/a", "", 0), META_OK);
    for (int fd = 3; fd < 64; fd++) {
        char link[64];
        char target[256];
        ssize_t len;

        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        len = readlink(link, target, sizeof(target) - 1);
        if (len > 0 && strncmp(target, x->dir, strlen(x->dir)) == 0) {
            found++;
            assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        }
    }
    assert_int_equal(found, 3);
    fixture_close(&x->store);
}

/* ---- Kills ----------------------------------------------------------------------------------- */

/* A process of its own writes, and is gone without a word when it has had the answers. */
static void what_was_answered_survives_a_kill(void **state)
{
    struct fixture *x = fixture_new();
    struct call c = {.req.done = on_done};
    int status;
    pid_t pid;

    (void)state;
    /* The parent's pool has no thread yet, so the child may use it. */
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char path[32];

        meta_begin(x);
        if (create(x, "/t", "", 0) != META_OK ||
            create(x, "/me", "ephemeral", META_EPHEMERAL) != META_OK) {
            _exit(1);
        }
        for (int i = 0; i < 100; i++) {
            (void)snprintf(path, sizeof(path), "/t/%03d", i);
            if (create(x, path, path, 0) != META_OK) {
                _exit(1);
            }
        }
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    meta_begin(x);
    assert_int_equal(count(x, "/t"), 100);
    assert_int_equal(count(x, "/"), 1); /* the ephemeral node is gone */
    meta_get(x->store.meta, &c.req, SLICE_LIT("/t/099"), NULL);
    assert_int_equal(await(x, &c), META_OK);
    assert_memory_equal(c.body, "/t/099", 6);
    fixture_close(&x->store);
}

/* ---- Files that are not ours ----------------------------------------------------------------- */

static void file_write(const char *path, const void *bytes, size_t len)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static void a_foreign_file_is_named(void **state)
{
    struct fixture *x = fixture_new();
    struct embedded_why why = {""};
    struct meta *m = NULL;
    static char text[8192];
    char nowhere[256];
    int rc;

    (void)state;
    memset(text, 'x', sizeof(text));
    file_write(x->path, text, sizeof(text));
    assert_int_equal(embedded_open(x->os, x->reactor, x->workers, x->path, &m, &why), ERR_CORRUPT);
    assert_non_null(strstr(why.text, x->path));
    assert_null(m);
    file_write(x->path, text, 100);
    assert_int_not_equal(embedded_open(x->os, x->reactor, x->workers, x->path, &m, NULL), 0);
    (void)snprintf(nowhere, sizeof(nowhere), "%s/nowhere/x.mdb", x->dir);
    rc = embedded_open(x->os, x->reactor, x->workers, nowhere, &m, &why);
    assert_int_not_equal(rc, 0);
    assert_non_null(strstr(why.text, nowhere));
    fixture_free(x);
}

static void an_empty_file_is_a_new_store(void **state)
{
    struct fixture *x = fixture_new();

    (void)state;
    file_write(x->path, "", 0);
    meta_begin(x);
    assert_int_equal(create(x, "/a", "", 0), META_OK);
    fixture_close(&x->store);
}

/* ---- Size and speed -------------------------------------------------------------------------- */

static void opening_writes_nothing_and_is_small(void **state)
{
    struct fixture *x = fixture_new();
    struct stat before;
    struct stat after;

    (void)state;
    meta_begin(x);
    assert_int_equal(create(x, "/a", "", 0), META_OK);
    meta_end(x);
    assert_int_equal(stat(x->path, &before), 0);
    assert_true(before.st_size <= 64 * 1024);
    meta_begin(x);
    assert_int_equal(count(x, "/"), 1);
    meta_end(x);
    assert_int_equal(stat(x->path, &after), 0);
    assert_int_equal(before.st_size, after.st_size);
    assert_int_equal(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
    assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
    fixture_free(x);
}

/* Many at once are a few commits: thousands of fsyncs would take seconds. And the map grows. */
static void many_writes_are_few_commits(void **state)
{
    enum { CNT = 20000 };
    struct fixture *x = fixture_new();
    struct call *calls = calloc(CNT, sizeof(*calls));
    char(*paths)[32] = calloc(CNT, sizeof(*paths));
    int64_t began;

    (void)state;
    assert_non_null(calls);
    assert_non_null(paths);
    meta_begin(x);
    assert_int_equal(create(x, "/t", "", 0), META_OK);
    began = os_mono_us(x->os);
    for (int i = 0; i < CNT; i++) {
        (void)snprintf(paths[i], sizeof(paths[i]), "/t/topic-%06d", i);
        calls[i].req.done = on_done;
        meta_create(x->store.meta, &calls[i].req, slice_cstr(paths[i]),
                    SLICE_LIT("{\"version\":3,\"partitions\":{\"0\":[0]}}"), 0);
    }
    for (int i = 0; i < CNT; i++) {
        assert_int_equal(await(x, &calls[i]), META_OK);
    }
    print_message("    %d creations: %lld us\n", CNT, (long long)(os_mono_us(x->os) - began));
    began = os_mono_us(x->os);
    assert_int_equal(count(x, "/t"), CNT);
    print_message("    list of %d: %lld us\n", CNT, (long long)(os_mono_us(x->os) - began));
    free(calls);
    free(paths);
    fixture_close(&x->store);
}

/* A file that may not grow stands for a full disk. What fails is not there, what was there stays, and
 * with room again the store goes on. */
static void a_full_disk_changes_nothing(void **state)
{
    struct fixture *x = fixture_new();
    struct rlimit before;
    struct rlimit small;
    struct stat st;
    char *body = malloc(200001);
    struct call c[3] = {{.req.done = on_done}, {.req.done = on_done}, {.req.done = on_done}};

    (void)state;
    assert_non_null(body);
    memset(body, 'b', 200000);
    body[200000] = '\0';
    meta_begin(x);
    assert_int_equal(create(x, "/a", "kept", 0), META_OK);
    assert_int_equal(stat(x->path, &st), 0);
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = (rlim_t)st.st_size;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    meta_create(x->store.meta, &c[0].req, SLICE_LIT("/b"), SLICE_NULL, 0);
    meta_create(x->store.meta, &c[1].req, SLICE_LIT("/big"), slice_cstr(body), 0);
    meta_get(x->store.meta, &c[2].req, SLICE_LIT("/a"), NULL);
    (void)await(x, &c[2]);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(c[0].outcome, META_DISK_ERROR);
    assert_int_equal(c[1].outcome, META_DISK_ERROR);

    assert_int_equal(count(x, "/"), 1);
    assert_int_equal(create(x, "/big", body, 0), META_OK);
    assert_int_equal(create(x, "/b", "", 0), META_OK);
    fixture_reopen(&x->store);
    assert_int_equal(count(x, "/"), 3);
    free(body);
    fixture_close(&x->store);
}

static int event_cnt;

static void on_event(void *ctx, enum meta_session_event ev)
{
    (void)ctx;
    assert_int_equal(ev, META_SESSION_OFFLINE);
    event_cnt++;
}

static void on_lost(struct meta_watch *w, enum meta_event ev)
{
    (void)w;
    assert_int_equal(ev, META_EVENT_LOST);
    event_cnt++;
}

/* Pages of the file turn into rubbish under an open store. */
static void a_damaged_file_takes_the_store_offline(void **state)
{
    struct fixture *x = fixture_new();
    struct call c = {.req.done = on_done};
    struct meta_watch w = {.fired = on_lost};
    char rubbish[4096];
    struct stat st;
    FILE *f;

    (void)state;
    event_cnt = 0;
    meta_begin(x);
    meta_session_listen(x->store.meta, on_event, NULL);
    assert_int_equal(create(x, "/a", "", 0), META_OK);
    meta_get(x->store.meta, &c.req, SLICE_LIT("/a"), &w);
    assert_int_equal(await(x, &c), META_OK);
    memset(rubbish, 0, sizeof(rubbish));
    assert_int_equal(stat(x->path, &st), 0);
    f = fopen(x->path, "r+");
    assert_non_null(f);
    assert_int_equal(fseek(f, 2 * 4096, SEEK_SET), 0); /* behind the two heads */
    for (long at = 2 * 4096; at < st.st_size; at += 4096) {
        assert_int_equal(fwrite(rubbish, 1, sizeof(rubbish), f), sizeof(rubbish));
    }
    assert_int_equal(fclose(f), 0);
    assert_int_equal(create(x, "/b", "", 0), META_DISK_ERROR);
    assert_int_equal(event_cnt, 2);
    assert_int_equal(create(x, "/c", "", 0), META_DISK_ERROR);
    assert_int_equal(event_cnt, 2);
    fixture_close(&x->store);
}

static void a_stop_answers_what_waits(void **state)
{
    struct fixture *x = fixture_new();
    struct call a = {.req.done = on_done};
    struct call b = {.req.done = on_done};

    (void)state;
    meta_begin(x);
    meta_create(x->store.meta, &a.req, SLICE_LIT("/a"), SLICE_NULL, 0);
    reactor_turn(x->reactor, 0); /* the first is with the worker, or even done */
    meta_create(x->store.meta, &b.req, SLICE_LIT("/b"), SLICE_NULL, 0);
    meta_end(x);
    assert_true(a.is_done);
    assert_int_equal(a.outcome, META_OK);
    assert_true(b.is_done);
    assert_int_equal(b.outcome, META_STOPPED);
    meta_begin(x);
    assert_int_equal(count(x, "/"), 1);
    fixture_close(&x->store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_answered_survives_a_kill),
        cmocka_unit_test(conformance),
        cmocka_unit_test(no_descriptor_is_handed_down),
        cmocka_unit_test(a_foreign_file_is_named),
        cmocka_unit_test(an_empty_file_is_a_new_store),
        cmocka_unit_test(opening_writes_nothing_and_is_small),
        cmocka_unit_test(many_writes_are_few_commits),
        cmocka_unit_test(a_full_disk_changes_nothing),
        cmocka_unit_test(a_damaged_file_takes_the_store_offline),
        cmocka_unit_test(a_stop_answers_what_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
