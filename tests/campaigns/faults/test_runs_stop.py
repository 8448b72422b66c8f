"""What goes wrong for all stops the run, in one line and without a STATE too many; the next run completes it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from delivery import last_state
from relay import Relay
from wrong_answers import THOROUGH, back

if TYPE_CHECKING:
    from delivery import Delivery, Ended

REVOKED = {"do": "status", "status": 401, "body": {"success": False, "error": "invalid api key"}}
SYSTEMIC: dict[str, tuple[dict[str, Any], str]] = {
    "the key is revoked": (REVOKED, "(Streak|the shop) refuses (the API key|api_key)"),
    "no access any more": (REVOKED | {"status": 403}, "Streak refuses the API key|api_key may not read orders"),
    "every answer is a 500": ({"do": "html500"}, "(Streak|the shop) does not answer: .* 500"),
    "every answer is a success:false": ({"do": "status", "body": {"success": False}, "status": 200}, "answers 200"),
    "a pause of an hour": ({"do": "429", "retry_after": 3600}, "(Streak|the shop) does not answer: .* 429"),
    "every connection is reset": ({"do": "reset"}, "(Streak|the shop) does not answer: .* broke the connection"),
}
MOST_LIKELY = ("the key is revoked", "every answer is a 500", "a pause of an hour")
PATIENCE = 2
AFTER = 40  # calls, of which the first few only ask


@pytest.mark.parametrize("name", SYSTEMIC if THOROUGH else MOST_LIKELY)
def test_a_run_that_can_not_go_on_stops(delivery: Delivery, name: str) -> None:
    assert_stops(delivery, name)


@back
@pytest.mark.parametrize("name", SYSTEMIC if THOROUGH else MOST_LIKELY[:1])
def test_a_run_on_the_way_back_stops_as_well(delivery: Delivery, name: str) -> None:
    assert_stops(delivery, name)


@pytest.mark.parametrize("delivery", ["there", "back"] if THOROUGH else ["there"], indirect=True)
def test_a_host_that_goes_down_under_way(delivery: Delivery) -> None:
    with Relay(delivery.origin()) as relay:
        relayed = f"http://127.0.0.1:{relay.port}"
        delivery.settings["api_url"] = delivery.own()["api_url"].replace(delivery.origin(), relayed)
        delivery.set_up()
        relay.down_after(AFTER)
        stopped = delivery.command(delivery.everything, retry_seconds=PATIENCE)
        assert_stopped(delivery, stopped, rf"{delivery.name} does not answer: can't reach .*\(connection refused\)")
        relay.up()
        assert_completed(delivery)


def assert_stops(delivery: Delivery, name: str) -> None:
    fault, said = SYSTEMIC[name]
    delivery.set_up()
    delivery.sandbox.faults([{"match": {"system": delivery.system}, **fault, "after": AFTER}])
    stopped = delivery.command(delivery.everything, retry_seconds=PATIENCE)
    assert_stopped(delivery, stopped, said)
    delivery.sandbox.faults([])
    assert_completed(delivery)


def assert_stopped(delivery: Delivery, ended: Ended, said: str) -> None:
    assert ended.returncode == 1, ended.log
    assert "Traceback" not in ended.log
    (line,) = [line for line in ended.log.splitlines() if re.search(said, line)]
    assert ended.log.splitlines()[-1] == line, ended.log
    assert delivery.written(delivery.everything), "the fault came before anything was written"
    assert last_state(delivery.everything) not in ended.states
    assert_true(ended.states, delivery)
    # the record's own tries, then those of the question whether Streak is there at all
    assert ended.seconds < 2 * PATIENCE + 60


def assert_true(states: list[Any], delivery: Delivery) -> None:
    """No STATE stands for a record that is neither in Streak nor set aside."""
    kept = {(one.stream, one.external_id) for one in delivery.letters()} | delivery.written(delivery.everything)
    owed: set[tuple[str, str]] = set()
    for message in map(json.loads, delivery.everything.splitlines()):
        if message["type"] == "RECORD" and "_change" not in message["record"]:
            owed.add((message["stream"], message["record"]["externalId"]))
        elif message["type"] == "STATE" and message["value"] in states:
            assert owed <= kept


def assert_completed(delivery: Delivery) -> None:
    assert delivery.run(delivery.everything)[-1] == last_state(delivery.everything)
    assert delivery.findings() == []
