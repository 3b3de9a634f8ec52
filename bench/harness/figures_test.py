"""Tests of the harness's pure parts. Run by ctest, or: python3 -B bench/harness/figures_test.py"""

import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import figures, main, peers  # noqa: E402  (the path comes first)


def point(system, **numbers):
    return {"name": "a point", "system": system, "summary": figures.summarise([numbers])}


class Summaries(unittest.TestCase):
    def test_keep_the_minimum_and_the_median_of_every_number(self):
        summary = figures.summarise(
            [{"p99_us": 3, "program": "x", "ended": True}, {"p99_us": 1}, {"p99_us": 8}]
        )
        self.assertEqual(summary, {"p99_us": {"min": 1, "median": 3}})

    def test_leave_out_repeats_without_the_number(self):
        summary = figures.summarise([{"cpu": 2.0}, {"cpu": None}])
        self.assertEqual(summary["cpu"], {"min": 2.0, "median": 2.0})

    def test_of_a_skipped_point_have_no_values(self):
        self.assertIsNone(figures.rate(None))
        self.assertIsNone(figures.cpu_per_million({"name": "skipped"}))


class Targets(unittest.TestCase):
    def test_pass_at_their_bound(self):
        self.assertEqual(figures.Target("a", 1.3, at_most=1.3).verdict(), figures.PASS)
        self.assertEqual(figures.Target("a", 0.5, at_least=0.5).verdict(), figures.PASS)

    def test_are_missed_beyond_it(self):
        self.assertEqual(figures.Target("a", 1.31, at_most=1.3).verdict(), figures.MISS)
        self.assertEqual(figures.Target("a", 0.49, at_least=0.5).verdict(), figures.MISS)

    def test_without_a_figure_are_neither(self):
        self.assertEqual(figures.Target("a", None, at_most=1).verdict(), figures.OPEN)

    def test_of_zero_losses_can_pass(self):
        self.assertEqual(figures.Target("lost", 0, at_most=0).verdict(), figures.PASS)


class LoadRows(unittest.TestCase):
    def test_show_shares_of_the_limit(self):
        limit = point("limit", messages_per_s=1000, p99_us=100, server_cpu_s_per_million=0.5)
        broker = point("polylog", messages_per_s=600, p99_us=250, server_cpu_s_per_million=1.0)
        self.assertEqual(figures.load_row(broker, limit)[-3:], ["60 %", "2.00 x", "2.50 x"])

    def test_of_the_limit_itself_show_none(self):
        limit = point("limit", messages_per_s=1000)
        self.assertEqual(figures.load_row(limit, limit)[-3:], ["", "", ""])

    def test_compare_bytes_when_asked(self):
        limit = point("limit", mb_per_s=200, server_cpu_s_per_gb=0.1)
        broker = point("polylog", mb_per_s=50, server_cpu_s_per_gb=0.2)
        self.assertEqual(
            figures.load_row(broker, limit, by_bytes=True)[-3:], ["25 %", "2.00 x", "-"]
        )


class Tables(unittest.TestCase):
    def test_align_names_left_and_figures_right(self):
        text = figures.table(["name", "system", "n"], [["a", "b", "10"], ["long", "c", "5"]])
        self.assertEqual(text.splitlines()[2:], ["a     b       10", "long  c        5"])

    def test_group_large_numbers(self):
        self.assertEqual(figures.number(1234567.8), "1 234 568")
        self.assertEqual(figures.number(0.012345), "0.0123")
        self.assertEqual(figures.number(None), "-")


class RedisResults(unittest.TestCase):
    def test_are_read_from_the_last_seven_columns(self):
        output = (
            '"test","rps","avg","min","p50","p95","p99","max"\n'
            '"xadd s, * f v","50000.00","1","2","3","4","5","6"\n'
        )
        result = peers.redis_result(output, cpu_seconds=0.8)
        self.assertEqual(result["messages_per_s"], 50000)
        self.assertEqual(result["p50_us"], 3000)
        self.assertEqual(result["p99_us"], 5000)
        self.assertAlmostEqual(result["server_cpu_s_per_million"], 2.0)


class Arguments(unittest.TestCase):
    def test_name_a_default_for_everything(self):
        options = main.parse_arguments(["produce"])
        self.assertTrue(options.polylog.endswith("build/release/polylog"))
        self.assertEqual(options.brokers, ["polylog"])

    def test_refuse_an_unknown_broker(self):
        with self.assertRaises(SystemExit), open(os.devnull, "w", encoding="ascii") as nowhere:
            sys.stderr, kept = nowhere, sys.stderr
            try:
                main.parse_arguments(["produce", "--brokers", "nobody"])
            finally:
                sys.stderr = kept


if __name__ == "__main__":
    unittest.main()
