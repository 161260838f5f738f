/*
 * The least a fetch path can cost: a request of 100 bytes is answered with a head of 64 bytes and
 * one chunk of a file in page cache.
 *
 *   -s bytes   chunk (1 MiB)       -d n     requests in flight (5)     -g GiB   sent per run (2)
 *   -m mode    sendfile; pread (into a buffer, then send); mmap (send from a mapping);
 *              splice (through a pipe)
 *   -t         the client throws the bytes away uncopied
 *   -c name    congestion control (reno)     -S   both ends on one core
 *   -r n       runs (7), after one that is not counted
 *   -f GiB     size of the file (1)          -D folder   where it is (.)
 */
#include "common.h"

#define REQUEST_BYTES 100
#define HEAD_BYTES 64

static struct {
    size_t chunk_bytes, file_bytes;
    int in_flight, runs, discard, same_core;
    double gib;
    const char *mode, *congestion, *folder;
} opt = {.chunk_bytes = MIB,
         .file_bytes = GIB,
         .in_flight = 5,
         .runs = 7,
         .gib = 2,
         .mode = "sendfile",
         .congestion = "reno",
         .folder = "."};

struct result {
    double wall_s, server_cpu_s, client_cpu_s, bytes, requests, latency50_us, latency99_us;
};
static struct result *result;

/* ---- the server: one way to send a chunk per mode ---- */

struct server {
    int sock, file;
    int pipe_out, pipe_in;
    char *buf;
    const char *map;
};

static void chunk_sendfile(struct server *s, off_t pos)
{
    for (size_t left = opt.chunk_bytes; left > 0;) {
        ssize_t sent = sendfile(s->sock, s->file, &pos, left);
        CHECK(sent);
        left -= (size_t)sent;
    }
}

static void chunk_pread(struct server *s, off_t pos)
{
    for (size_t done = 0; done < opt.chunk_bytes;) {
        ssize_t len = pread(s->file, s->buf + done, opt.chunk_bytes - done, pos + (off_t)done);
        CHECK(len);
        done += (size_t)len;
    }
    send_all(s->sock, s->buf, opt.chunk_bytes, 0);
}

static void chunk_mmap(struct server *s, off_t pos)
{
    send_all(s->sock, s->map + pos, opt.chunk_bytes, 0);
}

static void chunk_splice(struct server *s, off_t pos)
{
    for (size_t left = opt.chunk_bytes; left > 0;) {
        ssize_t in = splice(s->file, &pos, s->pipe_in, NULL, left, SPLICE_F_MOVE);
        CHECK(in);
        left -= (size_t)in;
        while (in > 0) {
            unsigned more = left > 0 ? SPLICE_F_MORE : 0;
            ssize_t out =
                splice(s->pipe_out, NULL, s->sock, NULL, (size_t)in, SPLICE_F_MOVE | more);
            CHECK(out);
            in -= out;
        }
    }
}

static const struct {
    const char *name;
    void (*send)(struct server *s, off_t pos);
} modes[] = {{"sendfile", chunk_sendfile},
             {"pread", chunk_pread},
             {"mmap", chunk_mmap},
             {"splice", chunk_splice}};

static void (*mode_find(const char *name))(struct server *s, off_t pos)
{
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(modes[i].name, name) == 0) {
            return modes[i].send;
        }
    }
    fprintf(stderr, "no mode %s\n", name);
    exit(1);
}

static void serve(int sock, int file)
{
    struct server s = {.sock = sock, .file = file};
    void (*send_chunk)(struct server *, off_t) = mode_find(opt.mode);
    char requests[REQUEST_BYTES * 256], head[HEAD_BYTES] = {1};
    size_t part = 0, pos = 0;
    int ends[2];
    ssize_t len;
    pin(opt.same_core ? 0 : 1);
    s.buf = memory_new(opt.chunk_bytes);
    CHECK(pipe2(ends, O_CLOEXEC));
    s.pipe_out = ends[0];
    s.pipe_in = ends[1];
    fcntl(s.pipe_in, F_SETPIPE_SZ, (int)MIB);
    if (strcmp(opt.mode, "mmap") == 0) {
        s.map = mmap(NULL, opt.file_bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
        if (s.map == MAP_FAILED) {
            DIE("mmap");
        }
    }
    double cpu = cpu_s();
    while ((len = recv(sock, requests, sizeof requests, 0)) > 0) {
        for (part += (size_t)len; part >= REQUEST_BYTES; part -= REQUEST_BYTES) {
            if (pos + opt.chunk_bytes > opt.file_bytes) {
                pos = 0;
            }
            send_all(sock, head, sizeof head, MSG_MORE);
            send_chunk(&s, (off_t)pos);
            pos += opt.chunk_bytes;
        }
    }
    result->server_cpu_s = cpu_s() - cpu;
}

/* ---- the client ---- */

static void ask(int sock)
{
    size_t total = (size_t)(opt.gib * (double)GIB) / opt.chunk_bytes,
           answer = HEAD_BYTES + opt.chunk_bytes;
    size_t sent = 0, got = 0;
    char request[REQUEST_BYTES] = {2}, *buf = memory_new(MIB);
    double *started = malloc(sizeof *started * (total + 1));
    double *latency = malloc(sizeof *latency * (total + 1));
    pin(0);
    double begin = now_s(), cpu = cpu_s();
    for (size_t done = 0; done < total;) {
        while (sent < total && sent - done < (size_t)opt.in_flight) {
            started[sent++] = now_s();
            send_all(sock, request, sizeof request, 0);
        }
        ssize_t len =
            recv(sock, buf, answer - got < MIB ? answer - got : MIB, opt.discard ? MSG_TRUNC : 0);
        if (len <= 0) {
            DIE("answer");
        }
        got += (size_t)len;
        if (got == answer) {
            latency[done] = (now_s() - started[done]) * 1e6;
            done++;
            got = 0;
        }
    }
    result->wall_s = now_s() - begin;
    result->client_cpu_s = cpu_s() - cpu;
    result->bytes = (double)(total * answer);
    result->requests = (double)total;
    result->latency50_us = quantile(latency, total, 0.5);
    result->latency99_us = quantile(latency, total, 0.99);
}

/* ---- the runs ---- */

static int file_new(void)
{
    char path[4096], *data = memory_new(MIB);
    snprintf(path, sizeof path, "%s/fetch_floor.tmp", opt.folder);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    CHECK(fd);
    unlink(path);
    fill(data, MIB);
    for (size_t pos = 0; pos < opt.file_bytes; pos += MIB) {
        pwrite_all(fd, data, MIB, (off_t)pos);
    }
    fdatasync(fd);
    munmap(data, MIB);
    return fd;
}

static void options(int argc, char **argv)
{
    int o;
    while ((o = getopt(argc, argv, "s:d:g:m:tc:Sr:f:D:")) > 0) {
        switch (o) {
        case 's':
            opt.chunk_bytes = arg_size(optarg);
            break;
        case 'd':
            opt.in_flight = arg_int(optarg);
            break;
        case 'g':
            opt.gib = arg_number(optarg);
            break;
        case 'm':
            opt.mode = optarg;
            break;
        case 't':
            opt.discard = 1;
            break;
        case 'c':
            opt.congestion = optarg;
            break;
        case 'S':
            opt.same_core = 1;
            break;
        case 'r':
            opt.runs = arg_int(optarg);
            break;
        case 'f':
            opt.file_bytes = (size_t)(arg_number(optarg) * (double)GIB) / MIB * MIB;
            break;
        case 'D':
            opt.folder = optarg;
            break;
        default:
            exit(1);
        }
    }
    (void)mode_find(opt.mode);
    if (opt.chunk_bytes < 1 || opt.chunk_bytes > opt.file_bytes || opt.in_flight < 1) {
        fprintf(stderr, "these options do not go together\n");
        exit(1);
    }
}

int main(int argc, char **argv)
{
    static struct table t;
    char title[256];
    options(argc, argv);
    result = memory_shared(sizeof *result);
    int file = file_new();
    for (int run = -1; run < opt.runs; run++) {
        int client, server;
        struct machine before = machine_now();
        tcp_pair(&client, &server, opt.congestion);
        if (fork() == 0) {
            close(client);
            serve(server, file);
            _exit(0);
        }
        if (fork() == 0) {
            close(server);
            ask(client);
            _exit(0);
        }
        close(client);
        close(server);
        children_wait();
        if (run < 0) {
            continue;
        }
        double gb = result->bytes / 1e9;
        table_put(&t, "GB_s", gb / result->wall_s);
        table_put(&t, "server_cpu_s_GB", result->server_cpu_s / gb);
        table_put(&t, "client_cpu_s_GB", result->client_cpu_s / gb);
        table_put(&t, "kreq_s", result->requests / result->wall_s / 1e3);
        table_put(&t, "server_us_req", result->server_cpu_s * 1e6 / result->requests);
        table_put(&t, "p50_us", result->latency50_us);
        table_put(&t, "p99_us", result->latency99_us);
        machine_put(&t, before, gb);
        t.run_cnt++;
    }
    snprintf(title, sizeof title, "fetch s=%zu d=%d m=%s cc=%s%s%s", opt.chunk_bytes, opt.in_flight,
             opt.mode, opt.congestion, opt.discard ? " discard" : "",
             opt.same_core ? " same_core" : "");
    table_print(&t, title);
    return 0;
}
