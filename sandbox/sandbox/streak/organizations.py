"""Organizations: companies, known by their domains."""

from __future__ import annotations

from functools import partial
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
    """Links and custom fields are not taken here, as at Streak; a switch says otherwise."""
    store, body = call.store, call.json_object()
    if not body:
        named(store, team_key)
        raise insufficient("TeamOrganization")
    parties.check_existing_body(call, "organizations")
    organization = blank(store, named(store, team_key)["key"], call.user) | _properties(store, body)
    _named(organization)
    taken = parties.known(store, "organizations", team_key, organization["normalizedDomains"])
    if taken is not None and call.truth("getIfExisting"):
        return taken
    organization |= parties.at_create(store, "organizations", organization, body)
    store.add("organizations", organization)
    store.announce("ORG_CREATE", team_key, organization)
    return organization


def blank(store: Store, team_key: str, creator: str) -> Record:
    return {
        **parties.blank(store, "organizations", team_key, creator),
        **dict.fromkeys(SCALARS),
        "domains": [],
        "normalizedDomains": [],
        **{name: [] for name in ARRAYS},
    }


def update(call: Call, key: str) -> Record:
    return parties.update(
        call, "organizations", key, partial(_properties, call.store), lambda record, new: _named(record | new)
    )


def delete(call: Call, key: str) -> Record:
    return parties.delete(call, "organizations", key)


def _properties(store: Store, body: Record) -> Record:
    new = parties.scalars(store, body, SCALARS)
    new |= parties.lists(store, body, ARRAYS)
    if body.get("domains") is not None:
        domains = parties.texts(body, "domains")
        new |= {"domains": domains, "normalizedDomains": [parties.domain_of(domain) for domain in domains]}
        if len(set(new["normalizedDomains"])) != len(body["domains"]):
            raise bad_request("Organizations can't have duplicate domains")
    return new


def _named(organization: Record) -> None:
    if not organization["name"] and not organization["domains"]:
        raise bad_request(NAMELESS)
