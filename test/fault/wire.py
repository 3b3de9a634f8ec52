"""Just enough of the Kafka protocol to see exact error codes, batches and sockets."""

import collections
import socket
import struct

PRODUCE, FETCH, LIST_OFFSETS, METADATA = 0, 1, 2, 3
API_VERSIONS, DELETE_RECORDS, INIT_PRODUCER_ID = 18, 21, 22
NONE, CORRUPT_MESSAGE, STORAGE_ERROR = 0, 2, 56
EARLIEST, LATEST = -2, -1

Batch = collections.namedtuple("Batch", "base size epoch producer producer_epoch sequence count "
                                        "position")


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


def frame(api, version, body, correlation=1):
    header = struct.pack(">hhi", api, version, correlation) + text("fault")
    return struct.pack(">i", len(header) + len(body)) + header + body


def produce(topic, partition, batch, acks=-1):
    body = struct.pack(">hhi", -1, acks, 5000) + struct.pack(">i", 1) + text(topic)
    body += struct.pack(">iii", 1, partition, len(batch)) + batch
    return frame(PRODUCE, 3, body)


def fetch(topic, partition, offset, max_bytes=1 << 20, correlation=1):
    body = struct.pack(">iiiib", -1, 10, 1, 50 << 20, 0) + struct.pack(">i", 1) + text(topic)
    body += struct.pack(">iiqi", 1, partition, offset, max_bytes)
    return frame(FETCH, 4, body, correlation)


def delete_records(topic, partition, before):
    body = struct.pack(">i", 1) + text(topic) + struct.pack(">iiqi", 1, partition, before, 10000)
    return frame(DELETE_RECORDS, 0, body)


def init_producer_id():
    return frame(INIT_PRODUCER_ID, 0, struct.pack(">hi", -1, 60000))


def list_offsets(topic, partition, timestamp):
    body = struct.pack(">ii", -1, 1) + text(topic) + struct.pack(">iiq", 1, partition, timestamp)
    return frame(LIST_OFFSETS, 1, body)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def _crc_table():
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        yield value


CRC_TABLE = list(_crc_table())


def _varint(value):
    value = (value << 1) ^ (value >> 63)
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def batch_of(values, timestamp_ms, producer=-1, producer_epoch=-1, sequence=-1):
    """A record batch as a plain producer sends it, or an idempotent one."""
    records = b""
    for delta, value in enumerate(values):
        record = b"\0" + _varint(0) + _varint(delta) + _varint(-1) + _varint(len(value)) + value
        record += _varint(0)
        records += _varint(len(record)) + record
    body = struct.pack(">hiqqqhii", 0, len(values) - 1, timestamp_ms, timestamp_ms, producer,
                       producer_epoch, sequence, len(values)) + records
    return struct.pack(">qiibI", 0, len(body) + 9, -1, 2, crc32c(body)) + body


def batches(records):
    """The headers of the batches in a fetch answer or a segment file."""
    position = 0
    while position + 61 <= len(records):
        base, length, epoch, magic, _, _, _, _, _, producer, producer_epoch, sequence, count = \
            struct.unpack_from(">qiibIhiqqqhii", records, position)
        if magic != 2 or position + 12 + length > len(records):
            return
        yield Batch(base, 12 + length, epoch, producer, producer_epoch, sequence, count, position)
        position += 12 + length


class Connection:
    def __init__(self, address, seconds=10):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=seconds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _receive(self, size):
        data = bytearray()
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                raise ConnectionError("closed by the broker")
            data += piece
        return bytes(data)

    def ask(self, request):
        """The body of the answer, behind its correlation id."""
        self.socket.sendall(request)
        return self.answer()

    def answer(self):
        (size,) = struct.unpack(">i", self._receive(4))
        return self._receive(size)[4:]

    def fetch(self, topic, partition, offset, max_bytes=1 << 20):
        """(error code, records)."""
        answer = self.ask(fetch(topic, partition, offset, max_bytes))
        at = 4 + 4 + 2 + len(topic) + 4  # throttle time, topics, name, partitions
        _, error, _, _, aborted = struct.unpack_from(">ihqqi", answer, at)
        at += 26 + max(0, aborted) * 16
        (size,) = struct.unpack_from(">i", answer, at)
        return error, answer[at + 4:at + 4 + max(0, size)]

    def produce(self, topic, partition, batch):
        """(error code, base offset)."""
        answer = self.ask(produce(topic, partition, batch))
        _, error, base, _ = struct.unpack_from(">ihqq", answer, 4 + 2 + len(topic) + 4)
        return error, base

    def init_producer_id(self):
        """(producer id, epoch)."""
        error, producer, epoch = struct.unpack_from(">hqh", self.ask(init_producer_id()), 4)
        assert error == NONE, error
        return producer, epoch

    def delete_records(self, topic, partition, before):
        """(error code, log start offset)."""
        answer = self.ask(delete_records(topic, partition, before))
        _, start, error = struct.unpack_from(">iqh", answer, 4 + 4 + 2 + len(topic) + 4)
        return error, start

    def list_offsets(self, topic, partition, timestamp):
        """(error code, offset)."""
        answer = self.ask(list_offsets(topic, partition, timestamp))
        _, error, _, offset = struct.unpack_from(">ihqq", answer, 4 + 2 + len(topic) + 4)
        return error, offset
