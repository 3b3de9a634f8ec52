#!/usr/bin/env python3
"""Slow, vanishing and hostile clients, and pauses: the broker stays small, alive and quick."""

import contextlib
import os
import resource
import socket
import struct
import threading
import time
import unittest

import fault
import wire
from broker import Broker
from load import create_topic

MEGABYTE = 1 << 20
HALF_OPEN = fault.by_form(1000, 8000)
BYTES_PER_IDLE_CONNECTION = 8 << 10
VALUES = [b"x" * 1000] * 50


def resident_bytes(broker):
    with open(f"/proc/{broker.process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def reset(connection):
    """Ends a connection with a reset instead of an orderly close."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Clients(unittest.TestCase):
    def setUp(self):
        self.broker = self.enterContext(Broker(
            "--set", "limits.connections_per_ip_max=10000",
            "--set", "limits.frame_min_bytes_per_second=1KiB",
            "--set", "limits.write_stalled_timeout=2s",
            "--set", "storage.tail_cache_bytes=4MiB", "--set", "storage.unflushed_bytes_max=4MiB"))
        create_topic(self.broker, "t", 1)
        self.good = self.enterContext(wire.Connection(self.broker.kafka))
        self.batch = wire.batch_of(VALUES, int(time.time() * 1000))
        self.sent = 0
        for _ in range(20):
            self.be_served()
        self.before = resident_bytes(self.broker)

    def be_served(self):
        """Another client's request is answered, rightly and soon."""
        began = time.monotonic()
        error, base = self.good.produce("t", 0, self.batch)
        self.assertEqual(error, wire.NONE)
        self.assertGreaterEqual(base, self.sent)  # others may have sent something, too
        self.sent = base + len(VALUES)
        error, records = self.good.fetch("t", 0, base)
        self.assertEqual((error, next(wire.batches(records)).base), (wire.NONE, base))
        self.assertLess(time.monotonic() - began, 5)

    def grown_at_most(self, size_bytes):
        grown = resident_bytes(self.broker) - self.before
        fault.say(f"memory grew by {grown / MEGABYTE:.1f} MiB")
        self.assertLess(grown, size_bytes)
        self.be_served()

    def connect(self):
        host, port = self.broker.kafka.rsplit(":", 1)
        connection = socket.create_connection((host, int(port)), timeout=10)
        self.addCleanup(connection.close)
        return connection

    def closed(self, connection, seconds=15):
        connection.settimeout(seconds)
        with contextlib.suppress(ConnectionError):
            while connection.recv(65536):
                pass
        return True

    def test_thousands_of_half_open_connections_cost_little(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = min(HALF_OPEN + 100, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
        count = wanted - 100
        half = wire.frame(wire.API_VERSIONS, 0, b"")[:9]
        connections = [self.connect() for _ in range(count)]
        for connection in connections:
            connection.sendall(half)
        time.sleep(0.5)
        self.be_served()
        self.grown_at_most(count * 2 * BYTES_PER_IDLE_CONNECTION + 4 * MEGABYTE)
        for connection in connections:
            reset(connection)
        time.sleep(0.5)
        self.be_served()

    def test_one_byte_at_a_time_is_understood(self):
        connection = self.connect()
        for byte in wire.frame(wire.API_VERSIONS, 0, b""):
            connection.sendall(bytes([byte]))
            time.sleep(0.001)
        self.assertGreater(len(connection.recv(4096)), 8)

    def test_a_frame_that_never_ends_costs_its_connection(self):
        connections = [self.connect() for _ in range(50)]
        for connection in connections:
            connection.sendall(struct.pack(">i", 90 * MEGABYTE) + b"\0\0\0\3")
        self.grown_at_most(8 * MEGABYTE)
        if fault.LONG:
            for connection in connections:
                self.assertTrue(self.closed(connection, 30))

    def test_a_reader_that_never_reads_is_cut_off(self):
        readers = [self.connect() for _ in range(20)]
        for reader in readers:
            reader.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                for number in range(2000):
                    reader.send(wire.fetch("t", 0, 0, MEGABYTE, number))
        time.sleep(1)
        self.be_served()
        self.grown_at_most(64 * MEGABYTE)
        fault.wait_for(lambda: self.connections() == 1, 20, "cutting readers off")

    def connections(self):
        """How many the broker believes it has."""
        (line,) = [line for line in self.broker.get("/metrics")[2].splitlines()
                   if line.startswith('polylog_connections{protocol="kafka"')]
        return float(line.rsplit(" ", 1)[1])

    @unittest.expectedFailure  # open error, docs/testing.md
    def test_clients_that_vanish_while_they_wait_are_noticed(self):
        body = struct.pack(">iiiib", -1, 1 << 30, 1 << 30, 1 << 20, 0)
        body += struct.pack(">i", 1) + wire.text("t")
        body += struct.pack(">iiqi", 1, 0, self.sent, MEGABYTE)
        waiting = [self.connect() for _ in range(5)]
        for connection in waiting:
            connection.sendall(wire.frame(wire.FETCH, 4, body))
        fault.wait_for(lambda: self.connections() == 6, 10, "connecting")
        for connection in waiting:
            reset(connection)
        fault.wait_for(lambda: self.connections() == 1, 3, "noticing")

    def test_resets_in_the_middle_of_anything(self):
        random = fault.seeded("resets")
        whole = wire.produce("t", 0, self.batch)
        sent = self.sent
        for number in range(fault.by_form(300, 3000)):
            connection = self.connect()
            if number % 3 == 0:
                connection.sendall(wire.fetch("t", 0, 0) * 5)
            else:
                connection.sendall(whole[:random.randrange(len(whole) - 1)])
            reset(connection)
        self.assertEqual(self.good.list_offsets("t", 0, wire.LATEST), (wire.NONE, sent))
        self.grown_at_most(32 * MEGABYTE)

    def test_hostile_frames(self):
        """Sizes that lie, counts that promise the earth, nonsense: an error, or the end."""
        random = fault.seeded("frames")
        huge = struct.pack(">i", 0x7FFFFFFF)
        requests = [
            struct.pack(">i", -1), struct.pack(">i", -2147483648), huge, struct.pack(">i", 0),
            struct.pack(">i", 1) + b"\0", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\0" * 20,
            wire.frame(999, 0, b""), wire.frame(wire.FETCH, 999, b""),
            wire.frame(wire.FETCH, -1, b""), wire.frame(wire.METADATA, 1, huge),
            wire.frame(wire.METADATA, 12, b"\0\xff\xff\xff\xff\x0f"),
            wire.frame(wire.FETCH, 4, struct.pack(">iiiib", -1, 10, 1, 1, 0) + huge),
            wire.frame(wire.PRODUCE, 3, struct.pack(">hhi", -1, -1, 1) + huge),
            wire.frame(wire.PRODUCE, 3, struct.pack(">hhi", -1, 7, 1) + struct.pack(">i", 0)),
            wire.produce("t", 0, self.batch[:-1]), wire.produce("t", 0, b"\0" * 61),
            wire.produce("t", 0, self.batch[:17] + b"\0\0\0\0" + self.batch[21:]),
            wire.produce("t", 0, self.batch[:57] + huge + self.batch[61:]),
            wire.produce("t", -1, self.batch), wire.produce("no such topic\n", 0, self.batch),
        ]
        by_hand = len(requests)  # the others may be right, and wait for long
        good = [wire.produce("t", 0, self.batch), wire.fetch("t", 0, 0),
                wire.list_offsets("t", 0, wire.LATEST)]
        for _ in range(fault.by_form(300, 5000)):
            mutated = bytearray(random.choice(good))
            for _ in range(random.randrange(1, 4)):
                mutated[random.randrange(4, min(len(mutated), 120))] = random.randrange(256)
            requests.append(bytes(mutated))
        for number, request in enumerate(requests):
            with self.connect() as connection:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
                if number < by_hand:
                    self.assertTrue(self.closed(connection), request[:64])
            self.assertIsNone(self.broker.process.poll(), f"died of {request[:200]!r}")
            if number % 50 == 0:
                self.assertEqual(self.good.list_offsets("t", 0, wire.EARLIEST), (wire.NONE, 0))
        self.grown_at_most(64 * MEGABYTE)

    def test_a_pause_of_the_process_only_delays(self):
        """SIGSTOP as a virtual machine that is moved: what was sent meanwhile is answered after."""
        answers = []

        def send():
            with wire.Connection(self.broker.kafka, 30) as connection:
                answers.append(connection.produce("t", 0, self.batch))

        for _ in range(fault.by_form(2, 10)):
            os.kill(self.broker.process.pid, 19)
            senders = [threading.Thread(target=send) for _ in range(5)]
            for sender in senders:
                sender.start()
            time.sleep(fault.by_form(0.5, 5))
            self.assertEqual(answers, [])
            os.kill(self.broker.process.pid, 18)
            for sender in senders:
                sender.join(30)
            self.assertEqual(sorted(answers), [(wire.NONE, self.sent + i * len(VALUES))
                                               for i in range(5)])
            self.sent += 5 * len(VALUES)
            answers.clear()
            self.be_served()


if __name__ == "__main__":
    fault.main()
