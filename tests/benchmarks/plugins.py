"""The pipes that are compared: ours, and the same of stock SDK parts."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from piping import BIN, HERE, ROOT, environment, settings_file, stock_mapper

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = ROOT / "transform" / "mappings" / "clarity-streak.yml"
TAP = ROOT / "tap-clarity" / "tap_clarity" / "schemas"
TARGET = ROOT / "target-streak" / "target_streak" / "schemas"
STREAMS = ("organizations", "contacts", "boxes", "comments", "tasks")
FIELDS = ("email", "status", "currency", "totalAmount", "taxAmount", "orderDate", "updatedAt", "version")

ONE_TO_ONE = {
    "version": 1,
    "systems": {"clarity": {"tap": str(TAP)}, "streak": {"target": str(TARGET)}},
    "tables": {
        "stages": {
            "source": "clarity.orders.status",
            "rows": [
                ["pending", "New Order"],
                ["confirmed", "In Fulfillment"],
                ["processing", "In Fulfillment"],
                ["shipped", "Shipped"],
                ["completed", "Won"],
                ["cancelled", "Lost"],
                ["refunded", "Refunded"],
                ["on_hold", "On Hold"],
            ],
        }
    },
    "flows": {
        "order-box": {
            "from": "clarity.orders",
            "to": "streak.boxes",
            "fields": {
                "externalId": "orderId",
                "name": "orderNumber",
                "notes": "customerNote",
                "pipelineName": {"const": "Web Orders"},
                "stageName": {"table": "stages", "of": "status"},
                "fieldValues": {
                    "Order ID": "orderId",
                    "E-Mail": "email",
                    "Currency": "currency",
                    "Total": "totalAmount | decimal:2",
                    "Tax": "taxAmount | decimal:2",
                    "Order Date": "orderDate",
                },
            },
        }
    },
}


@dataclass(frozen=True)
class Places:
    """Where the plugins read, write and remember."""

    folder: Path
    shop_url: str
    streak_url: str
    streak_key: str

    def target(self, **more: Any) -> dict[str, Any]:
        """Return settings of target-streak."""
        return {
            "api_url": self.streak_url,
            "api_key": self.streak_key,
            "ledger_url": f"sqlite:///{self.folder / 'ledger.db'}",
            "summary_file": str(self.folder / "summary.json"),
            "requests_per_second": 1_000_000,
            "create_missing_fields": True,
            **more,
        }

    def tap(self) -> dict[str, Any]:
        """Return settings of tap-clarity."""
        return {"api_url": self.shop_url, "api_key": "any", "embed_customer": False}

    def mapping(self, *, fan_out: bool) -> Path:
        """Return the mapping file: the shipped one, or one record to one."""
        if fan_out:
            return SHIPPED
        path = self.folder / "one-to-one.yml"
        path.write_text(json.dumps(ONE_TO_ONE))
        return path

    def ours(self, *, fan_out: bool) -> list[list[str]]:
        """Return the commands of the shipped plugins."""
        mapper = {"mapping_file": str(self.mapping(fan_out=fan_out))}
        settings = {"tap-clarity": self.tap(), "mapper-crosswalk": mapper, "target-streak": self.target()}
        return [
            [str(BIN / name), "--config", settings_file(self.folder, name, value)] for name, value in settings.items()
        ]

    def stock(self, *, fan_out: bool) -> list[list[str]]:
        """Return the commands of the stock parts."""
        tap = settings_file(self.folder, "stock-tap", {"api_url": self.shop_url})
        mapper = settings_file(self.folder, "stock-mapper", stock_maps(fan_out=fan_out))
        return [
            [sys.executable, str(HERE / "stock_tap.py"), "--config", tap],
            [stock_mapper(), "--config", mapper],
            [sys.executable, str(HERE / "stock_target.py")],
        ]

    def unchanged(self) -> tuple[int, int]:
        """Return how many records the last run of target-streak read and how many of them were unchanged."""
        summary = json.loads((self.folder / "summary.json").read_text())
        return sum(summary["read"].values()), sum(counts.get("unchanged", 0) for counts in summary["streams"].values())

    def remember(self, *, fan_out: bool) -> int:
        """Fill the ledger with what the pipe would write, as if it had run before. Returns how many records."""
        (self.folder / "ledger.db").unlink(missing_ok=True)
        tap, mapper, target = self.ours(fan_out=fan_out)
        lines = self.folder / "mapped.singer"
        with lines.open("wb") as made:
            first = subprocess.Popen(tap, stdout=subprocess.PIPE, env=environment())
            subprocess.run(mapper, stdin=first.stdout, stdout=made, env=environment(), check=True)
            assert first.wait() == 0
        return fill(target, lines)


def stock_maps(*, fan_out: bool) -> dict[str, Any]:
    """Return the stock mapper's settings: ten fields of the order on one stream, or on five."""
    fields: dict[str, Any] = {"externalId": "orderId", "name": "orderNumber", "notes": "customerNote"}
    fields |= {name: name for name in FIELDS} | {"__else__": None, "__key_properties__": ["externalId"]}
    if not fan_out:
        return {"stream_maps": {"orders": {"__alias__": "boxes", **fields}}}
    return {"stream_maps": {stream: {"__source__": "orders", **fields} for stream in STREAMS}}


def fill(target: list[str], lines: Path) -> int:
    """Let target-streak prepare itself, then write links and contents of mapped records into its ledger."""
    heads = b"".join(line for line in lines.open("rb") if line.startswith(b'{"type":"SCHEMA"'))
    subprocess.run(target, input=heads, stdout=subprocess.DEVNULL, env=environment(), check=True)
    done = subprocess.run(
        [sys.executable, str(HERE / "fill_ledger.py"), target[-1], str(lines)], capture_output=True, check=True
    )
    return int(done.stdout)
