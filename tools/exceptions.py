"""Lists of accepted exceptions to a check, each with its reason.

A line is `<subject> <value> # <reason>`. The value is what the check measures today, so an
exception can only shrink: when the code improves the check asks for the smaller value, and when the
exception is not needed any more, for its removal.
"""

from source_files import Finding


class Exceptions:
    def __init__(self, root, path):
        self.path = path
        self.findings = []
        self._values = {}
        self._unused = {}
        file = root / path
        for number, line in enumerate(file.read_text().splitlines() if file.exists() else [], 1):
            if line.strip() and not line.startswith("#"):
                self._read(number, line)

    def _read(self, number, line):
        entry, _, reason = line.partition("#")
        words = entry.split()
        if len(words) < 2 or not words[-1].isdigit() or not reason.strip():
            self._find(number, "write `<subject> <value> # <reason>`")
            return
        subject = " ".join(words[:-1])
        self._values[subject] = (int(words[-1]), number)
        self._unused[subject] = number

    def accepts(self, subject, value):
        """Whether `value`, which breaks the general limit, is the one listed for the subject."""
        if subject not in self._values:
            return False
        accepted, number = self._values[subject]
        self._unused.pop(subject, None)
        if value < accepted:
            self._find(number, f"{subject} is down to {value}: lower the exception")
        return value <= accepted

    def finish(self):
        """The findings about the list itself, once everything has been measured."""
        for subject, number in self._unused.items():
            self._find(number, f"{subject} needs no exception any more: remove the line")
        return self.findings

    def _find(self, number, message):
        self.findings.append(Finding(self.path, number, message))
