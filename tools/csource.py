"""Reading C sources for the check scripts: which files there are, and their text without comments and strings."""

import pathlib
import re

FOLDERS = ("src", "include", "test", "sim", "bench")

# One alternative per thing that can hide text from the compiler's eye; the first to match at a place wins.
_TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)
      | (?P<string>"(?:\\.|[^"\\\n])*")
      | (?P<char>'(?:\\.|[^'\\\n])+')""",
    re.S | re.X,
)


def root_from(argv):
    """The tree to check: the one argument, or the checkout this script lies in."""
    if len(argv) > 1:
        return pathlib.Path(argv[1]).resolve()
    return pathlib.Path(__file__).resolve().parent.parent


def files(root, folders=FOLDERS, suffixes=(".c", ".h")):
    """All C files below the folders, sorted, as paths relative to root."""
    found = []
    for folder in folders:
        base = root / folder
        if base.is_dir():
            found += [p.relative_to(root) for p in base.rglob("*") if p.suffix in suffixes and p.is_file()]
    return sorted(found)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def without_comments(text, strings=False):
    """The text with comments (and the inside of strings, if asked) replaced by spaces; line numbers stay."""

    def replace(match):
        if match.group("comment") is not None:
            return _blank(match.group())
        if not strings:
            return match.group()
        quote = match.group()[0]
        return quote + _blank(match.group()[1:-1]) + quote

    return _TOKEN.sub(replace, text)


def comments_only(text):
    """The opposite: everything but comments is blank."""
    result, end = [], 0
    for match in _TOKEN.finditer(text):
        result.append(_blank(text[end : match.start()]))
        whole = match.group()
        result.append(whole if match.group("comment") is not None else _blank(whole))
        end = match.end()
    result.append(_blank(text[end:]))
    return "".join(result)


def allowed_lines(text):
    """Numbers of the lines that carry a comment `allow: reason`, or follow a line that is only such a comment. An empty
    reason is none."""
    allowed = set()
    code = without_comments(text).split("\n")
    for number, line in enumerate(comments_only(text).split("\n"), 1):
        if re.search(r"\ballow:\s*\w", line):
            allowed.add(number if code[number - 1].strip() else number + 1)
    return allowed


def report(what, problems):
    """Prints the problems and gives the exit code."""
    for problem in problems:
        print(problem)
    print(f"{what}: {len(problems)} problem(s)" if problems else f"{what}: all is well")
    return 1 if problems else 0
