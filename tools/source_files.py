"""The files the checks look at, and how findings are printed."""

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

CPP_FOLDERS = ("src", "test", "bench")
CPP_SUFFIXES = (".h", ".cc")
SKIPPED_FOLDERS = {".git", "build", "node_modules", "dist", "__pycache__"}
DATA_FOLDER = "polylog-data"  # of `polylog dev`; a second one's has a number behind it


@dataclass(frozen=True, order=True)
class Finding:
    """One broken rule; `path` is relative to the project, `line` counts from 1, 0 is the file."""

    path: str
    line: int
    message: str

    def __str__(self):
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}"


def walk(root, folders=("",)):
    """Every file below the folders, relative to root and sorted; build output is skipped."""
    found = []
    for folder in folders:
        for directory, names, files in os.walk(root / folder):
            names[:] = [name for name in names if name not in SKIPPED_FOLDERS
                        and not name.startswith(DATA_FOLDER)]
            below = Path(directory).relative_to(root)
            found += [(below / file).as_posix() for file in files]
    return sorted(found)


def cpp_files(root, folders=CPP_FOLDERS):
    return [path for path in walk(root, folders) if path.endswith(CPP_SUFFIXES)]


def read(root, path):
    return (root / path).read_text(encoding="utf-8", errors="replace")


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def run_check(check):
    """The main program of every check: prints what check(root) finds, exit 1 if anything."""
    parser = argparse.ArgumentParser(description=check.__doc__)
    parser.add_argument("root", nargs="?", type=Path, help="the project's folder",
                        default=Path(__file__).resolve().parent.parent)
    findings = sorted(set(check(parser.parse_args().root)))
    for finding in findings:
        print(finding)
    sys.exit(1 if findings else 0)
