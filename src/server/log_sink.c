#include "server/log_sink.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/str.h"

#define EVENT_SLOTS 128
#define LINE_MAX_BYTES 8192
#define WINDOW_INFO_MS 1000
#define WINDOW_TROUBLE_MS 60000

struct event_rate {
    uint64_t hash;
    int64_t window; /* which second or minute */
    unsigned cnt;
};

struct log_sink {
    struct logger logger;
    struct os *os;
    struct os_lock *lock;
    struct event_rate rates[EVENT_SLOTS];
};

/* Under the lock: whether the line may go out; *ret_dropped: how many of its kind were kept back in an
 * earlier window. Lines begin "level event ". */
static bool rate_allows(struct log_sink *s, struct slice line, int64_t window,
                        unsigned *ret_dropped)
{
    struct slice event = line;
    struct event_rate *r;
    uint64_t hash;

    for (size_t i = 6; i < line.len; i++) {
        if (line.ptr[i] == ' ') {
            event = slice_sub(line, 0, i);
            break;
        }
    }
    hash = hash_bytes(0, event);
    r = &s->rates[hash % EVENT_SLOTS];
    *ret_dropped = 0;
    if (r->hash != hash || r->window != window) {
        *ret_dropped = r->hash == hash && r->cnt > LOG_SINK_BURST ? r->cnt - LOG_SINK_BURST : 0;
        *r = (struct event_rate){.hash = hash, .window = window};
    }
    return ++r->cnt <= LOG_SINK_BURST;
}

static void sink_write(struct logger *lg, enum log_level level, struct slice line)
{
    struct log_sink *s = CONTAINER_OF(lg, struct log_sink, logger);
    int64_t now_ms = os_wall_ms(s->os);
    char time_text[OS_TIME_TEXT_LEN];
    unsigned dropped = 0;
    struct str out;

    os_time_text(s->os, now_ms, time_text);
    str_init(&out, LINE_MAX_BYTES);
    os_lock_take(s->lock);
    if (rate_allows(s, line, now_ms / (level <= LOG_WARN ? WINDOW_TROUBLE_MS : WINDOW_INFO_MS),
                    &dropped)) {
        str_add_fmt(&out, "%s ", time_text);
        str_add(&out, line);
        if (dropped > 0) {
            str_add_fmt(&out, " lines_left_out_before=%u", dropped);
        }
        str_add_cstr(&out, "\n");
        os_print(s->os, 2, str_view(&out));
    }
    os_lock_drop(s->lock);
    str_release(&out);
}

int log_sink_new(struct os *os, enum log_level level, struct log_sink **ret_sink)
{
    struct log_sink *s = calloc(1, sizeof(*s));
    int rc = s == NULL ? ERR_NOMEM : os_lock_new(&s->lock);

    if (rc != 0) {
        free(s);
        return rc;
    }
    s->os = os;
    s->logger = (struct logger){.level = level, .write = sink_write};
    *ret_sink = s;
    return 0;
}

struct logger *log_sink_logger(struct log_sink *s)
{
    return &s->logger;
}

void log_sink_free(struct log_sink *s)
{
    if (s != NULL) {
        os_lock_free(s->lock);
        free(s);
    }
}
