"""What all fault tests share: their two forms, their randomness, and how they say what was skipped.

The short form is what ctest runs. FAULT_FORM=long, which `make fault` sets, makes the same tests
run more rounds on more data, and adds those that take minutes.
"""

import os
import random
import shutil
import sys
import time
import unittest

LONG = os.environ.get("FAULT_FORM") == "long"
SEED = int(os.environ.get("FAULT_SEED", "1"))
NOTHING_RAN = 77  # what ctest takes for "skipped"

long_form_only = unittest.skipUnless(LONG, "long form only: make fault")


def by_form(short, long):
    return long if LONG else short


def seeded(name):
    """Numbers that depend on the seed and on what they are for."""
    return random.Random(f"{SEED} {name}")


def say(text):
    """A line of the report: figures and what was done, which a green test would hide."""
    print(f"    {text}", flush=True)


def need_space(case, directory, gigabytes):
    free = shutil.disk_usage(directory).free
    if free < gigabytes * 10**9:
        case.skipTest(f"{directory} has {free / 1e9:.0f} GB free, {gigabytes} are needed")


def wait_for(condition, seconds, what):
    """The first true value of condition(), asked for at most so long."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)
    return value


def main():
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    result = program.result
    for case, reason in result.skipped:
        print(f"SKIPPED {case.id().removeprefix('__main__.')}: {reason}", file=sys.stderr)
    if not result.wasSuccessful():
        print(f"repeat with FAULT_SEED={SEED}", file=sys.stderr)
        sys.exit(1)
    sys.exit(NOTHING_RAN if result.testsRun == len(result.skipped) else 0)
