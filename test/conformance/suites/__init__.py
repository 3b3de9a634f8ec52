"""The suites, one file each: a subclass of Suite under the name that the command line knows."""

import importlib
import pathlib

NAMES = sorted(path.stem for path in pathlib.Path(__file__).parent.glob("[a-z]*.py"))


def load(name):
    return importlib.import_module(f"suites.{name}").SUITE
