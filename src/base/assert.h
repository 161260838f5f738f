/*
 * Broken invariants end the process; bad input never does (it is an error result). ASSERT stays on
 * in release builds, DASSERT is for debug and simulation. Neither may have side effects.
 */
#ifndef OTTLA_BASE_ASSERT_H
#define OTTLA_BASE_ASSERT_H

_Noreturn void assert_failed(const char *expr, const char *file, int line);

#define ASSERT(expr) ((expr) ? (void)0 : assert_failed(#expr, __FILE__, __LINE__))

#ifdef OTTLA_DEBUG
#define DASSERT(expr) ASSERT(expr)
#else
#define DASSERT(expr) ((void)sizeof(!(expr)))
#endif

#endif
