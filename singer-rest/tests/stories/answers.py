"""The answers that a host may give, and what each means to every client: one table for all of them.

A row is scripted; whatever is asked after it gets GOOD, which is an answer to everybody.
"""

from __future__ import annotations

import codecs
import json
from email.utils import formatdate
from enum import Enum
from typing import Any, NamedTuple

from singer_rest.testing import Answer

BODY = {
    "success": True,
    "access_token": "canary-token",
    "expires_in": 3600,
    "data": [],
    "results": [],
    "hasMore": False,
    "hasNextPage": False,
    "events": [],
    "last": 0,
    "name": "Zoë",
}
TEXT = json.dumps(BODY, ensure_ascii=False)
GOOD = Answer(body=TEXT.encode())
HTML = b"<html>canary@example.com</html>"
ERROR = b'{"success":false,"error":{"code":"no_such_thing","message":"canary@example.com"}}'
AS_HTML = {"Content-Type": "text/html; charset=utf-8"}
SECONDS = 0.4
"""How long a request may take."""


class Verdict(Enum):
    """What a client makes of an answer."""

    RESULT = "it is the result"
    AGAIN = "the call is repeated, and works"
    THRICE = "the call is repeated twice, then it is refused"
    BRIEFLY = "the call is repeated twice, then the host is no such API"
    ENDS = "nobody waits so long"
    REFUSED = "the call is refused"


class Row(NamedTuple):
    name: str
    answer: Answer
    verdict: Verdict
    forever: bool = False
    """Whether the host never answers otherwise."""


def retry_after(value: str, **headers: str) -> Answer:
    return Answer(503, b"", {"Retry-After": value, **headers})


def in_seconds(seconds: float) -> str:
    return formatdate(formatted_at + seconds, usegmt=True)


formatted_at = 1_777_723_200.0
DATED = {"Date": in_seconds(0)}

READ = [
    Row("200", GOOD, Verdict.RESULT),
    Row("201", Answer(201, GOOD.body), Verdict.RESULT),
    Row("JSON that is called HTML", Answer(200, GOOD.body, AS_HTML), Verdict.RESULT),
    Row("a byte order mark", Answer(body=codecs.BOM_UTF8 + GOOD.body), Verdict.RESULT),
    Row("UTF-16", Answer(body=TEXT.encode("utf-16")), Verdict.RESULT),
    Row("UTF-32", Answer(body=TEXT.encode("utf-32-be")), Verdict.RESULT),
    Row("half a character", Answer(body=TEXT.replace("Zoë", r"Zo\ud83d").encode()), Verdict.RESULT),
    Row("a huge number", Answer(body=TEXT.replace('"Zoë"', "1" * 5000).encode()), Verdict.RESULT),
]
REPEATED = [
    Row(f"{status} {name}", Answer(status, body, headers), Verdict.AGAIN)
    for status in (408, 425, 429, 500, 501, 502, 503, 504)
    for name, body, headers in (("as JSON", ERROR, {}), ("as HTML", HTML, AS_HTML), ("without a body", b"", {}))
] + [
    Row("Retry-After: 0", retry_after("0"), Verdict.AGAIN),
    Row("Retry-After in decimals", retry_after("0.05"), Verdict.AGAIN),
    Row("Retry-After: an instant from now", retry_after(in_seconds(0), **DATED), Verdict.AGAIN),
    Row("Retry-After: a past date", retry_after(in_seconds(-60), **DATED), Verdict.AGAIN),
    Row("Retry-After: nonsense", retry_after("soon"), Verdict.AGAIN),
    Row("Retry-After: negative", retry_after("-1"), Verdict.AGAIN),
    Row("Retry-After: an instant in seconds", retry_after("1777723200"), Verdict.AGAIN),
    Row("Latin-1", Answer(body=TEXT.encode("latin-1")), Verdict.AGAIN),
    Row("truncated JSON", Answer(body=GOOD.body[:-9]), Verdict.AGAIN),
    Row("an answer cut off", Answer(body=GOOD.body, cut=9), Verdict.AGAIN),
    Row("HTML on a 200", Answer(200, HTML, AS_HTML), Verdict.AGAIN),
    Row("nothing on a 200", Answer(200, b""), Verdict.AGAIN),
    Row("NaN", Answer(body=TEXT.replace('"Zoë"', "NaN").encode()), Verdict.AGAIN),
    Row("nesting without end", Answer(body=b"[" * 100_000), Verdict.AGAIN),
    Row("success: false", Answer(body=b'{"success":false,"error":"busy"}'), Verdict.AGAIN),
    Row("a refusal cut off", Answer(409, b'{"error":{"code":"ver'), Verdict.AGAIN),
    Row("a hang", Answer(hang=SECONDS * 2), Verdict.AGAIN),
    Row("a drip", Answer(body=GOOD.body, drip=SECONDS / 20), Verdict.AGAIN),
    Row("a reset", Answer(reset=True), Verdict.AGAIN),
]
NOT_WORKING = [
    Row("success: false for ever", Answer(body=b'{"success":false,"error":"busy"}'), Verdict.THRICE, forever=True),
    Row("a refusal cut off for ever", Answer(409, b'{"error":{"code":"ver'), Verdict.THRICE, forever=True),
    Row("HTML for ever", Answer(200, HTML, AS_HTML), Verdict.BRIEFLY, forever=True),
    Row("broken JSON for ever", Answer(200, b'{"data": ['), Verdict.BRIEFLY, forever=True),
    Row("Retry-After: a day", retry_after("86400"), Verdict.ENDS),
    Row("Retry-After: a date tomorrow", retry_after(in_seconds(86400), **DATED), Verdict.ENDS),
]
REFUSED = [
    Row(f"{status} {name}", Answer(status, body, headers), Verdict.REFUSED, forever=True)
    for status in (400, 401, 403, 404, 405, 409, 410, 422)
    for name, body, headers in (("as JSON", ERROR, {}), ("as HTML", HTML, AS_HTML), ("without a body", b"", {}))
] + [
    Row(
        f"{status} to another host",
        Answer(status, b"", {"Location": "https://new.example/?key=canary"}),
        Verdict.REFUSED,
    )
    for status in (301, 302, 307, 308)
]
ROWS = READ + REPEATED + NOT_WORKING + REFUSED


def token(**changed: Any) -> Answer:
    return Answer(
        body=json.dumps({name: value for name, value in (BODY | changed).items() if value is not None}).encode()
    )


# what else the answer to a token fetch may be
TOKENS = [
    Row("no lifetime", token(expires_in=None), Verdict.RESULT),
    Row("a lifetime as text", token(expires_in="3600"), Verdict.RESULT),
    Row("a lifetime that is no number", token(expires_in="soon"), Verdict.RESULT),
    Row("a lifetime that is NaN", token(expires_in="nan"), Verdict.RESULT),
    Row("a lifetime without end", token(expires_in="inf"), Verdict.RESULT),
    Row("a lifetime below nothing", token(expires_in=-5), Verdict.RESULT),
    Row("no token", token(access_token=None), Verdict.AGAIN),
    Row("an empty token", token(access_token=""), Verdict.AGAIN),
    Row("a token that is a number", token(access_token=5), Verdict.AGAIN),
    Row("a token with a space", token(access_token="canary token"), Verdict.AGAIN),
    Row("a token with a line break", token(access_token="canary\n"), Verdict.AGAIN),
    Row("a list", Answer(body=b"[]"), Verdict.AGAIN),
    Row("no token for ever", token(access_token=None), Verdict.BRIEFLY, forever=True),
]
