"""What webhooks told of is read at once, as any run would read it."""

from __future__ import annotations

import json
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest
from sandbox.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.feed import Feed
    from sandbox.testing import Sandbox


@pytest.fixture
def follow(sandbox: Sandbox, feed: Feed, tmp_path: Any) -> Iterator[Callable[..., Lines]]:
    """Starts the tap with `follow`, and waits until it reads the feed."""
    started: list[Lines] = []

    def start(*arguments: str) -> Lines:
        config = {"api_url": sandbox.clarity_url, "api_key": sandbox.clarity_key, "follow": True, **feed.settings}
        (tmp_path / "config.json").write_text(json.dumps(config))
        command = [sys.executable, "-m", "tap_clarity", "--config", str(tmp_path / "config.json"), *arguments]
        lines = Lines(command, tmp_path / "log")
        started.append(lines)
        lines.until(lambda lines: lines.states(), "STATE of the start")
        return lines

    yield start
    for lines in started:
        lines.close()


def seq(state: Any) -> int:
    """The number in a STATE, which holds nothing else."""
    number: int = state["bookmarks"]["events"]["replication_key_value"]
    assert state == {"bookmarks": {"events": {"replication_key": "seq", "replication_key_value": number}}}
    return number


def test_what_events_name_comes_as_any_run_gives_it(runs: Any, shelves: Any, feed: Feed) -> None:
    shelves.load("customers", shelves.customer(1), shelves.customer(2))
    shelves.load(
        "orders", *(shelves.order(n, customerId=f"C-{n % 2 + 1}", fieldOfThisShop="kept") for n in range(1, 6))
    )
    feed.tell("clarity", "order.created", "o-0004", "o-0002")
    feed.tell("clarity", "order.status_changed", "o-0002")
    feed.tell("clarity", "customer.updated", "C-1")
    whole, told = runs.sync(), runs.sync(**feed.settings)
    assert told.records["customers"] == [whole.records["customers"][0]]
    assert told.records["orders"] == [whole.records["orders"][1], whole.records["orders"][3]]
    assert [m for m in told.messages if m["type"] == "SCHEMA"] == [m for m in whole.messages if m["type"] == "SCHEMA"]
    assert seq(told.state) == 4


def test_a_run_goes_on_where_the_last_one_ended(runs: Any, shelves: Any, feed: Feed) -> None:
    shelves.orders(3)
    feed.tell("clarity", "order.created", "o-0001", "o-0002")
    first = runs.sync(**feed.settings)
    feed.tell("clarity", "order.created", "o-0003")
    second = runs.sync(**feed.settings, state=first.state)
    assert (first.keys(), second.keys()) == (["o-0001", "o-0002"], ["o-0003"])
    assert runs.sync(**feed.settings, state=second.state).state == second.state


def test_many_events_cost_few_calls_and_each_record_one_line(
    runs: Any, shelves: Any, sandbox: Sandbox, feed: Feed
) -> None:
    shelves.load("customers", *(shelves.customer(n) for n in range(3)))
    shelves.load("orders", *(shelves.order(n, customerId=f"C-{n % 3}") for n in range(1, 100)))
    feed.tell("clarity", "order.updated", *(f"o-{n:04}" for n in range(1, 100)), "o-0007")
    sandbox.clear_requests()
    assert sorted(runs.sync(**feed.settings).keys()) == [f"o-{n:04}" for n in range(1, 100)]
    assert [entry["path"][8:] for entry in sandbox.requests("clarity")] == ["customers", "orders", "customers"]


def test_what_is_gone_is_a_tombstone(runs: Any, shelves: Any, feed: Feed) -> None:
    shelves.orders(1)
    feed.tell("clarity", "order.updated", "o-0009", "o-0001")
    there, gone = runs.sync(**feed.settings).records["orders"]
    assert (there["orderId"], "_sdc_deleted_at" in there) == ("o-0001", False)
    assert gone == {"orderId": "o-0009", "updatedAt": gone["_sdc_deleted_at"], "_sdc_deleted_at": gone["updatedAt"]}


def test_what_no_stream_holds_is_said_once(runs: Any, shelves: Any, feed: Feed) -> None:
    shelves.orders(1)
    feed.tell("clarity", "wish.made", "1", "2")
    feed.tell("clarity", "order.created", "a,b", "", "o-0001")
    done = runs.program(**feed.settings)
    assert done.stderr.count("'wish.made' are skipped") == 1
    assert done.stderr.count("'order.created' are skipped where they name no id") == 1
    assert done.stdout.count('"o-0001"') == 1
    assert '"a"' not in done.stdout


def test_deselected_streams_cost_nothing(runs: Any, shelves: Any, sandbox: Sandbox, feed: Feed) -> None:
    shelves.load("payments", {"paymentId": "P", "orderId": "o-0001", "updatedAt": "2026-05-02T00:00:00Z"})
    feed.tell("clarity", "order.created", "o-0001")
    feed.tell("clarity", "payment.captured", "P")
    sandbox.clear_requests()
    told = runs.sync("payments", **feed.settings)
    assert (list(told.records), seq(told.state)) == (["payments"], 2)
    # the payment at the start and now, and its order, which goes into it
    assert [entry["path"][8:] for entry in sandbox.requests("clarity")] == ["payments", "payments", "orders"]


def test_a_gap_is_said_and_the_tap_goes_on(runs: Any, shelves: Any, feed: Feed) -> None:
    shelves.orders(3)
    feed.tell("clarity", "order.created", "o-0001", "o-0002", "o-0003")
    feed.oldest = 3
    done = runs.program(**feed.settings)
    assert "no longer all events after 0" in done.stderr
    assert "the next incremental run" in done.stderr
    assert [json.loads(line)["record"]["orderId"] for line in done.stdout.splitlines() if '"RECORD"' in line] == [
        "o-0003"
    ]
    feed.events.clear()  # another database: numbers begin anew
    feed.oldest = 1
    feed.tell("clarity", "order.created", "o-0001")
    later = {"bookmarks": {"events": {"replication_key": "seq", "replication_key_value": 9}}}
    again = runs.sync(**feed.settings, state=later)
    assert (again.keys(), seq(again.state)) == ([], 1)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"events_token": "wrong"}, "does not accept events_token"),
        ({"events_token": None}, "events_token is missing"),
        ({"events_url": None, "follow": True}, "follow needs a feed of events"),
        ({"events_url": "http://feed.example.com"}, "events_url must begin with https://"),
        ({"events_url": "{url}/feed/clarity"}, "answered 404: check events_url, the root of the feed"),
    ],
)
def test_mistakes_are_one_line(runs: Any, feed: Feed, settings: dict[str, Any], says: str) -> None:
    told = {name: value.format(url=feed.url) if isinstance(value, str) else value for name, value in settings.items()}
    done = runs.program(**{**feed.settings, **told})
    assert done.returncode == 1
    assert says in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("instead", [(200, b"<html>"), (200, b'{"events":[{"seq":"1"}]}'), (503, b"")])
def test_nonsense_is_asked_again(runs: Any, shelves: Any, feed: Feed, instead: tuple[int, bytes]) -> None:
    shelves.orders(1)
    feed.tell("clarity", "order.created", "o-0001")
    feed.instead.extend([instead, instead])
    told = runs.program(**feed.settings)
    assert told.returncode == 0
    assert told.stderr.count("trying again until it answers") == 1
    assert "answers again" in told.stderr
    assert '"o-0001"' in told.stdout


def test_a_state_that_is_none_is_said(runs: Any, feed: Feed, tmp_path: Any) -> None:
    (tmp_path / "state").write_text('{"bookmarks":{"events":{"replication_key_value":"2026-05-02T00:00:00Z"}}}')
    done = runs.program("--state", str(tmp_path / "state"), **feed.settings)
    assert done.returncode == 1
    assert "The STATE of events holds no number" in done.stderr.splitlines()[-1]


def test_who_follows_gets_records_and_state_while_it_runs(
    follow: Callable[..., Lines], shelves: Any, feed: Feed, sandbox: Sandbox
) -> None:
    lines = follow()
    shelves.orders(30)
    for number in range(1, 31):
        feed.tell("clarity", "order.created", f"o-{number:04}")
        lines.until_record("orders", orderId=f"o-{number:04}")
    lines.until(lambda lines: seq(lines.states()[-1].message["value"]) == 30, "STATE of the last one")
    assert len(lines.states()) <= lines.lines[-1].at - lines.lines[0].at + 2
    customers = [entry for entry in sandbox.requests("clarity") if entry["path"].endswith("/customers")]
    assert len(customers) == 1  # orders of guests need none; one call told whether the shop is one
    assert lines.end(signal.SIGINT) == 0
    assert lines.log.count("Told to end; the feed of events is read up to 30") == 1


def test_a_customer_is_as_it_is_when_the_event_comes(follow: Callable[..., Lines], shelves: Any, feed: Feed) -> None:
    lines = follow()
    for version, name in enumerate(("Ada", "Augusta"), 1):
        shelves.load("customers", shelves.customer(1, firstName=name))
        shelves.load("orders", shelves.order(1, customerId="C-1", version=version))
        feed.tell("clarity", "order.updated", "o-0001")
        assert lines.until_record("orders", version=version)["customer"]["firstName"] == name


def test_the_feed_may_go_away_and_come_back(follow: Callable[..., Lines], shelves: Any, feed: Feed) -> None:
    lines = follow()
    shelves.orders(1)
    with feed.away():
        lines.until(lambda lines: "trying again until it answers" in lines.log, "word of it")
    feed.tell("clarity", "order.created", "o-0001")
    lines.until_record("orders", orderId="o-0001")
    assert lines.log.count("can't be reached: check events_url, and that sync-console receive is running there") == 1
    assert "answers again" in lines.log


def test_told_to_end_it_ends_whatever_it_waits_for(
    follow: Callable[..., Lines], sandbox: Sandbox, shelves: Any, feed: Feed, runs: Any
) -> None:
    shelves.orders(2)
    lines = follow()
    feed.tell("clarity", "order.created", "o-0001")
    lines.until_record("orders", orderId="o-0001")
    sandbox.faults([{"match": {"system": "clarity"}, "rate": 1, "do": "429", "retry_after": 300}])
    feed.tell("clarity", "order.created", "o-0002")
    lines.until(lambda lines: "trying again in 300" in lines.log, "word of the shop's wish")
    assert lines.end() == 0
    state = lines.states()[-1].message["value"]
    assert seq(state) == 1
    sandbox.faults([])
    assert runs.sync(**feed.settings, state=state).keys() == ["o-0002"]


def test_without_a_reader_it_ends(follow: Callable[..., Lines]) -> None:
    lines = follow()
    lines.hang_up()
    assert lines.ended() == 1
    assert "Nobody reads what tap-clarity writes" in lines.log
    assert "Traceback" not in lines.log
