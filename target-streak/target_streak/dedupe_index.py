"""What is on boxes that the ledger did not know: a task or comment of equal text is taken over, not made again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b

import msgspec
from singer_rest import Ledger
from streak_api.paging import Row
from streak_api.pipelines import BOX_COUNTERS

from target_streak.team_lists import made_at

HAD_EFFECTS = "had effects"
TEXTS = "texts"
SKEW_MS = 300_000


class DedupeIndex:
    """Which boxes had tasks, comments or meetings before the ledger knew them, and the digests of their texts."""

    def __init__(self, ledger: Ledger) -> None:
        self._bindings = ledger.bindings
        self._noted: set[tuple[str, str]] | None = None

    def note(self, boxes: Iterable[Row]) -> None:
        """Keep which of these boxes have something: what we would make there may exist already."""
        noted: dict[tuple[str, str], list[str]] = {}
        for box in boxes:
            for stream, counts in BOX_COUNTERS.items():
                if any(box.get(count) for count in counts):
                    noted.setdefault((stream, str(box["pipelineKey"])), []).append(str(box["key"]))
        for (stream, pipeline_key), keys in noted.items():
            every = dict.fromkeys([*_keys(self._bindings.get(HAD_EFFECTS, stream, pipeline_key)), *keys])
            self._bindings.bind(HAD_EFFECTS, stream, pipeline_key, msgspec.json.encode(list(every)).decode())
        self._noted = None

    def noted(self) -> list[tuple[str, str]]:
        """Stream and key of every box that was noted, stream by stream."""
        order = list(BOX_COUNTERS)
        bindings = sorted(self._bindings.of_kind(HAD_EFFECTS), key=lambda each: (order.index(each.scope), each.name))
        return [(binding.scope, key) for binding in bindings for key in _keys(binding.vendor_key)]

    def is_noted(self, stream: str, box_key: str) -> bool:
        """Whether a box had such effects before the ledger knew it."""
        if (noted := self._noted) is None:
            noted = self._noted = set(self.noted())
        return (stream, box_key) in noted

    def remember(self, stream: str, box_key: str, effects: Iterable[Row]) -> int:
        """Keep the texts of a box, as digests; gives how many of them it has twice or more."""
        texts: dict[str, list[tuple[str, int | None]]] = {}
        for effect in effects:
            texts.setdefault(fingerprint(stream, effect), []).append((str(effect["key"]), made_at(effect) or None))
        self._bindings.bind(TEXTS, stream, box_key, msgspec.json.encode(texts).decode())
        return sum(len(keys) > 1 for keys in texts.values())

    def find(self, stream: str, box_key: str, digest: str) -> Iterator[tuple[str, int | None]]:
        """Key and time (ms) of what was remembered with this fingerprint, the first made first."""
        text = self._bindings.get(TEXTS, stream, box_key)
        yield from msgspec.json.decode(text).get(digest, []) if text else []

    def is_remembered(self, stream: str, box_key: str) -> bool:
        """Whether the texts of a box are remembered."""
        return self._bindings.get(TEXTS, stream, box_key) is not None


def fingerprint(stream: str, effect: Row) -> str:
    """What makes two effects on one box the same: their text however it is spaced, of meetings the time too."""
    text = effect.get({"comments": "message", "meetings": "notes"}.get(stream, "text"))
    words = " ".join(str(text or "").split())
    if stream == "meetings":
        words = f"{effect.get('startTimestamp')} {words}"
    return blake2b(words.encode("utf-8", "backslashreplace"), digest_size=12).hexdigest()


def is_later(date: int | None, made: int | None, now: int) -> bool:
    """Whether an event of `date` came after something was made, so that this can't be about it (all in ms).

    A date in the future says nothing: whoever wrote it has another clock.
    """
    return date is not None and bool(made) and (made or 0) + SKEW_MS < date <= now + SKEW_MS


def _keys(text: str | None) -> list[str]:
    return list(msgspec.json.decode(text)) if text else []
