"""Puts what a record names by its id into it: its customer into each order, its order into each payment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from singer_rest import fit, shape_of

from tap_clarity.client import ClarityClient, Row

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

    def put_into(self, rows: Sequence[Row], name: str) -> list[Row]:
        """The rows with the record that they name, or null where they name none or it is gone."""
        self._fetch({row[self._key] for row in rows if row.get(self._key)})
        return [{**row, name: self._cache[key] if (key := row.get(self._key)) else None} for row in rows]

    def _fetch(self, ids: set[str]) -> None:
        if len(self._cache) > CACHED:
            self._cache.clear()
        unknown = sorted(ids - self._cache.keys())
        self._cache.update(dict.fromkeys(unknown))
        for row in self._client.by_ids(self._path, unknown):
            fitted = fit(row, self._shape)
            self._cache[row[self._key]] = {name: fitted[name] for name in fitted if name in self._properties}
