"""Clients while the broker is hurt: producers, group consumers, and reading everything back."""

import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

from ledger import pack

WAIT_SECONDS = 120
QUIET = {"log_level": 0, "error_cb": lambda error: None}
# Back within moments of the broker's return.
EAGER = {"reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 200, "retry.backoff.ms": 20,
         "topic.metadata.refresh.interval.ms": 1000}


def administer(broker, what, *arguments):
    """Calls a method of the admin client and waits for everything it promises."""
    client = AdminClient({"bootstrap.servers": broker.kafka, **QUIET})
    for future in getattr(client, what)(*arguments).values():
        future.result(WAIT_SECONDS)


def create_topic(broker, name, partitions=2, **config):
    """Config keys with `_` for `.`."""
    topic = NewTopic(name, num_partitions=partitions, replication_factor=1,
                     config=spelled(config))
    administer(broker, "create_topics", [topic])


def alter_topic(broker, name, **config):
    resource = ConfigResource(ConfigResource.Type.TOPIC, name, set_config=spelled(config))
    administer(broker, "alter_configs", [resource])


def spelled(config):
    return {key.replace("_", "."): str(value) for key, value in config.items()}


class Load:
    """Producers, one thread each, that run from entering to leaving whatever the broker does.

    Each writes to all partitions of its topic in turn, with acks=all, as fast as it is allowed to.
    On leaving, what is still on its way is delivered; with `abandon` it is given up instead.
    """

    def __init__(self, broker, ledger, abandon=False):
        self.broker = broker
        self.ledger = ledger
        self.abandon = abandon
        self._threads = []
        self._stop = threading.Event()
        self.errors = []

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(WAIT_SECONDS)
        self.errors += [f"{thread.name} did not end" for thread in self._threads
                        if thread.is_alive()]

    def add(self, sender, topic, partitions, once, per_second=2000, value_bytes=200):
        options = {"bootstrap.servers": self.broker.kafka, "acks": "all", "linger.ms": 2,
                   "enable.idempotence": once, "message.timeout.ms": WAIT_SECONDS * 1000,
                   "queue.buffering.max.messages": 20000, **EAGER, **QUIET}
        if not once:
            options["max.in.flight"] = 1  # else retries change the order
        self._threads.append(threading.Thread(
            target=self._produce, name=sender,
            args=(sender, topic, partitions, options, per_second, value_bytes)))

    def _produce(self, sender, topic, partitions, options, per_second, value_bytes):
        producer = Producer(options)

        def delivered(error, message):
            if error is None:
                place = (message.topic(), message.partition())
                self.ledger.acknowledge(place, message.offset(), message.value())
            elif error.code() not in (KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT):
                self.errors.append(f"{sender}: {message.topic()}-{message.partition()}: {error}")

        began = time.monotonic()
        count = 0
        while not self._stop.is_set() and not self.errors:
            allowed = (time.monotonic() - began) * per_second
            if count >= allowed:
                producer.poll(0.01)
                continue
            value = pack(sender, count // partitions, value_bytes)
            try:
                producer.produce(topic, value, partition=count % partitions, callback=delivered)
                count += 1
            except BufferError:
                producer.poll(0.05)
            except KafkaException as error:
                self.errors.append(f"{sender}: {error}")
            producer.poll(0)
        if self.abandon:
            producer.purge()
        if producer.flush(WAIT_SECONDS) > 0:
            self.errors.append(f"{sender}: records are left unsent")


def read_all(broker, topic, partitions, seconds=WAIT_SECONDS, of_value=bytes):
    """{(topic, partition): [(offset, of_value(value))]}, from the start to the end as of now."""
    read = {(topic, partition): [] for partition in range(partitions)}
    consumer = Consumer({"bootstrap.servers": broker.kafka, "group.id": "auditor",
                         "enable.auto.commit": False, "enable.partition.eof": True,
                         "check.crcs": True, "auto.offset.reset": "error",
                         "fetch.wait.max.ms": 10, **EAGER, **QUIET})
    try:
        starts = []
        for partition in range(partitions):
            low, _ = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)
            starts.append(TopicPartition(topic, partition, low))
        consumer.assign(starts)
        left = set(range(partitions))
        deadline = time.monotonic() + seconds
        while left:
            for message in consumer.consume(1000, timeout=1.0):
                error = message.error()
                if error is None:
                    read[(topic, message.partition())].append(
                        (message.offset(), of_value(message.value())))
                elif error.code() == KafkaError._PARTITION_EOF:
                    left.discard(message.partition())
                else:
                    raise AssertionError(f"reading {topic}-{message.partition()}: {error}")
            if time.monotonic() > deadline:
                raise AssertionError(f"partitions {left} of {topic} did not end within {seconds} s")
    finally:
        consumer.close()
    return read


class GroupReader:
    """A group member in a thread of its own that commits as it goes, whatever the broker does.

    Knows what it was told was committed, and complains when it is handed records that do not
    continue where the group can have been.
    """

    def __init__(self, broker, group, topic):
        self.broker = broker
        self.group = group
        self.topic = topic
        self.committed = {}  # partition -> offset, acknowledged
        self.attempted = {}  # partition -> offset, at least sent
        self.seen = {}       # partition -> set of offsets
        self.errors = []
        self._next = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=group)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(WAIT_SECONDS)
        if self._thread.is_alive():
            self.errors.append(f"the member of {self.group} did not end")

    def _run(self):
        consumer = Consumer({"bootstrap.servers": self.broker.kafka, "group.id": self.group,
                             "enable.auto.commit": False, "auto.offset.reset": "earliest",
                             "session.timeout.ms": 6000, "fetch.wait.max.ms": 20, **EAGER,
                             **QUIET})
        consumer.subscribe([self.topic], on_assign=lambda *_: self._next.clear())
        while not self._stop.is_set():
            messages = [message for message in consumer.consume(500, timeout=0.2)
                        if message.error() is None]
            for message in messages:
                self._take(message.partition(), message.offset())
            if messages:
                self._commit(consumer)
        consumer.close()

    def _take(self, partition, offset):
        expected = self._next.get(partition)
        if expected is None:
            least = self.committed.get(partition, 0)
            most = self.attempted.get(partition, 0)
            if not least <= offset <= most:
                self.errors.append(f"{self.group}: {self.topic}-{partition} resumed at {offset}, "
                                   f"committed were {least} to {most}")
        elif offset != expected:
            self.errors.append(f"{self.group}: {self.topic}-{partition} gave {offset} "
                               f"instead of {expected}")
        self._next[partition] = offset + 1
        self.seen.setdefault(partition, set()).add(offset)

    def _commit(self, consumer):
        offsets = [TopicPartition(self.topic, partition, offset)
                   for partition, offset in self._next.items()]
        for position in offsets:
            self.attempted[position.partition] = position.offset
        try:
            for position in consumer.commit(offsets=offsets, asynchronous=False):
                if position.error is None:
                    self.committed[position.partition] = position.offset
        except KafkaException:
            pass  # not acknowledged: it may be there or not

    def check_committed(self, broker):
        """What is wrong with the offsets that the broker says the group has committed."""
        consumer = Consumer({"bootstrap.servers": broker.kafka, "group.id": self.group,
                             **EAGER, **QUIET})
        try:
            asked = [TopicPartition(self.topic, partition) for partition in sorted(self.attempted)]
            told = {position.partition: position.offset
                    for position in consumer.committed(asked, timeout=30)} if asked else {}
        finally:
            consumer.close()
        return [f"{self.group}: {self.topic}-{partition} is committed up to {offset}, "
                f"acknowledged was {self.committed.get(partition, 0)}"
                for partition, offset in told.items()
                if not self.committed.get(partition, 0) <= max(offset, 0)
                <= self.attempted[partition]]
