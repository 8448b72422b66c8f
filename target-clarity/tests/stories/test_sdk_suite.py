"""The SDK's own suite for targets, on the shop's terms."""

from typing import Any

from sandbox.sdk_suite import OnSandbox
from singer_sdk.testing import get_target_test_class
from target_clarity.target import TargetClarity

SETTINGS: dict[str, Any] = {"api_key": "sandbox-clarity-key", "requests_per_second": 500, "retry_seconds": 3}

Suite = get_target_test_class(TargetClarity, config=SETTINGS)


class TestTargetClarity(OnSandbox, Suite):  # type: ignore[misc, valid-type]  # the SDK makes the class
    """As a target that has no place for the suite's streams."""

    settings, system = SETTINGS, "clarity"
