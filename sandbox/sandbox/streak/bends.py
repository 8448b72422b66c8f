"""Another Streak than the one that is known: keys of another form, properties that nobody has heard of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.streak.store import Store

FIRST_NUMBER = 5_000_000_000_000_000
PREFIX = "Zz9_"
EXTRA = {"newThing": {"of": ["odd", None, 1.5, {"type": True}]}, "_internal": 0, "x-flag": [[]]}


class Bends:
    """How answers are changed on their way out, and what comes back on its way in."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._numbers: dict[str, int] = {}
        self._keys: dict[int, str] = {}

    def outgoing(self, answer: Any) -> Any:
        """The answer as the other Streak gives it."""
        form, extra = self._store.settings["key_form"], self._store.settings["extra_property"]
        if form == "text" and not extra:
            return answer
        alias = {"text": lambda key: key, "number": self._number, "prefix": lambda key: f"{PREFIX}{key}"}[form]
        return self._out(answer, alias, extra=extra)

    def incoming(self, value: Any) -> Any:
        """A body, a path or a query with the sandbox's own keys."""
        if self._store.settings["key_form"] == "text":
            return value
        if isinstance(value, dict):
            return {self.incoming(name): self.incoming(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.incoming(item) for item in value]
        if isinstance(value, str):
            value = value.removeprefix(PREFIX)
        number = int(value) if isinstance(value, str) and value.isdecimal() else value
        return self._keys.get(number, value) if isinstance(number, int) else value

    def _out(self, value: Any, alias: Callable[[str], Any], *, extra: bool) -> Any:
        if isinstance(value, dict):
            bent = {
                str(self._out(name, alias, extra=False)): self._out(item, alias, extra=extra)
                for name, item in value.items()
            }
            return bent | EXTRA if extra and ("key" in bent or "results" in bent) else bent
        if isinstance(value, list):
            return [self._out(item, alias, extra=extra) for item in value]
        return alias(value) if isinstance(value, str) and self._is_key(value) else value

    def _is_key(self, text: str) -> bool:
        return any(text in table for table in self._store.tables.values())

    def _number(self, key: str) -> int:
        if key not in self._numbers:
            number = FIRST_NUMBER + len(self._numbers)
            self._numbers[key], self._keys[number] = number, key
        return self._numbers[key]
