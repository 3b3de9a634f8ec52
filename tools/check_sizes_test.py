import unittest

from check_sizes import EXCEPTIONS, check
from check_test_case import CheckTestCase


def function(name, lines):
    return f"void {name}() {{\n" + "    step();\n" * (lines - 2) + "}\n"


class CheckSizesTest(CheckTestCase):
    def test_a_function_of_seventy_lines_passes_and_one_more_does_not(self):
        self.write("src/log/log.cc", "namespace polylog::log {\n\n" + function("fits", 70) + "\n"
                   + function("Log::grows", 71) + "\n}\n")
        self.assertEqual(self.findings(check),
                         ["src/log/log.cc:74: Log::grows has 71 lines, at most 70"])

    def test_tests_are_called_by_suite_and_name(self):
        self.write("src/log/log_test.cc",
                   "TEST(Log, Appends) {\n" + "    EXPECT_TRUE(x);\n" * 70 + "}\n")
        self.assertEqual(self.findings(check),
                         ["src/log/log_test.cc:1: Log.Appends has 72 lines, at most 70"])

    def test_a_table_is_not_a_function(self):
        self.write("src/log/table.cc",
                   "constexpr Entry kTable[] = {\n" + "    {1, f(2)},\n" * 80 + "};\n")
        self.assertEqual(self.findings(check), [])

    def test_a_file_has_at_most_seven_hundred_lines(self):
        self.write("src/log/log.cc", "int x;\n" * 701)
        self.assertEqual(self.findings(check),
                         ["src/log/log.cc: the file has 701 lines, at most 700"])

    def test_a_line_has_at_most_a_hundred_columns(self):
        self.write("test/sim/run.py", "x" * 100 + "\n" + "x" * 101 + "\n")
        self.write("src/log/log.cc", '#include "' + "x" * 101 + '"\n')
        self.assertEqual(self.findings(check),
                         ["test/sim/run.py:2: the line has 101 columns, at most 100"])

    def test_counts_the_public_methods_of_classes_in_headers(self):
        methods = "".join(f"    int m{i}() const;\n" for i in range(16))
        self.write("src/log/log.h", "class Log {\npublic:\n" + methods + "};\n")
        self.write("src/log/log.cc", "class Log {\npublic:\n" + methods + "};\n")
        self.assertEqual(self.findings(check),
                         ["src/log/log.h:1: Log has 16 public methods, at most 15"])

    def test_an_exception_accepts_exactly_the_size_it_states(self):
        self.write("src/log/log.cc", function("big", 80))
        self.write(EXCEPTIONS, "function src/log/log.cc big 80 # one table of states\n")
        self.assertEqual(self.findings(check), [])
        self.write("src/log/log.cc", function("big", 81))
        self.assertEqual(self.findings(check), ["src/log/log.cc:1: big has 81 lines, at most 70"])

    def test_an_exception_must_shrink_with_the_code(self):
        self.write("src/log/log.cc", function("big", 75))
        self.write(EXCEPTIONS, "# why\nfunction src/log/log.cc big 80 # one table of states\n")
        self.assertEqual(
            self.findings(check),
            [f"{EXCEPTIONS}:2: function src/log/log.cc big is down to 75: lower the exception"])

    def test_an_exception_that_is_not_needed_fails(self):
        self.write("src/log/log.cc", function("small", 10))
        self.write(EXCEPTIONS, "function src/log/log.cc small 80 # was large once\n")
        self.assertEqual(
            self.findings(check),
            [f"{EXCEPTIONS}:1: function src/log/log.cc small needs no exception any more: "
             "remove the line"])

    def test_an_exception_without_a_reason_fails(self):
        self.write(EXCEPTIONS, "function src/log/log.cc big 80\n")
        self.assertEqual(self.findings(check),
                         [f"{EXCEPTIONS}:1: write `<subject> <value> # <reason>`"])


if __name__ == "__main__":
    unittest.main()
