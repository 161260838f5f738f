#!/usr/bin/python3
"""Looks for calls and words that have no place in the sources. Comments and strings are not looked at, except for
the words of unfinished work. A line with a comment `allow: reason` is passed.

    tools/check_banned.py [ROOT]
"""

import re
import sys

import csource

ALL = r"(src|include|test|sim|bench)/"
SRC = r"(src|include)/"


def calls(names):
    return rf"(?<![\w.>])({names})\s*\("


# (pattern, where it is banned, where it is not, what to do instead)
CODE = [
    (calls("strcpy|strcat|stpcpy|sprintf|vsprintf|gets"), ALL, None, "writes without knowing the room: use snprintf or memcpy"),
    (calls("strncpy|strncat"), SRC, None, "may leave no end or cut silently: use snprintf or memcpy"),
    (calls("strtok|strtok_r|strsep"), SRC, None, "changes its input: use slices"),
    (calls("atoi|atol|atoll|atof|sscanf|scanf|fscanf"), ALL, None, "hides errors: parse with a checked function"),
    (calls("rand|srand|random|srandom|drand48|rand_r"), SRC, None, "randomness comes from a seeded generator or from os"),
    (calls("time|clock|clock_gettime|gettimeofday|nanosleep|usleep|sleep"), SRC, r"src/os/", "time comes from os"),
    (calls("localtime|gmtime|asctime|ctime"), ALL, None, "has one static result: use the _r form"),
    (calls("system|popen"), ALL, None, "starts a shell"),
    (calls("setjmp|longjmp|sigsetjmp|siglongjmp"), ALL, None, "jumps over clean-up"),
    (calls("alloca"), ALL, None, "takes stack without a limit"),
    (calls("signal"), SRC, None, "is not the same everywhere: sigaction, in os"),
    (calls("malloc|calloc|realloc|reallocarray|free|strdup|strndup|aligned_alloc"), r"src/core/", None,
     "the core allocates only from what it is given"),
    (calls("exit|_exit|_Exit|quick_exit|atexit"), SRC, r"src/(cli/|main\.c)", "a library never ends its process"),
    (calls("abort"), SRC, r"src/base/", "ASSERT does this, with a sentence"),
    (calls("printf|puts|putchar|perror|vprintf"), SRC, r"src/(cli/|main\.c)", "the library prints nothing"),
    (calls("getenv|secure_getenv|setenv|putenv"), SRC, r"src/(cli/|main\.c|os/)", "settings come from the property table"),
    (r"(?<!\w)volatile(?!\w)", ALL, None, "is not for threads: use the atomics in base and os"),
    (calls("assert"), SRC, None, "is not ours: ASSERT stays on in every build"),
]  # fmt: skip
WORDS = [
    (r"\b(TODO|FIXME|XXX|HACK)\b", ALL, None, "is unfinished work: finish it, or say why it stays as it is"),
]


def search(path, text, rules, allowed, problems):
    name = path.as_posix()
    for pattern, where, but, why in rules:
        if not re.match(where, name) or (but and re.match(but, name)):
            continue
        for match in re.finditer(pattern, text):
            number = text.count("\n", 0, match.start()) + 1
            if number not in allowed:
                word = re.sub(r"\s*\($", "()", match.group())
                problems.append(f"{path}:{number}: {word} {why}")


def check(root):
    problems = []
    for path in csource.files(root):
        text = (root / path).read_text(encoding="utf-8", errors="replace")
        allowed = csource.allowed_lines(text)
        search(path, csource.without_comments(text, strings=True), CODE, allowed, problems)
        search(path, csource.comments_only(text), WORDS, allowed, problems)
    return problems


if __name__ == "__main__":
    sys.exit(csource.report("banned calls", check(csource.root_from(sys.argv))))
