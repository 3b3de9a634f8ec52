#!/usr/bin/env python3
"""Checks for what the code may not contain, and says what to use instead.

The clock, randomness, threads, sockets and files come through io::Env so that everything above io/
also runs in the simulator from one seed; only io/linux and the programs around the broker touch the
machine. The rest of the rules keeps errors visible, builds fast and coroutines safe.

A coroutine that is safe although it does not look it carries `// coroutine-safe: <reason>` on its
first line or the line above. The same comment above a class speaks for every coroutine that takes a
`const Class&`. tools/ban_exceptions.txt lists what else is accepted, as
`<rule> <path> <count> # <reason>`.
"""

import re
from dataclasses import dataclass

from cpp_source import (Structure, code_only, comments, is_coroutine, lambdas, without_comments,
                        without_template_arguments)
from exceptions import Exceptions
from source_files import Finding, cpp_files, line_of, read, run_check, walk

EXCEPTIONS = "tools/ban_exceptions.txt"
# Real clients, load generators and harnesses run outside the simulator.
OUTSIDE = ("bench/", "test/")


@dataclass(frozen=True)
class Rule:
    name: str
    pattern: str
    instead: str
    allowed: tuple = ()             # path prefixes
    only: tuple = ("src/", *OUTSIDE)
    suffixes: tuple = (".h", ".cc")
    in_tests: bool = True           # whether it holds for *_test.cc too

    def covers(self, path):
        if path.endswith("_test.cc") and not self.in_tests:
            return False
        return (path.startswith(self.only) and path.endswith(self.suffixes)
                and not (self.allowed and path.startswith(self.allowed)))


CODE_RULES = (
    Rule("clock",
         r"_clock::now\b|\b(clock_gettime|gettimeofday|timespec_get)\s*\("
         r"|(?<![\w.>:])(?:std::|::)?time\s*\(\s*(?:nullptr|NULL|0|&)",
         "take the time from Env's clock", ("src/io/linux/", *OUTSIDE)),
    Rule("random",
         r"(?<![\w.>])s?rand\s*\(|\bstd::random_device\b"
         r"|\b(RAND_bytes|RAND_priv_bytes|getrandom|arc4random\w*)\s*\(",
         "take random numbers from Env", ("src/io/linux/", "bench/")),
    Rule("random_engine", r"\bstd::(mt19937\w*|minstd_rand0?|default_random_engine)\b",
         "take random numbers from Env", ("bench/",), in_tests=False),
    Rule("thread",
         r"\bstd::(jthread|thread|async)\b|\bpthread_create\b",
         "work runs as a Task on a Shard", ("src/io/linux/", *OUTSIDE)),
    Rule("thread_local", r"\bthread_local\b",
         "state belongs to a Shard; Shard::current() finds it", ("src/io/", *OUTSIDE)),
    Rule("mutex",
         r"\bstd::((recursive_|shared_|timed_)*mutex|condition_variable(_any)?"
         r"|lock_guard|scoped_lock|unique_lock|shared_lock)\b",
         "shards exchange messages (Shard::call) instead of locking", ("src/io/", *OUTSIDE)),
    Rule("socket",
         r"(?<![\w>])::(socket|connect|bind|listen|accept4?|recv\w*|send\w*)\s*\(",
         "use Env's network", ("src/io/linux/", "src/cmd/", *OUTSIDE)),
    Rule("file",
         r"\b(fopen|freopen|popen)\s*\(|\bstd::([io]?fstream|filesystem)\b"
         r"|(?<![\w>])::(open|openat|creat|rename|unlink|mkdir|fsync|fdatasync)\s*\(",
         "use Env's disk", ("src/io/linux/", "src/cmd/", *OUTSIDE)),
    Rule("unordered", r"\bstd::unordered_\w+",
         "use boost::unordered_flat_map where the order is invisible, std::map where it shows",
         only=("src/",)),
    Rule("throw", r"\bthrow\b", "return an Error", only=("src/",)),
    Rule("using_namespace", r"\busing\s+namespace\b", "write the names out"),
    Rule("protocol_name", r"(?i)\b\w*(?:kafka|amqp|rabbit|redis(?!t)|(?<![a-z])s[qn]s(?![a-z]))\w*",
         "rooms below protocol/ speak of append, read, send, lease, settle and route",
         ("src/protocol/", "src/admin/", "src/client/", "src/cmd/"), only=("src/",),
         in_tests=False),
    Rule("dropped_result",
         r"\(\s*void\s*\)\s*(?:co_await\b|[A-Za-z_][\w:.]*(?:->[\w:.]+)*\s*\()"
         r"|\bstatic_cast<void>\s*\(|\bstd::ignore\s*=",
         "handle the result, or report it with BUG()"),
)
INCLUDE_RULES = (
    Rule("socket", r"<(sys/socket|sys/un|netinet/\w+|arpa/inet|netdb|sys/epoll|poll)\.h>",
         "use Env's network", ("src/io/linux/", "src/cmd/", *OUTSIDE)),
    Rule("file", r"<(fstream|filesystem|fcntl\.h|sys/stat\.h|sys/mman\.h|dirent\.h)>",
         "use Env's disk", ("src/io/linux/", "src/cmd/", *OUTSIDE)),
    Rule("asio", r'[<"](boost/asio\b|asio\b)[^>"]*[>"]',
         "Asio is visible in io/linux only", ("src/io/linux/", *OUTSIDE)),
    Rule("heavy_header", r'[<"](boost/beast|CLI/|toml\+\+|toml\.hpp|nlohmann/)[^>"]*[>"]',
         "slow to compile: include it in one .cc behind an own type", suffixes=(".h",)),
)
# Spelled in two pieces so that this file passes its own check.
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
INCLUDE_LINE = re.compile(r"^[ \t]*#[ \t]*include[^\n]*", re.MULTILINE)
REFERENCE = re.compile(r"\bconst\b.*&|&&")
VIEW = re.compile(r"\b(?:(?:basic_)?string_view|Bytes|MutableBytes)\b|\bspan\s*<")
COROUTINE_SAFE = re.compile(r"coroutine-safe: \S+")
SAFE_CLASS = re.compile(r"// coroutine-safe: \S.*\n(?:\s*//.*\n)*\s*(?:class|struct)\s+(\w+)")


def banned_code(path, text, code):
    for rule in CODE_RULES:
        if rule.covers(path):
            for match in re.finditer(rule.pattern, code):
                yield rule.name, line_of(text, match.start()), f"{match[0].strip()}: {rule.instead}"


def banned_includes(path, text):
    for include in INCLUDE_LINE.finditer(without_comments(text)):
        for rule in INCLUDE_RULES:
            if rule.covers(path) and (match := re.search(rule.pattern, include[0])):
                yield rule.name, line_of(text, include.start()), f"{match[0]}: {rule.instead}"


def split_parameters(parameters):
    """A parameter list cut at the commas that separate parameters."""
    parts, depth = [""], 0
    for character in parameters:
        depth += (character in "(<[{") - (character in ")>]}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def borrows(parameter, safe_classes):
    """Whether a parameter is a view, or a reference that can bind to a temporary."""
    named = re.fullmatch(r"const\s+(?:\w+::)*(\w+)\s*&\s*\w*", parameter)
    if named and named[1] in safe_classes:
        return False
    own = re.sub(r"\([^()]*\)", "", parameter)          # not what a callback takes
    return VIEW.search(own) or REFERENCE.search(without_template_arguments(own))


def borrowing_coroutines(text, code, safe_classes):
    """Coroutines whose frame can outlive what a parameter or capture refers to.

    A non-const lvalue reference is accepted: it cannot bind to a temporary, and is how a coroutine
    names the service it works for (Env&, Disk&, Context&).
    """
    safe = {line_of(text, position) for position, comment in comments(text)
            if COROUTINE_SAFE.search(comment)}

    def proven(position):
        line = line_of(text, position)
        return line in safe or line - 1 in safe

    for function in Structure(code).functions:
        if not is_coroutine(code, function.body, function.end) or proven(function.start):
            continue
        for parameter in split_parameters(function.parameters):
            if not borrows(parameter, safe_classes):
                continue
            yield ("coroutine_parameter", line_of(text, function.start),
                   f"coroutine {function.name} borrows `{' '.join(parameter.split())}`: "
                   "take it by value, or say `// coroutine-safe: <reason>`")
    for each in lambdas(code):
        if each.captures and is_coroutine(code, each.body, each.end) and not proven(each.start):
            yield ("coroutine_capture", line_of(text, each.start),
                   "lambda coroutine with captures: its frame outlives the closure; "
                   "write a function with parameters")


def unfinished(path, text):
    for match in UNFINISHED.finditer(text):
        yield "unfinished", line_of(text, match.start()), f"{match[0]}: finish it, or leave it out"


def check(root):
    """Checks for banned constructs."""
    exceptions = Exceptions(root, EXCEPTIONS)
    found = []
    texts = {path: read(root, path) for path in cpp_files(root)}
    safe_classes = {name for text in texts.values() for name in SAFE_CLASS.findall(text)}
    for path, text in texts.items():
        code = code_only(text)
        for rule in (banned_code(path, text, code), banned_includes(path, text),
                     borrowing_coroutines(text, code, safe_classes)):
            found += [(path, *each) for each in rule]
    for path in walk(root):
        if path.endswith((".h", ".cc", ".py", ".ts", ".cmake", "CMakeLists.txt")):
            found += [(path, *each) for each in unfinished(path, read(root, path))]
    counts = {}
    for path, name, _, _ in found:
        counts[name, path] = counts.get((name, path), 0) + 1
    accepted = {key for key, count in counts.items() if exceptions.accepts(" ".join(key), count)}
    findings = [Finding(path, line, message) for path, name, line, message in found
                if (name, path) not in accepted]
    return findings + exceptions.finish()


if __name__ == "__main__":
    run_check(check)
