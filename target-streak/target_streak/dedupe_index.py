"""What boxes said before the ledger knew them: a task or comment of equal text is taken over, not made again."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_rest.ledger import Ledger

HAD_EFFECTS = "had effects"
TEXTS = "texts"
COUNTS = {
    "tasks": ("taskTotal",),
    "comments": ("commentCount",),
    "meetings": ("callLogCount", "meetingNotesCount"),
}
SKEW_MS = 300_000


def note_effects(ledger: Ledger, boxes: Iterable[dict[str, Any]]) -> None:
    """Keep which of these boxes have tasks, comments or meetings: what we would make there may be there already."""
    noted: dict[tuple[str, str], list[str]] = {}
    for box in boxes:
        for stream, counts in COUNTS.items():
            if any(box.get(count) for count in counts):
                noted.setdefault((stream, str(box["pipelineKey"])), []).append(str(box["key"]))
    for (stream, pipeline_key), keys in noted.items():
        every = dict.fromkeys([*_keys(ledger.bindings.get(HAD_EFFECTS, stream, pipeline_key)), *keys])
        ledger.bindings.bind(HAD_EFFECTS, stream, pipeline_key, msgspec.json.encode(list(every)).decode())


def had_effects(ledger: Ledger) -> list[tuple[str, str]]:
    """Give stream and key of every box that was noted, stream by stream."""
    noted = sorted(ledger.bindings.of_kind(HAD_EFFECTS), key=lambda one: (list(COUNTS).index(one.scope), one.name))
    return [(one.scope, key) for one in noted for key in _keys(one.vendor_key)]


def fingerprint(stream: str, made: dict[str, Any]) -> str:
    """Give what makes two effects on one box the same: their text however it is spaced, of meetings the time too."""
    if stream == "meetings":
        return _digest(f"{made.get('startTimestamp')} {_words(made.get('notes'))}")
    return _digest(_words(made.get("message" if stream == "comments" else "text")))


def made_at(made: dict[str, Any]) -> int | None:
    """Give when Streak made an effect, in ms."""
    return made.get("creationDate") or made.get("timestamp")


def is_later(date: int | None, made: int | None, now: int) -> bool:
    """Whether an event of `date` came after something was made, so that this can't be about it (all in ms).

    A date in the future says nothing: whoever wrote it has another clock.
    """
    return date is not None and made is not None and made + SKEW_MS < date <= now + SKEW_MS


def remember(ledger: Ledger, stream: str, box_key: str, made: Iterable[dict[str, Any]]) -> int:
    """Keep which texts a box has, as digests; gives how many of them stand there twice or more."""
    texts: dict[str, list[tuple[str, int | None]]] = {}
    for one in made:
        texts.setdefault(fingerprint(stream, one), []).append((str(one["key"]), made_at(one)))
    ledger.bindings.bind(TEXTS, stream, box_key, msgspec.json.encode(texts).decode())
    return sum(len(keys) > 1 for keys in texts.values())


def recall(ledger: Ledger, stream: str, box_key: str, like: str) -> Iterator[tuple[str, int | None]]:
    """Give key and time (ms) of what was remembered with this fingerprint, the first made first."""
    text = ledger.bindings.get(TEXTS, stream, box_key)
    yield from msgspec.json.decode(text).get(like, []) if text else []


def is_read(ledger: Ledger, stream: str, box_key: str) -> bool:
    """Whether the texts of a box are remembered."""
    return ledger.bindings.get(TEXTS, stream, box_key) is not None


def _keys(text: str | None) -> list[str]:
    return list(msgspec.json.decode(text)) if text else []


def _words(text: Any) -> str:
    return " ".join(str(text or "").split())


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "backslashreplace"), digest_size=12).hexdigest()
