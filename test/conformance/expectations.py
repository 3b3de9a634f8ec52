"""What each test of a suite is expected to do, and how that compares with what it did.

An allow-list has one line per test that does not simply pass:

    verdict | test | reason

`fails` runs and fails; `skips` is skipped by the suite itself; `omitted` is not run, because it
would hang or end the run for the others; `either` depends on timing inside the suite, not on the
broker.
"""

import dataclasses

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
OUTCOMES = {"fails": (FAILED,), "skips": (SKIPPED,), "omitted": (), "either": (PASSED, FAILED)}


@dataclasses.dataclass(frozen=True)
class Result:
    """What one test did; `detail` is the failure's or the skip's own text."""
    test: str
    outcome: str
    detail: str = ""


@dataclasses.dataclass(frozen=True)
class Entry:
    """One line of an allow-list."""
    verdict: str
    reason: str


@dataclasses.dataclass
class Summary:
    """A run, sorted by whether it surprised."""
    passed: list = dataclasses.field(default_factory=list)
    allowed: dict = dataclasses.field(default_factory=dict)     # test -> Entry
    unexpected: list = dataclasses.field(default_factory=list)  # (test, what happened)

    @property
    def as_expected(self):
        return not self.unexpected


def read(path):
    """{test: Entry} of an allow-list; nothing is allowed when there is none."""
    allowed = {}
    if not path.exists():
        return allowed
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = [field.strip() for field in line.split(" | ")]
        if len(fields) != 3 or fields[0] not in OUTCOMES or not all(fields):
            raise SystemExit(f"{path}:{number}: expected `verdict | test | reason`, with a verdict "
                             f"of {', '.join(OUTCOMES)}")
        verdict, test, reason = fields
        if test in allowed:
            raise SystemExit(f"{path}:{number}: {test} is listed twice")
        allowed[test] = Entry(verdict, reason)
    return allowed


def compare(results, allowed):
    """The Summary of `results`, each of which must be as its entry says, or pass."""
    summary = Summary()
    for result in results:
        entry = allowed.get(result.test)
        expected = OUTCOMES[entry.verdict] if entry else (PASSED,)
        if result.outcome not in expected:
            what = f"{result.outcome}, expected: {entry.verdict}" if entry else result.outcome
            summary.unexpected.append((result.test, f"{what}: {result.detail}".rstrip(": ")))
        elif result.outcome == PASSED:
            summary.passed.append(result.test)
        else:
            summary.allowed[result.test] = entry
    seen = {result.test for result in results}
    for test, entry in allowed.items():
        if test in seen:
            continue
        if entry.verdict == "omitted":
            summary.allowed[test] = entry
        else:
            summary.unexpected.append((test, f"did not run, expected: {entry.verdict}"))
    if not results:
        summary.unexpected.append(("the suite", "ran no test"))
    return summary
