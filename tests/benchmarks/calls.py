"""How many calls one item costs: the difference of a run with 101 items and one with a single item, by 100.

`calls` are those of this repository's packages on all threads: how often their functions are entered (a generator each
time that it goes on), and how often these call functions of C. `entered` leaves C out. What the standard library, the
SDK and SQLAlchemy do inside does not count. Each box and order is followed by a STATE.
The version before the rebuild made 116 calls for the unchanged box and 693 in 39 files for the changed one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from piping import BIN, HERE, ROOT, environment, settings_file
from plugins import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.testing import Sandbox

Message = dict[str, Any]
Calls = dict[str, list[int]]
ITEMS = 100
SCHEMAS = ROOT / "tap-clarity" / "tap_clarity" / "schemas"
NOON, LATER = "2026-03-02T12:00:00Z", "2026-03-02T12:00:01Z"
NULLABLE = {"type": ["string", "null"]}
BOXES: Message = {
    "type": "SCHEMA",
    "stream": "boxes",
    "key_properties": ["externalId"],
    "schema": {
        "type": "object",
        "properties": {
            "externalId": {"type": "string"},
            "name": NULLABLE,
            "pipelineName": NULLABLE | {"x-sync": {"create_only": True}},
            "stageName": NULLABLE | {"x-sync": {"shared": True, "owner": "source"}},
            "fieldValues": {
                "type": "object",
                "properties": {
                    "Order ID": {"type": "string", "x-sync": {"identity": True}},
                    "Total": {"type": ["number", "null"]},
                },
            },
            "_flow": {"type": "string"},
            "_source": {"type": "object"},
        },
    },
}
GOALS = {"unchanged box": "≤ 100 calls", "box with one changed property": "≤ 250 calls in ≤ 15 files"}
ADDRESS = {"name": "Ada Byron", "company": "Acme Ltd", "line1": "1 Main St", "city": "Austin", "country": "US"}


@dataclass(frozen=True, slots=True)
class Cost:
    """What one item costs: calls, those into functions of Python, and how many functions and files take part."""

    calls: float
    entered: float
    functions: int
    files: int


def main(crm: Sandbox) -> dict[str, Cost]:
    """Count all four ways of an item."""
    return {
        "unchanged box": _cost(lambda items, folder: _box(crm, items, folder, again=NOON, total=208.35)),
        "box with one changed property": _cost(lambda items, folder: _box(crm, items, folder, again=LATER, total=9.5)),
        "order through the mapper": _cost(_mapped),
        "row through tap-clarity": _cost(lambda items, folder: _read(crm, items, folder)),
    }


def _cost(count: Callable[[int, Path], Calls]) -> Cost:
    counts = []
    for items in (1, ITEMS + 1):
        with tempfile.TemporaryDirectory() as name:
            counts.append(count(items, Path(name)))
    return _difference(*counts)


def _difference(few: Calls, many: Calls) -> Cost:
    """Leave out what does not run for every other item at least: starting, batches, waiting."""
    entered = {name: many[name][0] - few.get(name, [0, 0])[0] for name in many}
    ours = [name for name, calls in entered.items() if calls >= ITEMS / 2 and _is_ours(name)]
    c_calls = sum(many[name][1] - few.get(name, [0, 0])[1] for name in ours)
    own = sum(entered[name] for name in ours)
    return Cost((own + c_calls) / ITEMS, own / ITEMS, len(ours), len({name.split(":")[0] for name in ours}))


def _is_ours(name: str) -> bool:
    path = Path(name.split(":", maxsplit=1)[0])
    return path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] not in {".venv", "tests"}


def _counted(program: str, settings: Message, folder: Path, lines: bytes = b"") -> tuple[Calls, bytes]:
    """Run a program on Singer lines; what it called, and what it wrote."""
    report = folder / "calls.json"
    config = settings_file(folder, program, settings)
    command = [sys.executable, str(HERE / "counting.py"), str(report), str(BIN / program), "--config", config]
    done = subprocess.run(command, input=lines, capture_output=True, env=environment(), check=False)
    if done.returncode:
        raise RuntimeError(f"{program} ended with {done.returncode}: {done.stderr.decode()[-2000:]}")
    return json.loads(report.read_text()), done.stdout


def _singer(schema: Message, records: Iterable[Message]) -> bytes:
    messages = [schema]
    for number, record in enumerate(records):
        messages.append({"type": "RECORD", "stream": schema["stream"], "record": record})
        messages.append({"type": "STATE", "value": {"number": number}})
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)


def _box(crm: Sandbox, items: int, folder: Path, *, again: str, total: float) -> Calls:
    """Write boxes, then count a run that sends them once more."""
    crm.reset("demo")
    summary = folder / "summary.json"
    settings = {
        "api_url": crm.streak_url,
        "api_key": crm.streak_key,
        "ledger_url": f"sqlite:///{folder / 'ledger.db'}",
        "requests_per_second": 1_000_000,
        "create_missing_fields": True,
        "summary_file": str(summary),
    }
    first = _singer(BOXES, (_box_record(number, NOON, 208.35) for number in range(items)))
    for _ in range(2):  # the second settles what the first left open
        _counted("target-streak", settings, folder, first)
    lines = _singer(BOXES, (_box_record(number, again, total) for number in range(items)))
    calls, _ = _counted("target-streak", settings, folder, lines)
    outcome = "unchanged" if again == NOON else "updated"
    if json.loads(summary.read_text())["streams"] != {"boxes": {outcome: items}}:
        raise RuntimeError(f"not all {items} boxes were {outcome}: {summary.read_text()}")
    return calls


def _box_record(number: int, at: str, total: float) -> Message:
    order = str(100_000 + number)
    return {
        "externalId": order,
        "name": f"Order {order}",
        "pipelineName": "Web Orders",
        "stageName": "New Order",
        "fieldValues": {"Order ID": order, "Total": total},
        "_flow": "order-box",
        "_source": {"system": "clarity", "stream": "orders", "key": order, "updatedAt": at},
    }


def _mapped(items: int, folder: Path) -> Calls:
    """Orders through the shipped mapping, which makes five records of each."""
    schema = json.loads((SCHEMAS / "orders.json").read_text())
    head = {"type": "SCHEMA", "stream": "orders", "schema": schema, "key_properties": ["orderId"]}
    lines = _singer(head, map(_order, range(items)))
    return _counted("mapper-crosswalk", {"mapping_file": str(SHIPPED)}, folder, lines)[0]


def _read(crm: Sandbox, items: int, folder: Path) -> Calls:
    """Orders from one page of the shop."""
    crm.reset()
    crm.load({"system": "clarity", "type": "orders", "record": _order(number)} for number in range(items))
    settings = {"api_url": crm.clarity_url, "api_key": crm.clarity_key, "embed_customer": False}
    calls, written = _counted("tap-clarity", settings, folder)
    if written.count(b'"type":"RECORD"') != items:
        raise RuntimeError(f"tap-clarity did not write {items} records")
    return calls


def _order(number: int) -> Message:
    return {
        "orderId": f"o-{number:04}",
        "orderNumber": f"SO-{number:04}",
        "customerId": None,
        "email": f"ada{number}@acme.example",
        "orderDate": NOON,
        "updatedAt": f"2026-05-02T14:{number // 60:02}:{number % 60:02}.000000Z",
        "version": 1,
        "status": "pending",
        "currency": "USD",
        "totalAmount": 208.38,
        "billingAddress": ADDRESS,
        "lineItems": [{"lineId": "1", "productId": "P-9", "sku": "BOLT-M8", "name": "Bolt M8", "quantity": 10}],
    }
