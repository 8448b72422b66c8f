"""A run that writes nothing: what would be sent goes into a plan, what would be remembered stays in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import IO, Any

import msgspec

from singer_rest.http.client import RestClient
from singer_rest.ledger import Binding, Content, Held, Known, Ledger, Link
from singer_rest.ledger.bindings import Bindings
from singer_rest.ledger.links import Links
from singer_rest.ledger.runs import Runs
from singer_rest.ledger.values import LinkState

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
        self.links = PlanLinks(ledger.links)
        self.bindings = PlanBindings(ledger.bindings)
        self.intents = self.record_log = self.dead_letters = Unwritten()
        self.runs = PlanRuns(ledger.runs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    @contextmanager
    def lease(self, stream: str, external_id: str, **_: Any) -> Iterator[Held]:
        """Give the link as it is; nobody is kept out of a dry run."""
        with self._ledger.lease(stream, external_id) as held:
            planned = self.links.planned.get((stream, external_id), {})
            yield Held(self.links.get(stream, external_id), held.contents | planned)


class PlanLinks:
    """The links of the plan, else of the ledger."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._new: dict[tuple[str, str], Link] = {}
        self.planned: dict[tuple[str, str], dict[str, Content]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._links, name)

    def find(self, stream: str, external_id: str, flow: str) -> Known | None:
        """Give the link and content of the plan, else of the ledger."""
        known, link = self._links.find(stream, external_id, flow), self._new.get((stream, external_id))
        if link is None:
            return known
        planned = self.planned.get((stream, external_id), {}).get(flow)
        return Known(link, planned or (known.content if known else None))

    def get(self, stream: str, external_id: str) -> Link | None:
        """Give the link of the plan, else of the ledger."""
        return self._new.get((stream, external_id)) or self._links.get(stream, external_id)

    def written(
        self, stream: str, external_id: str, *, vendor_key: str | None, flow: str, content: Content, **_: Any
    ) -> None:
        """Remember it for the rest of this run."""
        before = self.get(stream, external_id)
        state = "linked" if vendor_key else before.state if before else "open"
        key = vendor_key or (before.vendor_key if before else None)
        self._new[stream, external_id] = Link(stream, external_id, key, state)
        self.planned.setdefault((stream, external_id), {})[flow] = content

    def adopt(self, stream: str, keys: Mapping[str, str], detail: str = "") -> None:  # noqa: ARG002
        """Remember links for the rest of this run."""
        for external_id, key in keys.items():
            self._new[stream, external_id] = Link(stream, external_id, key, "linked")

    def release(self, stream: str, external_ids: Iterable[str], detail: str = "") -> None:  # noqa: ARG002
        """Forget links for the rest of this run."""
        self._new |= {(stream, name): Link(stream, name, None, "open") for name in external_ids}

    def set_state(self, stream: str, external_id: str, state: LinkState, detail: str = "") -> None:  # noqa: ARG002
        """Remember it for the rest of this run."""
        before = self.get(stream, external_id)
        self._new[stream, external_id] = Link(stream, external_id, before.vendor_key if before else None, state)

    def unpark(self, *_: Any) -> None:
        """Leave the state as it is."""


class PlanBindings:
    """The bindings of the plan, else of the ledger."""

    def __init__(self, bindings: Bindings) -> None:
        self._bindings = bindings
        self._new: dict[tuple[str, str, str], str] = {}

    def get(self, kind: str, container: str, name: str) -> str | None:
        """Give what a name is bound to."""
        return self._new.get((kind, container, name)) or self._bindings.get(kind, container, name)

    def of_kind(self, kind: str) -> list[Binding]:
        """Give all bindings of a kind, those of the plan among them."""
        before = {(known.scope, known.name): known for known in self._bindings.of_kind(kind)}
        planned = {key[1:]: Binding(*key, value) for key, value in self._new.items() if key[0] == kind}
        return list((before | planned).values())

    def bind(self, kind: str, container: str, name: str, vendor_key: str) -> None:
        """Bind a name for the rest of this run."""
        self._new[kind, container, name] = vendor_key

    def unbind(self, kind: str, container: str, name: str) -> None:
        """Leave it as it is."""


class PlanRuns:
    """The runs of the ledger; a dry run is none."""

    def __init__(self, runs: Runs) -> None:
        self.latest = runs.latest

    def start(self, command: str) -> int:  # noqa: ARG002
        """Begin nothing."""
        return 0

    def end(self, run_id: int, counts: dict[str, Any]) -> None:
        """End nothing."""


class Unwritten:
    """Intents, dead letters and log of a dry run: nothing is written, and nobody's work is cleared up."""

    def get(self, *_: Any) -> None:
        """Give nothing."""

    def nothing(self, *_: Any, **__: Any) -> int:
        """Write nothing."""
        return 0

    open = close = note = keep = writes_within = nothing

    def none(self, *_: Any, **__: Any) -> list[Any]:
        """Give none: dead letters are tried by runs that write."""
        return []

    all = due = waiting_for = abandoned = rejected = none

    def open_keys(self) -> set[tuple[str, str, str]]:
        """Give none."""
        return set()
