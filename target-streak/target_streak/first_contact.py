"""What this target assumes of Streak, what it does where Streak is otherwise, and the table that says so.

`check --probe` and `setup --canary` find the answers out. They are kept in the ledger as findings, and the target
adapts to them. The table holds no key and nothing of any person, so that it can be sent to this project.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from textwrap import wrap

from singer_rest import IGNORED, KEPT, REFUSED, ApiFindings, Ledger

Write = Callable[[str], object]

WIDTHS = (34, 10, 30)
"""Columns of the table: with what stands between them it is 80 wide."""
LATER = "an update after it brings it"
ENDPOINT = "each field goes by its own endpoint"
NOT_HAD = "records that need it become dead letters (not_kept)"
LOOKED_UP = "looked for in the list before it is made"
SAID_ONCE = "said once a run; the record is written without it"
TOLD = ("404", "410", "400 in known words")
NO_ACCESS = "who deleted it and who may not see it can't be told apart: it is set aside"
WORDS_LEARNED = {"401": NO_ACCESS, "403": NO_ACCESS, "*": "taken for gone from now on"}


@dataclass(frozen=True, slots=True)
class Assumption:
    """One thing that is assumed: `what` in words, the answers that are `assumed`, what is done for another answer.

    `then` by answer; `*` stands for any other.
    """

    subject: str
    topic: str
    what: str
    assumed: tuple[str, ...]
    then: dict[str, str] = field(default_factory=dict)

    def adaptation(self, answer: str) -> str:
        """What the target does for an answer that is not as assumed."""
        return f"{answer}: {self.then.get(answer) or self.then.get('*', 'nothing else')}"


def _writes(subject: str, topic: str, what: str, otherwise: str) -> Assumption:
    return Assumption(subject, topic, what, (KEPT,), {IGNORED: otherwise, REFUSED: otherwise})


def _follows(subject: str, topic: str, what: str) -> Assumption:
    return Assumption(subject, topic, what, (IGNORED, REFUSED), {KEPT: "they go with it, which saves a write"})


PROBED = (
    Assumption(
        "lists",
        "boxes page",
        "box lists go on by `page`",
        ("goes on",),
        {"*": "the whole list is asked for at once and held against boxCount"},
    ),
    Assumption(
        "lists",
        "boxes limit",
        "box lists have as many as asked",
        ("as asked",),
        {"*": "pages are read until an empty one comes"},
    ),
    Assumption(
        "lists",
        "boxes order",
        "box lists begin with the newest",
        ("newest first",),
        {"*": "the whole list is read where else its beginning is enough"},
    ),
    Assumption(
        "lists",
        "boxes count",
        "boxCount is the length of the list",
        ("equal",),
        {"*": "a list that can't be proven complete stops the run before it makes anything"},
    ),
    Assumption(
        "lists",
        "contacts",
        "contacts can be listed",
        ("there",),
        {"*": "they are gathered from the boxes of the team"},
    ),
    Assumption(
        "lists",
        "organizations",
        "organizations can be listed",
        ("there",),
        {"*": "they are gathered from the boxes of the team"},
    ),
    Assumption(
        "boxes",
        "children's instants",
        "a box is saved anew with its tasks",
        ("moves",),
        {"*": "the tap looks at the box's counters, too"},
    ),
    Assumption("keys", "unknown box", "an unknown box is told as such", TOLD, WORDS_LEARNED),
    Assumption("keys", "unknown contact", "an unknown contact is told as such", TOLD, WORDS_LEARNED),
    Assumption(
        "fields",
        "DATE hour",
        "dates stand at midnight in UTC",
        ("00:00",),
        {"*": "dates without a time are written at that hour"},
    ),
    Assumption(
        "webhooks",
        "team",
        "the plan has webhooks of the team",
        ("there",),
        {"*": "contacts and organizations are read on schedule only"},
    ),
)
TRIED = (
    _writes("boxes", "create fields", "a new box takes fields", LATER),
    _follows("boxes", "create contacts", "contacts follow a new box"),
    _follows("boxes", "create organizations", "organizations follow a new box"),
    _writes("boxes", "create assignedToSharingEntries", "a new box takes an assignee", LATER),
    _writes("boxes", "update fields", "a changed box takes fields", ENDPOINT),
    _writes("boxes", "update contacts", "a changed box takes contacts", NOT_HAD),
    _writes("boxes", "update organizations", "a changed box takes organizations", NOT_HAD),
    _writes("boxes", "update stageKey", "a changed box takes a stage", NOT_HAD),
    _writes("boxes", "update assignedToSharingEntries", "a changed box takes an assignee", SAID_ONCE),
    _writes("boxes", "field endpoint", "a field has an endpoint of its own", NOT_HAD),
    _writes("boxes", "clear fields", "a changed box clears a field", "it is cleared by the field's own endpoint"),
    Assumption("boxes", "list links", "lists show the links of a box", ("shown",), {"*": "a box is read for them"}),
    Assumption("boxes", "deleted", "what was deleted is gone at once", ("gone",), {"*": "it stays linked until it is"}),
    Assumption(
        "definitions",
        "addOnly",
        "addOnly leaves options alone",
        (KEPT,),
        {"*": "the whole list of options is sent each time"},
    ),
    Assumption(
        "contacts",
        "getIfExisting",
        "getIfExisting: a whole contact",
        ("any body",),
        {"*": "the address alone is sent, all else in an update"},
    ),
    Assumption(
        "organizations",
        "getIfExisting",
        "getIfExisting: a whole company",
        ("any body",),
        {"*": "the domain alone is sent, all else in an update"},
    ),
    Assumption("contacts", "same address", "an address again finds the contact", ("found",), {"*": LOOKED_UP}),
    Assumption("organizations", "same address", "a domain again finds the company", ("found",), {"*": LOOKED_UP}),
    _follows("contacts", "create orgLinks", "its company follows a new contact"),
    _writes("contacts", "update orgLinks", "a changed contact takes a company", NOT_HAD),
    _writes(
        "tasks", "create assignedToSharingEntries", "a new task takes an assignee", "an update names it by `assignedTo`"
    ),
)


class Answers:
    """The answers to assumptions as they are found out, kept in the ledger."""

    def __init__(self, ledger: Ledger, assumptions: Sequence[Assumption]) -> None:
        """Take what is to be answered; what nobody answers is not known."""
        self._assumptions = {(each.subject, each.topic): each for each in assumptions}
        self._findings = {each.subject: ApiFindings(ledger.bindings, each.subject) for each in assumptions}
        self._answers: dict[tuple[str, str], str] = {}
        self._unknown: dict[tuple[str, str], str] = {}

    def note(self, subject: str, topic: str, answer: str) -> None:
        """Keep an answer."""
        self._answers[subject, topic] = answer
        self._findings[subject].note(topic, answer)

    def leave_open(self, subject: str, topic: str, why: str) -> None:
        """Say why there is no answer."""
        self._unknown[subject, topic] = why

    def known(self, subject: str, topic: str) -> str | None:
        """Give an answer that was found out now."""
        return self._answers.get((subject, topic))

    def table(self) -> Iterator[str]:
        """Give the lines of the table."""
        yield from _row("What Streak does", "as assumed", "otherwise: the target then")
        yield "-+-".join("-" * width for width in WIDTHS)
        for key, assumption in self._assumptions.items():
            answer = self._answers.get(key)
            if answer is None:
                yield from _row(assumption.what, "not seen", self._unknown.get(key, "nothing to see it by"))
            elif answer in assumption.assumed:
                yield from _row(assumption.what, "yes", "" if len(assumption.assumed) == 1 else answer)
            else:
                yield from _row(assumption.what, "no", assumption.adaptation(answer))


def _row(*cells: str) -> Iterator[str]:
    columns = [wrap(cell, width) or [""] for cell, width in zip(cells, WIDTHS, strict=True)]
    for parts in zip_longest(*columns, fillvalue=""):
        yield " | ".join(part.ljust(width) for part, width in zip(parts, WIDTHS, strict=True)).rstrip()
