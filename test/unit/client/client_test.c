/* The client against a broker that is a script: it sends the bytes a test gives it and keeps what it
 * was sent. Versions are negotiated, lies are noticed, and every failure has its sentence. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/chain.h"
#include "base/wr.h"
#include "client/client.h"
#include "gen/api_versions.h"
#include "gen/header.h"
#include "gen/metadata.h"

#define ANSWERS_MAX 8
#define FRAME_MAX 4096

struct answer {
    uint8_t bytes[FRAME_MAX];
    size_t len;
    bool close_after;
    bool keep_correlation; /* else the request's is put in */
};

struct script {
    int listener;
    struct endpoints at;
    pthread_t thread;
    struct answer answers[ANSWERS_MAX];
    size_t answer_cnt;
    int16_t keys[ANSWERS_MAX]; /* of the requests that came */
    int16_t versions[ANSWERS_MAX];
    size_t request_cnt;
    struct os *os;
    struct client *client;
};

static bool read_all(int fd, uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t got = read(fd, bytes, len);
        if (got <= 0) {
            return false;
        }
        bytes += got;
        len -= (size_t)got;
    }
    return true;
}

static void answer(int fd, struct answer *a, const uint8_t *request)
{
    if (!a->keep_correlation && a->len >= 8) {
        memcpy(a->bytes + 4, request + 4, 4);
    }
    size_t done = 0;
    while (done < a->len) {
        ssize_t put = write(fd, a->bytes + done, a->len - done);
        if (put <= 0) {
            return;
        }
        done += (size_t)put;
    }
}

static void *play(void *ctx)
{
    struct script *s = ctx;
    size_t next = 0;
    while (next < s->answer_cnt) {
        int fd = accept(s->listener, NULL, NULL);
        bool open = fd >= 0;
        while (open && next < s->answer_cnt) {
            uint8_t prefix[4];
            uint8_t request[FRAME_MAX];
            open = read_all(fd, prefix, 4) && load_be32(prefix) <= FRAME_MAX &&
                   read_all(fd, request, load_be32(prefix));
            if (open) {
                s->keys[next] = (int16_t)load_be16(request);
                s->versions[next] = (int16_t)load_be16(request + 2);
                s->request_cnt = next + 1;
                answer(fd, &s->answers[next], request);
                open = !s->answers[next].close_after;
                next++;
            }
        }
        if (fd >= 0) {
            close(fd);
        }
    }
    return NULL;
}

static int setup(void **state)
{
    struct script *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(s->listener, 4), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&a, &len), 0);
    s->at.cnt = 1;
    memcpy(s->at.at[0].host, "127.0.0.1", 10);
    s->at.at[0].port = ntohs(a.sin_port);
    assert_int_equal(os_new(&s->os), 0);
    struct client_options o = {.connect_ms = 5000, .request_ms = 5000, .response_len_max = 100000};
    assert_int_equal(client_new(s->os, &o, &s->client), 0);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct script *s = *state;
    client_free(s->client);
    if (s->answer_cnt > 0) {
        (void)shutdown(s->listener, SHUT_RDWR);
        pthread_join(s->thread, NULL);
    }
    close(s->listener);
    os_free(s->os);
    free(s);
    return 0;
}

static void start(struct script *s)
{
    assert_int_equal(pthread_create(&s->thread, NULL, play, s), 0);
}

/* Adds an encoded response, with a header of that version. */
static struct answer *add(struct script *s, const struct msg_desc *desc, const void *m,
                          int16_t version, int16_t head_version)
{
    struct answer *a = &s->answers[s->answer_cnt++];
    struct chain c;
    struct wr w;
    struct response_header head = response_header_default;
    size_t len = response_header_size(&head, head_version) + msg_size(desc, m, version);
    chain_init(&c);
    wr_init(&w, &c, 4 + len);
    wr_u32(&w, (uint32_t)len);
    assert_int_equal(response_header_encode(&head, &w, head_version), 0);
    assert_int_equal(msg_encode(desc, m, &w, version), 0);
    assert_int_equal(wr_finish(&w), 0);
    a->len = c.len;
    assert_true(a->len <= FRAME_MAX);
    assert_int_equal(chain_copy_out(&c, a->bytes, sizeof(a->bytes)), 0);
    chain_clear(&c);
    return a;
}

/* ApiVersions with Metadata of these versions and something nobody knows. */
static struct answer *add_versions(struct script *s, int16_t version, int16_t min, int16_t max)
{
    struct api_versions_response_version v[] = {
        {API_METADATA, min, max}, {API_API_VERSIONS, 0, 4}, {9000, 0, 1}};
    struct api_versions_response rs = api_versions_response_default;
    rs.api_keys = v;
    rs.api_keys_cnt = 3;
    return add(s, &api_versions_response_desc, &rs, version, 0);
}

static void add_metadata(struct script *s, int16_t version, int16_t head, uint16_t port,
                         int32_t cnt)
{
    struct metadata_response_broker b[2] = {metadata_response_broker_default,
                                            metadata_response_broker_default};
    for (int i = 0; i < 2; i++) {
        b[i].node_id = i;
        b[i].host = SLICE_LIT("127.0.0.1");
        b[i].port = port;
    }
    struct metadata_response rs = metadata_response_default;
    rs.brokers = b;
    rs.brokers_cnt = cnt;
    rs.controller_id = 1;
    (void)add(s, &metadata_response_desc, &rs, version, head);
}

static void expect_why(const struct script *s, const char *word)
{
    if (strstr(client_why(s->client), word) == NULL) {
        fail_msg("'%s' says nothing of '%s'", client_why(s->client), word);
    }
}

static void test_highest_common_version(void **state)
{
    struct script *s = *state;
    add_versions(s, 3, 0, 9);
    add_metadata(s, 9, 1, 1, 1);
    start(s);
    assert_int_equal(client_connect(s->client, &s->at), 0);
    assert_int_equal(client_version(s->client, API_METADATA), 9);
    assert_int_equal(client_version(s->client, API_PRODUCE), -1);
    size_t cnt = 0;
    const struct client_api *apis = client_apis(s->client, &cnt);
    assert_int_equal(cnt, 3);
    assert_int_equal(apis[2].key, 9000);

    struct arena a;
    arena_init(&a, 100000);
    struct metadata_request rq = metadata_request_default;
    struct metadata_response rs;
    assert_int_equal(client_call(s->client, API_METADATA, &rq, &rs, &a), 0);
    assert_int_equal(rs.brokers_cnt, 1);
    assert_true(slice_eq_cstr(rs.brokers[0].host, "127.0.0.1"));
    assert_int_equal(s->keys[1], API_METADATA);
    assert_int_equal(s->versions[1], 9);
    arena_release(&a);
}

static void test_fallback_to_v0(void **state)
{
    struct script *s = *state;
    struct api_versions_response refused = api_versions_response_default;
    refused.error_code = 35;
    (void)add(s, &api_versions_response_desc, &refused, 0, 0);
    add_versions(s, 0, 0, 1);
    start(s);
    assert_int_equal(client_connect(s->client, &s->at), 0);
    assert_int_equal(s->versions[0], 3);
    assert_int_equal(s->versions[1], 0);
    assert_int_equal(client_version(s->client, API_METADATA), 1);
}

static void test_no_common_version(void **state)
{
    struct script *s = *state;
    add_versions(s, 3, 100, 120);
    start(s);
    assert_int_equal(client_connect(s->client, &s->at), 0);
    struct arena a;
    arena_init(&a, 1000);
    struct metadata_request rq = metadata_request_default;
    struct metadata_response rs;
    assert_int_equal(client_call(s->client, API_METADATA, &rq, &rs, &a), ERR_UNSUPPORTED);
    expect_why(s, "does not serve Metadata");
    arena_release(&a);
}

static void test_nobody_there(void **state)
{
    struct script *s = *state;
    struct endpoints e = s->at;
    close(s->listener);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); /* for teardown */
    assert_int_equal(client_connect(s->client, &e), ERR_REFUSED);
    expect_why(s, "no broker answers at 127.0.0.1:");
    expect_why(s, "connection refused");
    expect_why(s, "make run");
}

static void test_second_of_two_answers(void **state)
{
    struct script *s = *state;
    add_versions(s, 3, 0, 9);
    start(s);
    struct endpoints two = {.cnt = 2, .at = {{.host = "127.0.0.1", .port = 1}, s->at.at[0]}};
    assert_int_equal(client_connect(s->client, &two), 0);
    char text[ENDPOINT_TEXT_LEN];
    assert_string_equal(client_broker(s->client), endpoint_format(&s->at.at[0], text));
    assert_string_equal(client_why(s->client), "");
}

static void expect_not_a_broker(struct script *s, const void *bytes, size_t len, bool close_after)
{
    struct answer *a = &s->answers[s->answer_cnt++];
    memcpy(a->bytes, bytes, len);
    a->len = len;
    a->keep_correlation = true;
    a->close_after = close_after;
    start(s);
    assert_int_not_equal(client_connect(s->client, &s->at), 0);
    expect_why(s, "not a Kafka broker");
}

static void test_http_is_no_broker(void **state)
{
    static const char text[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    expect_not_a_broker(*state, text, sizeof(text) - 1, true);
}

static void test_closed_at_once(void **state)
{
    expect_not_a_broker(*state, "", 0, true);
}

static void test_other_correlation(void **state)
{
    struct script *s = *state;
    struct answer *a = add_versions(s, 3, 0, 9);
    store_be32(a->bytes + 4, 12345);
    a->keep_correlation = true;
    start(s);
    assert_int_not_equal(client_connect(s->client, &s->at), 0);
    expect_why(s, "not a Kafka broker");
}

static void test_trailing_bytes(void **state)
{
    struct script *s = *state;
    struct answer *a = add_versions(s, 3, 0, 9);
    a->bytes[a->len++] = 0;
    store_be32(a->bytes, (uint32_t)(a->len - 4));
    start(s);
    assert_int_not_equal(client_connect(s->client, &s->at), 0);
}

static void test_count_beyond_the_bytes(void **state)
{
    struct script *s = *state;
    struct answer *a = add_versions(s, 3, 0, 9);
    a->bytes[10] = 0xff; /* the array's count, made huge */
    a->bytes[11] = 0x7f;
    start(s);
    assert_int_not_equal(client_connect(s->client, &s->at), 0);
}

static void test_response_over_the_limit(void **state)
{
    struct script *s = *state;
    add_versions(s, 3, 0, 9);
    struct answer *a = &s->answers[s->answer_cnt++];
    store_be32(a->bytes, 100001);
    a->len = 8;
    start(s);
    assert_int_equal(client_connect(s->client, &s->at), 0);
    struct arena arena;
    arena_init(&arena, 1000);
    struct metadata_request rq = metadata_request_default;
    struct metadata_response rs;
    assert_int_equal(client_call(s->client, API_METADATA, &rq, &rs, &arena), ERR_LIMIT);
    expect_why(s, "Metadata");
    assert_int_equal(client_call(s->client, API_METADATA, &rq, &rs, &arena), ERR_CLOSED);
    arena_release(&arena);
}

static void test_controller_is_another(void **state)
{
    struct script *s = *state;
    add_versions(s, 3, 0, 9);
    add_metadata(s, 9, 1, 1, 2); /* broker 1, the controller, listens on port 1: nobody does */
    start(s);
    assert_int_equal(client_connect(s->client, &s->at), 0);
    assert_int_equal(client_connect_controller(s->client), ERR_REFUSED);
    expect_why(s, "127.0.0.1:1");
}

static void test_only_broker_is_the_controller(void **state)
{
    struct script *s = *state;
    add_versions(s, 3, 0, 9);
    add_metadata(s, 9, 1, 1, 1);
    start(s);
    assert_int_equal(client_connect(s->client, &s->at), 0);
    assert_int_equal(client_connect_controller(s->client), 0);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_highest_common_version),
        CASE(test_fallback_to_v0),
        CASE(test_no_common_version),
        CASE(test_nobody_there),
        CASE(test_second_of_two_answers),
        CASE(test_http_is_no_broker),
        CASE(test_closed_at_once),
        CASE(test_other_correlation),
        CASE(test_trailing_bytes),
        CASE(test_count_beyond_the_bytes),
        CASE(test_response_over_the_limit),
        CASE(test_controller_is_another),
        CASE(test_only_broker_is_the_controller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
