"""A broker process for tests, in a directory of its own and on free ports."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

# The binary that ctest names.
POLYLOG = str(pathlib.Path(os.environ.get("POLYLOG", "build/dev/polylog")).resolve())
START_SECONDS = 20
STOP_SECONDS = 20
COMMAND_SECONDS = 60


def clean_environment():
    """Without settings that happen to be in the environment of whoever runs the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("POLYLOG_")}


def polylog(*words, text=True, env=None, **options):
    """Runs a command to its end; `env` is added to its environment.

    A `dev` that does not say where SQS clients connect takes any port: tests run side by side.
    """
    if words[:1] == ("dev",) and "--aws" not in words:
        words += ("--aws", "127.0.0.1:0")
    return subprocess.run([POLYLOG, *words], capture_output=True, text=text, check=False,
                          timeout=COMMAND_SECONDS, env={**clean_environment(), **(env or {})},
                          **options)


class Broker:
    """Started on entering, ended on leaving; `directory` outlives restarts of the same object."""

    def __init__(self, *flags, verb="dev"):
        self.flags = flags
        self.verb = verb
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="polylog-"))
        self.process = None
        self.ports = None
        self.data = self.directory / "data"
        self.kafka_port = 0  # any free one; set it to come back on the same after a restart
        self.aws_port = 0  # likewise
        self.advertised = None  # the address Kafka clients are told; none: the one they came by

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(STOP_SECONDS)
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self):
        ports_file = self.directory / "ports"
        ports_file.unlink(missing_ok=True)
        kafka = f"127.0.0.1:{self.kafka_port}"
        if self.advertised:
            kafka += f" advertise {self.advertised}"
        with open(self.directory / "out", "ab") as out, open(self.directory / "log", "ab") as log:
            self.process = subprocess.Popen(
                [POLYLOG, self.verb, "--data-dir", self.data,
                 "--kafka", kafka, "--admin", "127.0.0.1:0",
                 "--aws", f"127.0.0.1:{self.aws_port}" if self.verb == "dev" else "",
                 "--ports-file", ports_file,
                 "--set", "storage.wal_file_bytes=8MiB", *self.flags],
                stdout=out, stderr=log, env=clean_environment())
        deadline = time.monotonic() + START_SECONDS
        while not ports_file.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the broker did not start:\n{self.log()}")
            time.sleep(0.01)
        self.ports = json.loads(ports_file.read_text())

    def kill(self):
        """As a crash ends it; the next start is on the same port, where clients look for it."""
        self.kafka_port = int(self.kafka.rsplit(":", 1)[1])
        self.aws_port = int(self.aws.rsplit(":", 1)[1]) if self.ports["aws"] else 0
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def stop(self):
        """The exit status after SIGTERM."""
        self.process.terminate()
        return self.process.wait(STOP_SECONDS)

    def log(self):
        return (self.directory / "log").read_text()

    def out(self):
        return (self.directory / "out").read_text()

    @property
    def kafka(self):
        return self.ports["kafka"][0]

    @property
    def aws(self):
        return self.ports["aws"][0]

    @property
    def admin(self):
        return self.ports["admin"][0]

    def get(self, path, **headers):
        """(status, headers, text) of an admin page."""
        request = urllib.request.Request(f"http://{self.admin}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, response.headers, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read().decode()
