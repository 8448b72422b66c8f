"""Organizations: companies, known by their domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.streak import parties
from sandbox.streak.errors import bad_request, insufficient
from sandbox.streak.teams import named

if TYPE_CHECKING:
    from sandbox.streak.call import Call
    from sandbox.streak.store import Record, Store

SCALARS = ("name", "other", "industry", "employeeCount", "logoURL", *parties.HANDLES)
ARRAYS = ("phoneNumbers", "addresses")
NAMELESS = "Need to specify at least a name or domain"


def list_organizations(call: Call, team_key: str) -> Record:
    return parties.listed(call, "organizations", team_key)


def get(call: Call, key: str) -> Record:
    return call.store.find("organizations", key)


def batch_get(call: Call) -> Record:
    return parties.batch_get(call, "organizations")


def create(call: Call, team_key: str) -> Record:
    """Links and custom fields are not taken here, as at Streak."""
    store, body = call.store, call.json_object()
    if not body:
        named(store, team_key)
        raise insufficient("TeamOrganization")
    organization = blank(store, named(store, team_key)["key"], call.user) | _properties(body)
    _named(organization)
    taken = parties.known(store, "organizations", team_key, organization["normalizedDomains"])
    if taken is not None and call.truth("getIfExisting"):
        return taken
    store.add("organizations", organization)
    store.announce("ORG_CREATE", team_key, organization)
    return organization


def blank(store: Store, team_key: str, creator: str) -> Record:
    now = store.now()
    return {
        "key": store.new_key("organizations"),
        "teamKey": team_key,
        **dict.fromkeys(SCALARS),
        "domains": [],
        "normalizedDomains": [],
        **{name: [] for name in ARRAYS},
        "creatorKey": creator,
        "lastSavedUserKey": creator,
        "creationDate": now,
        "versionTimestamp": now,
        "lastSavedTimestamp": now,
        "lastEnrichmentTimestamp": None,
        "contactLinks": [],
        "orgLinks": [],
        "fields": {},
    }


def update(call: Call, key: str) -> Record:
    store, body = call.store, call.json_object()
    organization = store.existing("organizations", key)
    new = _properties(body) | parties.links(store, body)
    new["fields"] = parties.custom_fields(store, "organizations", organization, body)
    _named(organization | new)
    store.unindex("organizations", organization)
    organization |= new
    store.index("organizations", organization)
    parties.stamped(store, organization, call.user)
    store.announce("ORG_UPDATE", organization["teamKey"], organization)
    return organization


def delete(call: Call, key: str) -> Record:
    organization = call.store.existing("organizations", key)
    parties.forget(call.store, "organizations", organization)
    call.store.announce("ORG_DELETE", organization["teamKey"], organization)
    return {"success": True}


def _properties(body: Record) -> Record:
    new = parties.scalars(body, SCALARS)
    new |= {name: parties.texts(body, name) for name in ARRAYS if body.get(name) is not None}
    if body.get("domains") is not None:
        domains = parties.texts(body, "domains")
        new |= {"domains": domains, "normalizedDomains": [parties.domain_of(domain) for domain in domains]}
        if len(set(new["normalizedDomains"])) != len(body["domains"]):
            raise bad_request("Organizations can't have duplicate domains")
    return new


def _named(organization: Record) -> None:
    if not organization["name"] and not organization["domains"]:
        raise bad_request(NAMELESS)
