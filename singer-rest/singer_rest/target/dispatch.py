"""One record's way from the lane to its end: written, unchanged, or durably kept as a dead letter. Nothing else."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from threading import Lock
from typing import Any

from singer_rest.errors import (
    ApiError,
    ApiUnavailable,
    FatalRunError,
    NotOurs,
    OutcomeUnknown,
    RecordFault,
    RecordRejected,
    redact,
)
from singer_rest.ledger import DeadLetter
from singer_rest.plugin.log_throttle import LogOnce
from singer_rest.sync.change_set import is_unchanged
from singer_rest.sync.dead_links import records_with_gone_links
from singer_rest.sync.insert_once import insert_once, too_old
from singer_rest.sync.record import RECORD_LIMIT, Record, named
from singer_rest.sync.run_context import RunContext
from singer_rest.sync.sink import Outcome, RestSink
from singer_rest.sync.upsert import upsert
from singer_rest.target.error_budget import UNAVAILABLE, ErrorBudget, RejectedLimit
from singer_rest.target.lanes import Job, Lanes
from singer_rest.target.messages import DELETED_AT, known_as, text_in, without_body
from singer_rest.target.summary import ASIDE, Summary

WHOLE = "*"
NOT_KEPT = "not_kept"
GOOD = frozenset({"created", "updated", "unchanged"})
LOST = frozenset({"rejected", "postponed"})
SUSPICIOUS = frozenset({401, 403})
RETRIABLE = frozenset({"rejected", "waiting", "retry", "conflict", "dead"})
UNKNOWN_KEY = frozenset({"400", "404", "410"})
"""The codes of letters that an earlier version may have kept for a link to a record that is gone."""
TRIES_FOR_LINKS = 5


class Writer:
    """Writes records in lanes and keeps what can't be written."""

    def __init__(  # noqa: PLR0913  # the parts of a run
        self,
        context: RunContext,
        lanes: Lanes,
        summary: Summary,
        limit: RejectedLimit,
        *,
        sink_for_dead_letter: Callable[[str], RestSink | None],
        tick: Callable[[], None],
    ) -> None:
        """Take the parts of the run; `sink_for_dead_letter`: None for a stream whose dead letters can't be tried."""
        self._context = context
        self.ledger, self.logger = context.ledger, context.logger
        self._lanes, self._summary = lanes, summary
        self._sink_of_letter, self._tick = sink_for_dead_letter, tick
        self._budget = ErrorBudget(limit, summary)
        self._lock = Lock()
        self._once = LogOnce(self.logger)
        self._trying: set[int] = set()
        self._left: set[str] = set()
        self._not_ours: set[str] = set()
        self._unfinished: dict[tuple[str, str, str], str] = {}
        """Results of this run's records that have a dead letter, be it only for a link."""
        self._open = self.ledger.dead_letters.open_keys()

    def take(self, sink: RestSink, raw: Any, size: int) -> None:
        """Take one record from the input; waits while too much is pending."""
        self._summary.read[sink.stream] += 1
        if type(raw) is dict and raw.get(DELETED_AT) is not None:
            self._leave(sink.stream, known_as(raw))
            return
        try:
            record = sink.records.read(raw, size)
            self._budget.mapped[record.source.stream, record.flow] += 1
            job = None if self._is_done(sink, record) else self._job(sink, record, size)
        except FatalRunError:
            raise
        except Exception as problem:  # noqa: BLE001  # as in a lane: no record may stop the others
            self.reject(sink.stream, raw, self._verdict(sink.stream, known_as(raw), problem), size)
            return
        if job is None:
            with self._summary.lock:
                self._summary.results[sink.stream]["unchanged"] += 1
        else:
            self._lanes.put(job, self._tick)

    def retry_for_gone_links(self) -> None:
        """Try letters that were kept because their records name something that a person merged or deleted."""
        letters, records = [], []
        for letter in self.ledger.dead_letters.rejected(UNKNOWN_KEY, TRIES_FOR_LINKS):
            sink = self._sink_of_letter(letter.stream)
            if sink is None or sink.effect:
                continue
            try:
                records.append((sink, sink.records.read(letter.record)))
            except (RecordRejected, RecursionError):
                continue
            letters.append(letter)
        try:
            gone = records_with_gone_links(records)
        except (ApiError, ApiUnavailable) as problem:
            self.logger.warning("dead letters are not tried again: %s", problem)
            return
        self.retry(letter for letter, has_gone in zip(letters, gone, strict=True) if has_gone)

    def retry(self, letters: Iterable[DeadLetter]) -> int:
        """Try letters again, each once at a time; gives how many were taken up."""
        taken = 0
        for letter in letters:
            sink = self._sink_of_letter(letter.stream) if letter.kind in RETRIABLE else None
            if sink is None or not self._begin(letter.id):
                continue
            try:
                record = sink.records.read(letter.record)
                job = self._job(sink, record, 0)
            except (RecordRejected, RecursionError) as problem:
                still = self._verdict(letter.stream, letter.external_id, problem)
                self._keep(letter.stream, letter.external_id, letter.flow, still, letter.record, letter.source)
                self._end(letter.id)
                continue
            record.again = letter.code == NOT_KEPT
            if letter.code == "parked":
                self.ledger.links.unpark(letter.stream, letter.external_id)
            job.work = partial(self._try_again, sink, record, letter)
            self._lanes.add(job)
            taken += 1
        return taken

    def reject(self, stream: str, raw: Any, rejected: RecordRejected | RecordFault, size: int = 0) -> None:
        """Set aside a record that never became one."""
        external_id = known_as(raw)
        raw = raw if size <= RECORD_LIMIT else without_body(raw)
        record = raw if isinstance(raw, dict) else {"record": raw}
        source = record.get("_source")
        flow = record.get("_flow")
        self._keep(
            stream,
            external_id,
            flow if isinstance(flow, str) and flow.isprintable() and 0 < len(flow) < 200 else stream,
            rejected,
            record,
            source if isinstance(source, dict) else {},
        )
        self._budget.spend(stream, "rejected")

    def mapper_reject(self, raw: dict[str, Any]) -> None:
        """Keep a record that the mapper could not map."""
        self._summary.read["rejected_records"] += 1
        stream, path, reason = (text_in(raw.get(name)) for name in ("stream", "path", "reason"))
        stream = stream if stream.replace("-", "_").isidentifier() else "unknown"
        flow = path.partition(".")[0] or WHOLE
        key = raw["key"] if isinstance(raw.get("key"), str) and raw["key"].strip() else known_as(raw)
        record = raw.get("record")
        self.ledger.dead_letters.keep(
            stream=stream,
            external_id=key,
            flow=flow,
            kind="mapper",
            reason=f"{path or WHOLE}: {reason or 'could not be mapped'}",
            code="mapping",
            record=record if isinstance(record, dict) else {"record": record},
            source={"stream": stream, "key": key, "updatedAt": text_in(raw.get("rejectedAt"))},
        )
        self._remember_open((stream, key, flow))
        self._budget.unmapped(stream, flow)

    def _leave(self, stream: str, external_id: str) -> None:
        """Nothing is deleted here: what was made of a record that is gone stays."""
        self._summary.count(stream, "unchanged")
        if stream not in self._left:
            self._left.add(stream)
            name = redact(external_id, 60)
            self.logger.info("%s of records that are gone at the source stay as they are (first: %s)", stream, name)

    def _is_done(self, sink: RestSink, record: Record) -> bool:
        if self._lanes.owns(f"{sink.stream}\0{record.external_id}") or self._dead_letters_of(record):
            return False
        if is_unchanged(sink, record):
            return True
        # a shop's first load has one or two effects of an order that are never made
        once = sink.effect and not sink.lasting and record.change is None
        return once and too_old(record, self._context.effects_since)

    def _job(self, sink: RestSink, record: Record, size: int) -> Job:
        stream, keys = sink.stream, {f"{sink.stream}\0{record.external_id}"}
        if sink.has_natural_keys:
            keys |= {f"{stream}\0{natural}" for natural in sink.natural_keys(record)}
        references = named(sink.references, record.values) if sink.references else ()
        refers_to = {f"{reference.stream}\0{reference.key(value)}" for reference, value in references}
        return Job(partial(self._write, sink, record), keys, refers_to, size)

    def _write(self, sink: RestSink, record: Record) -> None:
        outcome = self._written(sink, record)
        stream, result = sink.stream, outcome.result
        if result in ASIDE or outcome.missing:
            with self._lock:
                self._unfinished[stream, record.external_id, record.flow] = result
        if result in LOST:
            incomplete = bool(outcome.not_kept) and sink.fields.identity not in outcome.not_kept
            self._budget.spend(stream, result, outcome.detail, incomplete=incomplete)
            return
        if result in {"created", "updated"}:
            self._budget.failed[stream] = 0
        with self._summary.lock:
            self._summary.results[stream][result] += 1

    def _try_again(self, sink: RestSink, record: Record, letter: DeadLetter) -> None:
        outcome = self._written(sink, record)
        self._end(letter.id)
        if outcome.result in GOOD | {"detached", "stale"} and outcome.missing is None:
            self.ledger.dead_letters.close(letter.stream, letter.external_id, letter.flow, None)
            self._forget_open((letter.stream, letter.external_id, letter.flow))
        with self._lock:
            before = self._unfinished.pop((letter.stream, letter.external_id, letter.flow), None)
            if before and (outcome.result in ASIDE or outcome.missing):
                still = before if before in GOOD else outcome.result
                self._unfinished[letter.stream, letter.external_id, letter.flow] = still
        if before not in GOOD:  # a record that was written in this run and now has its links, too, is counted once
            self._summary.count_again(sink.stream, outcome.result, before)

    def _written(self, sink: RestSink, record: Record) -> Outcome:
        """Write it, and again when what it waits for came before its letter was there to be found."""
        first = outcome = self._attempt(sink, record)
        if not outcome.missing:
            return outcome
        seen: set[tuple[str, str]] = set()
        while outcome.missing and outcome.missing not in seen and self._is_there(outcome.missing):
            seen.add(outcome.missing)
            outcome = self._attempt(sink, record)
        wrote = first.result in {"created", "updated"} and outcome.result in GOOD
        return replace(outcome, result=first.result) if wrote else outcome

    def _attempt(self, sink: RestSink, record: Record) -> Outcome:
        """Write it; what goes wrong with the record alone becomes a letter, what goes wrong for all is raised."""
        try:
            outcome = insert_once(sink, record) if sink.effect else upsert(sink, record)
        except FatalRunError:
            raise
        except NotOurs as others:
            if record.stream not in self._not_ours:
                self._not_ours.add(record.stream)
                self.logger.info("%s that are not ours are left alone (first: %s)", record.stream, others)
            return Outcome("unchanged", str(others))
        except Exception as problem:  # noqa: BLE001  # nothing about one record may stop the others
            return self._set_aside(record, self._verdict(record.stream, record.external_id, problem))
        return self._settled(record, outcome)

    def _settled(self, record: Record, outcome: Outcome) -> Outcome:
        """Keep what is left to say and to do of a record that was written, and try what waited for it."""
        if outcome.conflicts:
            with self._summary.lock:
                self._summary.conflicts += outcome.conflicts
        if outcome.result in {"stale", "detached"}:
            self.ledger.record_log.note(record.stream, record.external_id, record.flow, outcome.result, outcome.detail)
        if outcome.missing:
            waiting = RecordRejected("written, but a record that it links to is not there yet", "link", outcome.missing)
            self._set_aside(record, waiting)
        elif outcome.result in GOOD:
            self._close_dead_letters(record)
        if outcome.not_kept:
            outcome = self._note_not_kept(record, outcome)
        for name in outcome.linked:
            self.retry(self.ledger.dead_letters.waiting_for(record.stream, name))
        return outcome

    def _note_not_kept(self, record: Record, outcome: Outcome) -> Outcome:
        """Say once for each property that the API does not keep it; a record that needs it becomes a dead letter."""
        for name in outcome.not_kept:
            aside = f"; records that need it are set aside as {NOT_KEPT}" if outcome.result == "rejected" else ""
            self._once.warning(f"{record.stream}: {name} was sent, and the API does not keep it{aside}")
        if outcome.result != "rejected":
            return outcome
        reason = f"written, but the API does not keep {', '.join(outcome.not_kept)}"
        if not outcome.missing:
            self._set_aside(record, RecordRejected(reason, NOT_KEPT))
        return replace(outcome, detail=reason)

    def _verdict(self, stream: str, external_id: str, problem: Exception) -> RecordRejected | RecordFault:
        """Say whose fault it is. FatalRunError when the credentials or the host are at fault."""
        if isinstance(problem, (RecordRejected, RecordFault)):
            return problem
        if isinstance(problem, ApiError):
            if problem.status in SUSPICIOUS or not problem.final:
                self._context.probe()
            verdict = RecordRejected if problem.final else RecordFault
            log = f"refused with {problem.status}, the dead letter says why"
            return verdict(problem.reason, code=str(problem.status), log=log)
        if isinstance(problem, (ApiUnavailable, OutcomeUnknown)):
            self._context.probe()
            return RecordFault(problem.reason, code=str(problem.status or UNAVAILABLE))
        if isinstance(problem, RecursionError):
            return RecordRejected("the record is nested too deeply", code="nesting")
        where = traceback.extract_tb(problem.__traceback__)[-1]
        kind, name = type(problem).__name__, redact(external_id, 60)
        self.logger.error("%s %s: %s at %s:%s", stream, name, kind, where.filename, where.lineno)
        return RecordRejected(f"{self.logger.name} has a fault, its log says where", code="unexpected")

    def _set_aside(self, record: Record, why: RecordRejected | RecordFault) -> Outcome:
        self._keep(record.stream, record.external_id, record.flow, why, record.raw, record.raw.get("_source") or {})
        if isinstance(why, RecordFault):
            return Outcome("postponed", why.code)
        return Outcome("waiting" if why.waits_for else "rejected", why.reason, why.waits_for)

    def _keep(  # noqa: PLR0913, PLR0917  # a letter's columns
        self,
        stream: str,
        external_id: str,
        flow: str,
        why: RecordRejected | RecordFault,
        record: dict[str, Any],
        source: dict[str, Any],
    ) -> None:
        self._remember_open((stream, external_id, flow))
        self.ledger.dead_letters.keep(
            stream=stream,
            external_id=external_id,
            flow=flow,
            kind=why.kind,
            reason=why.reason,
            code=why.code,
            record=record,
            source=source,
            waits_for=why.waits_for,
        )
        if not why.waits_for and why.code != NOT_KEPT:
            self.logger.warning("%s %s set aside: %s", stream, redact(external_id, 60), why)

    def _close_dead_letters(self, record: Record) -> None:
        for names in self._dead_letters_of(record):
            if self.ledger.dead_letters.close(*names, record.source.updated_at):
                self._forget_open(names)

    def _dead_letters_of(self, record: Record) -> list[tuple[str, str, str]]:
        if not self._open:
            return []
        own = (record.stream, record.external_id, record.flow)
        source = record.source.stream or "", record.source.key or ""
        with self._lock:
            return [names for names in (own, (*source, record.flow), (*source, WHOLE)) if names in self._open]

    def _remember_open(self, names: tuple[str, str, str]) -> None:
        with self._lock:
            self._open.add(names)

    def _forget_open(self, names: tuple[str, str, str]) -> None:
        with self._lock:
            self._open.discard(names)

    def _is_there(self, missing: tuple[str, str]) -> bool:
        link = self.ledger.links.get(*missing)
        return link is not None and link.vendor_key is not None

    def _begin(self, letter_id: int) -> bool:
        with self._lock:
            new = letter_id not in self._trying
            self._trying.add(letter_id)
            return new

    def _end(self, letter_id: int) -> None:
        with self._lock:
            self._trying.discard(letter_id)
