"""A mistake is one clear line that names what to fix, and exit code 1."""

import json
import socket
from typing import Any

import pytest
from sandbox.tap_runs import complaint_of

SECRETS = ("secret-key", "hunter2", "sandbox-streak-key", "limit=500", "ada@acme.example", "Authorization")


def complaint(done: Any) -> str:
    """The one line that is left where nothing was emitted."""
    assert done.stdout == ""
    return complaint_of(done, SECRETS)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"api_key": None}, "no Streak API key: set api_key (TAP_STREAK_API_KEY)"),
        ({"api_key": "hunter2\n"}, "api_key has a space, line break"),
        ({"api_key": 12345}, "api_key has a wrong type or value"),
        ({"api_url": "api.streak.com/api"}, "api_url is no plain URL"),
        ({"api_url": "https://me:hunter2@api.streak.com/api"}, "api_url is no plain URL"),
        ({"api_url": "http://api.streak.com/api"}, "api_url must begin with https://"),
        ({"api_url": "https://api.streak.com/api/v1"}, "api_url must not end in a version"),
        ({"page_size": 1001}, "page_size has a wrong type or value"),
        ({"requests_per_second": 0}, "requests_per_second has a wrong type or value"),
        ({"start_date": "last week"}, "start_date is no instant"),
        ({"team": "Nobody"}, "team 'Nobody' is unknown to this API key (there are 'Sandbox Sales')"),
        (
            {"pipelines": ["Web Orders", "Weborders"]},
            "pipelines names 'Weborders'; there is 'Web Orders', 'Key Accounts'",
        ),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, Any], said: str, runs: Any) -> None:
    assert complaint(runs.program(**settings)).startswith(said)


def test_a_refused_key(runs: Any) -> None:
    line = complaint(runs.program(api_key="hunter2"))
    assert line == "GET /api/v2/users/me/teams answered 401 (invalid api key): Streak does not accept api_key"


def test_a_refused_token(runs: Any) -> None:
    assert "Streak does not accept access_token" in complaint(runs.program(api_key=None, access_token="hunter2"))


def test_a_wrong_root(runs: Any, sandbox: Any) -> None:
    line = complaint(runs.program(api_url=f"{sandbox.streak_origin}/api/v3"))
    assert line.startswith("GET /api/v3/v2/users/me/teams answered 400")
    assert line.endswith("check api_url, at Streak it is https://api.streak.com/api")


def test_a_key_of_several_teams(runs: Any, crm: Any) -> None:
    made = crm.call("POST", "/v2/teams", json={"name": "Second"})
    assert complaint(runs.program()).startswith(
        "this API key is in several teams, set `team` to a name or key of 'Second ("
    )
    crm.load("pipelines", {"key": "P2", "name": "Of the second", "teamKey": made["key"], "stages": {"5001": {}}})
    assert [row["name"] for row in runs.sync("pipelines", team="Second").records["pipelines"]] == ["Of the second"]
    assert [row["key"] for row in runs.sync("teams", team=crm.team).records["teams"]] == [crm.team]


def test_a_user_without_a_team_has_pipelines_of_its_own(server: Any) -> None:
    server.always["/api/v2/users/me/teams"] = {"results": []}
    server.always["/api/v1/pipelines/P/boxes"] = {"results": [{"key": "B", "lastUpdatedTimestamp": 5}]}
    output = server.runs.sync("teams", "users", "pipelines", "contacts", "organizations", "boxes")
    assert (output.keys(), output.records["teams"], output.records["contacts"]) == (["B"], [], [])


def test_a_host_that_does_not_exist(runs: Any) -> None:
    line = complaint(runs.program(api_url="https://streak.invalid/api"))
    assert line == "can't reach streak.invalid (no such host): check api_url, and that the API is running"


def test_a_port_where_nobody_listens(runs: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        line = complaint(runs.program(api_url=f"http://{host}"))
        assert line == f"can't reach {host} (connection refused): check api_url, and that the API is running"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"status": 400, "body": {"error": "not for ada@acme.example", "success": False}}, "answered 400: check"),
        ({"status": 400, "body": b""}, "answered 400: check"),
        (
            {"status": 302, "body": b"", "headers": {"Location": "https://new.example/login?a=hunter2"}},
            "302: a redirect to https://new.example: set api_url",
        ),
        (
            {"body": b"<html>Welcome</html>", "headers": {"Content-Type": "text/html; charset=utf-8"}},
            "answered 200 with an HTML page instead of JSON: check api_url",
        ),
        ({"body": {"teams": ["ada@acme.example"]}}, "gave no list of records: check api_url"),
    ],
)
def test_an_answer_that_is_no_use(answer: dict[str, Any], said: str, server: Any, canned: Any) -> None:
    server.says("/api/v2/users/me/teams", *[canned(**answer)] * 3)
    line = complaint(server.runs.program(retry_seconds=5))
    assert said in line
    assert "/v2/users/me/teams" in line


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("--state", "{", "A file of --state or --catalog can't be read: it is not JSON (line 1)"),
        (
            "--state",
            json.dumps({"bookmarks": {"boxes": {"partitions": [{"context": {}, "replication_key_value": "?"}]}}}),
            "The STATE of boxes holds no",
        ),
    ],
)
def test_a_broken_file(option: str, text: str, said: str, runs: Any, tmp_path: Any) -> None:
    file = tmp_path / "given.json"
    file.write_text(text)
    assert complaint(runs.program(option, str(file))).startswith(said)


def test_a_number_in_the_environment_that_is_none(runs: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("TAP_STREAK_PAGE_SIZE", "many")
    assert "must be a whole number" in complaint(runs.program("--config", "ENV"))


def test_a_mistake_is_one_line_for_the_connection_test_too(runs: Any) -> None:
    assert "does not accept api_key" in complaint(runs.program("--test", api_key="hunter2"))


def test_basic_and_bearer_both_open_the_door(runs: Any, sandbox: Any) -> None:
    assert runs.sync("teams").keys("teams") == runs.sync("teams", api_key="", access_token=sandbox.streak_key).keys(
        "teams"
    )


def test_a_run_is_quiet(runs: Any, crm: Any) -> None:
    crm.boxes(50)
    done = runs.program()
    assert done.returncode == 0
    assert "METRIC" not in done.stderr
    assert len(done.stderr.splitlines()) <= 3, done.stderr
