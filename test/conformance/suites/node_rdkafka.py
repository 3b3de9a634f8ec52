"""node-rdkafka's end-to-end tests, which its npm package carries, on the librdkafka inside it."""

import os
import re
import subprocess

from expectations import FAILED, Result
from suite import INSTALL_SECONDS, Suite, create_topics, execute, junit_results, need, once

VERSION = "3.6.1"
MOCHA_VERSION = "10.8.2"
TEST_SECONDS = 60
FILE_SECONDS = 240
TOPICS = ("test", "test2", "test3", "test4", "test5", "test6")  # as its run_docker.sh makes them


class NodeRdkafka(Suite):
    name = "node_rdkafka"
    title = "node-rdkafka's end-to-end tests (librdkafka 2.12.0)"
    package = f"npm node-rdkafka {VERSION}"
    settings = {"kafka.num.partitions": 1}  # Kafka's default, which the tests count on

    def install(self, directory):
        def install():
            need("npm", "npm")
            # Node's headers of the system, rather than a download of them.
            headers = ["--nodedir=/usr"] if os.path.isdir("/usr/include/node") else []
            execute(["npm", "install", "--prefix", directory, "--no-audit", "--no-fund", *headers,
                     f"node-rdkafka@{VERSION}", f"mocha@{MOCHA_VERSION}"],
                    seconds=INSTALL_SECONDS, cwd=directory)

        once(directory, VERSION, install)

    def run(self, directory, broker, omitted, only):
        create_topics(broker, *TOPICS)
        package = directory / "node_modules/node-rdkafka"
        return [result for spec in sorted(package.glob("e2e/*.spec.js"))
                for result in self.run_file(directory, broker, spec, omitted)]

    def run_file(self, directory, broker, spec, omitted):
        """In a process of its own: one that hangs while it ends leaves the others alone."""
        report = directory / f"{spec.stem}.xml"
        report.unlink(missing_ok=True)
        names = "|".join(re.escape(test.replace(": ", " ", 1)) for test in omitted)
        omit = ["--grep", f"^({names})$", "--invert"] if omitted else []
        words = ["node", directory / "node_modules/mocha/bin/mocha.js", "--exit", "--timeout",
                 TEST_SECONDS * 1000, "--reporter", "xunit", "--reporter-option",
                 f"output={report}", *omit, spec]
        try:
            output = execute(words, seconds=FILE_SECONDS, check=False, cwd=spec.parent.parent,
                             env={"KAFKA_HOST": broker.kafka}).stdout
        except subprocess.TimeoutExpired as error:
            output = error.output
        if not report.exists() or report.stat().st_size == 0:
            return [Result(spec.name, FAILED, f"it wrote no report: {output}")]
        return junit_results(report, lambda case: f"{case.get('classname')}: {case.get('name')}")


SUITE = NodeRdkafka()
