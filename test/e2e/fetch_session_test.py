"""Fetch sessions on the wire (KIP-227), as clients without them and with old ones ask for them."""

import socket
import struct
import unittest

from client import BrokerTest

FETCH = 1
VERSION = 7
NO_ERROR = 0
FETCH_SESSION_ID_NOT_FOUND = 70
WAIT_SECONDS = 20


def string(text):
    return struct.pack(">h", len(text)) + text.encode()


def fetch_request(topic, session_id, session_epoch):
    """A frame that asks for one topic's partition 0 from its start."""
    header = struct.pack(">hhi", FETCH, VERSION, 1) + string("test")
    limits = struct.pack(">iiiib", -1, 500, 1, 1 << 20, 0)
    session = struct.pack(">ii", session_id, session_epoch)
    partition = struct.pack(">iqqi", 0, 0, 0, 1 << 20)
    topics = struct.pack(">i", 1) + string(topic) + struct.pack(">i", 1) + partition
    body = header + limits + session + topics + struct.pack(">i", 0)
    return struct.pack(">i", len(body)) + body


def receive(connection, count):
    received = b""
    while len(received) < count:
        part = connection.recv(count - len(received))
        if not part:
            raise AssertionError("the broker closed the connection")
        received += part
    return received


class FetchSession(BrokerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        host, _, port = cls.broker.kafka.rpartition(":")
        cls.connection = cls.enterClassContext(
            socket.create_connection((host, int(port)), WAIT_SECONDS))

    def setUp(self):
        self.polylog("topic", "create", "read", "-p", "1", "--if-not-exists")

    def fetch(self, session_id, session_epoch):
        """(error, session id, number of topics) of the answer."""
        self.connection.sendall(fetch_request("read", session_id, session_epoch))
        size, = struct.unpack(">i", receive(self.connection, 4))
        answer = receive(self.connection, size)
        _, _, error, session, topics = struct.unpack_from(">iihii", answer)
        return error, session, topics

    def test_the_first_and_the_final_epoch_ask_for_a_full_fetch_whatever_the_session(self):
        for session_id in (0, -1, 12345):
            for epoch in (0, -1):
                self.assertEqual(self.fetch(session_id, epoch), (NO_ERROR, 0, 1),
                                 f"session {session_id}, epoch {epoch}")

    def test_the_next_fetch_of_an_unknown_session_is_refused(self):
        for session_id in (0, 12345):
            self.assertEqual(self.fetch(session_id, 1), (FETCH_SESSION_ID_NOT_FOUND, 0, 0))


if __name__ == "__main__":
    unittest.main(argv=["fetch_session_test"])
