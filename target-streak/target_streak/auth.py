"""Who asks: Streak's API key (HTTP Basic) or an access token (Bearer)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from requests.auth import AuthBase, HTTPBasicAuth
from singer_rest.errors import FatalRunError
from singer_rest.target.settings import check_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests


class BearerAuth(AuthBase):
    """Sends `Authorization: Bearer …`."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header to one request."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def authentication(config: Mapping[str, Any]) -> AuthBase:
    """Take `api_key` or, without one, `access_token`; FatalRunError when neither is set or one was miscopied."""
    check_keys(config, "api_key", "access_token", "user_agent")
    if config.get("api_key"):
        return HTTPBasicAuth(config["api_key"], "")
    if config.get("access_token"):
        return BearerAuth(config["access_token"])
    raise FatalRunError(
        "no Streak API key: set api_key (TARGET_STREAK_API_KEY); Gmail makes one: Streak → Integrations → Streak API",
    )


def refusal_reason(response: requests.Response) -> str:
    """Give Streak's own words for a refused request; nothing of what was sent."""
    try:
        answer = response.json()
    except ValueError:
        return "no JSON in the answer" if response.content else "no reason given"
    said = (answer.get("error") or answer.get("message")) if isinstance(answer, dict) else None
    if isinstance(said, dict):  # another API's manners
        said = said.get("message")
    return str(said) if said else "no reason given"
