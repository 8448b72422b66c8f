"""The SDK's own suite for targets, on the terms of an API with streams of its own."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.testing import Sandbox

LETTER = "streams that the API has no place for are ignored; one that it has a place for would be a dead letter"
NOT_HERE = {
    "record_before_schema": LETTER,
    "record_missing_key_property": LETTER,
    "invalid_schema": "its stream is one that the API has no place for, so its SCHEMA is not looked at",
}


class OnSandbox:
    """Goes before a class that `singer_sdk.testing` makes with `settings`; they get the addresses before a test runs.

    Every stream of the suite is one that the API has no place for: nothing may be written, nothing may fail.
    """

    settings: ClassVar[dict[str, Any]]
    system: ClassVar[str]

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _sandbox(cls, sandbox_server: Sandbox) -> Iterator[None]:
        with tempfile.TemporaryDirectory() as folder:
            sandbox_server.reset()
            url = getattr(sandbox_server, f"{cls.system}_url")
            cls.settings.update(api_url=url, ledger_url=f"sqlite:///{folder}/ledger.db")
            before = sandbox_server.snapshot()
            yield
            assert sandbox_server.snapshot() == before

    @pytest.fixture(scope="class")
    @classmethod
    def resource(cls) -> None:
        """Nothing is needed beyond the sandbox."""

    @pytest.fixture(autouse=True)
    def _applies(self, request: pytest.FixtureRequest) -> None:
        for name, reason in NOT_HERE.items():
            if name in request.node.name:
                pytest.skip(reason)
