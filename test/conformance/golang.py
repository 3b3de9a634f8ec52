"""Suites that are Go modules: their published source carries their tests."""

import collections
import json
import os
import platform
import re
import shutil

from expectations import FAILED, PASSED, SKIPPED, Result
from suite import INSTALL_SECONDS, execute, need, once

OUTCOMES = {"pass": PASSED, "fail": FAILED, "skip": SKIPPED}
DETAIL_CHARS_MAX = 2000
GO_VERSION = (1, 26)  # what the modules ask for; Debian 12 has 1.19
TOOLCHAIN_VERSION = "1.26.0"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def go_program(directory):
    """A new enough Go: the machine's, or the toolchain of that name, which is a module too, beside
    the suite's folder."""
    need("go", "golang-go")
    found = re.match(r"go(\d+)\.(\d+)", execute(["go", "env", "GOVERSION"], seconds=60).stdout)
    if found and tuple(map(int, found.groups())) >= GO_VERSION:
        return "go"
    toolchain = directory.parent / "go"

    def install():
        name = f"v0.0.1-go{TOOLCHAIN_VERSION}.linux-{ARCHITECTURES[platform.machine()]}"
        copy_module("go", "golang.org/toolchain", name, toolchain / "root")
        for program in [*toolchain.glob("root/bin/*"), *toolchain.glob("root/pkg/tool/*/*")]:
            program.chmod(0o755)  # a module's files are not programs

    once(toolchain, TOOLCHAIN_VERSION, install)
    return toolchain / "root/bin/go"


def copy_module(go, module, version, target):
    """Brings a module's source, which the module cache holds read-only."""
    done = execute([go, "mod", "download", "-json", f"{module}@{version}"],
                   seconds=INSTALL_SECONDS, cwd=target.parent)
    shutil.copytree(json.loads(done.stdout[done.stdout.index("{"):])["Dir"], target)
    for folder, _, _ in os.walk(target):
        os.chmod(folder, 0o755)


def install_module(directory, module, version, packages):
    """Compiles the tests of a module's `packages` to directory/<last part>.test."""
    def install():
        go = go_program(directory)
        target = directory / "source"
        copy_module(go, module, version, target)
        for package in packages:
            execute([go, "test", "-c", "-mod=mod", "-o", test_binary(directory, package),
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
        words += ["-test.skip", "|".join(
            "/".join(f"^{re.escape(part)}$" for part in test.split("/")) for test in omitted)]
    done = execute([go_program(directory), "tool", "test2json", "-t", *words],
                   seconds=seconds + 60, check=False, env=env,
                   cwd=directory / "source" / package)
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
