/*
 * One way over loopback TCP, sender on one core, receiver on the other.
 *
 *   -s bytes   of a write (64 KiB)     -R bytes   largest read (1 MiB)     -g GiB   per run (2)
 *   -c name    congestion control (reno)          -t   the receiver throws the bytes away uncopied
 *   -S         both ends on one core              -r n   runs (7), after one that is not counted
 */
#include "common.h"

static struct {
    size_t write_bytes, read_bytes, total_bytes;
    double gib;
    int runs, discard, same_core;
    const char *congestion;
} opt = {.write_bytes = 65536, .read_bytes = MIB, .gib = 2, .runs = 7, .congestion = "reno"};

struct result {
    double send_cpu_s, receive_cpu_s, wall_s, reads;
};
static struct result *result;

static void run_sender(int fd)
{
    char *data = memory_new(opt.write_bytes);
    pin(0);
    fill(data, opt.write_bytes);
    double cpu = cpu_s();
    for (size_t sent = 0; sent < opt.total_bytes; sent += opt.write_bytes) {
        send_all(fd, data, opt.write_bytes, 0);
    }
    result->send_cpu_s = cpu_s() - cpu;
}

static void run_receiver(int fd)
{
    char *buf = memory_new(opt.read_bytes);
    size_t got = 0, reads = 0;
    pin(opt.same_core ? 0 : 1);
    double cpu = cpu_s(), begin = now_s();
    while (got < opt.total_bytes) {
        ssize_t len = recv(fd, buf, opt.read_bytes, opt.discard ? MSG_TRUNC : 0);
        if (len <= 0) {
            DIE("receive");
        }
        got += (size_t)len;
        reads++;
    }
    result->receive_cpu_s = cpu_s() - cpu;
    result->wall_s = now_s() - begin;
    result->reads = (double)reads;
}

int main(int argc, char **argv)
{
    static struct table t;
    char title[256];
    int o;
    while ((o = getopt(argc, argv, "s:R:g:c:tSr:")) > 0) {
        switch (o) {
        case 's':
            opt.write_bytes = arg_size(optarg);
            break;
        case 'R':
            opt.read_bytes = arg_size(optarg);
            break;
        case 'g':
            opt.gib = arg_number(optarg);
            break;
        case 'c':
            opt.congestion = optarg;
            break;
        case 't':
            opt.discard = 1;
            break;
        case 'S':
            opt.same_core = 1;
            break;
        case 'r':
            opt.runs = arg_int(optarg);
            break;
        default:
            return 1;
        }
    }
    if (opt.write_bytes == 0 || opt.read_bytes == 0) {
        fprintf(stderr, "these options do not go together\n");
        return 1;
    }
    opt.total_bytes = (size_t)(opt.gib * (double)GIB) / opt.write_bytes * opt.write_bytes;
    result = memory_shared(sizeof *result);
    for (int run = -1; run < opt.runs; run++) {
        int client, server;
        struct machine before = machine_now();
        tcp_pair(&client, &server, opt.congestion);
        if (fork() == 0) {
            close(server);
            run_sender(client);
            _exit(0);
        }
        if (fork() == 0) {
            close(client);
            run_receiver(server);
            _exit(0);
        }
        close(client);
        close(server);
        children_wait();
        if (run < 0) {
            continue;
        }
        double gb = (double)opt.total_bytes / 1e9;
        table_put(&t, "GB_s", gb / result->wall_s);
        table_put(&t, "send_cpu_s_GB", result->send_cpu_s / gb);
        table_put(&t, "receive_cpu_s_GB", result->receive_cpu_s / gb);
        table_put(&t, "read_KiB", (double)opt.total_bytes / result->reads / 1024);
        machine_put(&t, before, gb);
        t.run_cnt++;
    }
    snprintf(title, sizeof title, "tcp_stream s=%zu R=%zu cc=%s%s%s", opt.write_bytes,
             opt.read_bytes, opt.congestion, opt.discard ? " discard" : "",
             opt.same_core ? " same_core" : "");
    table_print(&t, title);
    return 0;
}
