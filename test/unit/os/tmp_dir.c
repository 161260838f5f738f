#include "tmp_dir.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int tmp_dir_setup(void **state)
{
    struct tmp_dir *t = calloc(1, sizeof(*t));
    const char *base = getenv("TMPDIR");

    if (t == NULL) {
        return -1;
    }
    snprintf(t->dir, sizeof(t->dir), "%s/ottla-test-XXXXXX", base == NULL ? "/tmp" : base);
    if (mkdtemp(t->dir) == NULL || os_new(&t->os) != 0) {
        free(t);
        return -1;
    }
    *state = t;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

int tmp_dir_teardown(void **state)
{
    struct tmp_dir *t = *state;

    os_free(t->os);
    (void)nftw(t->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(t);
    return 0;
}

const char *tmp_path(struct tmp_dir *t, const char *name)
{
    snprintf(t->path, sizeof(t->path), "%s/%s", t->dir, name);
    return t->path;
}
