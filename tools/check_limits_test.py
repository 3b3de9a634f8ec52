import unittest

from check_limits import LIMITS, SETTINGS, check
from check_test_case import CheckTestCase


class CheckLimitsTest(CheckTestCase):
    def setUp(self):
        super().setUp()
        self.write(LIMITS, """\
            #pragma once

            struct Limits {
                // How large a frame may be.
                size_t frame_max_bytes = 100_MiB;
                std::chrono::seconds idle_timeout = 10min;
            };
            """)
        self.write(SETTINGS, """\
            POLYLOG_SETTING("limits.frame_max_bytes", limits.frame_max_bytes, "A frame."),
            POLYLOG_SETTING("limits.idle_timeout", limits.idle_timeout, "Silence."),
            """)

    def test_limits_that_are_read_and_can_be_set_are_fine(self):
        self.write("src/log/reader.cc", "if (size > limits.frame_max_bytes) return;\n")
        self.write("src/log/timer.cc", "wait(limits->idle_timeout);\n")
        self.assertEqual(self.findings(check), [])

    def test_tests_comments_and_the_settings_are_no_readers(self):
        self.write("src/log/reader.cc", "read(limits.frame_max_bytes);  // limits.idle_timeout\n")
        self.write("src/log/reader_test.cc", "EXPECT_LT(limits.idle_timeout, 1h);\n")
        self.assertEqual(self.findings(check), [
            f"{LIMITS}:6: nobody reads idle_timeout: enforce it or remove it"])

    def test_a_limit_has_a_setting(self):
        self.write("src/log/reader.cc", "read(limits.frame_max_bytes, limits.idle_timeout);\n")
        self.write(SETTINGS, 'POLYLOG_SETTING("limits.idle_timeout", limits.idle_timeout, "x"),\n')
        self.assertEqual(self.findings(check), [
            f"{LIMITS}:5: {SETTINGS} has no row for limits.frame_max_bytes"])

    def test_a_file_without_the_limits_is_found(self):
        self.write(LIMITS, "#pragma once\n")
        self.assertEqual(self.findings(check), [f"{LIMITS}: struct Limits is not there"])


if __name__ == "__main__":
    unittest.main()
