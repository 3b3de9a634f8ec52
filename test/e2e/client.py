"""The command line as a client of a broker."""

import json
import unittest

from broker import Broker, polylog


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
    return Answer(polylog(*words, text=False, input=stdin, env=env))


class BrokerTest(unittest.TestCase):
    """One broker for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.broker = cls.enterClassContext(Broker())

    def polylog(self, *words, stdin=b"", expect=0):
        answer = run(*words, stdin=stdin, env={"POLYLOG_URL": self.broker.kafka})
        self.assertEqual(answer.status, expect, f"{words}\n{answer.text}\n{answer.err}")
        return answer
