"""The mapper plugin."""

import gc
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar

from singer_rest import (
    BurstWriter,
    DocumentError,
    FatalRunError,
    Shell,
    SingerReader,
    UnreadableLine,
    declared_settings,
    record_end,
)
from singer_sdk import singerlib as singer
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities
from singer_sdk.mapper_base import InlineMapper

from mapper_crosswalk.check.mapping import load_mapping
from mapper_crosswalk.run.crosswalk import MAX_RECORD_BYTES, REJECTS, Crosswalk, Row, row_message
from mapper_crosswalk.run.output import REJECTED_MESSAGE

Message = dict[str, Any]

REJECTED = (
    "%d records could not be mapped: they go on as stream rejected_records, "
    "of which our targets make dead letters: `dead-letters list` (in a dry run none)"
)


@dataclass
class Mapped(singer.Message):
    """A message that is a plain dict already."""

    body: Message

    def to_dict(self) -> Message:
        """Return the message."""
        return self.body


class MapperCrosswalk(Shell, InlineMapper):
    """Maps records between two systems, in both directions, by a checked YAML file."""

    name = "mapper-crosswalk"
    package_name = "mapper-crosswalk"
    capabilities: ClassVar[list[CapabilitiesEnum]] = [PluginCapabilities.ABOUT, PluginCapabilities.STRUCTURED_LOGGING]
    message_reader_class = SingerReader
    message_writer_class = BurstWriter
    config_jsonschema: ClassVar[Message] = declared_settings("mapper_crosswalk", None, "mapping_file")

    message_reader: SingerReader
    message_writer: BurstWriter

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        path = Path(self.config["mapping_file"])
        mapping = load_mapping(path)
        self.crosswalk = Crosswalk(mapping, self.logger)
        self.logger.info(
            "mapping %s, %s; after a change of the mapping, meltano run --full-refresh sends everything again",
            path,
            mapping.fingerprint,
        )
        self._rejects_described = False
        self.message_reader.on_unreadable = self._unreadable
        self.message_reader.on_idle = self.message_writer.flush
        self.message_reader.on_busy = self.message_writer.flush_late
        gc.freeze()  # what is loaded by now stays: collections needn't look at it

    def map_schema_message(self, message_dict: Message) -> Iterable[singer.Message]:
        """Give the SCHEMAs of what the stream becomes. UnreadableLine for a SCHEMA that is none."""
        _require(message_dict, stream=str, schema=dict)
        properties = message_dict["schema"].get("properties")
        if not isinstance(properties, dict) or not all(isinstance(each, dict | bool) for each in properties.values()):
            raise UnreadableLine("a SCHEMA without properties")
        try:
            return map(Mapped, self.crosswalk.schema(message_dict))
        except (AttributeError, KeyError, TypeError, ValueError):
            raise UnreadableLine("a SCHEMA that is no JSON Schema") from None

    def map_record_message(self, message_dict: Message) -> Iterable[singer.Message]:
        """Give a record for each flow that takes it."""
        return map(Mapped, self.crosswalk.record(message_dict))

    def map_state_message(self, message_dict: Message) -> Iterable[singer.Message]:
        """Pass the tap's state on as it is."""
        yield Mapped(message_dict)

    def map_activate_version_message(self, message_dict: Message) -> Iterable[singer.Message]:
        """Pass a version on to the streams that only this one becomes."""
        _require(message_dict, stream=str)
        return map(Mapped, self.crosswalk.activate_version(message_dict))

    def _process_record_message(self, message_dict: Message) -> None:
        if "record" not in message_dict or type(message_dict.get("stream")) is not str:
            _require(message_dict, stream=str, record=object)
        rows = self.crosswalk.rows(message_dict, oversized=self.message_reader.line_size > MAX_RECORD_BYTES)
        try:
            if rows is None:
                self.message_writer.add(message_dict)
            else:
                self._write_rows(rows, message_dict)
        except RecursionError:
            raise UnreadableLine("nested too deeply") from None

    def _write_rows(self, rows: list[Row], message: Message) -> None:
        if rows and rows[0][0] is REJECTS:
            self._describe_rejects()
        if message.get("version") is not None:
            for output, row in rows:
                self.message_writer.add(row_message(output, row, message))
            return
        end = record_end(message.get("time_extracted"))
        for output, row in rows:
            self.message_writer.add_record(output.stream, row, end)

    def _unreadable(self, line: bytes, number: int, why: str) -> None:
        """Set a line aside that is no message: what it was, as far as it can be told."""
        self._describe_rejects()
        output, row = self.crosswalk.unreadable(line, f"line {number} can't be read: {why}")
        self.message_writer.add(row_message(output, row, {}))

    def _describe_rejects(self) -> None:
        """Send the SCHEMA of what can't be mapped before the first such record, whatever came until then."""
        if not self._rejects_described:
            self._rejects_described = True
            self.message_writer.add(REJECTED_MESSAGE)

    def _process_batch_message(self, message_dict: Message) -> None:
        stream = message_dict.get("stream")
        raise FatalRunError(f"stream '{stream}' comes in BATCH files: switch the tap's batch_config off")

    def process_endofpipe(self) -> None:
        """Write what is left, and say how many records were set aside."""
        self.message_writer.flush()
        super().process_endofpipe()
        if self.crosswalk.rejected:
            self.logger.warning(REJECTED, self.crosswalk.rejected)

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """End with what was read; nothing that is mapped is lost."""
        self.message_reader.stop(finish_chunk=True)

    @classmethod
    def explain(cls, error: Exception) -> list[str]:
        """Say everything that is wrong with the mapping, a line each."""
        return (
            [str(finding) for finding in error.findings] if isinstance(error, DocumentError) else super().explain(error)
        )


def _require(message: Message, **kinds: type) -> None:
    """Raise UnreadableLine when a message lacks what its type needs."""
    for name, kind in kinds.items():
        if name not in message or not isinstance(message[name], kind):
            raise UnreadableLine(f"a {message['type']} has no {name}")
