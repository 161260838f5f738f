/*
 * All help comes from the command table and the commands' option lists; nothing is written twice.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/table.h"

#define WIDTH 100
#define TEXT_MAX (64 * 1024)
#define LEFT_CAP 128
#define ROWS_MAX 96

static const char *bold(const struct cli *cli)
{
    return cli->color_out ? "\033[1m" : "";
}

static const char *plain(const struct cli *cli)
{
    return cli->color_out ? "\033[0m" : "";
}

static void print_rows(const struct table_row *rows, size_t cnt)
{
    struct str text;
    str_init(&text, TEXT_MAX);
    table_print(&text, rows, cnt, WIDTH);
    fputs(text.ptr, stdout);
    str_release(&text);
}

/* Each line of `lines` behind a prefix. */
static void print_lines(const char *lines, const char *prefix)
{
    while (*lines != '\0') {
        size_t len = strcspn(lines, "\n");
        printf("%s%.*s\n", len == 0 ? "" : prefix, (int)len, lines);
        lines += len;
        lines += *lines == '\n' ? 1 : 0;
    }
}

void help_overview(const struct cli *cli)
{
    printf("%sottla%s: a streaming platform that every Kafka client already knows how to talk to\n"
           "\n"
           "%sUsage%s\n"
           "  ottla COMMAND [--flag value ...]\n"
           "\n"
           "%sCommands%s\n",
           bold(cli), plain(cli), bold(cli), plain(cli), bold(cli), plain(cli));
    struct table_row rows[ROWS_MAX];
    size_t cnt = 0;
    for (size_t i = 0; i < cli_command_cnt && cnt < ROWS_MAX - 1; i++) {
        rows[cnt++] = (struct table_row){cli_commands[i]->name, cli_commands[i]->summary};
    }
    rows[cnt++] = (struct table_row){"help", "Explain a command: ottla help topics"};
    print_rows(rows, cnt);
    printf("\n"
           "%sTry%s\n"
           "  ottla server\n"
           "  ottla topics --create --topic test\n"
           "  echo hello | ottla produce --topic test\n"
           "  ottla consume --topic test --from-beginning\n"
           "\n"
           "The scripts bin/kafka-*.sh run the same commands under the names Kafka gave them.\n",
           bold(cli), plain(cli));
}

static const char *common_rows[][2] = {
    {"--no-color", "No colour, not even on a terminal; NO_COLOR in the environment does the same."},
    {"--version", "Print the version."},
    {"-h, --help", "Print this text."},
};

void help_command(const struct cli *cli, const struct cli_command *c)
{
    printf("%sottla %s%s: %s\n", bold(cli), c->name, plain(cli), c->summary);
    if (c->script != NULL) {
        printf("bin/%s is the same.\n", c->script);
    }
    printf("\n%sUsage%s\n", bold(cli), plain(cli));
    char prefix[LEFT_CAP];
    snprintf(prefix, sizeof(prefix), "  ottla %s ", c->name);
    print_lines(c->usage, prefix);
    printf("\n");
    print_lines(c->details, "");
    printf("\n%sExamples%s\n", bold(cli), plain(cli));
    print_lines(c->examples, "  ");
    printf("\n%sFlags%s\n", bold(cli), plain(cli));

    static const size_t common_cnt = sizeof(common_rows) / sizeof(common_rows[0]);
    struct table_row *rows = calloc(c->option_cnt + common_cnt, sizeof(*rows));
    char(*lefts)[LEFT_CAP] = calloc(c->option_cnt + 1, sizeof(*lefts));
    size_t cnt = 0;
    if (rows != NULL && lefts != NULL) {
        for (size_t i = 0; i < c->option_cnt; i++) {
            const struct option *o = &c->options[i];
            if (o->help == NULL) {
                continue;
            }
            const char *open = o->type == OPTION_TEXT_MAYBE ? " [" : " ";
            const char *close = o->type == OPTION_TEXT_MAYBE ? "]" : "";
            bool takes = o->type != OPTION_FLAG && o->value != NULL;
            snprintf(lefts[cnt], LEFT_CAP, "%s%s%s%s", o->name, takes ? open : "",
                     takes ? o->value : "", takes ? close : "");
            rows[cnt] = (struct table_row){lefts[cnt], o->help};
            cnt++;
        }
        for (size_t i = 0; i < common_cnt; i++) {
            rows[cnt++] = (struct table_row){common_rows[i][0], common_rows[i][1]};
        }
        print_rows(rows, cnt);
    }
    free(rows);
    free(lefts);
}
