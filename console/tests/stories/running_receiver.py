"""`sync-console receive` as a process of its own, and those who talk to it."""

from __future__ import annotations

import base64
import itertools
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from standardwebhooks import Webhook

BIN = Path(sys.executable).parent
OLD_SECRET, NEW_SECRET = (f"whsec_{base64.b64encode(text).decode()}" for text in (b"the old secret", b"the new secret"))
OLD_TOKEN, NEW_TOKEN = "old-token-old-token-old", "new-token-new-token-new"
FEED_TOKEN = "read-the-feed"
RECEIVE = [str(BIN / "sync-console"), f"--env-file={os.devnull}", "receive"]
READY = re.compile(r"Webhooks at (\S+), feed at (\S+)")
NUMBERS = itertools.count(1)


def unique(name: str) -> str:
    """An id that no other test uses."""
    return f"{name}-{os.getpid()}-{next(NUMBERS)}"


def order_body(order_id: str, event: str = "order.created") -> bytes:
    """What the shop posts about an order."""
    return json.dumps({"type": event, "timestamp": "2026-05-02T16:00:00Z", "data": {"orderId": order_id}}).encode()


def signed(body: bytes, message_id: str, *, secret: str = NEW_SECRET, age: float = 0) -> dict[str, str]:
    """The headers that another implementation of the scheme makes."""
    sent_at = int(time.time() - age)
    instant = datetime.fromtimestamp(sent_at, UTC)
    signature = Webhook(secret).sign(message_id, instant, body.decode())
    return {"webhook-id": message_id, "webhook-timestamp": str(sent_at), "webhook-signature": signature}


@dataclass
class Receiver:
    """A receiver with a database of its own; it can be started again."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Think of a place for the database."""
        self.database = self.folder / "console.db"
        self.log: list[str] = []
        self.client = httpx.Client(timeout=60)

    def start(self) -> Receiver:
        self.process = subprocess.Popen(
            RECEIVE, env=self._environment(), stderr=subprocess.PIPE, text=True, cwd=self.folder
        )
        lines: queue.Queue[str | None] = queue.Queue()
        self._reading = threading.Thread(target=self._read_log, args=(self.process, lines))
        self._reading.start()
        while (line := lines.get(timeout=60)) is not None:
            if found := READY.search(line):
                self.hooks, self.feed_address = found.groups()
                return self
        raise RuntimeError("\n".join(self.log))

    def refusal(self) -> str:
        """What it says when it can't start."""
        done = subprocess.run(
            RECEIVE, env=self._environment(), capture_output=True, text=True, timeout=60, check=False, cwd=self.folder
        )
        assert done.returncode == 1
        return done.stderr

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def close(self) -> None:
        if self.process.poll() is None:
            self.stop()
        self.client.close()

    def post(self, path: str, content: Any, headers: dict[str, str] | None = None) -> httpx.Response:
        return self.client.post(f"{self.hooks}/hooks/{path}", content=content, headers=headers)

    def order(self, order_id: str, event: str = "order.created", **signing: Any) -> int:
        """Post what the shop posts; the status."""
        body = order_body(order_id, event)
        message_id = signing.pop("message_id", f"msg_{order_id}_{event}")
        return self.post("clarity/shop", body, signed(body, message_id, **signing)).status_code

    def boxes(self, event: str, *objects: dict[str, Any], token: str = NEW_TOKEN, **headers: str) -> int:
        """Post what Streak posts; the status."""
        return self.post(f"streak/{token}/{event}", json.dumps(objects).encode(), headers).status_code

    def feed(self, source: str, after: int = 0, wait: float = 0, token: str = FEED_TOKEN) -> httpx.Response:
        return self.client.get(
            f"{self.feed_address}/feed/{source}",
            params={"after": after, "wait": wait},
            headers={"Authorization": f"Bearer {token}"},
        )

    def page(self, source: str, after: int = 0, wait: float = 0) -> dict[str, Any]:
        answer = self.feed(source, after, wait)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    def told(self, source: str, after: int = 0) -> list[tuple[str, str]]:
        """Type and id of all that came after, read to the end."""
        events = []
        while (page := self.page(source, after))["events"]:
            events += page["events"]
            after = page["last"]
        return [(event["type"], event["id"]) for event in events]

    def _environment(self) -> dict[str, str]:
        told = {
            "database": str(self.database),
            "hooks_port": "0",
            "feed_port": "0",
            "clarity_secrets": f"{NEW_SECRET} {OLD_SECRET}",
            "streak_tokens": f"{NEW_TOKEN} {OLD_TOKEN}",
            "feed_token": FEED_TOKEN,
            **self.settings,
        }
        others = {name: value for name, value in os.environ.items() if not name.startswith("SYNC_CONSOLE_")}
        return others | {f"SYNC_CONSOLE_{name.upper()}": value for name, value in told.items()}

    def _read_log(self, process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self.log.append(line)
            lines.put(line)
        lines.put(None)

    def _end(self, number: int) -> int:
        self.process.send_signal(number)
        code = self.process.wait(timeout=60)
        self._reading.join()
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code
