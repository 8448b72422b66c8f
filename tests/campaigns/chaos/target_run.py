"""One run of the target on prepared lines, and what may be said of its STATEs."""

from __future__ import annotations

import json
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING, Any

from running import clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from singer_rest.ledger import Known, Ledger

Message = dict[str, Any]
ONCE = frozenset({"tasks", "comments", "notes"})


class Target:
    """A running target: its lines come from a file, its STATEs go to one."""

    def __init__(self, command: list[Any], lines: list[bytes], path: Path) -> None:
        self.problems: list[str] = []
        self._path = path.with_suffix(".states")
        self.log = path.with_suffix(".log")
        given = path.with_suffix(".singer")
        given.write_bytes(b"".join(line + b"\n" for line in lines))
        with given.open("rb") as stdin, self._path.open("wb") as stdout, self.log.open("ab") as stderr:
            self.process = subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=stderr, env=clean_environment())

    def state(self) -> Message | None:
        """Give the last STATE that it has emitted."""
        whole = self._path.read_bytes().rpartition(b"\n")[0]
        return json.loads(whole.rpartition(b"\n")[2]) if whole else None

    def ends_within(self, seconds: float) -> bool:
        """Wait until it ends by itself; it is killed when it does not."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False
        return True


def before(lines: list[bytes], state: Message | None) -> list[Message]:
    """Give the records that stand before a STATE."""
    records: list[Message] = []
    for message in map(json.loads, lines if state else []):
        if message["type"] == "STATE" and message["value"] == state:
            return records
        if message["type"] == "RECORD":
            records.append(message)
    return []


def after(lines: list[bytes], state: Message | None) -> list[bytes]:
    """Give what a tap sends that goes on exactly where a STATE stands: the SCHEMAs and the rest."""
    if state is None:
        return lines
    at = next((n for n, line in enumerate(lines) if _is_state(line) and json.loads(line)["value"] == state), -1)
    schemas = [line for line in lines[: at + 1] if line.startswith(b'{"type":"SCHEMA"')]
    return schemas + lines[at + 1 :]


def not_written(ledger: Ledger, records: list[Message]) -> list[str]:
    """Name the records of which the ledger knows neither that they were written nor that they were set aside."""
    missing = []
    with closing(ledger):
        letters = {(one.stream, one.external_id) for one in ledger.dead_letters.all()}
        for message in records:
            stream, record = message["stream"], message["record"]
            known = ledger.links.find(stream, record["externalId"], record["_flow"])
            if not _is_written(known, message) and (stream, record["externalId"]) not in letters:
                missing.append(f"{stream} {record['externalId']} stands before the STATE, but was not written")
    return missing


def _is_written(known: Known | None, message: Message) -> bool:
    if known is None or known.content is None:
        return False
    once = message["stream"] in ONCE and "_change" not in message["record"]
    return once or (known.content.updated_at or "") >= message["record"]["_source"]["updatedAt"]


def _is_state(line: bytes) -> bool:
    return line.startswith(b'{"type":"STATE"')


def with_states(lines: list[bytes]) -> Iterator[bytes]:
    """Put a STATE after every few records: the last one of the tap with the number of the line."""
    value: Message = {}
    for number, line in enumerate(lines, 1):
        yield line
        if _is_state(line):
            value = json.loads(line)["value"]
        elif number % 7 == 0 and number < len(lines) and line.startswith(b'{"type":"RECORD"'):
            state = {"type": "STATE", "value": {**value, "line": number}}
            yield json.dumps(state, separators=(",", ":")).encode()
