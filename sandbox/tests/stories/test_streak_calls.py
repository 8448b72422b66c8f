"""How Streak is called: keys, bodies, errors, pages."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from sandbox.testing import Sandbox


def authorized(sandbox: Sandbox, header: str | None) -> requests.Response:
    headers = {} if header is None else {"Authorization": header}
    return requests.get(f"{sandbox.streak_url}/v1/users/me", headers=headers, timeout=60)


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize("form", ["{key}:", "{key}", "{key}:{key}"])
def test_the_api_key_is_the_user_name_whatever_the_password(sandbox: Sandbox, form: str) -> None:
    answer = authorized(sandbox, basic(form.format(key=sandbox.streak_key)))
    assert answer.status_code == 200
    assert answer.json()["email"] == "robot@sandbox-sales.example"


def test_the_official_clients_send_the_key_as_bearer_token(sandbox: Sandbox) -> None:
    assert authorized(sandbox, f"Bearer {sandbox.streak_key}").status_code == 200


def test_without_a_key_or_with_a_wrong_one_streak_answers_401(sandbox: Sandbox) -> None:
    nobody, stranger = authorized(sandbox, None), authorized(sandbox, basic("nix:"))
    assert (nobody.status_code, nobody.json()) == (401, {"error": "Authentication required"})
    assert (stranger.status_code, stranger.json()) == (401, {"success": False, "error": "invalid api key"})


def test_more_keys_can_be_made_and_taken_away(streak: Any, sandbox: Sandbox) -> None:
    made = streak.parsed(streak.send("PUT", "v1/apikeys"))
    assert authorized(sandbox, f"Bearer {made['apiKey']}").status_code == 200
    assert [key["key"] for key in streak.get("v1/apikeys")][-1] == made["key"]
    assert streak.delete(f"v1/apikeys/{made['key']}") == {"success": True}
    assert authorized(sandbox, f"Bearer {made['apiKey']}").status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "v2/boxes"),
        ("POST", "v2/boxes"),
        ("PUT", "v2/contacts"),
        ("GET", "v3/users/me"),
        ("PATCH", "v1/users/me"),
    ],
)
def test_paths_that_streak_does_not_have_are_refused(streak: Any, method: str, path: str) -> None:
    status, body = streak.refused(method, path, json={})
    assert (status, body) == (400, {"error": "Invalid API path specified", "success": False})


def test_a_trailing_slash_does_not_matter(streak: Any) -> None:
    assert streak.get("v1/pipelines/") == streak.get("v1/pipelines")


def test_an_unknown_key_is_404_or_400_as_switched(streak: Any) -> None:
    error = "Illegal Argument Exception in GetEntities, usually a key issue"
    assert streak.refused("GET", "v1/boxes/nix") == (404, {"success": False, "error": error})
    assert streak.refused("POST", "v1/boxes/nix", json={})[1]["error"] == "existing entity does not exist"
    streak.switch(unknown_key_status=400)
    assert streak.refused("DELETE", "v2/contacts/nix")[0] == 400


def test_no_access_is_401_though_the_key_is_good(streak: Any) -> None:
    box = streak.box()["key"]
    streak.switch(no_access=[box])
    assert streak.refused("POST", f"v1/boxes/{box}", json={"name": "x"})[0] == 401
    assert streak.get("v1/users/me")["email"] == "robot@sandbox-sales.example"


def test_unknown_switches_are_refused(sandbox: Sandbox) -> None:
    for body in ({"nix": 1}, {"unknown_key_status": 500}, {"no_access": "x"}):
        answer = requests.post(f"{sandbox.streak_origin}/_sandbox/streak", json=body, timeout=60)
        assert answer.status_code == 400


def test_v2_posts_want_json(streak: Any) -> None:
    path = f"v2/pipelines/{streak.pipeline()}/boxes"
    missing = (400, {"error": "Missing parameters", "success": False})
    assert streak.refused("POST", path, data='{"name":"x"}', headers={"Content-Type": "text/plain"}) == missing
    assert streak.refused("POST", path, data={"name": "x"}) == missing
    assert streak.refused("POST", path, data="{", headers={"Content-Type": "application/json"}) == missing
    made = streak.parsed(streak.send("POST", path, data={"json": '{"name": "as form"}'}))
    assert made["name"] == "as form"


def test_v1_puts_take_a_form_or_the_query_but_no_json(streak: Any) -> None:
    path = f"v1/pipelines/{streak.pipeline()}/boxes"
    assert streak.parsed(streak.send("PUT", path, params={"name": "Acme deal"}))["name"] == "Acme deal"
    assert streak.parsed(streak.send("PUT", path, data={"name": "Form", "stageKey": "5002"}))["stageKey"] == "5002"
    assert streak.refused("PUT", path, json={"name": "Acme deal"}) == (400, None)
    assert streak.refused("POST", path, json={"name": "Acme deal"})[0] == 400


def test_an_update_may_come_as_a_form_with_json_in_it(streak: Any) -> None:
    box = streak.box()["key"]
    assert streak.parsed(streak.send("POST", f"v1/boxes/{box}", data={"json": '{"name":"New"}'}))["name"] == "New"


def test_the_four_styles_of_pages(streak: Any) -> None:
    for number in range(5):
        streak.box(f"deal {number}")
    v1, v2 = (f"{version}/pipelines/{streak.pipeline()}/boxes" for version in ("v1", "v2"))
    assert len(streak.get(v1)) == 5
    assert len(streak.get(v1, limit=2)) == 2
    assert [box["name"] for box in streak.get(v1, limit=2, page=1)] == ["deal 2", "deal 1"]
    assert streak.get(v1, limit=2, page=3) == []
    streak.switch(v1_paged_envelope="object")
    last = streak.get(v1, limit=2, page=2)
    assert (last["hasNextPage"], len(last["results"])) == (False, 1)
    page = streak.get(v2, limit=2)
    assert (page["hasNextPage"], len(page["results"])) == (True, 2)
    assert isinstance(streak.get(f"v2/pipelines/{streak.pipeline()}/stages"), dict)
    assert streak.refused("GET", f"{v2}?limit=0")[0] == 400
    assert streak.refused("GET", f"{v2}?page=x")[0] == 400


def test_a_full_last_page_of_contacts_is_followed_by_an_empty_one(streak: Any) -> None:
    for number in range(4):
        streak.post(f"v2/teams/{streak.team}/contacts", {"emailAddresses": [f"p{number}@acme.com"]})
    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        page = streak.get(f"v2/teams/{streak.team}/contacts", limit=2, cursor=cursor)
        seen += [contact["key"] for contact in page["results"]]
        cursor, pages = page.get("cursor"), pages + 1
    assert (len(set(seen)), len(seen), pages) == (4, 4, 3)
    assert streak.refused("GET", f"v2/teams/{streak.team}/contacts?cursor=%21")[0] == 400


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("v1/boxes/{box}", {"contacts": 5}),
        ("v1/boxes/{box}", {"followerKeys": 5}),
        ("v1/boxes/{box}", {"fields": "x"}),
        ("v1/boxes/{box}", {"assignedToSharingEntries": 5}),
        ("v1/pipelines/{pipeline}", {"stageOrder": 5}),
        ("v1/pipelines/{pipeline}/fields/1001", {"dropdownSettings": {"items": [5]}}),
        ("v2/pipelines/{pipeline}/boxes/batch", [5]),
        ("v2/teams/{team}", {"members": "x"}),
        ("v2/teams/{team}", {"contactSettings": {"fields": {"1001": 5}}}),
    ],
)
def test_bodies_of_a_wrong_shape_are_refused_and_change_nothing(
    sandbox: Sandbox, streak: Any, path: str, body: Any
) -> None:
    streak.field("Region", "DROPDOWN", "EU")
    keys = {"box": streak.box()["key"], "pipeline": streak.pipeline(), "team": streak.team}
    before = sandbox.snapshot()["streak"]
    assert streak.refused("POST", path.format(**keys), json=body)[0] == 400
    assert sandbox.snapshot()["streak"] == before
