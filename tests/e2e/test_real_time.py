"""Real time as a whole: webhooks registered, an order placed, a stage moved, a process killed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from crm import Crm
from live_site import SECRETS, LiveSite
from shop import order

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.testing import Sandbox


@pytest.fixture
def site(sandbox: Sandbox, tmp_path: Path) -> Iterator[LiveSite]:
    made = LiveSite(sandbox, tmp_path)
    yield made
    made.close()


def place(sandbox: Sandbox, order_id: str, **changes: Any) -> None:
    sandbox.load([order(int(order_id), **changes)])


def boxes(sandbox: Sandbox) -> list[str]:
    return sorted(box["fields"].get("Order ID", "") for box in Crm(sandbox.snapshot()).boxes)


def move(sandbox: Sandbox, order_id: str, stage: str) -> None:
    """A rep moves a box."""
    crm = Crm(sandbox.snapshot())
    box = crm.box(order_id)
    key = crm.stage_key(box["pipeline"], stage)
    url = f"{sandbox.streak_url}/v1/boxes/{box['key']}"
    requests.post(url, json={"stageKey": key}, auth=(sandbox.streak_key, ""), timeout=10).raise_for_status()


def move_while_it_is_made(site: LiveSite, order_id: str) -> None:
    """A rep moves a new deal before its order was written in full, and nobody has seen it as it was first."""
    sandbox, update = site.sandbox, {"system": "streak", "method": "POST", "path": "/v1/boxes/"}
    sandbox.hooks(delay_ms=1000)
    sandbox.faults([{"match": update, "times": 1, "do": "latency", "ms": 3000}])
    since = sandbox.requests()[-1]["n"]
    place(sandbox, order_id)

    def updates() -> list[int]:
        made = [one for one in sandbox.requests("streak", since) if one["method"] == "POST"]
        return [one["status"] for one in made if one["path"].startswith("/api/v1/boxes/")]

    site.wait_for(lambda: updates() == [0])
    move(sandbox, order_id, "On Hold")


def statuses(sandbox: Sandbox) -> dict[str, str]:
    return {order["orderId"]: order["status"] for order in sandbox.snapshot()["clarity"]["orders"]}


def drop_webhooks(sandbox: Sandbox) -> None:
    """The shop forgets where it should tell."""
    hooks, key = f"{sandbox.clarity_url}/webhooks", {"X-API-Key": sandbox.clarity_key}
    for hook in requests.get(hooks, headers=key, timeout=10).json()["data"]:
        requests.delete(f"{hooks}/{hook['webhookId']}", headers=key, timeout=10).raise_for_status()


def test_a_day_in_real_time(site: LiveSite) -> None:
    sandbox = site.sandbox
    site.receive()
    told = site.console("webhooks", "sync")
    supervisor = site.start("live")
    site.wait_for(site.up)

    place(sandbox, "1")
    took = site.wait_for(lambda: boxes(sandbox) == ["1"])
    print(f"order to box: {took:.2f} s")  # noqa: T201 - pytest -s shows it
    (target,) = site.part("target-streak")
    target.kill()
    place(sandbox, "2")
    place(sandbox, "1", status="shipped", version=2)
    took = site.wait_for(
        lambda: boxes(sandbox) == ["1", "2"] and Crm(sandbox.snapshot()).box("1")["stage"] == "Shipped"
    )
    print(f"target killed: both there after {took:.2f} s")  # noqa: T201
    move(sandbox, "2", "On Hold")
    took = site.wait_for(lambda: statuses(sandbox)["2"] == "on_hold")
    print(f"stage to status: {took:.2f} s")  # noqa: T201

    move_while_it_is_made(site, "4")
    site.wait_for(lambda: statuses(sandbox)["4"] == "on_hold")
    sandbox.hooks(delay_ms=0)

    drop_webhooks(sandbox)
    place(sandbox, "3")
    told += site.console("webhooks", "sync", "--fill")
    assert "Catching up: meltano run" in told
    assert boxes(sandbox) == ["1", "2", "3", "4"]

    supervisor.terminate()
    assert supervisor.wait(60) == 0
    assert site.processes() == []
    told += site.console("webhooks", "list") + "".join(path.read_text() for path in site.folder.glob("*.log"))
    assert not [secret for secret in SECRETS.values() if secret in told]
    assert "ada@acme" not in told
