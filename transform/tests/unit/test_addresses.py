"""An address on one line, and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapper_crosswalk.values.addresses import one_line, parts_of
from sandbox.demo.shop import demo_records

ADDRESSES = [
    (
        {
            "line1": "1 Main St",
            "line2": "Apt 2",
            "city": "Austin",
            "region": "TX",
            "postalCode": "78701",
            "country": "US",
        },
        "1 Main St, Apt 2, Austin, TX 78701, United States",
    ),
    (
        {"line1": "Hauptstr. 5", "city": "München", "region": "Bayern", "postalCode": "80331", "country": "de"},
        "Hauptstr. 5, 80331 München, Germany",
    ),
    (
        {"line1": "12 High St", "city": "Oxford", "postalCode": "OX1 4AB", "country": "GB"},
        "12 High St, Oxford, OX1 4AB, United Kingdom",
    ),
    (
        {"line1": "Av. Paulista 1", "city": "São Paulo", "region": "SP", "postalCode": "01310-100", "country": "BR"},
        "Av. Paulista 1, São Paulo-SP, 01310-100, Brazil",
    ),
    ({"line1": "東京都千代田区1-1", "postalCode": "100-0001", "country": "JP"}, "〒100-0001, 東京都千代田区1-1, Japan"),
    (
        {"line1": "1-1 Chiyoda", "region": "Tokyo", "postalCode": "100-0001", "country": "JP"},
        "1-1 Chiyoda, Tokyo, 100-0001, Japan",
    ),
    ({"city": "Helsinki", "country": "FI"}, "Helsinki, Finland"),
    (
        {"line1": "Katu 1", "city": "Helsinki", "postalCode": "FI-00100", "country": "FI"},
        "Katu 1, FI-00100 Helsinki, Finland",
    ),
    (
        {"line1": "Katu 1", "city": "Helsinki", "postalCode": "00100", "country": "FI"},
        "Katu 1, FI-00100 Helsinki, Finland",
    ),
    ({"line1": "Street 1", "city": "Dubai", "postalCode": "12345", "country": "AE"}, None),
    ({"line1": "1 Way", "city": "Town", "postalCode": "9", "country": "Narnia"}, "1 Way, 9 Town, Narnia"),
    ({"country": "BA", "city": "Sarajevo"}, "Sarajevo, Bosnia and Herzegovina"),
    ({}, ""),
]


@pytest.mark.parametrize(("address", "expected"), ADDRESSES)
def test_an_address_is_written_as_its_country_does(address: dict[str, str], expected: str | None) -> None:
    line = one_line(address)
    assert line == (expected or None) or expected is None
    assert all(part in (line or "") for key, part in address.items() if key in {"line1", "city", "postalCode"})


def test_a_full_address_has_name_and_company() -> None:
    address = {"name": "Ada Byron", "company": "Acme", "line1": "1 Main St", "city": "Austin", "country": "US"}
    assert one_line(address, full=True) == "Ada Byron, Acme, 1 Main St, Austin, United States"
    assert one_line(address) == "1 Main St, Austin, United States"


odd = st.dictionaries(
    st.sampled_from(["name", "company", "line1", "line2", "city", "region", "postalCode", "country"]),
    st.one_of(st.none(), st.text(max_size=12), st.integers(), st.sampled_from(["US", "JP", "ZZ", "tw", "..", "all"])),
)


@given(odd)
def test_no_address_fails(address: dict[str, Any]) -> None:
    line = one_line(address, full=True)
    assert line is None or (line and "\n" not in line)


FIELDS = ("line1", "line2", "city", "region", "postalCode", "country")
PEOPLE_WROTE: list[tuple[str, dict[str, str] | None]] = [
    ("Lobby", {"line1": "Lobby"}),
    (" , ", None),
    (
        "Sheikh Zayed Road 12, Dubai, United Arab Emirates",
        {"line1": "Sheikh Zayed Road 12", "city": "Dubai", "country": "AE"},
    ),
    (
        "10 High St, Flat 2, Leeds, LS1 1AA, gb",
        {"line1": "10 High St", "line2": "Flat 2", "city": "Leeds", "postalCode": "LS1 1AA", "country": "GB"},
    ),
    (
        "4 Windmill Lane, Flat 3, Dublin, D02 AF30, Ireland",
        {"line1": "4 Windmill Lane", "line2": "Flat 3", "city": "Dublin", "postalCode": "D02 AF30", "country": "IE"},
    ),
    (
        "510030, 广州市, 北京路 238 号, 3 楼, cn",
        {"line1": "北京路 238 号", "line2": "3 楼", "city": "广州市", "postalCode": "510030", "country": "CN"},
    ),
    ("100-0001, Japan", {"postalCode": "100-0001", "country": "JP"}),
]
CANT_BE_TOLD_APART = {
    "no city that is known as one": ("越秀区北京路 238 号, China", {"line1": "越秀区北京路 238 号"}),
    "a province is no city": ("530000, 广西壮族自治区, 路 5 号, CN", {"line1": "广西壮族自治区", "line2": "路 5 号"}),
    "an old spelling": ("100, 臺北市中正區, 重慶南路, TW", {"line1": "臺北市中正區", "line2": "重慶南路"}),
    "a street behind the region": (
        "〒100-0001, 東京都千代田区1-1, 3F, JP",
        {"line1": "東京都千代田区1-1", "line2": "3F"},
    ),
    "city or second line": ("1 Quay, Sandymount, Leinster, D02 AF30, IE", {"line2": "Sandymount, Leinster, D02 AF30"}),
    "an order of no country": ("78701, 1 Main St, Austin, US", {"line1": "78701, 1 Main St, Austin"}),
}


@pytest.mark.parametrize(("line", "parts"), PEOPLE_WROTE)
def test_a_line_is_taken_apart(line: str, parts: dict[str, str] | None) -> None:
    assert parts_of(line) == parts


@pytest.mark.parametrize("why", CANT_BE_TOLD_APART)
def test_what_cant_be_told_apart_stays_in_the_lines(why: str) -> None:
    line, lines = CANT_BE_TOLD_APART[why]
    parts = parts_of(line) or {}
    assert parts.items() >= lines.items()
    assert not {"city", "region"} & parts.keys()
    assert parts.get("postalCode") in {None, line.partition(", ")[0].lstrip("〒")}


def test_every_address_of_the_demo_shop_is_read_back() -> None:
    addresses = [one for _, record in demo_records() for one in addresses_in(record)]
    assert {"CN", "TW", "KR", "JP", "IE", "AE", "US"} <= {one["country"] for one in addresses}
    for address in addresses:
        assert as_lines(parts_of(one_line(address) or "") or {}) == as_lines(address)


def addresses_in(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict) and {"line1", "country"} <= value.keys():
        return [value]
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [one for item in inside for one in addresses_in(item)]


def as_lines(address: dict[str, Any]) -> dict[str, str]:
    """Give what a line can hold: a comma within line1 is as good as a second line."""
    given = {name: " ".join(str(address.get(name) or "").split()) for name in FIELDS}
    lines = ", ".join(filter(None, (given.pop("line1"), given.pop("line2"))))
    return {name: text for name, text in (given | {"lines": lines}).items() if text}


PLACES = {
    "US": (("Austin", "TX"), ("New York", "NY"), ("Portland", "Oregon")),
    "IE": (("Dublin", "Co. Dublin"), ("Cork", ""), ("Dublin", "")),
    "JP": (("Chiyoda-ku", "Tokyo"), ("千代田区", "東京都"), ("京都市", "京都府"), ("大阪市", "")),
    "CN": (("广州市", "广东省"), ("北京市", "北京市"), ("南宁市", "广西壮族自治区"), ("Guangzhou", ""), ("深圳市", "")),
    "TW": (("中正區", "台北市"), ("竹北市", "新竹縣"), ("台北市", "")),
    "KR": (("중구", "서울특별시"), ("수원시 영통구", "경기도"), ("Jung-gu", "Seoul")),
    "DE": (("Frankfurt am Main", ""), ("Ulm", "")),
    "BR": (("São Paulo", "SP"),),
}
CODES = {"US": "78701", "IE": "D02 AF30", "JP": "100-0005", "CN": "510030", "TW": "100", "KR": "04524", "DE": "60311"}
WIDE = ("越秀区北京路 238 号", "重慶南路一段 122 號", "세종대로 110", "丸の内1-9-1")
NARROW = ("1 Main St", "Calle de las Flores", "12b Rue d'Été")


@st.composite
def addresses(draw: st.DrawFn) -> dict[str, str]:
    code = draw(st.sampled_from(sorted(PLACES)))
    city, region = draw(st.sampled_from(PLACES[code]))
    street = draw(st.sampled_from(NARROW if city.isascii() or code == "BR" else WIDE))
    floor = draw(st.sampled_from(["", "3F", "Apt 2"]))
    postal = draw(st.sampled_from(["", CODES.get(code, "01310-100")]))
    parts = {"line1": street, "line2": floor, "city": city, "region": region, "postalCode": postal, "country": code}
    return {name: text for name, text in parts.items() if text}


@given(addresses())
def test_an_address_that_was_written_on_one_line_is_read_back(address: dict[str, str]) -> None:
    assert parts_of(one_line(address) or "") == address


@given(
    st.sampled_from(sorted(CODES)), st.lists(st.sampled_from(["广东省", "广州市", "路 1", "Tokyo", "X"]), max_size=4)
)
def test_no_postal_code_is_a_line_and_nothing_is_lost(code: str, pieces: list[str]) -> None:
    given = [CODES[code], *pieces, code]
    parts = parts_of(", ".join(given)) or {}
    assert parts.get("line1") != CODES[code]
    assert sorted("".join(parts.values()).replace(", ", "")) == sorted("".join(given))


@pytest.mark.parametrize("company", ["株式会社木霊工房", "Kodama"])
def test_the_script_of_a_company_does_not_turn_the_address_round(company: str) -> None:
    address = {
        "company": company,
        "line1": "Marunouchi 1-9-1",
        "city": "Chiyoda-ku",
        "region": "Tokyo",
        "country": "JP",
    }
    assert one_line(address) == "Marunouchi 1-9-1, Chiyoda-ku, Tokyo, Japan"


@pytest.mark.parametrize("country", ["United States", "United Arab Emirates", "Ireland", "China"])
@pytest.mark.parametrize("text", [", ".join(["9 b7 c" * 30] * 60), "1, " * 1500, "Dublin, " * 700, "广东省" * 1500])
def test_a_text_without_end_is_told_from_an_address_without_trying_every_way(country: str, text: str) -> None:
    parts = parts_of(f"{text}, {country}")
    assert parts is not None
    assert len(parts["country"]) == 2
