/*
 * What the kernel keeps for an idle connection and for an open file, and how fast they come and go.
 *
 *   -c n   connections (10000)     -f n        files (10000)
 *   -r n   runs (3)                -D folder   where the files are (.)
 *
 * Both are brought down to what the limit of descriptors allows. Memory is the growth of the
 * kernel's slabs, which other work on the machine disturbs: watch the spread.
 */
#include "common.h"

static struct {
    int connections, files, runs;
    const char *folder;
} opt = {.connections = 10000, .files = 10000, .runs = 3, .folder = "."};

static double slab_bytes(void)
{
    char line[256];
    double kib = 0;
    FILE *file = fopen("/proc/meminfo", "r");
    if (file == NULL) {
        DIE("/proc/meminfo");
    }
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "Slab:", 5) == 0) {
            kib = strtod(line + 5, NULL);
        }
    }
    fclose(file);
    return kib * 1024;
}

static void limit_raise(void)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = limit.rlim_max;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit));
    int room = limit.rlim_max > 1000000 ? 1000000 : (int)limit.rlim_max - 100;
    if (opt.connections > room / 2) {
        opt.connections = room / 2;
    }
    if (opt.files > room) {
        opt.files = room;
    }
}

static void run_connections(struct table *t)
{
    double cnt = opt.connections, slab = slab_bytes();
    int *clients = malloc(sizeof *clients * (size_t)opt.connections);
    int *servers = malloc(sizeof *servers * (size_t)opt.connections);
    int port, listener = tcp_listen(&port), epoll = epoll_create1(EPOLL_CLOEXEC);
    double begin = now_s();
    for (int i = 0; i < opt.connections; i++) {
        clients[i] = tcp_dial(port, "");
        servers[i] = tcp_accept(listener, "");
    }
    table_put(t, "connects_s", cnt / (now_s() - begin));
    table_put(t, "connection_pair_B", (slab_bytes() - slab) / cnt);
    slab = slab_bytes();
    for (int i = 0; i < opt.connections; i++) {
        struct epoll_event ev = {.events = EPOLLIN, .data.fd = servers[i]};
        CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, servers[i], &ev));
    }
    table_put(t, "epoll_entry_B", (slab_bytes() - slab) / cnt);
    begin = now_s();
    for (int i = 0; i < opt.connections; i++) {
        close(clients[i]);
        close(servers[i]);
    }
    table_put(t, "close_pair_us", (now_s() - begin) * 1e6 / cnt);
    close(epoll);
    close(listener);
    free(clients);
    free(servers);
}

static void run_files(struct table *t)
{
    char name[4200];
    double cnt = opt.files, slab = slab_bytes();
    int *fds = malloc(sizeof *fds * (size_t)opt.files);
    snprintf(name, sizeof name, "%s/mem_floor.tmp", opt.folder);
    if (mkdir(name, 0755) < 0 && errno != EEXIST) {
        DIE("%s", name);
    }
    double begin = now_s();
    for (int i = 0; i < opt.files; i++) {
        snprintf(name, sizeof name, "%s/mem_floor.tmp/%d", opt.folder, i);
        fds[i] = open(name, O_CREAT | O_RDWR | O_CLOEXEC, 0644);
        CHECK(fds[i]);
    }
    table_put(t, "creates_s", cnt / (now_s() - begin));
    table_put(t, "new_file_B", (slab_bytes() - slab) / cnt);
    for (int i = 0; i < opt.files; i++) {
        close(fds[i]);
    }
    begin = now_s();
    for (int i = 0; i < opt.files; i++) {
        snprintf(name, sizeof name, "%s/mem_floor.tmp/%d", opt.folder, i);
        fds[i] = open(name, O_RDWR | O_CLOEXEC);
        CHECK(fds[i]);
    }
    table_put(t, "opens_s", cnt / (now_s() - begin));
    begin = now_s();
    for (int i = 0; i < opt.files; i++) {
        snprintf(name, sizeof name, "%s/mem_floor.tmp/%d", opt.folder, i);
        close(fds[i]);
        unlink(name);
    }
    table_put(t, "removes_s", cnt / (now_s() - begin));
    snprintf(name, sizeof name, "%s/mem_floor.tmp", opt.folder);
    rmdir(name);
    free(fds);
}

int main(int argc, char **argv)
{
    static struct table t;
    char title[128];
    int o;
    while ((o = getopt(argc, argv, "c:f:r:D:")) > 0) {
        switch (o) {
        case 'c':
            opt.connections = arg_int(optarg);
            break;
        case 'f':
            opt.files = arg_int(optarg);
            break;
        case 'r':
            opt.runs = arg_int(optarg);
            break;
        case 'D':
            opt.folder = optarg;
            break;
        default:
            return 1;
        }
    }
    limit_raise();
    if (opt.connections < 1 || opt.files < 1) {
        fprintf(stderr, "these options do not go together\n");
        return 1;
    }
    for (int run = 0; run < opt.runs; run++, t.run_cnt++) {
        run_connections(&t);
        run_files(&t);
    }
    snprintf(title, sizeof title, "mem connections=%d files=%d", opt.connections, opt.files);
    table_print(&t, title);
    return 0;
}
