"""Users, and how other records name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.streak.call import nested
from sandbox.streak.errors import bad_request

if TYPE_CHECKING:
    from sandbox.streak.call import Call
    from sandbox.streak.store import Record, Store

PROFILE = (
    "timezoneId",
    "customerSpecifiedInvoiceData",
    "automaticallySendInvoiceEmails",
    "emailsToSendInvoiceTo",
    "wantsTaskDigestEmail",
)


def me(call: Call) -> Record:
    return call.store.tables["users"][call.user]


def get_user(call: Call, key: str) -> Record:
    return call.store.find("users", key)


def update_user(call: Call, key: str) -> Record:
    user, body, now = call.store.existing("users", key), call.json_object(), call.store.now()
    user |= {name: body[name] for name in PROFILE if name in body}
    first, last = (body.get(name) or user.get(f"googleProfile{label}", "") for name, label in NAMES)
    user |= {"googleProfileFirstName": first, "googleProfileLastName": last}
    user |= {"googleProfileFullName": f"{first} {last}".strip(), "lastUpdatedTimestamp": now, "lastSavedTimestamp": now}
    return user


NAMES = (("firstName", "FirstName"), ("lastName", "LastName"))


def new_user(store: Store, email: str, full_name: str = "") -> Record:
    """A user, found by e-mail or made."""
    email = email.strip().lower()
    for user in store.tables["users"].values():
        if user["email"] == email:
            return user
    key, now = store.new_key("users"), store.now()
    first, _, last = full_name.partition(" ")
    user = {
        "key": key,
        "userKey": key,
        "email": email,
        "lowercaseEmail": email,
        "displayName": full_name or email,
        "googleProfileFullName": full_name,
        "googleProfileFirstName": first,
        "googleProfileLastName": last,
        "creationTimestamp": now,
        "lastUpdatedTimestamp": now,
        "lastSavedTimestamp": now,
        "lastSeenTimestamp": now,
        "isOauthComplete": True,
        "timezoneId": "America/Chicago",
        "userType": "HUMAN",
        "wantsTaskDigestEmail": False,
    }
    return store.add("users", user)


def sharing_entry(user: Record) -> Record:
    """How boxes name a user."""
    return {
        "displayName": user["displayName"],
        "fullName": user.get("googleProfileFullName", ""),
        "email": user["email"],
        "image": user.get("googleProfilePhotoUrl", ""),
        "userKey": user["key"],
    }


def brief(user: Record) -> Record:
    """How tasks name a user."""
    given = user.get("googleProfileFirstName", "")
    full = user.get("googleProfileFullName", "")
    return {
        "userKey": user["key"],
        "email": user["email"],
        "displayName": user["displayName"],
        "fullName": full,
        "givenName": given,
    }


def mentioned(store: Store, team_key: str, text: str) -> list[Record]:
    """Members whose address, display name or first name stands in a text behind an @, each at the first place."""
    found, low = [], text.lower()
    for member in store.tables["teams"][team_key]["members"]:
        names = (member.get(name) for name in ("email", "displayName", "givenName"))
        signs = (f"@{name}" for name in names if name)
        if (sign := next((sign for sign in signs if sign.lower() in low), None)) is not None:
            found.append({"userKey": member["userKey"], "offset": low.index(sign.lower()), "length": len(sign)})
    return found


def named_members(store: Store, team_key: str, named: Any) -> list[Record]:
    """The users that a body names by e-mail or key; raises Refused for people outside the team."""
    people = nested(named)
    if not isinstance(people, list):
        raise bad_request("Assignees must be an array")
    users = (_member(store, team_key, person) for person in people)
    return list({user["key"]: user for user in users}.values())


def _member(store: Store, team_key: str, person: Any) -> Record:
    """`{"userKey"}`, `{"email"}` or either as a bare string; the key wins."""
    named = (person.get("userKey") or person.get("email")) if isinstance(person, dict) else person
    wanted = named.strip().lower() if isinstance(named, str) else ""
    for member in store.referred("teams", team_key)["members"]:
        if member["role"] != "ArchiveOnly" and (member["userKey"] == named or member["email"] == wanted):
            return store.tables["users"][member["userKey"]]
    raise bad_request("User does not have access to this pipeline")
