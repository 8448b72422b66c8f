"""A record ends written, unchanged, or durably set aside."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from fake_sinks import Things, things
from singer_rest.errors import ApiError, ApiUnavailable, FatalRunError, RecordFault
from singer_rest.ledger import Ledger
from singer_rest.target.dispatch import Writer
from singer_rest.target.error_budget import RejectedLimit
from singer_rest.target.lanes import Lanes
from singer_rest.target.summary import Summary


class Run(NamedTuple):
    """A writer with what it writes by."""

    sink: Things
    writer: Writer
    lanes: Lanes
    summary: Summary
    probes: list[int]

    def take(self, external_id: Any = "1", **values: Any) -> dict[str, int]:
        """Have a record written; gives all counts of its stream so far."""
        source = {"stream": "orders", "key": str(external_id), "updatedAt": values.pop("at", "2026-03-02T12:00:00Z")}
        raw = {"externalId": external_id, "_flow": "f", "_source": source, **values}
        self.writer.take(self.sink, raw, 10)
        self.lanes.join()
        return dict(+self.summary.results["things"])

    @property
    def letters(self) -> list[Any]:
        return self.sink.ledger.dead_letters.all()


@pytest.fixture
def run() -> Any:
    probes: list[int] = []
    sink = things(ledger=Ledger.in_memory())
    sink.context = replace(sink.context, probe=lambda: probes.append(1))
    lanes, summary = Lanes(2), Summary()
    writer = Writer(
        sink.context, lanes, summary, RejectedLimit.of("50"), sink_for_dead_letter=lambda _: sink, tick=lambda: None
    )
    yield Run(sink, writer, lanes, summary, probes)
    lanes.close()


def test_written_and_unchanged(run: Run) -> None:
    run.take(name="a")
    assert run.take(name="a") == {"created": 1, "unchanged": 1}
    assert run.summary.read["things"] == 2


@pytest.mark.parametrize(
    ("problem", "result", "kind", "code", "probed"),
    [
        (ApiError(400, "Insufficient params", "POST", "/things"), "rejected", "rejected", "400", 0),
        (ApiError(403, "no", "POST", "/things"), "rejected", "rejected", "403", 1),
        (ApiUnavailable("silent", status=503), "postponed", "retry", "503", 1),
        (RecordFault("again", "leased"), "postponed", "retry", "leased", 0),
        (RecursionError(), "rejected", "rejected", "nesting", 0),
        (ValueError("odd"), "rejected", "rejected", "unexpected", 0),
    ],
)
def test_whose_fault_it_is(run: Run, problem: Exception, result: str, kind: str, code: str, probed: int) -> None:  # noqa: PLR0917
    run.sink.refusals = [problem]
    assert run.take(name="a") == {result: 1}
    [letter] = run.letters
    assert (letter.kind, letter.code, len(run.probes)) == (kind, code, probed)


def test_what_is_wrong_for_all_ends_the_run(run: Run) -> None:
    run.sink.refusals = [FatalRunError("the key is refused")]
    with pytest.raises(FatalRunError):
        run.take(name="a")


def test_a_newer_good_record_closes_its_letter(run: Run) -> None:
    run.sink.refusals = [ApiError(400, "no", "POST", "/things")]
    run.take(name="a")
    run.take(name="b", at="2026-03-02T12:00:01Z")
    assert run.letters == []


def test_what_never_became_a_record_is_kept(run: Run) -> None:
    assert run.take(7) == {"rejected": 1}
    [letter] = run.letters
    assert (letter.code, letter.external_id.startswith("(no id)")) == ("no_id", True)


def test_a_record_that_is_gone_at_the_source_stays(run: Run) -> None:
    assert run.take(_sdc_deleted_at="2026-03-02T12:00:00Z") == {"unchanged": 1}
    assert run.sink.calls == []


def test_what_it_waits_for_releases_it(run: Run) -> None:
    assert run.take("1", friendIds=["2"]) == {"created": 1}
    assert [letter.waits_for for letter in run.letters] == [("things", "2")]
    run.take("2", name="b")
    run.lanes.join()
    assert run.letters == []
    assert run.sink.stored["k-1"]["friends"] == [{"key": "k-2"}]
    counts = run.summary.counts(None)
    assert (counts["streams"]["things"], counts["tried_again"]) == ({"created": 2}, {})


def test_letters_are_tried_again_each_once(run: Run) -> None:
    run.sink.refusals = [ApiError(400, "no", "POST", "/things")]
    run.take(name="a")
    assert run.writer.retry(run.letters) == 1
    run.lanes.join()
    assert (run.letters, dict(+run.summary.results["things"])) == ([], {"created": 1})


def test_what_the_mapper_could_not_map_is_kept_for_it(run: Run) -> None:
    run.writer.mapper_reject(
        {"stream": "orders", "path": "order-box.Total", "reason": "no number", "key": "o1", "record": {}}
    )
    [letter] = run.letters
    assert (letter.kind, letter.stream, letter.external_id, letter.flow) == ("mapper", "orders", "o1", "order-box")
    assert run.writer.retry(run.letters) == 0
