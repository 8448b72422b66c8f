"""What both sides last agreed on, property by property: a side has changed only if it differs from its own word then.

Both directions keep their merge_bases in one ledger, and the later one counts: what the shop's change made of a box is
no rep's edit on the way back, and a rep's return to an older stage is one. Where both had changed and the destination's
word stays, its own direction still has to bring it over, whatever that word will be by then. Of a list that one side
only adds to, the other side means the first item.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from singer_rest.sync.merge import ABSENT, same
from singer_rest.sync.record import SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from singer_rest.ledger import Content
    from singer_rest.sync.field_rules import Rules
    from singer_rest.sync.record import Record

MERGE_BASE = "@agreed"
"""In a content: the merge_bases by property."""
FIRST = ".0"


@dataclass(frozen=True, slots=True)
class MergeBase:
    """One property: the word of the source and of the destination, as of which state of their records, and when."""

    source: Any
    there: Any
    source_as_of: int | None
    there_as_of: int | None
    at: int
    ours: bool = True
    disputed: bool = False

    def stored(self, of: str) -> dict[str, Any]:
        """Give it as plain JSON; `of` is what the source calls the property."""
        there = {} if self.there is ABSENT else {"there": self.there}
        revision = {"source_as_of": self.source_as_of, "there_as_of": self.there_as_of}
        disputed = {"disputed": True} if self.disputed else {}
        return {"of": of, "source": self.source, "at": self.at, **revision, **there, **disputed}

    def is_newer_than(self, record: Record) -> bool:
        """Whether the record was read before this was agreed, so that it says nothing new."""
        read = record.source.revision
        return self.source_as_of is not None and read is not None and read < self.source_as_of

    def differs(self, said: Any) -> bool:
        """Whether the source says something else now."""
        return not same(self.source, said)


def merge_bases(own: Mapping[str, Any], reverse: Iterable[Content], mark: str, rules: Rules) -> dict[str, MergeBase]:
    """Give the latest agreement of each shared property: our direction's, or the other's on the same two records."""
    found = {name: _read(stored) for name, stored in (own.get(MERGE_BASE) or {}).items()}
    for content in reverse:
        if content.values.get(SOURCE) != mark:
            continue
        for of, stored in (content.values.get(MERGE_BASE) or {}).items():
            name = str(stored.get("of")).removesuffix(FIRST)
            if (rules[name].origin or "").removesuffix(FIRST) == of and ("there" in stored or "disputed" in stored):
                other = _turned(stored)
                if name not in found or found[name].at < other.at:
                    found[name] = other
    return found


def _read(stored: Mapping[str, Any]) -> MergeBase:
    there = stored.get("there", ABSENT)
    revision = stored.get("source_as_of"), stored.get("there_as_of")
    return MergeBase(stored["source"], there, *revision, stored["at"], disputed="disputed" in stored)


def _turned(stored: Mapping[str, Any]) -> MergeBase:
    """Give what the other direction agreed on: its source is our destination, whose word a dispute left unheard."""
    revision = stored.get("there_as_of"), stored.get("source_as_of")
    word = ABSENT if "disputed" in stored else stored["there"]
    return MergeBase(word, stored["source"], *revision, stored["at"], ours=False)
