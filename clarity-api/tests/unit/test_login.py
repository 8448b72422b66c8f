"""How a program signs in, by profile: what is sent, what is missing, and that no message shows a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from clarity_api.login import auth_of, check_login, headers_of, who, wording_of
from clarity_api.profile import SiteProfile, load_profile
from singer_rest import ApiError, FatalRunError, RestClient
from singer_rest.testing import Answer, ScriptedApi

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BODY = "body: {user: '{client_id}', pass: '{client_secret}'}"
USER = {"client_id": "robot", "client_secret": "pass word"}


def load(tmp_path: Path, text: str) -> SiteProfile:
    path = tmp_path / "shop.yml"
    path.write_text(f"profile: 1\n{text}")
    return load_profile({"site_profile": str(path)})


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    with ScriptedApi() as api:
        yield api


def client(api: ScriptedApi, profile: SiteProfile, **config: Any) -> RestClient:
    config = {"api_url": api.url, "request_timeout": 5, **config}
    return RestClient(
        base_url=api.url,
        auth=auth_of(config, profile, "test"),
        user_agent="test",
        request_timeout=5,
        retry_seconds=0,
        wording=wording_of(config, profile),
        headers=headers_of(config, profile),
    )


def test_a_key_in_the_header_of_the_profile(api: ScriptedApi, tmp_path: Path) -> None:
    profile = load(
        tmp_path, "login: {header: {name: Authorization, prefix: 'Token '}}\nheaders: {X-Store: 'eu {scope}'}"
    )
    client(api, profile, api_key="k", scope="west").get("/x")
    headers = api.asked[0].headers
    assert (headers["Authorization"], headers["X-Store"]) == ("Token k", "eu west")


@pytest.mark.parametrize(
    ("url", "path"), [("/login", "/login"), ("session", "/api/session"), ("{origin}/api/else", "/api/else")]
)
def test_a_token_for_a_password(url: str, path: str, api: ScriptedApi, tmp_path: Path) -> None:
    url = url.replace("{origin}", api.url.removesuffix("/api"))
    text = f"login: {{password_token: {{url: '{url}', as: form, {BODY}, token: a.b, header: X-Session}}}}"
    api.answers = [Answer.of({"a": {"b": "t-1"}}), Answer(), Answer()]
    shop = client(api, load(tmp_path, text), **USER)
    shop.get("/x")
    shop.get("/y")
    assert [(asked.method, asked.path) for asked in api.asked] == [("POST", path), ("GET", "/api/x"), ("GET", "/api/y")]
    assert api.asked[0].body == b"user=robot&pass=pass+word"
    assert [asked.headers["X-Session"] for asked in api.asked[1:]] == ["t-1", "t-1"]


def test_as_json_with_a_lifetime_and_again_after_a_401(api: ScriptedApi, tmp_path: Path) -> None:
    text = f"login: {{password_token: {{url: login, {BODY}, token: jwt, lifetime: left}}}}"
    api.answers = [Answer.of({"jwt": "t-1", "left": 60}), Answer(401), Answer.of({"jwt": "t-2"}), Answer()]
    client(api, load(tmp_path, text), **USER).get("/x")
    assert api.json(0) == {"user": "robot", "pass": "pass word"}
    assert [asked.headers.get("Authorization") for asked in api.asked] == [None, "Bearer t-1", None, "Bearer t-2"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            Answer.of({"error": "no robot with pass word"}, 401),
            "client_id and client_secret are refused where tokens are",
        ),
        (Answer.of({"jwt": "two words"}), r"gave no token at jwt \(site_profile \S+shop.yml:2\)"),
        (Answer.of({"token": "t"}), "gave no token at jwt"),
        (Answer.of({"error": "gone"}, 404), r"check login.password_token.url in site_profile \S+shop.yml:2"),
    ],
)
def test_a_token_that_is_not_given(answer: Answer, said: str, api: ScriptedApi, tmp_path: Path) -> None:
    text = f"login: {{password_token: {{url: login, {BODY}, token: jwt}}}}"
    api.otherwise = answer
    with pytest.raises(Exception, match=said) as refused:
        client(api, load(tmp_path, text), **USER).get("/x")
    assert "pass word" not in str(refused.value)


def test_an_answer_that_quotes_what_it_was_sent_is_not_shown(api: ScriptedApi, tmp_path: Path) -> None:
    profile = load(tmp_path, "login: {header: {name: X-Own}}")
    api.otherwise = Answer.of({"error": "k-secret is unknown, X pass word"}, 401)
    with pytest.raises(ApiError) as refused:
        client(api, profile, api_key="k-secret", client_secret="pass word").get("/x")
    assert refused.value.reason == "*** is unknown, X ***"


@pytest.mark.parametrize(
    ("login", "config", "said"),
    [
        ("header: {name: X-Key}", USER, "api_key is missing: set it, site_profile"),
        (f"password_token: {{url: l, {BODY}, token: t}}", {"api_key": "k"}, "client_id and client_secret are missing"),
        (
            f"password_token: {{url: l, {BODY}, token: t}}",
            {"client_id": "robot"},
            "client_id and client_secret are missing",
        ),
        ("{header: {name: X-Key}, client_credentials: {}}", {}, "api_key is missing: set it, or client_id"),
        ("{header: {name: X-Key}, client_credentials: {}}", {"client_id": "a"}, "belong together"),
    ],
)
def test_a_setting_that_the_login_wants_is_named(login: str, config: dict[str, Any], said: str, tmp_path: Path) -> None:
    profile = load(tmp_path, f"login: {login if login.startswith('{') else '{' + login + '}'}")
    with pytest.raises(FatalRunError, match=said):
        check_login(config, profile)


def test_a_password_may_have_spaces_and_signs_that_no_key_has(tmp_path: Path) -> None:
    profile = load(tmp_path, f"login: {{password_token: {{url: l, {BODY}, token: t}}}}")
    check_login({"client_id": "robot", "client_secret": " pässword "}, profile)
    assert who({}, profile) == "client_id and client_secret"


def test_the_contract_signs_as_ever() -> None:
    request = requests.Request("GET", "https://shop.example.com").prepare()
    auth_of({"api_url": "https://shop.example.com", "api_key": "k"}, load_profile({}), "test")(request)
    assert request.headers["X-API-Key"] == "k"
