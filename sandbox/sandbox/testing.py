"""Pytest plugin: the sandbox as a fixture."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from requests import Response, Session

from sandbox import keys, wire
from sandbox.feed import Feed


class Sandbox:
    """A running sandbox: where its APIs are, and its levers. Numbers with a point come as Decimal."""

    clarity_key = keys.CLARITY_KEY
    clarity_client_id = keys.CLARITY_CLIENT_ID
    clarity_client_secret = keys.CLARITY_CLIENT_SECRET
    streak_key = keys.STREAK_KEY

    def __init__(self, clarity_port: int, streak_port: int) -> None:
        self.clarity_origin = f"http://127.0.0.1:{clarity_port}"
        self.streak_origin = f"http://127.0.0.1:{streak_port}"
        self.clarity_url = f"{self.clarity_origin}/api/v1"
        self.page_index_url = f"{self.clarity_origin}/page-index/v1"
        self.streak_url = f"{self.streak_origin}/api"
        self._session = Session()
        self._session.trust_env = False  # it is on this machine

    def close(self) -> None:
        self._session.close()

    def reset(self, seed: str = "empty") -> None:
        """A fresh world: seed `empty` or `demo`, no faults, limits, hooks, requests; real time."""
        self._post(f"reset?seed={seed}")

    def load(self, records: Iterable[dict[str, Any]], *, events: bool = True) -> int:
        """Load `{"system", "type", "record"}` rows; returns how many. Without `events` no webhook is sent."""
        body = b"\n".join(wire.encode(record) for record in records)
        return int(self._post(f"load?events={str(events).lower()}", body)["loaded"])

    def remove(self, kind: str, key: str) -> None:
        """Delete a record of the shop, for which its API has no call: `remove("orders", "100234")`."""
        self._post("remove", wire.encode({"type": kind, "id": key}))

    def streak(self, **switches: Any) -> dict[str, Any]:
        """Switches for what nobody knows of Streak; answers all of them."""
        return self._post("streak", wire.encode(switches))  # type: ignore[no-any-return]

    def merge(self, kind: str, gone: str, survivor: str) -> None:
        """Merge a contact or organization into another, as a rep does: `merge("contacts", KEY, KEY)`."""
        self._post("merge", wire.encode({"type": kind, "from": gone, "into": survivor}))

    def snapshot(self) -> dict[str, dict[str, list[dict[str, Any]]]]:
        """Everything stored: snapshot()["clarity"]["orders"] …"""
        return self._get("snapshot")  # type: ignore[no-any-return]

    def requests(self, system: str | None = None, since: int = 0) -> list[dict[str, Any]]:
        """The API requests so far, of one system or both."""
        return [entry for entry in self._get(f"requests?since={since}") if system in (None, entry["system"])]

    def clear_requests(self) -> None:
        self._post("requests/clear")

    def faults(self, rules: list[dict[str, Any]]) -> None:
        """Put fault rules in force; [] clears."""
        self._post("faults", wire.encode(rules))

    def limits(self, **limits: Any) -> None:
        """`limits(streak={"rps": 10}, latency_ms=20)`; nothing clears."""
        self._post("limits", wire.encode(limits))

    def clock(self, **levers: Any) -> dict[str, Any]:
        """`set="2026-…Z"`, `advance=seconds`, `scale=factor`, `reset=True`; answers {"now", "scale"}."""
        return self._post("clock", wire.encode(levers))  # type: ignore[no-any-return]

    def hooks(self, **manners: Any) -> dict[str, Any]:
        """`duplicate`, `reorder`, `drop`, `delay_ms`, `also_sign_with`: answers these and counts, see the README."""
        return self._post("hooks", wire.encode(manners)) if manners else self._get("hooks")  # type: ignore[no-any-return]

    def _get(self, path: str) -> Any:
        return self._checked(self._session.get(f"{self.clarity_origin}/_sandbox/{path}", timeout=60))

    def _post(self, path: str, body: bytes = b"") -> Any:
        return self._checked(self._session.post(f"{self.clarity_origin}/_sandbox/{path}", data=body, timeout=60))

    def _checked(self, response: Response) -> Any:
        if response.status_code != 200:
            raise ValueError(f"the sandbox refused: {response.text}")
        return wire.decode(response.content)


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[Sandbox]:
    """Both APIs as a process of its own on free ports."""
    command = [sys.executable, "-m", "sandbox", "serve", "--clarity-port", "0", "--streak-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        running = Sandbox(**read_ports(process))
        yield running
        running.close()
        process.terminate()


@pytest.fixture
def sandbox(sandbox_server: Sandbox) -> Sandbox:
    """A fresh, empty world of both APIs."""
    sandbox_server.reset()
    return sandbox_server


@pytest.fixture
def feed() -> Iterator[Feed]:
    """An empty feed of events."""
    feed = Feed()
    yield feed
    feed.close()


def read_ports(process: "subprocess.Popen[str]") -> dict[str, int]:
    """The ports that a starting sandbox prints: {"clarity_port", "streak_port"}."""
    line = process.stdout.readline() if process.stdout else ""
    if not line.startswith("ready "):
        raise RuntimeError("the sandbox did not start; `python -m sandbox serve` says why")
    return json.loads(line.removeprefix("ready "))  # type: ignore[no-any-return]
