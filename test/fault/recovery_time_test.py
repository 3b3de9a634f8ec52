#!/usr/bin/env python3
"""How long a broker takes to serve again. Times are printed, not judged: machines differ.

The long form kills a broker that holds ten gigabytes, in the middle of writing, and also starts one
with a thousand partitions. Everything acknowledged is read back.
"""

import json
import time
import unittest

import fault
import wire
from broker import Broker
from ledger import Ledger, audit, pack, unpack
from load import Load, create_topic, read_all

GIGABYTES = fault.by_form(0.2, 10)
VALUE_BYTES = 60_000
PARTITIONS = 4
TOPICS = fault.by_form(10, 100)
PARTITIONS_OF_EACH = 10


def started(broker):
    """(seconds until the listeners were open, by our clock; the broker's own milliseconds)."""
    began = time.monotonic()
    broker.start()
    seconds = time.monotonic() - began
    ready = [json.loads(line) for line in broker.log().splitlines() if '"event":"ready"' in line]
    return seconds, ready[-1]["took_ms"]


def shortened(value):
    """A record that says the same, for ten gigabytes do not fit in memory."""
    entry = unpack(value)
    return b"" if entry is None else pack(*entry, 0)


class Recovery(unittest.TestCase):
    def test_killed_with_a_large_log(self):
        with Broker("--set", "storage.wal_file_bytes=128MiB") as broker:
            fault.need_space(self, broker.directory, 1.5 * GIGABYTES + 4)
            create_topic(broker, "bulk", PARTITIONS)
            ledger = Ledger()
            load = Load(broker, ledger)
            for sender in ("a", "b"):
                load.add(sender, "bulk", PARTITIONS, once=True, per_second=1e6,
                         value_bytes=VALUE_BYTES)
            with load:
                began = time.monotonic()
                fault.wait_for(lambda: load.errors or
                               ledger.count() * VALUE_BYTES > GIGABYTES * 1e9, 900, "filling")
                filled = time.monotonic() - began
                broker.kill()
                seconds, took_ms = started(broker)
                with wire.Connection(broker.kafka) as connection:
                    self.assertEqual(connection.list_offsets("bulk", 0, wire.LATEST)[0], wire.NONE)
            self.assertEqual(load.errors, [])
            recovered = [json.loads(line) for line in broker.log().splitlines()
                         if '"event":"recovered"' in line][-1]
            fault.say(f"{GIGABYTES} GB in {filled:.0f} s, kill -9: serving after {seconds:.2f} s "
                      f"({took_ms:.0f} ms by its own clock), "
                      f"{recovered['bytes_replayed'] / 1e6:.0f} MB replayed")
            told = ledger.acknowledged()
            for place, entries in read_all(broker, "bulk", PARTITIONS, 900, shortened).items():
                self.assertEqual(audit(place, told[place], entries, once=True), [])


class Starts(unittest.TestCase):
    def test_empty(self):
        with Broker() as broker:
            self.assertEqual(broker.stop(), 0)
            figures = []
            for _ in range(5):
                figures.append(started(broker))
                self.assertEqual(broker.stop(), 0)
            self.say("an empty broker", figures)

    def test_many_partitions(self):
        with Broker() as broker:
            for number in range(TOPICS):
                create_topic(broker, f"topic-{number}", PARTITIONS_OF_EACH)
            batch = wire.batch_of([b"x" * 100], int(time.time() * 1000))
            with wire.Connection(broker.kafka) as connection:
                for number in range(TOPICS):
                    for partition in range(PARTITIONS_OF_EACH):
                        self.assertEqual(connection.produce(f"topic-{number}", partition, batch),
                                         (wire.NONE, 0))
            self.assertEqual(broker.stop(), 0)
            figures = []
            for _ in range(3):
                figures.append(started(broker))
                self.check(broker)
                self.assertEqual(broker.stop(), 0)
            self.say(f"{TOPICS * PARTITIONS_OF_EACH} partitions after a clean stop", figures)
            started(broker)
            broker.kill()
            self.say("the same after a kill", [started(broker)])
            self.check(broker)

    def check(self, broker):
        with wire.Connection(broker.kafka) as connection:
            for number in range(TOPICS):
                for partition in range(PARTITIONS_OF_EACH):
                    self.assertEqual(connection.list_offsets(f"topic-{number}", partition,
                                                             wire.LATEST), (wire.NONE, 1))

    @staticmethod
    def say(what, figures):
        best = min(took_ms for _, took_ms in figures)
        worst = max(took_ms for _, took_ms in figures)
        fault.say(f"{what}: ready in {best:.0f} to {worst:.0f} ms")


if __name__ == "__main__":
    fault.main()
