"""The SDK's own suite for targets, on Streak's terms."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import get_target_test_class
from target_streak.target import TargetStreak

if TYPE_CHECKING:
    from sandbox.testing import Sandbox

# settings are filled in when the sandbox runs, and before the first test
SETTINGS: dict[str, Any] = {"api_key": "sandbox-streak-key", "requests_per_second": 500, "retry_seconds": 3}

Suite = get_target_test_class(TargetStreak, config=SETTINGS)

NOT_FOR_A_CRM = {
    "record_before_schema": "streams that Streak has no place for are ignored; a box would be a dead letter",
    "record_missing_key_property": "streams that Streak has no place for are ignored; a box would be a dead letter",
    "invalid_schema": "its stream is one that Streak has no place for, so its SCHEMA is not looked at",
}


class TestTargetStreak(Suite):  # type: ignore[misc, valid-type]  # the SDK makes the class
    """Every stream of the suite is one that Streak has no place for: nothing may be written, nothing may fail."""

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _sandbox(cls, sandbox_server: Sandbox) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            sandbox_server.reset()
            SETTINGS.update(api_url=sandbox_server.streak_url, ledger_url=f"sqlite:///{folder}/ledger.db")
            before = sandbox_server.snapshot()
            yield
            assert sandbox_server.snapshot() == before

    @pytest.fixture(scope="class")
    @classmethod
    def resource(cls) -> None:
        """Nothing is needed beyond the sandbox."""

    @pytest.fixture(autouse=True)
    def _applies(self, request: pytest.FixtureRequest) -> None:
        for name, reason in NOT_FOR_A_CRM.items():
            if name in request.node.name:
                pytest.skip(reason)
