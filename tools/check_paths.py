#!/usr/bin/python3
"""No file of the project may speak of a place on one person's machine: home folders, a checkout somewhere.

    tools/check_paths.py [ROOT]
"""

import os
import pathlib
import re
import sys

import csource

PLACE = re.compile(r"(?<![\w.\-/~})])/(?:home|root|work|Users|mnt)/[\w.]")
LEFT_OUT = {".git", "build", "data", "logs", "dist", "__pycache__", ".cache"}


def check(root):
    problems = []
    # The place of this very checkout, unless it is too short to mean anything.
    here = re.compile(r"(?<![\w.\-/])" + re.escape(str(root)) + "/") if len(root.parts) > 2 else PLACE
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in LEFT_OUT)
        for name in sorted(names):
            path = pathlib.Path(folder) / name
            if not path.is_file() or path.is_symlink() or path.stat().st_size > 4 << 20:
                continue
            data = path.read_bytes()
            if b"\0" in data[:8192]:
                continue
            for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
                if PLACE.search(line) or here.search(line):
                    problems.append(f"{path.relative_to(root)}:{number}: names a place on one machine: {line.strip()[:90]}")
    return problems


if __name__ == "__main__":
    sys.exit(csource.report("paths", check(csource.root_from(sys.argv))))
