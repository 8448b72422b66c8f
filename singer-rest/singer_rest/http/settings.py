"""Where an API is."""

from __future__ import annotations

from urllib.parse import urlsplit

from singer_rest.errors import FatalRunError


def host_of(base_url: str) -> str:
    """Give host and port of an API's address. FatalRunError, without the address, when it can't be one."""
    try:
        parts = urlsplit(base_url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or parts.scheme not in {"http", "https"} or "@" in parts.netloc or parts.query or parts.fragment:
        raise FatalRunError(
            "`api_url` must be an address such as https://api.example.com/v1, without user name or query"
        )
    return f"{host}:{port}" if port else host
