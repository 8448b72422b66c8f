"""Runs of the tap while somebody writes: after one more run every last state was emitted, whatever the paging."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from clarity_api.reading import Reader
from clarity_api.site import Site
from sandbox.in_process import printed
from shops import Shop, Writer, filled, profile_text
from singer_rest import parse_instant
from tap_clarity.tap import TapClarity

if TYPE_CHECKING:
    from pathlib import Path

BY_PLACE = ["page_index", "page_number", "offset"]
LATE_SECONDS = 30


class LateWriter(Writer):
    """Also commits what it began up to half a minute before."""

    def __call__(self, shop: Shop) -> None:
        super().__call__(shop)
        if not self.quiet and self._random.random() < 0.3:
            late = shop.now - timedelta(milliseconds=self._random.randint(1, LATE_SECONDS * 1000))
            shop.put(f"late-{self.changes:04}", late)
            self.changes += 1


def run(shop: Shop, tmp_path: Path, state: Any = None, **settings: Any) -> tuple[list[dict[str, Any]], Any]:
    """One run in this process: the orders that it emitted, and its last STATE."""
    path = tmp_path / "shop.yml"
    path.write_text(profile_text(shop))
    config = {
        "api_url": "https://shop.example.com",
        "api_key": "k",
        "site_profile": str(path),
        "page_size": 7,
        **settings,
    }
    tap = TapClarity(config=config, state=json.loads(json.dumps(state or {})))
    tap.__dict__["api"] = Reader(Site(shop, tap.profile))
    messages = [json.loads(line) for line in printed(tap.sync_all).splitlines()]
    rows = [message["record"] for message in messages if message["type"] == "RECORD"]
    for number, message in enumerate(messages):
        if message["type"] == "STATE":
            check_bookmark(message["value"], [m["record"] for m in messages[:number] if m["type"] == "RECORD"], state)
    return rows, next(message["value"] for message in reversed(messages) if message["type"] == "STATE")


def bookmark(state: Any) -> Any:
    return (state or {}).get("bookmarks", {}).get("orders", {}).get("replication_key_value")


def check_bookmark(state: Any, rows: list[dict[str, Any]], before: Any) -> None:
    """A bookmark is never beyond what was read."""
    if (at := bookmark(state)) and at != bookmark(before):
        assert parse_instant(at) <= max(parse_instant(row["updatedAt"]) for row in rows)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    ("style", "order", "since"),
    [
        ("keyset", "updated", "iso"),
        ("cursor", "updated", "iso"),
        ("cursor", "updated", None),
        *((style, "updated", since) for style in BY_PLACE for since in ("iso", "iso_no_offset", "epoch_ms", None)),
        *((style, order, "iso") for style in BY_PLACE for order in ("id", "updated_descending")),
        *((style, order, None) for style in BY_PLACE for order in ("id", "updated_descending")),
        *((style, "none", None) for style in BY_PLACE),
    ],
)  # fmt: skip
def test_after_one_more_run_every_last_state_was_emitted(
    seed: int, style: str, order: str, since: str | None, tmp_path: Path
) -> None:
    writer = LateWriter(seed, share=0.5)
    shop = filled(Shop(style, order=order, since=since, says="more" if style == "keyset" else "total"), seed, 60)
    shop.between = writer
    rows, state = run(shop, tmp_path)
    more, state = run(shop, tmp_path, state)
    writer.quiet = True
    last, state = run(shop, tmp_path, state)
    emitted: dict[str, int] = {}
    for row in [*rows, *more, *last]:
        key = row["orderId"]
        emitted[key] = max(emitted.get(key, 0), row["_extra"]["n"])
    assert {key for key, (_, number) in shop.rows.items() if emitted.get(key, 0) < number} == set()
    assert writer.changes


@pytest.mark.parametrize(("order", "since", "said"), [
    ("id", "iso", "does not come in the order of changes"),
    ("updated", None, "can't be asked for what changed since: it is read in full by every run"),
    ("none", None, "it has no order, so what moves while it is read may only come with the next run"),
])  # fmt: skip
def test_what_a_list_can_t_give_is_said_once(
    order: str, since: str | None, said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shop = filled(Shop("offset", order=order, since=since), 1, 30)
    with caplog.at_level("INFO"):
        run(shop, tmp_path)
    assert caplog.text.count(said) == 1
    assert "shop.yml:" in caplog.text


def test_a_list_that_is_read_in_full_emits_what_changed(tmp_path: Path) -> None:
    shop = filled(Shop("offset", since=None), 1, 30)
    rows, state = run(shop, tmp_path, lookback_seconds=0)
    assert len(rows) == 30
    shop.now += timedelta(hours=2)
    shop.put("o-0003")
    again, _ = run(shop, tmp_path, state, lookback_seconds=0)
    assert "o-0003" in {row["orderId"] for row in again}
    assert len(again) < 30
