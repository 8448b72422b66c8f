"""A whole run of Meltano: its log, its database and its files hold no canary, but for the settings while it runs."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from canaries import ECHO, KEYS, leaks, look, shop
from running import ROOT
from watching import command_lines, watching

if TYPE_CHECKING:
    from collections.abc import Iterator

    from running import Meltano

PROJECT = ROOT / ".meltano"
OTHERS = 0o077
REFUSED = {"match": {"system": "streak", "method": "POST", "path": "/contacts"}, "do": "status", "status": 400}
BROKEN = {"match": {"system": "clarity"}, "do": "truncate", "times": 1}


def test_a_run_of_meltano(meltano: Meltano) -> None:
    meltano.sandbox.load(shop())
    meltano.sandbox.faults([REFUSED | {"body": {"success": False, "error": f"{ECHO} {KEYS}"}}, BROKEN])
    meltano.settings |= {"LOGLEVEL": "DEBUG", "TARGET_STREAK_EFFECTS_SINCE": "2020-01-01T00:00:00Z"}
    before = left_behind()  # by a run that was killed
    with watching(command_lines) as seen, watching(settings_files) as written:
        run = meltano("run", "--force", "tap-clarity", "mapper", "target-streak")
    assert run.summary["streams"]["contacts"]["rejected"]
    assert [line for line in run.log.splitlines() if leaks(line)] == []
    assert look(meltano.folder, but=["ledger.db"]) == {}
    assert left_behind() == before
    assert [line for line in seen if str(ROOT) in line and leaks(line)] == []
    assert any("tap-clarity" in line for line in seen)
    assert written
    assert stat.S_IMODE(PROJECT.stat().st_mode) & OTHERS == 0, "nobody else gets as far as the settings"


def left_behind() -> dict[str, dict[str, list[str]]]:
    """The canaries in what Meltano keeps of its runs."""
    return {name: look(PROJECT / name) for name in ("run", "logs")}


def settings_files() -> Iterator[str]:
    """Give the settings files that Meltano has made for its plugins."""
    return (path.name for path in (PROJECT / "run").glob("*/*config.json"))
