"""Teams: their members and the custom fields of their contacts and organizations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.streak.call import array, mapping
from sandbox.streak.errors import bad_request, insufficient, invalid_path
from sandbox.streak.fields import FIRST_OPTION, OPTIONS, TYPES
from sandbox.streak.paging import newest_first, numbered
from sandbox.streak.people import brief, new_user

if TYPE_CHECKING:
    from sandbox.streak.call import Call
    from sandbox.streak.store import Record, Store

PLAIN = (
    "name",
    "sharingRestrictedToTeam",
    "automaticallyApproveJoinRequests",
    "automaticallySendInvoiceEmails",
    "emailsToSendInvoiceTo",
)
SETTINGS = ("contactSettings", "organizationSettings")


def named(store: Store, key: str) -> Record:
    """A team of the path; Streak calls an unknown one a wrong path."""
    found = store.tables["teams"].get(key)
    if found is None:
        raise invalid_path()
    return found


def mine(call: Call) -> Record:
    teams = call.store.tables["teams"].values()
    found = [team for team in teams if any(member["userKey"] == call.user for member in team["members"])]
    return numbered(call, newest_first(found, "creationDate"))


def get(call: Call, key: str) -> Record:
    return named(call.store, key)


def users(call: Call, key: str) -> Record:
    known = call.store.tables["users"]
    return numbered(call, [known[member["userKey"]] for member in named(call.store, key)["members"]])


def create(call: Call) -> Record:
    body = call.json_object()
    if not body.get("name"):
        raise insufficient("Team")
    return new_team(call.store, body["name"], call.user, body.get("members") or [])


def new_team(store: Store, name: str, owner: str, people: list[Any], status: str = "Pending") -> Record:
    now = store.now()
    made = {
        "key": store.new_key("teams"),
        "name": name,
        "creationDate": now,
        "creator": owner,
        "lastSavedTimestamp": now,
        "members": [],
        "sharingRestrictedToTeam": False,
        "automaticallyApproveJoinRequests": False,
        "emailsToSendInvoiceTo": [],
        "contactOrgListPermissions": {},
        "contactSettings": {"fields": {}},
        "organizationSettings": {"fields": {}},
    }
    _invite(store, made, {"userKey": owner, "role": "Owner"}, "Accepted")
    for person in array(people, "members", dict):
        _invite(store, made, person, status)
    return store.add("teams", made)


def _invite(store: Store, team: Record, person: Any, status: str) -> None:
    key = person.get("userKey")
    if not key and not isinstance(person.get("email"), str):
        raise insufficient("TeamMember")
    user = store.referred("users", key) if key else new_user(store, person["email"], person.get("fullName", ""))
    if any(member["userKey"] == user["key"] for member in team["members"]):
        return
    entry = brief(user) | {"image": "", "userType": user["userType"]}
    entry["emailSharing"] = person.get("emailSharing") or "None"
    role = person.get("role") or "Member"
    team["members"].append(entry | {"role": role, "inviteDate": store.now(), "inviteStatus": status})


def update(call: Call, key: str) -> Record:
    """Members and custom fields are replaced as a whole, what is not sent stays."""
    store, team, body = call.store, named(call.store, key), call.json_object()
    new: Record = {name: body[name] for name in PLAIN if body.get(name) is not None}
    new |= {name: _definitions(store, key, name, body[name]) for name in SETTINGS if body.get(name)}
    if body.get("contactOrgListPermissions") is not None:
        new["contactOrgListPermissions"] = _permissions(team, body["contactOrgListPermissions"])
    if body.get("members") is not None:
        new["members"] = _roster(store, team, body["members"])
    team |= new | {"lastSavedTimestamp": store.now()}
    return team


def _permissions(team: Record, sent: Any) -> Record:
    """The permissions by list; lists and properties that are not sent stay."""
    kept: Record = dict(team["contactOrgListPermissions"])
    for name, changes in mapping(sent, "contactOrgListPermissions").items():
        changed = {part: value for part, value in mapping(changes, name).items() if value is not None}
        kept[name] = {"aclEntries": []} | kept.get(name, {}) | changed
    return kept


def _roster(store: Store, team: Record, people: list[Any]) -> list[Record]:
    """The whole list of members; who stays keeps what the body does not say."""
    had = {member["userKey"]: member for member in team["members"]}
    roster: Record = {"members": []}
    for person in array(people, "members", dict):
        known = had.get(str(person.get("userKey")), {})
        _invite(store, roster, known | person, person.get("inviteStatus") or known.get("inviteStatus") or "Pending")
    return [had.get(member["userKey"], {}) | _without_date(member, had) for member in roster["members"]]


def _without_date(member: Record, had: dict[str, Record]) -> Record:
    return {name: value for name, value in member.items() if name != "inviteDate" or member["userKey"] not in had}


def _definitions(store: Store, team_key: str, settings: str, sent: Any) -> Record:
    """Custom fields by key; options without a key get the next one."""
    made = {}
    for key, field in mapping(mapping(sent, settings).get("fields") or {}, "fields").items():
        mapping(field, key)
        if field.get("type") not in TYPES or not field.get("name"):
            raise bad_request("A field needs a name and a type")
        made[key] = field | {"key": key}
        if field["type"] in OPTIONS:
            part, listed, _ = OPTIONS[field["type"]]
            counter = f"options of {team_key} {settings} {key}"
            options = array(mapping(field.get(part) or {}, part).get(listed) or [], listed, dict)
            made[key][part] = {listed: [{"key": str(store.count(counter, FIRST_OPTION))} | item for item in options]}
    return {"fields": made}
