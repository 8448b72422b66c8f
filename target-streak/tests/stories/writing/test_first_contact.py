"""First contact with an account: what a probe and a canary find out, and that the target does what they say."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

LATER = "2026-03-03T12:00:00Z"
MAYA = "maya@sandbox-sales.example"


def look(shop: Any) -> list[str]:
    """The table of `check --probe`, and how many calls it took."""
    shop.sandbox.clear_requests()
    ended = shop.shell("check", "--probe", stdin="\n")
    assert ended.returncode == 0, ended.stderr
    assert len(shop.sandbox.requests("streak")) <= 25
    assert {request["method"] for request in shop.sandbox.requests("streak")} == {"GET"}
    return table(ended.stdout)


def try_out(shop: Any) -> list[str]:
    """The table of `setup --canary`; nothing is left behind."""
    before = contents(shop)
    ended = shop.shell("setup", "--canary")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert contents(shop) == before
    return table(ended.stdout)


def contents(shop: Any) -> dict[str, Any]:
    kept = ("pipelines", "boxes", "contacts", "organizations", "tasks", "comments")
    return {noun: shop.stored(noun) for noun in kept}


def table(text: str) -> list[str]:
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("What Streak does"))
    rows = [line for line in lines[start:] if " | " in line]
    assert max(map(len, rows)) <= 80
    assert not re.search(r"agx|@|[A-Za-z0-9_-]{30,}", "\n".join(rows))
    return rows


def row(rows: list[str], what: str) -> str:
    """One row of the table, on one line."""
    first = next(number for number, line in enumerate(rows) if line.startswith(what))
    parts = [rows[first]]
    for line in rows[first + 1 :]:
        if line.split(" | ")[1].strip():
            break
        parts.append(line)
    return " ".join(" ".join(line.split(" | ")) for line in parts)


def order(shop: Any, number: int) -> Iterator[Any]:
    """A new order of a new company customer: five records."""
    name, domain = f"N{number}", f"n{number}.example"
    yield shop.organization(name, name=name, domains=[domain])
    yield shop.contact(name, emailAddresses=[f"x@{domain}"], organizationExternalIds=[name])
    yield shop.box(number, contactExternalIds=[name], organizationExternalIds=[name], assigneeEmails=[MAYA])
    yield shop.comment(number, f"paid {number}")
    yield shop.task(number)


def test_a_probe_of_an_account_as_assumed(shop: Any) -> None:
    shop.run(*(shop.box(number, fields={"Order Date": LATER}) for number in range(1, 8)), shop.task(1))
    rows = look(shop)
    for what in ("box lists go on", "box lists have", "contacts can be", "the plan has webhooks"):
        assert "yes" in row(rows, what)
    assert "12:00" in row(rows, "dates stand")


def test_a_probe_of_an_empty_account_leaves_open_what_it_can_not_see(shop: Any) -> None:
    assert "not seen" in row(look(shop), "box lists go on")


def test_a_plan_without_team_webhooks_is_told(shop: Any) -> None:
    shop.sandbox.streak(team_webhooks="refused")
    assert "no" in row(look(shop), "the plan has webhooks").split()


def test_dates_without_a_time_follow_the_account(shop: Any) -> None:
    shop.run(*(shop.box(number, fields={"Order Date": "2026-03-02T17:00:00Z"}) for number in range(1, 5)))
    shop.custom_fields["Order Date"] = {"type": ["string", "null"], "format": "date"}
    assert "17:00" in row(look(shop), "dates stand")
    shop.run(shop.box(9, fields={"Order Date": "2026-05-06"}))
    assert shop.fields(shop.stored("boxes")[-1])["Order Date"] == 1_778_086_800_000


@pytest.mark.parametrize("status", [422, 400])
def test_unknown_keys_in_other_words_are_known_from_then_on(shop: Any, status: int) -> None:
    shop.run(shop.box())
    gone = {"match": {"system": "streak", "path": "/v1/boxes/"}, "do": "status", "status": status}
    shop.sandbox.faults([gone | {"body": {"success": False, "error": "No such box here"}}])
    assert "no" in row(look(shop), "an unknown box").split()
    ran = shop.run(shop.box(name="Renamed", at=LATER))
    assert dict(ran.counts["streams"]["boxes"]) == {"detached": 1}
    assert shop.letters() == []


def test_without_a_list_of_organizations_those_of_boxes_are_known(shop: Any) -> None:
    shop.run(shop.organization(domains=[]), shop.box(organizationNames=["Acme"]))
    missing = {"match": {"system": "streak", "method": "GET", "path": "/organizations$"}, "do": "status", "status": 404}
    shop.sandbox.faults([missing | {"body": {"success": False}}])
    assert "404" in row(look(shop), "organizations can be")
    shop.lose_ledger()
    shop.run(shop.organization(domains=[]), shop.box(organizationNames=["Acme"]))
    assert len(shop.stored("organizations")) == 1


def test_a_canary_of_a_team_as_assumed_leaves_nothing(shop: Any) -> None:
    rows = try_out(shop)
    assert "yes" in row(rows, "a new box takes fields")
    assert "yes" in row(rows, "addOnly leaves")
    assert "ignored" in row(rows, "its company follows")
    assert not [line for line in rows if "not seen" in line]


def test_a_new_order_costs_four_writes_and_a_task_after_a_canary(shop: Any) -> None:
    shop.run(shop.box(9))
    assert len(shop.run(*order(shop, 1)).writes) == 7
    shop.sandbox.streak(create_links="kept", party_create_links="kept")
    assert "saves a write" in row(try_out(shop), "contacts follow a new box")
    ran = shop.run(*order(shop, 2))
    assert len(ran.writes) == 5
    assert len(shop.stored("boxes")[-1]["contacts"]) == len(shop.stored("contacts")[-1]["orgLinks"]) == 1
    assert shop.run(*order(shop, 1), *order(shop, 2)).calls == []


@pytest.mark.parametrize("bend", [{"update_fields": "dropped"}, {"update_fields": "refused"}])
def test_fields_go_by_their_endpoint_from_the_first_record_on(shop: Any, bend: Any) -> None:
    shop.sandbox.streak(**bend)
    try_out(shop)
    shop.run(shop.box())
    ran = shop.run(shop.box(fields={"Total": 5}, at=LATER))
    assert (len(ran.calls), shop.fields()["Total"]) == (1, "5")
    assert "/fields/" in ran.writes[0]


def test_a_create_that_refuses_fields_is_sent_without(shop: Any) -> None:
    shop.sandbox.streak(create_fields="refused")
    assert "refused" in row(try_out(shop), "a new box takes fields")
    assert dict(shop.run(shop.box()).counts["streams"]["boxes"]) == {"created": 1}
    assert shop.fields()["Order ID"] == "100001"


def test_options_are_never_lost_after_a_canary(shop: Any) -> None:
    shop.run(shop.box(1, fields={"Currency": "USD"}), shop.box(2, fields={"Currency": "EUR"}))
    shop.sandbox.streak(add_only="ignored")
    assert "ignored" in row(try_out(shop), "addOnly leaves")
    ran = shop.run(shop.box(3, fields={"Currency": "GBP"}))
    assert "away" not in ran.log
    assert len([call for call in ran.writes if "/fields/" in call]) == 1
    pipeline = next(each for each in shop.stored("pipelines") if each["name"] == "Web Orders")
    field = next(each for each in pipeline["fields"] if each["name"] == "Currency")
    assert sorted(item["name"] for item in field["dropdownSettings"]["items"]) == ["EUR", "GBP", "USD"]


def test_addresses_alone_and_assignees_left_out_after_a_canary(shop: Any) -> None:
    shop.sandbox.streak(get_if_existing="address_only", create_assignees="dropped", update_assignees="dropped")
    rows = try_out(shop)
    assert "address only" in row(rows, "getIfExisting: a whole contact")
    assert "said once" in row(rows, "a changed box takes an assignee")
    shop.run(shop.box(9))
    ran = shop.run(*order(shop, 1))
    assert len(ran.writes) == 8
    assert ran.log.count("assigneeEmails was sent, and the API does not keep it") == 1
    assert (shop.only("contacts")["givenName"], shop.letters()) == ("Ada", [])


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_canary_that_is_ended_leaves_nothing_at_last(shop: Any, ending: signal.Signals) -> None:
    before = contents(shop)
    for after in (4, 9, 14, 22):
        shop.sandbox.faults([{"match": {"system": "streak"}, "after": after, "do": "latency", "ms": 1500}])
        process = subprocess.Popen(
            [*shop.command(), "setup", "--canary"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=shop.tmp_path,
        )
        shop.sandbox.clear_requests()
        until = time.monotonic() + 60
        while len(shop.sandbox.requests("streak")) <= after and process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(ending)
        shop.sandbox.faults([])
        _, errors = process.communicate(timeout=60)
        assert "Traceback" not in errors
        if ending is not signal.SIGKILL:
            assert (process.returncode, contents(shop)) == (1, before)
    assert shop.shell("setup", "--canary").returncode == 0
    assert contents(shop) == before


def test_a_canary_goes_on_where_streak_refuses(shop: Any) -> None:
    before = contents(shop)
    refused = {"match": {"system": "streak", "method": "POST", "path": "/contacts"}, "do": "status", "status": 403}
    shop.sandbox.faults([refused | {"body": {"success": False, "error": "no"}}])
    rows = table(shop.shell("setup", "--canary").stdout)
    assert "not seen" in row(rows, "getIfExisting: a whole contact")
    assert "yes" in row(rows, "a changed box takes fields")
    shop.sandbox.faults([])
    assert contents(shop) == before


def test_a_canary_does_not_do_as_if(shop: Any) -> None:
    ended = shop.shell("setup", "--canary", "--dry-run")
    assert (ended.returncode, "--dry-run" in ended.stderr) == (1, True)


def test_check_tells_a_retyped_field_and_a_stage_renamed_in_one_pipeline(shop: Any) -> None:
    lines = shop.lines(shop.box())
    shop.run(shop.box(1, fields={"Currency": "USD"}), shop.box(2, pipelineName="Key Accounts"))
    pipeline = next(each for each in shop.stored("pipelines") if each["name"] == "Key Accounts")
    stage = next(key for key, each in pipeline["stages"].items() if each["name"] == "Shipped")
    shop.person("POST", f"/v2/pipelines/{pipeline['key']}/stages/{stage}", {"name": "Sent"})
    field = next(each for each in pipeline["fields"] if each["name"] == "Total")
    shop.person("DELETE", f"/v1/pipelines/{pipeline['key']}/fields/{field['key']}")
    shop.person("POST", f"/v2/pipelines/{pipeline['key']}/fields", {"name": "Total", "type": "DROPDOWN"})
    ended = shop.shell("check", stdin=lines)
    assert ended.stdout.count("changed:") == 2, ended.stdout
    assert "stage 'Shipped' of pipeline 'Key Accounts' is called 'Sent' in Streak now" in ended.stdout
    assert (
        "field 'Total' of pipeline 'Key Accounts' was a TEXT_INPUT field, and is a DROPDOWN field now" in ended.stdout
    )
