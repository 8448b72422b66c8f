"""One HTTP POST, as small as a webhook sender needs it."""

import asyncio
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

ANSWER_SECONDS = 10


async def post(url: str, body: bytes, headers: Mapping[str, str]) -> int | None:
    """Return the status of the answer, None when none came in time. Redirects are not followed."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await _exchange(url, body, headers)
    except (OSError, ValueError, IndexError, TimeoutError):
        return None


async def _exchange(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    context = ssl.create_default_context() if secure else None
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or (443 if secure else 80), ssl=context)
    try:
        writer.write(
            _head(f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", parts.netloc, body, headers)
        )
        writer.write(body)
        await writer.drain()
        return await _status(reader)
    finally:
        writer.close()


async def _status(reader: asyncio.StreamReader) -> int:
    while True:
        status = int((await reader.readline()).split(maxsplit=2)[1])
        while (await reader.readline()).strip():
            pass
        if status >= 200:
            return status


def _head(target: str, host: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    fixed = {"Host": host, "Content-Length": str(len(body)), "Connection": "close", "Content-Type": "application/json"}
    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in {**fixed, **headers}.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
