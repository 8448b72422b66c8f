"""What happens once: tasks, comments, notes and invoices, none lost and none doubled."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from crm import Crm
from diary import NEVER
from verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from busy_day import BusyDay
    from diary import Edit, Side

TOLD = "Order status changed to "
PAID = {"captured": "Payment captured", "refunded": "Payment refunded"}
WITHOUT_TASK = {"cancelled", "refunded"}


def judge_events(day: BusyDay, snapshot: dict[str, Any]) -> Verdict:
    """Compare what both sides were told with what people did; boxes are looked at elsewhere."""
    verdict, store = Verdict(), snapshot["clarity"]
    for box in Crm(snapshot).boxes:
        name = str(box["fields"].get("Order ID"))
        _follow_up(verdict, day, name, box["tasks"])
        _payment(verdict, day, name, box["comments"])
        _statuses(verdict, day, name, box["comments"])
        _invoice(verdict, day, name, store["invoices"])
    notes = Counter(note["text"] for note in store["notes"] if not note["externalId"].startswith("task:"))
    words = {text: 1 for name, text in day.words if name not in day.deleted}
    verdict.count("note for the shop", _of(notes, words), words)
    finished = Counter(note["externalId"] for note in store["notes"] if note["externalId"].startswith("task:"))
    done = {f"task:{key}:done": 1 for name, key in day.done if name not in day.deleted}
    verdict.count("note of a task", _of(finished, done), done)
    return verdict


def _of(found: Counter[str], wanted: Mapping[str, int]) -> dict[str, int]:
    """What is wanted, and whatever is there more than once."""
    return {name: count for name, count in found.items() if name in wanted or count > 1}


def _follow_up(verdict: Verdict, day: BusyDay, name: str, tasks: list[dict[str, Any]]) -> None:
    """One for each order, but for those that were cancelled before anybody looked."""
    count = Counter(str(task["text"]) for task in tasks)
    wanted = {f"Follow up on order SO-{name}": 1}
    if not count and WITHOUT_TASK & {edit.value for edit in _edits(day, "shop", name)}:
        return
    verdict.count(f"task of {name}", count, wanted)


def _payment(verdict: Verdict, day: BusyDay, name: str, comments: list[str]) -> None:
    """What was changed again before anybody looked may be left out, the last never."""
    count = Counter(text.partition(":")[0] for text in comments if text.startswith("Payment"))
    told = [PAID[status] for status in day.payments.get(name, [])]
    wanted = {status: min(count[status], 1) for status in told[:-1]} | dict.fromkeys(told[-1:], 1)
    verdict.count(f"payment comment of {name}", count, wanted)


def _statuses(verdict: Verdict, day: BusyDay, name: str, comments: list[str]) -> None:
    """Comments follow what the shop's staff did; two changes between two looks make one."""
    said = [text.removeprefix(TOLD) for text in comments if text.startswith(TOLD)]
    changes = [str(edit.value) for edit in _edits(day, "shop", name)]
    rest = iter(changes)
    strays = [status for status in said if status not in rest]
    verdict.doubled += len(strays)
    if strays:
        verdict.findings.append(f"status comments of {name}: {said}, the staff's changes were {changes}")
    if name in day.known and _had_the_last_word(day, "shop", name):
        verdict.count(f"last status comment of {name}", dict.fromkeys(said[-1:], 1), {changes[-1]: 1})


def _invoice(verdict: Verdict, day: BusyDay, name: str, invoices: list[dict[str, Any]]) -> None:
    """One for a deal that a rep won, however often."""
    count = sum(1 for invoice in invoices if invoice["orderId"] == name)
    moves = _edits(day, "crm", name)
    sure = name in day.known and _had_the_last_word(day, "crm", name) and moves[-1].value == "Won"
    most = int(any(edit.value == "Won" for edit in moves))
    wanted = 1 if sure else min(count, most)
    verdict.count("invoice", {name: count}, {name: wanted})


def _edits(day: BusyDay, side: Side, name: str) -> list[Edit]:
    """The changes of status or stage at one side."""
    return [edit for edit in day.diary.edits if (edit.side, edit.thing, edit.name) == (side, name, "status")]


def _had_the_last_word(day: BusyDay, side: Side, name: str) -> bool:
    """Whether the last change of a side was heard at the other before anybody there spoke, too."""
    ours, theirs = _edits(day, side, name), _edits(day, "crm" if side == "shop" else "shop", name)
    return bool(ours) and (ours[-1].carried != NEVER or not theirs) and not any(ours[-1].meets(one) for one in theirs)
