#!/usr/bin/env python3
"""The power goes while producers write, over and over: what was acknowledged must be there.

The data directory is on a file system of its own whose power is cut (loop_disk.py). Topics with
durability `fsync` must have every acknowledged record at its offset, without gaps; those of
idempotent producers once and in order. Topics with durability `os` may lose acknowledged records,
but only the last ones of a partition.

What a variant proves:
  ext4, xfs            acknowledged records had left the page cache, with all metadata that finding
                       them takes: a write to a file that is not allocated yet would be lost.
  ... volatile cache   they had also been flushed out of the disk's own write cache.
What none proves: a disk that lies about flushes, or tears the sectors it is writing. The simulated
disk does those.
"""

import mmap
import os
import pathlib
import shutil
import tempfile
import time
import unittest

import fault
import loop_disk
import wire
from broker import Broker
from ledger import Ledger, audit, lost_tail
from load import Load, create_topic, read_all

PARTITIONS = 3
ONCE = True
AT_LEAST_ONCE = False
TOPICS = {"once": ("fsync", ONCE), "plain": ("fsync", AT_LEAST_ONCE),
          "cached": ("os", AT_LEAST_ONCE)}
# Small, so that files of the write-ahead log come round and checkpoints happen between the cuts.
SMALL = ("--set", "storage.wal_files_max=4", "--set", "storage.unflushed_bytes_max=4MiB",
         "--set", "storage.tail_cache_bytes=8MiB", "--set", "storage.disk_reserve_bytes=8MiB")


class OnADisk(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="polylog-fault-"))
        self.addCleanup(shutil.rmtree, self.directory)

    def disk(self, kind, volatile=False, megabytes=768):
        if reason := loop_disk.why_impossible(self.directory, kind):
            self.skipTest(reason)
        return self.enterContext(loop_disk.LoopDisk(self.directory / "disk", kind,
                                                    fault.by_form(megabytes, 4 * megabytes),
                                                    volatile))


class Tool(OnADisk):
    """The tool itself: what is synced stays, what is not is lost, a flush makes the difference."""

    def write(self, path, how, size=4096):
        page = mmap.mmap(-1, size)
        page.write(b"z" * size)
        file = os.open(path, os.O_CREAT | os.O_WRONLY | how)
        try:
            os.writev(file, [page])
            return file
        except BaseException:
            os.close(file)
            raise

    def check(self, kind, volatile):
        disk = self.disk(kind, volatile, megabytes=320)
        files = disk.mount_point
        for name in ("synced", "overwritten"):
            file = self.write(files / name, 0)
            os.fsync(file)
            os.close(file)
        root = os.open(files, os.O_RDONLY)
        os.fsync(root)
        os.close(root)
        (files / "cached").write_bytes(b"z" * 8192)
        page = mmap.mmap(-1, 4096)
        page.write(b"y" * 4096)
        file = os.open(files / "overwritten", os.O_WRONLY | os.O_DIRECT)
        os.writev(file, [page])  # in place, in the device, not flushed
        os.close(file)
        disk.cut()
        self.assertRaises(OSError, (files / "synced").read_bytes)
        disk.restore()
        self.assertEqual((files / "synced").read_bytes(), b"z" * 4096)
        self.assertFalse((files / "cached").exists())
        kept = b"z" if volatile else b"y"
        self.assertEqual((files / "overwritten").read_bytes()[:1], kept)

    def test_ext4(self):
        self.check("ext4", volatile=False)

    def test_ext4_with_a_volatile_cache(self):
        self.check("ext4", volatile=True)

    def test_xfs(self):
        self.check("xfs", volatile=False)

    def test_xfs_with_a_volatile_cache(self):
        self.check("xfs", volatile=True)


class AfterACut(OnADisk):
    # A producer that is told of a gap in its sequence begins a new epoch and sends again what the
    # failed log refused. Some of that may have reached the disk, and would be there twice.
    def test_an_idempotent_producer_hears_of_the_disk_not_of_its_sequence(self):
        disk = self.disk("ext4", megabytes=320)
        broker = Broker(*SMALL)
        broker.data = disk.mount_point / "data"
        self.enterContext(broker)
        create_topic(broker, "once", 1)
        with wire.Connection(broker.kafka) as connection:
            producer = connection.init_producer_id()
            now_ms = int(time.time() * 1000)

            def send(number):
                batch = wire.batch_of([b"x"], now_ms, *producer, number)
                return connection.produce("once", 0, batch)

            self.assertEqual(send(0), (wire.NONE, 0))
            disk.cut()
            for number in (1, 2, 3, 1):
                self.assertEqual(send(number)[0], wire.STORAGE_ERROR)
        broker.kill()
        disk.restore()
        broker.start()
        with wire.Connection(broker.kafka) as connection:
            # Repeated from the beginning, all that is there is recognised and the rest follows.
            self.assertEqual([send(number) for number in range(4)],
                             [(wire.NONE, number) for number in range(4)])


class PowerCuts(OnADisk):
    def setUp(self):
        super().setUp()
        self.ledger = Ledger()
        self.cached = Ledger()
        self.lost = 0
        self.random = fault.seeded("power cuts")

    def run_cuts(self, kind, volatile, cuts):
        disk = self.disk(kind, volatile)
        broker = Broker(*SMALL)
        broker.data = disk.mount_point / "data"
        self.enterContext(broker)
        for name, (durability, _) in TOPICS.items():
            create_topic(broker, name, PARTITIONS, polylog_durability=durability,
                         segment_bytes=1 << 20)
        load = self.load = Load(broker, self.ledger)
        for name in ("a", "b"):
            load.add(f"once-{name}", "once", PARTITIONS, once=True, per_second=1000,
                     value_bytes=1000)
            load.add(f"plain-{name}", "plain", PARTITIONS, once=False, per_second=1000,
                     value_bytes=1000)
        with load:
            for cut in range(cuts):
                self.cut_once(cut, disk, broker)
        self.check_durable(broker)
        self.assertEqual(broker.stop(), 0)
        broker.start()
        self.check_durable(broker)
        fault.say(f"{cuts} cuts of {kind}{' with a volatile cache' if volatile else ''}: "
                  f"{self.ledger.count()} records acknowledged on fsync topics, 0 lost; "
                  f"{self.cached.count() + self.lost} on os topics, {self.lost} lost at the end "
                  "of a partition")

    def cut_once(self, cut, disk, broker):
        cached = Load(broker, self.cached, abandon=True)
        cached.add(f"cached-{cut}", "cached", PARTITIONS, once=False, value_bytes=300)
        with cached:
            time.sleep(self.random.uniform(0.3, fault.by_form(0.9, 2)))
            disk.cut()
            time.sleep(self.random.choice((0, 0.02, 0.2)))
            broker.kill()
        self.assertEqual(cached.errors, [])
        disk.restore()
        broker.start()
        self.check_cached(broker)
        if cut % 5 == 0:
            self.check_durable(broker)

    def check_durable(self, broker):
        self.assertEqual(self.load.errors, [])
        told = self.ledger.acknowledged()
        self.assertGreater(len(told), 0)
        for name in ("once", "plain"):
            for place, entries in read_all(broker, name, PARTITIONS).items():
                self.assertEqual(audit(place, told.get(place, {}), entries, TOPICS[name][1]), [])
        self.assertEqual(self.ledger.conflicts, [])

    def check_cached(self, broker):
        told = self.cached.acknowledged()
        for place, entries in read_all(broker, "cached", PARTITIONS).items():
            gone, violations = lost_tail(told.get(place, {}), entries)
            self.assertEqual(violations, [])
            self.lost += len(gone)
            self.cached.forget(place, gone)
            left = self.cached.acknowledged().get(place, {})
            self.assertEqual(audit(place, left, entries, AT_LEAST_ONCE), [])
        self.assertEqual(self.cached.conflicts, [])

    def test_ext4(self):
        self.run_cuts("ext4", volatile=False, cuts=fault.by_form(2, 20))

    def test_ext4_with_a_volatile_cache(self):
        self.run_cuts("ext4", volatile=True, cuts=fault.by_form(1, 20))

    @fault.long_form_only
    def test_xfs(self):
        self.run_cuts("xfs", volatile=False, cuts=20)

    @fault.long_form_only
    def test_xfs_with_a_volatile_cache(self):
        self.run_cuts("xfs", volatile=True, cuts=20)


if __name__ == "__main__":
    fault.main()
