"""The connections that all lanes share: how they are made, how a body comes in, and what it means when they fail."""

from __future__ import annotations

import http.cookiejar
import io
import logging
import time
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.exceptions import ConnectTimeout, InvalidProxyURL, InvalidSchema, ProxyError, SSLError
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from singer_rest.http.answers import Fault

CHUNK = 256 * 1024


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


def session(auth: AuthBase | None, user_agent: str, pool: int) -> requests.Session:
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


def load(response: requests.Response, until: float) -> None:
    """Read the body in pieces, so that a server that dribbles can't hold a lane. Raises Fault past `until`."""
    pieces = []
    while piece := response.raw.read1(CHUNK, decode_content=True):
        pieces.append(piece)
        if time.monotonic() > until:
            response.close()
            raise Fault("the answer did not end within request_timeout", late=True)
    response.raw.release_conn()
    response.raw = io.BytesIO(b"".join(pieces))


def connection_fault(error: Exception, host: str, setting: str = "api_url") -> Fault:
    """A connection that failed: not made (nothing was sent), not answered in time, or broken on the way."""
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(error, (ProxyError, InvalidProxyURL, InvalidSchema)):
        why = "the proxy that the environment names (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY) does not connect to it"
        return Fault(f"can't reach {host}: {why}", doubt=False, connected=False)
    if isinstance(error, SSLError):
        return Fault(f"{host} can't be trusted (TLS): check {setting}", doubt=False, connected=False)
    why = ""
    if isinstance(cause, NameResolutionError):
        why = "no such host"
    elif isinstance(error, requests.ConnectionError) and isinstance(cause, NewConnectionError):
        why = "connection refused" if "refused" in str(cause) else "no connection"
    elif isinstance(error, ConnectTimeout) or isinstance(cause, ConnectTimeoutError):
        why = "no answer to the connection"
    if why:
        reason = f"can't reach {host} ({why}): check {setting}, and that the API is running"
        return Fault(reason, doubt=False, connected=False)
    if "timed out" in str(error).lower() or isinstance(error, urllib3.exceptions.TimeoutError):
        return Fault(f"{host} did not answer in time", late=True)
    return Fault(f"{host} broke the connection")
