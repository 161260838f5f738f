#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "os/os.h"

/* What only a program's main uses: signals, the terminal, going into the background. */

static void held_signals(sigset_t *set)
{
    (void)sigemptyset(set); /* cannot fail on a valid pointer */
    (void)sigaddset(set, SIGTERM);
    (void)sigaddset(set, SIGINT);
    (void)sigaddset(set, SIGHUP);
}

void os_signals_hold(struct os *os)
{
    sigset_t set;

    (void)os; /* signals are the process's */
    held_signals(&set);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL); /* fails for a bad `how` only */
}

int os_signal_wait(struct os *os)
{
    sigset_t set;
    int number = 0;

    (void)os;
    held_signals(&set);
    while (sigwait(&set, &number) != 0) {}
    return number;
}

void os_signal_raise(struct os *os)
{
    (void)os;
    (void)kill(getpid(), SIGTERM); /* ourselves: always allowed */
}

/* The parent's part: waits for the word of the child, tells, ends. */
static _Noreturn void daemon_parent(struct os *os, pid_t child, int ready_fd, const char *log_path)
{
    char text[512];
    char word = 0;
    ssize_t got;

    do {
        got = read(ready_fd, &word, 1);
    } while (got < 0 && errno == EINTR);
    if (got == 1) {
        (void)snprintf(text, sizeof(text),
                       "Ottla runs in the background (pid %ld); its log is %s\n", (long)child,
                       log_path);
    } else {
        (void)snprintf(text, sizeof(text),
                       "the broker did not start; why stands at the end of %s\n", log_path);
    }
    os_print(os, got == 1 ? 1 : 2, slice_cstr(text));
    /* allow: the first half of a daemon has nothing else to do; it flushes nothing of the child's */
    _exit(got == 1 ? 0 : 1);
}

int os_daemonize(struct os *os, const char *log_path, int *ret_ready_fd)
{
    int ready[2];
    int log_fd;
    int null_fd;
    pid_t pid;

    (void)os;
    log_fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (log_fd < 0 || null_fd < 0 || pipe2(ready, O_CLOEXEC) != 0) {
        return ERR_ACCESS;
    }
    pid = fork();
    if (pid < 0) {
        return ERR_NOMEM;
    }
    if (pid > 0) {
        (void)close(ready[1]); /* so that the child's end is seen */
        daemon_parent(os, pid, ready[0], log_path);
    }
    (void)close(ready[0]); /* the parent's */
    if (setsid() < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(log_fd, STDOUT_FILENO) < 0 ||
        dup2(log_fd, STDERR_FILENO) < 0) {
        return ERR_IO;
    }
    *ret_ready_fd = ready[1];
    return 0;
}

void os_daemon_ready(struct os *os, int ready_fd)
{
    (void)os;
    (void)!write(ready_fd, "1", 1); /* a parent that is gone needs no word */
    (void)close(ready_fd);          /* as above */
}

void os_print(struct os *os, int fd, struct slice text)
{
    (void)os;
    while (text.len > 0) {
        ssize_t written = write(fd, text.ptr, text.len);

        if (written <= 0) {
            return; /* nobody is there to read it */
        }
        text = slice_sub(text, (size_t)written, text.len);
    }
}

bool os_is_terminal(struct os *os, int fd)
{
    (void)os;
    return isatty(fd) == 1;
}

void os_time_text(struct os *os, int64_t wall_ms, char ret_text[OS_TIME_TEXT_LEN])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    char whole[24];

    (void)os;
    if (localtime_r(&seconds, &tm) == NULL ||
        strftime(whole, sizeof(whole), "%Y-%m-%d %H:%M:%S", &tm) == 0) {
        whole[0] = '\0';
    }
    (void)snprintf(ret_text, OS_TIME_TEXT_LEN, "%s.%03d", whole, (int)(wall_ms % 1000));
}
