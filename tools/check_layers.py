#!/usr/bin/env python3
"""Checks that every room includes only the rooms that src/LAYERS allows it.

A room is a folder under src/ with a line in src/LAYERS: `log: base io model`. A room lists only
rooms above it, so the rooms cannot form a cycle. Tests beside the sources (*_test.cc) may also
include io/sim, the simulated environment, and the shared test code under test/.
"""

import re
from dataclasses import dataclass

from cpp_source import without_comments
from source_files import Finding, cpp_files, line_of, read, run_check

LAYERS = "src/LAYERS"
TEST_ROOM = "io/sim"
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)


@dataclass
class Room:
    line: int
    allowed: list


def read_layers(text):
    """The rooms of a LAYERS file in order, and what is wrong with it."""
    rooms, findings = {}, []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.partition("#")[0].strip()
        if not line:
            continue
        name, _, allowed = line.partition(":")
        for other in allowed.split():
            if other not in rooms:
                findings.append(
                    Finding(LAYERS, number, f"{name} lists {other}, which is not above it"))
        if name in rooms:
            findings.append(Finding(LAYERS, number, f"{name} has a line already"))
        rooms[name] = Room(number, allowed.split())
    return rooms, findings


def room_of(folder, rooms):
    """The room that a folder (relative to src/) belongs to: the longest that contains it."""
    while folder:
        if folder in rooms:
            return folder
        folder = folder.rpartition("/")[0]
    return None


def check_include(path, room, included, rooms):
    """What is wrong with one include, or nothing."""
    is_test = path.endswith("_test.cc")
    folder = included.rpartition("/")[0]
    if not folder:
        return f'write "{room}/{included}": includes are relative to src/'
    target = room_of(folder, rooms)
    allowed = [room, *rooms[room].allowed] + ([TEST_ROOM] if is_test else [])
    if target in allowed or (is_test and folder.split("/")[0] == "test"):
        return None
    return f"{room} may not include {included}"


def check(root):
    """Checks includes against src/LAYERS."""
    rooms, findings = read_layers(read(root, LAYERS))
    for path in cpp_files(root, ("src",)):
        room = room_of(path.removeprefix("src/").rpartition("/")[0], rooms)
        if room is None:
            findings.append(Finding(path, 0, f"its folder has no line in {LAYERS}"))
            continue
        text = without_comments(read(root, path))
        for match in INCLUDE.finditer(text):
            if message := check_include(path, room, match[1], rooms):
                findings.append(Finding(path, line_of(text, match.start()), message))
    return findings


if __name__ == "__main__":
    run_check(check)
