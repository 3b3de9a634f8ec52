"""The peers scenario: durable messages one by one, against Redis and NATS JetStream."""

import contextlib
import csv
import io

from . import figures, loads, machine, systems

CONNECTIONS, DEPTH, MESSAGE_BYTES = 50, 16, 1024
REDIS_MESSAGES = 400_000


def peers(run):
    """50 connections, 16 messages outstanding on each, 1 KB, no batches.

    NATS does not sync each message: its row shows less durability than the others.
    """
    with contextlib.ExitStack() as stack:
        line = stack.enter_context(
            run.serving(lambda run: systems.LimitServer(run, *loads.DURABLE_MODE))
        )
        if line is None:
            return
        shots = {"limit": lambda: run.limit_load(line, CONNECTIONS, MESSAGE_BYTES, DEPTH, 1)}
        redis = stack.enter_context(run.serving(systems.Redis))
        if redis is not None:
            value = "x" * MESSAGE_BYTES
            shots["redis LPUSH"] = lambda: _redis(run, redis, ["lpush", "list", value])
            shots["redis XADD"] = lambda: _redis(
                run, redis, ["xadd", "stream", "MAXLEN", "~", "100000", "*", "f", value]
            )
        nats = stack.enter_context(run.serving(systems.Nats))
        if nats is not None:
            shots["nats JetStream, unsynced"] = lambda: _nats(run, nats)
        for broker_name in run.options.brokers:
            broker = stack.enter_context(run.serving(systems.BROKERS[broker_name]))
            if broker is not None:
                shots[broker.name] = _single_shot(run, broker)
                shots[broker.name](warm_up=broker.warm_up_s)
        points = run.compare("durable 1 KB, one by one", shots)
    rows = [figures.load_row(point, points["limit"]) for point in points.values()]
    run.notes.append(figures.table(figures.LOAD_HEADER, rows))


def _single_shot(run, broker):
    """A function that loads the broker once with batches of a single record."""

    def load_broker(**flags):
        broker.keep_small()
        return run.produce(
            broker,
            "single",
            broker.durable_config,
            connections=CONNECTIONS,
            depth=DEPTH,
            partitions=8,
            records=1,
            record_bytes=MESSAGE_BYTES,
            **flags,
        )

    return load_broker


def _nats(run, nats):
    return run.load(
        nats, "nats_load", connections=CONNECTIONS, depth=DEPTH, record_bytes=MESSAGE_BYTES
    )


def _redis(run, redis, command):
    """redis-benchmark's own figures, for a number of requests instead of a time."""
    systems.exchange(redis.port, b"FLUSHALL\r\n", 5)
    cpu_before = machine.cpu_seconds(redis.pid)
    argv = f"redis-benchmark --csv -p {redis.port} -c {CONNECTIONS} -P {DEPTH} -n {REDIS_MESSAGES}"
    log_path = run.scratch.path + "/redis-benchmark.log"
    output = run.processes.run(argv.split() + command, run.cores.load, log_path, 120)
    cpu = machine.cpu_seconds(redis.pid) - cpu_before
    return redis_result(output, cpu)


def redis_result(output, cpu_seconds):
    """From `redis-benchmark --csv`: name, requests/s, ms avg, min, p50, p95, p99, max."""
    columns = [float(cell) for cell in list(csv.reader(io.StringIO(output.strip())))[-1][-7:]]
    requests_per_s, _, _, p50_ms, _, p99_ms, max_ms = columns
    return {
        "messages_per_s": requests_per_s,
        "requests_per_s": requests_per_s,
        "mb_per_s": requests_per_s * MESSAGE_BYTES / 1e6,
        "p50_us": 1000 * p50_ms,
        "p99_us": 1000 * p99_ms,
        "max_us": 1000 * max_ms,
        "server_cpu_s_per_million": cpu_seconds / REDIS_MESSAGES * 1e6,
        "server_cpu_s_per_gb": cpu_seconds / (REDIS_MESSAGES * MESSAGE_BYTES) * 1e9,
    }
