"""Fills a ledger with what target-streak would have written, as if the pipe had run before.

A process of its own: a target takes over logging and signals.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.json import Decoder
from target_streak.target import TargetStreak

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LANES = 200
PART = 20_000


def fill(settings: dict[str, Any], lines: Path) -> int:
    """Write links and contents of mapped records into the ledger."""
    target = TargetStreak(config=settings)
    try:
        done = 0
        with ThreadPoolExecutor(LANES) as lanes, lines.open("rb") as given:
            records = _records(given)
            while part := list(islice(records, PART)):
                done += sum(lanes.map(lambda message: _remember(target, message), part))
        return done
    finally:
        target.close()
        target.client.close()


def _records(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    decode = Decoder(float_hook=Decimal).decode
    for line in lines:
        if line.startswith(b'{"type":"RECORD"'):
            yield decode(line)


def _remember(target: TargetStreak, message: dict[str, Any]) -> int:
    sink = target.sink_for(message["stream"])
    record = sink.records.read(message["record"])
    values = {"value": record.change["value"], "n": 0} if record.change else dict(record.values)
    target.ledger.links.written(
        sink.stream,
        record.external_id,
        vendor_key=f"bench-{record.external_id}",
        flow=record.flow,
        content=record.content(values),
        result="unchanged",
    )
    return 1


if __name__ == "__main__":
    sys.stdout.write(str(fill(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))))
