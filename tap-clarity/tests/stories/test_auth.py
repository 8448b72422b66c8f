"""Who the tap says it is, and how long a token lasts."""

from typing import Any


def token(canned: Any, value: str, lifetime: float) -> Any:
    return canned({"access_token": value, "token_type": "Bearer", "expires_in": lifetime})


def oauth(shop: Any, **settings: Any) -> Any:
    runs = shop.runs
    runs.config |= {"api_key": "", "client_id": "client", "client_secret": "secret", **settings}
    return runs


def bearers(shop: Any) -> list[str | None]:
    return [asked.headers.get("Authorization") for asked in shop.asked if asked.method == "GET"]


def test_an_api_key_is_sent_with_every_request(shop: Any) -> None:
    shop.runs.sync()
    assert {asked.headers["X-API-Key"] for asked in shop.asked} == {"secret-key"}
    assert all(asked.headers["User-Agent"].startswith("tap-clarity/0") for asked in shop.asked)


def test_one_token_serves_all_streams(runs: Any, shelves: Any, sandbox: Any) -> None:
    shelves.load("customers", shelves.customer(1))
    shelves.orders(30, customerId="C-1")
    client = {"client_id": sandbox.clarity_client_id, "client_secret": sandbox.clarity_client_secret}
    assert len(runs.sync(api_key="", page_size=10, **client).keys()) == 30
    posts = [entry["path"] for entry in sandbox.requests("clarity") if entry["method"] == "POST"]
    assert posts == ["/oauth/token"]


def test_a_token_is_renewed_before_it_expires(shop: Any, canned: Any) -> None:
    # a lifetime of a microsecond is over before the next request
    shop.says("/oauth/token", token(canned, "one", 1e-6), token(canned, "two", 3600))
    oauth(shop).sync("orders", "payments", "invoices")
    assert bearers(shop) == ["Bearer one", "Bearer two", "Bearer two"]


def test_a_token_that_the_shop_forgot_is_renewed_once(shop: Any, canned: Any) -> None:
    shop.says("/oauth/token", token(canned, "one", 3600), token(canned, "two", 3600))
    shop.says("/api/v1/orders", canned({"error": {"code": "unauthorized"}}, status=401))
    oauth(shop).sync("orders", "payments")
    assert bearers(shop) == ["Bearer one", "Bearer two", "Bearer two"]


def test_a_second_401_in_a_row_ends_the_run(shop: Any, canned: Any) -> None:
    shop.says("/oauth/token", token(canned, "one", 3600), token(canned, "two", 3600))
    shop.says("/api/v1/customers", *[canned({"error": {"code": "unauthorized"}}, status=401)] * 3)
    done = oauth(shop).program()
    assert done.returncode == 1
    assert "GET /api/v1/customers answered 401 (unauthorized): the shop does not accept client_id" in done.stderr
    assert len(shop.asked) == 4


def test_the_token_is_asked_for_as_oauth_says(shop: Any, canned: Any) -> None:
    shop.says("/login/token", token(canned, "one", 3600))
    oauth(shop, token_url=f"{shop.origin}/login/token", scope="read").sync("orders")
    asked = shop.asked[0]
    assert (asked.method, asked.path) == ("POST", "/login/token")
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_token_endpoint_that_is_busy_is_asked_again(shop: Any, canned: Any) -> None:
    shop.says("/oauth/token", canned(b"<h1>busy</h1>", status=503), token(canned, "one", 3600))
    oauth(shop).sync("orders")
    assert bearers(shop) == ["Bearer one"]
