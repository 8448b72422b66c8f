"""Plugins in this process, as talkative as they can be, and all that they say."""

from __future__ import annotations

import io
import json
import logging
import traceback
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.in_process import signals_kept
from singer_rest.errors import FatalRunError
from singer_sdk.exceptions import FatalAPIError, RetriableAPIError
from tap_clarity.tap import TapClarity
from tap_streak.tap import TapStreak
from target_clarity.target import TargetClarity
from target_streak.target import TargetStreak

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from sandbox.testing import Sandbox

STOPS = (FatalRunError, FatalAPIError, RetriableAPIError)


@dataclass
class Plugins:
    """The taps and targets; what each gives is its log, its STATEs and its exception, as one text."""

    sandbox: Sandbox
    folder: Path
    caplog: pytest.LogCaptureFixture

    def tap_clarity(self, _lines: str = "", **settings: Any) -> str:
        """Read the shop."""
        config = {"api_url": self.sandbox.clarity_url, "api_key": self.sandbox.clarity_key} | settings
        return self._told(lambda: TapClarity(config=config).sync_all())

    def tap_streak(self, _lines: str = "", **settings: Any) -> str:
        """Read the CRM."""
        config = {"api_url": self.sandbox.streak_url, "api_key": self.sandbox.streak_key, "requests_per_second": 1000}
        return self._told(lambda: TapStreak(config=config | settings).sync_all())

    def target_streak(self, lines: str, **settings: Any) -> str:
        """Write what was read in the shop."""
        own = {"api_url": self.sandbox.streak_url, "api_key": self.sandbox.streak_key, "create_missing_fields": True}
        config = self._of_a_target() | own | settings
        return self._told(lambda: TargetStreak(config=config).run(io.StringIO(lines)))

    def target_clarity(self, lines: str, **settings: Any) -> str:
        """Write what was read in the CRM."""
        own = {"api_url": self.sandbox.clarity_url, "api_key": self.sandbox.clarity_key}
        config = self._of_a_target() | own | settings
        return self._told(lambda: TargetClarity(config=config).run(io.StringIO(lines)))

    def _of_a_target(self) -> dict[str, Any]:
        ledger = f"sqlite:///{self.folder}/ledger.db"
        patience = {"retry_seconds": 2, "request_timeout": 5, "search_lag_seconds": 3, "requests_per_second": 1000}
        return patience | {"ledger_url": ledger, "source": "canaries", "effects_since": "2020-01-01T00:00:00Z"}

    def _told(self, run: Callable[[], object]) -> str:
        raised = ""
        self.caplog.clear()
        stdout = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with signals_kept(), redirect_stdout(stdout), self.caplog.at_level(logging.DEBUG):
            try:
                run()
            except STOPS as stop:
                raised = "".join(traceback.format_exception(stop))
        stdout.seek(0)
        messages = map(json.loads, stdout)  # a target's are STATEs
        states = [one for one in messages if one.get("type", "STATE") == "STATE"]
        return "\n".join([self.caplog.text, raised, json.dumps(states)])
