"""The SDK's own suite, over an account that uses every field and has its own."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sandbox.testing import Sandbox
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from tap_streak.deletions import KnownKeys
from tap_streak.stream import SCHEMAS
from tap_streak.tap import TapStreak

# the SDK builds its tests before the sandbox runs, and reads this dict when they run
CONFIG: dict[str, Any] = {"api_url": "http://127.0.0.1:1", "api_key": "-", "requests_per_second": 10_000}
SAMPLES = {"string": "text", "number": Decimal("0.87"), "integer": 3, "boolean": True}
WHEN = 1_777_680_000_123
LINKED = {"contacts": "C", "organizations": "O", "contactLinks": "C", "orgLinks": "O"}
OWN: dict[str, dict[str, Any]] = {
    "users": {"email": "sample@acme.example", "userKey": "U"},
    "teams": {
        "members": [{"email": "robot@sandbox-sales.example"}, {"email": "sample@acme.example", "userKey": "U"}],
    },
    "organizations": {"domains": ["acme.example"]},
    "contacts": {"emailAddresses": ["ada@acme.example"]},
    "boxes": {"stageKey": "5001", "assignedToSharingEntries": [{"email": "ada@acme.example"}]},
}


def sample(schema: dict[str, Any], without: frozenset[str] = frozenset()) -> Any:
    """A value with every field that the schema knows, and one that it does not."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if schema.get("format") == "date-time":
        return WHEN
    if "array" in kinds and "items" in schema:
        return [sample(schema["items"])]
    if kinds[0] != "object":
        return SAMPLES[kinds[0]]
    known = {name: sample(field) for name, field in schema.get("properties", {}).items() if name not in without}
    return {name: known[name] for name in known.keys() - {"_extra"}} | {"fieldOfThisTeam": "kept"}


def record_of(tap: TapStreak, noun: str) -> dict[str, Any]:
    stream: Any = tap.streams[noun]
    made: dict[str, Any] = sample(SCHEMAS.get_schema(noun), stream.companions)
    made.update({name: [{"key": key, "isStarred": True}] for name, key in LINKED.items() if name in made})
    key = {"contacts": "C", "organizations": "O", "boxes": "B", "pipelines": "P"}.get(noun, noun)
    made = {**made, "key": key, "creatorKey": "U", "fields": {}, **OWN.get(noun, {})}
    return {name: value for name, value in made.items() if name not in ("teamKey", "pipelineKey", "boxKey")}


def remember_deleted(file: Any) -> None:
    """Let the tap know of records that are not there any more."""
    CONFIG.update(detect_deletes=True, known_keys_file=str(file))
    for noun, parent in (("boxes", "P"), ("contacts", "T-1"), ("organizations", "T-1")):
        KnownKeys(str(file), f"{CONFIG['api_url']} T-1", noun).remember({"gone": parent})


@pytest.fixture(scope="module", autouse=True)
def full_account(sandbox_server: Sandbox, tmp_path_factory: Any) -> Iterator[None]:
    CONFIG.update(api_url=sandbox_server.streak_url, api_key=sandbox_server.streak_key, team="T-1")
    sandbox_server.reset()
    tap = TapStreak(config=CONFIG)
    user = record_of(tap, "users") | {"key": "U"}
    team = record_of(tap, "teams") | {"key": "T-1"}
    stage = sample(SCHEMAS.get_schema("stages"), frozenset(tap.streams["stages"].companions))  # type: ignore[attr-defined]
    field = sample(SCHEMAS.get_schema("fields"), frozenset(tap.streams["fields"].companions))  # type: ignore[attr-defined]
    pipeline = record_of(tap, "pipelines") | {
        "teamKey": "T-1",
        "stages": {"5001": stage | {"key": "5001"}},
        "stageOrder": ["5001"],
        "fields": [field | {"key": "1001", "type": "TEXT_INPUT"}],
    }
    rows = [("users", user), ("teams", team), ("pipelines", pipeline)]
    rows += [(noun, record_of(tap, noun) | {"teamKey": "T-1"}) for noun in ("organizations", "contacts")]
    rows.append(("boxes", record_of(tap, "boxes") | {"pipelineKey": "P"}))
    rows += [(noun, record_of(tap, noun) | {"boxKey": "B"}) for noun in ("tasks", "comments", "meetings")]
    rows[-1][1]["meetingType"] = "CALL_LOG"
    rows.append(("meetings", {"key": "M", "boxKey": "B", "meetingType": "MEETING_NOTES", "startTimestamp": WHEN}))
    remember_deleted(tmp_path_factory.mktemp("keys") / "keys.db")
    sandbox_server.load([{"system": "streak", "type": noun, "record": row} for noun, row in rows])
    yield
    sandbox_server.reset()


# the sandbox writes the entries of a timeline itself: none has a field that the schema does not know;
# that a task, comment or meeting is gone is told in events mode alone
pytestmark = pytest.mark.filterwarnings(
    r"ignore:Fields in transformed catalog but not in records. \(\{'(_extra|_sdc_deleted_at)'\}\)"
)

TestTapStreak = get_tap_test_class(
    TapStreak, config=CONFIG, suite_config=SuiteConfig(max_records_limit=10), parse_env_config=False
)
