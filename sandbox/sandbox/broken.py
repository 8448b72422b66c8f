"""The wrong answers themselves."""

import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Any

from starlette.types import Message, Send

from sandbox import wire

HTML_500 = (
    b"<html><head>\n<title>500 Server Error</title>\n</head>\n<body text=#000000 bgcolor=#ffffff>\n"
    b"<h1>Error: Server Error</h1>\n<h2>The server encountered an error and could not complete your request.</h2>\n"
    b"</body></html>\n"
)


def _error(system: str, code: str, message: str) -> bytes:
    if system == "clarity":
        return wire.encode({"error": {"code": code, "message": message, "details": []}})
    return wire.encode({"success": False, "error": message})


async def _send(status: int, body: bytes, send: Send, *, kind: str = "application/json", **headers: str) -> None:
    named = {"content-type": kind, "content-length": str(len(body)), **headers}
    raw = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in named.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def limited(system: str, retry_after: int | str | None, send: Send) -> None:
    """429 as each vendor words it."""
    headers = {} if retry_after is None else {"retry_after": str(retry_after)}
    body = _error(system, "rate_limited", "rate limit" if system == "streak" else "Too many requests")
    await _send(429, body, send, **headers)


async def _status(system: str, options: dict[str, Any], send: Send) -> None:
    status, body = int(options.get("status", 500)), options.get("body")
    text = body.encode() if isinstance(body, str) else wire.encode(body)
    made = _error(system, "fault", f"made to fail with {status}") if body is None else text
    kind = "text/html" if isinstance(body, str) else "application/json"
    headers = {name: str(value) for name, value in (options.get("headers") or {}).items()}
    await _send(status, made, send, kind=kind, **headers)


async def _html500(_system: str, _options: dict[str, Any], send: Send) -> None:
    await _send(500, HTML_500, send, kind="text/html; charset=UTF-8")


async def _too_many(system: str, options: dict[str, Any], send: Send) -> None:
    pause = options.get("retry_after")
    if options.get("as") == "date":
        pause = formatdate(time.time() + float(pause or 0), usegmt=True)
    await limited(system, pause, send)


PLAIN: dict[str, Callable[[str, dict[str, Any], Send], Awaitable[None]]] = {
    "status": _status,
    "html500": _html500,
    "429": _too_many,
}


async def send_body(start: Message, body: bytes, send: Send, *, announced: int | None = None) -> None:
    """Send a kept answer with another body."""
    length = str(len(body) if announced is None else announced).encode()
    headers = [(name, length if name == b"content-length" else value) for name, value in start["headers"]]
    await send({**start, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": announced is not None})


async def truncate(start: Message, body: bytes, options: dict[str, Any], send: Send) -> None:
    """Half the body: as a whole HTTP answer, or with the full length announced when a cut follows."""
    half = body[: len(body) // 2]
    await send_body(start, half, send, announced=len(body) if options.get("abort") else None)


async def misreport(body: bytes, options: dict[str, Any], send: Send) -> None:
    """Another answer than the true one: its status, body or content type as told."""
    other = options.get("body")
    words = body if other is None else other.encode() if isinstance(other, str) else wire.encode(other)
    await _send(int(options.get("status", 200)), words, send, kind=str(options.get("type", "application/json")))


def repeat_rows(body: bytes, options: dict[str, Any], path: str) -> bytes:
    """A list answer whose page begins with the last row of the page before, or repeats its own last row."""
    answer = wire.decode(body or b"{}")
    rows = answer if isinstance(answer, list) else answer.get("data", answer.get("results"))
    if not isinstance(rows, list) or not rows:
        return body
    before = options.setdefault("_last_row", {}).get(path)
    options["_last_row"][path] = rows[-1]
    rows[:] = [*rows, rows[-1]] if before is None else [before, *rows]
    return wire.encode(answer)
