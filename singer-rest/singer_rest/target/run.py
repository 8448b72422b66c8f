"""What one run is made of: its context, and the sinks that write by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from logging import Logger
from typing import Any

import msgspec

from singer_rest.errors import FatalRunError, UnreadableLine
from singer_rest.http.client import RestClient
from singer_rest.ledger import Ledger
from singer_rest.sync.run_context import ReferredSink, RunContext
from singer_rest.sync.sink import RestSink
from singer_rest.target.settings import date_of

MakeSink = Callable[[type[RestSink], dict[str, Any], Sequence[str]], RestSink]


def settle_seconds(config: Mapping[str, Any]) -> float:
    """How long the last request of a run that died may still take effect: as long as one waits for an answer."""
    return min(config["request_timeout"], config["search_lag_seconds"])  # type: ignore[no-any-return]


def run_context(  # noqa: PLR0913 - the parts of a run, by name
    config: Mapping[str, Any],
    *,
    client: RestClient,
    ledger: Ledger,
    logger: Logger,
    sink_for: Callable[[str], ReferredSink],
    probe: Callable[[], None],
) -> RunContext:
    """The context of a run with these settings. FatalRunError for a date that is none."""
    given = config.get("effects_since")
    return RunContext(
        client=client,
        ledger=ledger,
        logger=logger,
        sink_for=sink_for,
        probe=probe,
        effects_since=date_of(given, "effects_since") if given else min(ledger.born, client.server_now()),
        settle_seconds=settle_seconds(config),
        dry_run=bool(config.get("dry_run")),
        newest_wins=config.get("conflict") == "newest",
    )


class Sinks:
    """The sinks of a run by stream, each with the SCHEMA of this run, else of the last one, else the API's own."""

    def __init__(self, classes: Sequence[type[RestSink]], make: MakeSink) -> None:
        self.classes = {sink_class.stream: sink_class for sink_class in classes}
        self.ready: dict[str, RestSink] = {}
        """Those whose SCHEMA came in this run."""
        self._make = make
        self._made: dict[str, RestSink] = {}
        self._schemas: dict[str, tuple[Any, Any]] = {}
        self._prepared: set[str] = set()
        self._unprepared: set[str] = set()

    def take_schema(self, stream: str, schema: dict[str, Any], keys: Sequence[str]) -> None:
        """Make the sink of a SCHEMA and resolve its names; the same SCHEMA again changes nothing.

        UnreadableLine for one that says nonsense, FatalRunError for names that lead nowhere.
        """
        if self._schemas.get(stream) == (schema, keys):
            return
        try:
            sink = self._make(self.classes[stream], schema, keys)
            sink.prepare()
        except (AttributeError, KeyError, TypeError) as nonsense:
            raise UnreadableLine(f"the SCHEMA of stream {stream} can't be understood") from nonsense
        self.ready[stream] = self._made[stream] = sink
        self._prepared.add(stream)
        self._schemas[stream] = (schema, keys)
        # for dead letters that are tried in a run where it does not come
        text, bindings = msgspec.json.encode(schema).decode(), sink.ledger.bindings
        if bindings.get("schema", "", stream) != text:
            bindings.bind("schema", "", stream, text)

    def sink_for(self, stream: str, ledger: Ledger) -> RestSink:
        """The sink of a stream that records refer to, or that dead letters are of."""
        sink = self._made.get(stream)
        if sink is None:
            kept, sink_class = ledger.bindings.get("schema", "", stream), self.classes[stream]
            schema = msgspec.json.decode(kept) if kept else sink_class.accepts()
            sink = self._made.setdefault(stream, self._make(sink_class, schema, ()))
        return sink

    def for_dead_letter(self, stream: str, context: RunContext) -> RestSink | None:
        """The sink of a stream for dead letters; None where its names lead nowhere any more, or nobody knows it."""
        if stream not in self.classes or stream in self._unprepared:
            return None
        sink = self.sink_for(stream, context.ledger)
        if stream not in self._prepared:
            try:
                sink.prepare()
            except FatalRunError as stopped:
                self._unprepared.add(stream)
                context.logger.warning("dead letters of %s are not tried: %s", stream, stopped)
                return None
            self._prepared.add(stream)
        return sink
