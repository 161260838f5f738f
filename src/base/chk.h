/* Checked arithmetic: each returns true when the result fits, false on overflow. */
#ifndef OTTLA_BASE_CHK_H
#define OTTLA_BASE_CHK_H

#include <stdbool.h>

#define chk_add(a, b, ret) (!__builtin_add_overflow((a), (b), (ret)))
#define chk_sub(a, b, ret) (!__builtin_sub_overflow((a), (b), (ret)))
#define chk_mul(a, b, ret) (!__builtin_mul_overflow((a), (b), (ret)))

#define MIN_OF(a, b) ((a) < (b) ? (a) : (b))
#define MAX_OF(a, b) ((a) > (b) ? (a) : (b))

#endif
