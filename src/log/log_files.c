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

/* Takes the file that was used longest ago out of the cache when there are too many. */
static struct os_file *evict(struct log_files *fs)
{
    struct log_file *lf = fs->oldest;
    struct os_file *f;

    if (fs->cnt <= fs->max) {
        return NULL;
    }
    ASSERT(lf != NULL);
    list_remove(fs, lf);
    fs->cnt--;
    f = lf->file;
    lf->file = NULL;
    return f;
}

/* Under the lock: `lf` has `f` from now on. */
static void take_in(struct log_files *fs, struct log_file *lf, struct os_file *f)
{
    ASSERT(lf->file == NULL);
    lf->file = f;
    fs->cnt++;
    list_push(fs, lf);
}

int log_files_get(struct log_files *fs, struct log_file *lf, const char *path,
                  struct os_file **ret_file)
{
    struct os_file *opened = NULL;
    struct os_file *evicted = NULL;
    struct os_file *f;
    int rc;

    os_lock_take(fs->lock);
    f = lf->file;
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

    rc = os_file_open(fs->os, path, OS_READ | OS_WRITE, &opened);
    if (rc == ERR_ACCESS) {
        rc = os_file_open(fs->os, path, OS_READ, &opened);
    }
    if (rc != 0) {
        return rc;
    }
    os_lock_take(fs->lock);
    if (lf->file == NULL) {
        take_in(fs, lf, opened);
        opened = NULL;
        evicted = evict(fs);
    }
    f = lf->file;
    (void)file_ref_get(os_file_as_ref(f));
    os_lock_drop(fs->lock);
    os_file_close(opened); /* another thread was faster */
    os_file_close(evicted);
    *ret_file = f;
    return 0;
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
    struct os_file *f;

    os_lock_take(fs->lock);
    f = lf->file;
    if (f != NULL) {
        list_remove(fs, lf);
        fs->cnt--;
        lf->file = NULL;
    }
    os_lock_drop(fs->lock);
    os_file_close(f);
}

size_t log_files_cnt(struct log_files *fs)
{
    size_t cnt;

    os_lock_take(fs->lock);
    cnt = fs->cnt;
    os_lock_drop(fs->lock);
    return cnt;
}
