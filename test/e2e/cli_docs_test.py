"""docs/cli.md is what the program says about itself."""

import os
import pathlib
import unittest

from client import run

PROJECT = pathlib.Path(os.environ.get("PROJECT", "."))


class Docs(unittest.TestCase):
    def test_the_written_reference_is_up_to_date(self):
        written = (PROJECT / "docs" / "cli.md").read_text(encoding="utf-8")
        self.assertEqual(written, run("__docs").text, "run: polylog __docs > docs/cli.md")


if __name__ == "__main__":
    unittest.main()
