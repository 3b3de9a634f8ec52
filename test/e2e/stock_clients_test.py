"""Debian's stock clients against the real broker: kcat, kafka-python, confluent-kafka.

Goal: everything they send is acknowledged, stored once, in order, and read back, in every codec, by
a group whose members come and go, and across the death of the broker in the middle.
"""

import collections
import os
import signal
import subprocess
import threading
import time
import unittest

from broker import Broker

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
WAIT_SECONDS = 60


def kcat(broker, *words, text=""):
    done = subprocess.run(["kcat", "-b", broker.kafka, *words], input=text, capture_output=True,
                          text=True, timeout=WAIT_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Kcat(unittest.TestCase):
    def test_every_codec_round_trips_with_keys_and_headers(self):
        with Broker() as broker:
            for codec in CODECS:
                sent = "".join(f"k{i}:value {i} {'x' * 50}\n" for i in range(500))
                kcat(broker, "-t", codec, "-P", "-K:", "-z", codec, "-H", "a=b", text=sent)
                read = kcat(broker, "-t", codec, "-C", "-e", "-q", "-f", "%k:%s:%h\n")
                expected = [line + ":a=b" for line in sent.splitlines()]
                self.assertEqual(sorted(read.splitlines()), sorted(expected))

    def test_offsets_by_time_are_exact(self):
        with Broker() as broker:
            kcat(broker, "-t", "timed", "-P", "-p", "0", text="first\nsecond\n")
            time.sleep(0.05)
            middle_ms = int(time.time() * 1000)
            time.sleep(0.05)
            kcat(broker, "-t", "timed", "-P", "-p", "0", text="third\n")
            read = kcat(broker, "-t", "timed", "-C", "-p", "0", "-o", f"s@{middle_ms}", "-e", "-q")
            self.assertEqual(read, "third\n")


class KafkaPython(unittest.TestCase):
    def test_a_group_shares_a_topic_and_survives_a_member_leaving(self):
        from kafka import KafkaConsumer, KafkaProducer

        with Broker() as broker:
            producer = KafkaProducer(bootstrap_servers=broker.kafka, acks="all")
            for i in range(1000):
                producer.send("shared", key=b"%d" % i, value=b"%d" % i)
            producer.flush(WAIT_SECONDS)
            seen = collections.Counter()
            lock = threading.Lock()

            def consume(limit):
                consumer = KafkaConsumer("shared", bootstrap_servers=broker.kafka,
                                         group_id="readers", auto_offset_reset="earliest",
                                         consumer_timeout_ms=5000, max_poll_records=50)
                for count, message in enumerate(consumer, 1):
                    with lock:
                        seen[(message.partition, message.offset)] += 1
                    if count == limit:
                        break
                consumer.close()

            members = [threading.Thread(target=consume, args=(limit,))
                       for limit in (100, None, None)]
            for member in members:
                member.start()
            for member in members:
                member.join(WAIT_SECONDS)
            self.assertEqual(len(seen), 1000, "every record was read by some member")
            producer.close()


class ConfluentKafka(unittest.TestCase):
    def test_an_idempotent_producer_loses_and_repeats_nothing_across_kills(self):
        from confluent_kafka import Consumer, Producer

        with Broker() as broker:
            producer = Producer({"bootstrap.servers": broker.kafka, "enable.idempotence": True,
                                 "message.timeout.ms": WAIT_SECONDS * 1000, "linger.ms": 5,
                                 "topic.metadata.refresh.interval.ms": 500, "retry.backoff.ms": 50,
                                 "reconnect.backoff.max.ms": 200})
            acknowledged = {}

            def delivered(error, message):
                assert error is None, error
                acknowledged[int(message.value())] = (message.partition(), message.offset())

            # The broker comes back on the port it had: a producer of its own finds it again.
            broker.kafka_port = int(broker.kafka.rsplit(":", 1)[1])
            for number in range(6000):
                producer.produce("sure", str(number), partition=number % 4, callback=delivered)
                producer.poll(0)
                if number % 1500 == 1499:
                    producer.poll(0.05)
                    os.kill(broker.process.pid, signal.SIGKILL)
                    broker.process.wait(WAIT_SECONDS)
                    broker.start()
            self.assertEqual(producer.flush(WAIT_SECONDS), 0)
            self.assertEqual(len(acknowledged), 6000)

            consumer = Consumer({"bootstrap.servers": broker.kafka, "group.id": "auditor",
                                 "auto.offset.reset": "earliest", "enable.partition.eof": True})
            consumer.subscribe(["sure"])
            read = collections.defaultdict(list)
            ended = set()
            deadline = time.monotonic() + WAIT_SECONDS
            while len(ended) < 4 and time.monotonic() < deadline:
                message = consumer.poll(1.0)
                if message is None:
                    continue
                if message.error():
                    ended.add(message.partition())
                else:
                    read[message.partition()].append((message.offset(), int(message.value())))
            consumer.close()
            for partition in range(4):
                offsets = [offset for offset, _ in read[partition]]
                values = [value for _, value in read[partition]]
                self.assertEqual(offsets, list(range(1500)), "no gap")
                self.assertEqual(values, list(range(partition, 6000, 4)),
                                 "nothing lost, repeated or reordered")


if __name__ == "__main__":
    unittest.main(argv=["stock_clients_test"])
