/*
 * Recovery of a partition whose files hold anything: it must end, give a log whose marks are in order
 * and whose batches can be read, never cut where something valid follows, and find nothing to do when
 * it runs again on its own result.
 *
 * Input: a byte of flags (1: the log file is the input itself, otherwise a good log with the input as
 * changes; 2: clean marker; 4: the index files are made of the input, too; 8: a second segment), then
 * the bytes. A change is three bytes: the place (two), the new value.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/chain.h"
#include "base/crc32c.h"
#include "log/log_dir.h"
#include "log/plog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BATCH_CNT 6
#define BATCH_LEN 80u
#define LOG_LEN (BATCH_CNT * BATCH_LEN)

struct env {
    struct os *os;
    struct reactor *reactor;
    struct workers *workers;
    char path[64];
    bool is_closed;
};

static struct env *env_get(void)
{
    static struct env e;

    if (e.os == NULL) {
        snprintf(e.path, sizeof(e.path), "%s/ottla-recovery-fuzz-%d",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid());
        if (os_new(&e.os) != 0 || reactor_new(e.os, &e.reactor) != 0 ||
            workers_new(e.os, 1, &e.workers) != 0) {
            exit(1);
        }
    }
    return &e;
}

static void tree_remove(const char *path)
{
    DIR *d = opendir(path);

    for (struct dirent *at = d == NULL ? NULL : readdir(d); at != NULL; at = readdir(d)) {
        char sub[512];

        if (strcmp(at->d_name, ".") != 0 && strcmp(at->d_name, "..") != 0) {
            snprintf(sub, sizeof(sub), "%s/%s", path, at->d_name);
            if (unlink(sub) != 0) {
                tree_remove(sub);
            }
        }
    }
    if (d != NULL) {
        closedir(d);
    }
    (void)rmdir(path);
}

static void put(const struct env *e, const char *name, const uint8_t *bytes, size_t len)
{
    char path[256];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", e->path, name);
    f = fopen(path, "wb");
    if (f == NULL || (len > 0 && fwrite(bytes, 1, len, f) != len)) {
        exit(1);
    }
    fclose(f);
}

/* One record of 12 bytes a batch: nothing looks into it here. */
static void good_log(uint8_t *log, log_offset_t base)
{
    for (size_t i = 0; i < BATCH_CNT; i++) {
        uint8_t *b = log + i * BATCH_LEN;

        memset(b, (int)(i + 1), BATCH_LEN);
        store_be64(b, (uint64_t)base + 2 * i);
        store_be32(b + 8, BATCH_LEN - 12);
        store_be32(b + 12, (uint32_t)(i / 3));
        b[16] = 2;
        store_be16(b + 21, 0);
        store_be32(b + 23, 1);
        store_be64(b + 27, 1000 + i);
        store_be64(b + 35, 1000 + i);
        store_be32(b + 57, 2);
        store_be32(b + 17, crc32c(slice_of(b + 21, BATCH_LEN - 21)));
    }
}

static void files_make(const struct env *e, uint8_t flags, const uint8_t *data, size_t size)
{
    uint8_t log[LOG_LEN];
    char path[256];

    tree_remove(e->path);
    (void)mkdir(e->path, 0700);
    snprintf(path, sizeof(path), "%s/t-0", e->path);
    (void)mkdir(path, 0700);
    if ((flags & 1) != 0) {
        put(e, "t-0/00000000000000000000.log", data, size);
    } else {
        size_t len = LOG_LEN;

        good_log(log, 0);
        for (size_t i = 0; i + 3 <= size; i += 3) {
            size_t at = load_be16(data + i) % (LOG_LEN + 64);

            if (at < LOG_LEN) {
                log[at] = data[i + 2];
            } else {
                len = LOG_LEN * (size_t)data[i + 2] / 256;
            }
        }
        put(e, "t-0/00000000000000000000.log", log, len);
    }
    if ((flags & 4) != 0) {
        put(e, "t-0/00000000000000000000.index", data, size);
        put(e, "t-0/00000000000000000000.timeindex", data, size);
        put(e, "t-0/leader-epoch-checkpoint", data, size);
    }
    if ((flags & 8) != 0) {
        good_log(log, 2 * BATCH_CNT);
        put(e, "t-0/00000000000000000012.log", log, LOG_LEN - size % 80);
    }
    if ((flags & 2) != 0) {
        put(e, ".kafka_cleanshutdown", data, 0);
    }
}

static void read_through(struct plog *l, const struct plog_marks *m)
{
    log_offset_t offset = m->start;

    for (int i = 0; i < 100 && offset < m->end.offset; i++) {
        struct plog_read read = {
            .offset = offset, .max_bytes = 1, .bound = PLOG_BOUND_END, .at_least_one = true};
        struct plog_read_info info;
        struct chain c;
        uint8_t head[61];
        int rc;

        chain_init(&c);
        rc = plog_read(l, &read, &c, &info);
        ASSERT(rc == 0 || rc == ERR_CORRUPT);
        if (rc == 0 && c.len > sizeof(head) &&
            pread(info.file->fd, head, sizeof(head), (off_t)info.pos) == (ssize_t)sizeof(head) &&
            head[16] == 2) {
            log_offset_t last = (log_offset_t)load_be64(head) + (log_offset_t)load_be32(head + 23);

            ASSERT(last >= offset);
            offset = last + 1;
        } else {
            offset++;
        }
        chain_clear(&c);
    }
}

static void on_closed(void *ctx, int rc)
{
    struct env *e = ctx;

    (void)rc;
    e->is_closed = true;
}

/* Opens, looks, closes as a crash would. False: the log could not be opened. */
static bool recover(struct env *e, struct plog_marks *ret_marks, struct plog_recovery *ret)
{
    struct log_dir_options opt = {.node_id = 1,
                                  .cluster_id = "AAAAAAAAAAAAAAAAAAAAAQ",
                                  .workers = e->workers,
                                  .reactor = e->reactor};
    struct plog_callbacks cb = {0};
    struct log_dir *d = NULL;
    struct plog *l = NULL;
    struct plog_cfg cfg;
    struct str why;
    int rc;

    str_init(&why, 4096);
    if (log_dir_open(e->os, e->path, &opt, &d, &why) != 0) {
        exit(1);
    }
    str_release(&why);
    plog_cfg_init(&cfg);
    cfg.index_interval_bytes = 100;
    rc = plog_open(d, SLICE_LIT("t"), 0, (struct uuid){{0}}, &cfg, &cb, &l, ret);
    if (rc == 0) {
        struct plog_found found;

        plog_marks(l, ret_marks);
        ASSERT(ret_marks->start <= ret_marks->hw.offset);
        ASSERT(ret_marks->hw.offset <= ret_marks->end.offset);
        ASSERT(ret->is_faulty == plog_is_faulty(l));
        read_through(l, ret_marks);
        (void)!plog_offset_for_time(l, 1002, PLOG_BOUND_END, &found);
        (void)!plog_offset_of_max_time(l, PLOG_BOUND_END, &found);
    }
    e->is_closed = false;
    log_dir_close(d, false, on_closed, e);
    while (!e->is_closed) {
        reactor_turn(e->reactor, 100);
    }
    return rc == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct env *e = env_get();
    struct plog_recovery first;
    struct plog_recovery again;
    struct plog_marks m;
    struct plog_marks m_again;

    if (size == 0) {
        return 0;
    }
    files_make(e, data[0], data + 1, size - 1);
    if (recover(e, &m, &first) && recover(e, &m_again, &again)) {
        ASSERT(again.cut_bytes == 0);
        if ((data[0] & 2) == 0) { /* a clean marker trusts heads that a scan may then refuse */
            ASSERT(first.is_faulty == again.is_faulty);
            ASSERT(m.end.offset == m_again.end.offset);
        }
    }
    tree_remove(e->path);
    return 0;
}
