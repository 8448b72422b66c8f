"""Lists of the contract: what is left for the next page, when a shop does not go on, records by their ids."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from clarity_api.profile import load_profile
from clarity_api.reading import Reader
from clarity_api.site import Page, Site
from singer_rest import ApiError, FatalRunError, OddAnswer
from singer_rest.http.answers import Answer


class Shop:
    """Gives one body after the other; keeps what it was asked."""

    def __init__(self, *bodies: Any) -> None:
        self.bodies = list(bodies)
        self.asked: list[dict[str, Any]] = []

    def ask(self, _method: str, _path: str, *, params: dict[str, Any], expect: Any) -> Answer:
        self.asked.append(dict(params))
        body = self.bodies.pop(0)
        expect(body)
        return Answer(body)


PROFILE = load_profile({})


def reader(shop: Shop) -> Reader:
    return Reader(Site(shop, PROFILE))


def first_page(shop: Shop) -> Page:
    return reader(shop).site.page(PROFILE.streams["orders"], {})


def page(*rows: tuple[str, int], more: bool = True, **others: Any) -> dict[str, Any]:
    """Rows by id and second."""
    return {"data": [{"orderId": key, "updatedAt": instant(second)} for key, second in rows], "hasMore": more, **others}


def instant(second: int) -> str:
    return f"2026-05-02T15:00:{second:02}Z"


def read(shop: Shop, **position: Any) -> list[list[Any]]:
    pages = reader(shop).pages("orders", since=position.get("since"), after=position.get("after"), limit=3)
    return [[row.get("orderId") for row in page.rows] for page in pages]


def test_each_page_is_asked_for_behind_the_last_row() -> None:
    shop = Shop(page(("a", 1), ("b", 2)), page(("c", 2), more=False))
    assert read(shop) == [["a", "b"], ["c"]]
    assert shop.asked == [{"limit": 3}, {"limit": 3, "updatedSince": instant(2), "afterId": "b"}]


def test_it_begins_where_it_is_told() -> None:
    shop = Shop(page(more=False))
    assert read(shop, since=datetime(2026, 5, 2, 15, 0, 7, tzinfo=UTC), after="x") == []
    assert shop.asked == [{"limit": 3, "updatedSince": instant(7), "afterId": "x"}]


def test_rows_come_in_the_order_of_their_changes_whatever_the_page_says() -> None:
    assert read(Shop(page(("b", 3), ("a", 1), ("c", 5), more=False))) == [["a", "b", "c"]]


def test_a_row_ahead_of_the_last_one_is_left_for_its_turn() -> None:
    """It changed while the page was made: the next page begins at the last row, and holds it again."""
    shop = Shop(page(("a", 1), ("late", 9), ("b", 2)), page(("c", 3), ("late", 9), more=False))
    assert read(shop) == [["a", "b"], ["c", "late"]]


def test_without_a_word_about_more_only_an_empty_page_is_the_last() -> None:
    shop = Shop({"data": [{"orderId": "a", "updatedAt": instant(1)}]}, {"data": []})
    assert read(shop) == [["a"]]
    assert len(shop.asked) == 2


@pytest.mark.parametrize(
    "second_page",
    [
        page(("a", 1), ("b", 2)),  # the same again
        page(("a", 1)),  # back in time
        page(),  # nothing, but more to come
        {"data": [{"updatedAt": instant(5)}], "hasMore": True},  # no id to go on behind
    ],
)
def test_a_shop_that_does_not_page_is_no_endless_run(second_page: Any) -> None:
    with pytest.raises(FatalRunError, match="must page by updatedSince and afterId"):
        read(Shop(page(("a", 1), ("b", 2)), second_page))


ODD: list[Any] = [
    None,
    "yesterday",
    5,
    "2026-13-01T00:00:00Z",
    "9999-12-31T23:59:59-05:00",
    "0000-00-00T00:00:00",
    [],
    True,
]


def odd_page(*rows: tuple[str, Any], more: bool = True) -> dict[str, Any]:
    return {"data": [{"orderId": key, "updatedAt": value} for key, value in rows], "hasMore": more}


@pytest.mark.parametrize("value", ODD)
def test_a_row_without_an_instant_holds_nobody_up(value: Any) -> None:
    """The next page begins behind the last row that has one; the others come once, wherever the shop lists them."""
    shop = Shop(
        odd_page(("x", value), ("a", instant(1)), ("y", value)),
        odd_page(("y", value), ("b", instant(2)), more=False),
    )
    assert read(shop) == [["x", "y", "a"], ["b"]]
    assert shop.asked[1] == {"limit": 3, "updatedSince": instant(1), "afterId": "a"}


def test_a_page_of_rows_without_an_instant_is_passed_by_the_shops_own_words() -> None:
    shop = Shop(
        page(("a", 1)),
        odd_page(("x", "never"), ("y", "never")),
        odd_page(("z", "never"), more=False),
    )
    assert read(shop) == [["a"], ["x", "y"], ["z"]]
    assert shop.asked[2] == {"limit": 3, "updatedSince": "never", "afterId": "y"}


def test_a_list_that_begins_with_a_page_of_them_is_read_on_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    shop = Shop(odd_page(("x", None), ("y", None)), page(("a", 1), more=False))
    assert read(shop) == [["x", "y"], ["a"]]
    assert shop.asked[1] == {"limit": 3, "updatedSince": "0001-01-01T00:00:00Z"}
    assert "may be left out" in caplog.messages[0]


@pytest.mark.parametrize(
    "pages",
    [
        [odd_page(("x", "never")), odd_page(("x", "never"))],  # the same again
        [odd_page(("x", "a")), odd_page(("y", "b")), odd_page(("x", "a"))],  # round and round
        [odd_page(("x", None)), odd_page(("x", None))],
    ],
)
def test_rows_without_an_instant_make_no_endless_run(pages: list[Any]) -> None:
    with pytest.raises(FatalRunError, match="must page by updatedSince and afterId"):
        read(Shop(*pages))


def test_a_list_without_ids_and_instants_is_none_of_a_shop() -> None:
    with pytest.raises(FatalRunError, match="a record has no orderId, and its updatedAt is missing or no instant"):
        read(Shop({"data": [{"email": "ada@acme.example"}], "hasMore": False}))


def test_rows_of_the_future_are_paged_like_others() -> None:
    shop = Shop(
        odd_page(("a", instant(1)), ("b", "9999-12-31T23:59:59Z")),
        odd_page(("c", "9999-12-31T23:59:59Z"), more=False),
    )
    assert read(shop) == [["a", "b"], ["c"]]
    assert shop.asked[1]["afterId"] == "b"


@pytest.mark.parametrize("body", [[], {"orders": []}, {"data": {}}, {"data": ["a"]}, None])
def test_what_is_no_list_of_records(body: Any) -> None:
    with pytest.raises(OddAnswer):
        first_page(Shop(body))


def test_ids_are_asked_for_a_hundred_a_call() -> None:
    shop = Shop(page(("a", 1)), page(("b", 2)), page())
    ids = ["a", *map(str, range(99)), "b", *map(str, range(99, 199))]
    assert [row["orderId"] for row in reader(shop).site.by_ids("orders", ids)] == ["a", "b"]
    assert [len(params["ids"].split(",")) for params in shop.asked] == [100, 100, 1]


def test_named_records_come_in_the_order_of_their_changes() -> None:
    shop = Shop(page(("b", 2), ("a", 1)))
    assert [row["orderId"] for row in reader(shop).named("orders", ["b", "a"])] == ["a", "b"]


def test_a_page_tells_how_many_there_are_where_the_shop_counts() -> None:
    assert first_page(Shop(page(totalCount=7))).total == 7
    assert first_page(Shop(page(totalCount="many"))).total is None


def test_a_shop_that_does_not_heed_ids_is_not_taken_at_its_word() -> None:
    """Its list is of anybody, and those who were asked for are not gone."""
    with pytest.raises(FatalRunError, match=r"other records than were asked for \(site_profile contract-v1.yml:\d+\)"):
        reader(Shop(page(("x", 1)))).site.by_ids("orders", ["a"])


def test_an_instant_goes_back_as_the_shop_wrote_it() -> None:
    shop = Shop(
        {"data": [{"orderId": "a", "updatedAt": "2026-05-02T17:00:00.5+02:00"}], "hasMore": True}, page(more=False)
    )
    read(shop)
    assert shop.asked[1]["updatedSince"] == "2026-05-02T17:00:00.5+02:00"


class Singles:
    """A shop that gives single records."""

    def __init__(self, *known: str) -> None:
        self.known, self.asked = known, []  # type: ignore[var-annotated]

    def get(self, path: str) -> Any:
        self.asked.append(path)
        key = path.rpartition("/")[2]
        if key not in self.known:
            raise ApiError(404, "no", "GET", path)
        return {"result": {"id": key, "updatedDate": "2026-05-02T15:00:00"}}


def test_where_several_can_t_be_asked_for_each_is_read_alone() -> None:
    shop = Singles("a", "c%2Fd")
    rows = Site(shop, load_profile({"site_profile": "page-index"})).by_ids("orders", ["a", "b", "c/d"])
    assert [row["orderId"] for row in rows] == ["a", "c%2Fd"]
    assert shop.asked == ["/ordering/orders/a", "/ordering/orders/b", "/ordering/orders/c%2Fd"]
