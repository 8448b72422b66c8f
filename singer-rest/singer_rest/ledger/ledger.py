"""The ledger: what was written, what is being written, and what was set aside."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self, TypeVar

from singer_rest.errors import single_line
from singer_rest.ledger import conflicts, links, runs
from singer_rest.ledger import dead_letters as mail
from singer_rest.ledger.clock import milliseconds, now_ms
from singer_rest.ledger.content import key_text, record_text
from singer_rest.ledger.finder import Finder
from singer_rest.ledger.leases import live_keys
from singer_rest.ledger.opening import Opened, opened
from singer_rest.ledger.reverse import Reverse
from singer_rest.ledger.values import Binding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from singer_rest.ledger.values import (
        Conflict,
        Content,
        Held,
        Intent,
        Known,
        Letter,
        LetterKind,
        LetterStatus,
        Link,
        Run,
    )

_T = TypeVar("_T")


class Ledger:
    """One source and one destination in a ledger. Thread-safe; several processes may have it open.

    Every method may raise FatalRunError when the ledger fails (disk full, locked, connection lost).
    """

    def __init__(self, parts: Opened) -> None:
        self.born: datetime = parts.born
        self.read_only = parts.database.read_only
        self._parts = parts
        self._scope = parts.scope
        self._find = Finder(parts.database)
        self._run: int | None = None

    @classmethod
    def open(cls, url: str, *, source: str, destination: str, owner: str = "target", read_only: bool = False) -> Self:
        """Open, make or migrate the ledger. `owner` is a label; the process makes it unique. Raises FatalRunError."""
        return cls(opened(url, (source, destination), owner, read_only=read_only))

    def close(self) -> None:
        """Finish what was handed in, give back all leases, close."""
        self._find.close()
        self._parts.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def find(self, stream: str, external_id: str, flow: str) -> Known | None:
        """The link and what `flow` last wrote; the fast path for `unchanged`."""
        return self._find(self._scope, key_text(stream), key_text(external_id), flow)

    def contents(self, stream: str, external_id: str) -> dict[str, Content]:
        """What every flow last wrote, by flow."""
        return self._read(lambda c: links.held(c, self._at(stream, external_id))).contents

    def link(self, stream: str, external_id: str) -> Link | None:
        """The link of a record."""
        known = self.find(stream, external_id, "")
        return known.link if known else None

    def links_to(self, stream: str, vendor_key: str) -> list[Link]:
        """All links to one vendor key, the oldest first."""
        return self._read(lambda c: links.to_key(c, self._scope, stream, vendor_key))

    @property
    def reverse(self) -> Reverse:
        """The other direction in this same ledger."""
        return Reverse(self._parts.database.reading, self._scope)

    @contextmanager
    def lease(self, stream: str, external_id: str, *, wait_seconds: float = 120.0) -> Iterator[Held]:
        """Keep others from this link; RecordFault (`leased`) after `wait_seconds`. A read-only ledger only looks."""
        at = self._at(stream, external_id)
        if self._parts.leases is None:
            yield self._read(lambda c: links.held(c, at))
            return
        with self._parts.leases.hold(at["stream"], at["external_id"], wait_seconds):
            yield self._read(lambda c: links.held(c, at))

    def intend(self, stream: str, external_id: str, hint: dict[str, Any]) -> None:
        """Commit that a request is about to be sent; `hint` takes the place of an open intent's."""
        at, text = self._at(stream, external_id), record_text(hint)
        self._write(lambda c: links.intend(c, at, text))

    def intent(self, stream: str, external_id: str) -> Intent | None:
        """The open intent of a record."""
        return self._read(lambda c: links.intent(c, self._at(stream, external_id)))

    def open_intents(self) -> list[Intent]:
        """Creates and updates that were begun and that nobody alive is at, the oldest first."""
        return self._read(lambda c: links.open_intents(c, self._scope, live_keys(c, self._scope)))

    def withdraw(self, stream: str, external_id: str) -> None:
        """Close an intent whose request was refused, so surely had no effect."""
        at = self._at(stream, external_id)
        self._write(lambda c: links.withdraw(c, at))

    def written(  # noqa: PLR0913 - the columns of one transaction, by name
        self,
        stream: str,
        external_id: str,
        *,
        vendor_key: str | None,
        flow: str,
        content: Content,
        result: str,
        detail: str = "",
        disagreed: Sequence[Conflict] = (),
    ) -> None:
        """Link, content, closed intent, conflicts and log in one transaction; returns when it is committed.

        `vendor_key` None keeps the key that is there: so content alone can be remembered.
        """
        at = self._at(stream, external_id)

        def write(connection: Connection) -> None:
            number, key = links.link(connection, at, vendor_key)
            links.withdraw(connection, at)
            links.write(connection, number, flow, content)
            conflicts.keep(connection, self._scope, self._run, disagreed)
            links.log(connection, at, self._run, {"flow": flow, "vendor_key": key, "result": result, "detail": detail})

        self._write(write)

    def adopt(self, stream: str, keys: Mapping[str, str], detail: str = "") -> None:
        """Link external ids to existing keys, without content, in one transaction; open intents stay."""

        def write(connection: Connection) -> None:
            for external_id, key in keys.items():
                at = self._at(stream, external_id)
                links.link(connection, at, key)
                entry = {"flow": "", "vendor_key": key, "result": "adopted", "detail": detail}
                links.log(connection, at, self._run, entry)

        self._write(write)

    def detach(self, stream: str, external_id: str, detail: str = "") -> None:
        """The record was deleted at the destination: the link stays, nothing is made again."""
        self._set_state(stream, external_id, "detached", detail)

    def park(self, stream: str, external_id: str, detail: str = "") -> None:
        """Stop writing a link that loops, until a person says `unpark`."""
        self._set_state(stream, external_id, "parked", detail)

    def unpark(self, stream: str, external_id: str) -> None:
        """Write a parked link again."""
        at = self._at(stream, external_id)
        self._write(lambda c: links.unpark(c, at, self._run))

    def writes_within(self, stream: str, external_id: str, seconds: float) -> int:
        """How often a record was created or updated in the last `seconds`."""
        at, since = self._at(stream, external_id), now_ms() - int(seconds * 1000)
        return self._read(lambda c: links.writes_since(c, at, since))

    def note(self, stream: str, external_id: str, flow: str, result: str, detail: str = "") -> None:
        """Log a result that wrote nothing (stale, rejected …). Does not wait for the commit."""
        at, entry = self._at(stream, external_id), {"flow": flow, "result": result, "detail": detail}
        self._parts.submit(lambda c: links.log(c, at, self._run, entry))

    def set_aside(  # noqa: PLR0913 - the columns of a letter, by name
        self,
        *,
        stream: str,
        external_id: str,
        flow: str,
        kind: LetterKind,
        reason: str,
        code: str,
        record: dict[str, Any],
        source: dict[str, Any] | None = None,
        waits_for: tuple[str, str] | None = None,
    ) -> int:
        """Keep a record durably and log it; one open letter per stream, external id and flow, its attempts counted.

        `retry` letters get the next time of the schedule; after the last they are `dead`. `source` is the record's
        `_source`: the letter of a newer one stays.
        """
        at = self._at(stream, external_id)
        letter = {
            **at,
            "flow": flow,
            "kind": kind,
            "reason": single_line(reason),
            "code": code,
            "record": record_text(record),
            "source": record_text(source or {}),
            "updated_at": milliseconds((source or {}).get("updatedAt")),
            "waits_for_stream": key_text(waits_for[0]) if waits_for else None,
            "waits_for_id": key_text(waits_for[1]) if waits_for else None,
        }

        def write(connection: Connection) -> int:
            links.log(connection, at, self._run, {"flow": flow, "result": kind, "detail": code})
            return mail.keep(connection, letter)

        return self._write(write)

    def due(self, now: datetime | None = None, limit: int = 100) -> list[Letter]:
        """Open letters whose next try has come, the earliest first."""
        moment = int(now.timestamp() * 1000) if now else now_ms()
        return self._read(lambda c: mail.due(c, self._scope, moment, limit))

    def waiting_for(self, stream: str, external_id: str) -> list[Letter]:
        """Open letters that wait for this record, the oldest first."""
        return self._read(lambda c: mail.waiting_for(c, self._scope, key_text(stream), key_text(external_id)))

    def letters(self, *, status: LetterStatus | None = "open", stream: str | None = None) -> list[Letter]:
        """Letters, the oldest first; status None means all."""
        return self._read(lambda c: mail.listed(c, self._scope, status, stream))

    def open_letters(self) -> set[tuple[str, str, str]]:
        """Stream, external id and flow of every open letter."""
        return self._read(lambda c: mail.open_keys(c, self._scope))

    def letter(self, letter_id: int) -> Letter | None:
        """One letter."""
        return self._read(lambda c: mail.one(c, self._scope, letter_id))

    def close_letters(self, stream: str, external_id: str, flow: str | None, updated_at: str | None) -> int:
        """Close open letters not newer than `updated_at` (None: all), of one flow or (None) all; gives how many."""
        at, moment = self._at(stream, external_id), milliseconds(updated_at)
        return self._write(lambda c: mail.close(c, at, flow, moment))

    def discard(self, letter_id: int) -> bool:
        """A person gives a letter up; False when it was not open."""
        return self._write(lambda c: mail.discard(c, self._scope, letter_id))

    def retry(self, letter_ids: Iterable[int]) -> int:
        """Make open letters due now, not the mapper's: they go through the mapper again. Gives how many."""
        wanted = list(letter_ids)
        return self._write(lambda c: mail.retry(c, self._scope, wanted))

    def binding(self, kind: str, scope: str, name: str) -> str | None:
        """The vendor key that a name is bound to."""
        return self._read(lambda c: runs.binding(c, self._scope, kind, (scope, name)))

    def bind(self, kind: str, scope: str, name: str, vendor_key: str) -> None:
        """Bind a name, or bind it anew."""
        self._write(lambda c: runs.bind(c, self._scope, Binding(kind, scope, name, vendor_key)))

    def bindings(self, kind: str) -> list[Binding]:
        """All bindings of a kind: pipeline, stage, field, option."""
        return self._read(lambda c: runs.bound(c, self._scope, kind))

    def start_run(self, command: str) -> int:
        """Begin a run; log rows of this process belong to it from now on."""
        self._run = self._write(lambda c: runs.start(c, self._scope, command))
        return self._run

    def end_run(self, run_id: int, counts: dict[str, Any]) -> None:
        """End a run with its counts."""
        self._write(lambda c: runs.end(c, run_id, counts))

    def conflicts(self) -> list[Conflict]:
        """Properties that both sides had changed, the oldest first."""
        return self._read(lambda c: conflicts.listed(c, self._scope))

    def runs(self, limit: int = 20) -> list[Run]:
        """The latest runs, newest first."""
        return self._read(lambda c: runs.latest(c, self._scope, limit))

    def _at(self, stream: str, external_id: str) -> dict[str, Any]:
        return links.place(self._scope, key_text(stream), key_text(external_id))

    def _set_state(self, stream: str, external_id: str, state: Any, detail: str) -> None:
        at, run = self._at(stream, external_id), self._run
        self._write(lambda c: links.set_state(c, at, run, state, detail))

    def _read(self, work: Callable[[Connection], _T]) -> _T:
        with self._parts.database.reading() as connection:
            return work(connection)

    def _write(self, work: Callable[[Connection], _T]) -> _T:
        return self._parts.submit(work).result()
