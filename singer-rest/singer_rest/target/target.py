"""The target: its own message loop around lanes, STATE behind the low-water mark, a clean end whatever ends it."""

from __future__ import annotations

import sys
import time
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, ClassVar, cast

import msgspec
from singer_sdk.helpers.capabilities import PluginCapabilities

from singer_rest.errors import FatalRunError, RecordRejected, UnreadableLine, redact, single_line
from singer_rest.http.client import RestClient
from singer_rest.ledger import Ledger
from singer_rest.ledger.ledger import SETTINGS
from singer_rest.plugin.files import only_told
from singer_rest.plugin.stdio import SingerReader
from singer_rest.sync.run_context import RunContext
from singer_rest.sync.sink import RestSink
from singer_rest.target.command_line import CommandLine
from singer_rest.target.dispatch import Writer
from singer_rest.target.dry_run import Plan, PlanClient, PlanLedger
from singer_rest.target.error_budget import RejectedLimit
from singer_rest.target.first_look import HeldBack
from singer_rest.target.lanes import Lanes, with_spare
from singer_rest.target.messages import REJECTS, record_in, schema_in
from singer_rest.target.restored import Restored
from singer_rest.target.run import Sinks, run_context
from singer_rest.target.settings import source_of
from singer_rest.target.summary import Summary

RETRY_SECONDS = 2.0
TICK_SECONDS = 0.05
EARLY = RecordRejected("the record came before its SCHEMA", code="no_schema")

_encode = msgspec.json.Encoder(decimal_format="number").encode


class RestTarget(CommandLine):
    """A Singer target that writes to a REST API, record by record."""

    capabilities: ClassVar[list[Any]] = [PluginCapabilities.ABOUT, PluginCapabilities.STRUCTURED_LOGGING]
    message_reader_class = SingerReader
    sink_classes: ClassVar[tuple[type[RestSink], ...]]
    end_settings: ClassVar[str] = SETTINGS
    """What to tell a person of the settings that name the two ends of a direction."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments, setup_mapper=False)
        self.summary = Summary()
        self._sinks = Sinks(self.sink_classes, self.make_sink)
        self._ignored: set[str] = set()
        self._opened, self._run_id = False, 0
        self._schema: dict[str, Any] = {}
        self._held: HeldBack | None = None
        self._waiting: list[Callable[[], object]] = []
        self._state_at = self._retried_at = self._next_tick = 0.0
        self._last_state: Any = None
        self._held_state: Any = None
        self._reader = cast("SingerReader", self.message_reader)
        self._reader.on_idle = self._reader.on_busy = self.tick
        self._reader.on_unreadable = self._unreadable

    # what a target of one API says

    @abstractmethod
    def connect(self) -> RestClient:
        """Make the client and check the credentials. FatalRunError when they are wrong or nobody answers."""

    @abstractmethod
    def destination(self) -> str:
        """Name what is written to (API origin and account); the ledger is scoped by it."""

    def probe(self) -> None:
        """Ask whether the credentials and the host are alive. FatalRunError when they are not."""

    def make_sink(self, sink_class: type[RestSink], schema: dict[str, Any], keys: Sequence[str] = ()) -> RestSink:
        """Make a sink; a target hands over what its own sinks need besides the context."""
        return sink_class(self.context, schema, keys)

    def awaited(self) -> str | None:
        """Name the stream whose records must be seen before anything is written; None when none must."""
        return None

    def remarks(self) -> Iterable[str]:
        """Say what else there is to say of a run that ended."""
        return ()

    # what sinks use

    @cached_property
    def client(self) -> RestClient:
        """The one client of all lanes; in a dry run it only reads."""
        client = self.connect()
        return cast("RestClient", PlanClient(client, self.plan)) if self.dry_run else client

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger; in a dry run it is only read."""
        ledger = self.open_ledger(self.destination(), read_only=self.dry_run)
        return cast("Ledger", PlanLedger(ledger)) if self.dry_run else ledger

    @cached_property
    def plan(self) -> Plan:
        """The plan of a dry run."""
        return Plan(self.config.get("dry_run_file"))

    @cached_property
    def context(self) -> RunContext:
        """What sinks and engine need of this run."""
        return run_context(
            self.config,
            client=self.client,
            ledger=self.ledger,
            logger=self.logger,
            sink_for=self.sink_for,
            probe=self.probe,
        )

    @property
    def dry_run(self) -> bool:
        """Whether nothing is to be written."""
        return bool(self.config.get("dry_run"))

    def open_ledger(self, destination: str, *, read_only: bool) -> Ledger:
        """Open the ledger of the settings for one destination. FatalRunError when that is not possible."""
        return Ledger.open(
            self.config["ledger_url"],
            source=source_of(self.config, self._schema),
            destination=destination,
            owner=self.name,
            read_only=read_only,
            settings=self.end_settings,
        )

    def sink_for(self, stream: str) -> RestSink:
        """Give the sink of a stream."""
        return self._sinks.sink_for(stream, self.ledger)

    # messages

    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        stream, schema, keys = schema_in(message_dict)
        if stream == REJECTS:  # the mapper's own
            return
        self._check_origin(schema)
        self._open()
        if stream not in self._sinks.classes:
            self._ignore(stream)
            return
        self._sinks.take_schema(stream, schema, keys)
        if (look := self._sinks.ready[stream].first_look()) is not None:
            self._held = self._held or HeldBack()
            self._held.watch(self._sinks.ready[stream], look)
        elif stream == self.awaited():
            self._release()

    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        if self._held is not None and self._holds_back(message_dict):
            return
        stream = message_dict.get("stream")
        if type(stream) is str and stream in self._sinks.ready:
            self._writer.take(self._sinks.ready[stream], message_dict.get("record"), self._reader.line_size)
            return
        stream, record = record_in(message_dict)
        if stream == REJECTS:
            self._when_open(lambda: self._writer.mapper_reject(record))
        elif stream in self._sinks.classes:
            size = self._reader.line_size
            self.summary.read[stream] += 1
            self._when_open(lambda: self._writer.reject(stream, record, EARLY, size))
        else:
            self.summary.ignored[single_line(stream, 100)] += 1
            self._ignore(stream)

    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        state = message_dict.get("value")
        if type(state) is not dict:
            raise UnreadableLine("a STATE without value")
        if self._held is not None and self._holds_back(message_dict):
            return
        if self._opened:
            self._lanes.note_state(state)
        else:
            self._when_open(lambda: self._lanes.note_state(state))
        self.tick()

    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        """Ignore it: nothing is deleted at the destination."""

    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        raise FatalRunError(f"stream {message_dict.get('stream')} comes as BATCH files: turn batches off in the tap")

    def process_endofpipe(self) -> None:
        """Finish what was read, then emit the last STATE and say what was done."""
        self._open()
        self._release()
        if self._reader.stopping and (left := self._lanes.pending):
            self.logger.info("told to end: finishing the %s records that were read", f"{left:,}")
        self._writer.retry(self.ledger.dead_letters.due())
        self._lanes.join(self.tick)
        self._mend()
        self._emit_state(last=True)
        self._end()

    def tick(self) -> None:
        """Do what time brings: STATE, letters that are due, a progress line."""
        now = time.monotonic()
        if not self._opened:
            return
        if self._lanes.failure:
            raise self._lanes.failure
        if now < self._next_tick:
            return
        if self._held is not None:
            if not self._held.is_overdue():
                return
            self._release()
        self._next_tick = now + min(TICK_SECONDS, self.config["state_interval"])
        self._emit_state()
        if (progress := self.summary.progress(self._lanes.pending)) is not None:
            self.logger.info("%s", progress)
        if self._went_back:
            self._restored.say()
        if now - self._retried_at > RETRY_SECONDS and not self._lanes.pending:
            self._retried_at = now
            self._mend()
            self._writer.retry(self.ledger.dead_letters.due())

    # inside

    def _check_origin(self, schema: dict[str, Any]) -> None:
        """Take the origin of the first SCHEMA. FatalRunError for records of another source behind them."""
        if not self._opened:
            self._schema = schema
            return
        source, ours = source_of(self.config, schema), self.ledger.scope.source
        if source not in {None, ours}:
            raise FatalRunError(f"one pipe brings records of two sources, {ours} and {source}: run one for each")

    def _when_open(self, work: Callable[[], object]) -> None:
        """Do what needs the ledger; before the first SCHEMA nobody knows which, so it waits."""
        if self._opened:
            work()
        else:
            self._waiting.append(work)

    def _holds_back(self, message: dict[str, Any]) -> bool:
        """Hold a message back while too few records were looked at."""
        if self._held is not None and self._held.add(message, self._reader.line_size):
            self._release()
        return True

    def _mend(self) -> None:
        for sink in self._sinks.ready.values():
            sink.mend()

    def _release(self) -> None:
        """Let what was held back go on. FatalRunError when it must not be written."""
        held, self._held = self._held, None
        if held is None:
            return
        messages = held.release()
        self._writer.retry_for_gone_links()
        for message, size in messages:
            self._reader.line_size = size
            take = self._process_state_message if message["type"] == "STATE" else self._process_record_message
            take(message)
        self.ledger.claim()

    def _open(self) -> None:
        """Connect, open the ledger and start the lanes; only once, and before anything is written."""
        if self._opened:
            return
        limit = RejectedLimit.of(self.config["max_rejected"])
        _ = self.client
        self._last_run = next((run.ended_at or run.started_at for run in self.ledger.runs.latest(1)), None)
        self._lanes = Lanes(with_spare(self.config["concurrency"]), max_pending=self.config["max_pending"])
        self._writer = Writer(
            self.context,
            self._lanes,
            self.summary,
            limit,
            sink_for_dead_letter=lambda stream: self._sinks.for_dead_letter(stream, self.context),
            tick=self.tick,
        )
        self._went_back = self.context.went_back
        self._restored = Restored(self.logger, self._went_back)
        self._run_id = self.ledger.runs.start("run")
        self._opened = True
        if self.awaited() is not None:
            self._held = HeldBack()
        else:
            self._writer.retry_for_gone_links()
        for work in self._waiting:
            work()

    def _end(self) -> None:
        self.ledger.claim()
        line = self.summary.line(self.client, since=self._last_run, planned=self.dry_run)
        for remark in self.remarks():
            self.logger.info("%s", remark)
        self._restored.say(last=True)
        self.logger.info("%s", line + str(self.plan) if self.dry_run else line)
        self.ledger.runs.end(self._run_id, self.summary.counts(self.client))
        if path := self.config.get("summary_file"):
            with only_told(self.logger, "summary_file", path):
                self.summary.write(path, self.client)
        self.close()

    def close(self) -> None:
        """End the lanes, the connections and the ledger."""
        if self._opened:
            self.client.stop()
            self._lanes.close()
            self.client.close()
        for opened in ("ledger", "plan"):
            if opened in self.__dict__:
                getattr(self, opened).close()

    def _ignore(self, stream: str) -> None:
        if stream not in self._ignored | {REJECTS}:
            self._ignored.add(stream)
            taken = ", ".join(self._sinks.classes)
            self.logger.info("stream %s is ignored: %s takes %s", redact(stream, 100), self.name, taken)

    def _unreadable(self, line: bytes, number: int, why: str) -> None:
        self.summary.read["unreadable"] += 1
        text = line[:1000].decode("utf-8", "backslashreplace")
        rejected = RecordRejected(f"line {number} of the input can't be read: {why}", code="unreadable")
        self._when_open(lambda: self._writer.reject("unreadable", {"line": text}, rejected))

    def _emit_state(self, *, last: bool = False) -> None:
        due = self._lanes.due_state()
        self._held_state = self._held_state if due is None else due
        now = time.monotonic()
        if self._held_state is None or self.dry_run:
            return
        if not last and now - self._state_at < self.config["state_interval"]:
            return
        if self._held_state != self._last_state:
            self._state_at = now
            self.ledger.claim()
            self._write_state_message(self._held_state)
        self._last_state, self._held_state = self._held_state, None

    def _write_state_message(self, state: dict[str, Any]) -> None:
        sys.stdout.write(_encode(state).decode() + "\n")
        sys.stdout.flush()

    def _handle_termination(self, signum: int, frame: Any) -> None:  # noqa: ARG002
        """Only say that it is time: what was read is finished, and the last STATE goes out."""
        self._reader.stop()
