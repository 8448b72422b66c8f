"""A team that is read and written into another team with the same pipelines is there twice."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from offices import Office
from running import BIN, clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.testing import Sandbox

Offices = tuple[Office, Office]


@pytest.fixture
def offices(sandbox: Sandbox) -> Iterator[Offices]:
    """A team with a week of work, and another one that is new."""
    old, new = Office(sandbox, "Old office"), Office(sandbox, "New office")
    old.make_pipelines()
    old.work()
    yield old, new
    old.close()
    new.close()


def read(office: Office, folder: Path) -> str:
    """Everything that tap-streak gives, in the alphabetical order in which others may send it."""
    config = folder / "tap.json"
    sandbox = office.sandbox
    settings = {"api_url": sandbox.streak_url, "api_key": sandbox.streak_key, "team": office.name}
    config.write_text(json.dumps(settings | {"requests_per_second": 1000}))
    command = [str(BIN / "tap-streak"), "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), timeout=120, check=True)
    messages = [(json.loads(line), line) for line in done.stdout.splitlines()]
    streams = sorted((one["stream"], line) for one, line in messages if one["type"] == "SCHEMA")
    records = sorted(
        (one["stream"], place, line) for place, (one, line) in enumerate(messages) if one["type"] == "RECORD"
    )
    return "".join(f"{one[-1]}\n" for one in (*streams, *records))


def write(office: Office, folder: Path, lines: str, **settings: Any) -> None:
    """Let target-streak write the lines."""
    config = folder / "target.json"
    sandbox = office.sandbox
    given = {
        "api_url": sandbox.streak_url,
        "api_key": sandbox.streak_key,
        "team": office.name,
        "ledger_url": f"sqlite:///{folder / 'ledger.db'}",
        "contact_without_email": "create",
        "requests_per_second": 1000,
    }
    config.write_text(json.dumps(given | settings))
    command = [str(BIN / "target-streak"), "--config", str(config)]
    done = subprocess.run(
        command, input=lines, capture_output=True, text=True, env=clean_environment(), timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr


def writes(sandbox: Sandbox) -> list[str]:
    return [f"{one['method']} {one['path']}" for one in sandbox.requests("streak") if one["method"] != "GET"]


def test_a_team_written_into_another_is_there_twice(offices: Offices, sandbox: Sandbox, tmp_path: Path) -> None:
    old, new = offices
    new.make_pipelines(backwards=True)
    before, lines = old.contents(), read(old, tmp_path)
    write(new, tmp_path, lines)
    after = new.contents()
    for noun, found in before.items():
        assert after[noun] == found, noun
    assert old.contents() == before
    sandbox.clear_requests()
    write(new, tmp_path, lines)
    assert writes(sandbox) == []


def test_fields_that_the_other_team_lacks_are_made_as_they_are(offices: Offices, tmp_path: Path) -> None:
    old, new = offices
    new.make_pipelines(fields=False)
    write(new, tmp_path, read(old, tmp_path), create_missing_fields=True)
    assert new.contents() == old.contents()
    assert new.kinds() == old.kinds()
