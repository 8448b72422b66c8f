"""Writes Singer lines of orders to standard output, as tap-clarity does: `python orders_singer.py 100000`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from synthetic_shop import order_line

SCHEMAS = Path(__file__).resolve().parents[2] / "tap-clarity" / "tap_clarity" / "schemas"


def main(orders: int) -> None:
    """Write SCHEMA, the orders, and a STATE behind every hundred."""
    write = sys.stdout.buffer.write
    schema = json.loads((SCHEMAS / "orders.json").read_text())
    head = {"type": "SCHEMA", "stream": "orders", "schema": schema, "key_properties": ["orderId"]}
    write(json.dumps(head).encode() + b"\n")
    for number in range(orders):
        write(b'{"type":"RECORD","stream":"orders","record":%b}\n' % order_line(number))
        if number % 100 == 99:
            write(b'{"type":"STATE","value":{"number":%d}}\n' % number)


if __name__ == "__main__":
    main(int(sys.argv[1]))
