"""The command line as a client of a broker."""

import json
import subprocess
import unittest

from broker import POLYLOG, Broker, clean_environment

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
                              timeout=COMMAND_SECONDS, env={**clean_environment(), **(env or {})})
    return Answer(finished)


class BrokerTest(unittest.TestCase):
    """One broker for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.broker = cls.enterClassContext(Broker())

    def polylog(self, *words, stdin=b"", expect=0):
        answer = run(*words, stdin=stdin, env={"POLYLOG_URL": self.broker.kafka})
        self.assertEqual(answer.status, expect, f"{words}\n{answer.text}\n{answer.err}")
        return answer
