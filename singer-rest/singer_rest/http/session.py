"""The connections that all lanes share."""

from __future__ import annotations

import http.cookiejar
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from requests.auth import AuthBase


class _Session(requests.Session):
    """Looks for proxies and certificates in the environment once per host, not with every request."""

    def __init__(self) -> None:
        super().__init__()
        self._settings: dict[tuple[str, str], Any] = {}

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """Give what a request is sent with; of all this our requests name `stream` alone."""
        host = urlsplit(url)[:2]
        if host not in self._settings:
            self._settings[host] = super().merge_environment_settings(url, proxies, stream, verify, cert)
        return {**self._settings[host], "stream": stream}


def session(auth: AuthBase, user_agent: str, pool: int) -> requests.Session:
    """Make a session that keeps `pool` connections open and nothing else."""
    # urllib3 writes paths with their query into its log
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    made = _Session()
    made.auth = auth
    made.headers.update({"User-Agent": user_agent, "Accept": "application/json"})
    # without cookies nothing in a session changes, so that all lanes may share it
    made.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=pool, pool_block=False)
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made
