#!/usr/bin/env python3
"""Files of a stopped broker are damaged: found and reported, never served as good data.

One table of file kind x damage -> what has to happen. Each row damages a fresh copy of a data
directory, starts a broker on it, reads everything, and compares.
"""

import dataclasses
import functools
import shutil
import time
import unittest

import fault
import wire
from broker import Broker
from load import create_topic

RECORDS = 4  # in a batch
VALUE_BYTES = 4000
BATCHES = 440  # six full segments and one that is begun; the write-ahead log has come round
SEGMENT = 260  # offsets in a full segment
BEGAN_MS = 1_700_000_000_000
OFFSETS = BATCHES * RECORDS
SET = ("--set", "storage.wal_file_bytes=2MiB", "--set", "storage.wal_files_max=3",
       "--set", "storage.unflushed_bytes_max=1MiB", "--set", "storage.tail_cache_bytes=1MiB",
       "--set", "storage.disk_reserve_bytes=1MiB")


@functools.cache
def batch_at(offset):
    values = [(b"%08d" % (offset + i)) * (VALUE_BYTES // 8) for i in range(RECORDS)]
    return wire.batch_of(values, BEGAN_MS + offset)


# Damages

def flip(where):
    """One bit, at that part of the file's length."""
    def one_bit(path):
        data = bytearray(path.read_bytes())
        data[min(int(len(data) * where), len(data) - 1)] ^= 0x10
        path.write_bytes(data)
    return one_bit


def flip_batch(number):
    """One bit of a record in that batch of a segment."""
    def one_record(path):
        data = bytearray(path.read_bytes())
        data[number * len(batch_at(0)) + 5000] ^= 0x10
        path.write_bytes(data)
    return one_record


def zeros(path):
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle:middle + 4096] = bytes(min(4096, len(data) - middle))
    path.write_bytes(data)


def half(path):
    with open(path, "r+b") as file:
        file.truncate(path.stat().st_size // 2)


def empty(path):
    path.write_bytes(b"")


def remove(path):
    path.unlink()


# What has to happen

class Refused:
    """The start ends with status 70 and names the place; the directory is as it was."""
    def __init__(self, *words, untouched=True):
        self.words = words
        self.untouched = untouched


class Unreadable:
    """These offsets get that error, the metrics and the log say it; the others are served."""
    def __init__(self, error, first, end, metric):
        self.error = error
        self.offsets = range(first, end)
        self.metric = metric


class Whole:
    """Everything is served as it was acknowledged."""


@dataclasses.dataclass
class Row:
    file: str
    damage: object
    expected: object
    which: int = 0      # of the files that match
    killed: bool = False  # the broker was killed, not stopped


def one_batch(offset):
    return Unreadable(wire.CORRUPT_MESSAGE, offset, offset + RECORDS,
                      "polylog_corrupt_batches_total")


def rest_of_segment(segment, offset):
    end = min((segment + 1) * SEGMENT, OFFSETS)
    return Unreadable(wire.CORRUPT_MESSAGE, offset, end, "polylog_corrupt_batches_total")


OFFLINE = Unreadable(wire.STORAGE_ERROR, 0, OFFSETS, "polylog_partitions_offline")
SEGMENTS = "topics/t.*/0/*.log"
INDEXES = "topics/t.*/0/*.index"
TIME_INDEXES = "topics/t.*/0/*.timeindex"
METADATA = "topics/__cluster_metadata.*/0/*.log"
CHECKPOINT = "wal/0/checkpoint"
WAL = "wal/0/fsync/*.wal"

TABLE = (
    # A full segment: what cannot be read is refused, the rest is served.
    Row(SEGMENTS, flip_batch(32), one_batch(388), which=1),
    Row(SEGMENTS, zeros, one_batch(388), which=1),
    Row(SEGMENTS, half, rest_of_segment(1, 388), which=1),
    Row(SEGMENTS, empty, rest_of_segment(1, 260), which=1),
    Row(SEGMENTS, flip_batch(32), one_batch(388), which=1, killed=True),
    Row(SEGMENTS, half, rest_of_segment(1, 388), which=1, killed=True),
    # A segment that is gone takes its partition offline when somebody comes to it.
    Row(SEGMENTS, remove, Unreadable(wire.STORAGE_ERROR, 260, OFFSETS,
                                     "polylog_partitions_offline"), which=1),
    # The segment that is written to.
    Row(SEGMENTS, flip_batch(15), one_batch(1620), which=-1),
    Row(SEGMENTS, half, rest_of_segment(6, 1660), which=-1),
    Row(SEGMENTS, flip_batch(17), one_batch(1368), which=-1, killed=True),
    Row(SEGMENTS, half, OFFLINE, which=-1, killed=True),
    Row(SEGMENTS, remove, OFFLINE, which=-1, killed=True),
    # Indexes are made again from the batches.
    *(Row(files, damage, Whole(), which=1, killed=killed)
      for files in (INDEXES, TIME_INDEXES) for damage in (flip(0.3), half, empty, remove)
      for killed in (False, True)),
    Row("topics/t.*/0/leader-epoch-checkpoint", flip(0.5), Whole()),
    Row("topics/t.*/0/leader-epoch-checkpoint", remove, Whole()),
    # Without the metadata log nothing is known about topics.
    Row(METADATA, flip(0.5), Refused("__cluster_metadata", "checksum")),
    Row(METADATA, half, Refused("__cluster_metadata", "154 bytes long, but 308 had been written")),
    Row(METADATA, remove, Refused("__cluster_metadata", "is missing")),
    # The checkpoint
    *(Row(CHECKPOINT, damage, Refused("wal/0/checkpoint"), killed=killed)
      for damage in (flip(0.5), flip(0), half, empty) for killed in (False, True)),
    Row(CHECKPOINT, remove, Refused("begins with group", "but group 1 is missing")),
    Row(CHECKPOINT, remove, Refused("begins with group", "but group 1 is missing"), killed=True),
    # The write-ahead log: what recovery needs of it is refused when it is damaged, the rest is
    # never looked at.
    Row(WAL, flip(0.2), Whole(), which=-1),
    Row(WAL, remove, Refused("was durable when the checkpoint was written"), which=-1),
    Row(WAL, flip(0.2), Refused("0001.wal", "proves that group", "was durable"), which=-1,
        killed=True),
    Row(WAL, empty, Refused("was durable when the checkpoint was written"), which=-1, killed=True),
    Row(WAL, remove, Refused("was durable when the checkpoint was written"), which=-1, killed=True),
    Row(WAL, flip(0.2), Whole(), killed=True),
    # What the directory is
    *(Row("data-directory", damage, Refused("data-directory")) for damage in (half, empty, remove)),
    Row("data-directory", flip(0.5), Refused("data directory")),
)


def tree(directory):
    return {str(path.relative_to(directory)): path.read_bytes()
            for path in sorted(directory.rglob("*")) if path.is_file() and path.name != "lock"}


class Damage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.original = {killed: cls.fill(killed) for killed in (False, True)}

    @classmethod
    def fill(cls, killed):
        broker = cls.enterClassContext(Broker(*SET))
        create_topic(broker, "t", 1, segment_bytes=1 << 20)
        create_topic(broker, "other", 1)
        with wire.Connection(broker.kafka) as connection:
            for offset in range(0, OFFSETS, RECORDS):
                answer = connection.produce("t", 0, batch_at(offset))
                assert answer == (wire.NONE, offset), answer
            assert connection.produce("other", 0, batch_at(0)) == (wire.NONE, 0)
        time.sleep(0.3)  # a ring that has gone idle seals itself
        if killed:
            broker.kill()
        else:
            assert broker.stop() == 0
        return broker.data

    def damaged(self, row):
        """A broker that has not been started, on a copy that has been damaged."""
        broker = Broker(*SET)
        shutil.rmtree(broker.data, ignore_errors=True)
        shutil.copytree(self.original[row.killed], broker.data)
        row.damage(sorted(broker.data.glob(row.file))[row.which])
        return broker

    def check(self, row):
        broker = self.damaged(row)
        if isinstance(row.expected, Refused):
            self.check_refused(broker, row.expected)
            return
        with broker:
            lost = getattr(row.expected, "offsets", ())
            self.assertEqual(self.read(broker, lost), len(lost))
            if lost:
                metric = row.expected.metric
                metrics = broker.get("/metrics")[2]
                self.assertRegex(metrics, rf"(?m)^{metric}(\{{.*\}})? [1-9]")
                self.assertRegex(broker.log(), '"event":"(read_failed|log_damaged)"')
            self.assertEqual(broker.stop(), 0)
            broker.start()  # what is damaged is not taken for good later
            self.assertEqual(self.read(broker, lost) > 0, len(lost) > 0)

    def check_refused(self, broker, expected):
        before = tree(broker.data)
        try:
            self.assertRaises(AssertionError, broker.start)
            self.assertEqual(broker.process.returncode, 70)
            for word in expected.words:
                self.assertIn(word, broker.log())
            self.assertIn('"event":"start_failed"', broker.log())
            if expected.untouched:
                self.assertEqual(list(tree(broker.data)), list(before))
                self.assertTrue(tree(broker.data) == before)
        finally:
            broker.__exit__()

    def read(self, broker, lost):
        """How many offsets are refused; everything else must be there, to the last bit."""
        refused = 0
        with wire.Connection(broker.kafka) as connection:
            offset = 0
            while offset < OFFSETS:
                error, records = connection.fetch("t", 0, offset, 200_000)
                if error != wire.NONE:
                    self.assertIn(offset, lost)
                    refused += RECORDS
                    offset += RECORDS
                    continue
                found = list(wire.batches(records))
                self.assertGreater(len(found), 0, f"nothing at {offset}")
                for batch in found:
                    stored = records[batch.position:batch.position + batch.size]
                    self.assertEqual(batch.base, offset)
                    self.assertTrue(stored[16:] == batch_at(offset)[16:], f"at {offset}")
                    offset += RECORDS
            self.assertEqual(connection.fetch("other", 0, 0)[0], wire.NONE)
            if not lost:
                self.assertEqual(connection.list_offsets("t", 0, BEGAN_MS + 500), (0, 500))
        return refused

    def test_table(self):
        for row in TABLE:
            name = getattr(row.damage, "__name__")
            with self.subTest(file=row.file, damage=name, which=row.which, killed=row.killed):
                self.check(row)
        fault.say(f"{len(TABLE)} damages")

    def test_a_write_ahead_log_file_that_was_cut_short_is_refused(self):
        def cut(path):
            with open(path, "r+b") as file:
                file.truncate(path.stat().st_size // 5)
        self.check(Row(WAL, cut, Refused("0001.wal"), which=-1, killed=True))

    @fault.long_form_only
    def test_bits_anywhere(self):
        """Any one bit of any file: a refusal that names something, or everything served but what
        is refused."""
        random = fault.seeded("bits")
        counts = {"refused": 0, "unreadable": 0, "whole": 0}
        for _ in range(150):
            killed = random.random() < 0.5
            files = [path for path in sorted(self.original[killed].rglob("*"))
                     if path.is_file() and path.name != "lock" and path.stat().st_size > 0
                     and "topics/other." not in str(path)]  # read() wants that one to be served
            path = random.choice(files).relative_to(self.original[killed])
            where = random.random()
            with self.subTest(path=str(path), where=where, killed=killed):
                broker = self.damaged(Row(str(path), flip(where), None, killed=killed))
                try:
                    broker.start()
                except AssertionError:
                    self.assertEqual(broker.process.returncode, 70, broker.log())
                    self.assertIn("error: ", broker.log())
                    counts["refused"] += 1
                else:
                    refused = self.read(broker, range(OFFSETS))
                    self.assertLess(refused, OFFSETS)
                    counts["unreadable" if refused else "whole"] += 1
                finally:
                    broker.__exit__()
        fault.say(f"150 single bits: {counts}")


if __name__ == "__main__":
    fault.main()
