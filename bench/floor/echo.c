/*
 * Request and response of 100 bytes over loopback, closed loop: one server, one client thread.
 *
 *   -N n        connections (1)             -T s     seconds per run (1)    -r n   runs (5)
 *   -m mode     epoll; block (1 connection, no epoll); spin (epoll without waiting)
 *   -c name     congestion control (the system's)
 *   -S          both ends on one core
 */
#include "common.h"

#define MESSAGE_BYTES 100
#define EVENTS_MAX 256
#define SAMPLES_MAX 4000000

static struct {
    int connections, runs, same_core;
    double seconds;
    const char *mode, *congestion;
} opt = {.connections = 1, .runs = 5, .seconds = 1, .mode = "epoll", .congestion = ""};

struct result {
    double server_cpu_s, client_cpu_s, wall_s, served, wakes, requests;
    double p50_us, p99_us, p999_us, max_us;
};
static struct result *result;

static void serve_blocking(int fd)
{
    char buf[4096];
    ssize_t len;
    while ((len = recv(fd, buf, sizeof buf, 0)) > 0) {
        send_all(fd, buf, (size_t)len, 0);
        result->served++;
        result->wakes++;
    }
}

static void serve_epoll(const int *fds)
{
    struct epoll_event events[EVENTS_MAX];
    int epoll = epoll_create1(EPOLL_CLOEXEC), live = opt.connections;
    int timeout = strcmp(opt.mode, "spin") == 0 ? 0 : -1;
    char buf[4096];
    for (int i = 0; i < opt.connections; i++) {
        struct epoll_event ev = {.events = EPOLLIN, .data.fd = fds[i]};
        set_nonblocking(fds[i]);
        CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &ev));
    }
    while (live > 0) {
        int cnt = epoll_wait(epoll, events, EVENTS_MAX, timeout);
        result->wakes += cnt > 0;
        for (int i = 0; i < cnt; i++) {
            int fd = events[i].data.fd;
            ssize_t len = recv(fd, buf, sizeof buf, 0);
            if (len > 0) {
                send_all(fd, buf, (size_t)len, 0);
                result->served++;
            } else if (len == 0 || errno != EAGAIN) {
                close(fd);
                live--;
            }
        }
    }
}

static void serve(int listener)
{
    int *fds = malloc(sizeof *fds * (size_t)opt.connections);
    pin(opt.same_core ? 0 : 1);
    for (int i = 0; i < opt.connections; i++) {
        fds[i] = tcp_accept(listener, opt.congestion);
    }
    double cpu = cpu_s();
    if (strcmp(opt.mode, "block") == 0) {
        serve_blocking(fds[0]);
    } else {
        serve_epoll(fds);
    }
    result->server_cpu_s = cpu_s() - cpu;
}

static size_t ask_one(int fd, double end, double *latency)
{
    char buf[MESSAGE_BYTES] = {0};
    size_t cnt = 0;
    for (double begin = now_s(); begin < end && cnt < SAMPLES_MAX;) {
        send_all(fd, buf, sizeof buf, 0);
        if (recv(fd, buf, sizeof buf, MSG_WAITALL) != (ssize_t)sizeof buf) {
            DIE("answer");
        }
        double now = now_s();
        latency[cnt++] = (now - begin) * 1e6;
        begin = now;
    }
    return cnt;
}

static size_t ask_many(const int *fds, double end, double *latency)
{
    struct epoll_event events[EVENTS_MAX];
    double *started = calloc((size_t)opt.connections, sizeof *started);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    char buf[MESSAGE_BYTES] = {0};
    size_t cnt = 0;
    for (int i = 0; i < opt.connections; i++) {
        struct epoll_event ev = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &ev));
        started[i] = now_s();
        send_all(fds[i], buf, sizeof buf, 0);
    }
    for (double now = now_s(); now < end && cnt + EVENTS_MAX < SAMPLES_MAX;) {
        int ready = epoll_wait(epoll, events, EVENTS_MAX, 1000);
        for (int i = 0; i < ready; i++) {
            uint32_t idx = events[i].data.u32;
            if (recv(fds[idx], buf, sizeof buf, MSG_WAITALL) != (ssize_t)sizeof buf) {
                DIE("answer");
            }
            now = now_s();
            latency[cnt++] = (now - started[idx]) * 1e6;
            started[idx] = now;
            send_all(fds[idx], buf, sizeof buf, 0);
        }
    }
    return cnt;
}

static void ask(int port)
{
    int *fds = malloc(sizeof *fds * (size_t)opt.connections);
    double *latency = memory_new(sizeof *latency * SAMPLES_MAX);
    pin(0);
    for (int i = 0; i < opt.connections; i++) {
        fds[i] = tcp_dial(port, opt.congestion);
    }
    pause_us(50000);
    double begin = now_s(), cpu = cpu_s(), end = begin + opt.seconds;
    size_t cnt = opt.connections == 1 ? ask_one(fds[0], end, latency) : ask_many(fds, end, latency);
    result->wall_s = now_s() - begin;
    result->client_cpu_s = cpu_s() - cpu;
    result->requests = (double)cnt;
    result->p50_us = quantile(latency, cnt, 0.5);
    result->p99_us = quantile(latency, cnt, 0.99);
    result->p999_us = quantile(latency, cnt, 0.999);
    result->max_us = cnt > 0 ? latency[cnt - 1] : 0;
}

static void options(int argc, char **argv)
{
    int o;
    while ((o = getopt(argc, argv, "m:N:T:r:c:S")) > 0) {
        switch (o) {
        case 'm':
            opt.mode = optarg;
            break;
        case 'N':
            opt.connections = arg_int(optarg);
            break;
        case 'T':
            opt.seconds = arg_number(optarg);
            break;
        case 'r':
            opt.runs = arg_int(optarg);
            break;
        case 'c':
            opt.congestion = optarg;
            break;
        case 'S':
            opt.same_core = 1;
            break;
        default:
            exit(1);
        }
    }
    int known = strcmp(opt.mode, "epoll") == 0 || strcmp(opt.mode, "block") == 0 ||
                strcmp(opt.mode, "spin") == 0;
    if (!known || opt.connections < 1 || (opt.connections > 1 && strcmp(opt.mode, "block") == 0)) {
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
    for (int run = 0; run < opt.runs; run++, t.run_cnt++) {
        int port, listener = tcp_listen(&port);
        struct machine before = machine_now();
        memset(result, 0, sizeof *result);
        if (fork() == 0) {
            serve(listener);
            _exit(0);
        }
        close(listener);
        if (fork() == 0) {
            ask(port);
            _exit(0);
        }
        children_wait();
        table_put(&t, "kreq_s", result->requests / result->wall_s / 1e3);
        table_put(&t, "p50_us", result->p50_us);
        table_put(&t, "p99_us", result->p99_us);
        table_put(&t, "p999_us", result->p999_us);
        table_put(&t, "max_us", result->max_us);
        table_put(&t, "server_us_req", result->server_cpu_s * 1e6 / result->served);
        table_put(&t, "client_us_req", result->client_cpu_s * 1e6 / result->requests);
        table_put(&t, "req_per_wake", result->served / result->wakes);
        table_put(&t, "steal_s", machine_now().steal_s - before.steal_s);
    }
    snprintf(title, sizeof title, "echo m=%s N=%d cc=%s%s", opt.mode, opt.connections,
             opt.congestion[0] != '\0' ? opt.congestion : "default",
             opt.same_core ? " same_core" : "");
    table_print(&t, title);
    return 0;
}
