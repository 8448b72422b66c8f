"""Puts what a record names by its id into it: its customer into each order, its order into each payment."""

from collections.abc import Iterable
from typing import Any

from tap_clarity.client import ClarityClient, Row
from tap_clarity.fields import set_unknown_aside, shape_of

CACHED = 10_000


class Embedding:
    """Records of one list, fetched by their ids for a page of others at a time and kept for the run."""

    def __init__(self, client: ClarityClient, plural: str, key: str, schema: dict[str, Any]) -> None:
        self._client = client
        self._path, self._key = f"/{plural}", key
        self._properties: dict[str, Any] = schema["properties"]
        self._shape = shape_of(schema)
        self._cache: dict[str, Row | None] = {}

    def forget(self) -> None:
        """Look all of them up anew."""
        self._cache.clear()

    def put_into(self, rows: Iterable[Row], name: str) -> list[Row]:
        """The rows with a copy of the record that they name, or null where they name none or it is gone."""
        rows = list(rows)
        self._fetch({row[self._key] for row in rows if row.get(self._key)})
        return [{**row, name: self._copy(row.get(self._key))} for row in rows]

    def _fetch(self, ids: set[str]) -> None:
        if len(self._cache) > CACHED:
            self._cache.clear()
        unknown = sorted(ids - self._cache.keys())
        self._cache.update(dict.fromkeys(unknown))
        for row in self._client.by_ids(self._path, unknown):
            set_unknown_aside(row, self._shape)
            self._cache[row[self._key]] = {name: row[name] for name in row if name in self._properties}

    def _copy(self, key: str | None) -> Row | None:
        # the SDK takes deselected fields out of the record it is given: each row needs a copy of its own
        return _copied(self._cache[key]) if key else None


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(item) for name, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value
