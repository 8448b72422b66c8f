"""Links between the source's records and the vendor's, and what each flow last wrote of them."""

from __future__ import annotations

from threading import Lock, local
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, func, literal_column, select, update

from singer_rest.ledger import conflicts, intents
from singer_rest.ledger.clock import now_ms
from singer_rest.ledger.content import key_text, read_values, values_text
from singer_rest.ledger.record_log import UNPARKED, log
from singer_rest.ledger.schema import contents, links
from singer_rest.ledger.statements import Prepared, prepared
from singer_rest.ledger.values import Content, Held, Known, Link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection

    from singer_rest.ledger.engine import Database
    from singer_rest.ledger.store import Store
    from singer_rest.ledger.values import Conflict, LinkState

_OF_RECORD = tuple(links.c[name] == bindparam(name) for name in ("scope", "stream", "external_id"))
_COLUMNS = (links.c.vendor_key, links.c.state)
_CONTENT = (contents.c.hash, contents.c.content, contents.c.updated_at, contents.c.version)
_OF_FLOW = (contents.c.link == links.c.id) & (contents.c.flow == bindparam("flow"))
_FIND = select(*_COLUMNS, *_CONTENT).select_from(links.outerjoin(contents, _OF_FLOW)).where(*_OF_RECORD)
_HELD = prepared(
    select(*_COLUMNS, contents.c.flow, *_CONTENT)
    .select_from(links.outerjoin(contents, contents.c.link == links.c.id))
    .where(*_OF_RECORD)
)
_PARKED: ColumnElement[str] = literal_column("'parked'")
_LINKED: ColumnElement[str] = literal_column("'linked'")


def _link_upsert(insert: Any) -> Any:
    """A known key stays when none is given; a parked link stays parked."""
    add = insert(links)
    key = func.coalesce(add.excluded.vendor_key, links.c.vendor_key)
    keyless = add.excluded.vendor_key.is_(None)
    state = case((links.c.state == _PARKED, _PARKED), (keyless, links.c.state), else_=_LINKED)
    return add.on_conflict_do_update(
        index_elements=["scope", "stream", "external_id"],
        set_={"vendor_key": key, "state": state, "changed_at": add.excluded.changed_at},
    ).returning(links.c.id, links.c.vendor_key)


def _content_upsert(insert: Any) -> Any:
    add = insert(contents)
    names = ("hash", "content", "updated_at", "version", "written_at")
    return add.on_conflict_do_update(
        index_elements=["link", "flow"], set_={name: getattr(add.excluded, name) for name in names}
    )


_LINK = Prepared("scope stream external_id vendor_key state changed_at", _link_upsert)
_WRITE_CONTENT = Prepared("link flow hash content updated_at version written_at", _content_upsert)


class Links:
    """The links of one scope. Thread-safe.

    `find` reads past SQLAlchemy with one prepared SELECT on the thread's own connection: some 10 µs on SQLite, never
    older than any process's last commit.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sql = store.database.sql(_FIND)
        self._own = local()
        self._connections: list[Any] = []
        self._lock = Lock()

    def find(self, stream: str, external_id: str, flow: str) -> Known | None:
        """The link and what `flow` last wrote; the fast path for `unchanged`."""
        row = {"scope": self._store.scope, "stream": key_text(stream), "external_id": key_text(external_id)}
        try:
            execute = getattr(self._own, "execute", None) or self._connect(self._store.database)
            known = execute(self._sql, {**row, "flow": flow}).fetchone()
        except Exception as error:  # noqa: BLE001 - two drivers, two families of errors
            raise self._store.database.stopped(error) from None
        return Known(Link(stream, external_id, known[0], known[1]), content_of(known[2:])) if known else None

    def get(self, stream: str, external_id: str) -> Link | None:
        """The link of a record."""
        known = self.find(stream, external_id, "")
        return known.link if known else None

    def to_key(self, stream: str, vendor_key: str) -> list[Link]:
        """All links to one vendor key, the oldest first."""
        wanted = (
            select(links.c.external_id, links.c.state)
            .where(links.c.scope == self._store.scope, links.c.stream == stream, links.c.vendor_key == vendor_key)
            .order_by(links.c.id)
        )
        rows = self._store.read(lambda c: c.execute(wanted).all())
        return [Link(stream, row.external_id, vendor_key, row.state) for row in rows]

    def contents(self, stream: str, external_id: str) -> dict[str, Content]:
        """What every flow last wrote, by flow."""
        at = self._store.at(stream, external_id)
        return self._store.read(lambda c: held(c, at)).contents

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

        `vendor_key` None keeps the known key: so content alone can be remembered.
        """
        at, run = self._store.at(stream, external_id), self._store.run

        def write(connection: Connection) -> None:
            number, key = _link(connection, at, vendor_key)
            intents.close(connection, at)
            _write_content(connection, number, flow, content)
            conflicts.keep(connection, self._store.scope, run, disagreed)
            log(connection, at, run, result, flow=flow, vendor_key=key, detail=detail)

        self._store.write(write)

    def adopt(self, stream: str, keys: Mapping[str, str], detail: str = "") -> None:
        """Link external ids to existing keys, without content, in one transaction; open intents stay."""
        run = self._store.run

        def write(connection: Connection) -> None:
            for external_id, key in keys.items():
                at = self._store.at(stream, external_id)
                _link(connection, at, key)
                log(connection, at, run, "adopted", vendor_key=key, detail=detail)

        self._store.write(write)

    def set_state(self, stream: str, external_id: str, state: LinkState, detail: str = "") -> None:
        """`detached`: deleted at the destination, not made again; `parked`: it loops, until a person retries it.

        A record without a link gets one, so that the state is not lost.
        """
        at, run = self._store.at(stream, external_id), self._store.run

        def write(connection: Connection) -> None:
            number, _key = _link(connection, at, None)
            intents.close(connection, at)
            connection.execute(update(links).where(links.c.id == number).values(state=state))
            log(connection, at, run, state, detail=detail)

        self._store.write(write)

    def unpark(self, stream: str, external_id: str) -> None:
        """Write a parked link again; its writes are counted anew."""
        at, run = self._store.at(stream, external_id), self._store.run
        state = case((links.c.vendor_key.is_(None), "open"), else_="linked")
        parked = update(links).where(*(links.c[name] == value for name, value in at.items()), links.c.state == "parked")

        def write(connection: Connection) -> None:
            if connection.execute(parked.values(state=state)).rowcount:
                log(connection, at, run, UNPARKED)

        self._store.write(write)

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            while self._connections:
                self._connections.pop().close()

    def _connect(self, database: Database) -> Any:
        connection = database.connect()
        if database.dialect == "postgresql":
            connection.autocommit = True
        with self._lock:
            self._connections.append(connection)
        self._own.execute = connection.execute
        return connection.execute


def content_of(row: Any) -> Content | None:
    """The content in the last four columns of a row."""
    digest, text, updated_at, version = row
    return None if digest is None else Content(digest, read_values(text), updated_at, version)


def held(connection: Connection, at: Mapping[str, Any]) -> Held:
    """All that is known of a record."""
    rows = _HELD(connection, at).all()
    if not rows:
        return Held(None, {}, intents.find(connection, at))
    link = Link(at["stream"], at["external_id"], rows[0].vendor_key, rows[0].state)
    by_flow = {row.flow: content_of(row[3:]) for row in rows if row.flow is not None}
    return Held(link, {flow: content for flow, content in by_flow.items() if content}, intents.find(connection, at))


def _link(connection: Connection, at: Mapping[str, Any], vendor_key: str | None) -> tuple[int, str | None]:
    """Make or renew a link; gives its number and key."""
    state = "open" if vendor_key is None else "linked"
    row = _LINK(connection, {**at, "vendor_key": vendor_key, "state": state, "changed_at": now_ms()}).one()
    return row.id, row.vendor_key


def _write_content(connection: Connection, number: int, flow: str, content: Content) -> None:
    _WRITE_CONTENT(
        connection,
        {
            "link": number,
            "flow": flow,
            "hash": content.hash,
            "content": values_text(content.values),
            "updated_at": content.updated_at,
            "version": content.version,
            "written_at": now_ms(),
        },
    )
