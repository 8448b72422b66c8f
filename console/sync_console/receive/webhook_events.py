"""The events in the body of a webhook: which object, and what happened to it. Nothing else of a body is read."""

import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec
from clarity_api.profile import load_profile
from clarity_api.webhooks import WebhookProfile

MAX_ID_LENGTH = 200


class UnreadableError(Exception):
    """A body that is not what the vendor sends."""


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """What happened to one object; `delivery` is the key by which the same event is known when it is sent again."""

    source: str
    type: str
    id: str
    delivery: bytes


class _StreakObject(msgspec.Struct):
    key: Any = None
    boxKey: Any = None  # noqa: N815  # Streak's name; the key of a box in older answers
    lastSavedTimestamp: Any = None  # noqa: N815
    lastUpdatedTimestamp: Any = None  # noqa: N815
    timestamp: Any = None

    def version(self) -> Any:
        return self.lastSavedTimestamp or self.lastUpdatedTimestamp or self.timestamp


CLARITY = msgspec.json.Decoder(dict[str, Any] | list[dict[str, Any]])
STREAK = msgspec.json.Decoder(_StreakObject | list[_StreakObject])


def from_clarity(body: bytes, message_id: str, told: WebhookProfile | None = None) -> list[WebhookEvent]:
    """Events that the shop posted under this id, as its profile tells them; those that name no object are left out."""
    told = told or WebhookProfile(load_profile({}))
    events = [told.event(delivery) for delivery in _decode(CLARITY, body)]
    if None in events:
        raise UnreadableError("the body is not what the vendor sends")
    return [
        WebhookEvent("clarity", event[0], object_id, _digest("clarity", message_id, number))
        for number, event in enumerate(events)
        if event and (object_id := _valid_id(event[1]))
    ]


def from_streak(body: bytes, event_type: str) -> list[WebhookEvent]:
    """Events of this type, one for each object that Streak posted; objects without a key are left out."""
    body_hash = hashlib.sha256(body).hexdigest()
    return [
        WebhookEvent("streak", event_type, key, _digest("streak", event_type, key, row.version() or f"{body_hash} {n}"))
        for n, row in enumerate(_decode(STREAK, body))
        if (key := _valid_id(row.key) or _valid_id(row.boxKey))
    ]


def _decode(decoder: msgspec.json.Decoder[Any], body: bytes) -> list[Any]:
    try:
        content = decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise UnreadableError("the body is not what the vendor sends") from None
    return content if isinstance(content, list) else [content]


def _valid_id(value: Any) -> str | None:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    valid = isinstance(text, str) and text.isprintable() and 0 < len(text) <= MAX_ID_LENGTH
    return text if valid else None


def _digest(*parts: Any) -> bytes:
    return hashlib.blake2b("\0".join(map(str, parts)).encode(errors="replace"), digest_size=16).digest()
