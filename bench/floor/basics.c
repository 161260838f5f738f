/*
 * The cost of a system call, a clock, a first touch of memory, a copy, a checksum and waking a
 * thread.
 */
#include "common.h"
#include "crc32c.h"

#include <pthread.h>
#include <sys/syscall.h>

#define RUNS 7
#define WORK_BYTES (64 * MIB)
#define WAKES 20000
#define WAKE_STOP 2

struct pair {
    int core, to, from;
};

static void *answer_wakes(void *arg)
{
    struct pair *p = arg;
    uint64_t value;
    pin(p->core);
    while (read(p->to, &value, sizeof value) == sizeof value && value != WAKE_STOP) {
        CHECK(write(p->from, &value, sizeof value));
    }
    return NULL;
}

/* Microseconds for one way. */
static double wake_us(int core)
{
    struct pair p = {core, eventfd(0, EFD_CLOEXEC), eventfd(0, EFD_CLOEXEC)};
    uint64_t value = 1, stop = WAKE_STOP;
    pthread_t thread;
    if (pthread_create(&thread, NULL, answer_wakes, &p) != 0) {
        DIE("thread");
    }
    double begin = now_s();
    for (int i = 0; i < WAKES; i++) {
        CHECK(write(p.to, &value, sizeof value));
        CHECK(read(p.from, &value, sizeof value));
    }
    double us = (now_s() - begin) * 1e6 / (2 * WAKES);
    CHECK(write(p.to, &stop, sizeof stop));
    pthread_join(thread, NULL);
    close(p.to);
    close(p.from);
    return us;
}

static double touch_ns(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory =
        mmap(NULL, WORK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        DIE("memory");
    }
    madvise(memory, WORK_BYTES, MADV_NOHUGEPAGE);
    double begin = now_s();
    for (size_t i = 0; i < WORK_BYTES; i += page) {
        memory[i] = 1;
    }
    double ns = (now_s() - begin) * 1e9 / (double)(WORK_BYTES / page);
    munmap(memory, WORK_BYTES);
    return ns;
}

int main(void)
{
    static struct table t;
    char *from = memory_new(WORK_BYTES), *to = memory_new(WORK_BYTES);
    uint32_t crc = 0;
    if (crc32c(0, "123456789", 9) != 0xe3069283) {
        fprintf(stderr, "the checksum is not CRC-32C\n");
        return 1;
    }
    pin(1);
    fill(from, WORK_BYTES);
    for (int run = 0; run < RUNS; run++, t.run_cnt++) {
        double begin = now_s();
        for (int i = 0; i < 1000000; i++) {
            syscall(SYS_getppid);
        }
        table_put(&t, "syscall_ns", (now_s() - begin) * 1e3);
        begin = now_s();
        for (int i = 0; i < 100000; i++) {
            (void)now_s();
        }
        table_put(&t, "clock_ns", (now_s() - begin) * 1e4);
        table_put(&t, "touch_page_ns", touch_ns());
        begin = now_s();
        memcpy(to, from, WORK_BYTES);
        table_put(&t, "memcpy_GB_s", (double)WORK_BYTES / 1e9 / (now_s() - begin));
        begin = now_s();
        for (size_t i = 0; i < 256; i++) {
            crc = crc32c(crc, from + (i % 16) * 65536, 65536);
        }
        table_put(&t, "crc32c_warm_GB_s", 256 * 65536e-9 / (now_s() - begin));
        begin = now_s();
        crc = crc32c(crc, from, WORK_BYTES);
        table_put(&t, "crc32c_memory_GB_s", (double)WORK_BYTES / 1e9 / (now_s() - begin));
        table_put(&t, "wake_other_core_us", wake_us(0));
        table_put(&t, "wake_same_core_us", wake_us(1));
    }
    table_print(&t, crc != 0 ? "basics" : "basics.");
    return 0;
}
