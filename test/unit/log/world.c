#include "unit/log/world.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/chain.h"
#include "base/crc32c.h"

#include <cmocka.h>

#define UNTIL_MS 20000

static void remove_tree(const char *path)
{
    DIR *d = opendir(path);

    for (struct dirent *e = d == NULL ? NULL : readdir(d); e != NULL; e = readdir(d)) {
        char sub[1024];
        struct stat st;

        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) {
            continue;
        }
        snprintf(sub, sizeof(sub), "%s/%s", path, e->d_name);
        if (lstat(sub, &st) == 0 && S_ISDIR(st.st_mode)) {
            remove_tree(sub);
        } else {
            (void)unlink(sub);
        }
    }
    if (d != NULL) {
        closedir(d);
    }
    (void)rmdir(path);
}

static void init_under(struct world *w, const char *parent)
{
    memset(w, 0, sizeof(*w));
    snprintf(w->path, sizeof(w->path), "%s/ottla-log-XXXXXX", parent);
    assert_non_null(mkdtemp(w->path));
    assert_int_equal(os_new(&w->os), 0);
    assert_int_equal(reactor_new(w->os, &w->reactor), 0);
    assert_int_equal(workers_new(w->os, 2, &w->workers), 0);
    str_init(&w->why, 8192);
}

void world_init(struct world *w)
{
    init_under(w, "/tmp");
}

void world_init_in_memory(struct world *w)
{
    init_under(w, access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
}

void world_release(struct world *w)
{
    if (w->dir != NULL) {
        world_close(w, false);
    }
    workers_free(w->workers);
    reactor_free(w->reactor);
    os_free(w->os);
    str_release(&w->why);
    remove_tree(w->path);
}

void world_empty(struct world *w)
{
    remove_tree(w->path);
    assert_int_equal(mkdir(w->path, 0700), 0);
}

static void on_offline(void *ctx, struct log_dir *d, const char *why)
{
    struct world *w = ctx;

    assert_ptr_equal(d, w->dir);
    w->offline_cnt++;
    snprintf(w->offline_why, sizeof(w->offline_why), "%s", why);
}

int world_open_try(struct world *w)
{
    struct log_dir_options opt = {
        .node_id = 1,
        .cluster_id = "AAAAAAAAAAAAAAAAAAAAAQ",
        .workers = w->workers,
        .reactor = w->reactor,
        .files_max = 8,
        .ctx = w,
        .on_offline = on_offline,
    };

    str_clear(&w->why);
    return log_dir_open(w->os, w->path, &opt, &w->dir, &w->why);
}

void world_open(struct world *w)
{
    int rc = world_open_try(w);

    if (rc != 0) {
        fail_msg("open: %s: %s", err_name(rc), w->why.ptr);
    }
    w->dir_closed = false;
}

void world_until(struct world *w, const bool *flag)
{
    int64_t end = os_mono_us(w->os) + INT64_C(1000) * UNTIL_MS;

    while (!*flag) {
        reactor_turn(w->reactor, 100);
        if (os_mono_us(w->os) > end) {
            fail_msg("nothing happened for %d ms", UNTIL_MS);
        }
    }
}

static void on_closed(void *ctx, int rc)
{
    struct world *w = ctx;

    w->dir_closed = true;
    w->close_rc = rc;
}

void world_close(struct world *w, bool clean)
{
    w->dir_closed = false;
    log_dir_close(w->dir, clean, on_closed, w);
    world_until(w, &w->dir_closed);
    w->dir = NULL;
}

void part_cfg(struct plog_cfg *cfg, int32_t segment_bytes)
{
    plog_cfg_init(cfg);
    cfg->segment_bytes = segment_bytes;
    cfg->file_delete_delay_ms = 0;
}

static void on_durable(void *ctx, const struct plog_durable *durable)
{
    struct part *p = ctx;

    p->durable = *durable;
    p->durable_cnt++;
    plog_set_durable(p->log, durable);
}

static void on_released(void *ctx)
{
    ((struct part *)ctx)->is_released = true;
}

struct plog_callbacks part_callbacks(struct part *p)
{
    return (struct plog_callbacks){.ctx = p, .on_durable = on_durable, .on_released = on_released};
}

void part_new(struct world *w, struct part *p, const struct plog_cfg *cfg)
{
    struct plog_callbacks cb = part_callbacks(p);
    struct uuid id = {{1, 2, 3}};

    memset(p, 0, sizeof(*p));
    assert_int_equal(plog_new(w->dir, TOPIC, 0, id, cfg, &cb, &p->log), 0);
}

int part_open_try(struct world *w, struct part *p, const struct plog_cfg *cfg)
{
    struct plog_callbacks cb = part_callbacks(p);
    struct uuid id = {{0}};

    memset(p, 0, sizeof(*p));
    return plog_open(w->dir, TOPIC, 0, id, cfg, &cb, &p->log, &p->recovery);
}

void part_open(struct world *w, struct part *p, const struct plog_cfg *cfg)
{
    assert_int_equal(part_open_try(w, p, cfg), 0);
}

void part_close(struct world *w, struct part *p)
{
    plog_close(p->log);
    world_until(w, &p->is_released);
    p->log = NULL;
}

void part_sync(struct world *w, struct part *p)
{
    struct plog_marks m;
    int64_t end = os_mono_us(w->os) + INT64_C(1000) * UNTIL_MS;

    log_dir_commit_soon(w->dir);
    for (plog_marks(p->log, &m); m.durable < m.end.offset; plog_marks(p->log, &m)) {
        reactor_turn(w->reactor, 100);
        if (os_mono_us(w->os) > end) {
            fail_msg("no round ended in %d ms", UNTIL_MS);
        }
    }
}

static size_t varint_put(uint8_t *to, int64_t v)
{
    uint64_t u = ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0);
    size_t len = 0;

    while (u >= 0x80) {
        to[len++] = (uint8_t)(u | 0x80);
        u >>= 7;
    }
    to[len++] = (uint8_t)u;
    return len;
}

static size_t varint_len(int64_t v)
{
    uint8_t buf[10];

    return varint_put(buf, v);
}

uint8_t *batch_make(log_offset_t base, int32_t cnt, timestamp_ms_t ts, leader_epoch_t epoch,
                    size_t len, size_t *ret_len)
{
    size_t room = 61 + (size_t)cnt * (len + 40);
    uint8_t *b = calloc(1, room);
    size_t at = 61;

    assert_non_null(b);
    for (int32_t i = 0; i < cnt; i++) {
        size_t body = 1 + varint_len(i) + varint_len(i) + 1 + varint_len((int64_t)len) + len + 1;

        at += varint_put(b + at, (int64_t)body);
        b[at++] = 0;
        at += varint_put(b + at, i); /* timestamp delta: one ms a record */
        at += varint_put(b + at, i);
        at += varint_put(b + at, -1);
        at += varint_put(b + at, (int64_t)len);
        for (size_t j = 0; j < len; j++) {
            b[at++] = (uint8_t)(((uint64_t)base + (uint64_t)i * 7 + j * 13) & 0xff);
        }
        b[at++] = 0;
    }
    store_be64(b, (uint64_t)base);
    store_be32(b + 8, (uint32_t)(at - 12));
    store_be32(b + 12, (uint32_t)epoch);
    b[16] = 2;
    store_be32(b + 23, (uint32_t)(cnt - 1));
    store_be64(b + 27, (uint64_t)ts);
    store_be64(b + 35, (uint64_t)(ts < 0 ? ts : ts + cnt - 1));
    store_be64(b + 43, UINT64_MAX);
    store_be16(b + 51, UINT16_MAX);
    store_be32(b + 53, UINT32_MAX);
    store_be32(b + 57, (uint32_t)cnt);
    store_be32(b + 17, crc32c(slice_of(b + 21, at - 21)));
    *ret_len = at;
    return b;
}

int part_append(struct part *p, int32_t cnt, timestamp_ms_t ts, leader_epoch_t epoch, size_t len)
{
    struct plog_marks m;
    struct log_pos end;
    size_t bytes;
    uint8_t *b;
    int rc;

    plog_marks(p->log, &m);
    b = batch_make(m.end.offset, cnt, ts, epoch, len, &bytes);
    rc = plog_append(p->log,
                     &(struct plog_batch){.bytes = slice_of(b, bytes),
                                          .first = m.end.offset,
                                          .last = m.end.offset + cnt - 1,
                                          .max_timestamp = ts < 0 ? ts : ts + cnt - 1,
                                          .epoch = epoch},
                     1, &end);
    free(b);
    if (rc == 0) {
        plog_set_high_watermark(p->log, &end);
    }
    return rc;
}

static void full_path(struct world *w, const char *name, char *ret, size_t cap)
{
    snprintf(ret, cap, "%s/%s", w->path, name);
}

uint8_t *world_file(struct world *w, const char *name, size_t *ret_len)
{
    char path[1024];
    uint8_t *bytes = NULL;

    full_path(w, name, path, sizeof(path));
    *ret_len = 0;
    return os_file_read_all(w->os, path, (size_t)1 << 30, &bytes, ret_len) == 0 ? bytes : NULL;
}

void world_put(struct world *w, const char *name, const void *bytes, size_t len)
{
    char path[1024];
    struct os_file *f = NULL;

    full_path(w, name, path, sizeof(path));
    assert_int_equal(os_file_open(w->os, path, OS_WRITE | OS_CREATE | OS_TRUNC, &f), 0);
    if (len > 0) {
        assert_int_equal(os_file_pwrite(f, 0, slice_of(bytes, len)), 0);
    }
    os_file_close(f);
}

bool world_has(struct world *w, const char *name)
{
    char path[1024];
    struct stat st;

    full_path(w, name, path, sizeof(path));
    return stat(path, &st) == 0;
}

int part_read(struct part *p, log_offset_t offset, size_t max, enum plog_bound bound, uint8_t *buf,
              size_t cap, size_t *ret_len)
{
    struct plog_read read = {
        .offset = offset, .max_bytes = max, .bound = bound, .at_least_one = true};
    struct plog_read_info info;
    struct chain c;
    int rc;

    chain_init(&c);
    *ret_len = 0;
    rc = plog_read(p->log, &read, &c, &info);
    if (rc == 0) {
        assert_int_equal(info.len_bytes, c.len);
        for (uint32_t i = 0; i < c.cnt; i++) {
            struct chain_part *part = chain_part_at(&c, i);

            assert_true(part->len <= cap);
            assert_int_equal(pread(part->file->fd, buf, part->len, (off_t)part->pos), part->len);
            *ret_len = part->len;
        }
    }
    chain_clear(&c);
    return rc;
}
