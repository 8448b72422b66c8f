"""One state record against what the ledger knows: what was agreed, what the source changed since."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_rest_sink.errors import RecordRejected
from singer_rest_sink.merge import ABSENT, Merged, Wanted, together
from singer_rest_sink.record import SOURCE
from singer_rest_sink.two_ways import WROTE, wrote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_rest_sink.ledger import Content, Held
    from singer_rest_sink.record import Record
    from singer_rest_sink.references import Resolved
    from singer_rest_sink.sink import RestSink

PLACE = "@place"


@dataclass(frozen=True)
class Case:
    """A record under its lease. Values that begin with `@` are the API's side: its last agreed value, the place."""

    sink: RestSink
    record: Record
    held: Held

    @cached_property
    def own(self) -> Content | None:
        """What this flow last wrote."""
        return self.held.content(self.record.flow)

    @cached_property
    def base(self) -> dict[str, Any]:
        """What was agreed: by this flow, else by the others."""
        if self.own is not None:
            return self.own.values
        return {name: value for content in self.held.contents.values() for name, value in content.values.items()}

    @property
    def place(self) -> str | None:
        """The place where the record is, as far as is known without asking."""
        return self.base.get(PLACE) or self.sink.place(self.record)

    def wanted(self, place: str | None, *, creating: bool = False) -> Iterator[Wanted]:
        """Give the properties that the source changed, or (creating) all, encoded for the API."""
        for name, value in self.record.values.items():
            if self.sink.is_reference(name) or not (creating or self._changed(name, value)):
                continue
            if (encoded := self.sink.encode(name, value, place)) is not None:
                rule = self.sink.rules[name]
                yield Wanted(name, *encoded, self._agreed(name, place) if rule.shared else ABSENT, rule)

    @cached_property
    def relinks(self) -> bool:
        """Whether the record refers to others that it did not refer to before."""
        return any(
            self.sink.is_reference(name) and self._changed(name, value) for name, value in self.record.values.items()
        )

    def remember(
        self, key: str | None, result: str, merged: Merged, resolved: Resolved, place: str | None = None
    ) -> str:
        """Keep in the ledger what was written, what the API keeps instead and where it is; gives what was decided."""
        values = {name: value for name, value in self.base.items() if name != WROTE}
        for name, value in self.record.values.items():
            adds = self.sink.adds(name) and isinstance(value, list) and value
            values[name] = together(values.get(name), value) if adds else value
            values.pop(f"@{name}", None)
        for name in resolved.incomplete:
            values.pop(name, None)
        values |= {f"@{name}": there for name, there in merged.kept.items()}
        if mine := wrote(self.base, values, merged.sent):
            values[WROTE] = mine
        values |= {SOURCE: self.record.source.mark} | ({PLACE: place} if place else {})
        detail = "; ".join(merged.notes)
        self.sink.ledger.written(
            self.sink.stream,
            self.record.external_id,
            vendor_key=key,
            flow=self.record.flow,
            content=self.record.content(values, complete=not resolved.incomplete),
            result=result,
            detail=detail,
        )
        return detail

    def _changed(self, name: str, value: Any) -> bool:
        if self.base and self.sink.rules[name].only_creates(self.record.flow):
            return False
        return not self.sink.agrees(name, self.base.get(name), value)

    def _agreed(self, name: str, place: str | None) -> Any:
        """Give the API's last agreed value of a shared property; ABSENT when there is none."""
        if f"@{name}" in self.base:
            return self.base[f"@{name}"]
        if name not in self.base:
            return ABSENT
        try:
            encoded = self.sink.encode(name, self.base[name], place)
        except RecordRejected:
            return ABSENT
        return encoded[1] if encoded else ABSENT
