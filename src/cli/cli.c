#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/suggest.h"

#define STDOUT_FD 1
#define STDERR_FD 2
#define LINE_MAX_LEN 2048

const struct cli_command *cli_command_find(const char *name)
{
    for (size_t i = 0; i < cli_command_cnt; i++) {
        if (strcmp(cli_commands[i]->name, name) == 0) {
            return cli_commands[i];
        }
    }
    return NULL;
}

/* https://no-color.org: set and not empty means no. */
static bool color_wanted(int fd)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return (no_color == NULL || no_color[0] == '\0') && term != NULL && strcmp(term, "dumb") != 0 &&
           isatty(fd) == 1;
}

static struct cli cli_of(const struct cli_command *command)
{
    return (struct cli){.command = command,
                        .color_out = color_wanted(STDOUT_FD),
                        .color_err = color_wanted(STDERR_FD)};
}

PRINTF_LIKE(3, 0)
static void say(const struct cli *cli, const char *paint, const char *fmt, va_list args)
{
    char line[LINE_MAX_LEN];
    vsnprintf(line, sizeof(line), fmt, args);
    size_t len = strlen(line);
    const char *stop = len > 0 && strchr(".?!\n", line[len - 1]) != NULL ? "" : ".";
    (void)fflush(stdout); /* what was said before stands before; a failure shows at the end */
    fprintf(stderr, "%sottla%s%s:%s %s%s\n", cli->color_err ? paint : "",
            cli->command == NULL ? "" : " ", cli->command == NULL ? "" : cli->command->name,
            cli->color_err ? "\033[0m" : "", line, stop);
}

int cli_fail(const struct cli *cli, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say(cli, "\033[1;31m", fmt, args);
    va_end(args);
    return 1;
}

void cli_note(const struct cli *cli, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say(cli, "\033[1;33m", fmt, args);
    va_end(args);
}

bool cli_flush(const struct cli *cli)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        (void)cli_fail(cli, "the output could not be written");
        return false;
    }
    return true;
}

int cli_check_zookeeper(const struct cli *cli, const struct options *o, size_t zookeeper,
                        size_t bootstrap)
{
    const char *where = options_text(o, zookeeper, NULL);
    if (where == NULL) {
        return 0;
    }
    if (options_has(o, bootstrap)) {
        cli_note(cli, "--zookeeper %s is ignored: --bootstrap-server is asked", where);
        return 0;
    }
    return cli_fail(
        cli,
        "--zookeeper %s is not needed here, and clusters on ZooKeeper come with a later "
        "version: ask the broker itself with --bootstrap-server " CLI_BOOTSTRAP_DEFAULT,
        where);
}

static int run_parsed(struct cli *cli, int (*run)(struct cli *, const struct options *),
                      const struct options *o)
{
    if (o->no_color) {
        cli->color_out = false;
        cli->color_err = false;
    }
    if (o->wants_help) {
        help_command(cli, cli->command);
        return cli_flush(cli) ? 0 : 1;
    }
    if (o->wants_version) {
        printf("ottla " OTTLA_VERSION "\n");
        return cli_flush(cli) ? 0 : 1;
    }
    if (o->arg_cnt > 0 && !cli->command->takes_args) {
        return cli_fail(cli, "what does '%s' mean here? Flags begin with --; --help lists them",
                        o->args[0]);
    }
    if (os_new(&cli->os) != 0) {
        return cli_fail(cli, "not enough memory to start");
    }
    int rc = run(cli, o);
    if (!cli_flush(cli)) {
        rc = 1;
    }
    os_free(cli->os);
    return rc;
}

int cli_run(const struct cli_command *command, int (*run)(struct cli *, const struct options *),
            int argc, char **argv)
{
    struct cli cli = cli_of(command);
    struct options o;
    int rc = options_parse(&o, command->options, command->option_cnt, argc, argv, 1);
    if (rc == ERR_INVALID) {
        rc = cli_fail(&cli, "%s", o.why);
    } else if (rc != 0) {
        rc = cli_fail(&cli, "%s", err_text(rc));
    } else {
        rc = run_parsed(&cli, run, &o);
    }
    options_release(&o);
    return rc;
}

/* The command's script by its whole name, without ".sh" and without "kafka-" before that. */
static void consider_script(struct suggestion *s, const struct cli_command *c)
{
    char text[64];
    snprintf(text, sizeof(text), "%s", c->script);
    static const char prefix[] = "kafka-";
    for (int i = 0; i < 3; i++) {
        char *dot = strrchr(text, '.');
        if (i == 1 && dot != NULL) {
            *dot = '\0';
        }
        bool prefixed = strncmp(text, prefix, sizeof(prefix) - 1) == 0;
        struct suggestion one;
        suggest_init(&one, s->word);
        suggest_consider(&one, i == 2 && prefixed ? text + sizeof(prefix) - 1 : text);
        if (one.nearest != NULL && one.distance < s->distance) {
            s->nearest = c->name;
            s->distance = one.distance;
        }
    }
}

static int unknown_command(const struct cli *cli, const char *word)
{
    struct suggestion s;
    suggest_init(&s, word);
    for (size_t i = 0; i < cli_command_cnt; i++) {
        suggest_consider(&s, cli_commands[i]->name);
        if (cli_commands[i]->script != NULL) {
            consider_script(&s, cli_commands[i]);
        }
    }
    suggest_consider(&s, "help");
    if (s.nearest != NULL) {
        return cli_fail(cli, "'%.80s' is not a command; did you mean %s?", word, s.nearest);
    }
    return cli_fail(cli, "'%.80s' is not a command; ottla help lists them", word);
}

static int run_help(struct cli *cli, int argc, char **argv)
{
    const char *about = NULL;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--no-color") == 0) {
            cli->color_out = false;
            cli->color_err = false;
        } else if (about == NULL) {
            about = argv[i];
        }
    }
    if (about == NULL || strcmp(about, "help") == 0) {
        help_overview(cli);
        return cli_flush(cli) ? 0 : 1;
    }
    const struct cli_command *command = cli_command_find(about);
    if (command == NULL) {
        return unknown_command(cli, about);
    }
    help_command(cli, command);
    return cli_flush(cli) ? 0 : 1;
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}

int cli_main(int argc, char **argv, int (*server_main)(int argc, char **argv))
{
    struct cli cli = cli_of(NULL);
    const char *word = argc > 1 ? argv[1] : "help";
    if (strcmp(word, "--no-color") == 0) {
        cli.color_out = false;
        cli.color_err = false;
        word = argc > 2 ? argv[2] : "help";
    }
    if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        return run_help(&cli, argc, argv);
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "version") == 0) {
        printf("ottla " OTTLA_VERSION "\n");
        return cli_flush(&cli) ? 0 : 1;
    }
    if (word[0] == '-') {
        return cli_fail(&cli, "%.80s stands before the command; write ottla COMMAND %.80s ...",
                        word, word);
    }

    const struct cli_command *command = cli_command_find(word);
    if (command == NULL) {
        return unknown_command(&cli, word);
    }
    char **rest = argv + 1;
    int rest_cnt = argc - 1;
    if (word != argv[1]) {
        rest++;
        rest_cnt--;
    }
    if (command->run != NULL) {
        return cli_run(command, command->run, rest_cnt, rest);
    }
    cli.command = command;
    if (wants_help(rest_cnt, rest)) {
        help_command(&cli, command);
        return cli_flush(&cli) ? 0 : 1;
    }
    return command->needs_rdkafka ? launch(&cli, command->name, rest) : server_main(rest_cnt, rest);
}
