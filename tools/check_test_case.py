"""A small project in a temporary folder, for the tests of the checks."""

import tempfile
import textwrap
import unittest
from pathlib import Path


class CheckTestCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.write("src/LAYERS", "base:\nio: base\nio/linux: base io\nio/sim: base io\n"
                                 "log: base io\nprotocol/kafka: base io\nprotocol/http: base io\n"
                                 "cmd: base io io/linux log protocol/kafka\n")

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))

    def findings(self, check):
        """What the check says about the project, one string per finding, in order."""
        return [str(finding) for finding in sorted(set(check(self.root)))]
