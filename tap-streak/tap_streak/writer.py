"""Writes Singer lines: money with the digits it came with, records in bursts."""

import sys

from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.singerlib.encoding import SingerMessageType
from singer_sdk.singerlib.encoding.simple import Message
from singer_sdk.singerlib.json import serialize_json


class BurstWriter(MsgSpecWriter):
    """Flushes after every message that is not a RECORD: whoever reads is woken once for a hundred records."""

    def serialize_message(self, message: Message) -> bytearray:
        """One line of UTF-8; half a surrogate pair, which JSON allows and UTF-8 does not, becomes `?`."""
        try:
            return super().serialize_message(message)
        except UnicodeEncodeError:
            line = serialize_json(message.to_dict(), ensure_ascii=False) + "\n"
            return bytearray(line.encode(errors="replace"))

    def write_message(self, message: Message) -> None:
        """Write the message to stdout."""
        sys.stdout.buffer.write(self.serialize_message(message))
        if message.type != SingerMessageType.RECORD:
            self.flush()

    def flush(self) -> None:
        """Hand over what is written so far."""
        sys.stdout.flush()
