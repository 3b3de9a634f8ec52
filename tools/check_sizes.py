#!/usr/bin/env python3
"""Checks the sizes that keep the code readable.

    function   at most 70 lines, from its first line to its closing brace
    file       at most 700 lines
    class      at most 15 public methods in a header; overloads count once, constructors, the
               destructor, assignment and defaulted operators do not count
    line       at most 100 columns

tools/size_exceptions.txt lists what is larger and why.
"""

import re

from cpp_source import Structure, code_only
from exceptions import Exceptions
from source_files import Finding, cpp_files, line_of, read, run_check, walk

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 700
CLASS_METHODS_MAX = 15
COLUMNS_MAX = 100
EXCEPTIONS = "tools/size_exceptions.txt"
# Nothing can be wrapped in these: a file name in an include, an address in a comment.
UNBREAKABLE = re.compile(r"^\s*#\s*include\b|https?://\S{60,}")


def shown_name(function):
    """How findings and exceptions call a function; tests are called Suite.Name."""
    if re.fullmatch(r"(TYPED_)?TEST(_[FP])?", function.name):
        return ".".join(part.strip() for part in function.parameters.split(","))
    return function.name


def measure(path, text):
    """(subject, line, size, limit, what) of everything in a file that has a size limit."""
    lines = text.count("\n") + (not text.endswith("\n"))
    yield f"file {path}", 0, lines, FILE_LINES_MAX, "the file has {} lines"
    for number, line in enumerate(text.splitlines(), 1):
        if not UNBREAKABLE.search(line):
            yield f"columns {path}", number, len(line), COLUMNS_MAX, "the line has {} columns"
    if not path.endswith((".h", ".cc")):
        return
    code = code_only(text)
    structure = Structure(code)
    for function in structure.functions:
        name = shown_name(function)
        first, last = line_of(code, function.start), line_of(code, function.end)
        yield (f"function {path} {name}", first, last - first + 1, FUNCTION_LINES_MAX,
               name + " has {} lines")
    for each in structure.classes if path.endswith(".h") else []:
        yield (f"class {path} {each.name}", line_of(code, each.start), len(each.public_methods),
               CLASS_METHODS_MAX, each.name + " has {} public methods")


def check(root):
    """Checks the sizes of functions, files, classes and lines."""
    exceptions = Exceptions(root, EXCEPTIONS)
    findings = []
    tools = [path for path in walk(root, ("tools", "test", "bench")) if path.endswith(".py")]
    for path in cpp_files(root) + tools:
        for subject, line, size, limit, what in measure(path, read(root, path)):
            if size > limit and not exceptions.accepts(subject, size):
                findings.append(Finding(path, line, f"{what.format(size)}, at most {limit}"))
    return findings + exceptions.finish()


if __name__ == "__main__":
    run_check(check)
