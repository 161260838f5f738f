/*
 * The floor with the broker's face: the least a process can do for the frames that bench_load sends.
 * It looks at nothing but the length in front of a frame, so the same client with the same bytes
 * measures both ends.
 *
 *   -m mode    produce  checksum (CRC-32C) and append what comes, then answer
 *              fetch    a head, then a chunk of a file by sendfile
 *              answer   only answer
 *   -a bytes   length of an answer, in fetch of its head, without the length in front (64)
 *   -s bytes   fetch: the chunk (1 MiB)
 *   -t n       fetch: length of the topic's name, which says where the answer's fields lie (5)
 *   -g GiB     length of the file, preallocated or written before (1)
 *   -y         produce: an answer waits for an fdatasync. The next begins when the last has ended and
 *              something waits; after one that took long it pauses as long, at most 5 ms
 *   -c name    congestion control (reno)          -D folder   where the file is (.)
 *
 * Prints the port it listens on, then serves until it is killed. Frames of up to 128 KiB are appended
 * together, all that came with one read, and answered with one send; larger ones are checksummed
 * piece by piece while the bytes are warm and appended in one write.
 */
#include "common.h"
#include "crc32c.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#define CONNECTIONS_MAX 4096
#define PENDING_MAX 1024
#define ANSWER_BYTES_MAX 4096
#define SMALL_FRAME_BYTES ((size_t)128 * 1024)
#define BUF_BYTES (MIB + SMALL_FRAME_BYTES)
#define BATCH_HEADER_BYTES 61

static struct {
    const char *mode, *congestion, *folder;
    size_t answer_bytes, chunk_bytes, topic_len, file_bytes;
    int sync;
} opt = {.mode = "answer",
         .congestion = "reno",
         .folder = ".",
         .answer_bytes = 64,
         .chunk_bytes = MIB,
         .topic_len = 5,
         .file_bytes = GIB};

struct conn {
    int fd;
    uint8_t *buf;
    size_t cap, len, summed;       /* summed: bytes of buf already in the checksum */
    uint64_t pending[PENDING_MAX]; /* how much must be on disk before each answer */
    unsigned pending_head, pending_tail;
    size_t owed, left; /* fetch: answers not begun; bytes of the chunk being sent */
    off_t pos;
    int waits; /* for room in the socket */
};

static struct conn *conns[CONNECTIONS_MAX];
static size_t conn_cnt;
static int file_fd = -1, epoll_fd;
static uint64_t file_pos, total;
static atomic_uint_least64_t appended, synced;
static int sync_event, sync_wanted;
static volatile uint32_t crc_seen; /* allow: keeps the checksum from being optimised away */
static uint8_t answers[(ANSWER_BYTES_MAX + 4) * 64];
static size_t answers_cnt; /* how many lie in `answers` */

static void be32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static uint32_t be32_of(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* ---- answers ---- */

/* Zeros are a good answer to Produce and Metadata: no error anywhere. */
static void answers_fill(void)
{
    size_t whole = opt.answer_bytes + 4;
    answers_cnt = sizeof answers / whole;
    for (size_t i = 0; i < answers_cnt; i++) {
        be32(answers + i * whole, (uint32_t)opt.answer_bytes);
    }
}

/* A Fetch answer of version 11 around one chunk that claims to be one batch. */
static size_t fetch_head_fill(uint8_t *head)
{
    size_t part = 4 + 4 + 4 + 2 + 4 + 4 + 2 + opt.topic_len + 4; /* from the frame's length on */
    size_t batch = part + 42;
    memset(head, 0, batch + BATCH_HEADER_BYTES);
    be32(head, (uint32_t)(batch - 4 + opt.chunk_bytes));
    be32(head + part + 6, 1);                               /* high watermark: far away */
    be32(head + part + 38, (uint32_t)opt.chunk_bytes);      /* records */
    be32(head + batch + 8, (uint32_t)opt.chunk_bytes - 12); /* batch length */
    head[batch + 16] = 2;                                   /* magic */
    return batch + BATCH_HEADER_BYTES;
}

static void send_answers(struct conn *c, size_t cnt)
{
    while (cnt > 0) {
        size_t now = cnt < answers_cnt ? cnt : answers_cnt;
        send_all(c->fd, answers, now * (opt.answer_bytes + 4), 0);
        cnt -= now;
    }
}

/* Sends what is owed until the socket is full. */
static void send_chunks(struct conn *c, const uint8_t *head, size_t head_len)
{
    while (c->left > 0 || c->owed > 0) {
        ssize_t sent;
        if (c->left == 0) {
            if (file_pos + opt.chunk_bytes > opt.file_bytes) {
                file_pos = 0;
            }
            c->pos = (off_t)file_pos;
            /* From page to page: half a page at both ends would cost one more piece. */
            file_pos += (opt.chunk_bytes + 4095) / 4096 * 4096;
            send_all(c->fd, head, head_len, MSG_MORE | MSG_DONTWAIT);
            c->left = opt.chunk_bytes - BATCH_HEADER_BYTES;
            c->owed--;
        }
        sent = sendfile(c->fd, file_fd, &c->pos, c->left);
        if (sent < 0 && errno == EAGAIN) {
            break;
        }
        CHECK(sent);
        c->left -= (size_t)sent;
    }
    if ((c->left > 0) != c->waits) {
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
        c->waits = c->left > 0;
        ev.events |= c->waits ? EPOLLOUT : 0;
        CHECK(epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &ev));
    }
}

/* ---- durability ---- */

static void *sync_thread(void *arg)
{
    uint64_t one = 1;
    (void)arg;
    for (;;) {
        uint64_t value;
        CHECK(read(sync_wanted, &value, sizeof value));
        while (atomic_load(&appended) != atomic_load(&synced)) {
            uint64_t upto = atomic_load(&appended);
            double begin = now_s(), took;
            CHECK(fdatasync(file_fd));
            took = now_s() - begin;
            atomic_store(&synced, upto);
            CHECK(write(sync_event, &one, sizeof one));
            if (took > 0.001) {
                pause_us((long)((took < 0.005 ? took : 0.005) * 1e6));
            }
        }
    }
    return NULL;
}

static void acknowledge(struct conn *c, size_t cnt)
{
    uint64_t one = 1;
    if (!opt.sync) {
        send_answers(c, cnt);
        return;
    }
    for (; cnt > 0; cnt--) {
        c->pending[c->pending_tail++ % PENDING_MAX] = total;
    }
    CHECK(write(sync_wanted, &one, sizeof one));
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
    send_answers(c, cnt);
}

/* ---- frames ---- */

/* Whole frames at the front of what was received; `ret_need` is the length of the next one. */
static size_t frames_whole(const struct conn *c, size_t *ret_cnt, size_t *ret_need)
{
    size_t at = 0;
    *ret_cnt = 0;
    *ret_need = 0;
    while (c->len - at >= 4) {
        size_t whole = 4 + (size_t)be32_of(c->buf + at);
        if (c->len - at < whole) {
            *ret_need = whole;
            break;
        }
        at += whole;
        (*ret_cnt)++;
    }
    return at;
}

static void frames_append(struct conn *c, size_t len)
{
    if (file_pos + len > opt.file_bytes) {
        file_pos = 0;
    }
    pwrite_all(file_fd, c->buf, len, (off_t)file_pos);
    file_pos += len;
    total += len;
    atomic_store(&appended, total);
}

/* 1: took something; 0: the other end has closed; -1: nothing there. */
static int take(struct conn *c, const uint8_t *head, size_t head_len)
{
    size_t cnt, need, whole = frames_whole(c, &cnt, &need);
    size_t room = (need > SMALL_FRAME_BYTES ? need : c->cap) - c->len;
    ssize_t len = recv(c->fd, c->buf + c->len, room, MSG_DONTWAIT);
    if (len <= 0) {
        return len == 0 || errno != EAGAIN ? 0 : -1;
    }
    c->len += (size_t)len;
    if (opt.mode[0] == 'p') {
        crc_seen = crc32c(crc_seen, c->buf + c->summed, c->len - c->summed);
        c->summed = c->len;
    }
    whole = frames_whole(c, &cnt, &need);
    if (need > c->cap) {
        c->cap = need + SMALL_FRAME_BYTES;
        c->buf = realloc(c->buf, c->cap);
        memset(c->buf + c->len, 0, c->cap - c->len);
    }
    if (cnt == 0) {
        return 1;
    }
    if (opt.mode[0] == 'p') {
        frames_append(c, whole);
        acknowledge(c, cnt);
    } else if (opt.mode[0] == 'a') {
        send_answers(c, cnt);
    } else {
        c->owed += cnt;
        send_chunks(c, head, head_len);
    }
    memmove(c->buf, c->buf + whole, c->len - whole);
    c->len -= whole;
    c->summed = c->len;
    return 1;
}

static void conn_accept(int listener)
{
    struct conn *c = calloc(1, sizeof *c);
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
    if (c == NULL || conn_cnt == CONNECTIONS_MAX) {
        DIE("connections");
    }
    c->fd = tcp_accept(listener, opt.congestion);
    if (opt.mode[0] == 'f') {
        set_nonblocking(c->fd);
    }
    c->cap = opt.mode[0] == 'p' ? BUF_BYTES : 65536;
    c->buf = malloc(c->cap);
    CHECK(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &ev));
    conns[conn_cnt++] = c;
}

static void conn_close(struct conn *c)
{
    size_t i = 0;
    while (conns[i] != c) {
        i++;
    }
    conns[i] = conns[--conn_cnt];
    close(c->fd);
    free(c->buf);
    free(c);
}

static void serve(int listener)
{
    struct epoll_event events[256], ev = {.events = EPOLLIN, .data.ptr = NULL};
    uint8_t head[512];
    size_t head_len = fetch_head_fill(head);
    pthread_t syncer;
    CHECK(epoll_fd = epoll_create1(EPOLL_CLOEXEC));
    CHECK(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &ev));
    if (opt.sync) {
        ev.data.ptr = &sync_event;
        CHECK(sync_event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
        CHECK(sync_wanted = eventfd(0, EFD_CLOEXEC));
        CHECK(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, sync_event, &ev));
        if (pthread_create(&syncer, NULL, sync_thread, NULL) != 0) {
            DIE("thread");
        }
    }
    for (;;) {
        int cnt = epoll_wait(epoll_fd, events, 256, -1);
        for (int i = 0; i < cnt; i++) {
            struct conn *c = events[i].data.ptr;
            uint64_t value;
            if (events[i].data.ptr == NULL) {
                conn_accept(listener);
            } else if (events[i].data.ptr == &sync_event) {
                if (read(sync_event, &value, sizeof value) > 0) {
                    for (size_t j = 0; j < conn_cnt; j++) {
                        release_synced(conns[j]);
                    }
                }
            } else if ((events[i].events & EPOLLOUT) != 0) {
                send_chunks(c, head, head_len);
            } else if (take(c, head, head_len) == 0) {
                conn_close(c);
            }
        }
    }
}

/* ---- the file ---- */

static void file_new(void)
{
    char path[4096], *data;
    snprintf(path, sizeof path, "%s/floor_server.tmp", opt.folder);
    file_fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    CHECK(file_fd);
    unlink(path);
    if (opt.mode[0] == 'p') {
        CHECK(fallocate(file_fd, 0, 0, (off_t)opt.file_bytes));
        return;
    }
    data = memory_new(MIB);
    fill(data, MIB);
    for (size_t pos = 0; pos < opt.file_bytes; pos += MIB) {
        pwrite_all(file_fd, data, MIB, (off_t)pos);
    }
    munmap(data, MIB);
}

static void options(int argc, char **argv)
{
    int o;
    while ((o = getopt(argc, argv, "m:a:s:t:g:yc:D:")) > 0) {
        switch (o) {
        case 'm':
            opt.mode = optarg;
            break;
        case 'a':
            opt.answer_bytes = arg_size(optarg);
            break;
        case 's':
            opt.chunk_bytes = arg_size(optarg);
            break;
        case 't':
            opt.topic_len = arg_size(optarg);
            break;
        case 'g':
            opt.file_bytes = (size_t)(arg_number(optarg) * (double)GIB) / MIB * MIB;
            break;
        case 'y':
            opt.sync = 1;
            break;
        case 'c':
            opt.congestion = optarg;
            break;
        case 'D':
            opt.folder = optarg;
            break;
        default:
            exit(1);
        }
    }
    if (strchr("pfa", opt.mode[0]) == NULL || opt.answer_bytes > ANSWER_BYTES_MAX ||
        opt.topic_len > 249 || opt.chunk_bytes <= BATCH_HEADER_BYTES ||
        opt.file_bytes < opt.chunk_bytes) {
        fprintf(stderr, "these options do not go together\n");
        exit(1);
    }
}

int main(int argc, char **argv)
{
    int port, listener;
    options(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    answers_fill();
    if (opt.mode[0] != 'a') {
        file_new();
    }
    listener = tcp_listen(&port);
    printf("%d\n", port);
    fflush(stdout);
    serve(listener);
    return 0;
}
