#!/usr/bin/python3
"""Checks the checks: each of them is shown a small tree with one fault and must name it, and the same tree without
the fault and must be content. A check that can not fail is worth nothing."""

import os
import pathlib
import subprocess
import sys
import tempfile

TOOLS = pathlib.Path(__file__).resolve().parent

GOOD = {
    "src/base/slice.h": "#include <stddef.h>\n\nstruct slice;\n",
    "src/log/segment.c": '/* strcpy( and #include "api/x.h" in a comment do not count. */\n'
    '#include "base/slice.h"\n#include "os/file.h"\n\n'
    'const char *words = "system(volatile)";\n',
    "src/core/group/group.c": '#include "base/slice.h"\n#include <stdint.h>\n',
    "src/os/file.c": "#include <fcntl.h>\n#include <stdatomic.h>\n",
    "src/cli/topics.c": '#include "client/client.h"\n#include <unistd.h>\n',
    "src/cli/offline/dump.c": '#include "log/segment.h"\n',
    "src/net/conn.c": '#include "core/auth/auth.h"\n',
    "src/api/produce.c": '#include "core/effects_types.h"\n',
    "src/meta/embedded.c": "#include <lmdb.h>\n",
    "src/log/index.c": "int x; /* allow: nothing to allow here */\n",
}

# (check, file, text, a piece of what the check must say)
FAULTS = [
    ("check_layers.py", "src/base/bad.c", '#include "os/file.h"\n', 'base may not include "os/file.h"'),
    ("check_layers.py", "src/base/bad.c", "#include <fcntl.h>\n", "<fcntl.h> belongs to src/os"),
    ("check_layers.py", "src/core/bad.c", "#include <time.h>\n", "<time.h> belongs to src/os"),
    ("check_layers.py", "src/core/bad.c", "#  include <pthread.h>\n", "<pthread.h> belongs to src/os"),
    ("check_layers.py", "src/core/bad.c", '#include "gen/produce_request.h"\n', "core may not include"),
    ("check_layers.py", "src/wire/bad.c", '#include "record/batch.h"\n', "wire may not include"),
    ("check_layers.py", "src/record/bad.c", '#include "wire/frame.h"\n', "record may not include"),
    ("check_layers.py", "src/log/bad.c", "#include <stdatomic.h>\n", "<stdatomic.h> is for"),
    ("check_layers.py", "src/api/bad.c", '#include "net/conn.h"\n', "api may not include"),
    ("check_layers.py", "src/api/bad.c", '#include "os/file.h"\n', "api may not include"),
    ("check_layers.py", "src/api/bad.c", '#include "core/group/group.h"\n', "api may not include"),
    ("check_layers.py", "src/net/bad.c", '#include "api/table.h"\n', "net may not include"),
    ("check_layers.py", "src/net/bad.c", "#include <sys/socket.h>\n", "<sys/socket.h> belongs to src/os"),
    ("check_layers.py", "src/cli/bad.c", '#include "log/segment.h"\n', "cli may not include"),
    ("check_layers.py", "src/cli/bad.c", '#include "cli/offline/dump.h"\n', "cli may not include"),
    ("check_layers.py", "src/cli/bad.c", '#include "broker/broker.h"\n', "cli may not include"),
    ("check_layers.py", "src/cli/bad.c", "#include <librdkafka/rdkafka.h>\n", "belongs to src/(cli/rdkafka"),
    ("check_layers.py", "src/meta/second.c", "#include <lmdb.h>\n", "has one home"),
    ("check_layers.py", "src/log/bad.c", '#include "segment.h"\n', "has no folder"),
    ("check_layers.py", "src/log/bad.c", '#include "../api/x.h"\n', "climbs"),
    ("check_layers.py", "src/log/bad.c", "#include WHAT\n", "is computed"),
    ("check_layers.py", "src/log/bad.c", "#include <glib.h>\n", "not in the tables"),
    ("check_layers.py", "src/misc/bad.c", "int x;\n", "no such folder"),
    ("check_banned.py", "src/log/bad.c", "void f(char *a) { strcpy(a, a); }\n", "strcpy()"),
    ("check_banned.py", "test/unit/bad.c", "void f(char *a) { sprintf (a, a); }\n", "sprintf()"),
    ("check_banned.py", "src/log/bad.c", "long f(void) { return time(NULL); }\n", "time() time comes from os"),
    ("check_banned.py", "src/core/bad.c", "void *f(void) { return malloc(1); }\n", "malloc() the core"),
    ("check_banned.py", "src/log/bad.c", "int f(char *a) { return atoi(a); }\n", "atoi()"),
    ("check_banned.py", "src/log/bad.c", "int f(void) { return rand(); }\n", "rand()"),
    ("check_banned.py", "src/cli/bad.c", "int f(char *a) { return system(a); }\n", "system()"),
    ("check_banned.py", "src/log/bad.c", "volatile int x;\n", "volatile"),
    ("check_banned.py", "src/log/bad.c", "void f(void) { exit(1); }\n", "exit()"),
    ("check_banned.py", "src/api/bad.c", "void f(void) { printf(\"\"); }\n", "printf()"),
    ("check_banned.py", "src/log/bad.c", "int x; /* FIX" + "ME later */\n", "unfinished work"),
    ("check_banned.py", "src/log/bad.c", "// TO" + "DO later\n", "unfinished work"),
    ("check_banned.py", "src/log/bad.c", "volatile int x; /* allow: */\n", "volatile"),
    ("check_banned.py", "src/log/bad.c", "/* allow: a reason */\nint x;\nvolatile int y;\n", "volatile"),
    ("check_paths.py", "docs/bad.md", "see /ho" + "me/somebody/file\n", "names a place"),
    ("check_format.sh", "src/log/bad.c", "int  f( void ) {return 1;}\n", "bad.c"),
    ("check_generated.sh", "src/gen/bad.c", "int x;\n", "is not there"),
    ("check_generated.sh", "gen/ottla_gen.py", "import sys\nsys.exit(1)\n", "differs"),
]

# Marked with a reason, these pass.
EXCUSED = [
    ("check_layers.py", "src/base/bad.c", "#include <fcntl.h> /* allow: a reason */\n"),
    ("check_banned.py", "src/log/bad.c", "volatile int x; /* allow: a reason */\n"),
    ("check_banned.py", "src/log/bad.c", "/* allow: a reason */\nvolatile int x;\n"),
]


def write(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def run(check, root):
    done = subprocess.run([TOOLS / check, root], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def judge(check, name, text, expected, problems):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, content in GOOD.items():
            write(root, path, content)
        os.symlink(TOOLS.parent / ".clang-format", root / ".clang-format")
        if name:
            write(root, name, text)
        code, said = run(check, root)
    what = f"{check} with {name}: {text.strip()}" if name else f"{check} with nothing wrong"
    if expected is None and code != 0:
        problems.append(f"{what}: should pass, but says\n{said}")
    if expected is not None and (code == 0 or expected not in said):
        problems.append(f"{what}: should say '{expected}', but ends with {code} and says\n{said}")


def main():
    problems = []
    for check in sorted({fault[0] for fault in FAULTS}):
        judge(check, None, "", None, problems)
    for check, name, text, expected in FAULTS:
        judge(check, name, text, expected, problems)
    for check, name, text in EXCUSED:
        judge(check, name, text, None, problems)
    for problem in problems:
        print(problem)
    print(f"selftest: {len(FAULTS)} faults shown, {len(problems)} problem(s)")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
