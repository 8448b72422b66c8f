"""Runs of nonsense, and the account of each: what came in is an effect or a letter, and the sum is exact."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from running import BIN, MAPPING, clean_environment
from shop_lines import KEYS, left_out, unmarked_ids
from singer_rest.ledger.content import key_text
from singer_rest.target.messages import known_as

if TYPE_CHECKING:
    from pathlib import Path

    from nonsense import Line
    from sandbox.testing import Sandbox

SECONDS = 1500
PYTHON = re.compile(
    r"Traceback|\b\w+(Error|Exception|Warning)\b|Decimal\(|NoneType|<class|object at 0x|<built-in|\bdict\b|\bstr\b"
    r"|\bint\b|unhashable|subscriptable|iterable|msgspec|\.py\b"
)


@dataclass(frozen=True, slots=True)
class Side:
    """Who is fed, and the streams of which each record that was created is there once."""

    target: str
    system: str
    once: tuple[str, ...]


CRM = Side("target-streak", "streak", ("tasks", "comments", "meetings", "boxes"))
SHOP = Side("target-clarity", "clarity", ("notes",))


@dataclass(frozen=True)
class Account:
    """What a run left behind."""

    code: int
    log: str
    states: list[Any]
    summary: dict[str, Any]
    letters: list[dict[str, Any]]
    links: set[str]
    snapshot: dict[str, Any]
    """What is new or changed at the destination."""
    side: Side

    @property
    def results(self) -> Counter[str]:
        """How many records came to which end."""
        found: Counter[str] = Counter()
        for counts in self.summary["streams"].values():
            found.update(counts)
        return found

    @property
    def read(self) -> int:
        """How many records were read."""
        return sum(self.summary["read"].values())


def feed(
    lines: list[Line], folder: Path, sandbox: Sandbox, *, side: Side = CRM, mapped: bool = False, **settings: Any
) -> Account:
    """Pipe the lines into a target, or through the mapper into it."""
    before = sandbox.snapshot()[side.system]
    source = folder / "lines.jsonl"
    source.write_bytes(b"\n".join(line.data for line in lines) + b"\n")
    target = [str(BIN / side.target), "--config", _config(folder, _where(sandbox, side) | settings)]
    commands = [target]
    if mapped:
        mapper = folder / "mapper.json"
        mapper.write_text(json.dumps({"mapping_file": str(MAPPING)}))
        commands = [
            [str(BIN / "mapper-crosswalk"), "--config", str(mapper)],
            ["tee", str(folder / "mapped.jsonl")],
            target,
        ]
    code, states = _piped(source, commands, folder / "run.log")
    summary = folder / "summary.json"
    counts = json.loads(summary.read_text()) if summary.exists() else {}
    log = (folder / "run.log").read_text(errors="replace")
    letters, links = remembered(folder / "ledger.db")
    snapshot = {
        stream: [one for one in records if one not in before[stream]]
        for stream, records in sandbox.snapshot()[side.system].items()
    }
    return Account(code, log, states, counts, letters, links, snapshot, side)


def _where(sandbox: Sandbox, side: Side) -> dict[str, Any]:
    if side is SHOP:
        return {"api_url": sandbox.clarity_url, "api_key": sandbox.clarity_key}
    return {"api_url": sandbox.streak_url, "api_key": sandbox.streak_key, "create_missing_fields": True}


def _config(folder: Path, settings: dict[str, Any]) -> str:
    path = folder / "target.json"
    path.write_text(
        json.dumps(
            {
                "ledger_url": f"sqlite:///{folder / 'ledger.db'}",
                "summary_file": str(folder / "summary.json"),
                "requests_per_second": 5000,
                "effects_since": "2020-01-01T00:00:00Z",
                "max_rejected": "100%",
                "retry_seconds": 20,
            }
            | settings
        )
    )
    return str(path)


def _piped(source: Path, commands: list[list[str]], log: Path) -> tuple[int, list[Any]]:
    processes: list[subprocess.Popen[bytes]] = []
    with source.open("rb") as first, log.open("wb") as stderr:
        for command in commands:
            stdin = processes[-1].stdout if processes else first
            processes.append(
                subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, env=clean_environment())
            )
    for process in processes[:-1]:
        assert process.stdout is not None
        process.stdout.close()
    output, _ = processes[-1].communicate(timeout=SECONDS)
    return max(abs(process.wait(timeout=60)) for process in processes), [
        json.loads(line) for line in output.splitlines()
    ]


def remembered(ledger: Path) -> tuple[list[dict[str, Any]], set[str]]:
    """The dead letters and the external ids of the links in a ledger's file."""
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        letters = [dict(row) for row in database.execute("SELECT * FROM dead_letters")]
        linked = database.execute("SELECT external_id FROM links JOIN contents ON contents.link = links.id")
        return letters, {row["external_id"] for row in linked}


def balance(lines: list[Line], account: Account) -> None:
    """Every line came to the end that it must come to, and the sum is exact."""
    assert account.code == 0, account.log[-3000:]
    fates = Counter(line.fate for line in lines)
    assert account.read == fates["kept"], (account.summary, fates)
    assert sum(account.summary["ignored"].values()) == fates["ignored"]
    settle(account)
    found = places(account)
    again = _taken_again(account)
    lost = [line for line in lines if line.fate == "kept" and _is_told(line) and line.mark not in found]
    hidden = [line.data[:300] for line in lost if _id(line) not in again]
    assert not hidden, hidden[:5]


def balance_of_the_mapper(lines: list[Line], account: Account, folder: Path) -> None:
    """Every line became records or a letter, unless the mapping's own conditions leave it out."""
    mapped = [json.loads(line) for line in (folder / "mapped.jsonl").read_bytes().splitlines()]
    unread = account.summary["read"].get("unreadable", 0)
    records = sum(message["type"] == "RECORD" for message in mapped)
    states = sum(message["type"] == "STATE" and not isinstance(message.get("value"), dict) for message in mapped)
    assert (records, states) == (account.read - unread, unread), account.summary
    found = places(account)
    lost = [line for line in lines if line.fate == "kept" and _is_told(line) and line.mark not in found]
    again = _taken_again(account)
    known = {letter["external_id"] for letter in account.letters} | account.links
    lost = [
        line for line in lost if not ((ids := unmarked_ids(line.data, line.mark)) and {*map(key_text, ids)} <= known)
    ]
    hidden = [line.data[:300] for line in lost if not left_out(line.data) and _keys(line).isdisjoint(again)]
    assert not hidden, hidden[:5]


def settle(account: Account) -> None:
    """The summary, the ledger and the destination agree."""
    assert sum(account.results.values()) == account.read, (account.summary, account.read)
    for stream in account.side.once:
        made = account.summary["streams"].get(stream, {}).get("created", 0)
        assert made == len(account.snapshot[stream]), stream
    aside = sum(account.results[name] for name in ("rejected", "waiting", "postponed"))
    # what was written and waits for a link only was not set aside, unless older ones of its id were
    still_open = sum(one["status"] == "open" for one in account.letters if one["code"] != "link")
    attempts = sum(one["attempts"] - (one["code"] == "link") for one in account.letters)
    # a newer record's letter takes the place of the older one's, and a good record closes it
    assert still_open <= aside <= attempts, (still_open, aside, attempts)


def places(account: Account) -> set[str]:
    """Every mark that is found at the destination, in a link or in a letter."""
    text = json.dumps(account.snapshot, default=str) + " ".join(account.links) + json.dumps(account.letters)
    return set(re.findall(r"q\d{6}q", text))


def _is_told(line: Line) -> bool:
    """Whether a letter would show the mark: one without body, or of an unreadable line, is cut."""
    return bool(line.mark) and line.mark.encode() in line.data[:900]


def _taken_again(account: Account) -> set[str]:
    """Ids of links, and of letters that hold the newest of several records; effects are named `payment:ID:captured`."""
    names = {letter["external_id"] for letter in account.letters if letter["attempts"] > 1} | account.links
    return names | {name.split(":")[1] for name in names if ":" in name}


def _keys(line: Line) -> set[str]:
    """The key of a source record, as the mapper may write it: a number without its exponent, or as it came."""
    message = json.loads(line.data, parse_float=Decimal)
    given = message["record"].get(KEYS[message["stream"]])
    if isinstance(given, bool):
        return {json.dumps(given)}
    written = {str(given), f"{given:f}"} if isinstance(given, int | Decimal) else {str(given)}
    return {key_text(text) for text in written}


def _id(line: Line) -> Any:
    """The id that others may share: a newer record's letter replaces the older one's."""
    try:
        return key_text(known_as(json.loads(line.data)["record"]))
    except (ValueError, LookupError, TypeError, RecursionError):
        return None


def readable(account: Account) -> None:
    """Reasons and log lines speak to a person."""
    for letter in account.letters:
        reason = letter["reason"]
        assert reason.strip(), letter
        assert reason.isprintable(), letter
        assert len(reason) <= 700, letter
        assert not PYTHON.search(reason), reason
        assert letter["code"] != "unexpected", letter
    for line in account.log.splitlines():
        assert not PYTHON.search(line), line
        assert line.isprintable(), line
