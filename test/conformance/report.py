"""Results of conformance suites: as files, on the terminal, and as the table in the documents."""

import collections
import dataclasses
import json

BEGIN = "<!-- conformance: begin (written by test/conformance/run --table) -->"
END = "<!-- conformance: end -->"
DETAIL_CHARS_MAX = 600


def write(path, suite, results, summary):
    """Everything about a run, for whoever looks into a failure."""
    path.write_text(json.dumps({
        "suite": suite.name,
        "package": suite.package,
        "as_expected": summary.as_expected,
        "unexpected": [{"test": test, "what": what} for test, what in summary.unexpected],
        "results": [dataclasses.asdict(result) for result in results],
    }, indent=2) + "\n")


def show(suite, summary, path):
    for test, what in summary.unexpected:
        print(f"  {test}: {what[:DETAIL_CHARS_MAX]}")
    allowed = collections.Counter(entry.verdict for entry in summary.allowed.values())
    parts = [f"{len(summary.passed)} passed"]
    parts += [f"{count} {verdict}" for verdict, count in sorted(allowed.items())]
    parts.append(f"{len(summary.unexpected)} unexpected")
    print(f"{suite.name}: {', '.join(parts)} ({path})", flush=True)


def record(path, suite, summary):
    """What the table needs; the same bytes for the same outcome."""
    not_passed = collections.defaultdict(list)
    for test, entry in sorted(summary.allowed.items()):
        not_passed[entry.reason].append(test)
    path.write_text(json.dumps({
        "suite": suite.name,
        "title": suite.title,
        "package": suite.package,
        "passed": len(summary.passed),
        "not_passed": dict(sorted(not_passed.items())),
    }, indent=2) + "\n")


def table(results):
    """The lines between the markers, from the kept results of every suite."""
    lines = ["| suite | what runs | from | passed | not passed, and why |", "|---|---|---|---|---|"]
    for result in results:
        reasons = sorted(((len(tests), reason) for reason, tests in result["not_passed"].items()),
                         key=lambda pair: (-pair[0], pair[1]))
        text = "; ".join(f"{count}: {reason}" for count, reason in reasons) or "none"
        lines.append(f"| `{result['suite']}` | {result['title']} | {result['package']} "
                     f"| {result['passed']} | {text} |")
    return lines


def with_table(text, results):
    """`text` of the document with the table of `results` between its markers."""
    before, found, rest = text.partition(BEGIN)
    _, end_found, after = rest.partition(END)
    if not found or not end_found:
        raise SystemExit(f"the document lacks the lines\n{BEGIN}\n{END}")
    return "\n".join([before + BEGIN, *table(results), END + after])


def read_results(directory):
    return [json.loads(path.read_text()) for path in sorted(directory.glob("*.json"))]


def write_table(document, directory):
    document.write_text(with_table(document.read_text(), read_results(directory)))
