"""What each answer means, and what is said about it."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from singer_rest.errors import ApiError
from singer_rest.http import answers
from singer_rest.http.answers import Answer, Fault, Wording, error_text, result, retry_after

NOON = "Sat, 02 May 2026 12:00:00 GMT"
HINTS = Wording(hints={0: "check api_url", 401: "the shop does not accept api_key"})


def answer(
    status: int = 200,
    body: bytes = b"{}",
    *,
    headers: dict[str, str] | None = None,
    asked: dict[str, str] | None = None,
) -> requests.Response:
    """An answer to a request with the headers `asked`."""
    response = requests.Response()
    response.status_code, response._content, response.reason = status, body, "Some Reason"
    response.headers.update(headers or {})
    response.request = requests.Request("GET", "http://x/api/things").prepare()
    response.request.headers.update(asked or {})
    return response


def read(response: requests.Response, method: str = "GET", wording: Wording = HINTS) -> Any:
    return result(response, method, "/api/things", wording)


def meaning(status: int) -> str:
    try:
        read(answer(status))
    except ApiError:
        return "refuse"
    except Fault as fault:
        return "pause" if fault.pause else "doubt" if fault.doubt else "repeat"
    return "read"


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([200, 201, 204, 299], "read"),
        ([300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 405, 409, 410, 422, 451, 100, 600], "refuse"),
        ([408, 425], "repeat"),
        ([429], "pause"),
        ([500, 501, 502, 503, 504, 599], "doubt"),
    ],
)
def test_the_table_of_statuses(statuses: list[int], expected: str) -> None:
    assert {meaning(status) for status in statuses} == {expected}


def test_bodies() -> None:
    assert read(answer(body=b'{"a":1}')) == {"a": 1}
    assert read(answer(body=b"[1]", headers={"Content-Type": "text/html"})) == [1]
    assert read(answer(204, b"")) is None
    assert read(answer(200, b""), "DELETE") is None


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (answer(body=b""), "answered 200 with no body: check api_url"),
        (answer(body=b'{"a'), "answered 200 with broken JSON: check api_url"),
        (answer(201, b"<html>"), "answered 201 with broken JSON: check api_url"),
        (
            answer(body=b"<html>", headers={"Content-Type": "text/HTML; charset=x"}),
            "answered 200 with an HTML page instead of JSON: check api_url",
        ),
    ],
)
def test_bodies_that_can_not_be_read(response: requests.Response, reason: str) -> None:
    with pytest.raises(Fault) as caught:
        read(response)
    assert (caught.value.reason, str(caught.value)) == (reason, reason)
    assert (caught.value.odd, caught.value.doubt, caught.value.connected) == (True, True, True)


@pytest.mark.parametrize(
    ("status", "doubt", "pause", "late"),
    [
        (408, False, False, False),
        (425, False, False, False),
        (429, False, True, False),
        (500, True, False, False),
        (503, True, False, False),
        (504, True, False, True),
    ],
)
def test_faults(status: int, doubt: bool, pause: bool, late: bool) -> None:  # noqa: FBT001 - a table
    with pytest.raises(Fault) as caught:
        read(answer(status, b'{"error":"no a@b.example"}', headers={"Retry-After": "7"}))
    fault = caught.value
    assert (fault.doubt, fault.pause, fault.late, fault.odd, fault.retry_after) == (doubt, pause, late, False, 7)
    assert (fault.reason, str(fault)) == (f"answered {status}: no a@b.example", f"answered {status}")


def test_success_false_is_a_refusal_that_may_pass() -> None:
    with pytest.raises(Fault) as caught:
        read(answer(body=b'{"success":false,"error":"Missing parameters"}'))
    refused = caught.value.refused
    assert isinstance(refused, ApiError)
    assert (refused.status, refused.reason, refused.final, refused.unknown) == (200, "Missing parameters", False, False)


@pytest.mark.parametrize(
    ("response", "line"),
    [
        (answer(400, b"<p>a@b.example</p>"), "answered 400: check api_url"),
        (answer(401, b'{"error":{"code":"no_key","message":"a@b.example"}}'), "answered 401 (no_key): the shop does"),
        (answer(401, b'{"error":"invalid_client"}'), "answered 401 (invalid_client): the shop does"),
        (answer(401, b'{"error":"Ada may not"}'), "answered 401: the shop does not accept api_key"),
        (answer(401, b'{"error":"canary_key"}', asked={"X-API-Key": "canary_key"}), "answered 401: the shop does"),
    ],
)
def test_refusals(response: requests.Response, line: str) -> None:
    with pytest.raises(ApiError) as caught:
        read(response)
    assert str(caught.value).startswith(f"GET /api/things {line}")


def test_a_vendor_s_plain_words_are_shown_where_that_is_said() -> None:
    plain = Wording(code=re.compile(r"[A-Za-z ]{1,100}"))
    with pytest.raises(ApiError, match=r"^GET /api/things answered 401 \(invalid api key\)$"):
        read(answer(401, b'{"error":"invalid api key"}'), wording=plain)


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("https://new.example/login?a=canary", "https://new.example"),
        ("https://me:canary@new.example:8443/", "https://new.example:8443"),
        ("/login?a=canary", "another path"),
        ("", "another path"),
        ("https://[canary", "another place"),
    ],
)
def test_a_redirect_names_where_it_leads_to(location: str, place: str) -> None:
    with pytest.raises(ApiError) as caught:
        read(answer(302, b"", headers={"Location": location}), wording=Wording("token_url"))
    assert caught.value.reason == f"a redirect to {place}: set token_url to where it is now"
    assert str(caught.value) == f"GET /api/things answered 302: {caught.value.reason}"
    assert not caught.value.final


@pytest.mark.parametrize(("body", "again"), [(b'{"error":"no', True), (b"{}", False), (b"<p>", False), (b"", False)])
def test_a_refusal_whose_json_is_cut_off_is_asked_for_again(body: bytes, *, again: bool) -> None:
    with pytest.raises(Fault if again else ApiError) as caught:
        read(answer(409, body))
    if isinstance(caught.value, Fault):
        assert isinstance(caught.value.refused, ApiError)
        assert (caught.value.doubt, caught.value.refused.status) == (False, 409)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error":"no stage"}', "no stage"),
        (b'{"message":"no stage"}', "no stage"),
        (b'{"detail":"no stage","title":"x"}', "no stage"),
        (b'{"title":"no stage"}', "no stage"),
        (b'{"error":{"message":"no stage"}}', "no stage"),
        (
            b'{"error":{"message":"bad","details":[{"field":"a","message":"is b"},{"field":"c","message":"d"},1]}}',
            "bad: a is b, c d",
        ),
        (b'{"error":{"code":"x"}}', "Some Reason"),
        (b'{"error":5}', "Some Reason"),
        (b"[]", "Some Reason"),
        (b"<html>", "Some Reason"),
        (b'{"error":"two\\nlines\\u0000"}', "two lines"),
    ],
)
def test_the_vendor_s_words(body: bytes, words: str) -> None:
    assert error_text(answer(400, body)) == words


@pytest.mark.parametrize(
    "asked",
    [
        {"X-API-Key": "canary"},
        {"Authorization": "Bearer canary"},
        {"Authorization": f"Basic {base64.b64encode(b'canary:').decode()}"},
    ],
)
def test_words_that_quote_the_key(asked: dict[str, str]) -> None:
    sent = next(iter(asked.values())).rpartition(" ")[2]
    response = answer(403, f'{{"error":"who is canary, {sent}?"}}'.encode(), asked=asked)
    assert answers.reason(response, Wording()) == "who is ***, ***?"


def test_words_that_quote_the_secret_of_a_form() -> None:
    response = answer(400, b'{"error":"canary_secret"}')
    form = {"grant_type": "client_credentials", "client_secret": "canary_secret"}
    response.request = requests.Request("POST", "http://x", data=form).prepare()
    with pytest.raises(ApiError) as caught:
        read(response)
    assert "canary" not in str(caught.value) + caught.value.reason


def test_a_reason_that_can_not_be_read() -> None:
    assert answers.reason(answer(404, b"gone"), Wording(reason=lambda response: str(response.json()))) == "status 404"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": " 7 "}, 7),
        ({"Retry-After": "0.25"}, 0.25),
        ({"Retry-After": "86400"}, 86400),
        ({"Retry-After": "1777723200"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "1e3"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Sat, 32 May 2026 12:00:00 GMT"}, None),
        ({"Retry-After": "Sat, 02 May 2026 12:00:42 GMT", "Date": NOON}, 42),
        ({"Retry-After": "Sat, 02 May 2026 12:00:42 -0000", "Date": NOON}, 42),
        ({"Retry-After": "Sat, 02 May 2026 14:00:42 +0200", "Date": NOON}, 42),
        ({"Retry-After": "Sat, 02 May 2026 11:00:00 GMT", "Date": NOON}, 0),
        ({"Retry-After": "Sat, 02 May 2020 11:00:00 GMT"}, 0),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_when_the_server_answered() -> None:
    noon = datetime(2026, 5, 2, 12, tzinfo=UTC)
    assert Answer({}, NOON, 0.0).at == noon
    assert Answer({}, "yesterday", noon.timestamp()).at == noon
    assert Answer({}, None, noon.timestamp()).at == noon
