"""How a program signs in to a shop: the key in a header, OAuth client credentials, or a token for a password."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from requests.auth import AuthBase
from singer_rest import (
    ApiKey,
    FatalRunError,
    FetchedToken,
    OddAnswer,
    Wording,
    auth_from,
    check_key_or_client,
    check_keys,
    check_url,
    credentials,
    usable_token,
)

from clarity_api.profile import SETTINGS, SiteProfile
from clarity_api.renames import value_at

EXAMPLE = "https://shop.example.com/api/v1"
REFUSED = "client_id and client_secret are refused where tokens are fetched: check both"


def check_login(config: Mapping[str, Any], profile: SiteProfile, key_hint: str = "") -> None:
    """Raise FatalRunError for settings that can't work with this profile, naming them and never a value."""
    for name in ("api_url", "token_url"):
        if config.get(name):
            check_url(str(config[name]), name, EXAMPLE)
    check_keys(config, "api_key", "client_id", "user_agent")
    if "password_token" not in profile.login:
        check_keys(config, "client_secret")
    by_client = profile.login.keys() & {"client_credentials", "password_token"}
    if "header" in profile.login and by_client:
        check_key_or_client(config, key_hint)
    elif by_client and not (config.get("client_id") and config.get("client_secret")):
        raise FatalRunError(f"client_id and client_secret are missing: {profile.place('login')} signs in with them")
    elif not by_client and not config.get("api_key"):
        raise FatalRunError(f"api_key is missing: set it{key_hint}, {profile.place('login')} signs in with it")


def who(config: Mapping[str, Any], profile: SiteProfile) -> str:
    """The names of the settings that say who calls."""
    return "client_id and client_secret" if "header" not in profile.login else credentials(config)


def auth_of(config: Mapping[str, Any], profile: SiteProfile, user_agent: str) -> AuthBase:
    """How requests are signed. FatalRunError when a setting is missing."""
    login = profile.login
    if config.get("client_id") and "password_token" in login:
        return _password_token(config, profile, user_agent)
    if config.get("client_id") and "client_credentials" in login:
        url = config.get("token_url") or _address(login["client_credentials"].get("url", "/oauth/token"), config)
        return auth_from({**config, "token_url": url}, ApiKey, user_agent)
    header = login.get("header", {})
    return auth_from(
        {**config, "client_id": None},
        lambda key: ApiKey(key, header.get("name", ""), header.get("prefix", "")),
        user_agent,
    )


def headers_of(config: Mapping[str, Any], profile: SiteProfile) -> dict[str, str]:
    """What every request carries besides."""
    return {name: _filled(text, config) for name, text in profile.headers.items()}


def wording_of(config: Mapping[str, Any], profile: SiteProfile, **words: Any) -> Wording:
    """How messages are put, without what a request was signed with."""
    named = {profile.login.get(kind, {}).get(key) for kind, key in (("header", "name"), ("password_token", "header"))}
    plain = Wording()
    signatures = tuple(dict.fromkeys([*plain.signatures, *filter(None, named)]))
    return Wording(signatures=signatures, secrets=secrets_of(config), **words)


def secrets_of(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The values that no message shows."""
    return tuple(str(config[name]) for name in ("api_key", "client_secret") if config.get(name))


def _password_token(config: Mapping[str, Any], profile: SiteProfile, user_agent: str) -> AuthBase:
    token = profile.login["password_token"]
    place = profile.section("login").value["password_token"]
    body = {name: _filled(text, config) for name, text in token["body"].items()}
    hints = {400: REFUSED, 401: REFUSED, 403: REFUSED, 0: f"check login.password_token.url in {place.place}"}

    def read(answer: Any) -> tuple[str, Any]:
        lifetime = token.get("lifetime")
        try:
            text = usable_token(value_at(answer, token["token"]))
        except OddAnswer:
            raise OddAnswer(f"gave no token at {token['token']} ({place.value['token'].place})") from None
        return text, value_at(answer, lifetime) if isinstance(lifetime, str) else lifetime

    return FetchedToken(
        check_url(config.get("token_url") or _address(token["url"], config), "login.password_token.url", EXAMPLE),
        {"form": body} if token.get("as") == "form" else {"json": body},
        config.get("request_timeout") or 30,
        user_agent,
        wording=wording_of(config, profile, setting="site_profile", hints=hints),
        read=read,
        header=token.get("header", "Authorization"),
        scheme=token.get("prefix", "" if "header" in token else "Bearer "),
        headers=headers_of(config, profile),
    )


def _address(url: str, config: Mapping[str, Any]) -> str:
    """A whole URL: a path at the host of api_url, or below api_url where it has no slash in front."""
    if "://" in url:
        return url
    root = str(config.get("api_url")).rstrip("/")
    return f"{'{0.scheme}://{0.netloc}'.format(urlsplit(root))}{url}" if url.startswith("/") else f"{root}/{url}"


def _filled(text: str, config: Mapping[str, Any]) -> str:
    for name in SETTINGS:
        text = text.replace(f"{{{name}}}", str(config.get(name) or ""))
    return text
