"""Links between the source's records and the vendor's, their contents, and the intents before a create."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, delete, func, literal_column, select, update

from singer_rest.errors import single_line
from singer_rest.ledger.clock import Prepared, instant, now_ms, prepared
from singer_rest.ledger.content import read_values, values_text
from singer_rest.ledger.tables import contents, intents, links, record_log
from singer_rest.ledger.values import Content, Held, Intent, Link

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from sqlalchemy import ColumnElement, Connection, Row

    from singer_rest.ledger.values import LinkState

UNCHANGED = "unchanged"
WRITES = ("created", "updated")
UNPARKED = "unparked"

_ONE = (
    links.c.scope == bindparam("scope"),
    links.c.stream == bindparam("stream"),
    links.c.external_id == bindparam("external_id"),
)
_COLUMNS = (links.c.vendor_key, links.c.state)
_CONTENT = (contents.c.hash, contents.c.content, contents.c.updated_at, contents.c.version)

FIND = (
    select(*_COLUMNS, *_CONTENT)
    .select_from(links.outerjoin(contents, (contents.c.link == links.c.id) & (contents.c.flow == bindparam("flow"))))
    .where(*_ONE)
)
_FIND_ALL = select(*_COLUMNS, contents.c.flow, *_CONTENT).select_from(
    links.outerjoin(contents, contents.c.link == links.c.id)
)
_HELD = prepared(_FIND_ALL.where(*_ONE))
_INTENT_OF = (
    intents.c.scope == bindparam("scope"),
    intents.c.stream == bindparam("stream"),
    intents.c.external_id == bindparam("external_id"),
)
_FIND_INTENT = prepared(select(intents).where(*_INTENT_OF))


def _intent_upsert(insert: Any) -> Any:
    """An intent that is open gets the time and the hint of the last request that may take effect."""
    add = insert(intents)
    last = {name: add.excluded[name] for name in ("hint", "created_at")}
    return add.on_conflict_do_update(index_elements=["scope", "stream", "external_id"], set_=last)


_INTENT = Prepared("scope stream external_id hint created_at", _intent_upsert)
_CLOSE_INTENT = prepared(delete(intents).where(*_INTENT_OF))


_PARKED: ColumnElement[str] = literal_column("'parked'")
_LINKED: ColumnElement[str] = literal_column("'linked'")


def _link_upsert(insert: Any) -> Any:
    """A key that is there stays when none is given; a parked link stays parked."""
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
_LOG = prepared(record_log.insert().inline(), "scope run at stream external_id flow vendor_key result detail")


def place(scope: int, stream: str, external_id: str) -> dict[str, Any]:
    """The columns that name a record."""
    return {"scope": scope, "stream": stream, "external_id": external_id}


def content_of(row: Any) -> Content | None:
    """The content in the last four columns of a row."""
    digest, text, updated_at, version = row
    return None if digest is None else Content(digest, read_values(text), updated_at, version)


def held(connection: Connection, at: Mapping[str, Any]) -> Held:
    """All that is known of a record."""
    rows = _HELD(connection, at).all()
    if not rows:
        return Held(None, {}, intent(connection, at))
    link = Link(at["stream"], at["external_id"], rows[0].vendor_key, rows[0].state)
    found = {row.flow: content_of(row[3:]) for row in rows if row.flow is not None}
    return Held(link, {flow: content for flow, content in found.items() if content}, intent(connection, at))


def to_key(connection: Connection, scope: int, stream: str, vendor_key: str) -> list[Link]:
    """All links of a stream to one key."""
    rows = connection.execute(
        select(links.c.external_id, links.c.state)
        .where(links.c.scope == scope, links.c.stream == stream, links.c.vendor_key == vendor_key)
        .order_by(links.c.id)
    )
    return [Link(stream, row.external_id, vendor_key, row.state) for row in rows]


def intent(connection: Connection, at: Mapping[str, Any]) -> Intent | None:
    """The open intent of a record."""
    row = _FIND_INTENT(connection, at).one_or_none()
    return intent_of(row) if row else None


def open_intents(connection: Connection, scope: int, busy: Container[tuple[str, str]]) -> list[Intent]:
    """All open intents of records that nobody is at (`busy`), the oldest first."""
    rows = connection.execute(select(intents).where(intents.c.scope == scope).order_by(intents.c.created_at))
    return [intent_of(row) for row in rows if (row.stream, row.external_id) not in busy]


def intent_of(row: Row[Any]) -> Intent:
    """The intent in a row."""
    return Intent(row.stream, row.external_id, instant(row.created_at), read_values(row.hint))


def intend(connection: Connection, at: Mapping[str, Any], hint: str) -> None:
    """Open an intent, or renew the one that is open."""
    _INTENT(connection, {**at, "hint": hint, "created_at": now_ms()})


def withdraw(connection: Connection, at: Mapping[str, Any]) -> None:
    """Close an intent."""
    _CLOSE_INTENT(connection, at)


def link(connection: Connection, at: Mapping[str, Any], vendor_key: str | None) -> tuple[int, str | None]:
    """Make or renew a link; gives its number and key."""
    state = "open" if vendor_key is None else "linked"
    row = _LINK(connection, {**at, "vendor_key": vendor_key, "state": state, "changed_at": now_ms()}).one()
    return row.id, row.vendor_key


def write(connection: Connection, number: int, flow: str, content: Content) -> None:
    """Remember what a flow wrote."""
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


def set_state(connection: Connection, at: Mapping[str, Any], run: int | None, state: LinkState, detail: str) -> None:
    """Set a link's state and log it; a record without a link gets one, so that the state is not lost."""
    number, _key = link(connection, at, None)
    withdraw(connection, at)
    connection.execute(update(links).where(links.c.id == number).values(state=state))
    log(connection, at, run, {"flow": "", "result": state, "detail": detail})


def unpark(connection: Connection, at: Mapping[str, Any], run: int | None) -> None:
    """A parked link is written again, and its writes are counted anew."""
    state = case((links.c.vendor_key.is_(None), "open"), else_="linked")
    parked = update(links).where(*(column == at[column.name] for column in (links.c.scope, links.c.stream)))
    parked = parked.where(links.c.external_id == at["external_id"], links.c.state == "parked")
    if connection.execute(parked.values(state=state)).rowcount:
        log(connection, at, run, {"flow": "", "result": UNPARKED, "detail": ""})


def log(connection: Connection, at: Mapping[str, Any], run: int | None, entry: Mapping[str, Any]) -> None:
    """One row of what happened to a record; `entry` has flow, result, detail, perhaps vendor_key."""
    if entry["result"] != UNCHANGED:
        row = {**at, "vendor_key": None, **entry, "run": run, "at": now_ms()}
        _LOG(connection, row | {"detail": single_line(entry["detail"])})


def writes_since(connection: Connection, at: Mapping[str, Any], since: int) -> int:
    """How often a record was created or updated since `since` (ms), and since a person unparked it."""
    mine = [record_log.c[name] == at[name] for name in ("scope", "stream", "external_id")]
    unparked = select(func.max(record_log.c.at)).where(*mine, record_log.c.result == UNPARKED).scalar_subquery()
    found = connection.execute(
        select(func.count())
        .select_from(record_log)
        .where(*mine, record_log.c.result.in_(WRITES))
        .where(record_log.c.at >= since, record_log.c.at > func.coalesce(unparked, 0))
    )
    return int(found.scalar_one())
