/*
 * Directories and names, and whole small files. A file is replaced by writing its successor beside it,
 * syncing that, renaming over it and syncing the directory: after a crash either is there, whole.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/chk.h"
#include "os/os_impl.h"

static enum os_kind kind_of_mode(mode_t mode)
{
    return S_ISREG(mode) ? OS_KIND_FILE : S_ISDIR(mode) ? OS_KIND_DIR : OS_KIND_OTHER;
}

int os_stat(struct os *os, const char *path, struct os_stat *ret)
{
    struct stat st;
    int rc = os_fault_check(&os->faults, OS_FAULT_STAT);

    if (rc != 0) {
        return rc;
    }
    if (stat(path, &st) != 0) {
        return os_err(errno);
    }
    ret->kind = kind_of_mode(st.st_mode);
    ret->size_bytes = (uint64_t)st.st_size;
    ret->mtime_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
    ret->uid = (uint32_t)st.st_uid;
    (void)os_uid_name(ret->uid, ret->owner, sizeof(ret->owner));
    ret->writable = euidaccess(path, W_OK) == 0;
    return 0;
}

int os_mkdir(struct os *os, const char *path)
{
    int rc = os_fault_check(&os->faults, OS_FAULT_MKDIR);

    if (rc != 0) {
        return rc;
    }
    return mkdir(path, 0755) == 0 ? 0 : os_err(errno);
}

/* mkdir() that is content with a directory that is there. */
static int mkdir_or_there(struct os *os, const char *path)
{
    struct stat st;
    int rc = os_mkdir(os, path);

    if (rc != ERR_EXISTS) {
        return rc;
    }
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : ERR_NOT_DIR;
}

int os_mkdirs(struct os *os, const char *path)
{
    char part[PATH_MAX];
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof(part)) {
        return ERR_INVALID;
    }
    for (size_t i = 1; i <= len; i++) {
        if (path[i] == '/' || path[i] == '\0') {
            int rc;

            memcpy(part, path, i);
            part[i] = '\0';
            rc = mkdir_or_there(os, part);
            if (rc != 0) {
                return rc;
            }
        }
    }
    return 0;
}

int os_rename(struct os *os, const char *from, const char *to)
{
    int rc = os_fault_check(&os->faults, OS_FAULT_RENAME);

    if (rc != 0) {
        return rc;
    }
    return rename(from, to) == 0 ? 0 : os_err(errno);
}

int os_unlink(struct os *os, const char *path)
{
    int rc = os_fault_check(&os->faults, OS_FAULT_UNLINK);

    if (rc != 0) {
        return rc;
    }
    return unlink(path) == 0 ? 0 : os_err(errno);
}

int os_rmdir(struct os *os, const char *path)
{
    int rc = os_fault_check(&os->faults, OS_FAULT_UNLINK);

    if (rc != 0) {
        return rc;
    }
    return rmdir(path) == 0 ? 0 : os_err(errno);
}

static int sync_by_path(const char *path, int how, int (*sync)(int fd))
{
    int fd = open(path, how | O_RDONLY | O_CLOEXEC);
    int rc;

    if (fd < 0) {
        return os_err(errno);
    }
    rc = sync(fd) == 0 ? 0 : os_err(errno);
    (void)close(fd);
    return rc;
}

int os_dir_sync(struct os *os, const char *path)
{
    int rc = os_fault_check(&os->faults, OS_FAULT_DIR_SYNC);

    return rc != 0 ? rc : sync_by_path(path, O_DIRECTORY, fsync);
}

int os_fs_sync(struct os *os, const char *path)
{
    int rc = os_fault_check(&os->faults, OS_FAULT_FS_SYNC);

    return rc != 0 ? rc : sync_by_path(path, 0, syncfs);
}

/* --- listing ------------------------------------------------------------------------------------- */

struct dir_entry {
    char *name;
    enum os_kind kind;
};

struct dir_names {
    struct dir_entry *entries;
    size_t cnt;
    size_t cap;
};

static int names_add(struct dir_names *n, const char *name, enum os_kind kind)
{
    char *copy;

    if (n->cnt == n->cap) {
        size_t cap = n->cap == 0 ? 64 : n->cap * 2;
        struct dir_entry *grown = realloc(n->entries, cap * sizeof(*grown));

        if (grown == NULL) {
            return ERR_NOMEM;
        }
        n->entries = grown;
        n->cap = cap;
    }
    copy = strdup(name);
    if (copy == NULL) {
        return ERR_NOMEM;
    }
    n->entries[n->cnt++] = (struct dir_entry){.name = copy, .kind = kind};
    return 0;
}

static void names_release(struct dir_names *n)
{
    for (size_t i = 0; i < n->cnt; i++) {
        free(n->entries[i].name);
    }
    free(n->entries);
}

static int entry_cmp(const void *a, const void *b)
{
    const struct dir_entry *x = a;
    const struct dir_entry *y = b;

    return strcmp(x->name, y->name);
}

/* Links count as what they point to. */
static enum os_kind kind_of_entry(DIR *dir, const struct dirent *e)
{
    struct stat st;

    if (e->d_type == DT_REG) {
        return OS_KIND_FILE;
    }
    if (e->d_type == DT_DIR) {
        return OS_KIND_DIR;
    }
    if (e->d_type != DT_LNK && e->d_type != DT_UNKNOWN) {
        return OS_KIND_OTHER;
    }
    return fstatat(dirfd(dir), e->d_name, &st, 0) == 0 ? kind_of_mode(st.st_mode) : OS_KIND_OTHER;
}

static int names_read(struct dir_names *n, DIR *dir)
{
    for (;;) {
        const struct dirent *e;
        int rc;

        errno = 0;
        e = readdir(dir);
        if (e == NULL) {
            return os_err(errno);
        }
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) {
            continue;
        }
        rc = names_add(n, e->d_name, kind_of_entry(dir, e));
        if (rc != 0) {
            return rc;
        }
    }
}

int os_dir_list(struct os *os, const char *path,
                int (*each)(void *ctx, const char *name, enum os_kind kind), void *ctx)
{
    struct dir_names names = {NULL, 0, 0};
    DIR *dir;
    int rc = os_fault_check(&os->faults, OS_FAULT_LIST);

    if (rc != 0) {
        return rc;
    }
    dir = opendir(path);
    if (dir == NULL) {
        return os_err(errno);
    }
    rc = names_read(&names, dir);
    (void)closedir(dir);
    if (names.cnt > 0) {
        qsort(names.entries, names.cnt, sizeof(names.entries[0]), entry_cmp);
    }
    for (size_t i = 0; rc == 0 && i < names.cnt; i++) {
        rc = each(ctx, names.entries[i].name, names.entries[i].kind);
    }
    names_release(&names);
    return rc;
}

int os_fs_space(struct os *os, const char *path, uint64_t *ret_total, uint64_t *ret_usable)
{
    struct statvfs st;

    (void)os;
    if (statvfs(path, &st) != 0) {
        return os_err(errno);
    }
    *ret_total = (uint64_t)st.f_blocks * st.f_frsize;
    *ret_usable = (uint64_t)st.f_bavail * st.f_frsize;
    return 0;
}

/* --- whole files --------------------------------------------------------------------------------- */

/* Reads on until the end, growing from the size the file claimed (files of /proc claim 0). */
static int file_slurp(struct os_file *f, struct os *os, uint64_t size, size_t max,
                      uint8_t **ret_bytes, size_t *ret_len)
{
    size_t cap = size < max ? (size_t)size + 1 : max + 1;
    uint8_t *bytes = os_alloc(os, cap);
    size_t len = 0;
    size_t got = 0;
    int rc = bytes == NULL ? ERR_NOMEM : 0;

    while (rc == 0) {
        rc = os_file_pread(f, len, bytes + len, cap - len, &got);
        if (rc != 0) {
            break;
        }
        len += got;
        if (len < cap) {
            *ret_bytes = bytes;
            *ret_len = len;
            return 0;
        }
        if (len > max) {
            rc = ERR_LIMIT;
        } else {
            uint8_t *grown;

            cap = cap > max / 2 ? max + 1 : cap * 2;
            grown = realloc(bytes, cap);
            if (grown == NULL) {
                rc = ERR_NOMEM;
            } else {
                bytes = grown;
            }
        }
    }
    free(bytes);
    return rc;
}

int os_file_read_all(struct os *os, const char *path, size_t max, uint8_t **ret_bytes,
                     size_t *ret_len)
{
    struct os_file *f = NULL;
    uint64_t size;
    int rc;

    ASSERT(max < SIZE_MAX);
    rc = os_file_open(os, path, OS_READ, &f);
    if (rc == 0) {
        rc = os_file_size(f, &size);
    }
    if (rc == 0 && size > max) {
        rc = ERR_LIMIT;
    }
    if (rc == 0) {
        rc = file_slurp(f, os, size, max, ret_bytes, ret_len);
    }
    os_file_close(f);
    return rc;
}

/* Syncs the directory that holds `path`, which is cut in doing so. */
static int parent_sync(struct os *os, char *path)
{
    char *slash = strrchr(path, '/');

    if (slash == NULL) {
        return os_dir_sync(os, ".");
    }
    slash[slash == path ? 1 : 0] = '\0';
    return os_dir_sync(os, path);
}

int os_file_replace(struct os *os, const char *path, struct slice bytes)
{
    char tmp[PATH_MAX];
    struct os_file *f = NULL;
    int len = snprintf(tmp, sizeof(tmp), "%s.tmp", path);
    int rc;

    if (len < 0 || (size_t)len >= sizeof(tmp)) {
        return ERR_INVALID;
    }
    rc = os_file_open(os, tmp, OS_WRITE | OS_CREATE | OS_TRUNC, &f);
    if (rc != 0) {
        return rc;
    }
    rc = os_file_pwrite(f, 0, bytes);
    if (rc == 0) {
        rc = os_file_sync(f);
    }
    os_file_close(f);
    if (rc == 0) {
        rc = os_rename(os, tmp, path);
    }
    if (rc != 0) {
        /* The error that counts is the first; a leftover is overwritten next time. */
        (void)unlink(tmp);
        return rc;
    }
    return parent_sync(os, tmp);
}
