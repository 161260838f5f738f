/*
 * Log lines: `level event key=value ...`, one line each, fixed event names, texts from outside escaped
 * and cut. A logger is a value with a sink; it hangs off the broker. Library code never logs: the
 * shell that decides does, once. Any thread may log; the sink serialises.
 */
#ifndef OTTLA_BASE_LOG_H
#define OTTLA_BASE_LOG_H

#include <stdint.h>

#include "base/slice.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_TRACE };

struct logger {
    enum log_level level; /* lines above it are not made */
    void (*write)(struct logger *lg, enum log_level level, struct slice line);
    void *ctx;
};

/* A text that may be missing: nobody should die of a log line. */
static inline struct slice log_cstr(const char *cstr)
{
    return slice_cstr(cstr == NULL ? "?" : cstr);
}

enum log_kv_type { LOG_KV_END, LOG_KV_INT, LOG_KV_TEXT, LOG_KV_CSTR };

struct log_kv {
    const char *key;
    enum log_kv_type type;
    int64_t i;
    struct slice text;
};

#define KV_INT(k, v) \
    { \
        .key = (k), .type = LOG_KV_INT, .i = (int64_t)(v) \
    }
#define KV_TEXT(k, s) \
    { \
        .key = (k), .type = LOG_KV_TEXT, .text = (s) \
    }
#define KV_CSTR(k, s) \
    { \
        .key = (k), .type = LOG_KV_CSTR, .text = slice_cstr(s) \
    }

void logger_log(struct logger *lg, enum log_level level, const char *event,
                const struct log_kv *kvs);

const char *log_level_name(enum log_level level);

/* LOG(lg, LOG_INFO, "broker.started", KV_CSTR("listener", text), KV_INT("took_ms", took)); a sentence
 * for people goes under the key "msg". A NULL logger is silent. */
#define LOG(lg, level_, event, ...) \
    do { \
        struct logger *log_lg_ = (lg); \
        if (log_lg_ != NULL && (level_) <= log_lg_->level) { \
            logger_log(log_lg_, (level_), (event), \
                       (const struct log_kv[]){__VA_ARGS__, {.type = LOG_KV_END}}); \
        } \
    } while (0)

#endif
