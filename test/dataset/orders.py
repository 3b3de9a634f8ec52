"""Order events that are the same for the same count: what a data set is made of.

An event has a key (the order), a value (JSON: event number, the order's own count, state, amount),
headers and, from the producer, a timestamp. The orders' own counts make the order of each key
checkable; event numbers make every record accountable.
"""

import json
import random

ORDERS_SHARE = 20  # events for each order, on average
STATES = ("created", "paid", "packed", "shipped", "delivered", "returned")
SOURCES = ("web", "shop", "phone", "partner")


def events(count, seed=1):
    """(source, key, value) of each event, in the order they happen."""
    numbers = random.Random(seed)
    orders = max(1, count // ORDERS_SHARE)
    counts = [0] * orders
    for number in range(count):
        order = numbers.randrange(orders)
        value = {"event": number, "count": counts[order],
                 "state": STATES[counts[order] % len(STATES)],
                 "amount": numbers.randrange(100, 100_000), "note": "." * numbers.randrange(60)}
        counts[order] += 1
        yield SOURCES[order % len(SOURCES)], f"order-{order}", json.dumps(value)


def of_source(count, wanted, seed=1):
    """The lines `key<TAB>value` of one source. Each source has a producer of its own, so the order
    of each key is the order of its lines."""
    for source, key, value in events(count, seed):
        if source == wanted:
            yield f"{key}\t{value}\n"
