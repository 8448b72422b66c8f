"""The mapper plugin."""

import gc
import logging
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Any, ClassVar

from singer_sdk import singerlib as singer
from singer_sdk import typing as th
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities
from singer_sdk.mapper_base import InlineMapper
from singer_sdk.plugin_base import _ConfigInput
from singer_sdk.singerlib.exceptions import InvalidInputLine

from mapper_crosswalk.check.mapping import load_mapping
from mapper_crosswalk.run.crosswalk import MAX_RECORD_BYTES, REJECTS, Crosswalk, Row, StreamError, row_message
from mapper_crosswalk.run.lines import BurstWriter, ChunkReader, read_off, tail_of
from mapper_crosswalk.run.output import rejected_message
from mapper_crosswalk.syntax.findings import MappingError


@dataclass
class Mapped(singer.Message):
    """A message that is a plain dict already."""

    body: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the message."""
        return self.body


REJECTED = (
    "%d records could not be mapped: they go on as stream rejected_records, "
    "of which our targets make dead letters: --dead-letters list (in a dry run none)"
)


class MapperCrosswalk(InlineMapper):
    """Maps records between two systems, in both directions, by a checked YAML file."""

    name = "mapper-crosswalk"
    package_name = "mapper-crosswalk"
    capabilities: ClassVar[list[CapabilitiesEnum]] = [PluginCapabilities.ABOUT, PluginCapabilities.STRUCTURED_LOGGING]
    message_reader_class = ChunkReader
    message_writer_class = BurstWriter
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property(
            "mapping_file",
            th.StringType,
            required=True,
            title="Mapping file",
            description="The mapping, a YAML file; relative to where the mapper runs.",
        ),
    ).to_dict()

    message_reader: ChunkReader
    message_writer: BurstWriter

    def __init__(self, **options: Any) -> None:
        self.logger.addFilter(_worth_saying)
        logging.getLogger("singer_sdk.configuration").setLevel(logging.WARNING)  # a line for every setting
        super().__init__(**options)
        path = Path(self.config["mapping_file"])
        mapping = load_mapping(path)
        self.crosswalk = Crosswalk(mapping, self.logger)
        self.logger.info(
            "mapping %s, %s; after a change of the mapping, meltano run --full-refresh sends everything again",
            path,
            mapping.fingerprint,
        )
        self._announced = False
        self.message_reader.unreadable = self._unreadable
        self.message_reader.idle = self.message_writer.flush
        self.message_reader.busy = self.message_writer.flush_late
        gc.freeze()  # what is loaded by now stays: collections needn't look at it

    def map_schema_message(self, message_dict: dict[str, Any]) -> Iterable[singer.Message]:
        """Give the SCHEMAs of what the stream becomes. InvalidInputLine for a SCHEMA that is none."""
        properties = message_dict["schema"].get("properties")
        if not isinstance(properties, dict) or not all(isinstance(each, dict | bool) for each in properties.values()):
            raise InvalidInputLine("a SCHEMA without properties")
        try:
            return map(Mapped, self.crosswalk.schema(message_dict))
        except (AttributeError, KeyError, TypeError, ValueError):
            raise InvalidInputLine("a SCHEMA that is no JSON Schema") from None

    def map_record_message(self, message_dict: dict[str, Any]) -> Iterable[singer.Message]:
        """Give a record for each flow that takes it."""
        return map(Mapped, self.crosswalk.record(message_dict))

    def map_state_message(self, message_dict: dict[str, Any]) -> Iterable[singer.Message]:
        """Pass the tap's state on as it is."""
        yield Mapped(message_dict)

    def map_activate_version_message(self, message_dict: dict[str, Any]) -> Iterable[singer.Message]:
        """Pass a version on to the streams that only this one becomes."""
        return map(Mapped, self.crosswalk.activate_version(message_dict))

    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        oversized = self.message_reader.line_bytes > MAX_RECORD_BYTES
        rows = self.crosswalk.oversized(message_dict) if oversized else self.crosswalk.rows(message_dict)
        if rows is None:
            self.message_writer.add(message_dict)
            return
        if rows and rows[0][0] is REJECTS:
            self._announce()
        try:
            self._add(rows, message_dict)
        except RecursionError:
            raise InvalidInputLine("nested too deeply") from None

    def _add(self, rows: list[Row], message: dict[str, Any]) -> None:
        if message.get("version") is not None:
            for output, row in rows:
                self.message_writer.add(row_message(output, row, message))
            return
        tail = tail_of(message)
        for output, row in rows:
            self.message_writer.add_row(output.stream, row, tail)

    def _unreadable(self, line: bytes, why: str) -> None:
        """Set a line aside that is no message: what it was, as far as it can be told."""
        self._announce()
        output, row = self.crosswalk.unreadable(line, why)
        self.message_writer.add(row_message(output, row, {}))

    def _announce(self) -> None:
        """Send the SCHEMA of what can't be mapped before the first such record, whatever came until then."""
        if not self._announced:
            self._announced = True
            self.message_writer.add(rejected_message())

    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        stream = message_dict.get("stream")
        raise StreamError(f"stream '{stream}' comes in BATCH files: switch the tap's batch_config off")

    def process_endofpipe(self) -> None:
        """Write what is left, and say how many records were set aside."""
        self.message_writer.flush()
        super().process_endofpipe()
        if self.crosswalk.rejected:
            self.logger.warning(REJECTED, self.crosswalk.rejected)

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """End with what was read; nothing that is mapped is lost."""
        self.message_reader.stop()

    @classmethod
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        file_input: IO[str] | None = None,
    ) -> None:
        """Run the mapper; a mistake in the mapping or the stream ends in one line each and exit code 1."""
        try:
            super().invoke(about=about, about_format=about_format, config=config, file_input=file_input)
        except (MappingError, StreamError, InvalidInputLine) as error:
            for finding in error.findings if isinstance(error, MappingError) else [error]:
                cls.logger.error("%s", finding)  # noqa: TRY400 - a user's mistake needs no traceback
            if file_input is None:
                read_off()
            sys.exit(1)
        except BrokenPipeError:
            cls.logger.error("nobody reads what the mapper writes: the target has ended")  # noqa: TRY400
            sys.stdout = None
            sys.exit(1)


def _worth_saying(line: logging.LogRecord) -> bool:
    """Whether it is more than the SDK's talk about itself."""
    return not str(line.msg).startswith(("Skipping parse of env var", "Parsing env var", "Reader '%s' completed"))
