"""kafkajs: its package has no tests, so what its users rely on is tested here, with its client."""

import pathlib

from suite import INSTALL_SECONDS, Suite, execute, junit_results, need, once

VERSION = "2.2.4"
RUN_SECONDS = 400
TEST_SECONDS = 180  # of a test, and of all those in one file
TESTS = pathlib.Path(__file__).resolve().parent.parent / "kafkajs"


class KafkaJs(Suite):
    name = "kafkajs"
    title = "producers, consumer groups and administration with kafkajs (tests of our own: its " \
            "package has none)"
    package = f"npm kafkajs {VERSION}"

    def install(self, directory):
        def install():
            need("npm", "npm")
            execute(["npm", "install", "--prefix", directory, "--no-audit", "--no-fund",
                     f"kafkajs@{VERSION}"], seconds=INSTALL_SECONDS, cwd=directory)

        once(directory, VERSION, install)

    def run(self, directory, broker, omitted, only):
        results = []
        for file in sorted(TESTS.glob("*.test.js")):
            report = directory / f"{file.stem}.xml"
            report.unlink(missing_ok=True)
            execute(["node", "--test", f"--test-timeout={TEST_SECONDS * 1000}",
                     "--test-reporter=junit", f"--test-reporter-destination={report}", file],
                    seconds=RUN_SECONDS, check=False,
                    env={"KAFKA_HOST": broker.kafka, "NODE_PATH": str(directory / "node_modules")})
            part = file.name.removesuffix(".test.js")
            results += junit_results(report, lambda case: f"{part}: {case.get('name')}")
        return results


SUITE = KafkaJs()
