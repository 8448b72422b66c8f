"""How many webhooks a second the receiver stores, beside the same route that only answers; and its memory."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import psutil
from live_orders import told
from live_site import SECRETS, LiveSite
from piping import HERE, environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.testing import Sandbox

CONNECTIONS = 16
WEBHOOKS = 8_000
ROUNDS = 3
PATH = "/hooks/clarity/shop"


@dataclass(frozen=True, slots=True)
class Received:
    """Webhooks a second with storage and without, medians; the receiver's resident MB before and after."""

    stored: float
    answered: float
    idle_mb: float
    after_mb: float


def main(crm: Sandbox) -> Received:
    """Measure both in turns."""
    stored, answered = [], []
    with tempfile.TemporaryDirectory() as name, plain() as plain_url:
        site = LiveSite(crm, Path(name))
        try:
            receiver = psutil.Process(site.receive().pid)
            idle = receiver.memory_info().rss / 1e6
            url = site.settings["SYNC_CONSOLE_PUBLIC_URL"]
            for turn in range(ROUNDS):
                answered.append(rate(plain_url, f"{turn}"))
                stored.append(rate(url, f"{turn}"))
            after = receiver.memory_info().rss / 1e6
            check(site.settings["SYNC_CONSOLE_FEED_PORT"])
        finally:
            site.close()
    return Received(median(stored), median(answered), idle, after)


@contextmanager
def plain() -> Iterator[str]:
    """Serve the route that only answers."""
    command = [sys.executable, str(HERE / "plain_receiver.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def rate(url: str, name: str) -> float:
    """Post WEBHOOKS different webhooks over CONNECTIONS connections; how many were answered a second."""
    requests = deque(_request(f"{name}-{number}") for number in range(WEBHOOKS))
    began = time.perf_counter()
    asyncio.run(_post_all(url, requests))
    return WEBHOOKS / (time.perf_counter() - began)


def check(feed_port: str) -> None:
    """RuntimeError unless all that was answered is in the feed, once."""
    first = _after(feed_port, 0)[0]
    last = [first + WEBHOOKS * ROUNDS - 1]
    if _after(feed_port, last[0] - 1) != last:
        raise RuntimeError("the feed has not what was answered 200")


def _after(feed_port: str, number: int) -> list[int]:
    url, token = f"http://127.0.0.1:{feed_port}/feed/clarity", SECRETS["SYNC_CONSOLE_FEED_TOKEN"]
    page = httpx.get(url, params={"after": number}, headers={"Authorization": f"Bearer {token}"}).json()
    return [event["seq"] for event in page["events"]]


def _request(order_id: str) -> bytes:
    body, headers = told(order_id)
    lines = [f"POST {PATH} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _post_all(url: str, requests: deque[bytes]) -> None:
    await asyncio.gather(*(_post(url, requests) for _ in range(CONNECTIONS)))


async def _post(url: str, requests: deque[bytes]) -> None:
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    while requests:
        writer.write(requests.popleft())
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200") or b"content-length: 0" not in head.lower():
            raise RuntimeError(head.decode())
    writer.close()
    await writer.wait_closed()
