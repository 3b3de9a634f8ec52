#!/usr/bin/env python3
"""The disk fills up for real: appends are refused in words that clients wait for, reads and deletes
go on, and appends are accepted again without a restart, whoever freed the space."""

import functools
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
from ledger import Ledger, audit
from load import Load, administer, alter_topic, create_topic, read_all

MEGABYTES = 160
RESERVE = 16 << 20
ROOM = 10 << 20  # that a test can fill before the reserve is reached
LOOK_SECONDS = 1.2  # after which the broker has seen what somebody else took or freed
SLACK = 1 << 20  # of the reserve, for what is no record: indexes, checkpoints, directories
FLAGS = ("--set", "storage.wal_file_bytes=4MiB", "--set", "storage.wal_files_max=3",
         "--set", "storage.unflushed_bytes_max=1MiB", "--set", "storage.tail_cache_bytes=4MiB",
         # Only the reserve counts here, not how full a small disk is.
         "--set", "limits.disk_scarce_bytes=0",
         "--set", f"storage.disk_reserve_bytes={RESERVE}",
         "--set", "kafka.log.retention.check.interval.ms=500",
         "--set", "kafka.log.segment.delete.delay.ms=0")
RECOVERY_SECONDS = 5


class SmallDisk(unittest.TestCase):
    """A broker on a file system of a few megabytes."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="polylog-fault-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.mount = self.enterContext(self.file_system())
        self.broker = Broker(*FLAGS)
        self.broker.data = self.mount / "data"
        self.enterContext(self.broker)
        create_topic(self.broker, "full", 1, segment_bytes=1 << 20)
        create_topic(self.broker, "other", 1, segment_bytes=1 << 20)
        self.sent = {"full": 0, "other": 0}
        with wire.Connection(self.broker.kafka) as connection:
            for topic in self.sent:
                self.assertEqual(self.send(connection, topic), wire.NONE)
        self.ballast = self.mount / "ballast"
        with open(self.ballast, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, self.free() - RESERVE - ROOM)

    def free(self):
        status = os.statvfs(self.mount)
        return status.f_bavail * status.f_frsize

    def file_system(self):
        if reason := loop_disk.why_impossible(self.directory):
            self.skipTest(reason)
        return loop_disk.Small(self.directory / "small", "ext4", MEGABYTES)

    @staticmethod
    @functools.cache
    def batch(topic):
        return wire.batch_of([topic.encode(), b"x" * 60_000], int(time.time() * 1000))

    def send(self, connection, topic):
        error, base = connection.produce(topic, 0, self.batch(topic))
        if error == wire.NONE:
            self.assertEqual(base, self.sent[topic])
            self.sent[topic] += 2
        return error

    def fill(self, blindly=False):
        """Sends until the broker refuses; the error is one that clients repeat after. Blindly:
        before it knows of the ballast, so that nothing keeps it from the reserve."""
        if not blindly:
            time.sleep(LOOK_SECONDS)
        with wire.Connection(self.broker.kafka) as connection:
            for number in range(2 * MEGABYTES * 16):
                topic = "full" if number % 8 else "other"
                error = self.send(connection, topic)
                if error != wire.NONE:
                    self.assertEqual(error, wire.STORAGE_ERROR)
                    time.sleep(1.1)  # what is written behind comes to rest
                    error = self.send(connection, "full")
                    if error != wire.NONE:
                        break
            self.assertEqual(error, wire.STORAGE_ERROR)
        if not blindly:
            self.assertGreater(self.free(), RESERVE - SLACK)
        metrics = self.broker.get("/metrics")[2]
        self.assertRegex(metrics, r"(?m)^polylog_refused_appends_total(\{.*\})? [1-9]")
        self.assertRegex(metrics, r"(?m)^polylog_shards_refusing_appends(\{.*\})? [1-9]")
        self.assertEqual(self.broker.get("/livez")[0], 200)
        self.assertEqual(self.broker.get("/readyz")[0], 503)

    def check_reads(self, topics=("full", "other")):
        for topic in topics:
            (entries,) = read_all(self.broker, topic, 1).values()
            self.assertEqual(entries[-1][0] + 1, self.sent[topic])
            offsets = [offset for offset, _ in entries]
            self.assertEqual(offsets, list(range(offsets[0], self.sent[topic])))
            for offset, value in entries:
                expected = topic if offset % 2 == 0 else "x" * 60_000
                self.assertEqual(value.decode(), expected)

    def wait_until_accepted(self, topic="full"):
        with wire.Connection(self.broker.kafka) as connection:
            began = time.monotonic()
            fault.wait_for(lambda: all(self.send(connection, topic) == wire.NONE
                                       for _ in range(10)), RECOVERY_SECONDS, "accepting again")
            fault.say(f"accepted again after {time.monotonic() - began:.2f} s")
        fault.wait_for(lambda: self.broker.get("/readyz")[0] == 200, RECOVERY_SECONDS, "ready")

    def delete_records(self):
        before = self.sent["full"] // 2
        with wire.Connection(self.broker.kafka) as connection:
            self.assertEqual(connection.delete_records("full", 0, before), (wire.NONE, before))


class DiskFull(SmallDisk):
    def test_deleting_records_makes_room(self):
        self.fill()
        self.check_reads()
        self.delete_records()
        self.wait_until_accepted()
        self.check_reads()

    def test_deleting_a_topic_makes_room(self):
        self.fill()
        administer(self.broker, "delete_topics", ["full"])
        self.wait_until_accepted("other")
        self.check_reads(["other"])

    @fault.long_form_only
    def test_retention_makes_room(self):
        self.fill()
        alter_topic(self.broker, "full", retention_bytes=2 << 20)
        self.wait_until_accepted()
        self.check_reads()

    @fault.long_form_only
    def test_room_made_by_somebody_else(self):
        self.fill()
        self.ballast.unlink()
        self.wait_until_accepted()
        self.check_reads()

    def test_clients_wait_and_lose_nothing(self):
        self.fill()
        ledger = Ledger()
        load = Load(self.broker, ledger)
        load.add("patient", "other", 1, once=True, per_second=200, value_bytes=500)
        with load:
            time.sleep(1.5)
            self.assertEqual(ledger.count(), 0, "full is full")
            self.ballast.unlink()
            fault.wait_for(lambda: ledger.count() > 200, 20, "the producer goes on")
        self.assertEqual(load.errors, [])
        told = ledger.acknowledged()[("other", 0)]
        (entries,) = read_all(self.broker, "other", 1).values()
        first = min(told)
        self.assertEqual(audit("other", told, [entry for entry in entries if entry[0] >= first],
                               once=True, start=first), [])

    def start_while_full(self):
        for _ in range(3):
            self.broker.kill()
            self.broker.start()
            self.check_reads()
        self.assertEqual(self.broker.stop(), 0)
        self.broker.start()
        self.check_reads()

    def start_with_room(self):
        self.wait_until_accepted()
        self.broker.kill()
        self.broker.start()
        self.check_reads()

    @fault.long_form_only
    def test_killed_and_started_while_full(self):
        self.fill()
        self.start_while_full()
        self.delete_records()
        self.start_with_room()

    @fault.long_form_only
    def test_started_while_nothing_is_left_of_the_reserve(self):
        self.fill(blindly=True)
        self.start_while_full()
        self.delete_records()
        self.ballast.unlink()
        self.start_with_room()


if __name__ == "__main__":
    fault.main()
