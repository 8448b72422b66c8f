"""What the demo shows: what arrived, as a person likes to read it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

if TYPE_CHECKING:
    from demo_runs import Ran

RESULTS = ("created", "updated", "unchanged", "waiting", "rejected")


def arrived(shop: dict[str, Any], streak: dict[str, Any], ran: Ran, letters: list[str]) -> str:
    """What came of the shop's orders."""
    tests = sum(order["isTest"] is True for order in shop["orders"])
    read = f"{len(shop['orders'])} orders ({tests} of them tests: left out)"
    read += "".join(f", {len(shop[kind])} {kind}" for kind in ("customers", "payments"))
    lines = ["", f"Read from Clarity: {read}", "", "Written to Streak:", *_written(ran.summary), ""]
    lines += ["Deals by stage:", *stages(streak), "", "The newest deals:", *_newest(streak), ""]
    lines += ["Set aside, with the reason:", *(f"  {line}" for line in letters), ""]
    lines += [
        f"{ran.summary['calls']:,} calls to Streak, {ran.summary['retries']} retries; {ran.seconds:.0f} seconds.",
        "",
    ]
    return "\n".join(lines)


def came_back(before: dict[str, Any], after: dict[str, Any], done: dict[str, Any]) -> str:
    """What of a rep's work reached the shop: its records before and after."""
    rows = [row for box in done["boxes"] for row in _order_rows(before, after, box)]
    rows += _customer_rows(before, after, done["contact"])
    return "\n".join(["", "What reached the shop:", *_table([("In Clarity", "", "before", "after"), *rows]), ""])


def _order_rows(before: dict[str, Any], after: dict[str, Any], box: dict[str, Any]) -> list[tuple[str, ...]]:
    order_id = box["fields"]["Order ID"]
    old, new = (_one(shop["orders"], "orderId", order_id) for shop in (before, after))
    known = {note["noteId"] for note in before["notes"]}
    notes = [note for note in after["notes"] if note["orderId"] == order_id and note["noteId"] not in known]
    return [
        (f"order {new['orderNumber']}", "status", old["status"], new["status"]),
        *(("", "note", "", note["text"]) for note in notes),
    ]


def _customer_rows(before: dict[str, Any], after: dict[str, Any], contact: dict[str, Any]) -> list[tuple[str, ...]]:
    email = contact["emailAddresses"][0]
    old, new = (_one(shop["customers"], "email", email) for shop in (before, after))
    return [(f"customer {new['customerId']}", "title", str(old.get("title") or "–"), str(new.get("title") or "–"))]


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(_places, column)) + 2 for column in zip(*rows, strict=True)]
    return ["  " + "".join(map(_fit, row, widths)).rstrip() for row in rows]


def _one(rows: list[dict[str, Any]], name: str, value: str) -> dict[str, Any]:
    return next(row for row in rows if row[name] == value)


def _written(summary: dict[str, Any]) -> list[str]:
    header = "  " + "".ljust(16) + "".join(result.rjust(11) for result in RESULTS)
    rows = [
        "  " + stream.ljust(16) + "".join(_count(counts.get(result, 0), 11) for result in RESULTS)
        for stream, counts in summary["streams"].items()
    ]
    return [header, *rows, "  unchanged: there was nothing new to write; waiting: for a box that is not there"]


def stages(streak: dict[str, Any]) -> list[str]:
    pipelines = streak["pipelines"]
    at = Counter((box["pipelineKey"], _stage(pipelines, box)) for box in streak["boxes"])
    names = dict.fromkeys(one["stages"][key]["name"] for one in pipelines for key in one["stageOrder"])
    return [
        "  " + "".ljust(16) + "".join(pipeline["name"].rjust(15) for pipeline in pipelines),
        *(f"  {name:<16}" + "".join(_count(at[one["key"], name], 15) for one in pipelines) for name in names),
    ]


def _newest(streak: dict[str, Any]) -> list[str]:
    pipelines = {pipeline["key"]: pipeline for pipeline in streak["pipelines"]}
    dated = [(_field(pipelines[box["pipelineKey"]], box, "Order Date"), box) for box in streak["boxes"]]
    lines = []
    for _, box in sorted(dated, key=lambda pair: int(pair[0] or 0), reverse=True)[:5]:
        total, currency = (_field(pipelines[box["pipelineKey"]], box, name) for name in ("Total", "Currency"))
        stage = _stage(streak["pipelines"], box)
        lines.append(f"  {_fit(box['name'], 44)}  {total.rjust(12)} {currency}   {stage}")
    return lines


def _fit(text: str, width: int) -> str:
    """Cut and fill to a width on the screen, where some letters take two places."""
    while _places(text) > width:
        text = text[:-1]
    return text + " " * (width - _places(text))


def _places(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _stage(pipelines: list[dict[str, Any]], box: dict[str, Any]) -> str:
    (pipeline,) = (one for one in pipelines if one["key"] == box["pipelineKey"])
    return str(pipeline["stages"][box["stageKey"]]["name"])


def _count(number: int, width: int) -> str:
    return (f"{number:,}" if number else "·").rjust(width)


def _field(pipeline: dict[str, Any], box: dict[str, Any], name: str) -> str:
    keys = [field["key"] for field in pipeline["fields"] if field["name"] == name]
    return str(box["fields"].get(keys[0], "")) if keys else ""
