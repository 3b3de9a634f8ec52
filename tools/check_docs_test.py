import unittest

from check_docs import check
from check_test_case import CheckTestCase


class CheckDocsTest(CheckTestCase):
    def test_every_room_that_exists_has_a_short_readme(self):
        self.write("src/base/README.md", "# base\n" * 40)
        self.write("src/io/README.md", "# io\n" * 41)
        self.write("src/log/log.h", "#pragma once\n")
        self.assertEqual(self.findings(check),
                         ["src/io/README.md:41: 41 lines, at most 40",
                          "src/log/README.md: missing: purpose, main types, their shard, "
                          "invariants, what does not belong"])

    def test_relative_links_lead_somewhere(self):
        self.write("docs/testing.md", """\
            [style](../STYLE.md#names) [gone](gone.md) [web](https://example.org/x) [here](#here)
            ![picture](missing.png) `[code](not/a/link)`
            ```
            [also code](nowhere.md)
            ```
            [reference]: lost.md
            """)
        self.write("STYLE.md", "# Style\n")
        self.assertEqual(self.findings(check),
                         ["docs/testing.md:1: gone.md does not exist",
                          "docs/testing.md:2: missing.png does not exist",
                          "docs/testing.md:6: lost.md does not exist"])

    def test_paths_of_one_machine_are_found(self):
        for folder in ("work", "home", "root"):
            self.write(f"docs/{folder}.md", f"Look into /{folder}/someone/notes.\n")
        self.write("docs/x.md", "See ./work/x, https://example.org/home/x and /var/lib/polylog.\n")
        self.assertEqual(self.findings(check),
                         [f"docs/{folder}.md:1: /{folder}/someone exists on one machine only"
                          for folder in ("home", "root", "work")])

    def test_white_space_at_the_ends_is_found(self):
        self.write("tools/x.py", "x = 1 \n\n\n")
        self.write("tools/y.py", "y = 1")
        self.assertEqual(self.findings(check),
                         ["tools/x.py:1: white space at the end of the line",
                          "tools/x.py:4: the file must end with one line break",
                          "tools/y.py:1: the file must end with one line break"])

    def test_fuzz_corpora_are_data(self):
        self.write("test/fuzz/corpus/json/spaces.json", "{} ")
        self.assertEqual(self.findings(check), [])


if __name__ == "__main__":
    unittest.main()
