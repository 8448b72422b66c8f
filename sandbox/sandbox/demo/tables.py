"""The hand-written part of the demo shop, read from the tables beside this module."""

import csv
from importlib.resources import files

Row = dict[str, str]


def read(name: str) -> list[Row]:
    """The rows of one table. Spaces around a value are part of it: people type like that."""
    text = (files("sandbox.demo") / f"{name}.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="|", quoting=csv.QUOTE_NONE))


def filled(value: str) -> str | None:
    """An empty cell is a value that nobody gave."""
    return value or None
