#!/usr/bin/env python3
"""A data set of order events through the whole broker: kcat produces, two groups consume, members
come and go, the broker is killed in the middle, and every record is accounted for.

The short form has 50,000 events, the long one (`make dataset`) 1,000,000.
"""

import collections
import json
import subprocess
import threading
import time
import unittest

from confluent_kafka import Consumer, KafkaException

import fault
from broker import Broker
from load import EAGER, QUIET, create_topic
from orders import SOURCES, events, of_source

COUNT = fault.by_form(50_000, 1_000_000)
PARTITIONS = 6
SECONDS = fault.by_form(60, 900)


class Member:
    """A member of a group in a thread of its own; commits what it has noted."""

    def __init__(self, broker, group):
        self.broker = broker
        self.group = group
        self.leave = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.error = None
        self.thread.start()

    def run(self):
        try:
            consumer = Consumer({
                "bootstrap.servers": self.broker.kafka, "group.id": self.group.name,
                "enable.auto.commit": False, "auto.offset.reset": "earliest", "check.crcs": True,
                "session.timeout.ms": 6000, "partition.assignment.strategy": "range", **EAGER,
                **QUIET})
            consumer.subscribe(["orders"], on_revoke=lambda one, _: self.commit(one))
            while not self.leave.is_set():
                messages = [message for message in consumer.consume(2000, timeout=0.2)
                            if message.error() is None]
                self.group.note(messages)
                if messages:
                    self.commit(consumer)
            consumer.close()
        except Exception as error:
            self.error = error
            raise

    @staticmethod
    def commit(consumer):
        try:
            consumer.commit(asynchronous=False)
        except KafkaException:
            pass  # nothing to commit, or the broker is away: it is read again

    def end(self):
        self.leave.set()
        self.thread.join(SECONDS)
        assert not self.thread.is_alive() and self.error is None, self.error


class Group:
    """What all members of a group have read, by place in the log."""

    def __init__(self, name):
        self.name = name
        self.lock = threading.Lock()
        self.read = collections.defaultdict(dict)  # partition -> offset -> record
        self.deliveries = 0
        self.conflicts = []

    def note(self, messages):
        with self.lock:
            for message in messages:
                record = (message.key(), message.value(), tuple(message.headers() or ()),
                          message.timestamp())
                before = self.read[message.partition()].setdefault(message.offset(), record)
                self.deliveries += 1
                if before != record:
                    self.conflicts.append((message.partition(), message.offset()))

    def count(self):
        with self.lock:
            return sum(map(len, self.read.values()))


class Producers:
    """One kcat for each source, idempotent, so that the order of each key survives the kill."""

    def __init__(self, broker):
        self.processes = []
        self.feeders = []
        for source in SOURCES:
            process = subprocess.Popen(
                ["kcat", "-E", "-b", broker.kafka, "-P", "-t", "orders", "-K", "\t", "-z", "lz4",
                 "-H", f"source={source}", "-H", "schema=order-1",
                 "-X", "enable.idempotence=true", "-X", "partitioner=murmur2_random",
                 "-X", "reconnect.backoff.ms=20", "-X", "reconnect.backoff.max.ms=200",
                 "-X", "message.timeout.ms=120000"],
                stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            feeder = threading.Thread(target=self.feed, args=(process, source))
            feeder.start()
            self.processes.append(process)
            self.feeders.append(feeder)

    @staticmethod
    def feed(process, source):
        process.stdin.writelines(of_source(COUNT, source))
        process.stdin.close()

    def end(self):
        for process, feeder in zip(self.processes, self.feeders):
            feeder.join(SECONDS)
            assert process.wait(SECONDS) == 0


class Orders(unittest.TestCase):
    def test_every_event_is_accounted_for_in_both_groups(self):
        with Broker("--set", "shards=2", "--set", "storage.wal_file_bytes=16MiB") as broker:
            create_topic(broker, "orders", PARTITIONS)
            began_ms = time.time() * 1000
            broker.kafka_port = int(broker.kafka.rsplit(":", 1)[1])
            billing, shipping = Group("billing"), Group("shipping")
            members = [Member(broker, billing), Member(broker, shipping), Member(broker, shipping)]
            try:
                producers = Producers(broker)
                fault.wait_for(lambda: billing.count() > COUNT // 5, SECONDS, "reading")
                members.append(Member(broker, billing))  # a rebalance in the middle
                fault.wait_for(lambda: shipping.count() > COUNT // 3, SECONDS, "reading")
                broker.kill()
                read_at_kill = shipping.count()
                self.assertLess(read_at_kill, COUNT)
                broker.start()
                members.pop(1).end()  # another, after the kill
                producers.end()
                for group in (billing, shipping):
                    fault.wait_for(lambda group=group: group.count() >= COUNT, SECONDS, "the end")
                time.sleep(0.5)  # what would be too much may still come
            finally:
                for member in members:
                    member.leave.set()
                for member in members:
                    member.end()
            for group in (billing, shipping):
                self.check(group, began_ms)
            self.assertEqual(billing.read, shipping.read)
            fault.say(f"{COUNT} events, killed when {read_at_kill} had been read; deliveries: "
                      f"billing {billing.deliveries}, shipping {shipping.deliveries}")

    def check(self, group, began_ms):
        self.assertEqual(group.conflicts, [])
        expected = {}
        for source, key, value in events(COUNT):
            expected.setdefault(key, []).append((source, value))
        found = collections.defaultdict(list)
        for records in group.read.values():
            self.assertEqual(sorted(records), list(range(len(records))), "offsets without a gap")
            for offset in range(len(records)):
                key, value, headers, (kind, stamp_ms) = records[offset]
                source = dict(headers)["source"].decode()
                self.assertEqual(dict(headers)["schema"], b"order-1")
                self.assertEqual(kind, 1)  # the producer's time
                self.assertTrue(began_ms - 1000 < stamp_ms < time.time() * 1000 + 1000)
                found[key.decode()].append((source, value.decode()))
        self.assertEqual(sum(map(len, found.values())), COUNT)
        for key, history in expected.items():
            self.assertEqual(found[key], history, f"{key}: all of its events, once, in order")
            self.assertEqual([json.loads(value)["count"] for _, value in history],
                             list(range(len(history))))


if __name__ == "__main__":
    fault.main()
