"""What both sides agreed on last counts, whichever direction brought it about."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from people import Shop, Team
from requests import Session
from running import BIN, clean_environment
from ways import both_ways, quiet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.testing import Sandbox
    from ways import Way

NAME = "100230"


class Office:
    """A shop with one order, a team with its box, and both ways."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        session = Session()
        self.shop, self.team = Shop(sandbox, session), Team(sandbox, session)
        self.there, self.back = both_ways(sandbox, folder)
        self.folder = folder
        self.shop.open(1)
        self.run(self.there, self.back)

    def run(self, *ways: Way) -> None:
        for way in ways:
            lines = way.read()
            assert lines is not None
            assert way.write(lines)
        self.shop.look()
        self.team.look()

    def sets_status(self, status: str) -> None:
        assert self.shop.patch("orders", NAME, status=status)

    def moves_to(self, stage: str) -> None:
        self.team.edit(self.team.boxes[NAME], stage=stage)

    @property
    def state(self) -> tuple[str, str]:
        return self.shop.orders[NAME]["status"], self.team.stage(self.team.boxes[NAME])

    def says(self, way: Way, *arguments: str) -> str:
        config = self.folder / "config.json"
        config.write_text(json.dumps(way.target_config))
        command = [str(BIN / way.name), "--config", str(config), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), timeout=60, check=True)
        return done.stdout


@pytest.fixture
def office(sandbox: Sandbox, tmp_path: Path) -> Iterator[Office]:
    with quiet():
        yield Office(sandbox, tmp_path)


def test_a_rep_returns_to_the_stage_that_the_shop_has_left(office: Office) -> None:
    office.moves_to("In Fulfillment")
    office.run(office.back)
    office.sets_status("on_hold")
    office.run(office.there)
    office.moves_to("In Fulfillment")
    office.run(office.back)
    assert office.state == ("confirmed", "In Fulfillment")


def test_the_shop_returns_to_the_status_that_a_rep_has_left(office: Office) -> None:
    office.moves_to("Shipped")
    office.run(office.back)
    office.sets_status("on_hold")
    office.moves_to("Shipped")
    office.run(office.there, office.back)
    office.moves_to("Won")
    office.run(office.back)
    office.sets_status("on_hold")
    office.run(office.there)
    assert office.state == ("on_hold", "On Hold")


def test_what_the_shop_made_of_a_box_is_no_edit_of_a_rep(office: Office) -> None:
    office.sets_status("processing")
    office.run(office.there, office.back, office.there)
    office.team.edit(office.team.boxes[NAME], name="Another name")
    office.run(office.back)
    assert office.state == ("processing", "In Fulfillment")


def test_a_record_that_was_read_before_the_other_direction_wrote_says_nothing_new(office: Office) -> None:
    late = office.there.read()
    office.moves_to("Won")
    office.run(office.back)
    assert late is not None
    office.there.write(late)
    office.run(office.there, office.back)
    assert office.state == ("completed", "Won")


def test_the_shop_takes_back_what_it_said_against_a_rep(office: Office) -> None:
    office.moves_to("Shipped")
    office.sets_status("on_hold")
    office.run(office.back)
    office.sets_status("pending")
    office.run(office.there, office.back)
    assert office.state == ("pending", "New Order")


def test_a_rep_replaces_the_number_that_the_shop_has_brought(office: Office) -> None:
    assert office.shop.patch("customers", "C-881", phone="+1 512 555 0199")
    office.run(office.there, office.back)
    office.team.edit_contact("ada@acme.example", phoneNumbers=["+1 512 555 0177"])
    office.run(office.back, office.there)
    assert office.shop.customers["C-881"]["phone"] == "+1 512 555 0177"
    assert office.shop.patch("customers", "C-881", phone="+1 512 555 0166")
    office.run(office.there, office.back)
    assert office.shop.customers["C-881"]["phone"] == "+1 512 555 0166"
    assert office.team.contacts["ada@acme.example"]["phoneNumbers"] == ["+1 512 555 0177", "+1 512 555 0166"]
    assert office.says(office.back, "--conflicts") == "no conflicts\n"


def test_a_rep_who_replaces_a_number_before_the_shop_s_new_one_has_come_is_heard_of(office: Office) -> None:
    office.team.edit_contact("ada@acme.example", phoneNumbers=["+1 512 555 0177"])
    assert office.shop.patch("customers", "C-881", phone="+1 512 555 0199")
    office.run(office.there, office.back)
    assert office.shop.customers["C-881"]["phone"] == "+1 512 555 0199"
    assert "1 conflict" in office.says(office.back, "--conflicts").splitlines()


def test_a_blank_that_both_sides_had_is_filled_by_either(office: Office) -> None:
    email = office.shop.customers["C-882"]["email"]
    assert office.team.contacts[email].get("title") in {None, ""}
    office.team.edit_contact(email, title="Rear Admiral")
    assert office.shop.patch("customers", "C-881", title="Countess")
    office.run(office.there, office.back)
    titles: list[Any] = [office.shop.customers["C-882"]["title"], office.team.contacts["ada@acme.example"]["title"]]
    assert titles == ["Rear Admiral", "Countess"]


def test_what_both_sides_changed_is_told_with_both_values_and_the_rule(office: Office) -> None:
    office.sets_status("on_hold")
    office.moves_to("Shipped")
    office.run(office.back, office.there)
    assert office.state == ("on_hold", "On Hold")
    told = office.says(office.back, "--conflicts")
    assert "orders 100230  status: changed on both sides, the destination's value stays" in told
    assert 'source "shipped", destination "on_hold", agreed before "pending"' in told
    assert "1 conflict" in told.splitlines()
    assert office.says(office.there, "--conflicts") == "no conflicts\n"
