"""Suites that are Go modules: their published source carries their tests."""

import collections
import json
import os
import re
import shutil

from expectations import FAILED, PASSED, SKIPPED, Result
from suite import INSTALL_SECONDS, execute, need, once

OUTCOMES = {"pass": PASSED, "fail": FAILED, "skip": SKIPPED}
DETAIL_CHARS_MAX = 2000


def install_module(directory, module, version, packages):
    """Copies a module's source, which the module cache holds read-only, and compiles the tests of
    `packages` to directory/<last part>.test."""
    def install():
        need("go", "golang-go")
        done = execute(["go", "mod", "download", "-json", f"{module}@{version}"],
                       seconds=INSTALL_SECONDS, cwd=directory)
        source = json.loads(done.stdout[done.stdout.index("{"):])["Dir"]
        target = directory / "source"
        shutil.copytree(source, target)
        for folder, _, _ in os.walk(target):
            os.chmod(folder, 0o755)
        for package in packages:
            execute(["go", "test", "-c", "-mod=mod", "-o", test_binary(directory, package),
                     f"./{package}"], seconds=INSTALL_SECONDS, cwd=target)

    once(directory, version, install)


def test_binary(directory, package):
    return directory / f"{package.rsplit('/', 1)[-1].strip('.') or 'root'}.test"


def run_tests(directory, package, *, seconds, env, run="", omitted=()):
    """Results of the tests of a package whose names match `run`, a test's own parts included."""
    words = [test_binary(directory, package), "-test.v=test2json", f"-test.timeout={seconds}s"]
    if run:
        words += ["-test.run", run]
    if omitted:
        names = "|".join(re.escape(test.split("/", 1)[0]) for test in omitted)
        words += ["-test.skip", f"^({names})$"]
    done = execute(["go", "tool", "test2json", "-t", *words], seconds=seconds + 60, check=False,
                   cwd=directory / "source" / package, env=env)
    (directory / "output.json").write_text(done.stdout)
    return read_events(done.stdout.splitlines())


def read_events(lines):
    """A Result of every test without parts, and of those that fail although no part of them does.
    A test that never ended, as when the program is ended by its timeout, failed."""
    outcomes, output = {}, collections.defaultdict(str)
    for line in lines:
        if not line.startswith("{"):
            continue
        event = json.loads(line)
        test = event.get("Test")
        if not test:
            continue
        outcomes.setdefault(test, FAILED)
        if event["Action"] in OUTCOMES:
            outcomes[test] = OUTCOMES[event["Action"]]
        elif event["Action"] == "output":
            output[test] = (output[test] + event["Output"])[-DETAIL_CHARS_MAX:]
    parents = {test.rpartition("/")[0] for test in outcomes}
    blamed = {test.rpartition("/")[0] for test in outcomes if outcomes[test] == FAILED}
    return [Result(test, outcome, output[test] if outcome != PASSED else "")
            for test, outcome in outcomes.items()
            if test not in parents or (outcome == FAILED and test not in blamed)]
