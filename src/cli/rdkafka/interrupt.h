/*
 * Ctrl-C and SIGTERM as a question: "has someone asked us to stop?". The first signal only sets it
 * and interrupts a wait; the second ends the process as signals do.
 *
 * One per process, as signals are.
 */
#ifndef OTTLA_CLI_RDKAFKA_INTERRUPT_H
#define OTTLA_CLI_RDKAFKA_INTERRUPT_H

#include <stdbool.h>

void interrupt_catch(void);
bool interrupted(void);

#endif
