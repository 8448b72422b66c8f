"""Refusals: told in the vendor's words, without a key or anybody's data."""

from __future__ import annotations

import base64
import logging
import re
from typing import TYPE_CHECKING

import pytest
from clients import FAULTS, PERSON, SECRET, client_for
from singer_rest.errors import ApiError, redact
from singer_rest.http.answers import Wording
from singer_rest.testing import Answer, ScriptedApi

if TYPE_CHECKING:
    import requests
    from singer_rest.http.client import RestClient


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422])
def test_a_refusal_is_told_in_the_vendors_words_and_never_repeated(
    api: ScriptedApi, client: RestClient, status: int
) -> None:
    api.otherwise = Answer(status, b'{"success":false,"error":"Insufficient params for Pipeline"}')
    with pytest.raises(ApiError) as caught:
        client.post("/pipelines", json={"name": "canary"}, params={"q": "canary"})
    assert (caught.value.status, caught.value.reason) == (status, "Insufficient params for Pipeline")
    assert str(caught.value) == f"POST /api/pipelines answered {status}"
    assert len(api.asked) == 1


def test_success_false_is_an_error_even_with_200(api: ScriptedApi, client: RestClient) -> None:
    api.otherwise = Answer(200, b'{"success":false,"error":"Missing parameters"}')
    with pytest.raises(ApiError, match="answered 200") as refused:
        client.get("/boxes")
    assert (refused.value.reason, refused.value.final, len(api.asked)) == ("Missing parameters", False, 3)


def test_success_false_may_be_a_fault_of_the_moment(api: ScriptedApi, client: RestClient) -> None:
    api.answers = [Answer(200, b'{"success":false}')]
    assert client.get("/boxes") == {"ok": True}
    api.answers = [Answer(200, b'{"success":false}')]
    assert client.create("/boxes", json={}, look_up=lambda: {"key": "k1"}) == {"key": "k1"}


def test_a_refusal_that_is_cut_off_is_heard_again(api: ScriptedApi, client: RestClient) -> None:
    api.answers = [Answer(409, b'{"error":{"code":"version_con'), Answer(409, b'{"error":"moved on"}')]
    with pytest.raises(ApiError) as caught:
        client.patch("/boxes/1", json={})
    assert (caught.value.answer, len(api.asked)) == ({"error": "moved on"}, 2)
    api.answers = [Answer(404, b'{"error":'), Answer(200, b'{"key":"k1"}')]
    assert client.create("/boxes", json={}, look_up=lambda: None) == {"key": "k1"}
    api.otherwise = Answer(400, b'{"error":')
    with pytest.raises(ApiError) as caught:
        client.get("/boxes")
    assert (caught.value.status, caught.value.final) == (400, True)


def test_reasons_are_short_one_line_and_without_addresses(api: ScriptedApi, client: RestClient) -> None:
    long = f"bad\\n\\u0000 contact {PERSON} " + "x" * 1000
    api.answers = [Answer(400, f'{{"error":"{long}"}}'.encode()), Answer(404, b"<html>no</html>")]
    with pytest.raises(ApiError) as caught:
        client.get("/contacts")
    assert len(caught.value.reason) <= 300
    assert caught.value.reason.startswith(f"bad contact {PERSON} x")
    assert str(caught.value) == "GET /api/contacts answered 400"  # whose words they are, nobody knows
    with pytest.raises(ApiError) as caught:
        client.get("/contacts")
    assert caught.value.reason == "Not Found"


@pytest.mark.parametrize(
    "words", [f"who is {SECRET}?", f"{base64.b64encode(f'{SECRET}:'.encode()).decode()} is no key"]
)
def test_a_reason_does_not_show_the_key_that_it_quotes(api: ScriptedApi, client: RestClient, words: str) -> None:
    api.otherwise = Answer(403, f'{{"error":"{words}"}}'.encode())
    with pytest.raises(ApiError) as caught:
        client.get("/boxes")
    assert "***" in caught.value.reason
    assert SECRET not in caught.value.reason
    assert not re.search("[A-Za-z0-9]{12}", caught.value.reason)


@pytest.mark.parametrize("text", [f"{'x' * 287} {PERSON}", "für jürgen.müller+shop@exämple.de.", '"email:jürgen@x.de"'])
def test_an_address_is_masked_whole(text: str) -> None:
    assert not re.search("canary|rgen", redact(text))
    assert re.search(r" [cj]\*\*\*|:j\*\*\*@x", redact(text))


def test_a_reason_that_cannot_be_read_hides_nothing(api: ScriptedApi) -> None:
    def broken(response: requests.Response) -> str:
        return str(response.json()["error"])

    api.otherwise = Answer(404, b"gone")
    with pytest.raises(ApiError) as caught:
        client_for(api.url, wording=Wording(reason=broken)).get("/boxes/b1")
    assert caught.value.reason == "status 404"


def test_a_redirect_is_not_followed_with_the_key(api: ScriptedApi, client: RestClient) -> None:
    api.otherwise = Answer(301, headers={"Location": "https://elsewhere.example/"})
    with pytest.raises(ApiError) as caught:
        client.get("/boxes")
    assert caught.value.reason == "a redirect to https://elsewhere.example: set api_url to where it is now"
    assert len(api.asked) == 1


def test_nothing_secret_is_logged_or_raised(api: ScriptedApi, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = client_for(api.url, request_timeout=0.3)
    for fault in FAULTS.values():
        api.answers = [fault]
        client.post("/boxes", json={"email": PERSON, "key": SECRET}, params={"q": PERSON})
    api.otherwise = Answer(400, f'{{"error":"no {PERSON}"}}'.encode())
    with pytest.raises(ApiError) as caught:
        client.post("/boxes", json={"email": PERSON, "key": SECRET}, params={"q": PERSON})
    told = caplog.text + repr(caught.value) + str(caught.value)
    assert SECRET not in told
    assert PERSON not in told
    assert "q=" not in caplog.text
