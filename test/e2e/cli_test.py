"""The client commands against a running broker."""

import base64
import json
import shutil
import signal
import subprocess
import time
import unittest

from broker import POLYLOG
from client import BrokerTest, run


class Topics(BrokerTest):
    def test_a_topic_lives_from_create_to_delete(self):
        created = self.polylog("topic", "create", "orders", "-p", "3", "-c", "retention.ms=3600000",
                               "-o", "json").json
        self.assertEqual(created[0]["name"], "orders")
        self.assertEqual(created[0]["partitions"], 3)
        self.assertIn("orders", self.polylog("topic", "list", "-o", "name").lines)
        described = self.polylog("topic", "describe", "orders", "-o", "json").json
        self.assertEqual([row["partition"] for row in described["partitions"]], [0, 1, 2])
        self.assertIn({"name": "retention.ms", "value": "3600000", "source": "topic"},
                      described["configs"])
        self.polylog("topic", "alter", "orders", "-c", "retention.ms=60000", "-p", "5")
        described = self.polylog("topic", "describe", "orders", "-o", "json").json
        self.assertEqual(len(described["partitions"]), 5)
        self.assertIn("60000", [row["value"] for row in described["configs"]])
        self.polylog("topic", "alter", "orders", "--reset", "retention.ms")
        described = self.polylog("topic", "describe", "orders", "-o", "json").json
        self.assertNotIn("retention.ms", [row["name"] for row in described["configs"]])
        self.polylog("topic", "delete", "orders", "-y")
        self.assertNotIn("orders", self.polylog("topic", "list", "-o", "name").lines)

    def test_describing_a_topic_as_it_came_shows_no_table_of_settings(self):
        self.polylog("topic", "create", "plain", "-p", "1")
        shown = self.polylog("topic", "describe", "plain")
        self.assertEqual(len(shown.lines), 2, shown.text)
        self.assertEqual(self.polylog("topic", "describe", "plain", "-o", "json").json["configs"],
                         [])

    def test_a_dry_run_changes_nothing(self):
        self.polylog("topic", "create", "ghost", "--dry-run")
        self.assertNotIn("ghost", self.polylog("topic", "list", "-o", "name").lines)
        self.polylog("topic", "create", "kept")
        self.polylog("topic", "delete", "kept", "--dry-run")
        self.assertIn("kept", self.polylog("topic", "list", "-o", "name").lines)

    def test_deleting_without_a_terminal_needs_yes(self):
        self.polylog("topic", "create", "safe")
        self.polylog("topic", "delete", "safe", expect=64)
        self.assertIn("safe", self.polylog("topic", "list", "-o", "name").lines)

    def test_an_existing_topic_is_an_error_unless_that_is_fine(self):
        self.polylog("topic", "create", "twice")
        refused = self.polylog("topic", "create", "twice", expect=65)
        self.assertIn("error[PL2034]", refused.err)
        self.polylog("topic", "create", "twice", "--if-not-exists")

    def test_an_unknown_topic_is_named_with_the_nearest_one(self):
        self.polylog("topic", "create", "invoices")
        refused = self.polylog("topic", "describe", "invoces", expect=65)
        self.assertIn("error[PL2031]", refused.err)
        self.assertIn("did you mean 'invoices'?", refused.err)
        refused = self.polylog("topic", "describe", "invoces", "-o", "json", expect=65)
        error = json.loads(refused.err)
        self.assertEqual(error["error"]["code"], "PL2031")
        self.assertEqual(error["error"]["cause"], "unknown_topic")

    def test_every_output_format_says_the_same(self):
        self.polylog("topic", "create", "formats", "-p", "2")
        words = ("topic", "list", "formats", "--fields", "name,partitions")
        self.assertEqual(self.polylog(*words).lines, ["NAME     PARTITIONS", "formats           2"])
        self.assertEqual(self.polylog(*words, "-o", "json").json,
                         [{"name": "formats", "partitions": 2}])
        self.assertEqual(self.polylog(*words, "-o", "ndjson").text,
                         '{"name":"formats","partitions":2}\n')
        self.assertEqual(self.polylog(*words, "-o", "csv").text, "name,partitions\nformats,2\n")
        self.assertEqual(self.polylog(*words, "-o", "name").text, "formats\n")


class Records(BrokerTest):
    def one_partition(self, *names):
        """Order is kept within a partition only."""
        self.polylog("topic", "create", *names, "-p", "1")

    def test_lines_come_back_as_lines(self):
        self.one_partition("lines")
        self.polylog("pub", "lines", stdin=b"one\ntwo\nthree")
        whole = self.polylog("tail", "lines", "-o", "start")
        self.assertEqual(whole.lines, ["one", "two", "three"])
        self.assertEqual(self.polylog("tail", "lines", "-o", "-1").lines, ["three"])
        self.assertEqual(self.polylog("tail", "lines", "-o", "1:2").lines, ["two"])
        two = self.polylog("tail", "lines", "-o", "start", "-n", "2")
        self.assertEqual(two.lines, ["one", "two"])

    def test_one_record_is_one_record(self):
        self.assertIn("1 record to 'counted'",
                      self.polylog("pub", "counted", stdin=b"one\n").err)
        self.assertIn("2 records to 'counted'",
                      self.polylog("pub", "counted", stdin=b"one\ntwo\n").err)

    def test_keys_headers_and_formats(self):
        self.one_partition("keyed")
        self.polylog("pub", "keyed", "-k", "c1", "-H", "source=test", stdin=b"v\n")
        self.polylog("pub", "keyed", "-K", ":", stdin=b"c2:w\n")
        line = "%t %p %o %k=%v %h\\n"
        self.assertEqual(self.polylog("tail", "keyed", "-o", "start", "-F", line).lines,
                         ["keyed 0 0 c1=v source=test", "keyed 0 1 c2=w "])
        self.assertEqual(self.polylog("tail", "keyed", "-o", "start", "--key", "c2").lines, ["w"])
        from_test = self.polylog("tail", "keyed", "-o", "start", "--header", "source=test")
        self.assertEqual(from_test.lines, ["v"])

    def test_a_topic_is_copied_without_loss(self):
        binary = base64.b64encode(bytes(range(256))).decode()
        records = [
            {"key": "k", "value": "v", "headers": [{"key": "h", "value": None}], "timestamp_ms": 1},
            {"key": None, "value": None, "headers": [], "timestamp_ms": 2},
            {"key": "", "value": "", "headers": [{"key": "", "value": ""}], "timestamp_ms": 3},
            {"key_base64": binary, "value_base64": binary,
             "headers": [{"key": "b", "value_base64": binary}], "timestamp_ms": 4},
        ]
        stdin = "".join(json.dumps(record) + "\n" for record in records).encode()
        self.one_partition("original", "copy")
        self.polylog("pub", "original", "--ndjson", stdin=stdin)
        exported = self.polylog("tail", "original", "-o", "start", "--output", "ndjson")
        self.polylog("pub", "copy", "--ndjson", stdin=exported.out)
        copied = self.polylog("tail", "copy", "-o", "start", "--output", "ndjson")
        for original, copy, record in zip(exported.lines, copied.lines, records, strict=True):
            original, copy = json.loads(original), json.loads(copy)
            self.assertEqual({**original, "topic": "copy"}, copy)
            for name, value in record.items():
                self.assertEqual(copy[name], value)

    def test_every_codec_and_acknowledgement_level(self):
        text = b"".join(b"line %d\n" % i for i in range(1000))
        for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
            self.one_partition(f"codec-{codec}")
            self.polylog("pub", f"codec-{codec}", "-z", codec, stdin=text)
            read = self.polylog("tail", f"codec-{codec}", "-o", "start")
            self.assertEqual(read.out, text)
        for acks in ("all", "1"):
            self.polylog("pub", f"acks-{acks}", "-a", acks, stdin=b"x\n")
            self.assertEqual(self.polylog("tail", f"acks-{acks}", "-o", "start").text, "x\n")

    def test_times_bound_what_is_read(self):
        records = ({"value": str(i), "timestamp_ms": 1_700_000_000_000 + i * 1000}
                   for i in range(10))
        stamped = "".join(json.dumps(record) + "\n" for record in records)
        self.one_partition("times")
        self.polylog("pub", "times", "--ndjson", stdin=stamped.encode())
        read = self.polylog("tail", "times", "-o", "@1700000003:@1700000006")
        self.assertEqual(read.lines, ["3", "4", "5"])

    def test_a_reader_that_has_seen_enough_ends_the_program_in_peace(self):
        self.one_partition("long")
        self.polylog("pub", "long", stdin=b"line\n" * 200_000)
        with subprocess.Popen([POLYLOG, "tail", "long", "-o", "start", "-b", self.broker.kafka],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tail:
            self.assertEqual(tail.stdout.readline(), b"line\n")
            tail.stdout.close()
            self.assertEqual(tail.stderr.read(), b"")
            self.assertEqual(tail.wait(timeout=30), 0)

    def test_an_interrupt_ends_a_tail_with_its_own_status(self):
        self.one_partition("endless")
        with subprocess.Popen([POLYLOG, "tail", "endless", "-f", "-b", self.broker.kafka],
                              stdout=subprocess.PIPE) as tail:
            self.polylog("pub", "endless", stdin=b"x\n")
            self.assertEqual(tail.stdout.readline(), b"x\n")
            tail.send_signal(signal.SIGINT)
            self.assertEqual(tail.wait(timeout=30), 130)

    def test_input_that_is_no_record_names_its_line(self):
        refused = self.polylog("pub", "bad", "--ndjson", stdin=b'{"value":"x"}\n{"value":1}\n',
                               expect=65)
        self.assertIn("line 2", refused.err)
        self.assertEqual(self.polylog("tail", "bad", "-o", "start").lines, ["x"])

    def test_a_dry_run_of_pub_neither_creates_nor_sends(self):
        self.polylog("pub", "short", "--dry-run", stdin=b"x\n")
        self.assertEqual(self.polylog("topic", "list", "short", "-o", "name").lines, [])

    def test_everything_after_acks_0_arrives_too(self):
        self.one_partition("unacknowledged")
        self.polylog("pub", "unacknowledged", "-a", "0", stdin=b"x\n")
        read = self.polylog("tail", "unacknowledged", "-o", "start", "-f", "-n", "1")
        self.assertEqual(read.text, "x\n")


@unittest.skipUnless(shutil.which("kcat"), "kcat is not installed")
class OtherClients(BrokerTest):
    def kcat(self, *words, stdin=b""):
        finished = subprocess.run(["kcat", "-b", self.broker.kafka, *words], input=stdin,
                                  capture_output=True, check=True, timeout=60)
        return finished.stdout

    def test_kcat_reads_what_was_published(self):
        self.polylog("topic", "create", "out", "-p", "4")
        for key in ("a", "b", "c1", "a-little-bit-long-string"):
            self.polylog("pub", "out", "-k", key, "-H", "h=1", "-z", "zstd", stdin=b"v\n")
        ours = self.polylog("tail", "out", "-o", "start", "-F", "%p %k %h %v\\n").lines
        theirs = self.kcat("-t", "out", "-C", "-e", "-q", "-f", "%p %k %h %s\\n").decode()
        self.assertEqual(sorted(ours), sorted(theirs.splitlines()))

    def test_what_kcat_published_is_read(self):
        self.polylog("topic", "create", "in", "-p", "1")
        self.kcat("-t", "in", "-P", "-K", ":", "-z", "lz4", stdin=b"k:v\nl:w\n")
        self.assertEqual(self.polylog("tail", "in", "-o", "start", "-F", "%k=%v\\n").lines,
                         ["k=v", "l=w"])


class Groups(BrokerTest):
    def test_a_group_is_moved_watched_and_deleted(self):
        self.polylog("topic", "create", "jobs", "-p", "2")
        self.polylog("pub", "jobs", "-p", "0", stdin=b"1\n2\n3\n")
        self.polylog("pub", "jobs", "-p", "1", stdin=b"4\n")
        self.polylog("group", "seek", "workers", "--to", "start", "--topic", "jobs", expect=64)
        moves = self.polylog("group", "seek", "workers", "--to", "start", "--topic", "jobs", "-y",
                             "-o", "json").json
        self.assertEqual([move["to"] for move in moves], [0, 0])
        self.assertIn("workers", self.polylog("group", "list", "-o", "name").lines)
        lag = self.polylog("lag", "workers", "-o", "json").json
        self.assertLess(lag[0].pop("seconds"), 60)
        self.assertEqual(lag, [{"group": "workers", "topic": "jobs", "partitions": 2, "lag": 4,
                                "largest": 3}])
        self.polylog("lag", "check", "--max", "4")
        self.polylog("lag", "check", "--max", "3", expect=1)
        self.polylog("group", "seek", "workers", "--to", "+1", "-y")
        described = self.polylog("group", "describe", "workers", "-o", "json").json
        self.assertEqual([row["committed"] for row in described["offsets"]], [1, 1])
        self.polylog("group", "seek", "workers", "--to", "end", "--dry-run")
        self.polylog("lag", "check", "workers", "--max", "0", expect=1)
        self.polylog("group", "seek", "workers", "--to", "end", "-y")
        self.polylog("lag", "check", "workers", "--max", "0")
        self.polylog("group", "delete", "workers", "-y")
        self.assertNotIn("workers", self.polylog("group", "list", "-o", "name").lines)

    def test_lag_is_also_told_in_seconds(self):
        self.polylog("topic", "create", "aging", "-p", "2")
        now_ms = int(time.time() * 1000)
        ages = {0: (7200, 60), 1: (30,)}
        for partition, seconds in ages.items():
            lines = "".join(json.dumps({"value": "x", "timestamp_ms": now_ms - each * 1000}) + "\n"
                            for each in seconds)
            self.polylog("pub", "aging", "--ndjson", "-p", str(partition), stdin=lines.encode())
        self.polylog("group", "seek", "late", "--to", "start", "--topic", "aging", "-y")
        lag = self.polylog("lag", "late", "-o", "json").json
        self.assertAlmostEqual(lag[0]["seconds"], 7200, delta=30)
        rows = self.polylog("group", "describe", "late", "-o", "json").json["offsets"]
        for row, expected in zip(rows, (7200, 30), strict=True):
            self.assertAlmostEqual(row["seconds"], expected, delta=30)
        self.polylog("lag", "check", "late", "--max-age", "3h")
        self.polylog("lag", "check", "late", "--max-age", "1h", expect=1)
        self.polylog("lag", "check", "late", "--max-age", "3h", "--max", "1", expect=1)
        self.polylog("group", "seek", "late", "--to", "+1", "-y")
        lag = self.polylog("lag", "late", "-o", "json").json
        self.assertAlmostEqual(lag[0]["seconds"], 60, delta=30)
        self.polylog("group", "seek", "late", "--to", "end", "-y")
        self.assertIsNone(self.polylog("lag", "late", "-o", "json").json[0]["seconds"])
        self.polylog("lag", "check", "late", "--max-age", "0s")

    def test_an_unknown_group_is_an_error(self):
        self.polylog("topic", "create", "known")
        self.polylog("group", "seek", "somebody", "--to", "end", "--topic", "known", "-y")
        refused = self.polylog("group", "describe", "sombody", expect=65)
        self.assertIn("error[PL2035]", refused.err)
        self.assertIn("did you mean 'somebody'?", refused.err)
        self.polylog("lag", "sombody", expect=65)


class Tools(BrokerTest):
    def test_a_bench_is_bounded_and_reports(self):
        for verb in ("pub", "e2e"):
            result = self.polylog("bench", verb, "bench", "-n", "200", "-s", "100B", "-r", "2000",
                                  "-o", "json").json[0]
            self.assertEqual(result["records"], 200)
            self.assertGreater(result["records_per_second"], 0)
            self.assertGreater(result["p99_ms"], 0)
        read = self.polylog("bench", "sub", "bench", "-n", "100", "-o", "json").json[0]
        self.assertGreaterEqual(read["records"], 100)

    def test_completion_asks_the_broker_for_names(self):
        self.polylog("topic", "create", "complete-me")
        topics = self.polylog("__complete", "--", "topic", "describe", "comp")
        self.assertEqual(topics.lines, ["complete-me"])
        self.assertIn("describe", self.polylog("__complete", "--", "topic", "").lines)

    def test_a_list_takes_no_time_to_speak_of(self):
        self.polylog("topic", "list")
        start = time.monotonic()
        for _ in range(10):
            self.polylog("topic", "list")
        each = (time.monotonic() - start) / 10
        print(f"topic list: {each * 1000:.1f} ms each")
        self.assertLess(each, 0.5)  # far above the 30 ms of an idle machine: tests share theirs


class WithoutBroker(unittest.TestCase):
    def test_an_unreachable_broker_is_its_own_exit_status(self):
        refused = run("topic", "list", "-b", "127.0.0.1:1", "--timeout", "5s")
        self.assertEqual(refused.status, 69, refused.err)
        self.assertIn("127.0.0.1:1", refused.err)

    def test_mistakes_on_the_command_line_are_usage_errors(self):
        for words in (("topic", "lst"), ("topic", "create"), ("topic", "list", "-o", "xml"),
                      ("topic", "list", "-b", "nowhere:x"), ("topic", "list", "--timeout", "soon")):
            self.assertEqual(run(*words).status, 64, words)

    def test_every_command_shows_examples_and_exit_statuses_in_its_help(self):
        for path in ("topic create", "topic list", "topic describe", "topic alter", "topic delete",
                     "group list", "group describe", "group seek", "group delete", "pub", "tail",
                     "lag", "lag check", "bench pub", "bench sub", "bench e2e", "explain", "cheat",
                     "completion"):
            shown = run(*path.split(), "--help")
            self.assertEqual(shown.status, 0)
            for part in ("Usage:", "Examples:", "Exit status:"):
                self.assertIn(part, shown.text, path)

    def test_completion_takes_options_for_what_they_are(self):
        for typed in ("--he", "--help"):
            self.assertEqual(run("__complete", "--", "topic", "list", typed).lines, ["--help"])

    def test_codes_are_explained(self):
        explained = run("explain", "pl2031")
        self.assertEqual(explained.status, 0)
        self.assertIn("polylog topic list", explained.text)
        self.assertEqual(run("explain", "PL0").status, 65)
        self.assertGreater(len(run("explain", "-o", "json").json), 50)

    def test_shells_get_a_script(self):
        for shell in ("bash", "zsh", "fish"):
            self.assertIn("__complete", run("completion", shell).text)
        self.assertEqual(run("completion", "tcsh").status, 64)


if __name__ == "__main__":
    unittest.main()
