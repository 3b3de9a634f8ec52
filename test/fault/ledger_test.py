#!/usr/bin/env python3
"""The checker against histories with one planted error each: every rule must bite."""

import unittest

import fault
from ledger import Ledger, audit, lost_tail, pack


ONCE = True
AT_LEAST_ONCE = False


def history(*numbers, sender="a"):
    return [(offset, pack(sender, number, 40)) for offset, number in enumerate(numbers)]


def acknowledged(*numbers, sender="a"):
    return {offset: (sender, number) for offset, number in enumerate(numbers)}


class Audit(unittest.TestCase):
    def expect(self, violation, told, read, once=ONCE):
        found = audit("t-0", told, read, once)
        self.assertTrue(any(violation in line for line in found), found)

    def test_a_sound_history_passes(self):
        self.assertEqual(audit("t-0", acknowledged(0, 1, 2), history(0, 1, 2, 3), ONCE), [])
        self.assertEqual(audit("t-0", {}, history(0, 1, 0, 1, 2), AT_LEAST_ONCE), [])

    def test_a_lost_record_is_found(self):
        self.expect("was acknowledged at 2, there is None", acknowledged(0, 1, 2), history(0, 1))

    def test_another_record_at_an_acknowledged_offset_is_found(self):
        self.expect("was acknowledged at 0", {0: ("b", 0)}, history(0, 1))

    def test_a_gap_is_found(self):
        read = history(0, 1, 2)
        del read[1]
        self.expect("offset 2 follows 0", {}, read, AT_LEAST_ONCE)

    def test_a_duplicate_of_an_idempotent_sender_is_found(self):
        self.expect("is there again", {}, history(0, 1, 1, 2))

    def test_a_skipped_number_of_an_idempotent_sender_is_found(self):
        self.expect("follows number 1", {}, history(0, 1, 3))

    def test_a_changed_order_is_found(self):
        self.expect("('a', 2) at 1 follows number 0", {}, history(0, 2, 1))

    def test_a_changed_byte_is_found(self):
        value = bytearray(pack("a", 0, 40))
        value[10] ^= 1
        self.expect("not what anybody sent", {}, [(0, bytes(value))])

    def test_an_offset_that_was_given_twice_is_found(self):
        ledger = Ledger()
        ledger.acknowledge("t-0", 5, pack("a", 0, 40))
        ledger.acknowledge("t-0", 5, pack("a", 1, 40))
        self.assertEqual(len(ledger.conflicts), 1)

    def test_a_hole_in_what_a_power_cut_left_is_found(self):
        self.assertEqual(lost_tail(acknowledged(0, 1, 2), history(0, 1)), ([2], []))
        read = history(0, 1, 2)
        read[1] = (1, pack("b", 0, 40))
        gone, violations = lost_tail(acknowledged(0, 1, 2), read)
        self.assertEqual(gone, [1])
        self.assertEqual(violations, ["2 is there, but 1 before it is gone"])


if __name__ == "__main__":
    fault.main()
