/*
 * What looking into a batch costs, in CPU-seconds per GB of batch bytes (compressed: of the bytes that
 * come out), beside the least that is possible: the checksum alone. The median of several rounds, each
 * round measuring all in turn, so that a noisy machine is noisy for all of them alike.
 *
 *     bench_record [rounds]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/prng.h"
#include "record/build.h"
#include "record/iter.h"
#include "record/validate.h"

#define NOW_MS ((timestamp_ms_t)1700000000000)
#define ROUNDS_DEFAULT 7
#define ROUNDS_MAX 99
#define BYTES_PER_ROUND ((size_t)256 << 20)
#define COLUMNS 3

struct shape {
    const char *what;
    enum codec codec;
    size_t value_len;
    size_t batch_len;
    bool keys; /* and two headers */
};

static const struct shape shapes[] = {
    {"100 B records in 16 KiB", CODEC_NONE, 100, (size_t)16 << 10, false},
    {"100 B records in 1 MiB", CODEC_NONE, 100, (size_t)1 << 20, false},
    {"100 B records, keys and headers, in 1 MiB", CODEC_NONE, 100, (size_t)1 << 20, true},
    {"1 KB records in 16 KiB", CODEC_NONE, 1000, (size_t)16 << 10, false},
    {"1 KB records in 1 MiB", CODEC_NONE, 1000, (size_t)1 << 20, false},
    {"100 KB records in 1 MiB", CODEC_NONE, 100000, (size_t)1 << 20, false},
    {"gzip, 1 KB records in 100 KiB", CODEC_GZIP, 1000, (size_t)100 << 10, false},
    {"snappy, 1 KB records in 100 KiB", CODEC_SNAPPY, 1000, (size_t)100 << 10, false},
    {"lz4, 1 KB records in 100 KiB", CODEC_LZ4, 1000, (size_t)100 << 10, false},
    {"zstd, 1 KB records in 100 KiB", CODEC_ZSTD, 1000, (size_t)100 << 10, false},
};

#define SHAPE_CNT (sizeof(shapes) / sizeof(shapes[0]))

static double cpu_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int rc, const char *what)
{
    if (rc != 0) {
        fprintf(stderr, "bench_record: %s: %s\n", what, err_text(rc));
        exit(1);
    }
}

/* Values like lines of JSON: some of it repeats, some does not. */
static void value_fill(struct prng *prng, uint8_t *value, size_t len)
{
    static const char line[] = "{\"user\":\"0000000000\",\"action\":\"click\",\"at\":0000000000}";

    for (size_t i = 0; i < len; i++) {
        char c = line[i % (sizeof(line) - 1)];

        value[i] = (uint8_t)(c == '0' ? '0' + (char)prng_below(prng, 10) : c);
    }
}

static struct batch_builder *batch_build(const struct shape *s, struct codecs *codecs,
                                         struct slice *ret_batch)
{
    const struct record_header headers[] = {{SLICE_LIT("trace"), SLICE_LIT("0123456789abcdef")},
                                            {SLICE_LIT("kind"), SLICE_LIT("click")}};
    struct batch_options options = BATCH_OPTIONS_PLAIN;
    struct batch_builder *b = malloc(sizeof(*b));
    uint8_t *value = malloc(s->value_len);
    struct prng prng;

    must(b == NULL || value == NULL ? ERR_NOMEM : 0, "memory");
    prng_init(&prng, 1);
    options.codec = s->codec;
    batch_builder_init(b, &options, s->batch_len + s->value_len + 1000);
    while (batch_builder_len(b) + s->value_len < s->batch_len) {
        struct record_fields r = {.timestamp = NOW_MS - 1000 + b->record_cnt / 8};

        value_fill(&prng, value, s->value_len);
        r.key = s->keys ? SLICE_LIT("user-12345") : SLICE_NULL;
        r.value = slice_of(value, s->value_len);
        r.headers = headers;
        r.header_cnt = s->keys ? 2 : 0;
        must(batch_builder_add(b, &r), "record");
    }
    must(batch_builder_finish(b, codecs, ret_batch), "batch");
    free(value);
    return b;
}

static double crc_only(struct slice batch, int cnt)
{
    double start = cpu_s();
    int bad = 0;

    for (int i = 0; i < cnt; i++) {
        bad += !batch_crc_ok(batch);
    }
    must(bad != 0 ? ERR_CORRUPT : 0, "checksum");
    return cpu_s() - start;
}

static double validate(struct slice batch, struct codecs *codecs, int cnt)
{
    const struct validate_rules rules = {.now_ms = NOW_MS,
                                         .before_max_ms = INT64_MAX,
                                         .after_max_ms = 3600000,
                                         .batch_len_max = UINT32_MAX,
                                         .zstd_allowed = true};
    double start = cpu_s();

    for (int i = 0; i < cnt; i++) {
        struct batch_info info;
        struct validate_fault fault;

        must(batch_validate(batch, &rules, codecs, &info, &fault), "validation");
    }
    return cpu_s() - start;
}

static double iterate(struct slice batch, struct codecs *codecs, int cnt)
{
    double start = cpu_s();

    for (int i = 0; i < cnt; i++) {
        struct record_iter it;
        struct record rec;
        int rc;

        must(record_iter_init(&it, codecs, batch, UINT32_MAX), "iteration");
        while ((rc = record_iter_next(&it, &rec)) == 0) {}
        must(rc == ERR_NOT_FOUND ? 0 : rc, "iteration");
        record_iter_release(&it);
    }
    return cpu_s() - start;
}

static int double_cmp(const void *a, const void *b)
{
    double x, y;

    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return (x > y) - (x < y);
}

static void shape_run(const struct shape *s, struct codecs *codecs, int rounds)
{
    double times[COLUMNS][ROUNDS_MAX];
    struct slice batch;
    struct batch_builder *b = batch_build(s, codecs, &batch);
    size_t plain_len = batch_builder_len(b);
    size_t work = s->codec == CODEC_NONE ? BYTES_PER_ROUND : BYTES_PER_ROUND / 8;
    int cnt = (int)(work / plain_len) + 1;
    double gb = (double)plain_len * cnt / 1e9;

    for (int i = 0; i < rounds; i++) {
        times[0][i] = crc_only(batch, cnt);
        times[1][i] = validate(batch, codecs, cnt);
        times[2][i] = iterate(batch, codecs, cnt);
    }
    for (int column = 0; column < COLUMNS; column++) {
        qsort(times[column], (size_t)rounds, sizeof(double), double_cmp);
    }
    printf("%-44s %8.3f %8.3f %8.3f %10.1f\n", s->what, times[0][rounds / 2] / gb,
           times[1][rounds / 2] / gb, times[2][rounds / 2] / gb,
           (times[1][rounds / 2] - times[0][rounds / 2]) * 1e9 / cnt / b->record_cnt);
    batch_builder_release(b);
    free(b);
}

int main(int argc, char **argv)
{
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : ROUNDS_DEFAULT;
    struct codecs *codecs = codecs_new();

    must(codecs == NULL ? ERR_NOMEM : 0, "memory");
    must(rounds < 1 || rounds > ROUNDS_MAX ? ERR_RANGE : 0, "rounds, 1 to 99");
    printf("CPU-seconds per GB, %ld rounds %27s %8s %8s %10s\n", rounds, "checksum", "validate",
           "iterate", "ns/record");
    for (size_t i = 0; i < SHAPE_CNT; i++) {
        shape_run(&shapes[i], codecs, (int)rounds);
    }
    codecs_free(codecs);
    return 0;
}
