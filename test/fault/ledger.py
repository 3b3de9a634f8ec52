"""Bookkeeping of what was acknowledged, and its comparison with what can be read.

A record's value says who sent it and its number among what that sender sent to that partition, and
carries its own checksum. `audit` returns every violation as a sentence; no violation is an empty
list. ledger_test.py shows that each rule bites.
"""

import collections
import threading
import zlib

VIOLATIONS_MAX = 20


def pack(sender, number, size_bytes):
    body = f"{sender} {number} ".encode()
    body += b"." * max(0, size_bytes - len(body) - 8)
    return body + b"%08x" % zlib.crc32(body)


def unpack(value):
    """(sender, number), or None for a value that is not as it was sent."""
    body, checksum = value[:-8], value[-8:]
    if b"%08x" % zlib.crc32(body) != checksum:
        return None
    sender, number, _ = body.split(b" ", 2)
    return sender.decode(), int(number)


class Ledger:
    """What one load was told, by partition; filled from the threads of its clients."""

    def __init__(self):
        self._lock = threading.Lock()
        self._acknowledged = collections.defaultdict(dict)  # place -> offset -> (sender, number)
        self.conflicts = []

    def acknowledge(self, place, offset, value):
        entry = unpack(value)
        with self._lock:
            known = self._acknowledged[place].setdefault(offset, entry)
            if known != entry:
                self.conflicts.append(f"{place}: offset {offset} was given to {known} and {entry}")

    def acknowledged(self):
        """A copy as of now."""
        with self._lock:
            return {place: dict(entries) for place, entries in self._acknowledged.items()}

    def count(self):
        with self._lock:
            return sum(map(len, self._acknowledged.values()))

    def forget(self, place, offsets):
        with self._lock:
            for offset in offsets:
                del self._acknowledged[place][offset]


def audit(place, acknowledged, read, once, start=0):
    """`read`: (offset, value) pairs from the log's start to its end.

    `once`: the senders are idempotent, so nothing may be there twice, missing or out of order. Of
    others only what was acknowledged has to be there: a client that repeats a refused batch may by
    then have sent the next one.
    """
    violations = list(_unreadable(place, read))
    entries = [(offset, unpack(value)) for offset, value in read]
    violations += _gaps(place, entries, start)
    violations += _lost(place, acknowledged, dict(entries), start)
    if once:
        violations += _order(place, entries)
    return violations[:VIOLATIONS_MAX]


def _unreadable(place, read):
    for offset, value in read:
        if unpack(value) is None:
            yield f"{place}: the value at {offset} is not what anybody sent"


def _gaps(place, entries, start):
    expected = start
    for offset, _ in entries:
        if offset != expected:
            yield f"{place}: offset {offset} follows {expected - 1}"
        expected = offset + 1


def _lost(place, acknowledged, entries, start):
    for offset, entry in sorted(acknowledged.items()):
        if offset >= start and entries.get(offset) != entry:
            yield f"{place}: {entry} was acknowledged at {offset}, there is {entries.get(offset)}"


def _order(place, entries):
    last = {}
    for offset, entry in entries:
        if entry is None:
            continue
        sender, number = entry
        expected = last.get(sender, -1) + 1
        if number < expected:
            yield f"{place}: {entry} is there again at {offset}"
        elif number > expected:
            yield f"{place}: {entry} at {offset} follows number {expected - 1}"
        last[sender] = max(number, expected - 1)


def lost_tail(acknowledged, read):
    """After a power cut: the offsets of acknowledged entries that are gone, and a sentence for each
    that is still there behind one that is gone."""
    entries = {offset: unpack(value) for offset, value in read}
    gone = sorted(offset for offset, entry in acknowledged.items()
                  if entries.get(offset) != entry)
    if not gone:
        return [], []
    behind = [offset for offset in acknowledged if offset > gone[0] and offset not in set(gone)]
    return gone, [f"{offset} is there, but {gone[0]} before it is gone" for offset in behind]
