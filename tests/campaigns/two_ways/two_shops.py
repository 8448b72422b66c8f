"""Worlds with two shops whose orders and customers have equal ids, in one Streak team."""

from __future__ import annotations

from contextlib import ExitStack
from random import Random
from typing import TYPE_CHECKING, Any

from differences import changes, records, shop_records
from people import Shop, Team
from places import sandboxes
from running import MAPPING, ROOT
from sandbox.testing import Sandbox
from shop import ADDRESS, STAGES
from tally import Tally
from two_way_world import STEPS, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from ways import Way

PIPELINES = ("Web Orders", "Key Accounts")
OTHERS = ({"customerId": "C-881", "email": "bea@bell.example"}, {"customerId": "C-882", "email": "carl@crow.example"})
BELL = {
    "email": "bea@bell.example",
    "firstName": "Bea",
    "lastName": "Bell",
    "company": {"companyId": "CO-12", "name": "Bell Ltd", "domain": "bell.example", "industry": None},
}
ELSEWHERE = ADDRESS | {"name": "Bea Bell", "company": "Bell Ltd", "line1": "2 Side St"}
PRIVATE = ADDRESS | {"name": "Kim Guest", "company": None, "line1": "3 Back St"}
ORDERED = {"billingAddress": ELSEWHERE, "shippingAddress": ELSEWHERE}
GUEST = {"email": "kim@gmail.com", "billingAddress": PRIVATE, "shippingAddress": PRIVATE}


class Outlet:
    """The shop of one sandbox and the CRM of another, as one."""

    def __init__(self, shop: Sandbox, crm: Sandbox) -> None:
        self._shop, self._crm = shop, crm
        self.clarity_url, self.clarity_key = shop.clarity_url, shop.clarity_key
        self.streak_url, self.streak_key = crm.streak_url, crm.streak_key

    def reset(self) -> None:
        """The world of both outlets is made anew once, for both."""

    def load(self, rows: Iterable[dict[str, Any]]) -> int:
        """Put records into the shop."""
        return self._shop.load(rows)

    def snapshot(self) -> dict[str, Any]:
        """What both sides have."""
        return {"clarity": self._shop.snapshot()["clarity"], "streak": self._crm.snapshot()["streak"]}

    def requests(self, since: int = 0) -> list[dict[str, Any]]:
        """What was asked of both sides."""
        return [*self._shop.requests("clarity", since), *self._crm.requests("streak", since)]

    def clear_requests(self) -> None:
        """Forget what was asked."""
        self._shop.clear_requests()
        self._crm.clear_requests()

    def faults(self, rules: list[dict[str, Any]]) -> None:
        """Let faults happen, or none."""
        if self._shop is self._crm:
            self._crm.faults(rules)
            return
        for sandbox, system in ((self._shop, "clarity"), (self._crm, "streak")):
            sandbox.faults([rule for rule in rules if rule["match"]["system"] == system])


class Owners:
    """Which shop's runs made a record, and whether another one's have touched it."""

    def __init__(self, crm: Sandbox, shops: dict[str, Sandbox]) -> None:
        self._crm, self._shops = crm, shops
        self.of: dict[str, str] = {}

    def look(self) -> dict[str, dict[str, Any]]:
        """Everything that is somebody's: the records of the CRM and of each shop."""
        found = records({"streak": self._crm.snapshot()["streak"], "clarity": {}})
        for name, sandbox in self._shops.items():
            mine = shop_records(sandbox.snapshot()["clarity"], f"shop {name}")
            self.of |= dict.fromkeys(mine, name)
            found |= mine
        return found

    def touched(self, shop: str, before: dict[str, Any]) -> Iterator[str]:
        """What a run of `shop` did to records of the other one; what is new is its own."""
        for key, what in changes(before, self.look()):
            owner = self.of.setdefault(key, shop) if key not in before else self.of.get(key, shop)
            if owner != shop:
                yield f"a run of shop {shop} touched what is {owner}'s: {what}"


class OwnTeam(Team):
    """The people who work for one of the shops: they see its pipelines, and what its runs have made."""

    branch: Branch

    def works_in(self, pipeline: dict[str, Any]) -> bool:
        """Whether a pipeline is for this shop."""
        return pipeline["name"] in self.branch.pipelines.values()

    def sees(self, record: dict[str, Any]) -> bool:
        """Whether a record is this shop's."""
        return self.branch.owners.of.get(record["key"]) == self.branch.name


class Branch(World):
    """One of the shops with its people and its two directions."""

    name = ""
    pipelines: dict[str, str]

    def __init__(self, seed: int, outlet: Any, folder: Path, owners: Owners) -> None:
        super().__init__(seed, outlet, folder)
        self.owners = owners
        self.refusals = 0
        self.team = OwnTeam(outlet, self.session)
        self.team.branch = self

    def settles(self, name: str, pipelines: dict[str, str]) -> None:
        """Take a name, and work in these pipelines: what the mapping calls them, and what they are called here."""
        self.name, self.pipelines = name, pipelines
        self.back.tap_config["pipelines"] = list(pipelines.values())
        if any(old != new for old, new in pipelines.items()):
            self.there.mapping = self.back.mapping = self._own_mapping()

    def _own_mapping(self) -> Path:
        text = MAPPING.read_text().replace("../../", f"{ROOT}/")
        for old, new in self.pipelines.items():
            text = text.replace(f"const: {old}}}", f"const: {new}}}")
        path = self.folder / f"mapping-{self.name}.yml"
        path.write_text(text)
        return path

    def happenings(self) -> list[tuple[Callable[[], None], int]]:
        """What happens anywhere; stages that both shops use keep their names."""
        return [(what, weight) for what, weight in super().happenings() if what != self.stage_is_renamed]

    def say(self, what: str) -> None:
        """Write it down with the shop's name."""
        super().say(f"{self.name}: {what}")

    def _writes(self, work: Callable[[], Any]) -> Any:
        before = self.owners.look()
        result = super()._writes(work)
        for line in self.owners.touched(self.name, before):
            self.breaks(line)
        return result


class SecondBranch(Branch):
    """The shop that comes later; where the pipelines are the first one's, its runs may refuse before they write."""

    may_refuse = False

    def run(self, way: Way, *, alone: bool = False) -> None:
        """A run; where it may refuse, one that stops although nothing disturbs it has written nothing."""
        if not self.may_refuse:
            super().run(way, alone=alone)
            return
        before, lines = self.owners.look(), way.read()
        if lines is not None and self._writes(lambda: way.write(lines)):
            self.diary.carried(way.side, self.diary.now)
            self.say(f"{way.name} has written")
            return
        self.refusals += 1
        self.say(f"{way.name} refuses")
        if self.owners.look() != before:
            self.breaks(f"{way.name} stopped, but not before it wrote")


class TwoShopsWorld:
    """Two shops, one team: own pipelines or shared ones, one ledger or two, equal order numbers or own ones."""

    kind = "shops"

    def __init__(self, seed: int, sandbox: Sandbox, folder: Path) -> None:
        self._chance = Random(seed)  # noqa: S311  # repeatable, not secret
        self._stack = ExitStack()
        sandbox.reset()
        other = Sandbox(**self._stack.enter_context(sandboxes(1))[0])
        self._stack.callback(other.close)
        self.log: list[str] = []
        self.tally = Tally(worlds=1)
        self.shared, ledgers = self._chance.choice((False, True)), self._chance.choice((1, 2))
        series = self._chance.choice(("SO", "B"))
        places, numbers = "shared" if self.shared else "own", "equal" if series == "SO" else "own"
        self.log.append(f"{places} pipelines, {numbers} order numbers, ledgers: {ledgers}")
        folders = [folder, folder / "second"] if ledgers == 2 else [folder, folder]
        folders[1].mkdir(exist_ok=True)
        owners = Owners(sandbox, {"A": sandbox, "B": other})
        first = {name: name for name in PIPELINES}
        second = first if self.shared else {name: f"{name} B" for name in PIPELINES}
        self.first = Branch(seed, Outlet(sandbox, sandbox), folders[0], owners)
        self.first.settles("A", first)
        self.second = SecondBranch(seed + 1, Outlet(other, sandbox), folders[1], owners)
        self.second.settles("B", second)
        self.second.may_refuse = self.shared
        self.second.shop = Shop(self.second.sandbox, self.second.session, tuple(one | ORDERED for one in OTHERS))
        self.second.shop.first, self.second.shop.guest, self.second.shop.series = BELL, GUEST, series
        for branch in (self.first, self.second):
            branch.log = self.log
        if not self.shared:
            self._make_pipelines(second.values())

    def _make_pipelines(self, names: Iterable[str]) -> None:
        team = self.first.sandbox.snapshot()["streak"]["teams"][0]["key"]
        for name in names:
            self.first.team.post(
                "v2/pipelines", {"name": name, "teamKey": team, "stages": list(dict.fromkeys(STAGES.values()))}
            )

    def live(self, steps: int | None = None) -> Tally:
        """Let both shops do their business in turns, and say what came of it."""
        branches: list[Branch] = [self.first, self.second]
        for branch in branches:
            branch.opens()
        for _ in range(steps or self._chance.randint(*STEPS)):
            branch = self._chance.choice(branches)
            if branch.team.boxes or branch is self.first:
                branch.step()
            else:
                branch.run(self._chance.choice((branch.there, branch.back)), alone=True)
        for branch in branches:
            branch.look()
            if branch.team.boxes:
                branch.come_to_rest()
        for branch in branches:
            branch.look()
            if branch.team.boxes or not (isinstance(branch, SecondBranch) and branch.refusals):
                branch.judge()
            self.tally.add(branch.tally)
        self.tally.worlds = 1
        return self.tally

    def breaks(self, promise: str) -> None:
        """A promise is broken."""
        self.tally.broken.append(promise)
        self.log.append(f"BROKEN: {promise}")

    def close(self) -> None:
        """Stop the second shop."""
        self._stack.close()
