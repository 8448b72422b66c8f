"""How the API treats what writes carry, where nobody could know beforehand: found out, kept in the ledger, adapted to.

A finding has a subject (a stream, or `lists`), a topic (`update fields`) and an answer (`ignored`). Whoever finds out
notes it: a run from the answers of its writes, `check --probe` and `setup --canary` on purpose. The later one counts.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from singer_rest.ledger.bindings import Bindings
from singer_rest.sync.merge import blank

FINDING = "finding"
"""The kind of their bindings in the ledger."""
KEPT, IGNORED, REFUSED = "kept", "ignored", "refused"
CREATE, UPDATE, CLEAR = "create", "update", "clear"
HOPELESS = 3
"""So often in a row lost in one run, a slot is not tried in further ways."""


class ApiFindings:
    """What is known of one stream's writes; what only this run has noticed is forgotten with it.

    `detours`: the topics whose slots have to go the other way from the start. `silent`: slots that answers leave out
    though the record has them. `own_words`: slots whose values the API puts in words of its own.
    """

    def __init__(self, bindings: Bindings, stream: str) -> None:
        """Read what the ledger knows of a stream."""
        self._bindings, self._stream = bindings, stream
        known = (binding for binding in bindings.of_kind(FINDING) if binding.scope == stream)
        self._known = {binding.name: binding.vendor_key for binding in known}
        self.detours = {topic for topic, answer in self._known.items() if _is_detour(topic, answer)}
        self.silent: set[str] = set()
        self.own_words: set[str] = set()
        self._lost: Counter[str] = Counter()

    def get(self, topic: str) -> str | None:
        """Give the answer to a topic."""
        return self._known.get(topic)

    def note(self, topic: str, answer: str) -> bool:
        """Keep an answer; gives whether it is news."""
        if self._known.get(topic) == answer:
            return False
        self._known[topic] = answer
        self._bindings.bind(FINDING, self._stream, topic, answer)
        if _is_detour(topic, answer):
            self.detours = self.detours | {topic}
        else:
            self.detours = self.detours - {topic}
        return True

    def goes_another_way(self, slot: str, value: Any, container: str | None) -> bool:
        """Whether an update is known not to take a slot's value."""
        moment = CLEAR if blank(value) else UPDATE
        topics = {f"{moment} {slot.partition('.')[0]}", topic_of(moment, slot, container)}
        return not self.detours.isdisjoint(topics)

    def count_lost(self, slot: str) -> None:
        """Count that a slot's value could not be had in any way."""
        self._lost[slot] += 1

    def count_kept(self, slot: str) -> None:
        """Note that a slot's value can be had."""
        self._lost.pop(slot, None)

    def is_hopeless(self, slot: str) -> bool:
        """Whether this run has seen a slot's values get lost again and again."""
        return self._lost[slot] >= HOPELESS


def topic_of(moment: str, slot: str, container: str | None = None) -> str:
    """Name the topic of a slot: a field means something in its container only."""
    return f"{moment} {container}/{slot}" if container and "." in slot else f"{moment} {slot}"


def _is_detour(topic: str, answer: str) -> bool:
    return answer != KEPT and topic.partition(" ")[0] in {UPDATE, CLEAR}
