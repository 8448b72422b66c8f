"""The command line: the Singer mapper, and check, test and schema of mapping files."""

import json
import logging
import sys
from pathlib import Path
from typing import Any, TextIO

import click
from singer_rest import DocumentError

from mapper_crosswalk.check.live import read_live
from mapper_crosswalk.check.mapping import load_mapping, mapping_schema
from mapper_crosswalk.run.crosswalk import Crosswalk
from mapper_crosswalk.run.examples import examples_file, run_examples
from mapper_crosswalk.run.mapper import MapperCrosswalk

FILE = click.argument("file", type=click.Path(path_type=Path))


class _Files(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; all mistakes in a mapping are printed, and the exit code is 1."""
        try:
            return super().invoke(ctx)
        except DocumentError as error:
            click.echo(str(error), err=True)
            sys.exit(1)


@click.group(cls=_Files, help="Check mapping files; without a command, run the Singer mapper.")
def files() -> None:
    """Group the commands about mapping files."""


@files.command(help="Find everything that is wrong with a mapping file; exit code 1 when there is something.")
@FILE
@click.option(
    "--live",
    type=click.File(encoding="utf-8"),
    help="What the tap reads of stages, pipelines and fields (- for stdin): the names in the mapping must be there.",
)
def check(file: Path, live: TextIO | None) -> None:
    """Check a mapping file."""
    names = read_live(live) if live is not None else None
    mapping = load_mapping(file, names)
    tables = len(mapping.setup.tables)
    compared = f", as {names} say" if names is not None else ""
    click.echo(f"{file}: {len(mapping.specs)} flows, {tables} tables, nothing wrong{compared} ({mapping.fingerprint})")


@files.command(help="Run the examples beside a mapping file (<name>.test.yml).")
@FILE
def test(file: Path) -> None:
    """Run a mapping's examples."""
    outcomes = run_examples(file)
    failed = [outcome for outcome in outcomes if outcome.differences]
    for outcome in failed:
        click.echo(f"{examples_file(file)}:{outcome.line}: {outcome.name}", err=True)
        for difference in outcome.differences:
            click.echo(f"    {difference}", err=True)
    click.echo(f"{examples_file(file)}: {len(outcomes)} examples, {len(failed)} failed")
    sys.exit(1 if failed else 0)


@files.command(help="Print the SCHEMA messages of all streams that a mapping file writes.")
@FILE
def schemas(file: Path) -> None:
    """Print what a target must know before the first record."""
    for message in Crosswalk(load_mapping(file), logging.getLogger(__name__)).schemas():
        click.echo(json.dumps(message, ensure_ascii=False))


@files.command(help="Print the JSON Schema of mapping files, for editors.")
def schema() -> None:
    """Print the JSON Schema."""
    click.echo(json.dumps(mapping_schema(), indent=2, ensure_ascii=False))


def main() -> None:
    """Run a command about mapping files, else the mapper."""
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        files(prog_name="mapper-crosswalk")
    mapper = MapperCrosswalk.cli
    mapper.epilog = "\n".join(["\b", "Commands about mapping files:", *map(_in_short, files.commands.values())])
    mapper()


def _in_short(command: click.Command) -> str:
    name = f"{command.name} FILE" if command.params else str(command.name)
    return f"  {name.ljust(14)}{str(command.help).partition(';')[0].rstrip('.')}"
