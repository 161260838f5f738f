/*
 * What the floor programs share: clocks, pinning, TCP pairs, medians.
 *
 * A floor program does the least that a process can do for one kind of work: no protocol, no log,
 * no decision. What it costs is what the kernel, the disk and the processor take in any case, so
 * the broker is measured against it in the same run on the same machine. Each side is a process of
 * its own, pinned; processor time is that of the process, to the nanosecond. The functions end the
 * program when something fails: there is nothing to save.
 */
#ifndef FLOOR_COMMON_H
#define FLOOR_COMMON_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GIB ((size_t)1 << 30)
#define MIB ((size_t)1 << 20)

#define DIE(...) \
    do { \
        fprintf(stderr, __VA_ARGS__); \
        fprintf(stderr, ": %s\n", strerror(errno)); \
        _exit(1); \
    } while (0)

/* Evaluates a call once and ends the program if it gives a negative number. */
#define CHECK(call) \
    do { \
        if ((call) < 0) { \
            DIE("%s:%d %s", __FILE__, __LINE__, #call); \
        } \
    } while (0)

/* ---- options ---- */

static inline double arg_number(const char *text)
{
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || value < 0) {
        fprintf(stderr, "%s is not a number\n", text);
        exit(1);
    }
    return value;
}

static inline size_t arg_size(const char *text)
{
    return (size_t)arg_number(text);
}

static inline int arg_int(const char *text)
{
    return (int)arg_number(text);
}

/* ---- clocks and processors ---- */

static inline double clock_s(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline double now_s(void)
{
    return clock_s(CLOCK_MONOTONIC);
}

/* All threads of this process. */
static inline double cpu_s(void)
{
    return clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

static inline void pause_us(long us)
{
    struct timespec t = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&t, NULL);
}

/*
 * FLOOR_PIN=no leaves the threads unpinned, =swap exchanges cores 0 and 1. With one core nothing is
 * pinned.
 */
static inline void pin(int core)
{
    const char *how = getenv("FLOOR_PIN");
    cpu_set_t set;
    if ((how != NULL && strcmp(how, "no") == 0) || sysconf(_SC_NPROCESSORS_ONLN) < 2) {
        return;
    }
    if (how != NULL && strcmp(how, "swap") == 0) {
        core ^= 1;
    }
    CPU_ZERO(&set);
    CPU_SET((size_t)core, &set);
    CHECK(sched_setaffinity(0, sizeof set, &set));
}

/*
 * Seconds of the whole machine: what the host took away, and what was used. Shows whether a run was
 * disturbed.
 */
struct machine {
    double busy_s, steal_s;
};

static inline struct machine machine_now(void)
{
    char line[256] = "";
    double v[8] = {0};
    FILE *file = fopen("/proc/stat", "r");
    if (file == NULL || fgets(line, sizeof line, file) == NULL || strncmp(line, "cpu ", 4) != 0) {
        DIE("/proc/stat");
    }
    fclose(file);
    char *at = line + 4;
    for (int i = 0; i < 8; i++) {
        v[i] = strtod(at, &at);
    }
    double hz = (double)sysconf(_SC_CLK_TCK);
    return (struct machine){(v[0] + v[1] + v[2] + v[5] + v[6]) / hz, v[7] / hz};
}

/* ---- sockets ---- */

static inline int tcp_listen(int *ret_port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof addr;
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    CHECK(bind(fd, (struct sockaddr *)&addr, sizeof addr));
    CHECK(listen(fd, 4096));
    CHECK(getsockname(fd, (struct sockaddr *)&addr, &len));
    *ret_port = ntohs(addr.sin_port);
    return fd;
}

/*
 * Figures are comparable only with the same congestion control on every socket; an empty name keeps
 * the system's.
 */
static inline void tcp_tune(int fd, const char *congestion)
{
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (congestion[0] != '\0' && setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion,
                                            (socklen_t)strlen(congestion)) < 0) {
        DIE("congestion control %s", congestion);
    }
}

static inline int tcp_dial(int port, const char *congestion)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd);
    tcp_tune(fd, congestion);
    CHECK(connect(fd, (struct sockaddr *)&addr, sizeof addr));
    return fd;
}

static inline int tcp_accept(int listener, const char *congestion)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    CHECK(fd);
    tcp_tune(fd, congestion);
    return fd;
}

/* A connected pair. */
static inline void tcp_pair(int *ret_client, int *ret_server, const char *congestion)
{
    int port;
    int listener = tcp_listen(&port);
    *ret_client = tcp_dial(port, congestion);
    *ret_server = tcp_accept(listener, congestion);
    close(listener);
}

static inline void set_nonblocking(int fd)
{
    CHECK(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK));
}

static inline void send_all(int fd, const void *data, size_t len, int flags)
{
    for (size_t done = 0; done < len;) {
        ssize_t sent = send(fd, (const char *)data + done, len - done, MSG_NOSIGNAL | flags);
        if (sent < 0 && errno == EAGAIN) {
            continue;
        }
        CHECK(sent);
        done += (size_t)sent;
    }
}

static inline void pwrite_all(int fd, const void *data, size_t len, off_t at)
{
    for (size_t done = 0; done < len;) {
        ssize_t written = pwrite(fd, (const char *)data + done, len - done, at + (off_t)done);
        CHECK(written);
        done += (size_t)written;
    }
}

/* ---- memory ---- */

/* Zeroed, touched, private. */
static inline void *memory_new(size_t len)
{
    void *ptr =
        mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (ptr == MAP_FAILED) {
        DIE("memory");
    }
    return ptr;
}

/* Zeroed, shared with the children. */
static inline void *memory_shared(size_t len)
{
    void *ptr = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (ptr == MAP_FAILED) {
        DIE("memory");
    }
    return ptr;
}

/* Bytes that no disk or link below can make shorter. */
static inline void fill(void *ptr, size_t len)
{
    uint64_t state = 1;
    for (size_t i = 0; i + 8 <= len; i += 8) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        memcpy((char *)ptr + i, &state, 8);
    }
}

/* ---- figures ---- */

static inline int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts the values. */
static inline double quantile(double *values, size_t cnt, double q)
{
    if (cnt == 0) {
        return 0;
    }
    qsort(values, cnt, sizeof *values, compare_doubles);
    size_t idx = (size_t)(q * (double)cnt);
    return values[idx >= cnt ? cnt - 1 : idx];
}

#define FIGURES_MAX 24
#define RUNS_MAX 64

struct table {
    int figure_cnt, run_cnt;
    const char *names[FIGURES_MAX];
    double values[FIGURES_MAX][RUNS_MAX];
};

/* Notes a figure of the current run; the caller counts run_cnt up when a run is over. */
static inline void table_put(struct table *t, const char *name, double value)
{
    int i = 0;
    while (i < t->figure_cnt && strcmp(t->names[i], name) != 0) {
        i++;
    }
    if (i == FIGURES_MAX || t->run_cnt == RUNS_MAX) {
        fprintf(stderr, "more figures or runs than a table holds\n");
        exit(1);
    }
    if (i == t->figure_cnt) {
        t->names[t->figure_cnt++] = name;
    }
    t->values[i][t->run_cnt] = value;
}

/* One line: the title, then name=median[min..max] for each figure. */
static inline void table_print(struct table *t, const char *title)
{
    printf("%-40s", title);
    for (int i = 0; i < t->figure_cnt; i++) {
        double median = quantile(t->values[i], (size_t)t->run_cnt, 0.5);
        printf(" %s=%.4g[%.4g..%.4g]", t->names[i], median, t->values[i][0],
               t->values[i][t->run_cnt - 1]);
    }
    printf("\n");
    fflush(stdout);
}

static inline void machine_put(struct table *t, struct machine before, double gb)
{
    struct machine after = machine_now();
    table_put(t, "machine_cpu_s_GB", (after.busy_s - before.busy_s) / gb);
    table_put(t, "steal_s", after.steal_s - before.steal_s);
}

/* Waits for all children; a child that failed ends the program. */
static inline void children_wait(void)
{
    int status = 0;
    while (wait(&status) > 0) {
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            exit(1);
        }
    }
}

#endif
