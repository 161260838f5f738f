/* A folder of its own for each test, gone afterwards. cmocka's setup and teardown; the test's state is
 * a struct tmp_dir with an open `os`. */
#ifndef OTTLA_TEST_UNIT_OS_TMP_DIR_H
#define OTTLA_TEST_UNIT_OS_TMP_DIR_H

#include "os/os.h"

struct tmp_dir {
    struct os *os;
    char dir[128];
    char path[512]; /* the last tmp_path() */
};

int tmp_dir_setup(void **state);
int tmp_dir_teardown(void **state);

/* dir/name; valid until the next call. */
const char *tmp_path(struct tmp_dir *t, const char *name);

#endif
