"""Every last state is read while somebody writes between the pages, in every style of paging that can give it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clarity_api.profile import SiteProfile, load_profile
from clarity_api.reading import Reader
from clarity_api.site import Site
from shops import BEGIN, Shop, Writer, filled, profile_text
from singer_rest import FatalRunError, parse_instant

BY_PLACE = ["page_index", "page_number", "offset"]
SEEDS = range(12)


def profile_of(shop: Shop, tmp_path: Path) -> SiteProfile:
    path = tmp_path / "shop.yml"
    path.write_text(profile_text(shop))
    return load_profile({"site_profile": str(path)})


def read(shop: Shop, tmp_path: Path, since: datetime | None = None, limit: int = 7) -> list[dict[str, Any]]:
    reader = Reader(Site(shop, profile_of(shop, tmp_path)))
    return [row for page in reader.pages("orders", since=since, limit=limit) for row in page.rows]


def states(rows: list[dict[str, Any]]) -> dict[str, int]:
    """The latest state of each order that was read."""
    latest: dict[str, int] = {}
    for row in rows:
        latest[row["orderId"]] = max(row["n"], latest.get(row["orderId"], 0))
    return latest


def missing(shop: Shop, rows: list[dict[str, Any]]) -> set[str]:
    read_states = states(rows)
    return {key for key, (_, number) in shop.rows.items() if read_states.get(key, 0) < number}


def check_nothing_is_behind(shop: Shop, rows: list[dict[str, Any]]) -> None:
    """What was not read changed after all that was: a bookmark at the last row loses nothing."""
    last = parse_instant(rows[-1]["updatedAt"])
    assert {key: at for key in missing(shop, rows) if (at := shop.rows[key][0]) <= last} == {}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("style", "since", "says"),
    [
        ("keyset", "iso", "more"),
        ("cursor", "iso", "nothing"),
        *((style, since, says) for style in BY_PLACE for since in ("iso", "iso_no_offset", "date", None)
          for says in ("total", "nothing")),
        ("offset", "epoch_seconds", "more"),
        ("page_index", "epoch_ms", "more"),
    ],
)  # fmt: skip
def test_a_list_in_the_order_of_changes_is_read_whole_in_one_run(
    seed: int, style: str, since: str | None, says: str, tmp_path: Path
) -> None:
    """The rows that moved to the end while pages were read are read there; none is skipped at a border."""
    writer = Writer(seed)
    shop = filled(Shop(style, since=since, says=says, between=writer), seed, 60)
    rows = read(shop, tmp_path)
    assert writer.changes
    instants = [parse_instant(row["updatedAt"]) for row in rows]
    assert instants == sorted(instants)
    check_nothing_is_behind(shop, rows)
    writer.quiet = True
    rows += read(shop, tmp_path, since=instants[-1])
    assert missing(shop, rows) == set()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("style", BY_PLACE)
@pytest.mark.parametrize("since", ["iso", None])
def test_a_shop_whose_pages_have_one_size_is_read_whole_too(
    seed: int, style: str, since: str | None, tmp_path: Path
) -> None:
    if style == "offset":
        shop = Shop(style, since=since, most=5, between=Writer(seed))  # gives fewer than it is asked for
    else:
        shop = Shop(style, since=since, fixed=5, between=Writer(seed, share=0.15))
    filled(shop, seed, 60)
    check_nothing_is_behind(shop, read(shop, tmp_path))


@pytest.mark.parametrize("style", BY_PLACE)
@pytest.mark.parametrize("says", ["total", "more", "nothing"])
@pytest.mark.parametrize("limit", [1, 2, 3, 10])
def test_more_rows_of_one_instant_than_a_page_holds(style: str, says: str, limit: int, tmp_path: Path) -> None:
    shop = Shop(style, says=says)
    for number in range(23):
        shop.put(f"o-{number:02}", BEGIN)
    shop.put("z", BEGIN + timedelta(seconds=1))
    rows = read(shop, tmp_path, limit=limit)
    assert [row["orderId"] for row in rows] == [*(f"o-{number:02}" for number in range(23)), "z"]


@pytest.mark.parametrize("style", BY_PLACE)
def test_rows_that_leave_an_instant_let_none_slip_through(style: str, tmp_path: Path) -> None:
    """All rows are of one instant; before each page the first of those that were read changes."""

    def move_the_first(shop: Shop) -> None:
        old = sorted(key for key, (at, _) in shop.rows.items() if at == BEGIN)
        if len(shop.asked) and len(old) > 10:
            shop.now += timedelta(seconds=1)
            shop.put(old[0])

    shop = Shop(style, between=move_the_first)
    for number in range(40):
        shop.put(f"o-{number:02}", BEGIN)
    check_nothing_is_behind(shop, read(shop, tmp_path, limit=6))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("style", BY_PLACE)
@pytest.mark.parametrize(
    ("order", "since"),
    [("id", "iso"), ("id", None), ("updated_descending", "iso"), ("updated_descending", None), ("none", None)],
)
def test_a_list_in_another_order_has_all_with_one_more_run(
    seed: int, style: str, order: str, since: str | None, tmp_path: Path
) -> None:
    """What changed behind the reading comes with the next, as the bookmark stays before the first one began."""
    writer = Writer(seed)
    shop = filled(Shop(style, order=order, since=since, between=writer), seed, 60)
    began = shop.now
    rows = read(shop, tmp_path)
    writer.quiet = True
    rows += read(shop, tmp_path, since=began - timedelta(seconds=1))
    assert missing(shop, rows) == set()


@pytest.mark.parametrize("style", [*BY_PLACE, "keyset", "cursor"])
@pytest.mark.parametrize("count", [0, 1, 6, 7, 8, 14, 50])
def test_a_quiet_list_gives_each_row_once(style: str, count: int, tmp_path: Path) -> None:
    shop = filled(Shop(style), 1, count)
    assert sorted(row["orderId"] for row in read(shop, tmp_path)) == sorted(shop.rows)


def test_a_quiet_list_costs_a_page_more_at_most_than_it_has_pages(tmp_path: Path) -> None:
    shop = Shop("page_index")
    for number in range(100):
        shop.put(f"o-{number:03}", BEGIN + timedelta(seconds=number))
    read(shop, tmp_path, limit=11)
    assert len(shop.asked) == 10  # ten new rows a page, after the first
    assert {params["page"] for params in shop.asked} == {0}


def test_an_instant_is_never_asked_for_later_than_it_is(tmp_path: Path) -> None:
    shop = Shop("offset", since="iso_no_offset")
    shop.put("a", BEGIN + timedelta(milliseconds=900))
    assert len(read(shop, tmp_path, since=BEGIN + timedelta(milliseconds=800))) == 1
    assert shop.asked[0]["since"] == "2026-05-02T15:00:00"


@pytest.mark.parametrize("style", BY_PLACE)
def test_a_shop_that_gives_the_same_page_again_ends_the_run_in_words(style: str, tmp_path: Path) -> None:
    shop = Shop(style, since=None)
    for number in range(20):
        shop.put(f"o-{number:02}", BEGIN)
    parameter = {"offset": "from", "page_index": "page", "page_number": "page"}[style]
    ask = shop.ask

    def deaf(method: str, path: str, *, params: dict[str, Any], expect: Any) -> Any:
        first = 1 if style == "page_number" else 0
        return ask(method, path, params={**params, parameter: first}, expect=expect)

    shop.ask = deaf  # type: ignore[assignment, method-assign]
    with pytest.raises(FatalRunError, match=r"does not go on: .*shop\.yml:8"):
        read(shop, tmp_path)


def test_a_list_that_is_ordered_otherwise_than_the_profile_says_ends_the_run_in_words(tmp_path: Path) -> None:
    shop = filled(Shop("page_index", order="updated_descending"), 1, 40)
    profile = profile_text(shop).replace("updated_descending", "updated")
    (tmp_path / "shop.yml").write_text(profile)
    reader = Reader(Site(shop, load_profile({"site_profile": str(tmp_path / "shop.yml")})))
    with pytest.raises(FatalRunError, match=r"not come in the order of changes: .*shop\.yml:7"):
        list(reader.pages("orders", since=None, limit=7))
