"""What both sides had changed, from the shell: both values and the rule that decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from singer_rest.errors import masked
from singer_rest.ledger import Conflict


def conflict_lines(conflicts: Sequence[Conflict]) -> Iterator[str]:
    """Give two lines for each: what it is about, and what became of it."""
    for conflict in conflicts:
        when = f"{conflict.at:%Y-%m-%d %H:%M}" if conflict.at else ""
        yield f"{when}  {conflict.stream} {masked(conflict.external_id)}  {conflict.name}: {conflict.rule}"
        values = {"source": conflict.source, "destination": conflict.destination, "agreed before": conflict.agreed}
        yield " " * 18 + ", ".join(f"{side} {_plain(value)}" for side, value in values.items())
    yield f"{len(conflicts)} conflict{'s' * (len(conflicts) > 1)}" if conflicts else "no conflicts"


def _plain(value: Any) -> str:
    return "nothing" if value is None else msgspec.json.encode(value).decode()
