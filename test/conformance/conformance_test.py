"""What is expected of a suite is compared with what it did, and the documents say so."""

import json
import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import expectations  # noqa: E402
import golang  # noqa: E402
import report  # noqa: E402
import suite  # noqa: E402
import suites  # noqa: E402
from expectations import FAILED, PASSED, SKIPPED, Entry, Result  # noqa: E402


class Compare(unittest.TestCase):
    def unexpected(self, results, allowed):
        return [test for test, _ in expectations.compare(results, allowed).unexpected]

    def test_everything_passes_or_is_allowed_for(self):
        allowed = {"b": Entry("fails", "no"), "c": Entry("skips", "no"),
                   "d": Entry("omitted", "no")}
        summary = expectations.compare(
            [Result("a", PASSED), Result("b", FAILED), Result("c", SKIPPED)], allowed)
        self.assertTrue(summary.as_expected)
        self.assertEqual(summary.passed, ["a"])
        self.assertEqual(set(summary.allowed), {"b", "c", "d"})

    def test_a_failure_that_nobody_expects_is_reported(self):
        self.assertEqual(self.unexpected([Result("a", FAILED, "why")], {}), ["a"])

    def test_a_skip_that_nobody_expects_is_reported(self):
        self.assertEqual(self.unexpected([Result("a", SKIPPED)], {}), ["a"])

    def test_a_pass_that_nobody_expects_is_reported(self):
        for verdict in ("fails", "skips", "omitted"):
            allowed = {"a": Entry(verdict, "no")}
            self.assertEqual(self.unexpected([Result("a", PASSED)], allowed), ["a"])

    def test_a_test_that_vanished_is_reported(self):
        self.assertEqual(self.unexpected([Result("a", PASSED)], {"b": Entry("fails", "no")}), ["b"])

    def test_what_depends_on_timing_may_do_either(self):
        allowed = {"a": Entry("either", "no")}
        for outcome in (PASSED, FAILED):
            self.assertEqual(self.unexpected([Result("a", outcome)], allowed), [])

    def test_a_suite_without_tests_is_reported(self):
        self.assertFalse(expectations.compare([], {}).as_expected)


class AllowLists(unittest.TestCase):
    def read(self, text):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "list.txt"
            path.write_text(text)
            return expectations.read(path)

    def test_lines_hold_a_verdict_a_test_and_a_reason(self):
        self.assertEqual(self.read("# title\n\nfails | a: b | no c\n"),
                         {"a: b": Entry("fails", "no c")})

    def test_wrong_lines_are_refused(self):
        for text in ("fails | a\n", "breaks | a | b\n", "fails | a | b | c\n",
                     "fails | a | b\nskips | a | b\n"):
            with self.assertRaises(SystemExit):
                self.read(text)

    def test_every_list_is_of_a_suite_and_reads(self):
        for path in (HERE / "allow").glob("*.txt"):
            self.assertIn(path.stem, suites.NAMES)
            expectations.read(path)


class Readers(unittest.TestCase):
    def test_go_tests_count_by_their_parts(self):
        events = [("run", "A"), ("run", "A/x"), ("run", "A/y"), ("pass", "A/x"), ("fail", "A/y"),
                  ("fail", "A"), ("run", "B"), ("skip", "B"), ("run", "C")]
        lines = [json.dumps({"Action": action, "Test": test}) for action, test in events]
        read = {result.test: result.outcome for result in golang.read_events(["noise", *lines])}
        self.assertEqual(read, {"A/x": PASSED, "A/y": FAILED, "B": SKIPPED, "C": FAILED})

    def test_junit_reports_tell_outcomes(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "report.xml"
            path.write_text('<testsuites><testsuite><testcase name="a"/>'
                            '<testcase name="b"><failure message="why"/></testcase>'
                            '<testcase name="c"><skipped/></testcase></testsuite></testsuites>')
            read = suite.junit_results(path, lambda case: case.get("name"))
        self.assertEqual(read, [Result("a", PASSED), Result("b", FAILED, "why"),
                                Result("c", SKIPPED)])


class Table(unittest.TestCase):
    def test_the_documents_hold_the_kept_results(self):
        text = (HERE.parent.parent / "docs/compatibility.md").read_text()
        results = report.read_results(HERE / "results")
        self.assertEqual(report.with_table(text, results), text,
                         "run test/conformance/run --table")

    def test_kept_results_agree_with_the_allow_lists(self):
        for result in report.read_results(HERE / "results"):
            allowed = expectations.read(HERE / "allow" / f"{result['suite']}.txt")
            kept = {test: reason for reason, tests in result["not_passed"].items()
                    for test in tests}
            for test, reason in kept.items():
                self.assertEqual(allowed[test].reason, reason, test)


if __name__ == "__main__":
    unittest.main(argv=["conformance_test"])
