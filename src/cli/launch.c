/*
 * Commands that need librdkafka are programs of their own beside ottla, so that everyone else starts
 * without it. They are looked for where the running ottla itself lies:
 *
 *     build/ottla        build/libexec/ottla-produce
 *     bin/ottla          libexec/ottla/ottla-produce
 */

/* readlink() and execv() are POSIX: replacing a process is the command's own business, and no broker
 * ever does it, so it is not part of the os interface. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

#define PATH_CAP 3072

int launch(const struct cli *cli, const char *name, char **argv)
{
    char self[PATH_CAP];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (len <= 0) {
        return cli_fail(cli, "the place of this program is not known: is /proc mounted?");
    }
    self[len] = '\0';
    char *slash = strrchr(self, '/');
    if (slash != NULL) {
        *slash = '\0';
    }

    static const char *const places[] = {"libexec", "../libexec/ottla"};
    char path[PATH_CAP + 64];
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s/ottla-%s", self, places[i], name);
        argv[0] = path;
        execv(path, argv);
        if (errno != ENOENT && errno != ENOTDIR) {
            return cli_fail(cli, "%s does not start: %s", path, strerror(errno));
        }
    }
    return cli_fail(cli,
                    "the program ottla-%s is missing: it belongs into %s/libexec; build it with "
                    "make",
                    name, self);
}
