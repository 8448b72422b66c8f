"""Canaries for secrets and for a person: whatever goes wrong, nobody reads them in a log, a STATE or an exception."""

from __future__ import annotations

import json
import stat
import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from canaries import ECHO, SECRET, leaks, look, shop, way_back
from running import BIN, clean_environment
from sandbox.keys import CLARITY_CLIENT_ID, CLARITY_CLIENT_SECRET, CLARITY_KEY, STREAK_KEY
from shop import order
from watching import command_lines, watching

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from running import Pipe
    from saying import Plugins
    from singer_rest.testing import PostgresServer

Rule = dict[str, Any]
OURS = ("tap.json", "target.json", "ledger.db")  # settings as the test wrote them, and the ledger
PRIVATE = 0o600
NOWHERE = "127.0.0.1:9"
WRONG = f"canary-user:{SECRET}@{NOWHERE}"
IDS = {"externalId", "boxExternalId", "orderId"}  # logs name records by them
ODD: dict[str, Any] = {"a text": ECHO, "a list": [ECHO], "an object": {ECHO: ECHO}, "long": "x" * 250 + ECHO * 3}
READ = ("email", "currency", "status", "salesRepEmail", "totalAmount", "billingAddress")
PIPE = ("tap-clarity", "mapper-crosswalk", "target-streak")


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_good_run_leaks_nothing(pipe: Pipe, monkeypatch: pytest.MonkeyPatch, dry_run: bool) -> None:  # noqa: FBT001
    monkeypatch.setenv("LOGLEVEL", "DEBUG")
    plan = pipe.folder / "target.json.plan"
    pipe.target_config |= {"effects_since": "2020-01-01T00:00:00Z", "dry_run": dry_run, "dry_run_file": str(plan)}
    pipe.sandbox.load(
        [*shop(), *(order(6 + number, **dict.fromkeys(READ, odd)) for number, odd in enumerate(ODD.values()))]
    )
    with watching(command_lines) as seen:
        run = pipe.run()
    assert leaks(run.log) == []
    assert leaks(json.dumps([run.states, run.summary])) == []
    assert look(pipe.folder, but=OURS) == {}
    ours = [line for line in seen if str(pipe.folder) in line]
    assert [name for name in PIPE if not any(name in line for line in ours)] == []
    assert leaks("\n".join(ours)) == []
    assert "r***@leak.example" in run.log  # it does say which rep is no member
    assert run.summary["streams"]["orders"]["rejected"] > len(ODD)
    assert run.summary["streams"]["boxes"]["created"] == 4
    full = [path for path in pipe.folder.iterdir() if path.name.startswith(("ledger.db", plan.name))]
    assert any(leaks(path.read_text(errors="replace")) for path in full), "where they belong they are"
    assert {stat.S_IMODE(path.stat().st_mode) for path in full} == {PRIVATE}


def echo(system: str, status: int, words: str = ECHO, **match: Any) -> Rule:
    problem = {"code": "oops", "message": words, "details": [{"field": words, "message": words}]}
    body: Rule = {"error": problem} if system == "clarity" else {"success": False, "error": words}
    return {"match": {"system": system, **match}, "do": "status", "status": status, "body": body}


def key_of(system: str) -> str:
    return CLARITY_KEY if system == "clarity" else STREAK_KEY


RECORDS = "/(boxes|contacts|organizations|tasks|comments|orders|customers|notes|invoices)(/|$)"
FAULTS: dict[str, Callable[[str, Rule], Rule]] = {
    "refused": lambda system, records: echo(system, 400, **records),
    "not there": lambda system, records: echo(system, 404, **records),
    "stumbles": lambda system, records: echo(system, 500, **records) | {"times": 2},
    "stumbles for good": lambda system, _: echo(system, 503) | {"headers": {"Retry-After": "3600"}},
    "200, and no": lambda system, records: echo(system, 200, **records) | {"times": 2},
    "key refused": lambda system, _: echo(system, 401, f"who is {key_of(system)}?"),
    "key refused under way": lambda system, _: echo(system, 403, f"{key_of(system)} may not") | {"after": 2},
    "redirect": lambda system, _: echo(system, 302) | {"headers": {"Location": f"http://{WRONG}/?key={SECRET}"}},
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("plugin", ["tap_clarity", "target_streak", "tap_streak", "target_clarity"])
def test_words_of_an_api_that_quote_what_they_should_not(plugins: Plugins, lines: str, plugin: str, name: str) -> None:
    system = "clarity" if plugin.endswith("clarity") else "streak"
    methods = ["GET"] if plugin.startswith("tap") else ["POST", "PATCH"]
    rules = [FAULTS[name](system, {"path": RECORDS, "method": method}) for method in methods]
    plugins.sandbox.faults(rules)
    plugins.sandbox.clear_requests()
    said = getattr(plugins, plugin)(way_back() if plugin == "target_clarity" else lines)
    assert [line for line in said.splitlines() if leaks(line)] == []
    assert look(plugins.folder, but=OURS) == {}
    assert rules[0]["status"] in {one["status"] for one in plugins.sandbox.requests(system)}


def test_a_crm_full_of_people(plugins: Plugins, lines: str) -> None:
    wobbly = {"match": {"system": "streak"}, "rate": 0.02}
    plugins.sandbox.faults([wobbly | {"do": do} for do in ("html500", "reset", "truncate", "429")])
    said = plugins.target_streak(lines, retry_seconds=10) + plugins.tap_streak()
    assert leaks(json.dumps(plugins.sandbox.snapshot()["streak"], ensure_ascii=False, default=str))
    assert [line for line in said.splitlines() if leaks(line)] == []


TOKEN = "canary-secret-token"
CLIENT = {"api_key": None, "client_id": CLARITY_CLIENT_ID, "client_secret": CLARITY_CLIENT_SECRET}
TOKENS: dict[str, list[Rule]] = {
    "client refused": [echo("clarity", 401, path="token") | {"body": {"error": CLARITY_CLIENT_SECRET}}],
    "token refused": [
        echo("clarity", 200, path="token") | {"body": {"access_token": TOKEN, "expires_in": 60}},
        echo("clarity", 401, f"{TOKEN} is over", path="api/v1"),
    ],
}


@pytest.mark.parametrize("name", TOKENS)
@pytest.mark.parametrize("plugin", ["tap_clarity", "target_clarity"])
def test_where_tokens_are_fetched(plugins: Plugins, plugin: str, name: str) -> None:
    plugins.sandbox.faults(TOKENS[name])
    said = getattr(plugins, plugin)(way_back(), **CLIENT)
    assert [line for line in said.splitlines() if leaks(line)] == []
    assert any(stop in said for stop in ("client_id and client_secret", "token"))


@pytest.mark.parametrize("plugin", ["target_streak", "target_clarity"])
@pytest.mark.parametrize("name", ODD)
def test_records_that_do_not_fit(plugins: Plugins, lines: str, plugin: str, name: str) -> None:
    messages = [json.loads(line) for line in (way_back() if plugin == "target_clarity" else lines).splitlines()]
    odd = []
    for message in messages:
        odd.append(message)
        if message["type"] == "RECORD":
            names = message["record"].keys() - IDS
            odd += [message | {"record": message["record"] | {one: ODD[name]}} for one in sorted(names)]
    text = "".join(json.dumps(message) + "\n" for message in odd) + f"{{{ECHO}\n"
    said = getattr(plugins, plugin)(text, max_rejected="100%")
    assert " set aside: " in said
    assert [line for line in said.splitlines() if leaks(line)] == []


TARGETS = ("target_streak", "target_clarity")
WRONG_SETTINGS: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (("tap_clarity", "tap_streak", *TARGETS), {"api_key": SECRET}),
    (("tap_clarity", "tap_streak", "target_clarity"), {"api_key": f"{SECRET}\n"}),
    (("tap_clarity", "tap_streak", *TARGETS), {"api_url": f"https://{WRONG}/api?token={SECRET}"}),
    (("tap_streak", "target_streak"), {"api_key": None, "access_token": SECRET}),
    (("tap_clarity", "target_clarity"), CLIENT | {"client_secret": SECRET}),
    (("tap_clarity", "target_clarity"), CLIENT | {"token_url": f"http://{WRONG}/t?k={SECRET}"}),
    (TARGETS, {"ledger_url": f"postgresql://{WRONG}/x?password={SECRET}"}),
    (TARGETS, {"ledger_url": f"postgresql://a:{SECRET}@[::/x:y"}),
    (TARGETS, {"ledger_url": f"mysql://a:{SECRET}@{NOWHERE}/x"}),
]


@pytest.mark.parametrize(("plugin", "wrong"), [(name, wrong) for names, wrong in WRONG_SETTINGS for name in names])
def test_wrong_settings(plugins: Plugins, lines: str, plugin: str, wrong: dict[str, Any]) -> None:
    said = getattr(plugins, plugin)(way_back() if plugin == "target_clarity" else lines, **wrong)
    assert "Traceback" in said, "it did not stop"
    assert [line for line in said.splitlines() if leaks(line)] == []


def test_the_password_of_a_ledger(plugins: Plugins, lines: str, postgresql: PostgresServer) -> None:
    there = urlsplit(postgresql.database())
    ledger = there._replace(netloc=there.netloc.replace("test@", f"test:{SECRET}@"))
    said = plugins.target_streak(lines, ledger_url=ledger.geturl())
    assert "run finished" in said
    said += plugins.target_streak(lines, ledger_url=ledger._replace(path="/nobody-made-it").geturl())
    assert "FatalRunError: ledger postgresql://127.0.0.1/nobody-made-it: " in said
    assert [line for line in said.splitlines() if leaks(line)] == []


@pytest.mark.parametrize("name", ["tap-clarity", "tap-streak", "target-streak", "target-clarity"])
def test_settings_of_another_type(tmp_path: Path, name: str) -> None:
    config = tmp_path / "config.json"
    secret = {"api_key": [SECRET], "access_token": {SECRET: SECRET}, "client_id": "x", "client_secret": {"a": SECRET}}
    config.write_text(json.dumps(secret | {"ledger_url": [f"postgresql://{WRONG}/x"], "api_url": "https://x.example"}))
    command = [str(BIN / name), "--config", str(config)]
    environment = clean_environment() | {"LOGLEVEL": "DEBUG"}
    done = subprocess.run(command, input="", capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert done.returncode == 1
    assert "api_key has a wrong type" in done.stderr
    assert leaks(done.stderr + done.stdout) == []
