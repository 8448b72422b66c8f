"""What the answer of a write shows: which of what was sent the API did not keep, and how that is sent instead.

A value in another spelling is kept: numbers and their text, lists in another order, addresses however they are typed.
So is one that the API put in words of its own. Lost is what is blank, or as it was before; and that is believed only
when the record, read again, shows it too. What is lost goes by the other way that the API documents, where the sink
knows one; from then on it goes there at once (`ApiFindings`). What can't be had that way either is not kept.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from singer_rest.errors import ApiError
from singer_rest.http.instants import ms_of_text
from singer_rest.sync.change_set import ChangeSet, body_of, container_of, differs
from singer_rest.sync.dead_links import GoneLinks, dropped_links
from singer_rest.sync.findings import CLEAR, CREATE, IGNORED, REFUSED, UPDATE, topic_of
from singer_rest.sync.merge import ABSENT, LOST, Changed, PropertyChange, blank, same, slot_value
from singer_rest.sync.sink import RestSink

CERTAIN = {400, 404, 405, 410, 422}
"""Refusals of the other way: it does not take that either."""
DAY_MS = 86_400_000
FIRST_MOMENT = 100_000_000_000
"""What is less is no instant in milliseconds, but a number."""
IDS = ("key", "userKey", "email")
_TAGS = re.compile(r"<[^>]*>")
_SIGNS = re.compile(r"[\W_]+")


class Fate(Enum):
    """What became of a value that was sent."""

    KEPT = "kept"
    LOST = "lost"
    IN_OTHER_WORDS = "in other words"


def fate(sent: Any, there: Any, before: Any = ABSENT, *, adds: bool = False) -> Fate:
    """Say what became of a value; `before`: the slot's value before the write, where it is known."""
    if isinstance(sent, list) and sent:
        return _fate_of_list(sent, there, before, adds=adds)
    if _same(there, sent) or (sent is False and blank(there)):
        return Fate.KEPT
    if blank(sent) or blank(there) or (before is not ABSENT and _same(there, before)):
        return Fate.LOST
    return Fate.IN_OTHER_WORDS


def _fate_of_list(sent: list[Any], there: Any, before: Any, *, adds: bool) -> Fate:
    now = there if isinstance(there, list) else [] if blank(there) else [there]
    had = before if isinstance(before, list) else []
    sent = [item for item in sent if not _nothing(item)]
    missing = [item for item in sent if not _is_in(item, now)]
    new = [item for item in now if not _is_in(item, had)]
    if missing:  # as many new ones may be the same under other names
        return Fate.IN_OTHER_WORDS if len(new) >= len(missing) and len(now) >= len(missing) else Fate.LOST
    stayed = [item for item in now if not _is_in(item, sent) and _is_in(item, had)]
    return Fate.LOST if stayed and not adds else Fate.KEPT


def _is_in(item: Any, items: Iterable[Any]) -> bool:
    return any(_same_item(item, other) for other in items)


def _same_item(item: Any, other: Any) -> bool:
    """Whether two items of lists are the same; an object that says none of the ids by which it was sent may be it."""
    ids = [_ids(value) for value in (item, other)]
    if isinstance(item, dict) and isinstance(other, dict):
        shared = ids[0].keys() & ids[1].keys()
        return (
            any(_same(ids[0][name], ids[1][name]) for name in shared) if shared else bool(ids[0] or _same(item, other))
        )
    return any(_same(one, another) for one in ids[0].values() for another in ids[1].values())


def _ids(item: Any) -> dict[str, Any]:
    if not isinstance(item, dict):
        return {"": item}
    return {name: item[name] for name in IDS if item.get(name)}


def _same(there: Any, value: Any) -> bool:
    """Whether two values mean the same, however they are spelled."""
    if there is ABSENT:
        return False
    if same(there, value) or (_nothing(there) and _nothing(value)):
        return True
    if isinstance(there, dict | list) or isinstance(value, dict | list):
        return _same_structure(there, value)
    if blank(there) or blank(value):
        return False
    numbers = _number(there), _number(value)
    if None not in numbers:
        return numbers[0] == numbers[1] or _same_day(there, value)
    return _same_day(there, value) or bool(_words(there) == _words(value) != "")


def _same_structure(there: Any, value: Any) -> bool:
    if isinstance(there, dict) and isinstance(value, dict):
        return all(_same(there.get(name), inner) for name, inner in value.items())
    if isinstance(there, list) and isinstance(value, list):
        return len(there) == len(value) and all(_is_in(item, there) for item in value)
    structure, plain = (there, value) if isinstance(there, dict | list) else (value, there)
    return isinstance(structure, dict) and any(_same(known, plain) for known in _ids(structure).values())


def _nothing(value: Any) -> bool:
    return blank(value) or (isinstance(value, str) and not value.strip())


def _number(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _same_day(there: Any, value: Any) -> bool:
    """Whether two dates mean the same day: an API may keep no time of day."""
    day, other = (None if moment is None else moment // DAY_MS for moment in (_moment(there), _moment(value)))
    return day is not None and day == other


def _moment(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value > FIRST_MOMENT else None
    return ms_of_text(value) if isinstance(value, str) and len(value) >= len("2027-01-01") else None


def _words(value: Any) -> str:
    plain = unicodedata.normalize("NFKC", _TAGS.sub(" ", html.unescape(str(value)))).casefold()
    return _SIGNS.sub("", plain.removeprefix("https://").removeprefix("http://").removeprefix("www."))


# what is lost goes another way


@dataclass(slots=True)
class Write:
    """One update that was answered: what it sent, the API's record before it (None: it was not read) and after it."""

    changes: ChangeSet
    key: str
    sent: Sequence[PropertyChange]
    before: dict[str, Any] | None
    answer: dict[str, Any]

    @property
    def sink(self) -> RestSink:
        """The sink of the record."""
        return self.changes.sink

    @property
    def container(self) -> str | None:
        """The container in whose names it was sent."""
        return container_of(self.sink, self.before) if self.before is not None else self.changes.container

    def settle(self, others: Sequence[PropertyChange] = ()) -> dict[str, Any]:
        """Send by the other way what the answer lacks, and `others`; give the API's record as it is then.

        The decision of what is not kept becomes `LOST`.
        """
        if self.sink.context.dry_run:
            for change in others:
                self.sink.update_slot(self.key, change.slot, change.to_send)
            return self.answer
        if container_of(self.sink, self.answer) not in {None, self.container}:
            return self.answer  # moved meanwhile: its names mean something else there
        for change in others:
            self._by_detour(change, known=True)
        lost = self._lost(self.sent)
        if lost and not all(self._is_no_news(change) for change in lost):
            lost = self._confirmed(lost)
        for change in lost:
            self._by_detour(change, known=False)
        if self._learn([change for change in lost if change.decision.sends]):
            self._prove(lost)
        for change in self.sent:
            if change.decision.sends:
                self.sink.findings.count_kept(change.slot)
        return self.answer

    def _fate(self, change: PropertyChange) -> Fate:
        there = slot_value(self.answer, change.slot)
        return fate(change.to_send, there, self._before(change), adds=change.adds)

    def _before(self, change: PropertyChange) -> Any:
        if self.before is not None:
            return slot_value(self.before, change.slot)
        return self.changes.written_before(change.name, self.container)

    def _lost(self, sent: Iterable[PropertyChange]) -> list[PropertyChange]:
        """Give what the answer lacks; what has another way is lost, too, while nobody knows whose words they are."""
        findings, lost = self.sink.findings, []
        for change in sent:
            if not change.decision.sends or change.slot in findings.silent:
                continue
            became = self._fate(change)
            unsure = became is Fate.IN_OTHER_WORDS and self._has_other_way(change) and self.before is None
            if became is Fate.LOST or (unsure and change.slot not in findings.own_words):
                lost.append(change)
        return lost

    def _has_other_way(self, change: PropertyChange) -> bool:
        return outer_of(change) in self.sink.other_ways

    def _is_no_news(self, change: PropertyChange) -> bool:
        return self.sink.findings.is_hopeless(change.slot)

    def _confirmed(self, lost: Sequence[PropertyChange]) -> list[PropertyChange]:
        """Read the record again: an answer may be older than the write, or leave out what the record has."""
        self.answer = self.sink.read(self.key)
        still = self._lost(lost)
        self.sink.findings.silent |= {change.slot for change in lost if change not in still}
        return still

    def _by_detour(self, change: PropertyChange, *, known: bool) -> None:
        """Send one value by the other way; `known`: it goes there from the start, so a refusal is the record's."""
        findings, there = self.sink.findings, slot_value(self.answer, change.slot)
        if self._has_other_way(change) and not findings.is_hopeless(change.slot):
            try:
                there = self.sink.update_slot(self.key, change.slot, change.to_send)
            except ApiError as refused:
                may_be_record = known and not blank(change.to_send)
                if may_be_record or refused.status not in CERTAIN or self.sink.is_gone(refused):
                    raise
        became = fate(change.to_send, there, self._before(change), adds=change.adds)
        if became is Fate.IN_OTHER_WORDS and not known:
            findings.own_words.add(change.slot)
        if became is Fate.LOST:
            self._give_up(change, there)
        else:
            _put(self.answer, change.slot, there)

    def _give_up(self, change: PropertyChange, there: Any) -> None:
        change.there, change.changed, change.decision = there, Changed.UNKNOWN, LOST
        self.changes.lost += (change,)
        self.sink.findings.count_lost(change.slot)

    def _prove(self, lost: Sequence[PropertyChange]) -> None:
        """Believe a way that is new only when the record, read again, has what went there."""
        self.answer = self.sink.read(self.key)
        for change in lost:
            if change.decision.sends and self._fate(change) is Fate.LOST:
                self._give_up(change, slot_value(self.answer, change.slot))

    def _learn(self, by_detour: Sequence[PropertyChange]) -> bool:
        """Go the other way from now on: with a whole map of fields when none of several was kept, else with the one.

        Gives whether that is news.
        """
        news = False
        for change in by_detour:
            outer, moment = outer_of(change), CLEAR if blank(change.to_send) else UPDATE
            if change.slot in self.sink.findings.own_words:
                continue
            like = [each for each in self.sent if outer_of(each) == outer and blank(each.to_send) == (moment == CLEAR)]
            whole = outer == change.slot or (len(like) > 1 and all(each in by_detour for each in like))
            topic = f"{moment} {outer}" if whole else topic_of(moment, change.slot, self.container)
            if self.sink.findings.note(topic, IGNORED):
                line = "%s: the API does not keep %s in an update, so it is sent the other way from now on"
                self.sink.logger.warning(line, self.sink.stream, outer if whole else change.name)
                news = True
        return news


def write_in_parts(
    changes: ChangeSet,
    key: str,
    wanted: Sequence[PropertyChange],
    before: dict[str, Any] | None,
    *,
    clears: bool = True,
) -> tuple[dict[str, Any] | None, GoneLinks]:
    """Send what an update takes in an update, and the rest the other way; `clears` False: it takes no blanks.

    Gives the API's record (None where nobody read it), and the links that it lacks as their records are gone: then the
    rest is still to be sent.
    """
    sink = changes.sink
    write = Write(changes, key, [change for change in wanted if change.decision.sends], before, {})

    def goes_another_way(change: PropertyChange) -> bool:
        if blank(change.to_send) and not clears:
            return True
        return sink.findings.goes_another_way(change.slot, change.to_send, write.container)

    others = [change for change in write.sent if goes_another_way(change)]
    write.sent = [change for change in write.sent if change not in others]
    body = body_of(write.sent)
    write.answer = sink.update(key, body, before) if body else dict(before or {})
    if gone := dropped_links(sink, write.sent, write.answer):
        return write.answer, gone
    write.settle(others)
    if not clears:
        for change in others:
            if change.decision.sends and blank(change.to_send):
                sink.findings.note(topic_of(CLEAR, change.slot, write.container), REFUSED)
    return write.answer if body or before is not None else None, {}


def refuses_clearing(sink: RestSink, refused: ApiError, wanted: Iterable[PropertyChange]) -> bool:
    """Whether an update may have been refused because it takes no blanks."""
    clears = any(change.decision.sends and blank(change.to_send) for change in wanted)
    return clears and refused.status in {400, 422} and not sink.is_gone(refused)


def settle_effect(sink: RestSink, key: str, body: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    """Send by the other way what the answer to a new effect lacks; give the slots that can't be had."""
    if sink.context.dry_run or not differs(body, answer):
        return []
    lost = [slot for slot in body if _is_lost(sink, body, answer, slot)]
    if lost and not all(sink.findings.get(topic_of(CREATE, slot)) == IGNORED for slot in lost):
        answer = sink.read(key)
        still = [slot for slot in lost if _is_lost(sink, body, answer, slot)]
        sink.findings.silent |= set(lost) - set(still)
        lost = still
    return [slot for slot in lost if not had_later(sink, key, slot, body[slot])]


def _is_lost(sink: RestSink, body: Mapping[str, Any], answer: Mapping[str, Any], slot: str) -> bool:
    return slot not in sink.findings.silent and _fate_at_create(body[slot], answer.get(slot)) is Fate.LOST


def _fate_at_create(sent: Any, there: Any) -> Fate:
    """Say what became of a value of a new record: a list of others than those sent is the API's own choice."""
    if isinstance(sent, list) and sent and isinstance(there, list):
        return Fate.KEPT if all(_is_in(item, there) for item in sent) else Fate.LOST
    return fate(sent, there)


def had_later(sink: RestSink, key: str, slot: str, value: Any) -> bool:
    """Whether an update brings what the create did not."""
    if sink.findings.is_hopeless(slot):
        return False
    try:
        there = sink.update_slot(key, slot, value)
    except ApiError as refused:
        if refused.status not in CERTAIN or sink.is_gone(refused):
            raise
        there = None
    if _fate_at_create(value, there) is Fate.LOST:
        sink.findings.count_lost(slot)
        return False
    sink.findings.count_kept(slot)
    sink.findings.note(topic_of(CREATE, slot), IGNORED)
    return True


def outer_of(change: PropertyChange) -> str:
    """Give the API's property that a slot is in."""
    return change.slot.partition(".")[0]


def _put(vendor: dict[str, Any], slot: str, value: Any) -> None:
    outer, dot, inner = slot.partition(".")
    vendor[outer] = {**(vendor.get(outer) or {}), inner: value} if dot else value
