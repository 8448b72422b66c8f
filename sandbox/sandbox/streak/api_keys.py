"""The keys with which users ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.keys import STREAK_KEY
from sandbox.streak.paging import numbered

if TYPE_CHECKING:
    from sandbox.streak.call import Call
    from sandbox.streak.store import Record, Store


def new_api_key(store: Store, user: str, team_key: str | None = None, secret: str | None = None) -> Record:
    """A key for a user; the first one is the well-known key of the sandbox."""
    key, now = store.new_key("apikeys"), store.now()
    secret = secret or (f"{STREAK_KEY}-{len(store.tables['apikeys']) + 1}" if store.secrets else STREAK_KEY)
    made = {
        "apiKey": secret,
        "key": key,
        "creationTimestamp": now,
        "lastSavedTimestamp": now,
        "keyType": "TEAM" if team_key else "USER",
    }
    store.secrets[secret] = user
    return store.add("apikeys", made | ({"teamKey": team_key} if team_key else {}))


def listed(call: Call) -> list[Record]:
    secrets = call.store.secrets
    mine = [made for made in call.store.tables["apikeys"].values() if secrets[made["apiKey"]] == call.user]
    page: list[Record] = numbered(call, mine)["results"]
    return page


def create(call: Call) -> Record:
    return new_api_key(call.store, call.user, call.param("teamKey"))


def delete(call: Call, key: str) -> Record:
    made = call.store.existing("apikeys", key)
    call.store.remove("apikeys", made)
    del call.store.secrets[made["apiKey"]]
    return {"success": True}
