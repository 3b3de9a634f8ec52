"""docs/cli.md is what the program says about itself."""

import os
import unittest

from cli_broker import run

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "cli.md")


class Docs(unittest.TestCase):
    def test_the_written_reference_is_up_to_date(self):
        with open(DOCS, encoding="utf-8") as docs:
            written = docs.read()
        self.assertEqual(written, run("__docs").text, "run: polylog __docs > docs/cli.md")


if __name__ == "__main__":
    unittest.main(argv=["cli_docs_test"])
