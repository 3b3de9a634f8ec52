"""What a run's numbers become: minima and medians, shares of the limit, targets, tables."""

import statistics

PASS, MISS, OPEN = "pass", "MISS", "not measured"


def summarise(repeats):
    """Minimum and median of each number in a point's repeats: {key: {'min': , 'median': }}."""
    summary = {}
    for key, first in repeats[0].items():
        if isinstance(first, bool) or not isinstance(first, (int, float)):
            continue
        values = [repeat[key] for repeat in repeats if repeat.get(key) is not None]
        summary[key] = {"min": min(values), "median": statistics.median(values)}
    return summary


def rate(point):
    return value(point, "messages_per_s", "median")


def cpu_per_million(point):
    """The smallest: what disturbs a run only adds CPU time."""
    return value(point, "server_cpu_s_per_million", "min")


def cpu_per_gb(point):
    return value(point, "server_cpu_s_per_gb", "min")


def latency_us(point, percentile):
    return value(point, f"p{percentile}_us", "median")


def value(point, key, statistic):
    """None when the point has no such number (it was skipped, or the key's value was null)."""
    return point.get("summary", {}).get(key, {}).get(statistic) if point else None


def ratio(part, whole):
    return part / whole if part is not None and whole else None


class Target:
    """A goal for one figure; `at_most` or `at_least` the bound."""

    def __init__(self, name, figure, unit="", at_most=None, at_least=None):
        self.name, self.figure, self.unit = name, figure, unit
        self.at_most, self.at_least = at_most, at_least

    def verdict(self):
        if self.figure is None:
            return OPEN
        if self.at_most is not None and self.figure > self.at_most:
            return MISS
        if self.at_least is not None and self.figure < self.at_least:
            return MISS
        return PASS

    def row(self):
        bound = f"<= {self.at_most:g}" if self.at_most is not None else f">= {self.at_least:g}"
        return [self.name, number(self.figure), self.unit, bound, self.verdict()]

    def record(self):
        return {
            "name": self.name,
            "figure": self.figure,
            "unit": self.unit,
            "at_most": self.at_most,
            "at_least": self.at_least,
            "verdict": self.verdict(),
        }


def number(figure):
    """Three significant digits, large numbers whole with thin groups; '-' for none."""
    if figure is None:
        return "-"
    if abs(figure) >= 100:
        return f"{figure:,.0f}".replace(",", " ")
    return f"{figure:.3g}"


def percent(part, whole):
    share = ratio(part, whole)
    return "-" if share is None else f"{100 * share:.0f} %"


def times(part, whole):
    factor = ratio(part, whole)
    return "-" if factor is None else f"{factor:.2f} x"


def table(header, rows):
    """Text columns: the first two left-aligned, the others right-aligned."""
    cells = [[str(cell) for cell in row] for row in [header] + rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = []
    for row in cells:
        left = [cell.ljust(width) for cell, width in zip(row[:2], widths)]
        right = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:])]
        lines.append("  ".join(left + right).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


LOAD_HEADER = [
    "point",
    "system",
    "msgs/s",
    "MB/s",
    "p50 us",
    "p99 us",
    "p99.9 us",
    "CPU s/M",
    "CPU s/GB",
    "% of limit",
    "CPU of limit",
    "p99 of limit",
]


def load_row(point, limit, by_bytes=False):
    """One line of a load table; `limit` is the limit line's point of the same run, or None.

    Messages are compared, or bytes where a message of the limit line is something else.
    """
    figures = [
        rate(point),
        value(point, "mb_per_s", "median"),
        latency_us(point, 50),
        latency_us(point, 99),
        latency_us(point, 999),
        cpu_per_million(point),
        cpu_per_gb(point),
    ]
    shares = ["", "", ""]
    if limit is not None and limit is not point:
        share = "mb_per_s" if by_bytes else "messages_per_s"
        cpu = cpu_per_gb if by_bytes else cpu_per_million
        shares = [
            percent(value(point, share, "median"), value(limit, share, "median")),
            times(cpu(point), cpu(limit)),
            times(latency_us(point, 99), latency_us(limit, 99)),
        ]
    mark = " (busy)" if point.get("busy") else ""
    return [point["name"] + mark, point["system"]] + [number(figure) for figure in figures] + shares
