/* A broker inside a program: started, found, stopped; two of them share nothing. */
#include "ottla.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/err.h"
#include "os/conn.h"
#include "os/os.h"

struct folder {
    char path[64];
    char log_dirs[96];
};

static void folder_make(struct folder *f)
{
    (void)snprintf(f->path, sizeof(f->path), "/tmp/ottla_test.XXXXXX");
    assert_non_null(mkdtemp(f->path));
    (void)snprintf(f->log_dirs, sizeof(f->log_dirs), "log.dirs=%s/data", f->path);
}

static void folder_remove(const struct folder *f)
{
    char command[128];

    (void)snprintf(command, sizeof(command), "rm -rf %s", f->path);
    assert_int_equal(system(command), 0); /* allow: a test's own folder */
}

static struct ottla *start(const struct folder *f)
{
    const char *settings[] = {f->log_dirs, "listeners=PLAINTEXT://localhost:0"};
    char why[OTTLA_WHY_LEN] = "";
    struct ottla *broker = NULL;

    if (ottla_start(settings, 2, &broker, why) != 0) {
        fail_msg("the broker did not start: %s", why);
    }
    assert_int_not_equal(ottla_port(broker), 0);
    return broker;
}

/* ApiVersions v0: correlation id and error come back. */
static void ask(uint16_t port)
{
    static const uint8_t request[] = {0, 0, 0, 12, 0, 18, 0, 0, 0, 0, 0, 9, 0, 2, 'm', 'e'};
    uint8_t answer[10];
    struct os_conn *conn = NULL;
    struct os *os = NULL;

    assert_int_equal(os_new(&os), 0);
    assert_int_equal(os_conn_open(os, "localhost", port, 5000, &conn), 0);
    assert_int_equal(os_conn_send(conn, slice_of(request, sizeof(request)), 5000), 0);
    assert_int_equal(os_conn_recv(conn, answer, sizeof(answer), 5000), 0);
    assert_int_equal(load_be32(answer + 4), 9);
    assert_int_equal(load_be16(answer + 8), 0);
    os_conn_close(conn);
    os_free(os);
}

static void one_broker(void **state)
{
    struct folder f;

    (void)state;
    folder_make(&f);
    for (int i = 0; i < 3; i++) {
        struct ottla *broker = start(&f);

        ask(ottla_port(broker));
        ottla_stop(broker);
        ottla_stop(broker);
        assert_int_equal(ottla_wait(broker), 0);
    }
    folder_remove(&f);
}

static void two_brokers(void **state)
{
    struct folder f[2];
    struct ottla *broker[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        folder_make(&f[i]);
        broker[i] = start(&f[i]);
    }
    assert_int_not_equal(ottla_port(broker[0]), ottla_port(broker[1]));
    ask(ottla_port(broker[0]));
    ask(ottla_port(broker[1]));
    ottla_stop(broker[0]);
    assert_int_equal(ottla_wait(broker[0]), 0);
    ask(ottla_port(broker[1]));
    ottla_stop(broker[1]);
    assert_int_equal(ottla_wait(broker[1]), 0);
    folder_remove(&f[0]);
    folder_remove(&f[1]);
}

static void one_directory_has_one_broker(void **state)
{
    const char *settings[] = {NULL, "listeners=PLAINTEXT://localhost:0"};
    char why[OTTLA_WHY_LEN] = "";
    struct ottla *first;
    struct ottla *second = NULL;
    struct folder f;

    (void)state;
    folder_make(&f);
    first = start(&f);
    settings[0] = f.log_dirs;
    assert_int_not_equal(ottla_start(settings, 2, &second, why), 0);
    assert_non_null(strstr(why, f.path));
    ask(ottla_port(first));
    ottla_stop(first);
    assert_int_equal(ottla_wait(first), 0);
    folder_remove(&f);
}

static void bad_settings_are_a_sentence(void **state)
{
    const char *settings[] = {"num.partitions=many"};
    char why[OTTLA_WHY_LEN] = "";
    struct ottla *broker = NULL;

    (void)state;
    assert_int_not_equal(ottla_start(settings, 1, &broker, why), 0);
    assert_non_null(strstr(why, "num.partitions"));
    assert_int_equal(ottla_wait(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_broker),
        cmocka_unit_test(two_brokers),
        cmocka_unit_test(one_directory_has_one_broker),
        cmocka_unit_test(bad_settings_are_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
