/*
 * What it costs to have an append on disk, and how fast a disk takes a stream.
 *
 *   -m mode   fdatasync (write, then sync); dsync (O_DSYNC); direct (O_DIRECT and O_DSYNC)
 *   -s bytes  of an append (4096)      -n n   appends per run (400)      -r n   runs (5)
 *   -p how    the file: grow, fallocate, zeros (written before)
 *   -D folder where it is (.)
 *   -B GiB    instead of appends: one buffered stream of so much in 1 MiB writes, then one sync
 */
#include "common.h"

static struct {
    size_t append_bytes;
    int appends, runs;
    double stream_gib;
    const char *mode, *prepare, *folder;
} opt = {.append_bytes = 4096,
         .appends = 400,
         .runs = 5,
         .mode = "fdatasync",
         .prepare = "grow",
         .folder = "."};

static int is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static void run_appends(int fd, const char *data, struct table *t)
{
    size_t cnt = (size_t)opt.appends, total = opt.append_bytes * cnt;
    double *latency = malloc(sizeof *latency * cnt);
    if (!is(opt.prepare, "grow")) {
        CHECK(fallocate(fd, 0, 0, (off_t)total));
    }
    if (is(opt.prepare, "zeros")) {
        for (size_t pos = 0; pos < total; pos += opt.append_bytes) {
            pwrite_all(fd, data, opt.append_bytes, (off_t)pos);
        }
    }
    CHECK(fsync(fd));
    double cpu = cpu_s(), begin = now_s();
    for (size_t i = 0; i < cnt; i++) {
        double start = now_s();
        pwrite_all(fd, data, opt.append_bytes, (off_t)(i * opt.append_bytes));
        if (is(opt.mode, "fdatasync")) {
            CHECK(fdatasync(fd));
        }
        latency[i] = (now_s() - start) * 1e6;
    }
    double wall = now_s() - begin;
    table_put(t, "p50_us", quantile(latency, cnt, 0.5));
    table_put(t, "p90_us", quantile(latency, cnt, 0.9));
    table_put(t, "p99_us", quantile(latency, cnt, 0.99));
    table_put(t, "max_us", latency[cnt - 1]);
    table_put(t, "cpu_us", (cpu_s() - cpu) * 1e6 / (double)cnt);
    table_put(t, "MB_s", (double)total / 1e6 / wall);
    free(latency);
}

static void run_stream(int fd, const char *data, struct table *t)
{
    size_t total = (size_t)(opt.stream_gib * (double)GIB);
    double gb = (double)total / 1e9;
    if (!is(opt.prepare, "grow")) {
        CHECK(fallocate(fd, 0, 0, (off_t)total));
    }
    struct machine before = machine_now();
    double cpu = cpu_s(), begin = now_s();
    for (size_t pos = 0; pos < total; pos += MIB) {
        pwrite_all(fd, data, MIB, (off_t)pos);
    }
    double accepted = now_s() - begin;
    CHECK(fdatasync(fd));
    table_put(t, "accepted_GB_s", gb / accepted);
    table_put(t, "durable_GB_s", gb / (now_s() - begin));
    table_put(t, "cpu_s_GB", (cpu_s() - cpu) / gb);
    machine_put(t, before, gb);
}

int main(int argc, char **argv)
{
    static struct table t;
    char path[4096], title[256], *data = NULL;
    int o;
    while ((o = getopt(argc, argv, "m:s:n:r:p:D:B:")) > 0) {
        switch (o) {
        case 'm':
            opt.mode = optarg;
            break;
        case 's':
            opt.append_bytes = arg_size(optarg);
            break;
        case 'n':
            opt.appends = arg_int(optarg);
            break;
        case 'r':
            opt.runs = arg_int(optarg);
            break;
        case 'p':
            opt.prepare = optarg;
            break;
        case 'D':
            opt.folder = optarg;
            break;
        case 'B':
            opt.stream_gib = arg_number(optarg);
            break;
        default:
            return 1;
        }
    }
    int stream = opt.stream_gib > 0, flags = O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC;
    if (is(opt.mode, "direct")) {
        flags |= O_DIRECT;
    } else if (!is(opt.mode, "fdatasync") && !is(opt.mode, "dsync")) {
        fprintf(stderr, "no mode %s\n", opt.mode);
        return 1;
    }
    if (!stream && !is(opt.mode, "fdatasync")) {
        flags |= O_DSYNC;
    }
    size_t data_bytes = stream ? MIB : opt.append_bytes;
    if (opt.appends < 1 || posix_memalign((void **)&data, 4096, data_bytes) != 0) {
        fprintf(stderr, "these options do not go together\n");
        return 1;
    }
    fill(data, data_bytes);
    snprintf(path, sizeof path, "%s/fsynclat.tmp", opt.folder);
    for (int run = 0; run < opt.runs; run++, t.run_cnt++) {
        int fd = open(path, flags, 0644);
        CHECK(fd);
        unlink(path);
        if (stream) {
            run_stream(fd, data, &t);
        } else {
            run_appends(fd, data, &t);
        }
        close(fd);
    }
    snprintf(title, sizeof title, "%s m=%s bytes=%zu p=%s", stream ? "stream" : "append", opt.mode,
             data_bytes, opt.prepare);
    table_print(&t, title);
    return 0;
}
