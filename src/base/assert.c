#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void assert_failed(const char *expr, const char *file, int line)
{
    (void)fprintf(stderr, "ottla: broken invariant: %s at %s:%d\n", expr, file, line);
    (void)fflush(stderr);
    abort();
}
