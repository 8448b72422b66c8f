"""Shops in memory that page in every style, with somebody who writes between two pages."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from clarity_api.forms import floor, written

Row = dict[str, Any]
BEGIN = datetime(2026, 5, 2, 15, tzinfo=UTC)


@dataclass
class Answer:
    """What a client gives."""

    body: Any
    at: datetime


@dataclass
class Shop:
    """Orders that change: the style of pages, the order of the list, the form of `since`; keeps what it is asked."""

    style: str
    order: str = "updated"
    since: str | None = "iso"
    says: str = "total"
    most: int = 1000
    fixed: int = 0
    rows: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    now: datetime = BEGIN
    between: Callable[[Shop], None] = lambda _shop: None
    asked: list[Row] = field(default_factory=list)

    def put(self, key: str, at: datetime | None = None) -> None:
        """Change an order, now or at an instant."""
        self.rows[key] = (at or self.now, self.rows.get(key, (self.now, 0))[1] + 1)

    def ask(self, _method: str, _path: str, *, params: Row, expect: Any) -> Answer:
        self.between(self)
        self.asked.append(dict(params))
        body = getattr(self, f"_{self.style}")(params)
        expect(body)
        return Answer(body, self.now.replace(microsecond=0))

    @property
    def answered_at(self) -> datetime:
        """What the shop's clock shows, in whole seconds."""
        return self.now.replace(microsecond=0)

    def states(self) -> dict[str, tuple[datetime, int]]:
        return dict(self.rows)

    def _listed(self, params: Row) -> list[Row]:
        rows: list[Row] = [{"id": key, "changed": at, "n": number} for key, (at, number) in self.rows.items()]
        if self.order == "updated":
            rows.sort(key=lambda row: (row["changed"], row["id"]))
        elif self.order == "updated_descending":
            rows.sort(key=lambda row: (row["changed"], row["id"]), reverse=True)
        elif self.order == "id":
            rows.sort(key=lambda row: row["id"])
        if self.since and "since" in params:
            since = self._parsed(params["since"])
            rows = [row for row in rows if row["changed"] >= since]
        return [{**row, "changed": row["changed"].isoformat()} for row in rows]

    def _parsed(self, given: Any) -> datetime:
        if self.since in {"epoch_seconds", "epoch_ms"}:
            return datetime.fromtimestamp(given / (1000 if self.since == "epoch_ms" else 1), UTC)
        instant = datetime.fromisoformat(given)
        instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        assert self.since
        assert written(instant, self.since) == given or self.since == "iso"
        assert floor(instant, self.since) == instant or self.since == "iso"
        return instant

    def _part(self, params: Row, begin: int) -> Row:
        rows, size = self._listed(params), self._size(params)
        part = rows[begin : begin + size]
        told: dict[str, Row] = {
            "total": {"total": len(rows)},
            "more": {"more": begin + size < len(rows)},
            "nothing": {},
        }
        return {"rows": part, **told[self.says]}

    def _size(self, params: Row) -> int:
        return self.fixed or min(params["size"], self.most)

    def _offset(self, params: Row) -> Row:
        return self._part(params, params["from"])

    def _page_index(self, params: Row) -> Row:
        return self._part(params, params["page"] * self._size(params))

    def _page_number(self, params: Row) -> Row:
        return self._part(params, (params["page"] - 1) * self._size(params))

    def _keyset(self, params: Row) -> Row:
        rows = self._listed(params)
        if "after" in params:
            place = (params["since"], params["after"])
            rows = [row for row in rows if (row["changed"], row["id"]) > place]
        size = self._size(params)
        return {"rows": rows[:size], "more": len(rows) > size, "total": len(rows)}

    def _cursor(self, params: Row) -> Row:
        """A cursor that keeps its place: the last row's instant and id."""
        rows = self._listed(params)
        if "cursor" in params:
            changed, _, key = params["cursor"].partition("|")
            rows = [row for row in rows if (row["changed"], row["id"]) > (changed, key)]
        part = rows[: self._size(params)]
        following = f"{part[-1]['changed']}|{part[-1]['id']}" if len(rows) > len(part) else None
        return {"rows": part, "next": following}


def profile_text(shop: Shop) -> str:
    """The site profile of such a shop."""
    paging = {
        "keyset": "style: keyset, after: after",
        "page_index": "style: page_index, page: page",
        "page_number": "style: page_number, page: page",
        "offset": "style: offset, offset: from",
        "cursor": "style: cursor, cursor: cursor, next: next",
    }[shop.style]
    lines = [
        "profile: 1",
        "login: {header: {name: X-Key}}",
        "every:",
        "  rows: rows",
        "  id: id",
        "  updated: changed",
        f"  order: {shop.order}",
        f"  paging: {{{paging}{'' if shop.fixed else ', size: size'}, most: {shop.fixed or 1000}}}",
        *({"total": ["  total: total"], "more": ["  more: more"]}.get(shop.says, [])),
        *([f"  since: {{parameter: since, format: {shop.since}}}"] if shop.since else []),
        "streams:",
        "  orders: {path: /orders}",
    ]
    return "\n".join(lines) + "\n"


class Writer:
    """Changes and adds between pages, some at a time."""

    def __init__(self, seed: int, *, share: float = 0.7, most: int = 3) -> None:
        self._random, self._share, self._most = random.Random(seed), share, most  # noqa: S311 - a story, no secret
        self.changes = 0
        self.quiet = False

    def __call__(self, shop: Shop) -> None:
        if self.quiet or self._random.random() > self._share:
            return
        # what is committed at once has one instant; nothing is committed at an instant that was read
        shop.now += timedelta(milliseconds=self._random.choice([1, 40, 900, 1700]))
        for number in range(self._random.randint(1, self._most)):
            keys = sorted(key for key, (at, _) in shop.rows.items() if at < shop.now)
            key = (
                self._random.choice(keys) if keys and self._random.random() < 0.8 else f"new-{self.changes:04}-{number}"
            )
            shop.put(key)
            self.changes += 1


def filled(shop: Shop, seed: int, count: int) -> Shop:
    """The shop with orders, many of which share an instant."""
    chance = random.Random(seed)  # noqa: S311 - a story, no secret
    at = BEGIN - timedelta(minutes=10)
    for number in range(count):
        if chance.random() < 0.3:
            at += timedelta(milliseconds=chance.choice([1, 300, 2500]))
        shop.put(f"o-{number:04}", at)
    shop.now = BEGIN
    return shop
