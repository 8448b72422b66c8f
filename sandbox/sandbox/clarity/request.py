"""A request as it came over the wire, and what is answered."""

from dataclasses import dataclass
from typing import Any

from sandbox import wire
from sandbox.clarity.refusal import malformed

Answer = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class Request:
    """Parsed as far as HTTP goes."""

    method: str
    path: str
    names: dict[str, str]
    query: dict[str, str]
    headers: dict[bytes, bytes]
    body: bytes

    def header(self, name: bytes) -> str | None:
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def json(self) -> dict[str, Any]:
        """The body as an object. Raises Refused."""
        try:
            value = wire.decode(self.body)
        except ValueError:
            raise malformed("The body is not JSON") from None
        if not isinstance(value, dict):
            raise malformed("The body is not a JSON object")
        return value


def page(rows: list[bytes], total: int) -> bytes:
    """A part of a list, in the envelope of all lists."""
    more = b"true" if total > len(rows) else b"false"
    return b'{"data":[%b],"totalCount":%d,"hasMore":%b}' % (b",".join(rows), total, more)


def whole_list(rows: list[dict[str, Any]]) -> Answer:
    """A list so short that it has no pages."""
    return 200, page([wire.encode(row) for row in rows], len(rows))
