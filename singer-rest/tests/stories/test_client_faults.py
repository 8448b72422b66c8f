"""Faults that pass: what is repeated, what is looked up, what is waited for."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest
from clients import FAULTS, HARMLESS, HTML, client_for
from singer_rest.errors import ApiUnavailable, OutcomeUnknown
from singer_rest.http.rate_limit import RateLimit
from singer_rest.testing import Answer, ScriptedApi

if TYPE_CHECKING:
    from singer_rest.http.client import RestClient


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_that_passes_is_repeated(api: ScriptedApi, client: RestClient, fault: Answer) -> None:
    api.answers = [fault]
    assert client.post("/boxes/b1", json={"name": "x"}) == {"ok": True}
    assert len(api.asked) == 2
    assert (client.calls, client.retries) == (2, 1)


@pytest.mark.parametrize("name", FAULTS)
def test_a_create_in_doubt_is_never_repeated(api: ScriptedApi, client: RestClient, name: str) -> None:
    api.answers = [FAULTS[name]]
    if name in HARMLESS:
        assert client.post("/boxes", json={}, replay=False) == {"ok": True}
        return
    with pytest.raises(OutcomeUnknown):
        client.post("/boxes", json={}, replay=False)
    assert len(api.asked) == 1


def test_a_create_in_doubt_is_looked_up_before_it_is_sent_again(api: ScriptedApi, client: RestClient) -> None:
    api.answers = [HTML, Answer(reset=True), Answer(body=b'{"key":"k2"}')]
    asked: list[int] = []

    def look_up() -> dict[str, str] | None:
        asked.append(len(api.asked))
        return None

    assert client.create("/boxes", json={"name": "x"}, look_up=look_up) == {"key": "k2"}
    assert asked == [1, 2]


def test_a_create_that_had_its_effect_is_found(api: ScriptedApi, client: RestClient) -> None:
    api.answers = [Answer(hang=0.8)]
    assert client.create("/boxes", json={}, look_up=lambda: {"key": "k1"}) == {"key": "k1"}
    assert len(api.asked) == 1


def test_a_create_that_timed_out_is_looked_for_as_long_as_it_may_still_have_its_effect(api: ScriptedApi) -> None:
    api.answers = [Answer(hang=0.8)]
    began = time.monotonic()

    def look_up() -> dict[str, str] | None:
        return {"key": "k1"} if time.monotonic() - began > 1.5 else None

    assert client_for(api.url, late_seconds=3).create("/boxes", json={}, look_up=look_up) == {"key": "k1"}
    assert len(api.asked) == 1


def test_who_can_not_wait_for_a_late_effect_does_not_create_again(api: ScriptedApi) -> None:
    api.answers = [Answer(504)]
    with pytest.raises(ApiUnavailable, match="answered 504"):
        client_for(api.url, late_seconds=3, retry_seconds=2).create("/boxes", json={}, look_up=lambda: None)
    assert len(api.asked) == 1


def test_a_create_waits_as_long_as_it_is_told(api: ScriptedApi, client: RestClient) -> None:
    api.answers = [Answer(503, headers={"Retry-After": "1"})]
    began = time.monotonic()
    assert client.create("/boxes", json={}, look_up=lambda: None) == {"ok": True}
    assert time.monotonic() - began >= 1


def test_a_create_that_never_works_ends(api: ScriptedApi) -> None:
    api.otherwise = HTML
    with pytest.raises(ApiUnavailable, match="answered 500"):
        client_for(api.url, retry_seconds=1).create("/boxes", json={}, look_up=lambda: None)


def test_time_runs_out(api: ScriptedApi) -> None:
    api.otherwise = HTML
    client = client_for(api.url, retry_seconds=1.5)
    with pytest.raises(ApiUnavailable, match="GET /api/boxes answered 500") as caught:
        client.get("/boxes")
    assert caught.value.status == 500
    assert caught.value.connected
    assert client.retries == len(api.asked) - 1 >= 1


def test_who_must_wait_longer_than_allowed_is_told_at_once(api: ScriptedApi, client: RestClient) -> None:
    api.otherwise = Answer(503, headers={"Retry-After": "3600"})
    with pytest.raises(ApiUnavailable):
        client.get("/boxes")
    assert len(api.asked) == 1


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_kept(api: ScriptedApi, client: RestClient, form: str) -> None:
    # a server whose clock is an hour off still means two seconds
    now = time.time() + 3600
    header = "2" if form == "seconds" else formatdate(now + 2, usegmt=True)
    dated = Answer(503, headers={"Retry-After": header, "Date": formatdate(now, usegmt=True)})
    api.answers = [dated]
    client.get("/boxes")
    waited = api.asked[1].at - api.asked[0].at
    assert waited >= (2 if form == "seconds" or "date" in dated.headers else 0)


def test_a_429_holds_all_lanes_until_the_same_instant(api: ScriptedApi) -> None:
    api.answers = [Answer(429, headers={"Retry-After": "1"})]
    client = client_for(api.url, rate=RateLimit(100))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: client.get(f"/boxes/{number}"), range(16)))
    told = api.asked[0].at
    early = [one for one in api.asked if told + 0.1 < one.at < told + 0.95]
    assert early == []
    assert client.waited > 1


def test_the_limit_holds_with_retries_and_eight_lanes(api: ScriptedApi) -> None:
    api.answers = [Answer(503, headers={"Retry-After": "0"}) for _ in range(10)]
    client = client_for(api.url, rate=RateLimit(50), pool=8)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: client.get(f"/boxes/{number}"), range(100)))
    arrived = sorted(one.at for one in api.asked)
    assert len(arrived) == 110
    # one more than were sent in a second may arrive in it, as each is on its way for some ms of its own
    assert max(sum(1 for later in arrived if at <= later < at + 1) for at in arrived) <= 51
