"""The servers that are measured: how each is configured, started, found ready and stopped."""

import json
import os
import shutil
import socket
import struct
import subprocess
import time

from . import machine, processes

READY_PATIENCE_S = 120
MAX_DATA_BYTES = 12 << 30
MAX_CONNECTIONS = 10_000
POLL_INTERVAL_S = 0.0005


class Unavailable(Exception):
    """A program that this machine does not have: its points are skipped."""


class System:
    """One server with its data directory. Subclasses say how to start it and when it is ready."""

    name = ""
    warm_up_s = 0.6  # load before measuring
    durable_config = []  # topic configuration (key, value): durable before acknowledge
    os_config = []  # the same without a sync

    def __init__(self, run):
        self.run = run
        self.child = None
        self.port = 0
        self.data = run.scratch.new_directory(self.name)
        self.log_path = os.path.join(run.scratch.path, self.name + ".log")

    @property
    def pid(self):
        return self.child.pid

    def start(self):
        """Starts the server on the data directory; the seconds from its exec until it was ready."""
        argv = self.command()
        self.child = self.run.processes.start(argv, self.run.cores.server, self.log_path)
        started = time.monotonic()
        while not self.is_ready():
            if self.child.poll() is not None:
                raise RuntimeError(
                    f"{self.name} ended at its start: {processes.last_line(self.log_path)}"
                )
            if time.monotonic() > started + READY_PATIENCE_S:
                raise RuntimeError(f"{self.name} was not ready within {READY_PATIENCE_S} s")
            time.sleep(POLL_INTERVAL_S)
        return time.monotonic() - started

    def stop(self):
        return self.run.processes.stop(self.child)

    def kill(self):
        self.run.processes.kill(self.child)

    def erase(self):
        """Forgets the data of a server that is not running."""
        shutil.rmtree(self.data, ignore_errors=True)
        os.makedirs(self.data)

    def keep_small(self):
        """Starts over with an empty directory when points have filled it: disks are finite."""
        if machine.directory_bytes(self.data) > MAX_DATA_BYTES:
            self.stop()
            self.erase()
            self.start()

    def command(self):
        raise NotImplementedError

    def is_ready(self):
        raise NotImplementedError


class Polylog(System):
    name = "polylog"

    def __init__(self, run):
        super().__init__(run)
        self.port = processes.free_port()
        self.admin_port = processes.free_port()
        self.os_config = [run.options.os_config.split("=", 1)]
        if not os.access(run.options.polylog, os.X_OK):
            raise Unavailable(f"no {run.options.polylog}")

    def command(self):
        """The only place that knows Polylog's command line."""
        argv = [self.run.options.polylog, "server", "--data-dir", self.data]
        argv += ["--kafka", f"127.0.0.1:{self.port}", "--admin", f"127.0.0.1:{self.admin_port}"]
        # All the load comes from one address.
        argv += ["--set", f"limits.connections_per_ip_max={MAX_CONNECTIONS}"]
        return argv + ["--shards", str(len(self.run.cores.server))]

    def is_ready(self):
        request = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        return exchange(self.admin_port, request, 12) == b"HTTP/1.1 200"


class ApacheKafka(System):
    name = "kafka"
    warm_up_s = 10  # until the hot paths are compiled
    durable_config = [("flush.messages", "1")]

    def __init__(self, run):
        super().__init__(run)
        self.port = processes.free_port()
        self.controller_port = processes.free_port()
        self.libraries = kafka_libraries(run)

    def command(self):
        path = os.path.join(self.run.scratch.path, "server.properties")
        with open(path, "w", encoding="utf-8") as config:
            config.write(
                "process.roles=broker,controller\nnode.id=1\n"
                f"controller.quorum.voters=1@127.0.0.1:{self.controller_port}\n"
                f"listeners=PLAINTEXT://127.0.0.1:{self.port},"
                f"CONTROLLER://127.0.0.1:{self.controller_port}\n"
                f"advertised.listeners=PLAINTEXT://127.0.0.1:{self.port}\n"
                "controller.listener.names=CONTROLLER\n"
                "inter.broker.listener.name=PLAINTEXT\n"
                "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT\n"
                f"log.dirs={self.data}\n"
                "offsets.topic.replication.factor=1\n"
                "transaction.state.log.replication.factor=1\n"
                "transaction.state.log.min.isr=1\n"
                "share.coordinator.state.topic.replication.factor=1\n"
                "share.coordinator.state.topic.min.isr=1\n"
            )
        java = ["java", "-cp", self.libraries + "/*"]
        if not os.listdir(self.data):
            storage = java + ["kafka.tools.StorageTool"]
            cores = self.run.cores.server
            cluster = self.run.processes.run(
                storage + ["random-uuid"], cores, self.log_path, 60
            ).strip()
            self.run.processes.run(
                storage + ["format", "-t", cluster, "-c", path], cores, self.log_path, 60
            )
        return java[:1] + ["-Xms1g", "-Xmx1g"] + java[1:] + ["kafka.Kafka", path]

    def is_ready(self):
        # ApiVersions v0 with a null client id; behind size and correlation the answer has error 0.
        request = struct.pack(">ihhih", 10, 18, 0, 7, -1)
        return exchange(self.port, request, 10)[4:10] == struct.pack(">ih", 7, 0)


class Redis(System):
    name = "redis"

    def __init__(self, run):
        super().__init__(run)
        self.port = processes.free_port()
        require("redis-server")
        require("redis-benchmark")

    def command(self):
        return [
            "redis-server",
            "--bind",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--dir",
            self.data,
            "--save",
            "",
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
            "--daemonize",
            "no",
        ]

    def is_ready(self):
        return exchange(self.port, b"PING\r\n", 5) == b"+PONG"


class Nats(System):
    name = "nats"

    def __init__(self, run):
        super().__init__(run)
        self.port = processes.free_port()
        self.binary = require("nats-server", extra="/usr/sbin")

    def command(self):
        return [self.binary, "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", self.data]

    def is_ready(self):
        return exchange(self.port, b"", 4) == b"INFO"


class LimitServer(System):
    """bench/limit_server in one of its modes."""

    name = "limit"

    def __init__(self, run, mode, sync, reply_bytes=0):
        super().__init__(run)
        self.mode, self.sync, self.reply_bytes = mode, sync, reply_bytes
        self.binary = run.program("limit_server")
        self.port = processes.free_port()

    def command(self):
        return [
            self.binary,
            "--mode",
            str(self.mode),
            "--sync",
            str(self.sync),
            "--port",
            str(self.port),
            "--file",
            os.path.join(self.data, "journal"),
            "--reply-bytes",
            str(self.reply_bytes),
        ]

    def is_ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False


BROKERS = {"polylog": Polylog, "kafka": ApacheKafka}


def exchange(port, request, wanted):
    """The first `wanted` bytes that a server answers to `request`; fewer when it does not."""
    answer = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(request)
            while len(answer) < wanted:
                more = connection.recv(wanted - len(answer))
                if not more:
                    break
                answer += more
    except OSError:
        pass
    return answer


def parse_json_line(output):
    """The last line that a load program printed."""
    return json.loads(output.strip().splitlines()[-1])


def require(program, extra=""):
    found = shutil.which(program, path=os.environ.get("PATH", "") + os.pathsep + extra)
    if not found:
        raise Unavailable(f"{program} is not installed")
    return found


KAFKA_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>bench</groupId><artifactId>kafka-peer</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
      <version>4.3.0</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId>
      <version>4.3.0</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId>
      <version>2.24.3</version></dependency>
  </dependencies>
</project>
"""


def kafka_libraries(run):
    """The folder of Apache Kafka's jars: as given, from an earlier run, or fetched with Maven."""
    if run.options.kafka_libraries:
        return run.options.kafka_libraries
    require("java")
    home = os.path.join(run.options.output, "kafka")
    libraries = os.path.join(home, "lib")
    complete = os.path.join(home, "complete")
    if os.path.exists(complete):
        return libraries
    maven = require("mvn")
    os.makedirs(home, exist_ok=True)
    with open(os.path.join(home, "pom.xml"), "w", encoding="utf-8") as pom:
        pom.write(KAFKA_POM)
    fetched = subprocess.run(
        [maven, "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"],
        cwd=home,
        timeout=600,
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if fetched.returncode != 0:
        raise Unavailable("Maven could not fetch Apache Kafka")
    with open(complete, "w", encoding="utf-8") as mark:
        mark.write(json.dumps({"kafka": "4.3.0"}))
    return libraries
