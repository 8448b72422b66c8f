"""What contacts and organizations have in common: lists, links, custom fields, look-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.streak import write_bends
from sandbox.streak.call import array, mapping, nested
from sandbox.streak.errors import Refused, bad_request
from sandbox.streak.fields import OPTIONS, options
from sandbox.streak.paging import after_cursor, unarchived
from sandbox.streak.teams import named
from sandbox.streak.write_bends import clears

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.streak.call import Call
    from sandbox.streak.store import Record, Store

HANDLES = ("twitterHandle", "facebookHandle", "linkedinHandle", "instagramHandle")
LINKS = {"contactLinks": "contacts", "orgLinks": "organizations"}
ADDRESSES = {"contacts": "emailAddresses", "organizations": "domains"}
EVENTS = {"contacts": "CONTACT", "organizations": "ORG"}
SETTINGS = {"contacts": "contactSettings", "organizations": "organizationSettings"}


def listed(call: Call, noun: str, team_key: str) -> Record:
    """A page of the team's records; `after` (epoch seconds, inclusive) is for contacts alone."""
    if call.store.settings["party_lists"] != 200:
        raise Refused(call.store.settings["party_lists"], {"success": False, "error": "Invalid API path specified"})
    named(call.store, team_key)
    found: Iterable[Record] = unarchived(call.store, call.store.children[noun].get(team_key, {}).values())
    if noun == "contacts" and (after := call.number("after")):
        found = (record for record in found if record["lastSavedTimestamp"] >= after * 1000)
    return after_cursor(call, list(found))


def batch_get(call: Call, noun: str) -> Record:
    table = call.store.tables[noun]
    return {key: table[key] for key in call.json_list("keys") if isinstance(key, str) and key in table}


def known(store: Store, noun: str, team_key: str, names: Iterable[str]) -> Record | None:
    """The oldest record that one of the e-mails or domains belongs to."""
    keys = (key for name in names for key in store.known_as[noun].get((team_key, name), ()))
    key = next(keys, None)
    return store.tables[noun][key] if key else None


def blank(store: Store, noun: str, team_key: str, creator: str) -> Record:
    """What a new record has whatever it is."""
    now = store.now()
    return {
        "key": store.new_key(noun),
        "teamKey": team_key,
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


def update(
    call: Call, noun: str, key: str, properties: Callable[[Record], Record], check: Callable[[Record, Record], object]
) -> Record:
    """Change a record by the `properties` of the body; `check` refuses what the record can't become."""
    store, body = call.store, call.json_object()
    record = store.existing(noun, key)
    if store.settings["party_updates"] == "dropped":
        return record
    new = properties(body) | links(store, body)
    new["fields"] = custom_fields(store, noun, record, body)
    check(record, new)
    store.unindex(noun, record)
    record |= new
    store.index(noun, record)
    now = store.now()
    record |= {"lastSavedUserKey": call.user, "versionTimestamp": now, "lastSavedTimestamp": now}
    store.announce(f"{EVENTS[noun]}_UPDATE", record["teamKey"], record)
    return record


def delete(call: Call, noun: str, key: str) -> Record:
    """Remove a record with the links to it."""
    record = call.store.existing(noun, key)
    _forget(call.store, noun, record)
    call.store.announce(f"{EVENTS[noun]}_DELETE", record["teamKey"], record)
    return {"success": True}


def texts(body: Record, name: str) -> list[str]:
    """A list of plain strings without blanks and repetitions, in the order given."""
    values = nested(body[name])
    if not isinstance(values, list) or not all(value is None or isinstance(value, str) for value in values):
        raise bad_request(f"{name} must be an array of strings")
    return list(dict.fromkeys(value.strip() for value in values if value and value.strip()))


def scalars(store: Store, body: Record, names: Iterable[str]) -> Record:
    """The plain properties of a body: omitted and null leave them, an empty string clears them."""
    sent = {name: body[name] for name in names if body.get(name) is not None and clears(store, body[name])}
    for name, value in sent.items():
        if not isinstance(value, str):
            raise bad_request(f"{name} must be a string")
    return sent


def lists(store: Store, body: Record, names: Iterable[str]) -> Record:
    """The lists of texts of a body: omitted and null leave them, an empty one clears them."""
    return {name: texts(body, name) for name in names if body.get(name) is not None and clears(store, body[name])}


def links(store: Store, body: Record) -> Record:
    """Links replace what was there; raises Refused for a link to nowhere."""
    return {name: _links(store, noun, body[name]) for name, noun in LINKS.items() if body.get(name) is not None}


def _links(store: Store, noun: str, sent: Any) -> list[Record]:
    keys = [item.get("key") if isinstance(item, dict) else item for item in array(sent, noun, str, dict)]
    return [link(store, linked) for key in keys if (linked := store.linked(noun, key)) is not None]


def link(store: Store, key: str, *, magic: bool = False) -> Record:
    return {"key": key, "isMagicLinked": magic, "creationTimestamp": store.now()}


def at_create(store: Store, noun: str, record: Record, body: Record) -> Record:
    """The links and custom fields of a new record, where a switch says that they are taken; raises Refused."""
    taken = write_bends.honoured_at_party_create(store, body)
    return links(store, taken) | {"fields": custom_fields(store, noun, record, taken)}


def check_existing_body(call: Call, noun: str) -> None:
    """Refuse more than the addresses with `getIfExisting`, where a switch says so."""
    only = call.store.settings["get_if_existing"] == "address_only" and call.truth("getIfExisting")
    if only and set(call.json_object()) - {ADDRESSES[noun]}:
        raise bad_request("Invalid parameters for getIfExisting")


def custom_fields(store: Store, noun: str, record: Record, body: Record) -> Record:
    """The record's fields with those of the body merged in; nulls are ignored."""
    sent = mapping(body.get("fields") or {}, "fields")
    known_fields = store.tables["teams"][record["teamKey"]][SETTINGS[noun]]["fields"]
    merged = dict(record["fields"])
    for key, value in sent.items():
        if key not in known_fields:
            raise bad_request(f"Unknown field key: {key}")
        if value is not None and clears(store, value):
            merged[key] = _checked(known_fields[key], value)
    return merged


def _checked(field: Record, value: Any) -> str:
    if not isinstance(value, str) or (field["type"] in OPTIONS and value and value not in options(field)):
        raise bad_request(f"Invalid value for field {field['key']} of type {field['type']}")
    return value


def merge(store: Store, noun: str, gone: Record, survivor: Record) -> None:
    """Do what a rep does with two of one kind: the survivor gets addresses, blanks and links of the one that goes."""
    store.unindex(noun, survivor)
    for name, value in gone.items():
        kept = survivor.get(name)
        if isinstance(value, list) and name not in LINKS:
            survivor[name] = list(dict.fromkeys([*(kept or []), *value]))
        elif kept is None:
            survivor[name] = value
    survivor["fields"] = gone["fields"] | survivor["fields"]
    store.index(noun, survivor)
    for box in store.tables["boxes"].values():
        _pass_on(box, noun, gone["key"], survivor["key"])
    for name, linked in LINKS.items():
        survivor[name] = list({item["key"]: item for item in (*gone[name], *survivor[name])}.values())
        for other in (*store.tables["contacts"].values(), *store.tables["organizations"].values()):
            if linked == noun:
                _pass_on(other, name, gone["key"], survivor["key"])
    now = store.now()
    survivor |= {"versionTimestamp": now, "lastSavedTimestamp": now}
    _forget(store, noun, gone)
    store.announce(f"{EVENTS[noun]}_UPDATE", survivor["teamKey"], survivor)
    store.announce(f"{EVENTS[noun]}_DELETE", gone["teamKey"], gone)


def _pass_on(record: Record, name: str, gone: str, survivor: str) -> None:
    """Let the links of a record lead to the survivor, each once."""
    if any(item["key"] == gone for item in record.get(name, ())):
        links = [item | {"key": survivor} if item["key"] == gone else item for item in record[name]]
        record[name] = list({item["key"]: item for item in links}.values())


def _forget(store: Store, noun: str, record: Record) -> None:
    store.remove(noun, record)
    if store.settings["links_of_deleted"] == "left":
        return
    for box in store.tables["boxes"].values():
        _without(box, noun, record["key"])
    name = next(name for name, linked in LINKS.items() if linked == noun)
    for other in (*store.tables["contacts"].values(), *store.tables["organizations"].values()):
        if any(item["key"] == record["key"] for item in other[name]):
            other[name] = [item for item in other[name] if item["key"] != record["key"]]


def _without(box: Record, noun: str, key: str) -> None:
    if any(item["key"] == key for item in box.get(noun, ())):
        box[noun] = [item for item in box[noun] if item["key"] != key]
        if not box[noun]:
            del box[noun]


def domain_of(text: str) -> str:
    """A domain without scheme, `www.`, path and capitals."""
    bare = text.strip().lower().split("://")[-1].split("/")[0].split("?")[0]
    return bare.removeprefix("www.")
