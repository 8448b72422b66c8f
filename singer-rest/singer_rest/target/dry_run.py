"""A run that writes nothing: what would be sent goes into a plan, what would be remembered stays in memory."""

from __future__ import annotations

import os
from contextlib import contextmanager
from threading import Lock
from typing import IO, TYPE_CHECKING, Any

import msgspec

from singer_rest.ledger import Binding, Content, Held, Known, Ledger, Link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from singer_rest.http.client import RestClient

_encode = msgspec.json.Encoder(decimal_format="number").encode


class Plan:
    """What would be sent, one JSON object per line, in a file that only its owner can read."""

    def __init__(self, path: str | None) -> None:
        self.writes = 0
        self._path = path
        self._lock = Lock()
        self._file: IO[bytes] | None = None
        if path:
            self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
            os.fchmod(self._file.fileno(), 0o600)

    def add(self, method: str, path: str, body: Any) -> int:
        """Note a call that is not made; gives its number."""
        with self._lock:
            self.writes += 1
            self._write({"n": self.writes, "method": method, "path": path, "body": body})
            return self.writes

    def note(self, row: dict[str, Any]) -> None:
        """Note something that is no call."""
        with self._lock:
            self._write(row)

    def _write(self, row: dict[str, Any]) -> None:
        if self._file:
            self._file.write(_encode(row) + b"\n")

    def __str__(self) -> str:
        """Give the end of the run's last line."""
        return f"; {self.writes:,} writes planned" + (f", see {self._path}" if self._path else "")

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()


class PlanClient:
    """Reads like the client it stands for; writes go into the plan and are answered by placeholders."""

    def __init__(self, client: RestClient, plan: Plan) -> None:
        self._client, self._plan = client, plan

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def get(self, path: str, *, params: Mapping[str, Any] | None = None) -> Any:
        """Read; what exists in the plan only reads as an empty record."""
        if "(planned " in path:
            return {"key": "(planned " + path.rpartition("(planned ")[2]}
        return self._client.get(path, params=params)

    def post(self, path: str, *, json: Any = None, **_: Any) -> Any:
        """Plan a POST."""
        number = self._plan.add("POST", path, json)
        return {"key": f"(planned {number})"} | (json if isinstance(json, dict) else {})

    def put(self, path: str, *, json: Any = None, form: Any = None, **_: Any) -> Any:
        """Plan a PUT."""
        number = self._plan.add("PUT", path, form or json)
        return {"key": f"(planned {number})"}

    def patch(self, path: str, *, json: Any = None, **_: Any) -> Any:
        """Plan a PATCH."""
        number = self._plan.add("PATCH", path, json)
        return {"key": f"(planned {number})"} | (json if isinstance(json, dict) else {})

    def create(self, path: str, *, look_up: Callable[[], Any], **arguments: Any) -> Any:  # noqa: ARG002
        """Plan a POST that makes something."""
        return self.post(path, **arguments)


class PlanLedger:
    """Reads the ledger; what a dry run would write is laid over it in memory."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._links: dict[tuple[str, str], Link] = {}
        self._contents: dict[tuple[str, str], dict[str, Content]] = {}
        self._bound: dict[tuple[str, str, str], str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def find(self, stream: str, external_id: str, flow: str) -> Known | None:
        """Give the link and content of the plan, else of the ledger."""
        link = self._links.get((stream, external_id))
        if link is None:
            return self._ledger.find(stream, external_id, flow)
        known = self._ledger.find(stream, external_id, flow)
        planned = self._contents.get((stream, external_id), {}).get(flow)
        return Known(link, planned or (known.content if known else None))

    def link(self, stream: str, external_id: str) -> Link | None:
        """Give the link of the plan, else of the ledger."""
        return self._links.get((stream, external_id)) or self._ledger.link(stream, external_id)

    @contextmanager
    def lease(self, stream: str, external_id: str, **_: Any) -> Iterator[Held]:
        """Give the link as it is; nobody is kept out of a dry run."""
        with self._ledger.lease(stream, external_id) as held:
            planned = self._contents.get((stream, external_id), {})
            yield Held(self.link(stream, external_id), held.contents | planned)

    def written(
        self, stream: str, external_id: str, *, vendor_key: str | None, flow: str, content: Content, **_: Any
    ) -> None:
        """Remember it for the rest of this run."""
        before = self.link(stream, external_id)
        key = vendor_key or (before.vendor_key if before else None)
        contents = self._contents.setdefault((stream, external_id), {})
        self._links[stream, external_id] = Link(stream, external_id, key, "linked" if key else "open")
        contents[flow] = content

    def adopt(self, stream: str, keys: Mapping[str, str], detail: str = "") -> None:  # noqa: ARG002
        """Remember links for the rest of this run."""
        for external_id, key in keys.items():
            self._links[stream, external_id] = Link(stream, external_id, key, "linked")

    def binding(self, kind: str, scope: str, name: str) -> str | None:
        """Give what a name is bound to."""
        return self._bound.get((kind, scope, name)) or self._ledger.binding(kind, scope, name)

    def bindings(self, kind: str) -> list[Binding]:
        """Give all bindings of a kind, those of the plan among them."""
        before = {(one.scope, one.name): one for one in self._ledger.bindings(kind)}
        planned = {key[1:]: Binding(*key, value) for key, value in self._bound.items() if key[0] == kind}
        return list((before | planned).values())

    def bind(self, kind: str, scope: str, name: str, vendor_key: str) -> None:
        """Bind a name for the rest of this run."""
        self._bound[kind, scope, name] = vendor_key

    def intent(self, stream: str, external_id: str) -> None:
        """Give nothing: a dry run clears up after nobody."""

    def writes_within(self, stream: str, external_id: str, seconds: float) -> int:  # noqa: ARG002
        """Give none."""
        return 0

    def nothing(self, *_: Any, **__: Any) -> Any:
        """Leave the ledger as it is."""
        return 0

    intend = withdraw = detach = park = unpark = note = set_aside = start_run = end_run = close_letters = nothing

    def no_letters(self, *_: Any, **__: Any) -> list[Any]:
        """Give none: letters are tried by runs that write."""
        return []

    letters = due = waiting_for = no_letters

    def open_letters(self) -> set[tuple[str, str, str]]:
        """Give none."""
        return set()
