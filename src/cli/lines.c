#include "cli/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/chk.h"

#define FIRST_CAP ((size_t)256 * 1024)

void lines_init(struct lines *l, int fd, size_t line_len_max)
{
    *l = (struct lines){.fd = fd, .line_len_max = line_len_max};
}

void lines_release(struct lines *l)
{
    free(l->buf);
    l->buf = NULL;
}

/* Moves what is left to the front and makes room behind it. */
static int make_room(struct lines *l)
{
    if (l->start > 0) {
        memmove(l->buf, l->buf + l->start, l->end - l->start);
        l->end -= l->start;
        l->start = 0;
    }
    if (l->end < l->cap) {
        return 0;
    }
    if (l->cap > l->line_len_max) {
        return ERR_LIMIT;
    }
    size_t cap = l->cap == 0 ? FIRST_CAP : l->cap * 2;
    char *buf = realloc(l->buf, cap);
    if (buf == NULL) {
        return ERR_NOMEM;
    }
    l->buf = buf;
    l->cap = cap;
    return 0;
}

static int read_more(struct lines *l)
{
    int rc = make_room(l);
    if (rc != 0) {
        return rc;
    }
    ssize_t len = read(l->fd, l->buf + l->end, l->cap - l->end);
    if (len < 0) {
        return errno == EINTR ? ERR_CLOSED : ERR_IO;
    }
    l->end += (size_t)len;
    l->ended = len == 0;
    return 0;
}

static int hand_out(struct lines *l, size_t len, size_t skip, struct slice *ret_line)
{
    if (len > l->line_len_max) {
        return ERR_LIMIT;
    }
    *ret_line = slice_of(l->buf + l->start, len);
    l->start += len + skip;
    l->cnt++;
    return 0;
}

int lines_next(struct lines *l, struct slice *ret_line)
{
    size_t searched = 0;
    for (;;) {
        size_t left = l->end - l->start;
        const char *from = left == 0 ? NULL : l->buf + l->start;
        const char *found =
            left == searched ? NULL : memchr(from + searched, '\n', left - searched);
        if (found != NULL) {
            return hand_out(l, (size_t)(found - from), 1, ret_line);
        }
        searched = left;
        if (l->ended) {
            return left == 0 ? ERR_CLOSED : hand_out(l, left, 0, ret_line);
        }
        int rc = read_more(l);
        if (rc != 0) {
            return rc;
        }
    }
}
