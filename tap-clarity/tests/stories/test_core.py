"""The SDK's own suite, over a shop that uses every field and adds its own."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sandbox.testing import Sandbox
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from tap_clarity.tap import TapClarity

# the SDK builds its tests before the sandbox runs, and reads this dict when they run
CONFIG = {"api_url": "http://127.0.0.1:1", "api_key": "-"}
SAMPLES = {"string": "text", "number": Decimal("208.38"), "integer": 3, "boolean": True}
FORMATS = {"date-time": "2026-05-02T15:00:00Z", "date": "2026-06-01"}


def sample(schema: dict[str, Any]) -> Any:
    """A value with every field that the schema knows, and one that it does not."""
    kind = schema["type"] if isinstance(schema["type"], str) else schema["type"][0]
    if kind == "array":
        return [sample(schema["items"])]
    if kind != "object":
        return FORMATS.get(schema.get("format", ""), SAMPLES[kind])
    known = {name: sample(field) for name, field in schema.get("properties", {}).items()}
    return {name: known[name] for name in known.keys() - {"_extra", "customer"}} | {"fieldOfThisShop": "kept"}


@pytest.fixture(scope="module", autouse=True)
def full_shop(sandbox_server: Sandbox) -> Iterator[None]:
    CONFIG.update(api_url=sandbox_server.clarity_url, api_key=sandbox_server.clarity_key)
    sandbox_server.reset()
    for name, stream in TapClarity(config=CONFIG).streams.items():
        record = sample(stream.schema) | ({"customerId": "customers-1"} if name == "orders" else {})
        rows = [record | {stream.key: f"{name}-{number}"} for number in range(3)]  # type: ignore[attr-defined]
        sandbox_server.load([{"system": "clarity", "type": name, "record": row} for row in rows])
    yield
    sandbox_server.reset()


# what is gone is told in events mode alone
pytestmark = pytest.mark.filterwarnings(r"ignore:Fields in transformed catalog but not in records. .*_sdc_deleted_at")

TestTapClarity = get_tap_test_class(
    TapClarity, config=CONFIG, suite_config=SuiteConfig(max_records_limit=10), parse_env_config=False
)
