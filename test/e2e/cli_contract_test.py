"""What holds for every command: formats, failures, exit statuses, pipes, terminals."""

import csv
import fcntl
import io
import json
import os
import pathlib
import pty
import re
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest

from broker import POLYLOG, clean_environment
from client import BrokerTest, run

PROJECT = pathlib.Path(os.environ.get("PROJECT", "."))
FORMATS = ("table", "json", "ndjson", "csv", "name")

# A command line for every command that answers in tables, and what its tables are called when there
# are several.
TABLES = {
    ("version",): None,
    ("config", "check"): None,
    ("config", "show", "--effective"): None,
    ("config", "describe", "shards"): None,
    ("config", "describe", "--all"): None,
    ("explain",): None,
    ("explain", "PL2031"): None,
    ("cheat", "topic"): None,
    ("topic", "create", "created", "--dry-run"): None,
    ("topic", "list"): None,
    ("topic", "describe", "orders"): ("partitions", "configs"),
    ("topic", "alter", "orders", "-c", "retention.ms=60000"): None,
    ("topic", "delete", "orders", "--dry-run"): None,
    ("group", "list"): None,
    ("group", "describe", "readers"): ("group", "offsets", "members"),
    ("group", "seek", "readers", "--to", "start", "--dry-run"): None,
    ("group", "delete", "readers", "--dry-run"): None,
    ("lag",): None,
    ("lag", "check", "--max", "1000"): None,
    ("pub", "orders", "--dry-run"): None,
    ("bench", "pub", "bench", "-n", "10"): None,
    ("bench", "sub", "bench", "-n", "1"): None,
    ("bench", "e2e", "bench", "-n", "5"): None,
}


def all_commands():
    """Paths of all commands that run something, as the reference lists them."""
    reference = run("__docs").text
    sections = re.findall(r"^## polylog ([^\n]+)\n\n```text\n(.*?)```", reference, re.M | re.S)
    return [path.split() for path, text in sections if "Exit status:" in text]


class Contract(BrokerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        env = {"POLYLOG_URL": cls.broker.kafka}
        for words in (("topic", "create", "orders", "-p", "2", "-c", "retention.ms=3600000"),
                      ("group", "seek", "readers", "--to", "start", "--topic", "orders", "-y"),
                      ("bench", "pub", "bench", "-n", "10")):
            assert run(*words, env=env).status == 0, words

    def test_every_command_answers_in_every_format(self):
        covered = {words[:2] if words[0] in ("config", "topic", "group", "bench") else words[:1]
                   for words in TABLES} | {("lag", "check")}
        expected = {tuple(path) for path in all_commands()}
        self.assertEqual(expected - covered, {("dev",), ("server",), ("tail",), ("completion",)})
        for words, tables in TABLES.items():
            answers = {format: self.polylog(*words, "-o", format).text for format in FORMATS}
            with self.subTest(words):
                self.check_formats(answers, tables)

    def check_formats(self, answers, tables):
        parsed = json.loads(answers["json"])
        if tables:
            self.assertEqual(tuple(parsed), tables)
        rows = parsed[tables[0]] if tables else parsed
        self.assertGreater(len(rows), 0)
        columns = list(rows[0])
        lines = [json.loads(line) for line in answers["ndjson"].splitlines()]
        self.assertEqual(len(lines), sum(map(len, parsed.values())) if tables else len(rows))
        if tables:
            self.assertEqual({line.pop("table") for line in lines} - set(tables), set())
        self.assertEqual(list(lines[0]), columns)
        table = list(csv.DictReader(io.StringIO(answers["csv"])))
        self.assertEqual(list(table[0]), columns)
        self.assertEqual(len(table), len(rows))
        names = answers["name"].splitlines()
        self.assertEqual(len(names), len(rows))
        if isinstance(rows[0][columns[0]], str):
            self.assertEqual(names, [row[columns[0]] for row in rows])
        heading = answers["table"].splitlines()[0].split()
        self.assertEqual(heading, [name.upper().replace("_", "-") for name in columns])

    def test_tail_answers_in_every_format(self):
        self.polylog("topic", "create", "one", "-p", "1")
        self.polylog("pub", "one", "-k", "c1", stdin=b"v\n")
        expected = {"table": "v\n", "name": "one/0/0\n"}
        for format in FORMATS:
            text = self.polylog("tail", "one", "-o", "start", "--output", format).text
            if "json" in format:
                self.assertEqual(json.loads(text)["value"], "v")
            elif format == "csv":
                self.assertEqual(next(csv.reader([text]))[:3], ["one", "0", "0"])
            else:
                self.assertEqual(text, expected[format])

    def test_failures_are_json_for_who_asked_for_json(self):
        for words in (("topic", "describe", "nothing"), ("topic", "list", "--fields", "x"),
                      ("topic", "list", "--nonsense"), ("topic", "describe"),
                      ("topic", "list", "--timeout", "x"), ("lag", "check", "--max", "x"),
                      ("config", "check", "--set", "x=1"), ("config", "describe", "nothing"),
                      ("explain", "PL0"), ("cheat", "xyz"), ("version", "--fields", "x")):
            with self.subTest(words):
                answer = run(*words, "-o", "json", env={"POLYLOG_URL": self.broker.kafka})
                error = json.loads(answer.err)["error"]
                self.assertGreater(answer.status, 1)
                self.assertEqual(answer.text, "")
                self.assertRegex(error["code"], r"^PL\d{4}$")
                for member in ("message", "hint", "cause"):
                    self.assertTrue(error.get(member), (member, error))
                explained = run("explain", error["code"], "-o", "json").json[0]
                self.assertEqual(explained["exit_status"], answer.status)

    def test_every_command_refuses_what_it_does_not_know(self):
        for path in all_commands():
            for words, text in (((*path, "--nonsense"), "'--nonsense'"),
                                ((*path, "--hepl"), "did you mean '--help'?")):
                answer = run(*words)
                self.assertEqual(answer.status, 64, words)
                self.assertIn("error[PL1000]", answer.err)
                self.assertIn(text, answer.err)
                self.assertIn(f"polylog {' '.join(path)} --help", answer.err)

    def test_every_command_has_help_with_examples_and_exit_statuses(self):
        for path in all_commands():
            for words in ((*path, "--help"), ("help", *path), (*path, "-h")):
                shown = run(*words)
                self.assertEqual((shown.status, shown.err), (0, ""))
                for part in ("Usage: polylog " + " ".join(path), "Examples:", "Exit status:"):
                    self.assertIn(part, shown.text, path)

    def test_a_reader_that_leaves_is_no_failure(self):
        for words in (*TABLES, ("--help",), ("__docs",), ("completion", "bash"),
                      ("tail", "bench", "-o", "start")):
            with self.subTest(words), subprocess.Popen(
                    [POLYLOG, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env={**clean_environment(), "POLYLOG_URL": self.broker.kafka}) as command:
                command.stdout.close()
                err = command.stderr.read().decode()
                self.assertEqual(command.wait(30), 0, err)
                self.assertNotIn("error", err)

    def test_output_that_cannot_be_written_is_a_failure(self):
        for words in (("version",), ("topic", "list"), ("tail", "bench", "-o", "start"),
                      ("config", "describe", "--all"), ("--help",)):
            with self.subTest(words), open("/dev/full", "wb") as full:
                command = subprocess.run(
                    [POLYLOG, *words], stdin=subprocess.DEVNULL, stdout=full,
                    stderr=subprocess.PIPE, timeout=60, check=False,
                    env={**clean_environment(), "POLYLOG_URL": self.broker.kafka})
                self.assertEqual(command.returncode, 74)
                self.assertIn(b"error[PL8007]", command.stderr)

    def test_a_listener_that_speaks_something_else_is_explained(self):
        with socket.create_server(("127.0.0.1", 0)) as web:
            def answer_once():
                connection = web.accept()[0]
                with connection:
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            server = threading.Thread(target=answer_once)
            server.start()
            answer = run("topic", "list", "-b", f"127.0.0.1:{web.getsockname()[1]}",
                         "--timeout", "5s")
            server.join(30)
        self.assertIn(answer.status, (65, 69), answer.err)
        code = re.search(r"PL\d{4}", answer.err)[0]
        self.assertIn("Kafka listener", run("explain", code).text)

    def test_an_interrupt_ends_every_wait(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            address = f"127.0.0.1:{silent.getsockname()[1]}"
            for words in (("topic", "list", "-b", address), ("lag", "-b", address)):
                with subprocess.Popen([POLYLOG, *words], stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE) as command:
                    with silent.accept()[0] as connection:
                        connection.recv(1)  # it asks
                        command.send_signal(signal.SIGINT)
                        self.assertEqual(command.wait(30), 130)

    def test_a_broker_that_does_not_answer_is_given_up(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            answer = run("topic", "list", "--timeout", "200ms", "-b",
                         f"127.0.0.1:{silent.getsockname()[1]}")
        self.assertEqual(answer.status, 75)
        self.assertIn("error[PL7001]", answer.err)
        self.assertIn("--timeout", answer.err)

    def test_numbers_out_of_range_are_refused(self):
        for words in (("topic", "create", "x", "-p", "0"), ("topic", "create", "x", "-p", "-1"),
                      ("topic", "create", "x", "-p", "4294967297"),
                      ("topic", "create", "x", "-r", "65537"), ("tail", "bench", "-n", "-1"),
                      ("tail", "bench", "-p", "4294967296"), ("pub", "bench", "-p", "-2"),
                      ("lag", "check", "--max", "-1"), ("topic", "alter", "orders", "-p", "-3")):
            answer = run(*words, env={"POLYLOG_URL": self.broker.kafka})
            self.assertEqual(answer.status, 64, (words, answer.err))


class Codes(unittest.TestCase):
    def test_every_code_in_the_sources_is_explained(self):
        sources = (PROJECT / "src").rglob("*.cc"), (PROJECT / "src").rglob("*.h")
        used = set()
        for files in sources:
            for file in files:
                if not file.name.endswith("_test.cc"):
                    used |= set(re.findall(r'"(PL\d{4})"', file.read_text(encoding="utf-8")))
        self.assertGreater(len(used), 50)
        listed = {row["code"]: row for row in run("explain", "-o", "json").json}
        self.assertEqual(used, set(listed))
        for code in used:
            explained = run("explain", code, "-o", "json").json[0]
            self.assertTrue(explained["meaning"] and explained["advice"], code)


class Terminal:
    """A command whose standard output is a terminal; interrupted once that shows `until`."""

    def __init__(self, *words, columns=80, env=None, until=None):
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        environment = {name: value for name, value in clean_environment().items()
                       if name != "NO_COLOR"}
        with subprocess.Popen([POLYLOG, *words], stdin=follower, stdout=follower,
                              stderr=follower, env={**environment, **(env or {})}) as command:
            os.close(follower)
            pieces = []
            reader = threading.Thread(target=self.read, args=(leader, pieces))
            reader.start()
            deadline = time.monotonic() + 20
            while until and until.encode() not in b"".join(pieces) and command.poll() is None:
                if time.monotonic() > deadline:
                    command.kill()
                time.sleep(0.01)
            if until:
                command.send_signal(signal.SIGINT)
            self.status = command.wait(60)
            reader.join(60)
        os.close(leader)
        self.text = b"".join(pieces).decode().replace("\r\n", "\n")

    @staticmethod
    def read(leader, pieces):
        try:
            while piece := os.read(leader, 65536):
                pieces.append(piece)
        except OSError:  # the other end is closed
            pass


class OnATerminal(unittest.TestCase):
    def test_headings_are_bold_unless_that_is_unwanted(self):
        self.assertIn("\033[1mCODE", Terminal("explain").text)
        for text in (Terminal("explain", env={"NO_COLOR": "1"}).text,
                     Terminal("explain", "--no-color").text, run("explain").text):
            self.assertNotIn("\033", text)
        self.assertIn("\033[1m", Terminal("explain", env={"NO_COLOR": ""}).text)

    def test_tables_keep_to_its_width(self):
        whole = run("config", "describe", "--all", "-o", "table").lines
        self.assertGreater(max(map(len, whole)), 100)
        for columns in (60, 100):
            shown = Terminal("config", "describe", "--all", "-o", "table", "--no-color",
                             columns=columns).text.splitlines()
            self.assertEqual(len(shown), len(whole))
            self.assertLessEqual(max(map(len, shown)), columns)
            self.assertTrue(any("…" in line for line in shown))
        self.assertNotIn("…", "\n".join(whole))

    def test_no_record_of_the_log_lands_inside_the_banner(self):
        with tempfile.TemporaryDirectory() as folder:
            data = pathlib.Path(folder) / "data"
            shown = Terminal("dev", "--data-dir", data, "--kafka", "127.0.0.1:0", "--admin",
                             "127.0.0.1:0", "--aws", "127.0.0.1:0", "--log-level", "trace",
                             until="Ctrl-C stops it; the data stays.").text
        lines = shown.splitlines()
        first = next(i for i, line in enumerate(lines) if line.startswith("Polylog "))
        self.assertIn("ready in", lines[first])
        self.assertRegex(lines[first + 1], r"^  kafka  127\.0\.0\.1:")
        self.assertRegex(lines[first + 2], r"^  admin  http://127\.0\.0\.1:")
        self.assertEqual(lines[first + 11], "Ctrl-C stops it; the data stays.")


if __name__ == "__main__":
    unittest.main()
