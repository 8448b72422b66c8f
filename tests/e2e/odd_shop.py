"""A shop as nobody else has it: offset paging, names of its own, epoch seconds, ids that are numbers, login by form."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import parse_qs, unquote

from singer_rest.testing import Answer, ScriptedApi

USER, PASSWORD = "robot@shop.example", "pass word & more"
KEY = "session-key-1"


class OddShop(ScriptedApi):
    """Keeps `people` and `sales` by number."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, dict[int, dict[str, Any]]] = {"people": {}, "sales": {}}
        self.logins = 0

    def put(self, kind: str, number: int, **values: Any) -> None:
        """Store a record, changed as it says or now."""
        self.rows[kind][number] = {"no": number, "changed": int(time.time()), **values}

    def take(self, asked: Any) -> Answer:
        """Answer one request."""
        self.asked.append(asked)
        path, _, query = asked.path.removeprefix("/api/").partition("?")
        if path == "session":
            return self._log_in(asked)
        if {name.lower(): value for name, value in asked.headers.items()}.get("x-session") != KEY:
            return Answer.of({"error": "who are you"}, 401)
        kind, _, number = path.partition("/")
        if kind not in self.rows:
            return Answer.of({"error": "no such thing"}, 404)
        if asked.method == "GET" and not number:
            return Answer.of(self._list(kind, {name: values[0] for name, values in parse_qs(query).items()}))
        if asked.method == "GET":
            row = self.rows[kind].get(int(unquote(number)))
            return Answer.of(row) if row else Answer.of({"error": "gone"}, 404)
        return self._write(asked, kind, number)

    def _log_in(self, asked: Any) -> Answer:
        self.logins += 1
        if parse_qs(asked.body.decode()) != {"user": [USER], "pass": [PASSWORD]}:
            return Answer.of({"error": f"wrong: {PASSWORD}"}, 403)
        return Answer.of({"session": {"key": KEY}})

    def _list(self, kind: str, query: dict[str, str]) -> dict[str, Any]:
        rows = sorted(self.rows[kind].values(), key=lambda row: (row["changed"], row["no"]))
        if mail := query.get("mail"):
            rows = [row for row in rows if row.get("mail") == mail]
        rows = [row for row in rows if row["changed"] >= int(query.get("changedFrom", 0))]
        skip, take = int(query.get("skip", 0)), min(int(query.get("take", 10)), 200)
        return {"items": rows[skip : skip + take], "count": len(rows)}

    def _write(self, asked: Any, kind: str, number: str) -> Answer:
        method = "POST" if not number else {"sales": "PUT", "people": "PATCH"}[kind]
        if asked.method != method:
            return Answer.of({"error": "not so"}, 405)
        key = int(unquote(number)) if number else max(self.rows[kind], default=0) + 1
        before = self.rows[kind].get(key, {})
        given = json.loads(asked.body)
        merged = {
            name: {**before.get(name, {}), **value} if isinstance(value, dict) else value
            for name, value in given.items()
        }
        self.put(kind, key, **{**before, **merged, "changed": int(time.time())})
        return Answer.of(self.rows[kind][key])
