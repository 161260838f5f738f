/*
 * Where log lines go: standard error, with the time in front. An event that comes very often is thinned
 * out: after LOG_SINK_BURST lines of it the rest is counted, for a second of information and for a minute of
 * warnings and errors (a client that repeats its mistake several times a second), and the next line says
 * how many were left out.
 *
 * Owner: main. Any thread may log; lines are written whole, one at a time.
 */
#ifndef OTTLA_SERVER_LOG_SINK_H
#define OTTLA_SERVER_LOG_SINK_H

#include "base/err.h"
#include "base/log.h"
#include "os/os.h"

#define LOG_SINK_BURST 10

struct log_sink;

int log_sink_new(struct os *os, enum log_level level, struct log_sink **ret_sink) WARN_UNUSED;
struct logger *log_sink_logger(struct log_sink *s);
void log_sink_free(struct log_sink *s); /* accepts NULL */

#endif
