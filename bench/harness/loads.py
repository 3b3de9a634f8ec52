"""Scenarios that load a broker beside the limit line: limit, produce, fetch, partitions."""

import collections

from . import figures, machine, systems

# The best of the limit line's ways to make a batch durable, and to hand it to the page cache.
DURABLE_MODE = (2, 1)
CACHED_MODE = (1, 0)
NO_FILE_MODE = (4, 0)

CONNECTIONS, DEPTH, PARTITIONS, MANY_PARTITIONS = 8, 4, 8, 1000
FRAME_BYTES = 16384
Shape = collections.namedtuple("Shape", "name records record_bytes")
SHAPES = [Shape("1 KB x 16", 16, 1024), Shape("100 B x 160", 160, 100)]


def limit(run):
    """The limit line itself: every point in every mode."""
    points = [
        (1, 1024, 1, 1),
        (50, 1024, 1, 1),
        (50, 1024, 16, 1),
        (8, 16384, 4, 16),
        (8, 16384, 4, 160),
        (8, 131072, 4, 128),
        (8, 131072, 4, 1280),
    ]
    names = {
        (0, 0): "cached, growing",
        (1, 0): "cached, recycled",
        (0, 1): "synced, growing",
        (1, 1): "synced, recycled",
        (2, 1): "direct, recycled",
        (3, 1): "direct, fallocated",
    }
    rows = []
    for (mode, sync), name in names.items():
        with run.serving(lambda run: systems.LimitServer(run, mode, sync)) as server:
            if server is None:
                return
            for connections, frame, depth, messages in points:
                title = f"{connections} x {depth}, {frame} B, {messages} msgs"
                point = run.compare(
                    title,
                    {name: lambda: run.limit_load(server, connections, frame, depth, messages)},
                )
                rows.append(figures.load_row(point[name], None)[:9])
    run.notes.append(figures.table(figures.LOAD_HEADER[:9], rows))


def produce(run, durable=True):
    mode, sync = DURABLE_MODE if durable else CACHED_MODE
    rows = []
    for broker_name in run.options.brokers:
        with run.serving(lambda run: systems.LimitServer(run, mode, sync)) as line:
            if line is None:
                return
            with run.serving(systems.BROKERS[broker_name]) as broker:
                for shape in SHAPES:
                    rows += _produce_shape(run, line, broker, shape, durable)
    run.notes.append(figures.table(figures.LOAD_HEADER, rows))


def _produce_shape(run, line, broker, shape, durable):
    name = f"{'durable' if durable else 'os'} {shape.name}"

    def load_limit(rate=0):
        return run.limit_load(line, CONNECTIONS, FRAME_BYTES, DEPTH, shape.records, rate)

    shots = {"limit": load_limit}
    if broker is not None:
        shots[broker.name] = _produce_shot(run, broker, shape, durable)
        shots[broker.name](warm_up=broker.warm_up_s)
    peak = run.compare(name, shots)
    rows = [figures.load_row(point, peak["limit"]) for point in peak.values()]
    if broker is not None and broker.name == "polylog":
        _produce_targets(run, peak["limit"], peak["polylog"], shape, durable)
    for share in (0.5, 0.9) if shape is SHAPES[0] else ():
        paced = _paced(shots, peak, share)
        open_loop = run.compare(f"{name} at {100 * share:.0f} %", paced)
        rows += [figures.load_row(point, open_loop["limit"]) for point in open_loop.values()]
    return rows


def _produce_shot(run, broker, shape, durable, partitions=PARTITIONS):
    """A function that loads the broker once with batches of the shape."""
    configs = broker.durable_config if durable else broker.os_config
    topic = f"{'durable' if durable else 'os'}-{shape.records}-{partitions}"

    def load_broker(**flags):
        broker.keep_small()
        return run.produce(
            broker,
            topic,
            configs,
            connections=CONNECTIONS,
            depth=DEPTH,
            partitions=partitions,
            records=shape.records,
            record_bytes=shape.record_bytes,
            **flags,
        )

    return load_broker


def _paced(shots, peak, share):
    """The same loads in an open loop, each at a share of its own system's peak."""

    def at_rate(shot, rate):
        return lambda: shot(rate=rate)

    return {
        system: at_rate(shot, share * figures.value(peak[system], "requests_per_s", "median"))
        for system, shot in shots.items()
    }


def _produce_targets(run, line, broker, shape, durable):
    kind = "durable" if durable else "os"
    name = f"{kind} produce, {shape.name}"
    cpu = figures.cpu_per_million(broker)
    if shape is not SHAPES[0]:
        run.target(f"{name}: server CPU", cpu, "s/M", at_most=0.2)
        return
    run.target(f"{name}: server CPU", cpu, "s/M", at_most=1.3 if durable else 0.8)
    if not durable:
        return
    run.target(
        f"{name}: share of the limit's rate",
        figures.ratio(figures.rate(broker), figures.rate(line)),
        at_least=0.5,
    )
    run.target(
        f"{name}: p99 against the limit's",
        figures.ratio(figures.latency_us(broker, 99), figures.latency_us(line, 99)),
        "x",
        at_most=3,
    )


# Four batches of 16 x 1 KB, so that no answer ends in a cut-off one; and 1 MiB, rounded likewise.
BATCH_BYTES = 16589
CHUNKS = [("64 KB", 4 * BATCH_BYTES), ("1 MB", 63 * BATCH_BYTES)]
TAIL_BYTES = 32 << 20
TAIL_PARTITIONS = 4
FOLLOW_BYTES_PER_S = 32 << 20
COLD_BYTES = 1 << 30


def fetch(run):
    rows = []
    for broker_name in run.options.brokers:
        with run.serving(systems.BROKERS[broker_name]) as broker:
            if broker is not None:
                run.produce(
                    broker,
                    "tail",
                    broker.durable_config,
                    connections=1,
                    depth=4,
                    partitions=TAIL_PARTITIONS,
                    total_bytes=TAIL_BYTES,
                )
            for chunk_name, chunk in CHUNKS:
                for consumers in (1, 4):
                    rows += _fetch_tail(run, broker, chunk_name, chunk, consumers)
            if broker is not None:
                for consumers in (1, 4):
                    _follow(run, broker, consumers)
                _read_cold(run, broker)
    run.notes.append(figures.table(figures.LOAD_HEADER, rows))


def _fetch_tail(run, broker, chunk_name, chunk, consumers):
    """The same recent records again and again, out of the broker's memory."""
    with run.serving(
        lambda run: systems.LimitServer(run, *NO_FILE_MODE, reply_bytes=chunk)
    ) as line:
        if line is None:
            return []
        shots = {"limit": lambda: run.limit_load(line, consumers, 64, TAIL_PARTITIONS, 1)}
        if broker is not None:

            def load_broker(**flags):
                return run.fetch(
                    broker,
                    "tail",
                    connections=consumers,
                    depth=TAIL_PARTITIONS,
                    partitions=TAIL_PARTITIONS,
                    partition_max_bytes=chunk,
                    at_end="rewind",
                    **flags,
                )

            shots[broker.name] = load_broker
            if broker.warm_up_s > run.options.warm_up:
                load_broker(warm_up=broker.warm_up_s)
        name = f"tail fetch {chunk_name}, {consumers} consumers"
        points = run.compare(name, shots)
    if broker is not None and broker.name == "polylog":
        run.target(
            f"{name}: server CPU", figures.cpu_per_gb(points["polylog"]), "s/GB", at_most=0.2
        )
    return [figures.load_row(point, points["limit"], by_bytes=True) for point in points.values()]


def _follow(run, broker, consumers):
    """Consumers at the end of a log that is written: what they add to the broker's CPU time."""
    topic = f"follow-{consumers}"
    rate = FOLLOW_BYTES_PER_S / (16 * 1024)

    def produce_paced():
        return run.produce(
            broker,
            topic,
            broker.durable_config,
            connections=2,
            depth=16,
            partitions=TAIL_PARTITIONS,
            rate=rate,
        )

    def produce_followed():
        argv = run.command(
            "kafka_load",
            "fetch",
            topic=topic,
            partitions=TAIL_PARTITIONS,
            port=broker.port,
            connections=consumers,
            start="latest",
            warm_up=0,
            measured=run.options.warm_up + run.options.measured + 1,
        )
        log_path = run.scratch.path + "/follow.log"
        reader = run.processes.start(argv, run.cores.load, log_path, capture=True)
        result = produce_paced()
        run.processes.wait(reader, argv, log_path, 60)
        return result

    alone = run.compare(
        f"paced produce, {FOLLOW_BYTES_PER_S >> 20} MiB/s", {broker.name: produce_paced}
    )
    followed = run.compare(
        f"the same, {consumers} consumers following", {broker.name: produce_followed}
    )
    before, after = (figures.cpu_per_gb(points[broker.name]) for points in (alone, followed))
    added = None if before is None or after is None else (after - before) / consumers
    run.record(f"following consumers: {consumers}", broker.name, cpu_s_per_gb_each=added)
    run.notes.append(
        f"{broker.name}: each of {consumers} consumers that follow the tail adds "
        f"{figures.number(added)} CPU s/GB"
    )


def _read_cold(run, broker):
    """A backlog that neither the broker nor the page cache holds, read from start to end."""
    run.produce(
        broker,
        "cold",
        broker.durable_config,
        connections=4,
        depth=8,
        partitions=TAIL_PARTITIONS,
        total_bytes=COLD_BYTES,
    )
    broker.stop()
    machine.evict_from_page_cache(broker.data)
    broker.start()
    run.settle()
    cold = run.fetch(
        broker,
        "cold",
        partitions=TAIL_PARTITIONS,
        depth=TAIL_PARTITIONS,
        at_end="stop",
        warm_up=0,
        measured=300,
    )
    run.points.append(
        {
            "name": "catch-up read, 1 GiB cold",
            "system": broker.name,
            "repeats": [cold],
            "summary": figures.summarise([cold]),
        }
    )
    run.notes.append(
        f'{broker.name}: catch-up read of a cold GiB at {figures.number(cold["mb_per_s"])} MB/s, '
        f'{figures.number(cold["server_cpu_s_per_gb"])} CPU s/GB'
    )


def partitions(run):
    for broker_name in run.options.brokers:
        with run.serving(lambda run: systems.LimitServer(run, *DURABLE_MODE)) as line:
            if line is None:
                return
            with run.serving(systems.BROKERS[broker_name]) as broker:
                if broker is not None:
                    _compare_partitions(run, line, broker)


def _compare_partitions(run, line, broker):
    """The same load over few and over many partitions, beside the limit line, which has none."""
    shape = SHAPES[0]
    one = _produce_shot(run, broker, shape, True, 1)
    many = _produce_shot(run, broker, shape, True, MANY_PARTITIONS)
    one(warm_up=broker.warm_up_s)
    many(warm_up=broker.warm_up_s)
    one_name = f"{broker.name}, 1 partition"
    many_name = f"{broker.name}, {MANY_PARTITIONS}"
    shots = {
        "limit": lambda: run.limit_load(line, CONNECTIONS, FRAME_BYTES, DEPTH, shape.records),
        one_name: one,
        many_name: many,
    }
    points = run.compare(f"durable {shape.name}", shots)
    rows = [figures.load_row(point, points["limit"]) for point in points.values()]
    run.notes.append(figures.table(figures.LOAD_HEADER, rows))
    share = figures.ratio(figures.rate(points[many_name]), figures.rate(points[one_name]))
    run.notes.append(
        f"{broker.name}: {MANY_PARTITIONS} partitions at {figures.percent(share, 1)} of the rate "
        "of 1"
    )
    if broker.name == "polylog":
        run.target(f"{MANY_PARTITIONS} partitions: share of the rate of 1", share, at_least=0.7)
