"""Clients of an API that does as it is told, and the faults that it may have."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

from requests.auth import HTTPBasicAuth
from singer_rest.http.client import RestClient
from singer_rest.http.rate_limit import RateLimit
from singer_rest.testing import Answer

SECRET = "canary-key"
PERSON = "canary.person@example.com"
HTML = Answer(500, b"<html>Error: Server Error</html>", {"Content-Type": "text/html"})

# every fault that passes: the call is repeated until it works
FAULTS = {
    "html 500": HTML,
    "500 without a body": Answer(500, b""),
    "502": Answer(502),
    "503 with Retry-After": Answer(503, headers={"Retry-After": "0"}),
    "408": Answer(408),
    "425": Answer(425),
    "429 with seconds": Answer(429, headers={"Retry-After": "0.1"}),
    "429 with a date": Answer(429, headers={"Retry-After": formatdate(usegmt=True)}),
    "429 with nonsense": Answer(429, headers={"Retry-After": "soon"}),
    "truncated JSON": Answer(200, b'{"ok": tr'),
    "answer cut off": Answer(200, cut=5),
    "HTML on a 200": Answer(200, b"<html>Welcome</html>", {"Content-Type": "text/html"}),
    "nothing on a 200": Answer(200, b""),
    "no UTF-8": Answer(200, b'{"ok": "\xff"}'),
    "reset": Answer(reset=True),
    "hang": Answer(hang=0.8),
    "a drip": Answer(200, b'{"ok": "............"}', drip=0.1),
}
# of these it is known that the call had no effect
HARMLESS = {name for name in FAULTS if name[:3] in {"408", "425", "429"}}


def client_for(url: str, **changed: Any) -> RestClient:
    settings: dict[str, Any] = {
        "auth": HTTPBasicAuth(SECRET, ""),
        "rate": RateLimit(10_000),
        "retry_seconds": 10,
        "request_timeout": 0.5,
        "user_agent": "test/1",
    }
    return RestClient(base_url=url, **settings | changed)
