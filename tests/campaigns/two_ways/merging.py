"""Worlds in which reps merge, split and delete contacts and organizations while the shop goes on selling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bent_apis import bend
from diary import NEVER
from people import NAMES
from promises import relinked, unsettled
from sandbox.streak.settings import CHOICES
from two_way_world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_ORDERS = 10


class MergingWorld(World):
    """Keys of people and companies die; who was struck orders once more at the end."""

    kind = "merges"

    def __init__(self, *place: Any) -> None:
        super().__init__(*place)
        dead = {name: self.chance.choice(CHOICES[name]) for name in ("dead_links", "links_of_deleted")}
        bend(self.sandbox, self.session, dead)
        self.say(f"dead keys: {dead}")
        self.struck: set[str] = set()
        self.last_orders: list[str] = []
        self._copies = 0

    def happenings(self) -> list[tuple[Callable[[], None], int]]:
        """What happens anywhere, and what reps do to people and companies."""
        return [
            *super().happenings(),
            (self.somebody_orders, 2 * int(len(self.shop.orders) < MOST_ORDERS)),
            (self.contact_is_merged, 3),
            (self.customers_are_merged, 1),
            (self.contact_is_split, 1),
            (self.contact_is_deleted, 2),
            (self.organization_is_merged, 2),
            (self.organization_is_deleted, 1),
        ]

    def ends(self) -> None:
        """Everybody who was struck orders again; two undisturbed runs later nothing may be left to do."""
        self.look()
        for email in sorted(self.struck):
            self.last_orders.append(self.shop.is_ordered(self.shop.buyer(email)))
        for name, customer in self.shop.customers.items():
            if customer["email"] in self.struck:
                title = f"Buyer {self.chance.randrange(1000)}"
                self.shop.patch("customers", name, title=title)
                self.notes("shop", name, "title", title)
        self.say(f"{', '.join(sorted(self.struck)) or 'nobody'} was struck and orders again: {self.last_orders}")
        self.retry_letters()
        for _ in range(2):
            self.round([self.there, self.back])
        for reason in unsettled(self, self.reasons()):
            self.breaks(f"two runs later a record is still set aside: {reason}")
        self.look()

    def broken(self) -> Iterator[str]:
        """What holds anywhere, and that new orders have found the living."""
        yield from super().broken()
        yield from relinked(self.shop, self.team, self.last_orders)

    # people

    def contact_is_merged(self) -> None:
        """A rep had made the same person by hand, and makes one contact of both; either may survive."""
        if (email := self.any_of(sorted(self.team.contacts))) is None:
            return
        contact = self.team.contacts[email]
        names = {name: contact[name] for name in NAMES.values() if contact.get(name)}
        copy = self.team.post(
            f"v2/teams/{contact['teamKey']}/contacts", {**names, "emailAddresses": [self._address("home.example")]}
        )
        survivor, loser = self.chance.sample((contact, copy), 2)
        self._merge("contacts", survivor, loser)
        self.does(f"a rep merges {email} with a copy made by hand; {'it' if survivor is contact else 'the copy'} stays")

    def customers_are_merged(self) -> None:
        """A rep takes two customers for one person; what their one contact is called is nobody's promise then."""
        known = {name: one["email"] for name, one in self.shop.customers.items() if one["email"] in self.team.contacts}
        if len(known) < 2 or self.unjudged:
            return
        first, second = self.chance.sample(sorted(known), 2)
        self._merge("contacts", self.team.contacts[known[first]], self.team.contacts[known[second]])
        self.unjudged |= {first, second}
        self.does(f"a rep merges the contacts of {first} and {second}")

    def contact_is_split(self) -> None:
        """A rep gives one of a contact's addresses to a new contact."""
        split = [email for email, one in self.team.contacts.items() if len(one["emailAddresses"]) > 1]
        if (email := self.any_of(sorted(split))) is None:
            return
        contact = self.team.contacts[email]
        others = [address for address in contact["emailAddresses"] if address != email]
        names = {name: contact[name] for name in NAMES.values() if contact.get(name)}
        self.team.post(f"v2/contacts/{contact['key']}", {"emailAddresses": others})
        self.team.post(f"v2/teams/{contact['teamKey']}/contacts", {**names, "emailAddresses": [email]})
        self.struck.add(email)
        self.does(f"a rep splits {email} off {others}")

    def contact_is_deleted(self) -> None:
        """A rep deletes a contact; what reps had written there and nobody carried over goes with it."""
        if (email := self.any_of(sorted(self.team.contacts))) is None:
            return
        contact = self.team.contacts[email]
        self.team.remove(f"v2/contacts/{contact['key']}")
        gone = {name for name, one in self.shop.customers.items() if one["email"] in contact["emailAddresses"]}
        self.diary.edits = [
            edit
            for edit in self.diary.edits
            if not (edit.side == "crm" and edit.thing in gone and edit.carried == NEVER)
        ]
        self.struck |= set(contact["emailAddresses"])
        self.does(f"a rep deletes the contact {contact['emailAddresses']}")

    # companies

    def organization_is_merged(self) -> None:
        """A rep had made the same company by hand, and makes one organization of both; either may survive."""
        if (organization := self._organization()) is None:
            return
        copy = self.team.post(
            f"v2/teams/{organization['teamKey']}/organizations",
            {"name": organization["name"], "domains": [self._address("branch.example").replace("@", "-")]},
        )
        survivor, loser = self.chance.sample((organization, copy), 2)
        self._merge("organizations", survivor, loser)
        stays = "it" if survivor is organization else "the copy"
        self.does(f"a rep merges the organization {organization['domains']} with a copy made by hand; {stays} stays")

    def organization_is_deleted(self) -> None:
        """A rep deletes a company."""
        if (organization := self._organization()) is None:
            return
        self.team.remove(f"v2/organizations/{organization['key']}")
        self._strike_company(organization)
        self.does(f"a rep deletes the organization {organization['domains']}")

    def _organization(self) -> dict[str, Any] | None:
        found = [one for one in self.team.organizations if one["domains"]]
        return self.chance.choice(found) if found else None

    def _merge(self, noun: str, survivor: dict[str, Any], loser: dict[str, Any]) -> None:
        """Make one of two, as Streak's own program does; the other one's key is dead."""
        self.sandbox.merge(noun, loser["key"], survivor["key"])
        if noun == "contacts":
            self.struck |= {email for one in (survivor, loser) for email in one["emailAddresses"] if self._buys(email)}
        else:
            self._strike_company(survivor)
            self._strike_company(loser)

    def _strike_company(self, organization: dict[str, Any]) -> None:
        domains = set(organization["domains"])
        self.struck |= {email for email in self._buyers() if email.partition("@")[2] in domains}

    def _buys(self, email: str) -> bool:
        return email in self._buyers()

    def _buyers(self) -> set[str]:
        return {order["email"] for order in self.shop.orders.values()}

    def _address(self, domain: str) -> str:
        self._copies += 1
        return f"copy{self._copies}@{domain}"
