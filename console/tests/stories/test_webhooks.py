"""What the vendors are asked to post: exactly what is needed, whatever was there before."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import click
import pytest
import requests
from clarity_api.profile import load_profile
from clarity_api.webhooks import WebhookProfile
from sync_console.webhooks.accounts import clarity_client, one_line, streak_client
from sync_console.webhooks.plan import carry_out, plan, removal
from sync_console.webhooks.vendors import ClarityWebhooks, StreakWebhooks

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.testing import Sandbox
    from sync_console.webhooks.plan import Vendor

PUBLIC = "http://127.0.0.1:9"  # nobody listens: what is posted there fails
SECRET = "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4"
TOKEN = "token"
FAST = {"requests_per_second": 1000}


def clarity(sandbox: Sandbox, streams: set[str] | None = None, **settings: Any) -> ClarityWebhooks:
    config = {"api_url": sandbox.clarity_url, "api_key": sandbox.clarity_key, **FAST, **settings}
    profile = WebhookProfile(load_profile(config))
    client, read = clarity_client(config), streams or {"orders"}
    return ClarityWebhooks(client=client, public_url=PUBLIC, streams=read, name="shop", secret=SECRET, profile=profile)


def streak(sandbox: Sandbox, streams: set[str] | None = None, token: str = TOKEN, **settings: Any) -> StreakWebhooks:
    config = {"api_url": sandbox.streak_url, "api_key": sandbox.streak_key, **FAST, **settings}
    named = settings.get("pipelines", [])
    return StreakWebhooks(
        client=streak_client(config),
        public_url=PUBLIC,
        streams=streams or {"boxes"},
        token=token,
        team_name=settings.get("team"),
        pipeline_names=named,
    )


def sync(vendor: Vendor, *, renew: bool = False) -> dict[str, list[str]]:
    """Bring a vendor to what is needed; what was done."""
    done: dict[str, list[str]] = {"made": [], "removed": []}
    for what, hook in carry_out(vendor, plan(vendor, renew=renew)):
        done[what].append(str(hook))
    return done


def at_streak(sandbox: Sandbox) -> list[tuple[str, str]]:
    return [(hook["event"], hook["targetUrl"]) for hook in sandbox.snapshot()["streak"]["webhooks"]]


def at_the_shop(sandbox: Sandbox) -> list[dict[str, Any]]:
    return sandbox.snapshot()["clarity"]["webhooks"]


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def posted(sandbox: Sandbox, times: int) -> bool:
    return bool(sandbox.hooks()["sent"] >= times)


def nothing() -> dict[str, list[str]]:
    return {"made": [], "removed": []}


def test_the_shop_gets_one_webhook_for_all_events_once(sandbox: Sandbox) -> None:
    vendor = clarity(sandbox, {"orders", "payments", "products"})
    sync(vendor)
    assert sync(vendor) == nothing()
    (hook,) = at_the_shop(sandbox)
    assert hook["url"] == f"{PUBLIC}/hooks/clarity/shop"
    assert sorted(hook["events"]) == [
        "order.created",
        "order.status_changed",
        "order.updated",
        "payment.captured",
        "payment.refunded",
    ]


def test_streak_gets_one_for_each_event_of_each_pipeline_and_of_the_team_once(sandbox: Sandbox) -> None:
    vendor = streak(sandbox, {"boxes", "comments", "contacts"})
    made = sync(vendor)["made"]
    assert len(made) == len(set(made)) == 2 * 6 + 3
    assert sync(vendor) == nothing()
    assert "COMMENT_CREATE of pipeline Key Accounts" in made
    assert "CONTACT_UPDATE of team Sandbox Sales" in made
    assert {url for event, url in at_streak(sandbox) if event == "BOX_EDIT"} == {
        f"{PUBLIC}/hooks/streak/token/BOX_EDIT"
    }


def test_only_the_pipelines_that_are_read(sandbox: Sandbox) -> None:
    sync(streak(sandbox))
    done = sync(streak(sandbox, pipelines=["Web Orders"]))
    assert done["made"] == []
    assert all(hook.endswith("of pipeline Key Accounts") for hook in done["removed"])
    assert len(at_streak(sandbox)) == len(done["removed"]) == 5


def test_what_streak_dropped_comes_back(sandbox: Sandbox) -> None:
    vendor = streak(sandbox)
    sync(vendor)
    lost = vendor.registered()[3]
    vendor.client.delete(f"/v2/webhooks/{lost.key}")
    assert sync(vendor) == {"made": [str(lost)], "removed": []}


def test_what_the_shop_switched_off_is_made_anew(sandbox: Sandbox) -> None:
    vendor = clarity(sandbox)
    sync(vendor)
    for day in (0, 6):  # nobody answers, for more than five days
        sandbox.clock(advance=day * 24 * 3600)
        sandbox.load([{"system": "clarity", "type": "orders", "record": {"orderId": str(day), "status": "pending"}}])
        wait_for(partial(posted, sandbox, 1 + bool(day)))
    wait_for(lambda: not at_the_shop(sandbox)[0]["isActive"])
    (events,) = {str(hook) for hook in vendor.registered() if not hook.active}
    assert sync(vendor) == {"made": [events], "removed": [events]}
    assert [hook["isActive"] for hook in at_the_shop(sandbox)] == [True]


def test_doubles_and_other_events_are_mended(sandbox: Sandbox) -> None:
    shop, crm = clarity(sandbox), streak(sandbox)
    sync(shop)
    sync(crm)
    sync(clarity(sandbox, {"orders", "customers"}))
    (hook,) = at_the_shop(sandbox)
    assert "customer.updated" in hook["events"]
    for one in crm.registered()[:2]:
        crm.register(one, before={one.key for one in crm.registered()})
    assert len(sync(crm)["removed"]) == 2
    assert len(at_streak(sandbox)) == len(set(crm.registered())) == 10


def test_a_new_token_moves_all_addresses(sandbox: Sandbox) -> None:
    sync(streak(sandbox, token="old"))
    done = sync(streak(sandbox, token="new"))
    assert len(done["made"]) == len(done["removed"]) == 10
    assert all("/hooks/streak/new/" in url for _, url in at_streak(sandbox))


def test_a_new_secret_is_registered_on_demand(sandbox: Sandbox) -> None:
    sync(clarity(sandbox))
    before = at_the_shop(sandbox)
    assert sync(clarity(sandbox)) == nothing()
    sync(clarity(sandbox), renew=True)
    assert len(at_the_shop(sandbox)) == 1
    assert at_the_shop(sandbox) != before


def test_others_webhooks_are_never_touched(sandbox: Sandbox) -> None:
    theirs = "https://others.example.com/hooks/clarity/shop"
    clarity(sandbox).client.post("/webhooks", json={"url": theirs, "events": ["order.created"]})
    pipeline = sandbox.snapshot()["streak"]["pipelines"][0]["key"]
    body = {"event": "BOX_EDIT", "targetUrl": theirs}
    streak(sandbox).client.post("/v2/webhooks", params={"pipelineKey": pipeline}, json=body)
    for vendor in (clarity(sandbox), streak(sandbox)):
        sync(vendor)
        list(carry_out(vendor, removal(vendor)))
    assert [hook["url"] for hook in at_the_shop(sandbox)] == [theirs]
    assert at_streak(sandbox) == [("BOX_EDIT", theirs)]


def test_a_lost_answer_makes_none_twice(sandbox: Sandbox) -> None:
    sandbox.faults([{"match": {"method": "POST", "path": "webhooks"}, "times": 2, "do": "lost_answer"}])
    sync(clarity(sandbox))
    sync(streak(sandbox, pipelines=["Web Orders"]))
    assert len(at_the_shop(sandbox)) == 1
    assert len(at_streak(sandbox)) == 5


def test_the_secret_and_the_token_are_what_deliveries_carry(sandbox: Sandbox) -> None:
    body = {"url": f"{PUBLIC}/x", "events": ["order.created"]}
    headers = {"X-API-Key": sandbox.clarity_key}
    theirs = requests.post(f"{sandbox.clarity_url}/webhooks", json=body, headers=headers, timeout=10).json()
    assert theirs["secret"] != SECRET
    made = clarity(sandbox).client.post("/webhooks", json={**body, "secret": SECRET})
    assert made["secret"] == SECRET
    sync(streak(sandbox))
    assert {hook["token"] for hook in sandbox.snapshot()["streak"]["webhooks"]} == {"token"}


@pytest.mark.parametrize(
    ("connect", "message"),
    [
        (lambda sandbox: clarity(sandbox, api_key="wrong"), r"Clarity refuses \(401, .*\): check TAP_CLARITY_API_KEY"),
        (lambda sandbox: streak(sandbox, api_key="wrong"), r"Streak refuses \(401, .*\): check TAP_STREAK_API_KEY"),
        (lambda sandbox: clarity(sandbox, api_url="http://127.0.0.1:9/api/v1"), "can't reach 127.0.0.1:9"),
        (
            lambda sandbox: clarity(sandbox, client_id="nobody", client_secret="no"),
            "client_id and client_secret are refused",
        ),
        (
            lambda sandbox: clarity(sandbox, api_url=sandbox.clarity_origin),
            r"\(404, .*\): GET /webhooks: check TAP_CLARITY_API_URL",
        ),
        (lambda sandbox: clarity(sandbox, api_url=sandbox.streak_url), "401|not as the Clarity API|Invalid API path"),
        (
            lambda sandbox: streak(sandbox, team="Marketing"),
            "team 'Marketing' is unknown to this API key .*Sandbox Sales",
        ),
    ],
)
def test_a_mistake_is_one_line(sandbox: Sandbox, connect: Any, message: str) -> None:
    vendor = connect(sandbox)
    with (
        pytest.raises(click.ClickException, match=message) as stopped,
        one_line("streak" if isinstance(vendor, StreakWebhooks) else "clarity"),
    ):
        sync(vendor)
    assert "\n" not in stopped.value.message
    assert SECRET not in stopped.value.message
    assert "wrong" not in stopped.value.message


def test_a_shop_in_its_second_skin_is_asked_in_its_own_words(sandbox: Sandbox) -> None:
    client = {"client_id": sandbox.clarity_client_id, "client_secret": sandbox.clarity_client_secret, "api_key": None}
    shop = clarity(sandbox, {"orders", "payments"}, api_url=sandbox.page_index_url, site_profile="page-index", **client)
    assert sync(shop)["made"]
    (hook,) = at_the_shop(sandbox)
    assert sorted(hook["events"]) == ["order.created", "order.status_changed", "payment.captured", "payment.refunded"]
    assert sync(shop) == {"made": [], "removed": []}
    list(carry_out(shop, removal(shop)))
    assert at_the_shop(sandbox) == []
