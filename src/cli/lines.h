/*
 * Lines of a file descriptor, quickly and one at a time: reads large pieces, hands out views. One
 * owner, one thread.
 */
#ifndef OTTLA_CLI_LINES_H
#define OTTLA_CLI_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

struct lines {
    int fd;
    char *buf;
    size_t cap;
    size_t start; /* what is read and not handed out: [start, end) */
    size_t end;
    size_t line_len_max;
    uint64_t cnt; /* lines handed out */
    bool ended;   /* the input has no more bytes */
};

/* The descriptor stays the caller's. */
void lines_init(struct lines *l, int fd, size_t line_len_max);
void lines_release(struct lines *l);

/*
 * The next line without its '\n', valid until the next call. Bytes behind the last '\n' are a line
 * too. ERR_CLOSED: the input has ended, or a signal interrupted the wait for more; ERR_LIMIT: the line
 * is longer than allowed; ERR_IO; ERR_NOMEM.
 */
int lines_next(struct lines *l, struct slice *ret_line) WARN_UNUSED;

#endif
