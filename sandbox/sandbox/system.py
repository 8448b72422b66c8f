"""What the sandbox asks of each of the two systems that it plays."""

from typing import Any, Protocol

from starlette.routing import BaseRoute


class LoadError(ValueError):
    """A record handed to `load` that the system can't hold; the message says why."""


class System(Protocol):
    """One API with its own state. Constructed with the shared `Clock` and `Delivery`.

    `search_lag_seconds` is set by the fault rule `stale_search`: the search doesn't see writes of the last so many
    seconds (0: it sees all). It is back at 0 when the rules are cleared.
    """

    name: str
    search_lag_seconds: float

    def routes(self) -> list[BaseRoute]:
        """All routes from the root of the port, a catch-all for unknown paths last. They check the credentials."""
        ...

    def reset(self, seed: str) -> None:
        """Forget everything, then hold the seed `empty` or `demo`."""
        ...

    def load(self, type: str, record: dict[str, Any]) -> None:  # noqa: A002 - the word of the control call
        """Insert or replace one record, ids and timestamps as given. Raises LoadError."""
        ...

    def snapshot(self) -> dict[str, list[dict[str, Any]]]:
        """Everything by type, in order of creation, as the API shows it."""
        ...

    def dump(self) -> dict[str, Any]:
        """All state as plain JSON data, for the store file."""
        ...

    def restore(self, data: dict[str, Any]) -> None:
        """Hold exactly what an earlier `dump` gave."""
        ...
