"""A request is repeated while that may help, and when Streak says so; and never too fast."""

import time
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

GOOD = {"results": [{"key": "B", "lastUpdatedTimestamp": 5}], "hasNextPage": False}
BOXES = "/api/v1/pipelines/P/boxes"


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_the_tap_waits_as_long_as_it_is_told(form: str, server: Any, canned: Any) -> None:
    date = format_datetime(datetime.fromtimestamp(int(time.time()) + 3, tz=UTC), usegmt=True)
    value = {"seconds": "1", "date": date}[form]
    server.says(BOXES, canned(b"", status=429, headers={"Retry-After": value}), canned(GOOD))
    began = time.time()
    assert server.runs.sync("boxes").keys() == ["B"]
    assert time.time() - began >= 1.0


@pytest.mark.parametrize(
    "bad",
    [
        {"body": b"<html>Error: Server Error</html>", "status": 500, "headers": {"Content-Type": "text/html"}},
        {"body": b"", "status": 503},
        {"body": b'{"results": [{"ke'},
        {"body": b"<html>maintenance</html>", "headers": {"Content-Type": "text/html"}},
        {"body": {"success": False, "error": "busy"}},
        {"body": {"results": None}},
    ],
)
def test_a_bad_answer_is_asked_for_again(bad: dict[str, Any], server: Any, canned: Any) -> None:
    server.says(BOXES, canned(**bad), canned(GOOD))
    assert server.runs.sync("boxes").keys() == ["B"]


def test_retries_end_after_the_seconds_of_the_setting(server: Any, canned: Any) -> None:
    server.says(BOXES, *[canned(b"", status=503, headers={"Retry-After": "1"})] * 9)
    done = server.runs.program(retry_seconds=2)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(f"GET /api{BOXES} answered 503: check api_url") or "503" in done.stderr
    assert len(server.asked) < 9


def test_a_streak_with_a_rate_limit_is_read_to_the_end(runs: Any, crm: Any, sandbox: Any) -> None:
    crm.boxes(40)
    sandbox.limits(streak={"rps": 8})
    assert len(runs.sync("boxes", page_size=4).keys()) == 40


def test_the_rate_is_never_exceeded(runs: Any, crm: Any, sandbox: Any) -> None:
    crm.boxes(15)
    for number in range(1, 16):
        crm.load("comments", {"key": f"M{number}", "boxKey": f"box-{number:04}", "message": "hello"})
    sandbox.clear_requests()
    runs.sync("comments", requests_per_second=10)
    times = sorted(entry["time"] for entry in sandbox.requests("streak"))
    assert len(times) >= 19
    for place, began in enumerate(times):
        assert sum(began <= moment < began + 1 for moment in times[place:]) <= 11  # one more for a late arrival
