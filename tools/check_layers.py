#!/usr/bin/python3
"""Holds every #include line under src/ against the layers of the house.

Includes go downwards only, in the order of the data's way. Three tables say it all: which folder may include which
(LAYERS), which headers of the system each may use (SYSTEM), and where the headers of other people's libraries may
appear (LIBRARIES). A line with a comment `allow: reason` is passed.

    tools/check_layers.py [ROOT]
"""

import re
import sys

import csource

# A folder may include itself, and these. An entry with a slash is a pattern for the rest of the path.
LAYERS = {
    "base": [],
    "model": ["base"],
    "gen": ["base", "model"],
    "wire": ["base", "model", "gen"],
    "record": ["base", "model", "gen"],
    # Of the generated code the core knows only what coordinators and the controller write down, never a request.
    "core": ["base", "model", r"gen/(group|share|transaction)_records\.h"],
    "os": ["base"],
    "log": ["base", "model", "record", "os"],
    "meta": ["base", "model", "os"],
    "client": ["base", "model", "gen", "wire", "record", "os"],
    "broker": ["base", "model", "gen", "record", "core", "os", "log", "meta", "client"],
    "api": ["base", "model", "gen", "wire", "record", r"core/.*types\.h", "broker"],
    "net": ["base", "model", "wire", r"core/auth/.*", "os"],
    "server": ["base", "model", "gen", "wire", "record", "core", "os", "log", "meta", "client", "broker", "api", "net"],
    "cli": ["base", "model", "gen", "record", "os", "client"],
    "cli/offline": ["base", "model", "gen", "record", "os", "client", "cli", "log", "meta"],
    "cli/zk": ["base", "model", "gen", "record", "os", "client", "cli", "meta"],
    "stream": ["base", "model", "gen", "record", "os", "client"],
    "main.c": ["base", "model", "os", "server", "cli"],
}

# Folders that may see the public headers in include/.
PUBLIC = ("server", "stream", "main.c")

# Plain C that does nothing but compute: everyone. (assert.h for static_assert; assert itself is banned elsewhere.)
PURE = {
    "assert.h", "ctype.h", "float.h", "inttypes.h", "limits.h", "stdalign.h", "stdarg.h", "stdbool.h", "stddef.h", "stdint.h",
    "stdio.h", "stdnoreturn.h", "string.h",
}  # fmt: skip
KERNEL = re.compile(
    r"(unistd|fcntl|poll|dirent|netdb|sched|pthread|threads|time|signal|ifaddrs|syslog|pwd|grp|termios|dlfcn"
    r"|sys/\w+|netinet/\w+|arpa/\w+|net/\w+|linux/\w+)\.h"
)
# Beyond PURE, per folder. The core has no stdlib.h: no malloc, no qsort that may call it.
SYSTEM = {
    "base": {"stdlib.h", "errno.h"},
    "model": {"stdlib.h"},
    "gen": {"stdlib.h"},
    "wire": {"stdlib.h"},
    "record": {"stdlib.h", "errno.h", "dlfcn.h"},
    "core": set(),
    "os": {"stdlib.h", "errno.h", "stdatomic.h"},
    "log": {"stdlib.h"},
    "meta": {"stdlib.h", "errno.h"},
    "client": {"stdlib.h"},
    "broker": {"stdlib.h"},
    "api": {"stdlib.h"},
    "net": {"stdlib.h"},
    "server": {"stdlib.h", "errno.h", "math.h", "dlfcn.h"},
    "cli": {"stdlib.h", "errno.h", "math.h", "regex.h", "time.h", "unistd.h", "signal.h", "sys/ioctl.h", "sys/wait.h"},
    "stream": {"stdlib.h", "errno.h", "math.h"},
    "main.c": {"stdlib.h", "errno.h", "unistd.h", "signal.h"},
}
# Atomics live where actors, counts of references and sequence locks are made, and at the door to the kernel.
ATOMICS = re.compile(r"src/(base/(actor|ref|seq)\.[ch]|os/.*)$")

# Header → where it may appear.
LIBRARIES = [
    (r"(isa-l|isa-l/.*|igzip_lib|crc)\.h", r"(base|record)/"),
    (r"ut(hash|list|array|string)\.h", r"base/"),
    (r"(lz4\w*|zstd\w*|zlib|snappy-c)\.h", r"record/"),
    (r"openssl/.*", r"os/"),
    (r"lmdb\.h", r"meta/[^/]*\.c$"),
    (r"zookeeper/.*", r"meta/zookeeper\.c$"),
    (r"jansson\.h", r"(meta|cli|server|stream)/"),
    (r"librdkafka/.*", r"(cli/rdkafka|stream)/"),
    (r"microhttpd\.h", r"server/http\.c$"),
    (r"(yaml|sqlite3|libpq-fe)\.h", r"stream/"),
    (r"pcre2\.h", r"(broker|stream)/"),
]
# Libraries that open descriptors of their own live in one .c each.
ONE_FILE = ("lmdb.h", "zookeeper/zookeeper.h", "microhttpd.h")

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>|(\S+))', re.M)


def layer_of(path):
    """src/log/segment.c → log; src/cli/offline/dump.c → cli/offline; src/main.c → main.c"""
    parts = path.parts[1:]
    two = "/".join(parts[:2])
    return two if len(parts) > 2 and two in LAYERS else parts[0]


def may_include(layer, target):
    own = layer.split("/")[0]
    if target.startswith(own + "/"):
        # cli must not lean on its special rooms, which may do more than it may itself.
        return layer != "cli" or not re.match(r"cli/(offline|zk)/", target)
    for rule in LAYERS[layer]:
        if "/" in rule and re.fullmatch(rule, target):
            return True
        if "/" not in rule and target.startswith(rule + "/"):
            return True
    return False


def judge_own(root, layer, target):
    if "/" not in target:
        if layer in PUBLIC and (root / "include" / target).is_file():
            return None
        return f'"{target}" has no folder: write it from src/ on, as "folder/file.h"'
    if ".." in target:
        return f'"{target}" climbs: write it from src/ on'
    if may_include(layer, target):
        return None
    return f'{layer} may not include "{target}"'


def judge_system(path, layer, target):
    own = layer.split("/")[0]
    if target == "stdatomic.h":
        return None if ATOMICS.match(path.as_posix()) else "<stdatomic.h> is for base/{actor,ref,seq} and os"
    if target in PURE or target in SYSTEM[own]:
        return None
    if own == "os" and KERNEL.fullmatch(target):
        return None
    for header, place in LIBRARIES:
        if re.fullmatch(header, target):
            inside = path.relative_to("src").as_posix()
            return None if re.match(place, inside) else f"<{target}> belongs to src/{place}, not here"
    if KERNEL.fullmatch(target):
        return f"<{target}> belongs to src/os, the only door to the kernel"
    return f"<{target}> is not in the tables of tools/check_layers.py for {own}"


def check(root):
    problems = []
    users = {header: set() for header in ONE_FILE}
    for path in csource.files(root, ("src",)):
        text = (root / path).read_text(encoding="utf-8", errors="replace")
        layer = layer_of(path)
        if layer not in LAYERS:
            problems.append(f"{path}: no such folder in the house; the table is in tools/check_layers.py")
            continue
        allowed = csource.allowed_lines(text)
        bare = csource.without_comments(text)
        for match in INCLUDE.finditer(bare):
            number = bare.count("\n", 0, match.start(0) + len(match.group(0)) - len(match.group(0).lstrip())) + 1
            own, system, computed = match.groups()
            if number in allowed:
                continue
            if computed:
                verdict = f"#include {computed} is computed, so no script can judge it"
            elif own:
                verdict = judge_own(root, layer, own)
            else:
                verdict = judge_system(path, layer, system)
                if system in users and path.suffix == ".c":
                    users[system].add(path.as_posix())
            if verdict:
                problems.append(f"{path}:{number}: {verdict}")
    for header, paths in users.items():
        if len(paths) > 1:
            problems.append(f"<{header}> has one home, but is included in {', '.join(sorted(paths))}")
    return problems


if __name__ == "__main__":
    sys.exit(csource.report("layers", check(csource.root_from(sys.argv))))
