"""How the project's Meltano is called."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import click


def env_file_of(context: click.Context) -> str | None:
    """The file that `sync-console --env-file` names: Meltano reads the same."""
    env_file: str | None = context.find_root().params.get("env_file")
    return env_file


def meltano(env_file: str | None) -> Sequence[str]:
    """Meltano's command: the one beside this command, else on the path. ClickException outside of a project."""
    if not Path("meltano.yml").is_file():
        raise click.ClickException("there is no meltano.yml here: start it in the project's folder")
    beside = Path(sys.executable).with_name("meltano")
    program = str(beside) if os.access(beside, os.X_OK) else shutil.which("meltano")
    if program is None:
        raise click.ClickException("meltano is neither installed beside sync-console nor on the path")
    return [program, *([f"--env-file={env_file}"] if env_file else [])]
