"""Who may call the shop."""

from typing import Any

import pytest
import requests

CLIENT = {"grant_type": "client_credentials", "client_id": "sandbox", "client_secret": "sandbox-secret"}


def token(sandbox: Any, **form: str) -> requests.Response:
    return requests.post(f"{sandbox.clarity_origin}/oauth/token", data={**CLIENT, **form}, timeout=60)


def status(sandbox: Any, **headers: str) -> int:
    return requests.get(f"{sandbox.clarity_url}/orders", headers=headers, timeout=60).status_code


def test_the_api_key_opens_the_shop(sandbox: Any) -> None:
    assert status(sandbox, **{"X-API-Key": sandbox.clarity_key}) == 200


@pytest.mark.parametrize(
    "headers", [{}, {"X-API-Key": "wrong"}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer"}]
)
def test_anything_else_does_not(sandbox: Any, headers: dict[str, str]) -> None:
    assert status(sandbox, **headers) == 401


def test_a_token_opens_the_shop_for_an_hour(sandbox: Any) -> None:
    answer = token(sandbox, scope="orders").json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    assert status(sandbox, **bearer) == 200
    sandbox.clock(advance=3601)
    assert status(sandbox, **bearer) == 401


def test_a_client_may_show_itself_as_http_basic(sandbox: Any) -> None:
    url, form = f"{sandbox.clarity_origin}/oauth/token", {"grant_type": "client_credentials"}
    assert requests.post(url, form, auth=("sandbox", "sandbox-secret"), timeout=60).status_code == 200
    assert requests.post(url, form, auth=("sandbox", "wrong"), timeout=60).status_code == 401


def test_a_bad_client_gets_no_token(sandbox: Any) -> None:
    bad = token(sandbox, client_secret="wrong")
    assert (bad.status_code, bad.json()) == (401, {"error": "invalid_client"})
    assert token(sandbox, grant_type="password").json() == {"error": "unsupported_grant_type"}
