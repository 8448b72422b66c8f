"""Records that are gone: every name of theirs leads to whoever has its address now, or is made again, or left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from fake_sinks import Things, record, things
from singer_rest.errors import ApiError
from singer_rest.sync.record import Record, natural_key
from singer_rest.sync.relinking import relink
from singer_rest.sync.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class People(Things):
    """Things that are found again by their e-mail addresses."""

    natural_kinds = frozenset({"email"})
    fill_blanks = True
    references: ClassVar = ()

    def natural_keys(self, record: Record) -> list[str]:
        return [natural_key("email", email) for email in record.values.get("emails") or []]

    def find_now(self, naturals: Sequence[str]) -> dict[str, Any] | None:
        wanted = [natural.partition(":")[2] for natural in naturals]
        holders = (one for email in wanted for one in self.stored.values() if email in one.get("emails", ()))
        return next(holders, None)

    def relink(self, gone: str, *, wanted: Collection[str] = (), record: Record | None = None) -> bool:
        relink(self, gone, wanted=wanted, record=record)
        return True


@pytest.fixture
def people() -> People:
    sink = things(sink_class=People)
    assert isinstance(sink, People)
    return sink


def upserted(sink: People, **values: Any) -> str:
    return upsert(sink, record(sink, **{"name": "Ada", "emails": ["ada@x"]} | values)).result


def keys(sink: People, *names: str) -> list[Any]:
    links = [sink.ledger.links.get("things", name) for name in names]
    return [(link.vendor_key, link.state) if link else None for link in links]


def test_all_names_follow_to_whoever_has_the_address(people: People) -> None:
    upserted(people)
    del people.stored["k-1"]
    people.store("k9", name="Typed", emails=["bob@x", "ada@x"])
    relink(people, "k-1")
    assert keys(people, "1", "email:ada@x") == [("k9", "linked")] * 2
    assert (people.stored["k9"]["name"], people.stored["k9"]["emails"]) == ("Typed", ["bob@x", "ada@x"])
    assert (upserted(people), "update" in people.asked) == ("unchanged", False)


def test_blanks_of_the_survivor_are_filled_and_its_lists_stay(people: People) -> None:
    upserted(people, title="CTO", phones=["1"])
    del people.stored["k-1"]
    people.store("k9", name="", emails=["ada@x"], phones=["2"])
    relink(people, "k-1")
    survivor = people.stored["k9"]
    assert (survivor["name"], survivor["title"], survivor["emails"]) == ("Ada", "CTO", ["ada@x"])


def test_nobody_is_made_unless_something_names_it(people: People) -> None:
    upserted(people)
    people.stored.clear()
    relink(people, "k-1")
    assert (people.stored, keys(people, "1", "email:ada@x")) == ({}, [("k-1", "detached")] * 2)
    relink(people, "k-1", wanted={"1"})
    assert people.stored["k-1"]["name"] == "Ada"
    assert keys(people, "1", "email:ada@x") == [("k-1", "linked"), ("k-1", "detached")]


def test_a_bare_name_is_made_bare(people: People) -> None:
    people.ledger.links.adopt("things", {"email:ada@x": "k0"})
    relink(people, "k0", wanted={"email:ada@x"})
    assert keys(people, "email:ada@x") == [("bare-ada@x", "linked")]


def test_split_names_go_each_to_their_own(people: People) -> None:
    upserted(people, emails=["ada@x", "bob@x"])
    people.ledger.links.adopt("things", {"email:bob@x": "k-1"})
    people.stored.clear()
    people.store("k8", emails=["ada@x"])
    people.store("k9", emails=["bob@x"])
    relink(people, "k-1")
    assert keys(people, "1", "email:ada@x", "email:bob@x") == [("k8", "linked"), ("k8", "linked"), ("k9", "linked")]
    assert people.stored["k8"]["emails"] == ["ada@x"]


def test_what_the_record_says_now_is_looked_for_too(people: People) -> None:
    upserted(people)
    people.stored.clear()
    people.store("k9", emails=["new@x"])
    assert upserted(people, emails=["new@x"], name="Ada B") == "updated"
    assert keys(people, "1") == [("k9", "linked")]
    assert people.stored["k9"]["name"] == "Ada B"


def test_a_survivor_that_refuses_what_is_added_is_linked_all_the_same(people: People) -> None:
    upserted(people, title="CTO")
    people.stored.clear()
    people.store("k9", emails=["ada@x"])
    plain = people.update
    people.update = lambda *_: (_ for _ in ()).throw(ApiError(400, "no", "POST", "/things/k9"))  # type: ignore[method-assign]
    relink(people, "k-1")
    people.update = plain  # type: ignore[method-assign]
    assert keys(people, "1") == [("k9", "linked")]


def test_what_is_no_fault_of_the_record_is_raised(people: People) -> None:
    upserted(people)
    people.stored.clear()
    people.refusals = [ApiError(401, "key", "POST", "/things")]
    with pytest.raises(ApiError):
        relink(people, "k-1", wanted={"1"})
    assert keys(people, "1") == [("k-1", "linked")]


def test_its_own_record_says_once_that_it_is_gone(people: People, caplog: pytest.LogCaptureFixture) -> None:
    upserted(people)
    people.stored.clear()
    assert [upserted(people, name="B"), upserted(people, name="B"), upserted(people, name="C")] == ["detached"] * 3
    assert caplog.text.count("was deleted at the destination by a person") == 1
    people.store("k9", name="Typed", emails=["ada@x"])
    assert upserted(people, name="C") == "detached"
    assert upserted(people, name="D") == "updated"
    assert people.stored["k9"]["name"] == "D"


def test_a_record_that_nobody_can_find_again_stays_gone() -> None:
    sink = things()
    upsert(sink, record(sink, name="a"))
    sink.stored.clear()
    assert [upsert(sink, record(sink, name=name)).result for name in "bc"] == ["detached"] * 2
    assert sink.stored == {}
