/* sigaction() is POSIX: a program's own business with its terminal, which no broker has. */
#define _POSIX_C_SOURCE 200809L

#include "cli/rdkafka/interrupt.h"

#include <signal.h>
#include <string.h>

/* The language gives a signal handler nothing else to write to, and a signal belongs to the process. */
/* allow: the type that C defines for signal handlers */
static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    (void)number;
    caught = 1;
}

void interrupt_catch(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = on_signal;
    action.sa_flags = (int)SA_RESETHAND; /* and no SA_RESTART: a read() shall end */
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

bool interrupted(void)
{
    return caught != 0;
}
