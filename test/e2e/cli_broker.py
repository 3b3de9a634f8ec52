"""A broker in a temporary directory, and the command line that talks to it."""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

POLYLOG = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else "polylog"
START_SECONDS = 30
COMMAND_SECONDS = 60


class Answer:
    """What a command printed and how it ended."""

    def __init__(self, finished):
        self.status = finished.returncode
        self.out = finished.stdout
        self.err = finished.stderr.decode()

    @property
    def text(self):
        return self.out.decode()

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def lines(self):
        return self.text.splitlines()


def run(*words, stdin=b"", env=None):
    finished = subprocess.run([POLYLOG, *words], input=stdin, capture_output=True, check=False,
                              timeout=COMMAND_SECONDS, env={**os.environ, **(env or {})})
    return Answer(finished)


class Broker:
    """`polylog dev` on free ports; ends with SIGTERM."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="polylog-cli-")
        ports_file = os.path.join(self.directory.name, "ports.json")
        self.log = open(os.path.join(self.directory.name, "log"), "wb")
        self.process = subprocess.Popen(
            [POLYLOG, "dev", "--kafka", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--ports-file",
             ports_file], cwd=self.directory.name, stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + START_SECONDS
        while not os.path.exists(ports_file):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError("the broker did not start")
            time.sleep(0.01)
        with open(ports_file, encoding="utf-8") as ports:
            self.address = json.load(ports)["kafka"][0]

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.directory.cleanup()


class BrokerTest(unittest.TestCase):
    """One broker for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.broker = Broker()

    @classmethod
    def tearDownClass(cls):
        cls.broker.stop()

    def polylog(self, *words, stdin=b"", expect=0):
        answer = run(*words, stdin=stdin, env={"POLYLOG_URL": self.broker.address})
        self.assertEqual(answer.status, expect, f"{words}\n{answer.text}\n{answer.err}")
        return answer
