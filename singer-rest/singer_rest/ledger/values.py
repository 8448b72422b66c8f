"""What the ledger gives and takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

LinkState = Literal["open", "linked", "detached", "parked"]
DeadLetterKind = Literal["rejected", "waiting", "retry", "mapper", "conflict", "dead"]
DeadLetterStatus = Literal["open", "closed", "discarded"]


@dataclass(frozen=True, slots=True)
class Link:
    """A record of the source and what it became at the destination; `vendor_key` is None until it was made."""

    stream: str
    external_id: str
    vendor_key: str | None
    state: LinkState


@dataclass(frozen=True, slots=True)
class Content:
    """What was last written of a link by one flow: plain JSON values (decimals as text), and their version."""

    hash: str
    values: dict[str, Any]
    updated_at: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A link and what one flow last wrote of it."""

    link: Link
    content: Content | None


@dataclass(frozen=True, slots=True)
class Intent:
    """A create or update that was begun; `hint` is what helps to find at the destination what came of it."""

    stream: str
    external_id: str
    created_at: datetime
    hint: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that was set aside."""

    id: int
    stream: str
    external_id: str
    flow: str
    kind: DeadLetterKind
    reason: str
    code: str
    waits_for: tuple[str, str] | None
    record: dict[str, Any]
    source: dict[str, Any]
    attempts: int
    first_at: datetime
    last_at: datetime
    next_try_at: datetime | None
    status: DeadLetterStatus


@dataclass(frozen=True, slots=True)
class Binding:
    """A name that was resolved to a vendor's key."""

    kind: str
    scope: str
    name: str
    vendor_key: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a target."""

    id: int
    command: str
    started_at: datetime
    ended_at: datetime | None
    counts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A property of which both sides had their own value, what they had agreed on before, and the rule that decided."""

    stream: str
    external_id: str
    name: str
    source: Any
    destination: Any
    agreed: Any
    rule: str
    at: datetime | None = None
