"""One shop by its profile: pages of lists, records by ids, single ones, writes; all in the contract's names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import quote

from singer_rest import ApiError, FatalRunError, OddAnswer

from clarity_api.profile import SiteProfile, StreamProfile, Write
from clarity_api.renames import value_at

Row: TypeAlias = dict[str, Any]
PLANNED = "(planned "  # what a dry run answers itself


@dataclass(frozen=True, slots=True)
class Page:
    """Rows; how many there are from this page's first row on, where the shop says so; whether others follow.

    `next`: the cursor of those, where the list has one. `at`: when the shop answered, by its own clock. `guessed`: the
    shop does not say whether others follow, and only an empty page is surely the last.
    """

    rows: list[Row]
    total: int | None
    has_more: bool
    at: datetime | None = None
    next: Any = None
    guessed: bool = False


class Site:
    """The lists and records of a shop."""

    def __init__(self, client: Any, profile: SiteProfile) -> None:
        """Take a RestClient (or what stands for one) and the profile."""
        self._client, self.profile = client, profile

    def stream(self, name: str) -> StreamProfile:
        """How a stream is read. FatalRunError where the shop does not have it."""
        if name not in self.profile.streams:
            raise FatalRunError(f"{self.profile.place('streams')} has no {name}")
        return self.profile.streams[name]

    @property
    def answered_at(self) -> datetime:
        """What the shop's clock showed at its last answer."""
        at: datetime = self._client.answered_at
        return at

    def page(self, stream: StreamProfile, params: Mapping[str, Any], *, begin: int = 0) -> Page:
        """One page of a list, whose first row is row `begin`. Raises what RestClient raises."""

        def check(body: Any) -> None:
            rows = value_at(body, stream.rows)
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise OddAnswer(f"gave no list of records{_where(stream, 'rows')}")

        answer = self._client.ask("GET", stream.path, params={**params, **stream.query}, expect=check)
        rows = value_at(answer.body, stream.rows)
        total, more = (value_at(answer.body, place) if place else None for place in (stream.total, stream.more))
        following = value_at(answer.body, stream.paging.next) if stream.paging.style == "cursor" else None
        total = total if isinstance(total, int) and not isinstance(total, bool) else None
        if stream.paging.style == "cursor":
            more = following not in {None, ""}
        elif more is None and total is not None and stream.paging.style != "keyset":
            more = begin + len(rows) < total
        left = None if total is None else total - (0 if stream.paging.style == "keyset" else begin)
        has_more = bool(rows if more is None else more)
        return Page(stream.all_to_contract(rows), left, has_more, answer.at, following, more is None)

    def by_ids(self, name: str, ids: Sequence[str]) -> list[Row]:
        """The records that exist among these ids, as many a call as the shop takes."""
        stream = self.stream(name)
        if not stream.by_ids:
            return [row for key in ids if (row := self.single(stream, key)) is not None]
        most = stream.by_ids.get("most", 100)
        rows: list[Row] = []
        for start in range(0, len(ids), most):
            rows += self._some(stream, ids[start : start + most])
        return rows

    def _some(self, stream: StreamProfile, ids: Sequence[str]) -> list[Row]:
        how = stream.by_ids or {}
        separator = how.get("separator", ",")
        rows = self.page(stream, {how["parameter"]: list(ids) if separator == "repeat" else separator.join(ids)}).rows
        strangers = {row.get(stream.key) for row in rows} - {*ids}
        if strangers:
            raise FatalRunError(f"GET {stream.path} gave other records than were asked for{_where(stream, 'by_ids')}")
        return rows

    def single(self, stream: StreamProfile, key: str) -> Row | None:
        """One record, None where it does not exist. FatalRunError where the shop has no call for it."""
        try:
            return self.record(stream, key)
        except ApiError as refused:
            if refused.status in {404, 410}:
                return None
            raise

    def record(self, stream: StreamProfile, key: str) -> Row:
        """One record. Raises what RestClient raises, FatalRunError where the shop has no call for it."""
        if not stream.single:
            raise FatalRunError(f"single records can't be read: {stream.place('single')} has neither single nor by_ids")
        answer = self._client.get(stream.single.replace("{id}", quote(key, safe="")))
        return stream.to_contract(_object_at(answer, stream.record, stream.place("record")))

    def with_email(self, email: str, limit: int) -> list[Row]:
        """The customers with an e-mail address, in whatever case. FatalRunError where the shop can't find them."""
        stream = self.stream("customers")
        if not stream.by_email:
            raise FatalRunError(f"customers can't be found by e-mail address: {stream.place()} has no by_email")
        size = stream.paging.parameters.get("size")
        params = {stream.by_email: email} | ({size: limit} if size else {})
        answer = self._client.get(stream.path, params={**params, **stream.query})
        rows = value_at(answer, stream.rows)
        if not isinstance(rows, list):
            raise FatalRunError(f"GET {stream.path} gave no list of records{_where(stream, 'rows')}")
        known = [stream.to_contract(row) for row in rows if isinstance(row, dict)]
        # a shop that does not know the parameter gives anybody
        return [row for row in known if str(row.get("email") or "").strip().lower() == email.strip().lower()]

    def send(
        self, write: Write, values: Mapping[str, Any], *, key: str = "", headers: Mapping[str, str] | None = None
    ) -> Row | None:
        """Send one write; gives the record that it answered with, if any. Raises what RestClient raises."""
        path, body = write.path.replace("{id}", quote(key, safe="")), write.body(dict(values))
        call = getattr(self._client, write.method.lower())
        # a POST that may have had its effect is only sent again where the shop heeds the key
        once = {"replay": False} if write.method == "POST" and not write.idempotency_key else {}
        answer = call(path, json=body, headers=headers, **once)
        if not answer or write.record is None:
            return None
        return write.to_contract(_object_at(answer, write.record, write.place("record")))


def _object_at(answer: Any, place: str, written: str) -> Row:
    record = value_at(answer, place)
    if record is None and isinstance(answer, dict) and PLANNED in str(answer.get("key")):
        record = answer
    if not isinstance(record, dict):
        raise FatalRunError(f"the answer has no record at {place or 'its root'}: check {written}")
    return record


def _where(stream: StreamProfile, name: str) -> str:
    return f" ({stream.place(name)})" if stream.place(name) else ""
