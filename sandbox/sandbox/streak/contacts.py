"""Contacts: people, known by their e-mail addresses."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sandbox.streak import parties
from sandbox.streak.errors import bad_request, insufficient
from sandbox.streak.teams import named

if TYPE_CHECKING:
    from sandbox.streak.call import Call
    from sandbox.streak.store import Record, Store

SCALARS = ("givenName", "familyName", "title", "other", "photoUrl", *parties.HANDLES)
ARRAYS = ("phoneNumbers", "addresses", "domains")
NAMES = ("givenName", "familyName")
NAMELESS = "Need to specify at least a name or email address"


def list_contacts(call: Call, team_key: str) -> Record:
    return parties.listed(call, "contacts", team_key)


def get(call: Call, key: str) -> Record:
    return call.store.find("contacts", key)


def batch_get(call: Call) -> Record:
    return parties.batch_get(call, "contacts")


def create(call: Call, team_key: str) -> Record:
    """Links and custom fields are not taken here, as at Streak; a switch says otherwise."""
    store, body = call.store, call.json_object()
    if not body:
        named(store, team_key)
        raise insufficient("TeamContact")
    parties.check_existing_body(call, "contacts")
    contact = blank(store, named(store, team_key)["key"], call.user)
    emails = _emails(body)
    if len(emails) != len(set(emails)):
        raise _duplicate(next(email for email in emails if emails.count(email) > 1))
    contact |= _properties(store, body)
    _named(contact)
    taken = parties.known(store, "contacts", team_key, emails)
    if taken is not None and call.truth("getIfExisting"):
        return taken
    if taken is not None and store.settings["same_email"] == "reject":
        raise _duplicate(next(email for email in emails if email in taken["emailAddresses"]))
    contact |= parties.at_create(store, "contacts", contact, body)
    store.add("contacts", contact)
    _magic(store, contact)
    store.announce("CONTACT_CREATE", team_key, contact)
    return contact


def blank(store: Store, team_key: str, creator: str) -> Record:
    return {
        **parties.blank(store, "contacts", team_key, creator),
        **dict.fromkeys(SCALARS),
        "emailAddresses": [],
        **{name: [] for name in ARRAYS},
        "normalizedDomains": [],
    }


def update(call: Call, key: str) -> Record:
    def check(contact: Record, new: Record) -> None:
        _named(contact | new)
        _unshared(call.store, contact, new)

    return parties.update(call, "contacts", key, partial(_properties, call.store), check)


def delete(call: Call, key: str) -> Record:
    return parties.delete(call, "contacts", key)


def _emails(body: Record) -> list[str]:
    """The e-mails as sent, repetitions and all, lower-cased and trimmed."""
    sent = body.get("emailAddresses") or []
    if not isinstance(sent, list) or not all(email is None or isinstance(email, str) for email in sent):
        raise bad_request("emailAddresses must be an array of strings")
    return [email.strip().lower() for email in sent if email and email.strip()]


def _properties(store: Store, body: Record) -> Record:
    new = parties.scalars(store, body, SCALARS)
    new |= parties.lists(store, body, ARRAYS)
    if body.get("emailAddresses") is not None:
        new["emailAddresses"] = list(dict.fromkeys(_emails(body)))
    return new | _domains(new)


def _domains(new: Record) -> Record:
    if "emailAddresses" not in new and "domains" not in new:
        return {}
    named = [email.partition("@")[2] for email in new.get("emailAddresses", ())] + list(new.get("domains", ()))
    return {"normalizedDomains": list(dict.fromkeys(parties.domain_of(domain) for domain in named))}


def _named(contact: Record) -> None:
    if not contact["emailAddresses"] and not any(contact[name] for name in NAMES):
        raise bad_request(NAMELESS)


def _unshared(store: Store, contact: Record, new: Record) -> None:
    """Where an e-mail may belong to one contact only, another one cannot take it."""
    for email in new.get("emailAddresses", ()) if store.settings["same_email"] == "reject" else ():
        owner = parties.known(store, "contacts", contact["teamKey"], [email])
        if owner is not None and owner is not contact:
            raise _duplicate(email)


def _duplicate(email: str) -> Exception:
    return bad_request(f"Contacts can't have duplicate emails: {email}", errorCode=801)


def _magic(store: Store, contact: Record) -> None:
    """Streak may link a contact to the organization of its domain by itself."""
    if store.settings["magic_links"]:
        found = parties.known(store, "organizations", contact["teamKey"], contact["normalizedDomains"])
        contact["orgLinks"] = [parties.link(store, found["key"], magic=True)] if found else []
