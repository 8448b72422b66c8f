"""The tables as the newest migration leaves them. Times are milliseconds since 1970; every row belongs to a scope."""

from __future__ import annotations

from sqlalchemy import TableClause, column, table


def _table(name: str, columns: str) -> TableClause:
    """A table for building statements; types, keys and indexes stand in the migrations."""
    return table(name, *map(column, columns.split()))


meta = _table("meta", "name value")
scopes = _table("scopes", "id source destination born")
links = _table("links", "id scope stream external_id vendor_key state changed_at")
contents = _table("contents", "link flow hash content updated_at version written_at")
intents = _table("intents", "scope stream external_id hint created_at")
leases = _table("leases", "scope stream external_id owner until")
bindings = _table("bindings", "scope kind place name vendor_key bound_at")
dead_letters = _table(
    "dead_letters",
    "id scope stream external_id flow kind reason code waits_for_stream"
    " waits_for_id record source updated_at attempts first_at last_at next_try_at status",
)
runs = _table("runs", "id scope command started_at ended_at counts")
record_log = _table("record_log", "id scope run at stream external_id flow vendor_key result detail")
conflicts = _table("conflicts", "id scope run at stream external_id name source destination agreed rule")
TABLES = (meta, scopes, links, contents, intents, leases, bindings, dead_letters, runs, record_log, conflicts)
