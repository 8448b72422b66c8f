"""The layer around each API: logs requests, holds them to the limits and makes answers go wrong."""

import asyncio
import os
import socket
import struct
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox import broken
from sandbox.faults import Faults, Rule
from sandbox.limits import Bucket, Limits
from sandbox.request_log import Entry, RequestLog

LINGER_NONE = struct.pack("ii", 1, 0)


class Traffic:
    """What both APIs' layers share."""

    def __init__(self, on_write: Callable[[], None]) -> None:
        self.log = RequestLog()
        self.faults = Faults()
        self.limits = Limits()
        self.on_write = on_write

    def reset(self) -> None:
        self.log.reset()
        self.faults.replace([])
        self.limits.replace({})


class TrafficLayer:
    """ASGI: one API behind the shared traffic rules."""

    def __init__(self, system: str, api: ASGIApp, traffic: Traffic) -> None:
        self.system = system
        self.api = api
        self.traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        traffic, method, path = self.traffic, scope["method"], scope["path"]
        entry = traffic.log.open(self.system, method, path, scope["query_string"].decode("latin-1"))
        if method not in ("GET", "HEAD"):
            traffic.on_write()
        started = time.perf_counter()
        try:
            await self._answer(scope, receive, self._recorder(entry, send))
        finally:
            entry.ms = round((time.perf_counter() - started) * 1000, 3)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        wait, rule = self.traffic.faults.strike(self.system, scope["method"], scope["path"])
        wait += self.traffic.limits.latency_ms.get(self.system, 0)
        if wait:
            receive = await received(receive)
            await asyncio.sleep(wait / 1000)
        bucket = self.traffic.limits.buckets.get(self.system)
        if bucket and not bucket.take():
            await broken.limited(self.system, bucket.retry_after, send)
        elif rule:
            await self._fail(rule, scope, receive, send)
        else:
            await self.api(scope, receive, self._rated(bucket, send))

    async def _fail(self, rule: Rule, scope: Scope, receive: Receive, send: Send) -> None:
        if rule.do == "hang":
            await asyncio.sleep(float(rule.options.get("seconds", 60)))
            await cut(scope)
        elif rule.do == "reset":
            await cut(scope)
        elif rule.do in broken.PLAIN:
            await broken.PLAIN[rule.do](self.system, rule.options, send)
        else:
            await self._spoil(rule, scope, receive, send)

    async def _spoil(self, rule: Rule, scope: Scope, receive: Receive, send: Send) -> None:
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.api(scope, receive, keep)
        start, body = messages[0], b"".join(m.get("body", b"") for m in messages[1:])
        if rule.do == "lost_answer":
            await asyncio.sleep(float(rule.options.get("seconds", 0)))
            await cut(scope)
        elif rule.do == "misreport":
            await broken.misreport(body, rule.options, send)
        elif rule.do == "duplicate_rows":
            await broken.send_body(start, broken.repeat_rows(body, rule.options, scope["path"]), send)
        else:
            await broken.truncate(start, body, rule.options, send)
            if rule.options.get("abort"):
                await asyncio.sleep(0.05)  # what was sent has to leave before the connection goes
                await cut(scope)

    def _recorder(self, entry: Entry, send: Send) -> Send:
        async def record(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
            else:
                entry.bytes += len(message.get("body", b""))
            await send(message)

        return record

    def _rated(self, bucket: Bucket | None, send: Send) -> Send:
        if bucket is None or self.system != "clarity":
            return send

        async def rate(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_rate_headers(bucket)]
            await send(message)

        return rate


async def received(receive: Receive) -> Receive:
    """Take the whole request now: it is carried out even if its client gives up meanwhile."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())

    async def replay() -> Message:
        return messages.pop(0) if messages else await receive()

    return replay


def _rate_headers(bucket: Bucket) -> list[tuple[bytes, bytes]]:
    full_in = (bucket.rps - bucket.tokens) / bucket.rps
    values = {
        "x-ratelimit-limit": int(bucket.rps),
        "x-ratelimit-remaining": int(bucket.tokens),
        "x-ratelimit-reset": int(time.time() + full_in) + 1,
    }
    return [(name.encode(), str(value).encode()) for name, value in values.items()]


async def cut(scope: Scope) -> None:
    """Reset the connection of a request: its client sees no (further) answer."""
    transport = scope["sandbox.transport"]
    if not transport.is_closing():
        with socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno())) as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
    transport.abort()
    await asyncio.sleep(0.01)  # uvicorn hears of it before it misses an answer
