"""Two shops and one team, one shop and two teams: real pipes both ways, and nothing of one is touched by the other."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import requests
import shop
from running import Pipe, writes
from sandbox.testing import Sandbox, read_ports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SINCE = {"effects_since": "2026-01-01T00:00:00Z"}
THEIR_ADDRESS = {**shop.ADDRESS, "name": "Bob Smith", "company": None, "line1": "9 High St", "city": "Leeds"}


@pytest.fixture(scope="module")
def second_server() -> Iterator[Sandbox]:
    """A second shop, and a second team, as a process of its own."""
    command = [sys.executable, "-m", "sandbox", "serve", "--clarity-port", "0", "--streak-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        running = Sandbox(**read_ports(process))
        yield running
        running.close()
        process.terminate()


@pytest.fixture
def second(second_server: Sandbox) -> Sandbox:
    second_server.reset()
    return second_server


def their_orders(*numbers: int) -> list[Any]:
    """Orders of another shop with the ids of ours."""
    person = {"email": "bob@smith.example", "customerId": "C-881", "salesRepEmail": None}
    given = {"orderDate": "2026-05-02T08:00:00Z", "totalAmount": 17.2, "purchaseOrderNumber": None, **person}
    addresses = {"shippingAddress": THEIR_ADDRESS, "billingAddress": THEIR_ADDRESS}
    orders = [shop.order(number, orderNumber=f"B{number}", **given, **addresses) for number in numbers]
    names = {"firstName": "Bob", "lastName": "Smith", "company": None}
    payment = shop.row("payments", {**shop.PAYMENT, "orderId": str(numbers[0]), "amount": 17.2})
    return [shop.customer(email="bob@smith.example", **names), *orders, payment]


def our_orders(*numbers: int) -> list[Any]:
    return [shop.customer(), *(shop.order(number) for number in numbers), shop.row("payments", shop.PAYMENT)]


def ways(team: Sandbox, clarity: Sandbox, folder: Path, ledger: Path) -> tuple[Pipe, Pipe]:
    """There and back between one shop and one team, without any `source`."""
    folder.mkdir()
    there = Pipe(team, folder, tap_config={"api_url": clarity.clarity_url})
    there.target_config = {"ledger_url": f"sqlite:///{ledger}", **SINCE}
    back = there.back()
    back.target_config |= {"api_url": clarity.clarity_url, **SINCE}
    for pipe in (there, back):
        pipe.target_config.pop("source", None)
    return there, back


def status(clarity: Sandbox, number: int = 100234) -> str:
    orders = clarity.snapshot()["clarity"]["orders"]
    return str(next(order["status"] for order in orders if order["orderId"] == str(number)))


def box_of(team: Sandbox, name: str) -> dict[str, Any]:
    (box,) = [box for box in team.snapshot()["streak"]["boxes"] if box["name"].startswith(name)]
    return box


def rep(team: Sandbox, box: dict[str, Any], stage: str | None = None, order_id: str | None = None) -> None:
    """A rep moves a box, or types over its order id."""
    pipeline = next(each for each in team.snapshot()["streak"]["pipelines"] if each["key"] == box["pipelineKey"])
    body: dict[str, Any] = {}
    if stage:
        body["stageKey"] = next(key for key, each in pipeline["stages"].items() if each["name"] == stage)
    if order_id is not None:
        body["fields"] = {each["key"]: order_id for each in pipeline["fields"] if each["name"] == "Order ID"}
    url = f"{team.streak_url}/v1/boxes/{box['key']}"
    requests.post(url, json=body, auth=(team.streak_key, ""), timeout=10).raise_for_status()


@pytest.mark.parametrize("changes", [{}, {"orderNumber": "SO-100234"}])
def test_two_shops_in_one_ledger_share_a_team(
    sandbox: Sandbox, second: Sandbox, tmp_path: Path, changes: dict[str, Any]
) -> None:
    sandbox.load(our_orders(100234, 100235))
    second.load(their_orders(100234, 100235))
    ours = ways(sandbox, sandbox, tmp_path / "ours", tmp_path / "both.db")
    theirs = ways(sandbox, second, tmp_path / "theirs", tmp_path / "both.db")
    for pipe in (*ours, *theirs):
        pipe.run()
    boxes = sandbox.snapshot()["streak"]["boxes"]
    assert sorted(box["name"][:8] for box in boxes) == ["B100234 ", "B100235 ", "SO-10023", "SO-10023"]
    rep(sandbox, box_of(sandbox, "B100234"), "Shipped")
    for pipe in (ours[1], theirs[1], ours[0], theirs[0]):
        pipe.run()
    assert (status(sandbox), status(second)) == ("pending", "shipped")
    rep(sandbox, box_of(sandbox, "SO-100234"), "Lost", order_id="100235")
    for pipe in (theirs[1], ours[1], theirs[0], ours[0]):
        pipe.run()
    assert (status(sandbox), status(sandbox, 100235), status(second)) == ("cancelled", "pending", "shipped")
    fields = box_of(sandbox, "SO-100234")["fields"]
    assert "100234" in fields.values()
    before = len(sandbox.requests()), len(second.requests())
    for pipe in (*ours, *theirs):
        pipe.run(full_refresh=True)
    assert (writes(sandbox, before[0]), writes(second, before[1])) == ([], [])


def test_two_ledgers_refuse_to_share_a_pipeline(sandbox: Sandbox, second: Sandbox, tmp_path: Path) -> None:
    sandbox.load(our_orders(100234))
    second.load(their_orders(100234))
    ways(sandbox, sandbox, tmp_path / "ours", tmp_path / "ours.db")[0].run()
    before = sandbox.snapshot()["streak"]
    there, back = ways(sandbox, second, tmp_path / "theirs", tmp_path / "theirs.db")
    refused = there.run(expect=1)
    assert "these boxes belong to another shop: in pipeline 'Web Orders', box " in refused.log
    assert sandbox.snapshot()["streak"] == before
    rep(sandbox, box_of(sandbox, "SO-100234"), "Lost")
    back.run()
    assert status(second) == "pending"


def test_one_shop_serves_two_teams(sandbox: Sandbox, second: Sandbox, tmp_path: Path) -> None:
    sandbox.load(our_orders(100234))
    first = ways(sandbox, sandbox, tmp_path / "first", tmp_path / "both.db")
    other = ways(second, sandbox, tmp_path / "other", tmp_path / "both.db")
    for pipe in (*first, *other):
        pipe.run()
    rep(second, box_of(second, "SO-100234"), "Shipped")
    for pipe in (other[1], first[0], other[0], first[1]):
        pipe.run()
    assert status(sandbox) == "shipped"
    stage = box_of(sandbox, "SO-100234")["stageKey"]
    assert stage == box_of(second, "SO-100234")["stageKey"]


@pytest.mark.parametrize(
    ("system", "there"),
    [("clarity", "api_url"), ("streak", "api_url")],
)
def test_directions_that_do_not_face_each_other_stop(
    sandbox: Sandbox, second: Sandbox, tmp_path: Path, system: str, there: str
) -> None:
    sandbox.load(our_orders(100234))
    ours = ways(sandbox, sandbox, tmp_path / "ours", tmp_path / "ledger.db")
    ours[0].run()
    rep(sandbox, box_of(sandbox, "SO-100234"), "Shipped")
    before = sandbox.snapshot(), second.snapshot()
    if system == "clarity":
        ours[1].target_config[there] = second.clarity_url
    else:
        ours[1].tap_config[there] = sandbox.streak_url.replace("127.0.0.1", "localhost")
    stopped = ours[1].run(expect=1)
    assert "they do not face each other" in stopped.log
    assert "TAP_STREAK_API_URL" in stopped.log
    assert "Traceback" not in stopped.log
    assert (sandbox.snapshot(), second.snapshot()) == before
