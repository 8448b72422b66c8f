"""A feed of events, followed: no server, no waiting."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast

import pytest
from singer_rest.errors import ApiUnavailable
from singer_rest.plugin.shutdown import Shutdown
from singer_rest.tap import events
from singer_rest.tap.events import Batch, Bookmark, Event, Feed, FeedFollower, batch_in
from singer_rest.tap.odd_instants import OddInstants
from singer_rest.tap.rest_tap import EventRecords

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from singer_rest.tap.rest_tap import RestTap

LOGGER = logging.getLogger("tap")


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(events, "time", clock)
    return clock


class Answers:
    """A feed that gives one answer after the other; an exception is raised."""

    origin = "http://feed"

    def __init__(self, *answers: Batch | BaseException) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[int, int]] = []

    def after(self, seq: int, wait: int) -> Batch:
        self.asked.append((seq, wait))
        answer = self.answers.pop(0) if self.answers else Batch([], seq, gap=False)
        if isinstance(answer, BaseException):
            raise answer
        return answer


class Emitted:
    """Notes what it is given."""

    def __init__(self) -> None:
        self.seqs: list[list[int]] = []

    def begin(self) -> None:
        self.seqs.append([])

    def emit(self, events: Sequence[Event]) -> None:
        self.seqs.append([event.seq for event in events])


def batch(*seqs: int, gap: bool = False) -> Batch:
    return Batch([Event(seq, "order.created", f"o-{seq}") for seq in seqs], seqs[-1], gap)


def run(*answers: Batch | BaseException, endless: bool = False, seq: int = 0) -> tuple[Answers, Emitted, list[int]]:
    feed, emitted, states = Answers(*answers), Emitted(), list[int]()
    shutdown = Shutdown("tap")
    bookmark = Bookmark(
        seq, lambda message: states.append(message.value["bookmarks"]["events"]["replication_key_value"])
    )
    follower = FeedFollower(cast("Feed", feed), bookmark, emitted.emit, shutdown, LOGGER, endless=endless)
    try:
        follower.run(emitted.begin)
    except KeyboardInterrupt:
        shutdown.request()
    return feed, emitted, states


def test_it_reads_to_the_end_some_events_at_a_time(clock: Clock) -> None:
    feed, emitted, states = run(batch(*range(1, 251)), batch(251))
    assert [len(seqs) for seqs in emitted.seqs] == [0, 100, 100, 50, 1]
    assert feed.asked == [(0, 0), (250, 0), (251, 0)]
    assert states == [100, 251]  # at most once a second, and the last one
    assert clock.now == 1000


def test_a_bookmark_says_where_it_goes_on() -> None:
    written: list[Any] = []
    state = {"bookmarks": {"events": {"replication_key_value": 7}}}
    bookmark = Bookmark.in_state(state, written.append)
    assert bookmark.seq == 7
    bookmark.save(last=True)
    bookmark.save(last=True)
    assert [message.value for message in written] == [
        {"bookmarks": {"events": {"replication_key": "seq", "replication_key_value": 7}}}
    ]


def test_a_feed_that_stumbles_is_asked_again_and_that_is_said_once(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    feed, emitted, _ = run(ApiUnavailable("no feed"), ApiUnavailable("no feed"), batch(1))
    assert emitted.seqs == [[], [1]]
    assert len(feed.asked) == 4
    assert 0.75 <= clock.now - 1000 <= 1.5
    assert [line for line in caplog.messages if "no feed" in line] == ["no feed; trying again until it answers"]
    assert any("answers again" in line for line in caplog.messages)


def test_a_wish_to_be_left_alone_is_kept_for_five_seconds(clock: Clock) -> None:
    run(ApiUnavailable("busy", retry_after=300), batch(1))
    assert clock.now - 1000 == pytest.approx(5)


def test_a_run_that_is_to_end_gives_up_after_a_minute(clock: Clock) -> None:
    with pytest.raises(ApiUnavailable):
        run(*[ApiUnavailable("no feed")] * 100)
    assert 60 <= clock.now - 1000 <= 70


def test_lost_events_are_said_and_it_goes_on(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    _, emitted, _ = run(batch(8, 9, gap=True), seq=3)
    assert emitted.seqs == [[], [8, 9]]
    assert any("no longer all events after 3" in line for line in caplog.messages)


def test_told_to_end_it_writes_how_far_it_is(clock: Clock) -> None:
    feed, states, shutdown = Answers(batch(1)), list[Any](), Shutdown("tap")

    class Told(Emitted):
        def emit(self, events: Sequence[Event]) -> None:
            super().emit(events)
            shutdown.request()

    bookmark = Bookmark(0, states.append)
    told = Told()
    FeedFollower(cast("Feed", feed), bookmark, told.emit, shutdown, LOGGER, endless=True).run(told.begin)
    assert told.seqs == [[], [1]]
    assert states[-1].value["bookmarks"]["events"]["replication_key_value"] == 1


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"last": 1},
        {"events": [{"seq": "1"}], "last": 1},
        {"events": [{"seq": True}], "last": 1},
        {"events": [{"seq": 2}, {"seq": 1}], "last": 2},
        {"events": [{"seq": 2}, {"seq": 2}], "last": 2},
        {"events": [{"seq": 1}], "last": 1},
        {"events": [], "last": -1},
    ],
)
def test_what_is_no_batch(body: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        batch_in(body, after=1)


def test_a_batch_knows_gaps() -> None:
    told = {"seq": 2, "type": "order.created", "id": 7}
    assert batch_in({"events": [told], "last": 2}, 1) == Batch([Event(2, "order.created", "7")], 2, gap=False)
    assert batch_in({"events": [told], "last": 2, "gap": True}, 1).gap
    assert batch_in({"events": [{"seq": 2}], "last": 2}, 9) == Batch([Event(2, "", "")], 2, gap=True)
    assert batch_in({"events": [], "last": 5}, 1) == Batch([], 5, gap=False)


class Stream:
    """A stream of a tap in memory."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.emitted: list[Any] = []
        self.odd = OddInstants(logging.getLogger("tap"), name, "updatedAt")

    def by_ids(self, ids: Sequence[str]) -> Iterator[list[Any]]:
        yield [{"id": key} for key in ids]

    def emit(self, record: Any) -> None:
        self.emitted.append(record["id"])


class Tap:
    """What EventRecords need of a tap."""

    logger = LOGGER

    def __init__(self, *names: str) -> None:
        self.selected_streams = [Stream(name) for name in names]
        self.shutdown = Shutdown("tap")
        self.message_writer = self
        self.calls: list[str] = []

    def send_schemas(self) -> None:
        self.calls.append("schemas")

    def flush(self) -> None:
        self.calls.append("flush")


class ShopEvents(EventRecords[Any]):
    source = "shop"

    def stream_of(self, event_type: str) -> str | None:
        return {"order": "orders", "customer": "customers"}.get(event_type.partition(".")[0])

    def is_id(self, text: str) -> bool:
        return text.isalnum()


def test_each_record_is_fetched_once_and_streams_come_in_their_order() -> None:
    tap = Tap("customers", "orders")
    records = ShopEvents(cast("RestTap[Any]", tap))
    records.begin()
    kinds = [("order.created", "1"), ("customer.updated", "c"), ("order.updated", "1"), ("order.updated", "2")]
    records.emit([Event(number, kind, key) for number, (kind, key) in enumerate(kinds)])
    assert [stream.emitted for stream in tap.selected_streams] == [["c"], ["1", "2"]]
    assert tap.calls == ["schemas", *["flush"] * 3]


def test_what_is_not_read_is_skipped_and_what_is_unknown_said_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    tap = Tap("orders")
    kinds = [("wish.made", "1"), ("wish.made", "2"), ("order.created", "a,b"), ("customer.updated", "c")]
    ShopEvents(cast("RestTap[Any]", tap)).emit([Event(n, kind, key) for n, (kind, key) in enumerate(kinds)])
    assert tap.selected_streams[0].emitted == []
    assert caplog.messages == [
        "Events of type 'wish.made' are skipped: no stream holds what they are about",
        "Events of type 'order.created' are skipped where they name no id",
    ]
