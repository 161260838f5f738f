/*
 * A doubly linked list in the order of last use. The cache holds one reference on each file; a reader
 * takes another, so a file that falls out of the cache, or whose segment is deleted, lives until its
 * last reader is done.
 */
#include "log/log_files.h"

#include "base/assert.h"
#include "base/chain.h"

int log_files_init(struct log_files *fs, struct os *os, size_t max)
{
    ASSERT(max > 0);
    *fs = (struct log_files){.os = os, .max = max};
    return os_lock_new(&fs->lock);
}

void log_files_release(struct log_files *fs)
{
    ASSERT(fs->cnt == 0);
    os_lock_free(fs->lock);
    fs->lock = NULL;
}

void log_file_put(struct os_file *f)
{
    if (f != NULL) {
        file_ref_put(os_file_as_ref(f));
    }
}

static void list_remove(struct log_files *fs, struct log_file *lf)
{
    *(lf->prev != NULL ? &lf->prev->next : &fs->newest) = lf->next;
    *(lf->next != NULL ? &lf->next->prev : &fs->oldest) = lf->prev;
    lf->prev = NULL;
    lf->next = NULL;
}

static void list_push(struct log_files *fs, struct log_file *lf)
{
    lf->prev = NULL;
    lf->next = fs->newest;
    *(fs->newest != NULL ? &fs->newest->prev : &fs->oldest) = lf;
    fs->newest = lf;
}

/* Under the lock: the cache's reference leaves; others may stay. */
static struct os_file *let_go(struct log_files *fs, struct log_file *lf)
{
    struct os_file *f = lf->file;

    list_remove(fs, lf);
    fs->cnt--;
    lf->file = NULL;
    lf->has_escaped = lf->has_escaped || ref_is_shared(&os_file_as_ref(f)->ref);
    return f;
}

/* Takes the file that was used longest ago out of the cache when there are too many. */
static struct os_file *evict(struct log_files *fs)
{
    struct log_file *lf = fs->oldest;

    if (fs->cnt <= fs->max) {
        return NULL;
    }
    ASSERT(lf != NULL);
    return let_go(fs, lf);
}

/* Under the lock: `lf` has `f` from now on. */
static void take_in(struct log_files *fs, struct log_file *lf, struct os_file *f)
{
    ASSERT(lf->file == NULL);
    lf->file = f;
    fs->cnt++;
    list_push(fs, lf);
}

/* Opens by name without holding the lock. ERR_AGAIN: it was dropped meanwhile, so what was opened may be
 * the file that had the name before. */
static int open_and_take_in(struct log_files *fs, struct log_file *lf, const char *path,
                            unsigned drop_cnt, struct os_file **ret_file)
{
    struct os_file *opened = NULL;
    struct os_file *evicted = NULL;
    int rc = os_file_open(fs->os, path, OS_READ | OS_WRITE, &opened);

    if (rc == ERR_ACCESS) {
        rc = os_file_open(fs->os, path, OS_READ, &opened);
    }
    if (rc != 0) {
        return rc;
    }
    os_lock_take(fs->lock);
    if (lf->drop_cnt != drop_cnt) {
        rc = ERR_AGAIN;
    } else {
        if (lf->file == NULL) {
            take_in(fs, lf, opened);
            opened = NULL;
            evicted = evict(fs);
        }
        *ret_file = lf->file;
        (void)file_ref_get(os_file_as_ref(lf->file));
    }
    os_lock_drop(fs->lock);
    os_file_close(opened); /* another thread was faster, or it is the wrong one */
    os_file_close(evicted);
    return rc;
}

int log_files_get(struct log_files *fs, struct log_file *lf, const char *path,
                  struct os_file **ret_file)
{
    int rc = ERR_AGAIN;

    while (rc == ERR_AGAIN) {
        struct os_file *f;
        unsigned drop_cnt;

        os_lock_take(fs->lock);
        f = lf->file;
        drop_cnt = lf->drop_cnt;
        if (f != NULL) {
            (void)file_ref_get(os_file_as_ref(f));
            if (fs->newest != lf) {
                list_remove(fs, lf);
                list_push(fs, lf);
            }
        }
        os_lock_drop(fs->lock);
        if (f != NULL) {
            *ret_file = f;
            return 0;
        }
        rc = open_and_take_in(fs, lf, path, drop_cnt, ret_file);
    }
    return rc;
}

void log_files_adopt(struct log_files *fs, struct log_file *lf, struct os_file *f)
{
    struct os_file *evicted;

    os_lock_take(fs->lock);
    take_in(fs, lf, f);
    evicted = evict(fs);
    os_lock_drop(fs->lock);
    os_file_close(evicted);
}

void log_files_drop(struct log_files *fs, struct log_file *lf)
{
    struct os_file *f = NULL;

    os_lock_take(fs->lock);
    lf->drop_cnt++;
    if (lf->file != NULL) {
        f = let_go(fs, lf);
    }
    os_lock_drop(fs->lock);
    os_file_close(f);
}

bool log_files_is_shared(struct log_files *fs, const struct log_file *lf, struct os_file *f)
{
    unsigned known;
    bool is_shared;

    os_lock_take(fs->lock);
    known = lf->file == f ? 2 : 1; /* the cache's reference and the caller's */
    is_shared = lf->has_escaped || ref_cnt(&os_file_as_ref(f)->ref) > known;
    os_lock_drop(fs->lock);
    return is_shared;
}

size_t log_files_cnt(struct log_files *fs)
{
    size_t cnt;

    os_lock_take(fs->lock);
    cnt = fs->cnt;
    os_lock_drop(fs->lock);
    return cnt;
}
