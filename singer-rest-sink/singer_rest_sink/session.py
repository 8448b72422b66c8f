"""The connections that all lanes share."""

from __future__ import annotations

import http.cookiejar
import logging
from typing import TYPE_CHECKING

import requests
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from requests.auth import AuthBase


def session(auth: AuthBase, user_agent: str, pool: int) -> requests.Session:
    """Make a session that keeps `pool` connections open and nothing else."""
    # urllib3 writes paths with their query into its log
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    made = requests.Session()
    made.auth = auth
    made.headers.update({"User-Agent": user_agent, "Accept": "application/json"})
    # without cookies nothing in a session changes, so that all lanes may share it
    made.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=pool, pool_block=False)
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made
