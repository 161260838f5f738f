#include "broker/validation.h"

#include "base/assert.h"
#include "record/rewrite.h"

static int32_t level_of(const struct topic_config *cfg)
{
    switch (cfg->compression) {
    case CODEC_GZIP:
        return cfg->compression_gzip_level;
    case CODEC_LZ4:
        return cfg->compression_lz4_level;
    case CODEC_ZSTD:
        return cfg->compression_zstd_level;
    default:
        return CODEC_LEVEL_DEFAULT;
    }
}

static void fail(struct validation *v, enum validate_code code)
{
    v->ok = false;
    v->fault = (struct validate_fault){.code = code, .record_idx = -1, .text = validate_text(code)};
}

/* Brings the batch into the topic's own codec. */
static void rewrite(struct validation *v, struct codecs *codecs)
{
    struct rewrite_options opt = {.codec = (enum codec)v->config->compression,
                                  .level = level_of(v->config),
                                  .decompressed_len_max = DECOMPRESSED_LEN_MAX_DEFAULT};
    int rc;

    bytebuf_init(&v->rewritten, (size_t)v->config->max_message_bytes);
    rc = batch_rewrite(codecs, v->records, &opt, &v->rewritten);
    if (rc != 0) {
        bytebuf_release(&v->rewritten);
        fail(v, rc == ERR_LIMIT         ? VALIDATE_TOO_LARGE
                : rc == ERR_MISSING_LIB ? VALIDATE_CODEC_MISSING
                : rc == ERR_NOMEM       ? VALIDATE_NO_MEMORY
                                        : VALIDATE_STREAM);
        return;
    }
    if (batch_peek(bytebuf_view(&v->rewritten), &v->info.header) != 0) {
        fail(v, VALIDATE_STREAM);
    }
}

static void validate(struct validation *v, struct codecs *codecs)
{
    v->ok = batch_validate(v->records, &v->rules, codecs, &v->info, &v->fault) == 0;
    if (v->ok && v->config->compression != TOPIC_COMPRESSION_PRODUCER &&
        v->config->compression != batch_codec(&v->info.header)) {
        rewrite(v, codecs);
    }
}

static bool is_heavy(const struct validation *v)
{
    struct batch_header h;

    if (v->records.len <= VALIDATION_INLINE_BYTES || batch_peek(v->records, &h) != 0) {
        return false;
    }
    return batch_codec(&h) != CODEC_NONE || v->config->compression > CODEC_NONE;
}

static void validate_all(struct validation_set *s, struct codecs *codecs)
{
    for (size_t i = 0; i < s->cnt; i++) {
        validate(&s->items[i], codecs);
    }
}

static void job_run(struct worker_job *job)
{
    struct validation_set *s = CONTAINER_OF(job, struct validation_set, job);
    struct codecs *codecs = broker_codecs_take(s->broker);

    if (codecs == NULL) {
        for (size_t i = 0; i < s->cnt; i++) {
            fail(&s->items[i], VALIDATE_NO_MEMORY);
        }
        return;
    }
    validate_all(s, codecs);
    broker_codecs_give(s->broker, codecs);
}

static void job_done(struct worker_job *job)
{
    struct validation_set *s = CONTAINER_OF(job, struct validation_set, job);

    s->done(s);
}

void validation_run(struct validation_set *s)
{
    for (size_t i = 0; i < s->cnt; i++) {
        if (is_heavy(&s->items[i])) {
            s->job = (struct worker_job){.run = job_run, .done = job_done, .reactor = s->reactor};
            workers_submit(broker_workers(s->broker), &s->job);
            return;
        }
    }
    validate_all(s, broker_codecs(s->broker, s->reactor));
    s->done(s);
}

void validation_release(struct validation_set *s)
{
    for (size_t i = 0; i < s->cnt; i++) {
        bytebuf_release(&s->items[i].rewritten);
    }
}
