"""Subcommands of the target, and their earlier spelling as options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import subprocess


def note(word: str) -> str:
    return f"--{word} is a command now: `target-streak {word}` (both work)"


def ends_as(one: subprocess.CompletedProcess[str], other: subprocess.CompletedProcess[str]) -> None:
    assert (one.returncode, one.stdout) == (other.returncode, other.stdout)


@pytest.mark.parametrize("word", ["check", "setup", "conflicts", "rebuild-links"])
def test_a_command_and_its_earlier_option_do_the_same(shop: Any, word: str) -> None:
    shop.run(shop.box(1))
    now, earlier = shop.shell(word), shop.shell(f"--{word}")
    ends_as(now, earlier)
    assert now.stdout
    assert note(word) not in now.stderr
    assert earlier.stderr.count(note(word)) == 1


def test_dead_letters_are_listed_shown_and_discarded(shop: Any) -> None:
    shop.run(shop.task(1), shop.task(2))
    listed = shop.shell("dead-letters", "list", "--stream", "tasks")
    assert "2 dead letters" in listed.stdout
    ends_as(listed, shop.shell("--dead-letters", "list", "--stream=tasks"))
    first = listed.stdout.splitlines()[1].split()[0]
    assert f"id           {first}" in shop.shell("dead-letters", "show", first).stdout
    assert shop.shell("dead-letters", "discard", first).stdout == "1 discarded\n"
    assert shop.shell("dead-letters", "retry", "--all").stdout == "1 to be tried again\n"


def test_a_dry_run_of_setup_is_an_option_of_it(shop: Any) -> None:
    shop.run(shop.box(1))
    assert shop.shell("setup", "--dry-run").stdout == shop.shell("--setup", "--dry-run").stdout


def test_without_a_command_lines_are_read(shop: Any) -> None:
    ended = shop.shell(stdin=shop.lines(shop.box(1)))
    assert ended.returncode == 0
    assert "(both work)" not in ended.stderr
    assert len(shop.stored("boxes")) == 1


def test_help_lists_the_commands(shop: Any) -> None:
    told = shop.shell("--help").stdout
    assert all(f"\n  {word} " in told for word in ("dead-letters", "conflicts", "check", "setup", "rebuild-links"))
