"""kafka-python's own integration tests, from its source distribution."""

import sys
import tarfile

from suite import INSTALL_SECONDS, Suite, execute, junit_results, once

VERSION = "3.0.12"
CODECS = ("crc32c==2.8", "lz4==4.4.5", "python-snappy==0.7.3", "zstandard==0.25.0")
TEST_TOOLS = ("pytest==8.4.2", "pytest-mock==3.14.0", "pytest-timeout==2.4.0", "py==1.11.0")
RUN_SECONDS = 1500

# The tests start Kafka through a module that the distribution leaves out. They are content with a
# broker that runs already, and with this in its place.
SERVICE = '''"""Stands for a broker that runs already."""


class ExternalService:
    def __init__(self, host, port):
        self.host, self.port = host, port

    def open(self):
        pass

    def stop(self):
        pass

    def dump_logs(self):
        pass


class SpawnedService:
    def __init__(self, *_, **__):
        raise RuntimeError("this test starts a Kafka of its own")
'''


class KafkaPython(Suite):
    name = "kafka_python"
    title = "kafka-python's integration tests"
    package = f"PyPI kafka-python {VERSION}"
    # A test assigns partitions to the first broker by Kafka's number for it, and a group of the
    # tests has shorter sessions than Kafka's default allows.
    settings = {"node.id": 0, "kafka.group.min.session.timeout.ms": 1000}

    def install(self, directory):
        def install():
            execute([sys.executable, "-m", "venv", directory / "venv"], seconds=INSTALL_SECONDS)
            pip = [directory / "venv/bin/python", "-m", "pip", "--disable-pip-version-check"]
            execute([*pip, "install", f"kafka-python=={VERSION}", *CODECS, *TEST_TOOLS],
                    seconds=INSTALL_SECONDS)
            execute([*pip, "download", "--no-deps", "--no-binary", "kafka-python", "--dest",
                     directory, f"kafka-python=={VERSION}"], seconds=INSTALL_SECONDS)
            with tarfile.open(directory / f"kafka_python-{VERSION}.tar.gz") as archive:
                members = [member for member in archive
                           if member.name.startswith(f"kafka_python-{VERSION}/test/")]
                archive.extractall(directory, members)
            tests = directory / f"kafka_python-{VERSION}" / "test"
            (tests / "__init__.py").touch()
            (tests / "service.py").write_text(SERVICE)

        once(directory, VERSION, install)

    def run(self, directory, broker, omitted, only):
        sources = directory / f"kafka_python-{VERSION}"
        report = directory / "report.xml"
        report.unlink(missing_ok=True)
        deselect = [word for test in omitted
                    for word in ("--deselect", f"test/integration/{test}")]
        execute([directory / "venv/bin/python", "-B", "-m", "pytest", "test/integration", "-q",
                 "-p", "no:cacheprovider", "--timeout=90", f"--junitxml={report}", *deselect],
                seconds=RUN_SECONDS, check=False, cwd=sources,
                env={"KAFKA_URI": f"PLAINTEXT://{broker.kafka}", "KAFKA_VERSION": "4.3.0",
                     "KAFKA_ROOT": str(directory), "PYTHONPATH": str(sources)})

        def name_of(case):
            module, *classes = case.get("classname").removeprefix("test.integration.").split(".")
            return "::".join([f"{module}.py", *classes, case.get("name")])

        return junit_results(report, name_of)


SUITE = KafkaPython()
