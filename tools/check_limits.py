#!/usr/bin/env python3
"""Checks that every bound of base::Limits is one: something reads it, and a setting changes it.

A limit that nobody reads promises a bound that does not exist. Its own declaration, the settings'
table and tests do not count as readers.
"""

import re

from cpp_source import without_comments
from source_files import Finding, cpp_files, line_of, read, run_check

LIMITS = "src/base/limits.h"
SETTINGS = "src/cmd/setting.cc"
STRUCT = re.compile(r"^struct Limits \{$(.*?)^\};$", re.MULTILINE | re.DOTALL)
MEMBER = re.compile(r"^    [\w:]+ (\w+) = [^;]*;", re.MULTILINE)


def is_reader(path):
    return path not in (LIMITS, SETTINGS) and not path.endswith("_test.cc")


def check(root):
    if not (root / LIMITS).exists():
        return
    text = without_comments(read(root, LIMITS))
    struct = STRUCT.search(text)
    if not struct:
        yield Finding(LIMITS, 0, "struct Limits is not there")
        return
    members = {match[1]: line_of(text, struct.start(1) + match.start(1))
               for match in MEMBER.finditer(struct[1])}
    used = set()
    for path in filter(is_reader, cpp_files(root, ("src",))):
        used |= set(re.findall(r"(?:\.|->)\s*(\w+)", without_comments(read(root, path))))
    settings = read(root, SETTINGS) if (root / SETTINGS).exists() else ""
    for name, line in members.items():
        if name not in used:
            yield Finding(LIMITS, line, f"nobody reads {name}: enforce it or remove it")
        if f'"limits.{name}"' not in settings:
            yield Finding(LIMITS, line, f"{SETTINGS} has no row for limits.{name}")


if __name__ == "__main__":
    run_check(check)
