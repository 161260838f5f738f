/*
 * The command `ottla`: one table of commands, one file per command.
 *
 * A command's result goes to stdout, all talk about it to stderr. Exit code 0: done; 1: anything
 * else, with a sentence on stderr. Colour appears on terminals only, and neither with --no-color nor
 * with NO_COLOR in the environment.
 *
 * Owner: the process's main thread.
 */
#ifndef OTTLA_CLI_CLI_H
#define OTTLA_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cli/options.h"
#include "os/os.h"

struct cli;

struct cli_command {
    const char *name;     /* "topics" */
    const char *script;   /* the script of Kafka's name that runs it; or NULL */
    const char *summary;  /* one line for the list of commands */
    const char *usage;    /* what follows "ottla <name> ", one form a line */
    const char *details;  /* paragraphs, their lines broken by hand */
    const char *examples; /* command lines */
    const struct option *options;
    size_t option_cnt;
    bool takes_args;    /* words that are no flags */
    bool needs_rdkafka; /* a program of its own, ottla-<name>, run in place of this one */
    /* NULL where needs_rdkafka is set, and for the server, which main brings along. */
    int (*run)(struct cli *cli, const struct options *o);
};

struct cli {
    const struct cli_command *command;
    struct os *os;
    bool color_out; /* for stdout */
    bool color_err; /* for stderr */
};

/* Every command, in the order of the help. */
extern const struct cli_command *const cli_commands[];
extern const size_t cli_command_cnt;

const struct cli_command *cli_command_find(const char *name);

/* The program `ottla`. server_main runs `ottla server ...`; its argv[0] is "server". */
int cli_main(int argc, char **argv, int (*server_main)(int argc, char **argv));

/* One command: reads argv[1..], answers help and version, then runs. For the programs that stand
 * beside ottla, `run` is theirs. Returns the exit code. */
int cli_run(const struct cli_command *command, int (*run)(struct cli *, const struct options *),
            int argc, char **argv);

/* "ottla topics: the sentence." on stderr. Always 1, the exit code. The sentence comes without its
 * full stop. */
int cli_fail(const struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The same without the meaning of failure: a word of warning. */
void cli_note(const struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Writes out what is buffered for stdout. False, after a sentence, when it could not be written:
 * results that nobody got are a failure. */
bool cli_flush(const struct cli *cli) WARN_UNUSED;

/* Help texts, to stdout. */
void help_overview(const struct cli *cli);
void help_command(const struct cli *cli, const struct cli_command *command);

/* Replaces this process by libexec's ottla-<name> with the arguments argv[1..]. Returns only when
 * that fails: 1, after a sentence. */
int launch(const struct cli *cli, const char *name, char **argv);

/* The pieces that all commands share. */
#define CLI_BOOTSTRAP_DEFAULT "localhost:9092"
#define CLI_OPTION_BOOTSTRAP(older_) \
    { \
        .name = "--bootstrap-server", .type = OPTION_TEXT, .older = (older_), \
        .value = "HOST:PORT,...", .help = "Brokers to ask first (default: localhost:9092)." \
    }
#define CLI_OPTION_JSON \
    { \
        .name = "--json", .type = OPTION_FLAG, .help = "Print JSON, for programs." \
    }
#define CLI_OPTION_ZOOKEEPER \
    { \
        .name = "--zookeeper", .type = OPTION_TEXT, .value = "HOST:PORT", \
        .help = "Taken for the sake of old scripts: says which --bootstrap-server to use." \
    }

/* The answer to --zookeeper, where it was given: together with --bootstrap-server it is left aside with
 * a word about that, and 0; alone a sentence, and 1. The ids are the command's. */
int cli_check_zookeeper(const struct cli *cli, const struct options *o, size_t zookeeper,
                        size_t bootstrap) WARN_UNUSED;

#endif
