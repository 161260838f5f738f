/*
 * A load generator of our own: one thread, prebuilt frames, so that the client costs little beside the
 * broker (librdkafka takes 3 to 15 times the broker's processor time).
 *
 *     bench_load produce  --port P --topic T --partitions N --batch-bytes B --record-bytes R --acks A
 *     bench_load fetch    --port P --topic T --partitions N --max-bytes B
 *     bench_load metadata --port P --topic T
 *     bench_load versions --port P
 *
 * with --connections C, --in-flight K, --requests N (all connections together), --pid PID (the broker's:
 * its processor time over the measured part is reported), --warmup N requests, --cpu N (pins the client).
 * Prints one line of JSON: requests, bytes, errors, empty answers, seconds, broker_cpu_s, client_cpu_s,
 * machine_cpu_s (of all processes), p50/p99/p999 in µs.
 *
 * Fetch walks every partition from offset 0 and begins anew at the end.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/chain.h"
#include "base/rd.h"
#include "base/wr.h"
#include "gen/api_keys.h"
#include "gen/api_versions.h"
#include "gen/fetch.h"
#include "gen/header.h"
#include "gen/metadata.h"
#include "gen/produce.h"
#include "record/build.h"

#define CONNECTIONS_MAX 4096
#define IN_FLIGHT_MAX 256
#define PARTITIONS_MAX 10000
#define RECV_BYTES (2u * 1024 * 1024)

#define READS_PER_TURN 4

#define DIE(...) \
    do { \
        (void)fprintf(stderr, "bench_load: " __VA_ARGS__); \
        (void)fputc('\n', stderr); \
        exit(1); \
    } while (0)

enum mode { MODE_PRODUCE, MODE_FETCH, MODE_METADATA, MODE_VERSIONS };

struct opts {
    enum mode mode;
    uint16_t port;
    const char *topic;
    int32_t partitions;
    size_t batch_bytes;
    size_t record_bytes;
    size_t max_bytes;
    int acks;
    size_t connections;
    size_t in_flight;
    uint64_t requests;
    uint64_t warmup;
    int pid;
    int cpu;
};

struct client {
    int fd;
    uint8_t *out;        /* the frame going out; produce sends the shared one */
    const uint8_t *send; /* what is being sent now */
    size_t send_len;
    size_t send_at;
    int64_t sent_us[IN_FLIGHT_MAX]; /* a ring */
    size_t ring_at;
    size_t pending;
    uint8_t *in;
    size_t in_len;
    size_t skip;       /* bytes of an answer's tail that need not be looked at */
    int32_t partition; /* the next one to ask */
    bool watches_out;
};

struct bench {
    struct opts o;
    struct client *clients;
    uint8_t **frames; /* by partition */
    size_t *frame_lens;
    int64_t *fetch_offsets; /* by partition: what to ask for next */
    int64_t *fetch_ends;    /* by partition: the high watermark; 0: not known yet */
    int64_t fetch_step;     /* offsets in a full answer; 0: none seen yet */
    struct arena arena;
    uint64_t started;
    uint64_t finished;
    uint64_t bytes;
    uint64_t errors;
    uint64_t empty; /* fetch answers without a record */
    int64_t *lat_us;
    uint64_t lat_cnt;
};

static int64_t now_us(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static double own_cpu_s(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Run time of all threads of a process, to the nanosecond. */
static double pid_cpu_s(int pid)
{
    char path[320];
    double total_ns = 0;
    const struct dirent *entry;
    DIR *dir;

    if (pid <= 0) {
        return 0;
    }
    (void)snprintf(path, sizeof(path), "/proc/%d/task", pid);
    dir = opendir(path);
    if (dir == NULL) {
        DIE("no process %d", pid);
    }
    while ((entry = readdir(dir)) != NULL) {
        char line[128];
        FILE *f;

        if (entry->d_name[0] == '.') {
            continue;
        }
        (void)snprintf(path, sizeof(path), "/proc/%d/task/%.20s/schedstat", pid, entry->d_name);
        f = fopen(path, "re");
        if (f != NULL) {
            if (fgets(line, sizeof(line), f) != NULL) {
                total_ns += strtod(line, NULL); /* the first of its three numbers */
            }
            (void)fclose(f);
        }
    }
    (void)closedir(dir);
    return total_ns / 1e9;
}

/* Processor time the whole machine has spent, in seconds: tells whether others disturbed the run. */
static double machine_busy_s(void)
{
    char line[512];
    double busy = 0;
    FILE *f = fopen("/proc/stat", "re");
    char *at = line + 3;

    if (f == NULL || fgets(line, sizeof(line), f) == NULL) {
        DIE("cannot read /proc/stat");
    }
    (void)fclose(f);
    for (int i = 0; i < 8; i++) {
        double ticks = strtod(at, &at);

        busy += i == 3 || i == 4 ? 0 : ticks; /* idle, waiting for the disk */
    }
    return busy / (double)sysconf(_SC_CLK_TCK);
}

/* --- frames ---------------------------------------------------------------------------------------- */

static uint8_t *frame_build(int16_t key, int16_t version, const struct msg_desc *desc,
                            const void *msg, size_t *ret_len)
{
    struct request_header head;
    int16_t head_version = msg_is_flex(desc, version) ? 2 : 1;
    struct chain c;
    struct wr w;
    uint8_t *bytes;
    size_t len;

    request_header_init(&head);
    head.request_api_key = key;
    head.request_api_version = version;
    head.client_id = SLICE_LIT("bench");
    len = request_header_size(&head, head_version) + msg_size(desc, msg, version);
    chain_init(&c);
    wr_init(&w, &c, len + 4);
    wr_i32(&w, (int32_t)len);
    if (request_header_encode(&head, &w, head_version) != 0 ||
        msg_encode(desc, msg, &w, version) != 0 || wr_finish(&w) != 0 || c.len != len + 4) {
        DIE("cannot encode a request");
    }
    bytes = malloc(c.len);
    if (bytes == NULL || chain_copy_out(&c, bytes, c.len) != 0) {
        DIE("out of memory");
    }
    *ret_len = c.len;
    chain_clear(&c);
    return bytes;
}

static struct slice batch_build(const struct opts *o, struct batch_builder *b)
{
    struct batch_options plain = BATCH_OPTIONS_PLAIN;
    struct record_fields r = {.timestamp = (timestamp_ms_t)time(NULL) * 1000, .key = SLICE_NULL};
    uint8_t *value = malloc(o->record_bytes);
    struct slice batch;

    if (value == NULL) {
        DIE("out of memory");
    }
    for (size_t i = 0; i < o->record_bytes; i++) {
        value[i] = (uint8_t)('a' + i * 7 % 26);
    }
    r.value = slice_of(value, o->record_bytes);
    batch_builder_init(b, &plain, o->batch_bytes + o->record_bytes + 4096);
    do {
        if (batch_builder_add(b, &r) != 0) {
            DIE("cannot build a batch");
        }
    } while (batch_builder_len(b) + o->record_bytes + 16 <= o->batch_bytes);
    if (batch_builder_finish(b, NULL, &batch) != 0) {
        DIE("cannot build a batch");
    }
    free(value);
    return batch;
}

static void frames_produce(struct bench *b)
{
    struct batch_builder builder;
    struct slice batch = batch_build(&b->o, &builder);

    for (int32_t i = 0; i < b->o.partitions; i++) {
        struct produce_request_partition_produce_data part;
        struct produce_request_topic_produce_data topic;
        struct produce_request req;

        produce_request_partition_produce_data_init(&part);
        produce_request_topic_produce_data_init(&topic);
        produce_request_init(&req);
        part.index = i;
        part.records.mem = batch;
        topic.name = slice_cstr(b->o.topic);
        topic.partition_data = &part;
        topic.partition_data_cnt = 1;
        req.acks = (int16_t)b->o.acks;
        req.timeout_ms = 30000;
        req.topic_data = &topic;
        req.topic_data_cnt = 1;
        b->frames[i] = frame_build(API_PRODUCE, 9, &produce_request_desc, &req, &b->frame_lens[i]);
    }
    batch_builder_release(&builder);
}

static void frames_other(struct bench *b)
{
    if (b->o.mode == MODE_METADATA) {
        struct metadata_request_topic topic;
        struct metadata_request req;

        metadata_request_topic_init(&topic);
        metadata_request_init(&req);
        topic.name = slice_cstr(b->o.topic);
        req.topics = &topic;
        req.topics_cnt = 1;
        b->frames[0] =
            frame_build(API_METADATA, 9, &metadata_request_desc, &req, &b->frame_lens[0]);
    } else {
        struct api_versions_request req;

        api_versions_request_init(&req);
        b->frames[0] =
            frame_build(API_API_VERSIONS, 0, &api_versions_request_desc, &req, &b->frame_lens[0]);
    }
}

/* A fetch frame is built once per partition; only its offset changes, at a known place: the eight bytes
 * behind partition index and leader epoch. */
static void frames_fetch(struct bench *b)
{
    for (int32_t i = 0; i < b->o.partitions; i++) {
        struct fetch_request_partition part;
        struct fetch_request_topic topic;
        struct fetch_request req;

        fetch_request_partition_init(&part);
        fetch_request_topic_init(&topic);
        fetch_request_init(&req);
        part.partition = i;
        part.current_leader_epoch = -1;
        part.fetch_offset = INT64_C(0x4f4646534554); /* found again below */
        part.partition_max_bytes = (int32_t)b->o.max_bytes;
        topic.topic = slice_cstr(b->o.topic);
        topic.partitions = &part;
        topic.partitions_cnt = 1;
        req.max_wait_ms = 0;
        req.min_bytes = 1;
        req.max_bytes = (int32_t)b->o.max_bytes;
        req.session_epoch = -1;
        req.topics = &topic;
        req.topics_cnt = 1;
        b->frames[i] = frame_build(API_FETCH, 11, &fetch_request_desc, &req, &b->frame_lens[i]);
    }
}

static uint8_t *fetch_offset_at(uint8_t *frame, size_t len)
{
    uint8_t mark[8];

    store_be64(mark, UINT64_C(0x4f4646534554));
    for (size_t i = 0; i + 8 <= len; i++) {
        if (memcmp(frame + i, mark, 8) == 0) {
            return frame + i;
        }
    }
    DIE("cannot find the offset in a fetch frame");
}

/* --- connections ------------------------------------------------------------------------------------- */

static int connect_to(uint16_t port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    /* BBR paces on loopback; without it the figures are those of the programs. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0) {
        DIE("cannot connect to port %u: %s", (unsigned)port, strerror(errno));
    }
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static uint64_t total_requests(const struct bench *b)
{
    return b->o.requests + b->o.warmup;
}

static void client_next(struct bench *b, struct client *c)
{
    int32_t p = c->partition;

    c->partition = (c->partition + 1) % b->o.partitions;
    if (b->o.mode == MODE_FETCH) {
        static uint8_t *places[PARTITIONS_MAX];

        if (places[p] == NULL) {
            places[p] = fetch_offset_at(b->frames[p], b->frame_lens[p]);
        }
        if (b->fetch_ends[p] > 0 && b->fetch_offsets[p] >= b->fetch_ends[p]) {
            b->fetch_offsets[p] = 0;
        }
        store_be64(places[p], (uint64_t)b->fetch_offsets[p]);
        b->fetch_offsets[p] += b->fetch_step; /* the next one in flight asks for what follows */
        memcpy(c->out, b->frames[p], b->frame_lens[p]);
        c->send = c->out;
    } else {
        c->send = b->frames[p];
    }
    c->send_len = b->frame_lens[p];
    c->send_at = 0;
    c->sent_us[(c->ring_at + c->pending) % IN_FLIGHT_MAX] = now_us();
    c->pending++;
    b->started++;
}

static void client_send(struct bench *b, struct client *c)
{
    for (;;) {
        ssize_t n;

        if (c->send_at == c->send_len) {
            if (c->pending >= b->o.in_flight || b->started >= total_requests(b) ||
                (b->o.mode == MODE_FETCH && b->fetch_step == 0 && b->started > b->finished)) {
                return;
            }
            client_next(b, c);
        }
        n = send(c->fd, c->send + c->send_at, c->send_len - c->send_at, MSG_NOSIGNAL);
        if (n < 0) {
            if (errno == EAGAIN) {
                return;
            }
            DIE("send: %s", strerror(errno));
        }
        c->send_at += (size_t)n;
    }
}

/* Looks into the front of a fetch answer for how far it went. Only the first batch header is read, so
 * records that are still on their way do not matter; `have` bytes of the answer are there. All batches of
 * a load have the same size: the first tells the rest, and the first full answer how far each one
 * goes, so that several in flight ask for ranges that follow one another. */
static void fetch_look(struct bench *b, const uint8_t *answer, size_t have, size_t len)
{
    /* v11: correlation 4, throttle 4, error 2, session 4, topics 4, name 2+n, partitions 4; then
     * index 4, error 2, high watermark 8, last stable 8, start 8, aborted 4, replica 4, records 4. */
    size_t at = 4 + 4 + 2 + 4 + 4 + 2 + strlen(b->o.topic) + 4;
    struct batch_header h;
    int64_t end;
    int32_t p;
    int32_t records;

    if (have < at + 42) {
        DIE("a fetch answer of %zu bytes is too short", len);
    }
    p = (int32_t)load_be32(answer + at);
    if (load_be16(answer + at + 4) != 0 || p < 0 || p >= b->o.partitions) {
        b->errors++;
        return;
    }
    b->fetch_ends[p] = (int64_t)load_be64(answer + at + 6);
    records = (int32_t)load_be32(answer + at + 38);
    if (records <= 0) {
        b->fetch_offsets[p] = 0;
        b->empty++;
        return;
    }
    b->bytes += (uint64_t)records;
    if (have < at + 42 + BATCH_HEADER_LEN ||
        batch_peek(slice_of(answer + at + 42, BATCH_HEADER_LEN), &h) != 0) {
        b->errors++;
        return;
    }
    end = h.base_offset +
          (int64_t)((size_t)records / batch_len(&h)) * ((int64_t)h.last_offset_delta + 1);
    if (b->fetch_step == 0) {
        b->fetch_step = end - h.base_offset;
        b->fetch_offsets[p] = end;
    } else if (end - h.base_offset < b->fetch_step && end < b->fetch_ends[p]) {
        b->fetch_offsets[p] = end; /* cut short, as at the end of a segment: go on from there */
    }
}

static void produce_look(struct bench *b, const uint8_t *answer, size_t len)
{
    /* v9: correlation 4, tags 1, topics 1, name 1+n, partitions 1, index 4, error 2. */
    size_t at = 4 + 1 + 1 + 1 + strlen(b->o.topic) + 1 + 4;

    if (len < at + 2 || load_be16(answer + at) != 0) {
        b->errors++;
    }
    b->bytes += b->frame_lens[0];
}

static void client_answered(struct bench *b, struct client *c, const uint8_t *answer, size_t have,
                            size_t len)
{
    int64_t took = now_us() - c->sent_us[c->ring_at];

    c->ring_at = (c->ring_at + 1) % IN_FLIGHT_MAX;
    c->pending--;
    b->finished++;
    if (b->lat_cnt < total_requests(b)) {
        b->lat_us[b->lat_cnt++] = took;
    }
    if (b->o.mode == MODE_FETCH) {
        fetch_look(b, answer, have, len);
    } else if (b->o.mode == MODE_PRODUCE) {
        produce_look(b, answer, len);
    } else {
        b->bytes += len;
    }
}

/* Takes answers from what was received; the tail of a large one is skipped without being kept. */
static void client_take(struct bench *b, struct client *c)
{
    size_t at = 0;

    while (c->in_len - at >= 4) {
        size_t len = load_be32(c->in + at);
        size_t have = c->in_len - at - 4;
        size_t need = len < 512 ? len : 512;

        if (have < need) {
            break;
        }
        client_answered(b, c, c->in + at + 4, have < len ? have : len, len);
        if (have < len) {
            c->skip = len - have;
            at = c->in_len;
            break;
        }
        at += 4 + len;
    }
    memmove(c->in, c->in + at, c->in_len - at);
    c->in_len -= at;
}

/* One read. False when nothing is there. */
static bool client_recv(struct bench *b, struct client *c)
{
    size_t room = RECV_BYTES - c->in_len;
    ssize_t n;

    if (c->skip > 0) {
        n = recv(c->fd, c->in, c->skip < RECV_BYTES ? c->skip : RECV_BYTES, 0);
    } else {
        n = recv(c->fd, c->in + c->in_len, room, 0);
    }
    if (n == 0) {
        DIE("the broker closed a connection");
    }
    if (n < 0) {
        if (errno == EAGAIN) {
            return false;
        }
        DIE("recv: %s", strerror(errno));
    }
    if (c->skip > 0) {
        c->skip -= (size_t)n;
    } else {
        c->in_len += (size_t)n;
        client_take(b, c);
    }
    return true;
}

/* Waits for room to send only while a frame is half out. */
static void client_watch(int ep, struct client *c)
{
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
    bool out = c->send_at < c->send_len;

    if (out == c->watches_out) {
        return;
    }
    ev.events |= out ? (uint32_t)EPOLLOUT : 0;
    c->watches_out = out;
    if (epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &ev) != 0) {
        DIE("epoll: %s", strerror(errno));
    }
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static int64_t percentile(const struct bench *b, double p)
{
    return b->lat_cnt == 0 ? 0 : b->lat_us[(uint64_t)((double)(b->lat_cnt - 1) * p)];
}

static void run(struct bench *b)
{
    int ep = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[256];
    bool measuring = b->o.warmup == 0;
    int64_t begin_us = now_us();
    double broker_s = pid_cpu_s(b->o.pid);
    double own_s = own_cpu_s();
    double machine_s = machine_busy_s();

    for (size_t i = 0; i < b->o.connections; i++) {
        struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT, .data.ptr = &b->clients[i]};

        b->clients[i].watches_out = true;
        if (epoll_ctl(ep, EPOLL_CTL_ADD, b->clients[i].fd, &ev) != 0) {
            DIE("epoll: %s", strerror(errno));
        }
    }
    while (b->finished < total_requests(b)) {
        int cnt = epoll_wait(ep, events, 256, 30000);

        if (cnt == 0) {
            DIE("no answer for 30 s");
        }
        for (int i = 0; i < cnt; i++) {
            struct client *c = events[i].data.ptr;

            /* A few reads each, so that a fast end does not keep the client on one connection. */
            for (int reads = 0; reads < READS_PER_TURN && client_recv(b, c); reads++) {}
            client_send(b, c);
            client_watch(ep, c);
        }
        if (!measuring && b->finished >= b->o.warmup) {
            measuring = true;
            begin_us = now_us();
            broker_s = pid_cpu_s(b->o.pid);
            own_s = own_cpu_s();
            machine_s = machine_busy_s();
            b->bytes = 0;
            b->lat_cnt = 0; /* what is counted from here on is what is measured */
        }
    }
    broker_s = pid_cpu_s(b->o.pid) - broker_s;
    own_s = own_cpu_s() - own_s;
    machine_s = machine_busy_s() - machine_s;
    begin_us = now_us() - begin_us;
    qsort(b->lat_us, b->lat_cnt, sizeof(*b->lat_us), by_value);
    printf("{\"requests\": %llu, \"bytes\": %llu, \"errors\": %llu, \"empty\": %llu, "
           "\"seconds\": %.6f, \"broker_cpu_s\": %.6f, \"client_cpu_s\": %.6f, "
           "\"machine_cpu_s\": %.3f, \"p50_us\": %lld, \"p99_us\": %lld, \"p999_us\": %lld}\n",
           (unsigned long long)b->lat_cnt, (unsigned long long)b->bytes,
           (unsigned long long)b->errors, (unsigned long long)b->empty, (double)begin_us / 1e6,
           broker_s, own_s, machine_s, (long long)percentile(b, 0.5),
           (long long)percentile(b, 0.99), (long long)percentile(b, 0.999));
    (void)close(ep);
}

static uint64_t number(const char *flag, const char *text)
{
    char *end = NULL;
    unsigned long long v = text == NULL ? 0 : strtoull(text, &end, 10);

    if (text == NULL || end == text || *end != '\0') {
        DIE("%s needs a number", flag);
    }
    return v;
}

static void parse(int argc, char **argv, struct opts *o)
{
    static const char *const modes[] = {"produce", "fetch", "metadata", "versions"};
    size_t mode = 0;

    *o = (struct opts){.topic = "bench",
                       .partitions = 1,
                       .batch_bytes = 1000000,
                       .record_bytes = 1000,
                       .max_bytes = 1048576,
                       .acks = 1,
                       .connections = 1,
                       .in_flight = 5,
                       .requests = 1000,
                       .cpu = -1};
    while (argc > 1 && mode < 4 && strcmp(argv[1], modes[mode]) != 0) {
        mode++;
    }
    if (argc < 2 || mode == 4) {
        DIE("the first argument is one of: produce fetch metadata versions");
    }
    o->mode = (enum mode)mode;
    for (int i = 2; i < argc; i += 2) {
        const char *f = argv[i];
        const char *v = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(f, "--topic") == 0 && v != NULL) {
            o->topic = v;
        } else if (strcmp(f, "--acks") == 0 && v != NULL) {
            o->acks = strcmp(v, "all") == 0 || strcmp(v, "-1") == 0 ? -1 : (int)number(f, v);
        } else if (strcmp(f, "--port") == 0) {
            o->port = (uint16_t)number(f, v);
        } else if (strcmp(f, "--partitions") == 0) {
            o->partitions = (int32_t)number(f, v);
        } else if (strcmp(f, "--batch-bytes") == 0) {
            o->batch_bytes = number(f, v);
        } else if (strcmp(f, "--record-bytes") == 0) {
            o->record_bytes = number(f, v);
        } else if (strcmp(f, "--max-bytes") == 0) {
            o->max_bytes = number(f, v);
        } else if (strcmp(f, "--connections") == 0) {
            o->connections = number(f, v);
        } else if (strcmp(f, "--in-flight") == 0) {
            o->in_flight = number(f, v);
        } else if (strcmp(f, "--requests") == 0) {
            o->requests = number(f, v);
        } else if (strcmp(f, "--warmup") == 0) {
            o->warmup = number(f, v);
        } else if (strcmp(f, "--pid") == 0) {
            o->pid = (int)number(f, v);
        } else if (strcmp(f, "--cpu") == 0) {
            o->cpu = (int)number(f, v);
        } else {
            DIE("%s is no option", f);
        }
    }
    if (o->connections < 1 || o->connections > CONNECTIONS_MAX || o->in_flight < 1 ||
        o->in_flight > IN_FLIGHT_MAX || o->partitions < 1 || o->partitions > PARTITIONS_MAX ||
        o->acks == 0 || o->requests < 1) {
        DIE("an option is out of range (acks=0 has no answers to count)");
    }
}

int main(int argc, char **argv)
{
    struct bench b = {0};

    parse(argc, argv, &b.o);
    if (b.o.cpu >= 0) {
        cpu_set_t set;

        CPU_ZERO(&set);
        CPU_SET((size_t)b.o.cpu, &set);
        (void)sched_setaffinity(0, sizeof(set), &set); /* an unpinned client only measures worse */
    }
    b.clients = calloc(b.o.connections, sizeof(*b.clients));
    b.frames = calloc((size_t)b.o.partitions, sizeof(*b.frames));
    b.frame_lens = calloc((size_t)b.o.partitions, sizeof(*b.frame_lens));
    b.fetch_offsets = calloc((size_t)b.o.partitions, sizeof(*b.fetch_offsets));
    b.fetch_ends = calloc((size_t)b.o.partitions, sizeof(*b.fetch_ends));
    b.lat_us = calloc(b.o.requests + b.o.warmup, sizeof(*b.lat_us));
    if (b.clients == NULL || b.frames == NULL || b.frame_lens == NULL || b.fetch_offsets == NULL ||
        b.fetch_ends == NULL || b.lat_us == NULL) {
        DIE("out of memory");
    }
    if (b.o.mode == MODE_PRODUCE) {
        frames_produce(&b);
    } else if (b.o.mode == MODE_FETCH) {
        frames_fetch(&b);
    } else {
        b.o.partitions = 1;
        frames_other(&b);
    }
    for (size_t i = 0; i < b.o.connections; i++) {
        b.clients[i].fd = connect_to(b.o.port);
        b.clients[i].in = malloc(RECV_BYTES);
        b.clients[i].out = malloc(4096);
        /* Spread over the partitions, so that what is in flight dirties as many as it can. */
        b.clients[i].partition = (int32_t)(i * (size_t)b.o.partitions / b.o.connections);
        if (b.clients[i].in == NULL || b.clients[i].out == NULL) {
            DIE("out of memory");
        }
    }
    run(&b);
    return b.errors == 0 ? 0 : 1;
}
