"""What it means when a connection fails: not made, not answered in time, or broken on the way."""

from __future__ import annotations

import requests
import urllib3
from requests.exceptions import ConnectTimeout, InvalidProxyURL, InvalidSchema, ProxyError, SSLError
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from singer_rest.http.answers import Fault


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
