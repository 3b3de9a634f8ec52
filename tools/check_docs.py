#!/usr/bin/env python3
"""Checks the documents, and what every text file has in common.

    rooms   every room of src/LAYERS has a README.md of at most 40 lines
    links   relative links in *.md lead to a file or folder of the project
    paths   no file names a folder of the machine it was written on
    spaces  no line ends in white space, every file ends with one line break
"""

import re
from pathlib import PurePosixPath

from check_layers import LAYERS, read_layers
from source_files import Finding, line_of, read, run_check, walk

README_LINES_MAX = 40
TEXT_SUFFIXES = (".md", ".h", ".cc", ".py", ".sh", ".cmake", ".txt", ".json", ".toml", ".yml",
                 ".ts", ".css", ".html")
TEXT_NAMES = ("Makefile", "LAYERS", "LICENSE", "run", "install_dependencies", ".gitignore",
              ".clang-format")
# Bytes in there are data for decoders and goldens, not text.
DATA_FOLDERS = ("test/fuzz/corpus/", "test/golden/")
LINK = re.compile(r"\[[^\]\n]*\]\(\s*<?([^)\s>]+)>?[^)\n]*\)|^\[[^\]\n]+\]:\s*(\S+)", re.MULTILINE)
CODE = re.compile(r"^ *(```|~~~).*?^ *\1|`[^`\n]*`", re.MULTILINE | re.DOTALL)
MACHINE_FOLDERS = ("work", "workspace", "farm", "home", "Users", "root", "builds")
MACHINE_PATH = re.compile(r"(?<![\w.~/\-}<])/(?:" + "|".join(MACHINE_FOLDERS) + r")/[\w.\-]+")


def room_readmes(root):
    rooms, _ = read_layers(read(root, LAYERS))
    for room in rooms:
        folder = root / "src" / room
        readme = folder / "README.md"
        if not folder.is_dir():
            continue
        path = f"src/{room}/README.md"
        if not readme.exists():
            yield Finding(path, 0, "missing: purpose, main types, their shard, invariants, "
                                   "what does not belong")
        elif (lines := len(read(root, path).splitlines())) > README_LINES_MAX:
            yield Finding(path, lines, f"{lines} lines, at most {README_LINES_MAX}")


def dead_links(root, path, text):
    prose = CODE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    for match in LINK.finditer(prose):
        target = (match[1] or match[2]).partition("#")[0]
        if not target or re.match(r"[a-z][a-z0-9+.\-]*:", target):
            continue
        base = PurePosixPath() if target.startswith("/") else PurePosixPath(path).parent
        if not (root / base / target.lstrip("/")).exists():
            yield Finding(path, line_of(text, match.start()), f"{target} does not exist")


def text_faults(path, text):
    for match in MACHINE_PATH.finditer(text):
        yield Finding(path, line_of(text, match.start()), f"{match[0]} exists on one machine only")
    for match in re.finditer(r"[ \t\r]+$", text, re.MULTILINE):
        yield Finding(path, line_of(text, match.start()), "white space at the end of the line")
    if text and (not text.endswith("\n") or text.endswith("\n\n")):
        yield Finding(path, text.count("\n") + 1, "the file must end with one line break")


def is_text(path):
    name = PurePosixPath(path).name
    return path.endswith(TEXT_SUFFIXES) or name in TEXT_NAMES


def check(root):
    """Checks READMEs, links and text files."""
    findings = list(room_readmes(root))
    for path in walk(root):
        if not is_text(path) or path.startswith(DATA_FOLDERS):
            continue
        text = read(root, path)
        findings += text_faults(path, text)
        if path.endswith(".md"):
            findings += dead_links(root, path, text)
    return findings


if __name__ == "__main__":
    run_check(check)
