"""What Singer messages hold; a message that lacks what it can't do without is an unreadable line."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from singer_rest.errors import UnreadableLine, single_line
from singer_rest.ledger.content import record_text

REJECTS = "rejected_records"
DELETED_AT = "_sdc_deleted_at"
Message = dict[str, Any]


def schema_in(message: Message) -> tuple[str, Message, list[str]]:
    """Give stream, schema and key properties of a SCHEMA."""
    stream, schema, keys = (message.get(name) for name in ("stream", "schema", "key_properties"))
    if not isinstance(stream, str) or not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
        raise UnreadableLine("a SCHEMA without stream or properties")
    keys = [] if keys is None else keys
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise UnreadableLine("a SCHEMA whose key_properties are no list of names")
    return stream, schema, keys


def record_in(message: Message) -> tuple[str, Any]:
    """Give stream and record of a RECORD; whether the record is any good is for the stream to say."""
    stream, record = message.get("stream"), message.get("record")
    if not isinstance(stream, str):
        raise UnreadableLine("a RECORD without stream")
    if stream == REJECTS and not isinstance(record, dict):
        raise UnreadableLine("a rejected record that is no JSON object")
    return stream, record


def known_as(raw: Any) -> str:
    """Give what a letter is known by; records without an id are told apart by what they hold."""
    names = ("externalId", "key") if isinstance(raw, dict) else ()
    given = next((raw[name] for name in names if isinstance(raw.get(name), str) and raw[name].strip()), None)
    return given or f"(no id) {blake2b(record_text(raw).encode(), digest_size=6).hexdigest()}"


def text_in(value: Any) -> str:
    """Give a text for people, short; empty for what is none."""
    return single_line(value, 200) if isinstance(value, str) else ""


def without_body(raw: Any) -> dict[str, Any]:
    """Give what says which record it is."""
    names = ("externalId", "key", "_flow", "_source")
    return (
        {name: raw[name] for name in names if name in raw and len(str(raw[name])) < 2000}
        if isinstance(raw, dict)
        else {}
    )
