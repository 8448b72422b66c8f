"""Who may ask: an API key as Basic user name or as Bearer token."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import TYPE_CHECKING

from sandbox.streak.errors import Refused

if TYPE_CHECKING:
    from sandbox.streak.store import Store


def api_key(authorization: str) -> str:
    """The key in an Authorization header, empty when there is none to be read."""
    scheme, _, credentials = authorization.strip().partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(credentials.strip()).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def user_of(store: Store, authorization: str) -> str:
    """The key of the user who asks; raises Refused with 401."""
    if not authorization:
        raise Refused(401, {"error": "Authentication required"})
    user = store.secrets.get(api_key(authorization))
    if user is None:
        raise Refused(401, {"success": False, "error": "invalid api key"})
    return user
