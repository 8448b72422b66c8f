"""A shop that is read and written back onto itself stays what it is."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from typing import TYPE_CHECKING, Any

import requests
from running import BIN, clean_environment

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from sandbox.testing import Sandbox

OURS = ("updatedAt", "version")
WRITABLE = ("status", "trackingNumber", "salesRepEmail", "customerNote", "shippingAddress", "billingAddress")
GIVEN = {*OURS, "customerId", "invoiceId", "createdAt", "invoiceDate", "isGuest", "amountDue"}


def read(sandbox: Sandbox, folder: Path) -> str:
    """Everything that tap-clarity gives."""
    config = folder / "tap.json"
    config.write_text(json.dumps({"api_url": sandbox.clarity_url, "api_key": sandbox.clarity_key}))
    done = subprocess.run(
        [str(BIN / "tap-clarity"), "--config", str(config)],
        capture_output=True,
        text=True,
        env=clean_environment(),
        timeout=120,
        check=True,
    )
    return done.stdout


def write(sandbox: Sandbox, folder: Path, lines: str) -> dict[str, Any]:
    """What target-clarity counts."""
    config, counts = folder / "target.json", folder / "counts.json"
    settings = {
        "api_url": sandbox.clarity_url,
        "api_key": sandbox.clarity_key,
        "ledger_url": f"sqlite:///{folder / 'ledger.db'}",
        "requests_per_second": 1000,
        "summary_file": str(counts),
    }
    config.write_text(json.dumps(settings))
    command = [str(BIN / "target-clarity"), "--config", str(config)]
    done = subprocess.run(
        command, input=lines, capture_output=True, text=True, env=clean_environment(), timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(counts.read_text())["streams"]
    return result


def writes(sandbox: Sandbox) -> list[str]:
    return [f"{one['method']} {one['path']}" for one in sandbox.requests("clarity") if one["method"] != "GET"]


def without_stamps(sandbox: Sandbox) -> dict[str, list[dict[str, Any]]]:
    shop = sandbox.snapshot()["clarity"]
    return {
        kind: [{name: value for name, value in one.items() if name not in OURS} for one in records]
        for kind, records in shop.items()
    }


def test_a_shop_written_onto_itself_is_asked_and_not_changed(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.reset("demo")
    before = sandbox.snapshot()
    lines = read(sandbox, tmp_path)
    sandbox.clear_requests()
    counts = write(sandbox, tmp_path, lines)
    assert writes(sandbox) == []
    assert sandbox.snapshot() == before
    assert {stream: set(results) for stream, results in counts.items()} == {
        stream: {"unchanged"} for stream in ("orders", "customers", "invoices")
    }
    sandbox.clear_requests()
    write(sandbox, tmp_path, lines)
    assert len(sandbox.requests("clarity")) == 1


def test_what_was_changed_since_is_put_back(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.reset("demo")
    before, lines = without_stamps(sandbox), read(sandbox, tmp_path)
    key = {"X-API-Key": sandbox.clarity_key}
    edits: dict[str, dict[str, Any]] = {
        "orders": {"trackingNumber": "lost", "customerNote": "lost", "billingAddress": {"city": "Nowhere"}},
        "customers": {"phone": "lost", "lastName": "Lost", "addresses": []},
    }
    for stream, edit in edits.items():
        for record in before[stream][::9]:
            path = f"{sandbox.clarity_url}/{stream}/{record[f'{stream[:-1]}Id']}"
            requests.patch(path, json=edit, headers=key, timeout=10).raise_for_status()
    assert without_stamps(sandbox) != before
    write(sandbox, tmp_path, lines)
    after = without_stamps(sandbox)
    different = [
        (kind, name, old[name], new[name])
        for kind, records in before.items()
        for old, new in zip(records, after[kind], strict=True)
        for name in old
        if old[name] != new[name]
    ]
    # a null in a first record clears nothing: nobody has said so before
    assert [one for one in different if one[2] is not None and one[2] != []] == []


def test_a_shop_that_has_only_the_orders_becomes_the_same(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.reset("demo")
    before, lines = sandbox.snapshot()["clarity"], read(sandbox, tmp_path)
    bare = [{name: value for name, value in order.items() if name not in WRITABLE} for order in before["orders"]]
    sandbox.reset()
    sandbox.load({"system": "clarity", "type": "orders", "record": order} for order in bare)
    write(sandbox, tmp_path, lines)
    after = sandbox.snapshot()["clarity"]
    written = [[{name: one.get(name) for name in WRITABLE} for one in shop["orders"]] for shop in (before, after)]
    assert written[0] == written[1]
    assert told(after["invoices"], "orderId", ()) == told(before["invoices"], "orderId", ())
    # an e-mail address is one customer's: of several who share it, and of merged accounts, one can be made
    emails = Counter(one["email"] for one in before["customers"])
    several = {one["email"] for one in before["customers"] if emails[one["email"]] > 1 or one["mergedIntoCustomerId"]}
    assert told(after["customers"], "email", several) == told(before["customers"], "email", several)
    assert emails.keys() - {one["email"] for one in after["customers"]} <= several
    sandbox.clear_requests()
    write(sandbox, tmp_path, lines)
    assert writes(sandbox) == []


def told(records: list[dict[str, Any]], key: str, but: Collection[str]) -> dict[str, Any]:
    """Records by what they are known by, without what the server gives them."""
    return {
        one[key]: {name: value for name, value in one.items() if name not in GIVEN}
        for one in records
        if one[key] not in but
    }
