import unittest

from check_layers import check
from check_test_case import CheckTestCase


class CheckLayersTest(CheckTestCase):
    def test_accepts_the_own_room_and_the_rooms_listed(self):
        self.write("src/log/log.cc", '#include "log/log.h"\n#include "io/task.h"\n')
        self.assertEqual(self.findings(check), [])

    def test_names_file_line_and_both_sides_of_a_forbidden_include(self):
        self.write("src/log/log.cc", '#include "log/log.h"\n\n#include "protocol/kafka/api.h"\n')
        self.assertEqual(self.findings(check),
                         ["src/log/log.cc:3: log may not include protocol/kafka/api.h"])

    def test_a_room_may_not_look_into_a_room_inside_a_listed_one(self):
        self.write("src/log/log.cc", '#include "io/linux/ring.h"\n')
        self.assertEqual(self.findings(check),
                         ["src/log/log.cc:1: log may not include io/linux/ring.h"])

    def test_protocols_may_not_include_each_other(self):
        self.write("src/protocol/kafka/api.cc", '#include "protocol/http/request.h"\n')
        self.assertEqual(
            self.findings(check),
            ["src/protocol/kafka/api.cc:1: protocol/kafka may not include protocol/http/request.h"])

    def test_a_folder_inside_a_room_belongs_to_the_room(self):
        self.write("src/protocol/kafka/messages/fetch.h", '#include "protocol/kafka/wire.h"\n')
        self.assertEqual(self.findings(check), [])

    def test_tests_may_include_the_simulated_environment_and_shared_test_code(self):
        self.write("src/log/log_test.cc",
                   '#include "io/sim/world.h"\n#include "test/golden/file.h"\n')
        self.assertEqual(self.findings(check), [])

    def test_sources_may_not(self):
        self.write("src/log/log.cc", '#include "io/sim/world.h"\n#include "test/golden/file.h"\n')
        self.assertEqual(self.findings(check),
                         ["src/log/log.cc:1: log may not include io/sim/world.h",
                          "src/log/log.cc:2: log may not include test/golden/file.h"])

    def test_a_folder_without_a_line_fails(self):
        self.write("src/helpers/strings.h", "")
        self.write("src/protocol/mqtt/frame.h", "")
        self.assertEqual(self.findings(check),
                         ["src/helpers/strings.h: its folder has no line in src/LAYERS",
                          "src/protocol/mqtt/frame.h: its folder has no line in src/LAYERS"])

    def test_includes_are_relative_to_src(self):
        self.write("src/log/log.cc", '#include "log.h"\n')
        self.assertEqual(self.findings(check),
                         ['src/log/log.cc:1: write "log/log.h": includes are relative to src/'])

    def test_includes_in_comments_do_not_count(self):
        self.write("src/log/log.cc", '/*\n#include "cmd/main.h"\n*/\n// #include "cmd/main.h"\n')
        self.assertEqual(self.findings(check), [])

    def test_the_list_of_rooms_cannot_have_a_cycle(self):
        self.write("src/LAYERS", "base: io\nio: base\nio:\n")
        self.assertEqual(self.findings(check),
                         ["src/LAYERS:1: base lists io, which is not above it",
                          "src/LAYERS:3: io has a line already"])


if __name__ == "__main__":
    unittest.main()
