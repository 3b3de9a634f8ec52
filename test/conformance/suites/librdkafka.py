"""librdkafka's own tests against a broker, from the source that node-rdkafka's package carries."""

import json
import re
import subprocess
import tarfile

from expectations import FAILED, PASSED, SKIPPED, Result
from suite import INSTALL_SECONDS, Suite, execute, need, once

VERSION = "2.12.0"
CARRIER = "node-rdkafka"
CARRIER_VERSION = "3.6.1"
RUN_SECONDS = 1200
IN_PARALLEL = 2

OUTCOMES = {"PASSED": PASSED, "FAILED": FAILED, "SKIPPED": SKIPPED}
TERMINAL_CODES = re.compile(r"\x1b\[[0-9;]*m")
SUMMARY_LINE = re.compile(r"\|\s*(?P<test>\d{4}_\w+)\s*\|\s*[A-Z]+\s*\|"
                          r"\s*[\d.]+s\s*\|?(?P<detail>.*)")
LEFT_OUT = ("Filtered due to", "included in TESTS_SKIP")
DETAIL_CHARS_MAX = 2000


class Librdkafka(Suite):
    name = "librdkafka"
    title = f"librdkafka {VERSION}'s tests that need a broker, in its quick mode"
    package = f"npm {CARRIER} {CARRIER_VERSION}"

    def install(self, directory):
        def install():
            need("npm", "npm")
            need("g++", "g++")
            execute(["npm", "pack", f"{CARRIER}@{CARRIER_VERSION}"], seconds=INSTALL_SECONDS,
                    cwd=directory)
            with tarfile.open(directory / f"{CARRIER}-{CARRIER_VERSION}.tgz") as archive:
                archive.extractall(directory, [
                    member for member in archive
                    if member.name.startswith("package/deps/librdkafka/")])
            source = self.source(directory)
            execute(["bash", "configure"], seconds=INSTALL_SECONDS, cwd=source)
            execute(["make", "-j2", "libs"], seconds=INSTALL_SECONDS, cwd=source)
            execute(["make", "-j2", "-C", "tests", "build"], seconds=INSTALL_SECONDS, cwd=source)

        once(directory, VERSION, install)

    def source(self, directory):
        return directory / "package/deps/librdkafka"

    def run(self, directory, broker, omitted, only):
        source = self.source(directory)
        report = directory / "report.json"
        report.unlink(missing_ok=True)
        (directory / "test.conf").write_text(f"metadata.broker.list={broker.kafka}\n"
                                             "test.timeout.multiplier=3\n")
        env = {"LD_LIBRARY_PATH": f"{source}/src:{source}/src-cpp", "TEST_KAFKA_VERSION": "4.3.0",
               "RDKAFKA_TEST_CONF": str(directory / "test.conf"), "TESTS_SKIP": ",".join(omitted),
               "TEST_REPORT": str(report)}
        if only:
            env["TESTS"] = only
        # -L: not those that need no broker; -K: nor those it knows to fail; -Q: less data.
        # It may abort at its end, when threads of tests that failed are left: lose no line then.
        words = ["stdbuf", "-oL", "./test-runner", "-L", "-K", "-Q", f"-p{IN_PARALLEL}"]
        try:
            output = execute(words, seconds=RUN_SECONDS, check=False, cwd=source / "tests",
                             env=env).stdout
        except subprocess.TimeoutExpired as error:
            output = error.output
        (directory / "output.txt").write_text(output)
        if not report.exists():
            return [Result("the run", FAILED, output[-DETAIL_CHARS_MAX:])]
        tests = json.loads(report.read_text())["tests"]
        states = {name: test["state"] for name, test in tests.items()}
        return [result for result in read_results(states, output) if result.test not in omitted]


def read_results(states, output):
    """States are in the report, their reasons in the table that the output ends with. What the
    options and the scenario leave out counts as skipped there, and not at all here."""
    summary = map(SUMMARY_LINE.match, TERMINAL_CODES.sub("", output).splitlines())
    details = {line["test"]: line["detail"].strip() for line in summary if line}
    for test, state in states.items():
        detail = details.get(test, "")
        outcome = OUTCOMES.get(state, FAILED)
        left_out = outcome == SKIPPED and (not detail or detail.startswith(LEFT_OUT))
        if test[:1].isdigit() and not left_out:
            yield Result(test, outcome, detail)


SUITE = Librdkafka()
