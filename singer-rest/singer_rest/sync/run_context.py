"""What one run of a target hands to its sinks and to the engine: connections, ledger and the settings that decide."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from logging import Logger
from typing import Any, Protocol

from singer_rest.errors import ApiError
from singer_rest.http.client import RestClient
from singer_rest.ledger import Ledger


class ReferredSink(Protocol):
    """The sink of a stream, as far as records that refer to it need it."""

    def read(self, key: str) -> dict[str, Any]:
        """Give the API's record."""

    def is_gone(self, refused: ApiError) -> bool:
        """Whether the API says that the record does not exist."""

    def make_bare(self, natural: str, value: str) -> dict[str, Any]:
        """Find or make a record of which only a natural key is known."""

    def gone(self, keys: Collection[str]) -> set[str]:
        """Give those of the keys whose record does not exist any more."""

    def relink(self, gone: str, *, wanted: Collection[str] = (), record: Any = None) -> bool:
        """Let the names of a record that is gone lead to whoever they mean now."""

    def key_of(self, vendor: dict[str, Any]) -> str:
        """Give the key in the API's record."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunContext:
    """Made once per run. In a dry run client and ledger are stand-ins that write nothing.

    `sink_for` gives the sink of a stream. `probe` raises FatalRunError when credentials or host are at fault.
    `effects_since`: effects of earlier dates are not made. `settle_seconds`: so long after it was sent, a request of a
    run that died may still take effect. `newest_wins`: the setting `conflict: newest`. `clock`: seconds since 1970.
    `went_back`: stream and id of the records whose version at the source went back while time went on.
    """

    client: RestClient
    ledger: Ledger
    logger: Logger
    sink_for: Callable[[str], ReferredSink]
    probe: Callable[[], None]
    effects_since: datetime
    settle_seconds: float
    dry_run: bool = False
    newest_wins: bool = False
    clock: Callable[[], float] = field(default=time.time)
    went_back: set[tuple[str, str]] = field(default_factory=set)
