"""Subcommands stand anywhere among the options; what is an option's value is none."""

from __future__ import annotations

import logging
from typing import Any

import click
import pytest
from click.testing import CliRunner
from singer_rest.cli.commands import PluginCommand, Subcommand


def command() -> tuple[PluginCommand, list[dict[str, Any]]]:
    calls: list[dict[str, Any]] = []
    params: list[click.Parameter] = [
        click.Option(["--config"], multiple=True),
        Subcommand(["--check"], is_flag=True, help="Look."),
        Subcommand(["--dead-letters", "dead_letters"], type=click.Choice(["list", "show"]), help="See."),
        click.Option(["--stream"]),
        click.Argument(["ids"], nargs=-1, type=int),
    ]
    return PluginCommand(
        "plan", params=params, callback=lambda **told: calls.append(told), logger=logging.getLogger()
    ), calls


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["check"], {"check": True}),
        (["--config", "check", "check"], {"check": True, "config": ("check",)}),
        (["--config=a", "dead-letters", "show", "3", "4"], {"dead_letters": "show", "ids": (3, 4)}),
        (["dead-letters", "list", "--stream", "check"], {"dead_letters": "list", "stream": "check", "check": False}),
        (["--dead-letters", "list"], {"dead_letters": "list"}),
        ([], {"check": False, "dead_letters": None, "ids": ()}),
    ],
)
def test_words_are_commands(args: list[str], told: dict[str, Any]) -> None:
    made, calls = command()
    assert CliRunner().invoke(made, args).exit_code == 0
    assert calls[0] | told == calls[0]


def test_the_earlier_spelling_says_so_once() -> None:
    made, _ = command()
    ended = CliRunner().invoke(made, ["--check"])
    assert ended.stderr == "--check is a command now: `plan check` (both work)\n"


def test_a_word_that_is_no_command_is_refused() -> None:
    made, _ = command()
    assert CliRunner().invoke(made, ["chek"]).exit_code == 2
