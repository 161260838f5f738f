/*
 * Files: positioned reads and writes that either do all of it or fail, on a descriptor that lives as
 * long as the last chain part that names it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/chk.h"
#include "os/os_impl.h"

#define IOV_BATCH_CNT 64u

/* The kernel moves at most this much per call (a page less than 2 GiB). */
#define IO_CALL_MAX_BYTES ((size_t)0x7ffff000)

struct os_file {
    struct file_ref ref;
    struct os *os;
};

static void file_destroy(struct file_ref *ref)
{
    struct os_file *f = CONTAINER_OF(ref, struct os_file, ref);

    /* Nothing can be done about an error here: what must be on disk was synced before. */
    (void)close(f->ref.fd);
    free(f);
}

static int fault(struct os_file *f, enum os_fault_kind kind)
{
    return os_fault_check(&f->os->faults, kind);
}

int os_file_open(struct os *os, const char *path, unsigned flags, struct os_file **ret_file)
{
    int how = O_CLOEXEC | O_NOCTTY;
    struct os_file *f;
    int fd;
    int rc = os_fault_check(&os->faults, OS_FAULT_OPEN);

    if (rc != 0) {
        return rc;
    }
    how |= (flags & OS_WRITE) != 0 ? O_RDWR : O_RDONLY;
    how |= (flags & OS_CREATE) != 0 ? O_CREAT : 0;
    how |= (flags & OS_EXCL) != 0 ? O_EXCL : 0;
    how |= (flags & OS_TRUNC) != 0 ? O_TRUNC : 0;
    f = os_alloc(os, sizeof(*f));
    if (f == NULL) {
        return ERR_NOMEM;
    }
    do {
        fd = open(path, how, 0644);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) {
        rc = os_err(errno);
        free(f);
        return rc;
    }
    ref_init(&f->ref.ref);
    f->ref.fd = fd;
    f->ref.destroy = file_destroy;
    f->os = os;
    *ret_file = f;
    return 0;
}

void os_file_close(struct os_file *f)
{
    if (f != NULL) {
        file_ref_put(&f->ref);
    }
}

struct file_ref *os_file_as_ref(struct os_file *f)
{
    return &f->ref;
}

struct os_file *os_file_of_ref(struct file_ref *ref)
{
    return CONTAINER_OF(ref, struct os_file, ref);
}

/* --- reading ------------------------------------------------------------------------------------- */

static int file_pread(struct os_file *f, uint64_t pos, void *ret_bytes, size_t len, int how,
                      size_t *ret_len)
{
    uint8_t *p = ret_bytes;
    size_t done = 0;
    int rc = fault(f, OS_FAULT_PREAD);

    if (rc != 0) {
        return rc;
    }
    while (done < len) {
        struct iovec iov = {.iov_base = p + done, .iov_len = MIN_OF(len - done, IO_CALL_MAX_BYTES)};
        ssize_t got = preadv2(f->ref.fd, &iov, 1, (off_t)(pos + done), how);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return os_err(errno);
        }
        if (got == 0) {
            break;
        }
        done += (size_t)got;
    }
    *ret_len = done;
    return 0;
}

int os_file_pread(struct os_file *f, uint64_t pos, void *ret_bytes, size_t len, size_t *ret_len)
{
    return file_pread(f, pos, ret_bytes, len, 0, ret_len);
}

int os_file_pread_nowait(struct os_file *f, uint64_t pos, void *ret_bytes, size_t len,
                         size_t *ret_len)
{
    return file_pread(f, pos, ret_bytes, len, RWF_NOWAIT, ret_len);
}

/* --- writing ------------------------------------------------------------------------------------- */

/* Drops the first `len` bytes of the vector; how many slots are empty now. */
static size_t iov_advance(struct iovec *iov, size_t cnt, size_t len)
{
    size_t idx = 0;

    while (idx < cnt && len >= iov[idx].iov_len) {
        len -= iov[idx].iov_len;
        idx++;
    }
    if (idx < cnt) {
        iov[idx].iov_base = (uint8_t *)iov[idx].iov_base + len;
        iov[idx].iov_len -= len;
    }
    return idx;
}

static int iov_write(struct os_file *f, uint64_t pos, struct iovec *iov, size_t cnt)
{
    size_t idx = iov_advance(iov, cnt, 0);

    while (idx < cnt) {
        ssize_t put = pwritev(f->ref.fd, iov + idx, (int)(cnt - idx), (off_t)pos);

        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return put == 0 ? ERR_IO : os_err(errno);
        }
        pos += (uint64_t)put;
        idx += iov_advance(iov + idx, cnt - idx, (size_t)put);
    }
    return 0;
}

/* The faults of writing. A short write leaves half of the first piece in the file. */
static int write_faults(struct os_file *f, uint64_t pos, const struct slice *bytes, size_t cnt)
{
    int rc = fault(f, OS_FAULT_PWRITE);
    int err = 0;

    if (rc != 0 || cnt == 0) {
        return rc;
    }
    if (os_fault_strike(&f->os->faults, OS_FAULT_SHORT_WRITE, &err)) {
        ssize_t put = pwrite(f->ref.fd, bytes[0].ptr, bytes[0].len / 2, (off_t)pos);

        return err != 0 ? err : put < 0 ? os_err(errno) : 0;
    }
    return 0;
}

int os_file_pwritev(struct os_file *f, uint64_t pos, const struct slice *bytes, size_t cnt)
{
    int rc = 0;

    if (__builtin_expect(atomic_load_explicit(&f->os->faults.armed, memory_order_relaxed), 0)) {
        rc = write_faults(f, pos, bytes, cnt);
    }
    for (size_t done = 0; rc == 0 && done < cnt;) {
        struct iovec iov[IOV_BATCH_CNT];
        size_t part = MIN_OF(cnt - done, IOV_BATCH_CNT);
        uint64_t len = 0;

        for (size_t i = 0; i < part; i++) {
            /* The kernel only reads from it; iovec has no const form. */
            iov[i].iov_base = (void *)(uintptr_t)bytes[done + i].ptr;
            iov[i].iov_len = bytes[done + i].len;
            len += bytes[done + i].len;
        }
        rc = iov_write(f, pos, iov, part);
        pos += len;
        done += part;
    }
    return rc;
}

int os_file_pwrite(struct os_file *f, uint64_t pos, struct slice bytes)
{
    return os_file_pwritev(f, pos, &bytes, 1);
}

/* --- the rest ------------------------------------------------------------------------------------ */

int os_file_datasync(struct os_file *f)
{
    int rc = fault(f, OS_FAULT_SYNC);

    if (rc != 0) {
        return rc;
    }
    return fdatasync(f->ref.fd) == 0 ? 0 : os_err(errno);
}

int os_file_sync(struct os_file *f)
{
    int rc = fault(f, OS_FAULT_SYNC);

    if (rc != 0) {
        return rc;
    }
    return fsync(f->ref.fd) == 0 ? 0 : os_err(errno);
}

int os_file_size(struct os_file *f, uint64_t *ret_size)
{
    struct stat st;
    int rc = fault(f, OS_FAULT_STAT);

    if (rc != 0) {
        return rc;
    }
    if (fstat(f->ref.fd, &st) != 0) {
        return os_err(errno);
    }
    *ret_size = (uint64_t)st.st_size;
    return 0;
}

int os_file_truncate(struct os_file *f, uint64_t size)
{
    int rc = fault(f, OS_FAULT_TRUNCATE);

    if (rc != 0) {
        return rc;
    }
    do {
        rc = ftruncate(f->ref.fd, (off_t)size);
    } while (rc != 0 && errno == EINTR);
    return rc == 0 ? 0 : os_err(errno);
}

int os_file_reserve(struct os_file *f, uint64_t pos, uint64_t len)
{
    int rc = fault(f, OS_FAULT_RESERVE);

    if (rc != 0 || len == 0) {
        return rc;
    }
    do {
        rc = fallocate(f->ref.fd, FALLOC_FL_KEEP_SIZE, (off_t)pos, (off_t)len);
    } while (rc != 0 && errno == EINTR);
    return rc == 0 ? 0 : os_err(errno);
}

void os_file_readahead(struct os_file *f, uint64_t pos, uint64_t len)
{
    /* A hint: what it could not do, the read itself will. */
    (void)readahead(f->ref.fd, (off_t)pos, (size_t)len);
}

int os_file_lock(struct os_file *f)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};

    /* Locks of the open file description: a second open in this very process is refused too. */
    if (fcntl(f->ref.fd, F_OFD_SETLK, &lock) == 0) {
        return 0;
    }
    return errno == EAGAIN || errno == EACCES ? ERR_BUSY : os_err(errno);
}
