/*
 * The least a produce path can cost: frames come over loopback TCP, are checksummed (CRC-32C) and
 * appended to a file, and each is answered with 32 bytes.
 *
 *   -b bytes   payload of a frame (1 MiB)          -d n     frames in flight per connection (5)
 *   -g GiB     sent per run (1.5)                  -N n     connections (1)
 *   -R bytes   largest read (1 MiB)                -r n     runs (5), after one that is not counted
 *   -y ms      group commit: fdatasync every so often by a second thread; replies wait (none)
 *   -x         small frames: one append and one reply per frame, instead of one per read
 *   -k         no checksum     -n   no file     -G   let the file grow, instead of preallocating it
 *   -c name    congestion control (reno)           -S       both ends on one core
 *   -D folder  where the file is (.)
 *
 * Large frames are checksummed and appended piece by piece as they come, while the bytes are warm.
 * Small ones are appended together, all that came with one read.
 */
#include "common.h"
#include "crc32c.h"

#include <pthread.h>
#include <stdatomic.h>

#define CONNECTIONS_MAX 64
#define PENDING_MAX 4096
#define REPLY_BYTES 32
#define LARGE_FRAME_BYTES 65536

static struct {
    size_t payload_bytes, read_bytes_max, bytes_total;
    int in_flight, runs, connections;
    double gib, sync_ms;
    int per_frame, no_crc, no_file, grow, same_core;
    const char *congestion, *folder;
} opt = {.payload_bytes = MIB,
         .read_bytes_max = MIB,
         .in_flight = 5,
         .runs = 5,
         .connections = 1,
         .gib = 1.5,
         .congestion = "reno",
         .folder = "."};

/* Shared between the processes of a run. */
struct result {
    atomic_int ready;
    double send_cpu_s, wall_s, bytes, frames, latency50_us, latency99_us;
    double receive_cpu_s, reads, syncs;
    uint32_t crc;
};
static struct result *result;

static size_t frame_bytes(void)
{
    return opt.payload_bytes + 4;
}

/* ---- the sender ---- */

static void send_frames(int *fds)
{
    enum { COPIES = 4 };
    size_t frame = frame_bytes(), total = opt.bytes_total / frame;
    size_t sent = 0, acked = 0, sent_on[CONNECTIONS_MAX] = {0}, acked_on[CONNECTIONS_MAX] = {0};
    size_t part[CONNECTIONS_MAX] = {0};
    uint8_t *data = memory_new(frame * COPIES);
    double *latency = malloc(sizeof *latency * (total + 1));
    double *started = malloc(sizeof *started * (total + 1));
    char replies[REPLY_BYTES * 512];
    size_t cnt = (size_t)opt.connections, in_flight = (size_t)opt.in_flight;

    pin(0);
    fill(data, frame * COPIES);
    double cpu = cpu_s(), begin = now_s();
    while (acked < total) {
        /* Frame i goes to connection i % cnt. */
        while (sent < total && sent_on[sent % cnt] - acked_on[sent % cnt] < in_flight) {
            started[sent] = now_s();
            send_all(fds[sent % cnt], data + sent % COPIES * frame, frame, 0);
            sent_on[sent % cnt]++;
            sent++;
        }
        size_t k = sent % cnt;
        while (sent_on[k] == acked_on[k]) {
            k = (k + 1) % cnt;
        }
        ssize_t len = recv(fds[k], replies, sizeof replies, 0);
        if (len <= 0) {
            DIE("reply");
        }
        double now = now_s();
        for (part[k] += (size_t)len; part[k] >= REPLY_BYTES; part[k] -= REPLY_BYTES) {
            size_t idx = acked_on[k] * cnt + k;
            latency[idx] = (now - started[idx]) * 1e6;
            acked_on[k]++;
            acked++;
        }
    }
    result->send_cpu_s = cpu_s() - cpu;
    result->wall_s = now_s() - begin;
    result->bytes = (double)(acked * frame);
    result->frames = (double)total;
    result->latency50_us = quantile(latency, total, 0.5);
    result->latency99_us = quantile(latency, total, 0.99);
}

/* ---- the receiver ---- */

struct conn {
    int fd;
    uint8_t *buf;
    size_t len;                    /* bytes in buf; of a large frame, bytes seen */
    uint32_t crc;                  /* of the large frame so far */
    uint64_t pending[PENDING_MAX]; /* file positions that replies wait for */
    unsigned pending_head, pending_tail;
};

static int file_fd = -1;
static uint64_t file_pos;
static atomic_uint_least64_t appended, synced;
static atomic_int stopping;
static int sync_event;

static void append(const void *data, size_t len)
{
    if (file_fd >= 0) {
        pwrite_all(file_fd, data, len, (off_t)file_pos);
    }
    file_pos += len;
    atomic_store(&appended, file_pos);
}

static void reply(struct conn *c, size_t cnt)
{
    static const char replies[REPLY_BYTES * PENDING_MAX];
    send_all(c->fd, replies, REPLY_BYTES * cnt, 0);
}

static void acknowledge(struct conn *c, size_t cnt)
{
    if (cnt == 0) {
        return;
    }
    if (opt.sync_ms == 0) {
        reply(c, cnt);
        return;
    }
    for (; cnt > 0; cnt--) {
        c->pending[c->pending_tail++ % PENDING_MAX] = file_pos;
    }
}

static void release_synced(struct conn *c)
{
    uint64_t upto = atomic_load(&synced);
    size_t cnt = 0;
    while (c->pending_head != c->pending_tail &&
           c->pending[c->pending_head % PENDING_MAX] <= upto) {
        c->pending_head++;
        cnt++;
    }
    if (cnt > 0) {
        reply(c, cnt);
    }
}

static void *sync_thread(void *arg)
{
    uint64_t one = 1;
    double next = now_s();
    (void)arg;
    pin(opt.same_core ? 0 : 1);
    while (!atomic_load(&stopping)) {
        next += opt.sync_ms / 1e3;
        double now = now_s();
        if (next > now) {
            pause_us((long)((next - now) * 1e6));
        } else {
            next = now;
        }
        uint64_t upto = atomic_load(&appended);
        if (upto != atomic_load(&synced)) {
            CHECK(fdatasync(file_fd));
            result->syncs++;
            atomic_store(&synced, upto);
            CHECK(write(sync_event, &one, sizeof one));
        }
    }
    return NULL;
}

static void take_large(struct conn *c, size_t len)
{
    size_t from = c->len < 4 ? 4 : c->len;
    c->len += len;
    if (c->len > from) {
        if (!opt.no_crc) {
            c->crc = crc32c(c->crc, c->buf + from, c->len - from);
        }
        append(c->buf + from, c->len - from);
    }
    if (c->len == frame_bytes()) {
        result->crc ^= c->crc;
        c->crc = 0;
        c->len = 0;
        acknowledge(c, 1);
    }
}

static void take_small(struct conn *c, size_t len)
{
    size_t frame = frame_bytes(), done = 0, cnt = 0;
    for (c->len += len; c->len - done >= frame; done += frame) {
        if (!opt.no_crc) {
            result->crc ^= crc32c(0, c->buf + done + 4, opt.payload_bytes);
        }
        if (opt.per_frame) {
            append(c->buf + done, frame);
            acknowledge(c, 1);
        } else {
            cnt++;
        }
    }
    if (cnt > 0) {
        append(c->buf, done);
        acknowledge(c, cnt);
    }
    memmove(c->buf, c->buf + done, c->len - done);
    c->len -= done;
}

/* 1: took something; 0: the other end has closed; -1: nothing there. */
static int take(struct conn *c)
{
    int large = frame_bytes() > LARGE_FRAME_BYTES;
    size_t room = (large ? frame_bytes() : opt.read_bytes_max) - c->len;
    ssize_t len =
        recv(c->fd, c->buf + c->len, room < opt.read_bytes_max ? room : opt.read_bytes_max, 0);
    if (len <= 0) {
        return len == 0 ? 0 : -1;
    }
    result->reads++;
    if (large) {
        take_large(c, (size_t)len);
    } else {
        take_small(c, (size_t)len);
    }
    return 1;
}

static void receive_frames(struct conn *conns)
{
    struct epoll_event events[CONNECTIONS_MAX];
    int epoll = epoll_create1(EPOLL_CLOEXEC), live = opt.connections;
    pthread_t syncer;
    CHECK(epoll);
    for (int i = 0; i < opt.connections; i++) {
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &conns[i]};
        set_nonblocking(conns[i].fd);
        CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, conns[i].fd, &ev));
    }
    if (opt.sync_ms > 0) {
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL};
        sync_event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, sync_event, &ev));
        if (pthread_create(&syncer, NULL, sync_thread, NULL) != 0) {
            DIE("thread");
        }
    }
    while (live > 0) {
        int cnt = epoll_wait(epoll, events, CONNECTIONS_MAX, -1);
        for (int i = 0; i < cnt; i++) {
            struct conn *c = events[i].data.ptr;
            uint64_t value;
            int rc;
            if (c == NULL) {
                if (read(sync_event, &value, sizeof value) > 0) {
                    for (int j = 0; j < opt.connections; j++) {
                        release_synced(&conns[j]);
                    }
                }
                continue;
            }
            do {
                rc = take(c);
            } while (rc > 0);
            if (rc == 0) {
                epoll_ctl(epoll, EPOLL_CTL_DEL, c->fd, NULL);
                live--;
            }
        }
    }
    if (opt.sync_ms > 0) {
        atomic_store(&stopping, 1);
        pthread_join(syncer, NULL);
    }
}

static void run_receiver(const int *fds)
{
    char path[4096];
    size_t buf_bytes =
        (frame_bytes() > opt.read_bytes_max ? frame_bytes() : opt.read_bytes_max) + 64;
    struct conn *conns = calloc((size_t)opt.connections, sizeof *conns);
    pin(opt.same_core ? 0 : 1);
    if (!opt.no_file) {
        snprintf(path, sizeof path, "%s/produce_floor.tmp", opt.folder);
        file_fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0644);
        CHECK(file_fd);
        unlink(path);
        if (!opt.grow) {
            CHECK(fallocate(file_fd, 0, 0, (off_t)(opt.bytes_total + 4 * MIB)));
        }
    }
    for (int i = 0; i < opt.connections; i++) {
        conns[i].fd = fds[i];
        conns[i].buf = memory_new(buf_bytes);
    }
    atomic_store(&result->ready, 1);
    double cpu = cpu_s();
    receive_frames(conns);
    result->receive_cpu_s = cpu_s() - cpu;
}

/* ---- the runs ---- */

static void run_once(void)
{
    int clients[CONNECTIONS_MAX], servers[CONNECTIONS_MAX];
    memset(result, 0, sizeof *result);
    for (int i = 0; i < opt.connections; i++) {
        tcp_pair(&clients[i], &servers[i], opt.congestion);
    }
    if (fork() == 0) {
        for (int i = 0; i < opt.connections; i++) {
            close(clients[i]);
        }
        run_receiver(servers);
        _exit(0);
    }
    for (int i = 0; i < opt.connections; i++) {
        close(servers[i]);
    }
    if (fork() == 0) {
        while (!atomic_load(&result->ready)) {
            pause_us(100);
        }
        send_frames(clients);
        _exit(0);
    }
    for (int i = 0; i < opt.connections; i++) {
        close(clients[i]);
    }
    children_wait();
}

static void options(int argc, char **argv)
{
    int o;
    while ((o = getopt(argc, argv, "b:d:g:N:R:r:y:xknGc:SD:")) > 0) {
        switch (o) {
        case 'b':
            opt.payload_bytes = arg_size(optarg);
            break;
        case 'd':
            opt.in_flight = arg_int(optarg);
            break;
        case 'g':
            opt.gib = arg_number(optarg);
            break;
        case 'N':
            opt.connections = arg_int(optarg);
            break;
        case 'R':
            opt.read_bytes_max = arg_size(optarg);
            break;
        case 'r':
            opt.runs = arg_int(optarg);
            break;
        case 'y':
            opt.sync_ms = arg_number(optarg);
            break;
        case 'x':
            opt.per_frame = 1;
            break;
        case 'k':
            opt.no_crc = 1;
            break;
        case 'n':
            opt.no_file = 1;
            break;
        case 'G':
            opt.grow = 1;
            break;
        case 'c':
            opt.congestion = optarg;
            break;
        case 'S':
            opt.same_core = 1;
            break;
        case 'D':
            opt.folder = optarg;
            break;
        default:
            exit(1);
        }
    }
    if (opt.connections < 1 || opt.connections > CONNECTIONS_MAX || opt.in_flight < 1 ||
        opt.in_flight > PENDING_MAX / 8 || opt.payload_bytes < 8 ||
        (frame_bytes() <= LARGE_FRAME_BYTES && opt.read_bytes_max < LARGE_FRAME_BYTES) ||
        (opt.no_file && opt.sync_ms > 0)) {
        fprintf(stderr, "these options do not go together\n");
        exit(1);
    }
    opt.bytes_total = (size_t)(opt.gib * (double)GIB) / frame_bytes() * frame_bytes();
}

int main(int argc, char **argv)
{
    static struct table t;
    char title[256];
    options(argc, argv);
    result = memory_shared(sizeof *result);
    for (int run = -1; run < opt.runs; run++) {
        struct machine before = machine_now();
        run_once();
        if (run < 0) {
            continue;
        }
        double gb = result->bytes / 1e9;
        table_put(&t, "GB_s", gb / result->wall_s);
        table_put(&t, "receive_cpu_s_GB", result->receive_cpu_s / gb);
        table_put(&t, "send_cpu_s_GB", result->send_cpu_s / gb);
        table_put(&t, "kreq_s", result->frames / result->wall_s / 1e3);
        table_put(&t, "receive_us_req", result->receive_cpu_s * 1e6 / result->frames);
        table_put(&t, "p50_us", result->latency50_us);
        table_put(&t, "p99_us", result->latency99_us);
        table_put(&t, "reads_per_req", result->reads / result->frames);
        if (opt.sync_ms > 0) {
            table_put(&t, "syncs", result->syncs);
        }
        machine_put(&t, before, gb);
        t.run_cnt++;
    }
    snprintf(title, sizeof title, "produce b=%zu d=%d N=%d R=%zu cc=%s sync_ms=%g%s%s%s%s%s",
             opt.payload_bytes, opt.in_flight, opt.connections, opt.read_bytes_max, opt.congestion,
             opt.sync_ms, opt.per_frame ? " per_frame" : "", opt.no_crc ? " no_crc" : "",
             opt.no_file ? " no_file" : "", opt.grow ? " grow" : "",
             opt.same_core ? " same_core" : "");
    table_print(&t, title);
    return 0;
}
