/*
 * Ottla inside a program of yours: start, stop and wait for a broker in this process. Brokers share
 * nothing; several may run side by side. A broker runs on threads of its own, which block all
 * signals.
 *
 *     struct ottla *broker;
 *     char why[OTTLA_WHY_LEN];
 *     const char *settings[] = {"log.dirs=/tmp/test", "listeners=PLAINTEXT://localhost:0"};
 *
 *     if (ottla_start(settings, 2, &broker, why) != 0) { puts(why); exit(1); }
 *     connect_to("localhost", ottla_port(broker));
 *     ottla_stop(broker);
 *     ottla_wait(broker);
 *
 * Threads: ottla_stop() may be called from any thread and more than once; the rest by the owner.
 */
#ifndef OTTLA_H
#define OTTLA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OTTLA_WHY_LEN 1024

struct ottla;

/* Starts a broker with settings of the form "key=value", as in server.properties. Returns 0 when it
 * answers requests; otherwise a negative number, and why[] holds a sentence. Blocks meanwhile. */
int ottla_start(const char *const *settings, size_t settings_cnt, struct ottla **ret_broker,
                char why[OTTLA_WHY_LEN]);

/* The port of the first listener. */
uint16_t ottla_port(const struct ottla *broker);

/* Asks the broker to stop: no new connections, what is in flight is finished within 5 s, the data is
 * closed cleanly. Returns at once. */
void ottla_stop(struct ottla *broker);

/* Blocks until the broker has stopped and frees it. 0: a clean stop; negative: it ended by itself
 * because it lost its disk or its metadata. NULL is fine. */
int ottla_wait(struct ottla *broker);

#ifdef __cplusplus
}
#endif

#endif
