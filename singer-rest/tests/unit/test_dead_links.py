"""A dead link costs only that link, however the API answers it, and is looked for only then."""

from __future__ import annotations

from typing import Any

import pytest
from fake_sinks import Things, record, things
from singer_rest.errors import ApiError
from singer_rest.sync.dead_links import records_with_gone_links
from singer_rest.sync.upsert import upsert


def answering(sink: Things, how: Any) -> Things:
    """A sink whose API refuses links to what is gone with a status, drops them or keeps them."""
    plain = sink.update

    def update(key: str, body: dict[str, Any], seen: Any) -> dict[str, Any]:
        friends = body.get("friends", [])
        living = [friend for friend in friends if friend["key"] in sink.stored]
        if isinstance(how, int) and living != friends:
            sink.calls.append(("refused", body))
            raise ApiError(how, "some words", "POST", f"/things/{key}")
        return plain(key, body | ({"friends": living} if "friends" in body and how == "dropped" else {}), seen)

    sink.update = update  # type: ignore[method-assign]
    return sink


def friends_of(sink: Things, key: str) -> list[str]:
    return [friend["key"] for friend in sink.stored[key].get("friends", ())]


@pytest.mark.parametrize("how", [400, 404, 422])
def test_the_links_that_live_are_written(how: int) -> None:
    sink = answering(things(), how)
    sink.store("k1")
    sink.ledger.links.adopt("things", {"a": "k1", "b": "k2"})
    assert upsert(sink, record(sink, name="x", friendIds=["a", "b"])).result == "created"
    assert friends_of(sink, "k-1") == ["k1"]
    assert (sink.asked.count("refused"), upsert(sink, record(sink, name="x", friendIds=["a", "b"])).result) == (
        1,
        "unchanged",
    )


def test_a_link_that_people_made_may_be_the_dead_one() -> None:
    sink = answering(things(), 400)
    upsert(sink, record(sink, name="x"))
    sink.stored["k-1"]["friends"] = [{"key": "typed"}]
    sink.store("k1")
    sink.ledger.links.adopt("things", {"a": "k1"})
    assert upsert(sink, record(sink, name="x", friendIds=["a"])).result == "updated"
    assert friends_of(sink, "k-1") == ["k1"]


@pytest.mark.parametrize("how", ["dropped", "kept"])
def test_an_answer_without_refusal_asks_only_where_a_link_is_not_in_it(how: str) -> None:
    sink = answering(things(), how)
    sink.store("k1")
    sink.ledger.links.adopt("things", {"a": "k1", "b": "k2"})
    assert upsert(sink, record(sink, friendIds=["a", "b"])).result == "created"
    assert friends_of(sink, "k-1") == (["k1"] if how == "dropped" else ["k1", "k2"])
    assert sink.asked.count("read") == (1 if how == "dropped" else 0)


def test_a_refusal_of_another_reason_stays_one() -> None:
    sink = things()
    sink.store("k1")
    sink.ledger.links.adopt("things", {"a": "k1"})
    sink.refusals = []
    plain = sink.update

    def update(*_: Any) -> dict[str, Any]:
        raise ApiError(400, "no such stage", "POST", "/things")

    sink.update = update  # type: ignore[method-assign, assignment]
    with pytest.raises(ApiError, match="answered 400"):
        upsert(sink, record(sink, name="x", friendIds=["a"]))
    sink.update = plain  # type: ignore[method-assign]
    assert sink.asked.count("read") == 1


def test_which_records_name_something_that_is_gone() -> None:
    sink = things()
    sink.store("k1")
    sink.ledger.links.adopt("things", {"a": "k1", "b": "k2", "c": "k1"})
    sink.ledger.links.set_state("things", "c", "detached")
    records = [(sink, record(sink, friendIds=names)) for names in (["a"], ["a", "b"], ["c"], ["new"], [])]
    assert records_with_gone_links(records) == [False, True, True, False, False]
