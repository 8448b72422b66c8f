"""The tables as the newest migration leaves them. Times are milliseconds since 1970; every row belongs to a scope."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text, UniqueConstraint

metadata = MetaData()
_Big = BigInteger().with_variant(Integer, "sqlite")

meta = Table("meta", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

scopes = Table(
    "scopes",
    metadata,
    Column("id", _Big, primary_key=True),
    Column("source", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("born", _Big, nullable=False),
    UniqueConstraint("source", "destination"),
)

links = Table(
    "links",
    metadata,
    Column("id", _Big, primary_key=True),
    Column("scope", _Big, nullable=False),
    Column("stream", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("vendor_key", Text),
    Column("state", Text, nullable=False),
    Column("changed_at", _Big, nullable=False),
    UniqueConstraint("scope", "stream", "external_id"),
    Index("links_by_key", "scope", "stream", "vendor_key"),
)

contents = Table(
    "contents",
    metadata,
    Column("link", _Big, primary_key=True, autoincrement=False),
    Column("flow", Text, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("updated_at", Text),
    Column("version", _Big),
    Column("written_at", _Big, nullable=False),
)

intents = Table(
    "intents",
    metadata,
    Column("scope", _Big, primary_key=True, autoincrement=False),
    Column("stream", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("hint", Text, nullable=False),
    Column("created_at", _Big, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("scope", _Big, primary_key=True, autoincrement=False),
    Column("stream", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until", _Big, nullable=False),
)

bindings = Table(
    "bindings",
    metadata,
    Column("scope", _Big, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("place", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("vendor_key", Text, nullable=False),
    Column("bound_at", _Big, nullable=False),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", _Big, primary_key=True),
    Column("scope", _Big, nullable=False),
    Column("stream", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("flow", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("waits_for_stream", Text),
    Column("waits_for_id", Text),
    Column("record", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("updated_at", _Big),
    Column("attempts", Integer, nullable=False),
    Column("first_at", _Big, nullable=False),
    Column("last_at", _Big, nullable=False),
    Column("next_try_at", _Big),
    Column("status", Text, nullable=False),
    # only of open letters, as the migration says: to say it here would load the dialects of both databases
    Index("dead_letters_open", "scope", "stream", "external_id", "flow", unique=True),
    Index("dead_letters_due", "scope", "status", "next_try_at"),
    Index("dead_letters_waiting", "scope", "waits_for_stream", "waits_for_id"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", _Big, primary_key=True),
    Column("scope", _Big, nullable=False),
    Column("command", Text, nullable=False),
    Column("started_at", _Big, nullable=False),
    Column("ended_at", _Big),
    Column("counts", Text, nullable=False),
)

record_log = Table(
    "record_log",
    metadata,
    Column("id", _Big, primary_key=True),
    Column("scope", _Big, nullable=False),
    Column("run", _Big),
    Column("at", _Big, nullable=False),
    Column("stream", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("flow", Text, nullable=False),
    Column("vendor_key", Text),
    Column("result", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("record_log_by_time", "at"),
    Index("record_log_by_record", "scope", "stream", "external_id", "at"),
)

conflicts = Table(
    "conflicts",
    metadata,
    Column("id", _Big, primary_key=True),
    Column("scope", _Big, nullable=False),
    Column("run", _Big),
    Column("at", _Big, nullable=False),
    Column("stream", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("agreed", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Index("conflicts_by_time", "scope", "at"),
)
