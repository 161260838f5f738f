#include "base/log.h"

#include "base/str.h"

#define LINE_MAX_BYTES 4096
#define TEXT_MAX_BYTES 1024

const char *log_level_name(enum log_level level)
{
    switch (level) {
    case LOG_ERROR:
        return "error";
    case LOG_WARN:
        return "warn";
    case LOG_INFO:
        return "info";
    case LOG_DEBUG:
        return "debug";
    case LOG_TRACE:
        return "trace";
    }
    return "level";
}

static int is_plain(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] <= ' ' || text.ptr[i] >= 0x7f || text.ptr[i] == '"' ||
            text.ptr[i] == '\\' || text.ptr[i] == '=') {
            return 0;
        }
    }
    return text.len > 0;
}

void logger_log(struct logger *lg, enum log_level level, const char *event,
                const struct log_kv *kvs)
{
    struct str line;

    str_init(&line, LINE_MAX_BYTES);
    str_add_fmt(&line, "%-5s %s", log_level_name(level), event);
    for (; kvs->type != LOG_KV_END; kvs++) {
        str_add_fmt(&line, " %s=", kvs->key);
        if (kvs->type == LOG_KV_INT) {
            str_add_fmt(&line, "%lld", (long long)kvs->i);
        } else if (is_plain(kvs->text)) {
            str_add_escaped(&line, kvs->text, TEXT_MAX_BYTES);
        } else {
            str_add_cstr(&line, "\"");
            str_add_escaped(&line, kvs->text, TEXT_MAX_BYTES);
            str_add_cstr(&line, "\"");
        }
    }
    lg->write(lg, level, str_view(&line));
    str_release(&line);
}
