#!/usr/bin/env python3
"""The broker is killed under load, over and over: what was acknowledged must be there.

A kill takes the process but not the page cache, so topics with durability `os` lose nothing either.
Compared are records (offsets, order, once for idempotent producers), committed offsets, and where
group members resume.
"""

import time
import unittest

import fault
from broker import Broker
from ledger import Ledger, audit
from load import GroupReader, Load, create_topic, read_all

PARTITIONS = 3
TOPICS = {"once": ("fsync", True), "plain": ("fsync", False), "cached_once": ("os", True),
          "cached_plain": ("os", False)}
SMALL = ("--set", "storage.wal_files_max=4", "--set", "storage.unflushed_bytes_max=4MiB",
         "--set", "storage.tail_cache_bytes=8MiB", "--set", "storage.disk_reserve_bytes=8MiB")


class Kills(unittest.TestCase):
    def check(self, broker, ledger):
        told = ledger.acknowledged()
        for name, (_, once) in TOPICS.items():
            for place, entries in read_all(broker, name, PARTITIONS).items():
                self.assertIn(place, told)
                self.assertEqual(audit(place, told[place], entries, once), [])
        self.assertEqual(ledger.conflicts, [])

    def check_groups(self, broker, readers):
        for reader in readers:
            self.assertEqual(reader.errors, [])
            self.assertEqual(reader.check_committed(broker), [])
            ends = {partition: len(entries) for (_, partition), entries
                    in read_all(broker, reader.topic, PARTITIONS).items()}
            for partition, offset in reader.committed.items():
                seen = reader.seen[partition]
                self.assertEqual(seen, set(range(len(seen))), "a group skips no record")
                self.assertLessEqual(offset, ends[partition])

    def run_kills(self, kills, *flags):
        random = fault.seeded("kills")
        ledger = Ledger()
        slowest = 0
        with Broker(*SMALL, *flags) as broker:
            for name, (durability, _) in TOPICS.items():
                create_topic(broker, name, PARTITIONS, polylog_durability=durability,
                             segment_bytes=1 << 20)
            load = Load(broker, ledger)
            for name, (_, once) in TOPICS.items():
                for number in range(2):
                    load.add(f"{name}-{number}", name, PARTITIONS, once=once, per_second=1000,
                             value_bytes=500)
            readers = [GroupReader(broker, f"readers of {name}", name)
                       for name in ("once", "cached_plain")]
            with load, readers[0], readers[1]:
                for kill in range(kills):
                    time.sleep(random.uniform(0.1, fault.by_form(0.7, 2)))
                    broker.kill()
                    began = time.monotonic()
                    broker.start()
                    slowest = max(slowest, time.monotonic() - began)
                    if fault.LONG and kill % 5 == 4:
                        self.check(broker, ledger)
                time.sleep(1)
            self.assertEqual(load.errors, [])
            self.check(broker, ledger)
            self.check_groups(broker, readers)
            self.assertEqual(broker.stop(), 0)
            broker.start()
            self.check(broker, ledger)
            self.check_groups(broker, readers)
        commits = sum(len(reader.committed) for reader in readers)
        self.assertGreater(commits, 0)
        fault.say(f"{kills} kills: {ledger.count()} records acknowledged, 0 lost; slowest start "
                  f"{slowest:.2f} s")

    def test_with_one_shard(self):
        self.run_kills(fault.by_form(5, 25))

    @fault.long_form_only
    def test_with_two_shards(self):
        self.run_kills(25, "--set", "shards=2")

    @fault.long_form_only
    def test_with_threads_for_the_disk(self):
        self.run_kills(20, "--set", "disk.engine=threads")


if __name__ == "__main__":
    fault.main()
