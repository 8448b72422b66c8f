"""Profiles as they are written: what is laid over what, and each mistake with its line and the nearest right word."""

from __future__ import annotations

from pathlib import Path

import pytest
from clarity_api.profile import SiteProfile, load_profile
from clarity_api.profile_file import SHIPPED
from singer_rest import FatalRunError

LOGIN = "login: {header: {name: X-Key}}\n"
ORDERS = f"{LOGIN}streams:\n  orders: "
PLACE = "paging: {style: offset, offset: skip}"


def load(tmp_path: Path, text: str, *, version: str = "profile: 1\n") -> SiteProfile:
    path = tmp_path / "shop.yml"
    path.write_text(version + text)
    return load_profile({"site_profile": str(path)})


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_profiles_are_whole(name: str) -> None:
    profile = load_profile({"site_profile": name})
    assert list(profile.streams) == ["customers", "products", "orders", "payments", "invoices"]
    writes = ("update_order", "create_customer", "update_customer", "create_note", "create_invoice", "update_invoice")
    assert all(profile.write(write) for write in writes)
    assert profile.streams["orders"].resumes


@pytest.mark.parametrize("setting", [None, "", "contract-v1"])
def test_the_contract_is_the_default(setting: str | None) -> None:
    assert load_profile({"site_profile": setting}).file == "contract-v1.yml"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("streems: {}\n" + LOGIN, "2: unknown key 'streems', did you mean 'streams'?"),
        (LOGIN + "every:\n  pagin: {}\n", "4: every: unknown key 'pagin', did you mean 'paging'?"),
        (LOGIN + "every: {order: updatd}\n", "3: every.order: must be updated or updated_descending or id or none"),
        (LOGIN + "every: {paging: {style: pageindex}}\n", "did you mean 'page_index'?"),
        (LOGIN + "every:\n  paging: {size: take}\n", "4: every.paging: 'style' is missing"),
        (LOGIN + "every: {paging: {style: offset, offset: [a]}}\n", "3: every.paging.offset: must be a text"),
        (LOGIN + "streams: {orders: {path: orders}}\n", "3: streams.orders.path: 'orders' is not written like /path"),
        (LOGIN + "streams: {orders: {path: /o, single: /o}}\n", "is not written like /path/{id}"),
        (ORDERS + "{path: /o, paging: {style: offset}}\n", "4: streams.orders: paging by offset needs offset"),
        (ORDERS + "{path: /o, paging: {style: cursor, cursor: c}}\n", "paging by cursor needs next"),
        (ORDERS + "{path: /o, paging: {style: page_index, page: p}}\n", "needs the parameter `size`, or"),
        (ORDERS + "{path: /o, paging: {style: keyset, after: a}}\n", "keyset needs `since`, and `order"),
        (LOGIN + f"streams:\n  orders: {{{PLACE}}}\n", "4: streams.orders: 'path' is missing"),
        (ORDERS + f"{{path: /o, {PLACE}, fields: {{'lineItems[].sku': sku}}}}\n", "on one side only"),
        (LOGIN + "writes: {update_order: {method: DELETE, path: /o}}\n", "must be POST or PUT or PATCH"),
        (LOGIN + "writes:\n  update_order: {path: /o}\n", "4: writes.update_order: the path must have {id}"),
        (LOGIN + "writes:\n  create_note: {method: POST}\n", "4: writes.create_note: 'path' is missing"),
        (LOGIN + "writes: {make_order: {path: /o}}\n", "unknown key 'make_order', did you mean 'update_order'?"),
        (LOGIN + "webhooks: {signature: {scheme: hmac_sha25}}\n", "did you mean 'hmac_sha256'?"),
        (LOGIN + "webhooks:\n  signature: {scheme: token}\n", "4: webhooks.signature: 'header' is missing"),
        (LOGIN + "profile: 1\n", "'profile' is written twice"),
        (
            "login: {password_token: {url: /a, body: {user: a, pass: hunter2}, token: t}}\n",
            "2: login.password_token.body: no {client_secret}",
        ),
        ("login: {}\n", "2: login: "),
        ("about: no login\n", "login: is missing"),
        ("extends: contract-v2\n", "2: extends: takes a shipped profile, did you mean 'contract-v1'?"),
        ("extends: [\n", "broken YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(FatalRunError) as refused:
        load(tmp_path, text)
    message = str(refused.value)
    assert message.startswith(f"site_profile {tmp_path}/shop.yml:")
    assert said in message
    assert "hunter2" not in message
    assert "\n" not in message


def test_every_mistake_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(FatalRunError, match=r"shop\.yml:3: .*; .*shop\.yml:4: "):
        load(tmp_path, LOGIN + "evry: {}\nabout: 7\n")


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("contract-1", "'contract-1' is neither shipped nor a file, did you mean 'contract-v1'?"),
        ("/nowhere/shop.yml", "can't be read: No such file"),
    ],
)
def test_a_profile_that_is_not_there(setting: str, said: str) -> None:
    with pytest.raises(FatalRunError, match="site_profile") as refused:
        load_profile({"site_profile": setting})
    assert said in str(refused.value)


def test_what_is_said_is_laid_over_what_is_extended(tmp_path: Path) -> None:
    profile = load(
        tmp_path,
        "extends: page-index\n"
        "every: {since: null, order: id, fields: {createdAt: made}}\n"
        "streams:\n  orders: {path: /o, fields: {status: state}}\n  invoices: null\n"
        "writes: {create_note: null, update_order: {method: PUT}}\n",
    )
    orders, customers = profile.streams["orders"], profile.streams["customers"]
    assert (orders.path, customers.path) == ("/o", "/contacts/customers")
    assert (orders.since, orders.order, customers.since) == (None, "id", None)
    assert orders.paging.parameters == {"page": "pageIndex", "size": "pageSize"}
    assert {"status": "state", "totalAmount": "totals.total", "createdAt": "made"}.items() <= orders.fields.items()
    assert "invoices" not in profile.streams
    assert profile.write("create_note") is None
    update = profile.write("update_order")
    assert update
    assert (update.method, update.path) == ("PUT", "/ordering/orders/{id}")
    assert orders.place("path").endswith("shop.yml:5")
    assert orders.place("rows").startswith("site_profile page-index.yml:")


def test_a_login_replaces_the_other_as_a_whole(tmp_path: Path) -> None:
    profile = load(tmp_path, "extends: contract-v1\n" + LOGIN)
    assert profile.login == {"header": {"name": "X-Key"}}


def test_words_of_yaml_1_1_are_texts(tmp_path: Path) -> None:
    profile = load(tmp_path, "extends: contract-v1\nevery: {id: no, updated: on}\n")
    assert (profile.streams["orders"].fields["orderId"], profile.streams["orders"].fields["updatedAt"]) == ("no", "on")
