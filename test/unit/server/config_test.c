/* A configuration file is the first thing a newcomer edits: every form Java's files may have is read as
 * Java reads it, and every mistake is answered with file and line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/listener.h"
#include "server/config.h"

static struct config_why why;

/* ---- The format ----------------------------------------------------------------------------- */

static int print_pair(void *arg, size_t line, struct slice key, struct slice value)
{
    str_add_fmt(arg, "%zu[%.*s][%.*s] ", line, SLICE_FMT(key), SLICE_FMT(value));
    return 0;
}

static void parses_to(const char *text, const char *pairs)
{
    struct str out;

    str_init(&out, 65536);
    assert_int_equal(properties_parse("f", slice_cstr(text), print_pair, &out, &why), 0);
    assert_string_equal(out.ptr, pairs);
    str_release(&out);
}

static void test_separators(void **state)
{
    (void)state;
    parses_to("", "");
    parses_to("a=b", "1[a][b] ");
    parses_to("a = b\nc:d\ne f\n", "1[a][b] 2[c][d] 3[e][f] ");
    parses_to("a  \t:  b ", "1[a][b ] ");
    parses_to("a==b\na=:b\na b=c", "1[a][=b] 2[a][:b] 3[a][b=c] ");
    parses_to("a\n b=\n=c\n", "1[a][] 2[b][] 3[][c] ");
    parses_to("a=1\r\nb=2\rc=3", "1[a][1] 2[b][2] 3[c][3] ");
    parses_to("a\\=b=c\na\\ b c\na\\:=d", "1[a=b][c] 2[a b][c] 3[a:][d] ");
}

static void test_comments_and_blank_lines(void **state)
{
    (void)state;
    parses_to("# a=b\n  ! c=d\n\n \t\f\n e=f#g\n", "5[e][f#g] ");
    parses_to("# not continued \\\na=b", "2[a][b] ");
    parses_to("a=b\\\n# still b\nc=d", "1[a][b# still b] 3[c][d] ");
}

static void test_continued_lines(void **state)
{
    (void)state;
    parses_to("a=b\\\n   c\\\n\td\ne=f", "1[a][bcd] 4[e][f] ");
    parses_to("a=b\\\\\nc=d", "1[a][b\\] 2[c][d] ");
    parses_to("a=b\\\r\n c", "1[a][bc] ");
    parses_to("a\\\n b=c", "1[ab][c] ");
    parses_to("a=b\\", "1[a][b] ");
    parses_to("a=\\\n\nb=c", "1[a][] 3[b][c] ");
    parses_to("\\\n\n\nb=c", "4[b][c] ");
}

static void test_escapes(void **state)
{
    (void)state;
    parses_to("a=\\t\\n\\r\\f\\x\\\\", "1[a][\t\n\r\fx\\] ");
    parses_to("a=\\u0041\\u00e4\\u20AC", "1[a][A\xc3\xa4\xe2\x82\xac] ");
    parses_to("a=\\ud83d\\ude00", "1[a][\xf0\x9f\x98\x80] ");
    parses_to("\\u0061b=c", "1[ab][c] ");
    parses_to("a=\xc3\xa4", "1[a][\xc3\xa4] ");
}

static void refused(struct slice text, int rc, const char *sentence)
{
    struct str out;

    str_init(&out, 65536);
    assert_int_equal(properties_parse("f", text, print_pair, &out, &why), rc);
    assert_string_equal(why.text, sentence);
    str_release(&out);
}

static void test_malformed(void **state)
{
    static const char *const bad[] = {"a=b\nc=\\u12",   "a=b\nc=\\u12x4",        "a=b\nc=\\ud83d",
                                      "a=b\nc=\\ude00", "a=b\nc=\\ud83d\\u0041", "a=b\n\\u=1"};

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(bad); i++) {
        refused(
            slice_cstr(bad[i]), ERR_INVALID,
            "f:2: \\u must be followed by four hexadecimal digits, and a surrogate by its other "
            "half");
    }
    refused(slice_of("a=b\0", 4), ERR_INVALID,
            "f: the file has a NUL byte in it, so it is no text file");
}

static void test_sizes_are_bounded(void **state)
{
    size_t len = CONFIG_FILE_LEN_MAX + 1;
    char *text = malloc(len);
    struct str out;

    (void)state;
    assert_non_null(text);
    memset(text, 'a', len);
    refused(slice_of(text, CONFIG_LINE_LEN_MAX + 1), ERR_LIMIT, "f:1: the line is too long");
    str_init(&out, 1);
    assert_int_equal(properties_parse("f", slice_of(text, len), print_pair, &out, &why), ERR_LIMIT);
    assert_non_null(strstr(why.text, "at most 4194304 are read"));
    for (size_t i = 1; i < len; i += 2) {
        text[i] = '\n';
    }
    assert_int_equal(properties_parse("f", slice_of(text, len - 1), print_pair, &out, &why),
                     ERR_LIMIT);
    assert_string_equal(why.text, "f:10001: too many keys");
    str_release(&out);
    free(text);
}

/* ---- Settings ------------------------------------------------------------------------------- */

static int setup(void **state)
{
    struct config *c = malloc(sizeof(*c));

    if (c == NULL || config_init(c) != 0) {
        return -1;
    }
    *state = c;
    return 0;
}

static int teardown(void **state)
{
    config_release(*state);
    free(*state);
    return 0;
}

static void collect(void *arg, const char *sentence)
{
    str_add_fmt(arg, "%s|", sentence);
}

static void notes_are(const struct config *c, const char *notes)
{
    struct str out;

    str_init(&out, 65536);
    config_each_note(c, collect, &out);
    assert_string_equal(out.ptr, notes);
    str_release(&out);
}

static void test_file_and_overrides(void **state)
{
    struct config *c = *state;

    assert_int_equal(config_parse(c, "f", SLICE_LIT("num.partitions=3\nlog.dirs=/a\n"), &why), 0);
    assert_int_equal(config_override(c, "num.partitions=4", &why), 0);
    assert_int_equal(config_override(c, "zookeeper.connect=", &why), 0);
    assert_int_equal(config_override(c, "log.dir=a=b", &why), 0);
    assert_int_equal(config_finish(c, &why), 0);
    assert_int_equal(settings_int(c->settings, SETTING_NUM_PARTITIONS), 4);
    assert_string_equal(settings_text(c->settings, SETTING_ZOOKEEPER_CONNECT), "");
    assert_string_equal(settings_text(c->settings, SETTING_LOG_DIR), "a=b");
    assert_string_equal(settings_family_text(c->settings, SETTING_LOG_DIRS), "/a");
    notes_are(c, "");
}

static void test_mistakes_name_file_and_line(void **state)
{
    struct config *c = *state;

    assert_int_equal(config_parse(c, "my.properties", SLICE_LIT("\n\nlog.segment.bytes=5\n"), &why),
                     ERR_INVALID);
    assert_string_equal(why.text,
                        "my.properties:3: log.segment.bytes: 5 is below the least value 14");
    assert_int_equal(config_parse(c, "f", SLICE_LIT("=5"), &why), ERR_INVALID);
    assert_string_equal(why.text, "f:1: there is no name before the value");
    assert_int_equal(config_override(c, "num.partitions", &why), ERR_INVALID);
    assert_string_equal(why.text,
                        "--override num.partitions: there is no '='; write --override key=value");
    assert_int_equal(config_override(c, "num.partitions=x", &why), ERR_INVALID);
    assert_string_equal(why.text, "--override: num.partitions: 'x' is not a whole number");
    assert_int_equal(config_override(c, "broker.id=1", &why), 0);
    assert_int_equal(config_override(c, "node.id=2", &why), 0);
    assert_int_equal(config_finish(c, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "node.id is 2 but broker.id is 1"));
}

static void test_notes(void **state)
{
    struct config *c = *state;

    assert_int_equal(config_parse(c, "f",
                                  SLICE_LIT("num.partitons=3\nmy.plugin.key=1\nnum.io.threads=8\n"
                                            "log.message.format.version=1.1\n"),
                                  &why),
                     0);
    assert_int_equal(config_override(c, "rsm.config.x=1", &why), 0);
    notes_are(c,
              "f:1: unknown setting 'num.partitons'; the nearest known is 'num.partitions'|"
              "f:2: unknown setting 'my.plugin.key'|"
              "log.message.format.version is a setting of Kafka up to 3.9; it is accepted and has "
              "no effect here|"
              "num.io.threads is accepted and has no effect here|"
              "rsm.config.x is meant for a plug-in; it is accepted and has no effect here|");
}

/* ---- The files that come with Ottla --------------------------------------------------------- */

static struct slice file_read(const char *name)
{
    char path[512];
    FILE *f;
    char *text = malloc(65536);
    size_t len;

    (void)snprintf(path, sizeof(path), "%s/config/%s", OTTLA_ROOT_DIR, name);
    f = fopen(path, "rb");
    if (f == NULL || text == NULL) {
        fail_msg("%s", path);
    }
    len = fread(text, 1, 65536, f);
    fclose(f);
    return slice_of(text, len);
}

static void free_slice(struct slice s)
{
    union {
        const uint8_t *from;
        void *to;
    } ptr = {.from = s.ptr};

    free(ptr.to);
}

static void test_standalone_file(void **state)
{
    struct config *c = *state;
    struct slice text = file_read("standalone.properties");
    static struct listeners bind;
    static struct listeners told;
    struct setting_why reason;

    assert_int_equal(config_parse(c, "standalone.properties", text, &why), 0);
    assert_int_equal(config_finish(c, &why), 0);
    notes_are(c, "");
    assert_string_equal(settings_family_text(c->settings, SETTING_LOG_DIRS), "./data/standalone");
    assert_null(settings_text(c->settings, SETTING_ZOOKEEPER_CONNECT));
    assert_int_equal(settings_int(c->settings, SETTING_OFFSETS_TOPIC_REPLICATION_FACTOR), 1);
    assert_int_equal(settings_int(c->settings, SETTING_TRANSACTION_STATE_LOG_REPLICATION_FACTOR),
                     1);
    assert_int_equal(listeners_from_settings(c->settings, "box", &bind, &told, &reason), 0);
    assert_string_equal(bind.at[0].host, "localhost");
    assert_int_equal(bind.at[0].port, 9092);
    free_slice(text);
}

static void test_server_file(void **state)
{
    struct config *c = *state;
    struct slice text = file_read("server.properties");

    assert_int_equal(config_parse(c, "server.properties", text, &why), 0);
    assert_int_equal(config_finish(c, &why), 0);
    notes_are(c, "");
    assert_string_equal(settings_family_text(c->settings, SETTING_LOG_DIRS), "./data/server");
    assert_string_equal(settings_text(c->settings, SETTING_ZOOKEEPER_CONNECT), "localhost:2181");
    assert_int_equal(settings_int(c->settings, SETTING_BROKER_ID), 0);
    assert_int_equal(settings_int(c->settings, SETTING_NUM_PARTITIONS), 1);
    free_slice(text);
}

static void test_other_files_are_properties(void **state)
{
    static const char *const names[] = {"zookeeper.properties", "producer.properties",
                                        "consumer.properties"};
    static const char *const parts[] = {"[dataDir][./data/zookeeper]",
                                        "[bootstrap.servers][localhost:9092]",
                                        "[group.id][test-consumer-group]"};

    (void)state;
    for (size_t i = 0; i < ARRAY_CNT(names); i++) {
        struct slice text = file_read(names[i]);
        struct str out;

        str_init(&out, 65536);
        assert_int_equal(properties_parse(names[i], text, print_pair, &out, &why), 0);
        if (strstr(out.ptr, parts[i]) == NULL) {
            fail_msg("%s: %s", names[i], out.ptr);
        }
        str_release(&out);
        free_slice(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_separators),
        cmocka_unit_test(test_comments_and_blank_lines),
        cmocka_unit_test(test_continued_lines),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_sizes_are_bounded),
        cmocka_unit_test_setup_teardown(test_file_and_overrides, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mistakes_name_file_and_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_notes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_standalone_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_server_file, setup, teardown),
        cmocka_unit_test(test_other_files_are_properties),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
