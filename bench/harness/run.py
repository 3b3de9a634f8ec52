"""One run of a scenario: its options, processes, points and the targets they meet."""

import contextlib
import os
import sys

from . import figures, machine, processes, systems

LOAD_GRACE_S = 120  # for connecting, creating topics and draining


class Run:
    def __init__(self, options):
        self.options = options
        self.cores = machine.Cores(not options.unpinned)
        self.processes = processes.Processes(options.priority)
        self.scratch = processes.Scratch(options.scratch)
        self.points = []
        self.targets = []
        self.skipped = []
        self.notes = []

    def close(self):
        self.processes.kill_all()
        self.scratch.remove()

    def program(self, name):
        path = os.path.join(self.options.build, "bench", name)
        if not os.access(path, os.X_OK):
            raise systems.Unavailable(f'no {path}; build the target "bench" of the release preset')
        return path

    @contextlib.contextmanager
    def serving(self, make_system):
        """A started system, stopped and erased at the end; None when this machine lacks it."""
        try:
            system = make_system(self)
        except systems.Unavailable as reason:
            self.skip(str(reason))
            yield None
            return
        system.start()
        try:
            yield system
        finally:
            system.stop()
            system.erase()

    def skip(self, reason):
        if reason not in self.skipped:
            self.skipped.append(reason)
            print(f"skipped: {reason}", file=sys.stderr, flush=True)

    # ---- loads: each returns the JSON object that the load program printed

    def limit_load(self, server, connections, frame_bytes, depth, messages, rate=0):
        return self.load(
            server,
            "limit_load",
            connections=connections,
            depth=depth,
            frame_bytes=frame_bytes,
            messages_per_frame=messages,
            reply_bytes=server.reply_bytes,
            rate=rate,
        )

    def produce(self, broker, topic, configs=(), **flags):
        words = [word for key, value in configs for word in ("--topic-config", key, value)]
        return self.load(broker, "kafka_load", "produce", *words, topic=topic, **flags)

    def fetch(self, broker, topic, **flags):
        return self.load(broker, "kafka_load", "fetch", topic=topic, **flags)

    def load(self, server, program, *words, **flags):
        flags.setdefault("warm_up", self.options.warm_up)
        flags.setdefault("measured", self.options.measured)
        argv = self.command(program, *words, port=server.port, server_pid=server.pid, **flags)
        return self.run_load(argv, flags["warm_up"] + flags["measured"] + LOAD_GRACE_S)

    def run_load(self, argv, timeout_s):
        log_path = os.path.join(self.scratch.path, "load.log")
        output = self.processes.run(argv, self.cores.load, log_path, timeout_s)
        return systems.parse_json_line(output)

    def command(self, program, *words, **flags):
        """The command line of a program of the project; flag_name=value is --flag-name value."""
        argv = [self.program(program), *words]
        for name, value in flags.items():
            argv += ["--" + name.replace("_", "-"), value]
        return [str(word) for word in argv]

    # ---- points

    def compare(self, name, shots, repeats=None):
        """Measures the systems of one point in turn, several times over: {system: point}.

        `shots` maps a system's name to a function that loads it once; the order rotates.
        """
        results = {system: [] for system in shots}
        busy = set()
        for repeat in range(repeats or self.options.repeats):
            order = list(shots)[repeat % len(shots) :] + list(shots)[: repeat % len(shots)]
            for system in order:
                if not self.settle():
                    busy.add(system)
                results[system].append(shots[system]())
        points = {}
        for system, repeated in results.items():
            points[system] = {
                "name": name,
                "system": system,
                "busy": system in busy,
                "repeats": repeated,
                "summary": figures.summarise(repeated),
            }
            self.points.append(points[system])
        print(f'measured: {name} ({", ".join(shots)})', file=sys.stderr, flush=True)
        return points

    def settle(self):
        """Lets a point start without what the last one left. False when the machine stays busy."""
        os.sync()
        return machine.wait_until_idle(self.options.idle_patience)

    def record(self, name, system, **numbers):
        """A point that is no load: plain numbers."""
        self.points.append({"name": name, "system": system, **numbers})

    def target(self, name, figure, unit="", **bound):
        self.targets.append(figures.Target(name, figure, unit, **bound))

    def report(self):
        return {
            "scenario": self.options.scenario,
            "machine": machine.describe(self.scratch.path),
            "pinned": self.cores.pinned,
            "points": self.points,
            "targets": [target.record() for target in self.targets],
            "skipped": self.skipped,
        }
