"""Subcommands of a plugin: `target-streak dead-letters list`, `tap-clarity check`; without one it runs as ever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from singer_sdk.plugin_base import SingerCommand


class Subcommand(click.Option):
    """A subcommand, declared as the option that it was in earlier versions: `--check` is `check` now."""

    def __init__(self, declarations: Sequence[str], **attributes: Any) -> None:
        super().__init__(declarations, hidden=True, **attributes)
        self.word = self.opts[0].removeprefix("--")


class PluginCommand(SingerCommand):
    """The SDK's command with subcommands. Their earlier spelling means the same, and says so on stderr."""

    @property
    def subcommands(self) -> dict[str, Subcommand]:
        """The subcommands by their words."""
        return {param.word: param for param in self.params if isinstance(param, Subcommand)}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take `check` as `--check`, wherever it stands among the options."""
        args, words = [*args], self.subcommands
        place = self._first_word(args)
        if place is not None and args[place] in words:
            args[place] = f"--{args[place]}"
        else:
            earlier = [word for word in words if any(arg.partition("=")[0] == f"--{word}" for arg in args)]
            for word in earlier:
                click.echo(f"--{word} is a command now: `{self.name} {word}` (both work)", err=True)
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands below the options."""
        super().format_options(ctx, formatter)
        with formatter.section("Commands"):
            formatter.write_dl([(word, option.help or "") for word, option in self.subcommands.items()])

    def _first_word(self, args: Sequence[str]) -> int | None:
        """The place of the first argument that is neither an option nor the value of one."""
        takes_value = {
            name
            for param in self.params
            if isinstance(param, click.Option) and not param.is_flag
            for name in (*param.opts, *param.secondary_opts)
        }
        place = 0
        while place < len(args):
            if not args[place].startswith("-"):
                return place
            place += 2 if args[place] in takes_value else 1
        return None
