"""Scenarios about a broker's memory and its starts: connections, footprint, recovery."""

import os
import shutil
import statistics
import time

from . import figures, machine, processes, systems

KIB, MIB = 1 << 10, 1 << 20
STARTS = 5
IDLE_CONNECTIONS = 1000
MANY_PARTITIONS = 1000
LOAD_BEFORE_KILL_S = 1.5


def connections(run):
    for broker_name in run.options.brokers:
        with run.serving(systems.BROKERS[broker_name]) as broker:
            if broker is None:
                continue
            argv = run.command(
                "kafka_load",
                "idle",
                port=broker.port,
                server_pid=broker.pid,
                connections=IDLE_CONNECTIONS,
            )
            idle = run.run_load(argv, 60)
            each = idle["bytes_per_connection"]
            run.record(f"{IDLE_CONNECTIONS} idle connections", broker.name, **idle)
            run.notes.append(
                f"{broker.name}: {figures.number(each)} bytes of resident memory for each of "
                f"{IDLE_CONNECTIONS} idle connections"
            )
            if broker.name == "polylog":
                run.target("idle connection: resident memory", each / KIB, "KiB", at_most=8)


def footprint(run):
    for broker_name in run.options.brokers:
        try:
            broker = systems.BROKERS[broker_name](run)
        except systems.Unavailable as reason:
            run.skip(str(reason))
            continue
        empty_s = _empty_starts(run, broker)
        resident = _idle_resident(broker)
        full_s = _starts_with_partitions(run, broker)
        run.record(
            "footprint",
            broker.name,
            idle_resident_bytes=resident,
            empty_start_s=empty_s,
            start_with_partitions_s=full_s,
        )
        empty_ms = 1000 * statistics.median(empty_s)
        full_ms = 1000 * statistics.median(full_s)
        run.notes.append(
            f"{broker.name}: idle {resident / MIB:.1f} MiB resident; cold start to ready, median "
            f"of {STARTS}: {empty_ms:.0f} ms empty, {full_ms:.0f} ms with {MANY_PARTITIONS} "
            "partitions after a clean stop"
        )
        if broker.name == "polylog":
            run.target("idle resident memory", resident / MIB, "MiB", at_most=16)
            run.target("cold start, empty", empty_ms, "ms", at_most=30)
            run.target(f"cold start, {MANY_PARTITIONS} partitions", full_ms, "ms", at_most=500)


def _empty_starts(run, broker):
    """Each on a directory that never held anything; the last one is left running."""
    times = []
    for start in range(STARTS):
        if start > 0:
            broker.stop()
        broker.erase()
        run.settle()
        times.append(broker.start())
    return times


def _idle_resident(broker):
    time.sleep(2)  # what a start left to do is done
    return machine.resident_bytes(broker.pid)


def _starts_with_partitions(run, broker):
    """Starts after clean stops, every partition holding records; stops the broker at the end."""
    run.produce(
        broker, "many", broker.durable_config, partitions=MANY_PARTITIONS, total_bytes=64 * MIB
    )
    times = []
    for _ in range(STARTS):
        if not broker.stop():
            run.skip(f"{broker.name} had to be killed: its stop was not clean")
        run.settle()
        times.append(broker.start())
    broker.stop()
    broker.erase()
    return times


def recovery(run):
    gigabytes = run.options.gigabytes
    free = shutil.disk_usage(run.scratch.path).free
    if free < 2.5 * gigabytes * 1e9:
        run.skip(
            f"recovery: {gigabytes} GB need {2.5 * gigabytes:.0f} GB of free disk, "
            f"there are {free / 1e9:.0f}"
        )
        return
    for broker_name in run.options.brokers:
        with run.serving(systems.BROKERS[broker_name]) as broker:
            if broker is not None:
                _recover(run, broker, gigabytes)


def _recover(run, broker, gigabytes):
    acknowledged = os.path.join(run.scratch.path, "acknowledged.tsv")
    patience_s = 60 + 60 * gigabytes

    def load(total_bytes):
        configs = [word for pair in broker.durable_config for word in ("--topic-config", *pair)]
        return run.command(
            "kafka_load",
            "produce",
            *configs,
            topic="recovery",
            port=broker.port,
            total_bytes=total_bytes,
            acknowledged_file=acknowledged,
        )

    run.run_load(load(int(gigabytes * 1e9)), patience_s)
    # The kill meets a broker under load; what it acknowledged until then covers the first part.
    log_path = os.path.join(run.scratch.path, "recovery.log")
    unending = load(10**15)
    writer = run.processes.start(unending, run.cores.load, log_path, capture=True)
    time.sleep(LOAD_BEFORE_KILL_S)
    broker.kill()
    run.processes.wait(writer, unending, log_path, 30)
    machine.evict_from_page_cache(broker.data)
    run.settle()
    serving_s = broker.start()
    lost = _lost_records(run, broker, acknowledged, patience_s)
    run.record(
        "kill -9 under load",
        broker.name,
        gigabytes=gigabytes,
        serving_s=serving_s,
        lost_records=lost,
    )
    run.notes.append(
        f"{broker.name}: {gigabytes:g} GB, kill -9 under load: serving after {serving_s:.2f} s, "
        f"acknowledged records lost: {lost}"
    )
    if broker.name == "polylog":
        run.target(f"{gigabytes:g} GB and kill -9: time to serving", serving_s, "s", at_most=3)
        run.target(f"{gigabytes:g} GB and kill -9: acknowledged records lost", lost, at_most=0)


def _lost_records(run, broker, acknowledged, patience_s):
    """Checks and reads back what was acknowledged. Raises RuntimeError when it is damaged."""
    argv = run.command(
        "kafka_load", "check", "--read", port=broker.port, acknowledged_file=acknowledged
    )
    log_path = os.path.join(run.scratch.path, "check.log")
    checker = run.processes.start(argv, run.cores.load, log_path, capture=True)
    try:
        output, _ = checker.communicate(timeout=patience_s)
    finally:
        run.processes.kill(checker)
    if not output:
        raise RuntimeError(f"{broker.name} after kill -9: {processes.last_line(log_path)}")
    return systems.parse_json_line(output.decode())["lost_records"]
