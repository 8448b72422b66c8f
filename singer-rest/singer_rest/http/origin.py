"""The name of an account at an API: where records come from, and where they go to."""

from __future__ import annotations

from urllib.parse import urlsplit

ORIGIN = "x-origin"
"""In a SCHEMA: where its records come from."""
DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(api_url: str, account: str | None = None) -> str:
    """Give the root of an API as everybody spells it, with the account where it has several.

    A slash at the end, capitals in the host and the port that the scheme has anyway make no difference.
    """
    address = _address(api_url.strip())
    return f"{address} {account}" if account else address


def same_origin_text(name: str) -> str:
    """Give the name of a source or destination, which may be no address, as `origin_of` spells it."""
    address, _, account = name.strip().partition(" ")
    return origin_of(address, account.strip())


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host:
        return url.rstrip("/")
    host = f"[{host}]" if ":" in host else host.rstrip(".")
    shown = "" if port in {None, DEFAULT_PORTS.get(parts.scheme)} else f":{port}"
    return f"{parts.scheme}://{host}{shown}{parts.path.rstrip('/')}"
