"""The command line of bench/run."""

import argparse
import json
import os
import signal
import sys

from . import figures, lifecycle, loads, peers, run as run_module, systems

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

SCENARIOS = {
    "limit": (loads.limit, "the limit line itself, all modes and points"),
    "produce": (loads.produce, "durable produce: 1 KB and 100 B records in 16 KB batches"),
    "produce_os": (lambda run: loads.produce(run, durable=False), "the same with os durability"),
    "fetch": (loads.fetch, "tail, following and catch-up reads, 1 and 4 consumers"),
    "partitions": (loads.partitions, "the same load over 1 and over 1000 partitions"),
    "connections": (lifecycle.connections, "memory of 1000 idle connections"),
    "footprint": (lifecycle.footprint, "idle memory and cold starts"),
    "recovery": (
        lifecycle.recovery,
        "kill -9 under load: time to serving, nothing acknowledged lost",
    ),
    "peers": (peers.peers, "Redis and NATS JetStream, message by message"),
}
# What `kafka` runs with Apache Kafka beside Polylog, and `all` with Polylog alone.
KAFKA_SCENARIOS = ["produce", "produce_os", "fetch", "partitions", "connections", "footprint"]
ALL_SCENARIOS = [
    "limit",
    "produce",
    "produce_os",
    "fetch",
    "partitions",
    "connections",
    "footprint",
    "recovery",
    "peers",
]


def parse_arguments(arguments):
    texts = {name: text for name, (_, text) in SCENARIOS.items()}
    texts["kafka"] = "Apache Kafka beside Polylog (fetched with Maven)"
    texts["all"] = "every scenario but kafka"
    scenarios = "\n".join(f"  {name:12} {text}" for name, text in texts.items())
    parser = argparse.ArgumentParser(
        prog="bench/run",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures Polylog beside the limit line of this machine.",
        epilog=f"scenarios:\n{scenarios}\n\ndocs/benchmarks.md explains how to read the figures.",
    )
    parser.add_argument("scenario", nargs="?", default="produce", choices=list(texts))
    parser.add_argument(
        "--build", default=os.path.join(ROOT, "build/release"), help="build directory"
    )
    parser.add_argument("--polylog", help="the broker to measure (default: BUILD/polylog)")
    parser.add_argument(
        "--output", default=os.path.join(ROOT, "build/bench"), help="where JSON reports go"
    )
    parser.add_argument(
        "--scratch", help="where data directories go: the disk to measure (default: OUTPUT/scratch)"
    )
    parser.add_argument("--brokers", default="polylog", help="comma-separated: polylog, kafka")
    parser.add_argument(
        "--repeats", type=int, default=5, help="of each point (default: %(default)s)"
    )
    parser.add_argument("--warm-up", type=float, default=0.6, help="seconds (default: %(default)s)")
    parser.add_argument(
        "--measured", type=float, default=1.5, help="seconds (default: %(default)s)"
    )
    parser.add_argument(
        "--gigabytes", type=float, default=10, help="written by recovery (default: %(default)s)"
    )
    parser.add_argument(
        "--idle-patience",
        type=float,
        default=20,
        help="seconds to wait for an idle machine before a point (default: %(default)s)",
    )
    parser.add_argument(
        "--time-limit", type=int, default=3600, help="seconds for everything (default: %(default)s)"
    )
    parser.add_argument("--priority", type=int, default=-15, help="nice value of what is measured")
    parser.add_argument(
        "--unpinned", action="store_true", help="let server and load share all cores"
    )
    parser.add_argument(
        "--os-config",
        default="polylog.durability=os",
        metavar="KEY=VALUE",
        help="topic configuration that chooses os durability",
    )
    parser.add_argument(
        "--kafka-libraries", help="directory with Apache Kafka's jars, instead of fetching them"
    )
    parser.add_argument("--gate", action="store_true", help="exit 1 when a target is missed")
    options = parser.parse_args(arguments)
    options.polylog = options.polylog or os.path.join(options.build, "polylog")
    options.scratch = options.scratch or os.path.join(options.output, "scratch")
    options.brokers = options.brokers.split(",")
    unknown = set(options.brokers) - set(systems.BROKERS)
    if unknown:
        parser.error(f'unknown brokers: {", ".join(sorted(unknown))}')
    return options


def stop_on_signals(time_limit_s):
    """A signal, or the end of the allowed time, unwinds the stack: every child is stopped."""

    def unwind(number, _):
        raise SystemExit(f"stopped by {signal.Signals(number).name}")

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, unwind)
    signal.alarm(time_limit_s)


def print_report(run, name):
    report = run.report()
    host = report["machine"]
    print(
        f'\n== {name}: {host["cores"]} cores, {host["processor"]}, kernel {host["kernel"]}, '
        f'{host["filesystem"]}, {"server and load pinned" if run.cores.pinned else "not pinned"}'
    )
    for note in run.notes:
        print(note)
    if run.targets:
        print()
        print(
            figures.table(
                ["target", "figure", "unit", "goal", "verdict"], [t.row() for t in run.targets]
            )
        )
    for reason in run.skipped:
        print(f"skipped: {reason}")
    path = os.path.join(run.options.output, name + ".json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=1)
    print(f"report: {path}", flush=True)


def run_scenario(options, name):
    """Whether it met its targets, and whether it failed."""
    options.scenario = name
    run = run_module.Run(options)
    failed = False
    try:
        SCENARIOS[name][0](run)
    except RuntimeError as error:
        failed = True
        run.notes.append(f"FAILED: {error}")
    finally:
        try:
            run.close()
        finally:
            print_report(run, name)
    return all(target.verdict() != figures.MISS for target in run.targets), failed


def main(arguments):
    options = parse_arguments(arguments)
    stop_on_signals(options.time_limit)
    os.makedirs(options.output, exist_ok=True)
    names = [options.scenario]
    if options.scenario == "kafka":
        names = KAFKA_SCENARIOS
        options.brokers = list(dict.fromkeys(options.brokers + ["kafka"]))
    if options.scenario == "all":
        names = ALL_SCENARIOS
    met, failed = True, False
    for name in names:
        scenario_met, scenario_failed = run_scenario(options, name)
        met, failed = met and scenario_met, failed or scenario_failed
    return 1 if failed or (options.gate and not met) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
