"""What was lost, doubled, mixed up or wrong: Streak compared with the shop that it must mirror."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crm import Crm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from changing_shop import ChangingShop, Expected
COUNTS = ("lost", "doubled", "disordered", "wrong", "ahead", "orphans")


@dataclass
class Verdict:
    """Counts, and one line for each finding."""

    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    wrong: int = 0
    ahead: int = 0
    orphans: int = 0
    findings: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether anything is not as it must be."""
        return any(getattr(self, name) for name in COUNTS)

    def add(self, other: Verdict) -> None:
        """Take over another's findings."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.findings += other.findings

    def count(self, what: str, found: Mapping[str, int], wanted: Mapping[str, int]) -> None:
        """Compare how often things are there with how often they must be."""
        for name in {*found, *wanted}:
            more = found.get(name, 0) - wanted.get(name, 0)
            self.lost += max(0, -more)
            self.doubled += max(0, more)
            if more:
                self.findings.append(f"{what} {name!r}: {found.get(name, 0)} instead of {wanted.get(name, 0)}")

    def same(self, what: str, found: Any, wanted: Any) -> None:
        """Compare a value."""
        if found != wanted:
            self.wrong += 1
            self.findings.append(f"{what} is {found!r} instead of {wanted!r}")

    def sequence(self, what: str, found: list[str], wanted: list[str]) -> None:
        """Compare an order of events: each once, and one after the other."""
        self.count(what, Counter(found), Counter(wanted))
        if found != wanted and Counter(found) == Counter(wanted):
            self.disordered += 1
            self.findings.append(f"{what} in the order {found} instead of {wanted}")


def judge(shop: ChangingShop, snapshot: dict[str, Any]) -> Verdict:
    """Compare a snapshot of the sandbox with what the shop expects."""
    verdict, crm, wanted = Verdict(), Crm(snapshot), shop.expected()
    boxes = crm.boxes
    orders = Counter(str(box["fields"].get("Order ID", f"box {box['name']}")) for box in boxes)
    verdict.count("box of order", orders, dict.fromkeys(wanted, 1))
    for pipeline in snapshot["streak"]["pipelines"]:
        fields = Counter(str(one["name"]) for one in pipeline["fields"])
        verdict.count("field", fields, dict.fromkeys(fields, 1))
    people = Counter(email for contact in crm.contacts.values() for email in contact["emailAddresses"])
    verdict.count("contact", people, dict.fromkeys(shop.people(), 1))
    verdict.same("number of contacts", len(crm.contacts), len(shop.people()))
    companies = Counter(str(one["name"]) for one in crm.organizations.values())
    verdict.count("organization", companies, dict.fromkeys(shop.companies(), 1))
    for contact in crm.contacts.values():
        verdict.same("family name", contact.get("familyName"), shop.people().get(contact["emailAddresses"][0]))
    _people_work_where_they_work(verdict, crm, wanted)
    for box in boxes:
        if (order := wanted.get(str(box["fields"].get("Order ID")))) is not None:
            _box(verdict, box, order)
    return verdict


def _people_work_where_they_work(verdict: Verdict, crm: Crm, wanted: Mapping[str, Expected]) -> None:
    employers = {one.person: one.company for one in wanted.values() if one.person}
    for contact in crm.contacts.values():
        email = contact["emailAddresses"][0]
        names = [crm.organizations[link["key"]]["name"] for link in contact.get("orgLinks") or []]
        company = employers.get(email)
        verdict.same(f"company of {email}", names, [company] if company else [])


def _box(verdict: Verdict, box: dict[str, Any], order: Expected) -> None:
    name = f"box {box['name']!r}"
    verdict.same(f"{name}: stage", box["stage"], order.stage)
    verdict.same(f"{name}: total", str(box["fields"].get("Total")), order.total)
    verdict.same(f"{name}: tracking number", box["fields"].get("Tracking Number"), order.tracking)
    emails = [contact["emailAddresses"][0] for contact in box["contacts"]]
    verdict.same(f"{name}: contacts", emails, [order.person] if order.person else [])
    companies = [organization["name"] for organization in box["organizations"]]
    verdict.same(f"{name}: organizations", companies, [order.company] if order.company else [])
    tasks = Counter(str(task["text"]) for task in box["tasks"])
    verdict.count(f"{name}: task", tasks, {f"Follow up on order SO-{box['fields']['Order ID']}": 1})
    payments = [text for text in box["comments"] if text.startswith("Payment")]
    others = [text for text in box["comments"] if not text.startswith("Payment")]
    verdict.sequence(f"{name}: status comments", others, order.status_comments)
    verdict.sequence(f"{name}: payment comments", payments, order.payment_comments)
