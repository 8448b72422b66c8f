"""Speed of mapper-crosswalk against the stock mapper, as ratios of runs on the same records.

Both run as programs reading one file and writing another; the stock mapper lives in a venv of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from piping import stock_mapper

ROUNDS = 3
FIELDS = (
    "orderNumber",
    "email",
    "status",
    "currency",
    "totalAmount",
    "taxAmount",
    "orderDate",
    "updatedAt",
    "version",
    "customerNote",
)
STREAMS = ("organizations", "contacts", "boxes", "tasks", "comments")


def order(number: int) -> dict[str, Any]:
    """Return an order of about 1.2 kB, in the shop's shape."""
    address = {"name": "Ada Byron", "company": "Acme Ltd", "line1": f"{number} Main St", "city": "Austin"}
    address |= {"region": "TX", "postalCode": "78701", "country": "US", "phone": "+1 512 555 0100"}
    line = {"lineId": "1", "productId": "P-9", "sku": "BOLT-M8", "name": "Bolt M8", "quantity": 10, "unitPrice": 18.25}
    return {
        "orderId": str(100_000 + number),
        "orderNumber": f"SO-{100_000 + number}",
        "email": f"ada{number}@acme.example",
        "orderDate": "2026-05-02T14:03:11.000000Z",
        "updatedAt": f"2026-05-02T15:{number // 60 % 60:02}:{number % 60:02}.000000Z",
        "version": 1,
        "status": ("pending", "shipped", "completed")[number % 3],
        "currency": "USD",
        "totalAmount": number + 0.38,
        "taxAmount": 15.88,
        "customerNote": "please ring",
        "shippingAddress": address,
        "billingAddress": address,
        "lineItems": [line, {**line, "lineId": "2", "sku": "NUT-M8"}, {**line, "lineId": "3", "sku": "WASHER-M8"}],
    }


def schema() -> dict[str, Any]:
    """Return the orders' JSON Schema."""
    types: dict[type, str] = {str: "string", int: "integer", float: "number", dict: "object", list: "array"}
    return {
        "type": "object",
        "properties": {name: {"type": [types[type(value)], "null"]} for name, value in order(1).items()},
    }


def write_input(path: Path, records: int) -> None:
    """Write SCHEMA, records and a STATE at every thousand."""
    head = {"type": "SCHEMA", "stream": "orders", "schema": schema(), "key_properties": ["orderId"]}
    with path.open("w") as file:
        file.write(json.dumps(head) + "\n")
        for number in range(records):
            file.write(json.dumps({"type": "RECORD", "stream": "orders", "record": order(number)}) + "\n")
            if number % 1000 == 0:
                file.write(json.dumps({"type": "STATE", "value": {"number": number}}) + "\n")


def ours(folder: Path, streams: tuple[str, ...]) -> list[str]:
    """Return the command of mapper-crosswalk: every stream gets the same fields."""
    fields = {"externalId": "orderId", **{name: name for name in FIELDS}}
    flows = {f"to-{stream}": {"from": "shop.orders", "to": f"crm.{stream}", "fields": fields} for stream in streams}
    mapping = folder / f"mapping-{len(streams)}.yml"
    mapping.write_text(json.dumps({"version": 1, "flows": flows}))
    return _command([sys.executable, "-m", "mapper_crosswalk"], folder, {"mapping_file": str(mapping)})


def stock(folder: Path, streams: tuple[str, ...]) -> list[str]:
    """Return the command of the stock mapper with the same mapping."""
    fields: dict[str, Any] = {"externalId": "orderId", **{name: name for name in FIELDS}}
    fields |= {"__else__": None, "__key_properties__": ["externalId"]}
    maps = {stream: {"__source__": "orders", **fields} for stream in streams}
    if len(streams) == 1:
        maps = {"orders": {"__alias__": streams[0], **fields}}
    config = {"stream_maps": maps}
    return _command([stock_mapper()], folder, config)


def _command(program: list[str], folder: Path, config: dict[str, Any]) -> list[str]:
    handle, name = tempfile.mkstemp(suffix=".json", dir=folder)
    with os.fdopen(handle, "w") as file:
        json.dump(config, file)
    return [*program, "--config", name]


def run(command: list[str], source: Path, folder: Path) -> tuple[float, int]:
    """Run a mapper over the records. Returns seconds, and records written."""
    output = folder / "output.singer"
    quiet = {**os.environ, "LOGLEVEL": "ERROR"}
    with source.open("rb") as given, output.open("wb") as made:
        start = time.perf_counter()
        subprocess.run(command, stdin=given, stdout=made, stderr=subprocess.DEVNULL, env=quiet, check=True)
        seconds = time.perf_counter() - start
    with output.open("rb") as lines:
        written = sum(b'"type":"RECORD"' in line.replace(b": ", b":")[:40] for line in lines)
    return seconds, written


def best(commands: dict[str, list[str]], source: Path, folder: Path) -> dict[str, float]:
    """Return each mapper's best rate (records written a second) over interleaved rounds."""
    rates: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            seconds, written = run(command, source, folder)
            rates[name] = max(rates.get(name, 0), written / seconds)
    return rates


def main(records: int = 200_000) -> dict[str, float]:
    """Compare both mappers. Returns rates (records written a second, start included) and ratios.

    Both cases write about as many records: the fan-out into five streams reads a fifth of them.
    """
    rates: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, streams in _CASES:
            source = folder / f"{kind}.singer"
            write_input(source, records // len(streams))
            rates |= best({f"{who}_{kind}": make(folder, streams) for who, make in _MAPPERS}, source, folder)
    return {
        **rates,
        "ratio_one_to_one": rates["ours_one_to_one"] / rates["stock_one_to_one"],
        "ratio_fan_out": rates["ours_fan_out"] / rates["stock_fan_out"],
    }


_CASES = (("one_to_one", ("boxes",)), ("fan_out", STREAMS))
_MAPPERS = (("ours", ours), ("stock", stock))

if __name__ == "__main__":
    for label, value in main(*map(int, sys.argv[1:])).items():
        sys.stdout.write(f"{label:36} {value:12.1f}\n")
