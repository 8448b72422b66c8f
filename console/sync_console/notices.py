"""What the bodies of webhooks tell: which object, and what happened to it. Nothing else of them is looked at."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

MOST_CHARACTERS = 200


class UnreadableError(Exception):
    """A body that is not what the vendor sends."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One object that something happened to; `delivery` is the same when the same thing is told again."""

    source: str
    type: str
    id: str
    delivery: bytes


class _FromClarity(msgspec.Struct):
    type: Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,50}(\.[a-z_]{1,50}){1,3}$")]
    data: dict[str, Any]

    def object_id(self) -> str | None:
        return _printable(self.data.get(f"{self.type.split('.')[0]}Id"))


class _FromStreak(msgspec.Struct):
    key: Any = None
    boxKey: Any = None  # noqa: N815  # Streak's name; the key of a box in older answers
    lastSavedTimestamp: Any = None  # noqa: N815
    lastUpdatedTimestamp: Any = None  # noqa: N815
    timestamp: Any = None

    def object_id(self) -> str | None:
        return _printable(self.key) or _printable(self.boxKey)

    def version(self) -> Any:
        return self.lastSavedTimestamp or self.lastUpdatedTimestamp or self.timestamp


CLARITY = msgspec.json.Decoder(_FromClarity | list[_FromClarity])
STREAK = msgspec.json.Decoder(_FromStreak | list[_FromStreak])


def from_clarity(body: bytes, message_id: str) -> list[Notice]:
    """Read what the shop posted under this id; what names no object is left out."""
    told = _objects(CLARITY, body)
    return [
        Notice("clarity", one.type, object_id, _digest("clarity", message_id, place))
        for place, one in enumerate(told)
        if (object_id := one.object_id())
    ]


def from_streak(body: bytes, event: str) -> list[Notice]:
    """Read what Streak posted for this event; what has no key is left out."""
    told = _objects(STREAK, body)
    whole = hashlib.sha256(body).hexdigest()
    return [
        Notice("streak", event, object_id, _digest("streak", event, object_id, one.version() or f"{whole} {place}"))
        for place, one in enumerate(told)
        if (object_id := one.object_id())
    ]


def _objects(decoder: msgspec.json.Decoder[Any], body: bytes) -> list[Any]:
    try:
        read = decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise UnreadableError from None
    return read if isinstance(read, list) else [read]


def _printable(value: Any) -> str | None:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    fine = isinstance(text, str) and text.isprintable() and 0 < len(text) <= MOST_CHARACTERS
    return text if fine else None


def _digest(*parts: Any) -> bytes:
    return hashlib.blake2b("\0".join(map(str, parts)).encode(errors="replace"), digest_size=16).digest()
