/*
 * Errors of our own code. A fallible function returns 0 or one of these, negated already; results
 * come through ret_ parameters and are untouched on failure. Kafka's wire errors are another type
 * (enum kerr in model/kerr.h) and never mix with these.
 *
 * No owner, no thread: constants only.
 */
#ifndef OTTLA_BASE_ERR_H
#define OTTLA_BASE_ERR_H

#define WARN_UNUSED __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/*      name             value  text */
#define ERR_LIST(X) \
    X(ERR_NOMEM, -1, "out of memory") \
    X(ERR_LIMIT, -2, "a limit was reached") \
    X(ERR_TRUNCATED, -3, "the data ends too early") \
    X(ERR_INVALID, -4, "the data is not valid") \
    X(ERR_CORRUPT, -5, "a checksum does not match") \
    X(ERR_RANGE, -6, "a value is out of range") \
    X(ERR_NOT_FOUND, -7, "not found") \
    X(ERR_EXISTS, -8, "exists already") \
    X(ERR_ACCESS, -9, "permission denied") \
    X(ERR_BUSY, -10, "in use by another") \
    X(ERR_NOSPACE, -11, "no space left on the device") \
    X(ERR_IO, -12, "input or output failed") \
    X(ERR_AGAIN, -13, "would block") \
    X(ERR_CLOSED, -14, "closed by the other side") \
    X(ERR_REFUSED, -15, "connection refused") \
    X(ERR_TIMEOUT, -16, "timed out") \
    X(ERR_UNSUPPORTED, -17, "not supported") \
    X(ERR_OFFLINE, -18, "offline after a disk error") \
    X(ERR_VERSION, -19, "the version is another one") \
    X(ERR_UNKNOWN_OUTCOME, -20, "the outcome is not known") \
    X(ERR_NOT_EMPTY, -21, "not empty") \
    X(ERR_STOPPED, -22, "stopped") \
    X(ERR_ADDR_IN_USE, -23, "address in use") \
    X(ERR_MFILE, -24, "too many open files") \
    X(ERR_NOT_DIR, -25, "not a directory") \
    X(ERR_MISSING_LIB, -26, "a library is not installed")

enum err {
    ERR_OK = 0,
#define X(name, value, text) name = value,
    ERR_LIST(X)
#undef X
};

/* The constant's name, for log lines; never NULL. */
const char *err_name(int err);

/* A few plain words, for sentences; never NULL. */
const char *err_text(int err);

#endif
