"""Lists of Streak in all their envelopes, and the proof that one is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from singer_rest.errors import FatalRunError
from singer_rest.http.answers import OddAnswer
from streak_api.errors import IncompleteList
from streak_api.paging import cursor_pages, opened, pages, rows_of, token_entries, whole_list

if TYPE_CHECKING:
    from collections.abc import Callable

Fake = Any


def rows(*numbers: int) -> list[dict[str, Any]]:
    return [{"key": str(number)} for number in numbers]


def keys(read: Any) -> list[int]:
    return [int(row["key"]) for row in rows_of(read)]


def paged(every: list[dict[str, Any]], *, bare: bool = False, longest: int = 1000) -> Callable[[dict[str, Any]], Any]:
    """A server that pages; `longest` rows a page, whatever is asked for."""

    def answer(params: dict[str, Any]) -> Any:
        size = min(params.get("limit", longest), longest)
        first = params.get("page", 0) * size
        part = every[first : first + size]
        return part if bare else {"results": part, "hasNextPage": first + size < len(every)}

    return answer


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("total", [0, 1, 3, 4, 7])
def test_every_page_is_read(fake: Fake, total: int, *, bare: bool) -> None:
    client = fake({"/list": paged(rows(*range(total)), bare=bare)})
    assert keys(pages(client, "/list", 3)) == list(range(total))


def test_a_server_that_says_what_is_last_is_not_asked_for_more(fake: Fake) -> None:
    client = fake({"/list": paged(rows(1, 2, 3))})
    assert keys(pages(client, "/list", 3, sortBy="name")) == [1, 2, 3]
    assert client.asked == [("/list", {"sortBy": "name", "limit": 3, "page": 0})]


def test_a_bare_array_shorter_than_the_limit_is_not_taken_for_the_last(fake: Fake) -> None:
    client = fake({"/list": paged(rows(*range(5)), bare=True, longest=2)})
    assert keys(pages(client, "/list", 100)) == list(range(5))


def test_an_envelope_that_does_not_say_ends_with_a_short_page(fake: Fake) -> None:
    client = fake({"/list": {"results": rows(1, 2)}})
    assert keys(pages(client, "/list", 3)) == [1, 2]
    assert len(client.asked) == 1


def test_without_a_limit_the_server_divides(fake: Fake) -> None:
    client = fake({"/list": paged(rows(*range(5)), longest=2)})
    assert keys(pages(client, "/list")) == list(range(5))
    assert [asked for _, asked in client.asked] == [{}, {"page": 1}, {"page": 2}]


def test_a_server_that_ignores_page_is_asked_for_all_at_once(fake: Fake) -> None:
    client = fake({"/list": lambda params: rows(*range(5))[: params.get("limit", 5)]})
    assert keys(pages(client, "/list", 2)) == list(range(5))


def test_a_server_that_never_goes_on_is_no_list(fake: Fake) -> None:
    client = fake({"/list": {"results": rows(1, 2), "hasNextPage": True}})
    with pytest.raises(FatalRunError, match="does not go on"):
        rows_of(pages(client, "/list", 2))


def test_only_so_many_pages_are_read(fake: Fake) -> None:
    client = fake({"/list": paged(rows(*range(9)))})
    assert keys(pages(client, "/list", 2, at_most=2)) == [0, 1, 2, 3]


def test_rows_that_moved_to_the_next_page_come_once(fake: Fake) -> None:
    answers = iter([{"results": rows(3, 2), "hasNextPage": True}, {"results": rows(2, 1), "hasNextPage": False}])
    client = fake({"/list": lambda _: next(answers)})
    assert keys(pages(client, "/list", 2)) == [3, 2, 1]


@pytest.mark.parametrize("body", [{"error": "x"}, "text", [1, 2], {"results": None}, None])
def test_what_is_no_list_is_an_odd_answer(body: Any) -> None:
    with pytest.raises(OddAnswer):
        opened(body)


def test_cursors_are_followed_to_an_empty_page(fake: Fake) -> None:
    answers = {
        None: {"results": rows(1), "cursor": "a"},
        "a": {"results": rows(2), "cursor": "b"},
        "b": {"results": []},
    }
    client = fake({"/list": lambda params: answers[params.get("cursor")]})
    assert keys(cursor_pages(client, "/list", 1, after=5)) == [1, 2]
    assert all(asked["after"] == 5 for _, asked in client.asked)


def test_a_cursor_that_comes_twice_does_not_go_on(fake: Fake) -> None:
    client = fake({"/list": {"results": rows(1), "cursor": "a"}})
    with pytest.raises(FatalRunError, match="the same cursor came twice"):
        rows_of(cursor_pages(client, "/list", 1))


@pytest.mark.parametrize("name", ["nextPageToken", "nextPage"])
def test_a_timeline_is_followed_by_its_token(fake: Fake, name: str) -> None:
    def answer(params: dict[str, Any]) -> Any:
        if "direction" in params:
            return {"entries": rows(1), "nextPage": "t"}
        return {"entries": rows(2)} if params == {name: "t"} else 400

    assert [row["key"] for row in token_entries(fake({"/line": answer}), "/line", 1)] == ["1", "2"]


# complete lists


class Busy:
    """A list, the newest first, that somebody changes after some pages were given; it counts if `counts`."""

    def __init__(self, fake: Fake, every: list[int], changes: dict[int, Callable[[list[int]], object]]) -> None:
        self.every, self.changes, self.given = every, changes, 0
        self.client = fake({"/list": self.answer})

    def answer(self, params: dict[str, Any]) -> Any:
        answer = paged(rows(*self.every))(params)
        self.given += 1
        if self.given in self.changes:
            self.changes[self.given](self.every)
        return answer

    def read(self, count: Callable[[], int | None] | None = None, *, earlier_count: int = 1000) -> list[int]:
        rows = whole_list(
            lambda limit: pages(self.client, "/list", limit and 2), "the list", count, earlier_count=earlier_count
        )
        return [int(row["key"]) for row in rows]


def test_one_page_is_complete(fake: Fake) -> None:
    busy = Busy(fake, [2, 1], {})
    assert busy.read() == [2, 1]
    assert busy.given == 1


def test_several_pages_are_complete_when_the_count_agrees_before_and_after(fake: Fake) -> None:
    busy = Busy(fake, [5, 4, 3, 2, 1], {})
    assert busy.read(lambda: 5) == [5, 4, 3, 2, 1]
    assert busy.given == 3


def test_one_page_of_a_bare_array_is_complete_once_the_next_is_empty(fake: Fake) -> None:
    client = fake({"/list": paged(rows(2, 1), bare=True)})
    assert len(whole_list(lambda limit: pages(client, "/list", limit), "the list")) == 2
    assert len(client.asked) == 2


def test_few_rows_are_not_counted_first(fake: Fake) -> None:
    counts: list[int] = []
    assert Busy(fake, [2, 1], {}).read(lambda: counts.append(1), earlier_count=2) == [2, 1]
    assert counts == []


def test_without_a_count_several_pages_are_read_twice(fake: Fake) -> None:
    busy = Busy(fake, [5, 4, 3, 2, 1], {})
    assert busy.read() == [5, 4, 3, 2, 1]
    assert busy.given == 6


def test_a_row_that_left_hides_none(fake: Fake) -> None:
    busy = Busy(fake, [5, 4, 3, 2, 1], {1: lambda every: every.remove(5)})
    assert busy.read(lambda: len(busy.every)) == [4, 3, 2, 1]


def test_one_that_left_and_one_that_came_hide_none(fake: Fake) -> None:
    changes = {1: lambda every: every.remove(5), 2: lambda every: every.insert(0, 6)}
    busy = Busy(fake, [5, 4, 3, 2, 1], changes)
    assert {4, 3, 2, 1} <= set(busy.read(lambda: len(busy.every)))


def test_a_list_that_never_holds_still_is_not_taken_for_the_truth(fake: Fake) -> None:
    busy = Busy(fake, list(range(100, 0, -1)), {given: lambda every: every.pop(0) for given in range(1, 200)})
    with pytest.raises(IncompleteList, match="the list changed during each of 3 readings"):
        busy.read()


def test_fewer_rows_than_counted_are_not_taken_for_the_truth(fake: Fake) -> None:
    client = fake(
        {"/list": lambda params: {"results": rows(2, 1), "hasNextPage": False} if "limit" in params else rows(3, 1)}
    )
    with pytest.raises(IncompleteList, match="the list has 2 of 9"):
        whole_list(lambda limit: pages(client, "/list", limit), "the list", lambda: 9, earlier_count=9)


def test_rows_that_only_all_at_once_has_count(fake: Fake) -> None:
    client = fake(
        {"/list": lambda params: {"results": rows(2, 1), "hasNextPage": False} if "limit" in params else rows(3, 2, 1)}
    )
    assert len(whole_list(lambda limit: pages(client, "/list", limit), "the list", lambda: 3, earlier_count=3)) == 3


def test_a_count_that_is_wrong_blocks_nobody(fake: Fake) -> None:
    assert Busy(fake, [2, 1], {}).read(lambda: 9) == [2, 1]


def test_a_count_that_was_old_is_asked_for_again(fake: Fake) -> None:
    assert Busy(fake, [2, 1], {}).read(lambda: 2) == [2, 1]


@given(
    st.integers(0, 12),
    st.dictionaries(st.integers(1, 8), st.tuples(st.sampled_from(["leave", "come"]), st.integers(0, 12)), max_size=5),
    st.booleans(),
)
@example(total=3, plan={1: ("leave", 0)}, counted=False)
@example(total=4, plan={1: ("come", 0), 4: ("leave", 0)}, counted=True)
def test_nothing_that_stays_is_ever_missed(
    fake: Fake,
    total: int,
    plan: dict[int, tuple[str, int]],
    counted: bool,  # noqa: FBT001
) -> None:
    every = list(range(total, 0, -1))
    new = iter(range(100, 200))

    def change(kind: str, place: int) -> Callable[[list[int]], object]:
        return lambda now: now.insert(0, next(new)) if kind == "come" else now and now.pop(place % len(now))

    busy = Busy(fake, [*every], {given: change(*each) for given, each in plan.items()})
    try:
        read = busy.read(lambda: len(busy.every)) if counted else busy.read()
    except IncompleteList:
        return
    assert set(every) & set(busy.every) <= set(read)
