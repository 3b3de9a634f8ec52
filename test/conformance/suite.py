"""What every suite is made of: a package at a pinned version, and a command that runs its tests."""

import abc
import os
import shutil
import signal
import subprocess
import xml.etree.ElementTree as ElementTree

from expectations import FAILED, PASSED, SKIPPED, Result

INSTALL_SECONDS = 1800


class Suite(abc.ABC):
    """One suite; `name` is also its folder under build/conformance and its allow-list."""

    name = ""      # on the command line
    title = ""     # what runs, for the table
    package = ""   # registry, package and version, for the table
    settings = {}  # of the broker, beside its defaults
    port = 0       # of the broker; 0 takes any free one
    advertised = None  # the address the broker tells clients; none: the one they came by

    @abc.abstractmethod
    def install(self, directory):
        """Brings the pinned version into `directory`; quick when it is there already."""

    @abc.abstractmethod
    def run(self, directory, broker, omitted, only):
        """A list of Result: every test but the `omitted` ones. A suite that can choose its tests
        quickly may run just those whose names contain `only`."""


def once(directory, version, install):
    """Calls install() into an emptied `directory`, unless `version` is there already."""
    stamp = directory / ".installed"
    if stamp.exists() and stamp.read_text() == version:
        return
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    install()
    stamp.write_text(version)


def need(program, package):
    """Ends the run when a program is missing that a Debian package would bring."""
    if not shutil.which(program):
        raise SystemExit(f"`{program}` is missing: run tools/install_dependencies --conformance "
                         f"(package {package})")


def execute(words, *, seconds, check=True, env=None, text="", **options):
    """Runs a command with `text` as its input, and ends it with all its children when it takes too
    long. What it wrote, to both outputs, is in `stdout`."""
    words = [str(word) for word in words]
    with subprocess.Popen(words, text=True, start_new_session=True, errors="replace",
                          env={**os.environ, **(env or {})}, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options) as process:
        try:
            output, _ = process.communicate(text, timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            raise subprocess.TimeoutExpired(words, seconds, output) from None
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if check and process.returncode != 0:
        raise SystemExit(f"{' '.join(words)}: status {process.returncode}\n{output[-4000:]}")
    return subprocess.CompletedProcess(words, process.returncode, output)


def create_topics(broker, *names, partitions=1):
    """Makes the topics that a suite expects to find."""
    from broker import polylog

    done = polylog("topic", "create", "--url", broker.kafka, "-p", str(partitions), *names)
    if done.returncode != 0:
        raise SystemExit(f"the topics of the suite could not be made: {done.stderr}")


def junit_results(path, name_of):
    """The results in a JUnit report, as pytest, mocha and node write it."""
    results = []
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        outcome, detail = PASSED, ""
        for child in case:
            if child.tag in ("failure", "error"):
                outcome = FAILED
            elif child.tag == "skipped":
                outcome = SKIPPED
            else:
                continue
            detail = child.get("message") or (child.text or "").strip()
        results.append(Result(name_of(case), outcome, detail))
    return results
