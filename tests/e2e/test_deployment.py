"""Units, containers and documentation of real time name what is there."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML
from running import BIN, ROOT
from sync_console.command_line import main
from sync_console.settings import schema, variable

if TYPE_CHECKING:
    from pathlib import Path

DOCS = ROOT / "docs"
UNITS = sorted((DOCS / "systemd").iterdir())
SITE = "/srv/clarity-streak"
CONSOLE = {variable(name) for name in schema()["properties"]}


def meltano_yml() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(ROOT / "meltano.yml")
    return loaded


def services() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(DOCS / "compose" / "compose.yml")
    found: dict[str, Any] = loaded["services"]
    return found


def check_command(words: list[str]) -> None:
    """Everything that is started exists: the program, its command, its options, Meltano's jobs."""
    program, *arguments = words
    if program.endswith("/sync-console"):
        commands = [word for word in arguments if not word.startswith("-")]
        options = [word for word in arguments if word.startswith("--")]
        told = CliRunner().invoke(main, [*commands, "--help"])
        assert told.exit_code == 0, told.output
        assert all(option in told.output for option in options)
    elif program.endswith("/meltano"):
        assert arguments[0] == "run"
        assert set(arguments[1:]) <= {job["name"] for job in meltano_yml()["jobs"]}
    assert not program.startswith(".venv/bin/") or (ROOT / program).exists()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    (tmp_path / ".venv").symlink_to(BIN.parent)
    copies = []
    for unit in UNITS:
        copy = tmp_path / unit.name
        copy.write_text(unit.read_text().replace(SITE, str(tmp_path)))
        copies.append(str(copy))
    command = ["systemd-analyze", "verify", "--man=no", *copies]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    said = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "clarity-streak" in line]
    assert (done.returncode, said) == (0, [])


def test_units_start_what_is_there() -> None:
    for unit in UNITS:
        for line in re.findall(r"^ExecStart=(.*)$", unit.read_text(), re.MULTILINE):
            check_command(line.replace(f"{SITE}/", "").split())
    timers = {unit.stem for unit in UNITS if unit.suffix == ".timer"}
    assert timers < {unit.stem for unit in UNITS if unit.suffix == ".service"}


def test_containers_start_what_is_there_and_know_each_other() -> None:
    for service in services().values():
        words = service["command"]
        for command in re.findall(r"\.venv/bin/[^;]*", words[2]) if words[0] == "sh" else [" ".join(words)]:
            check_command(command.split())
        if check := service.get("healthcheck"):
            check_command(check["test"][1:])
        joined = service.get("network_mode", "service:pod").removeprefix("service:")
        assert {joined, *service.get("depends_on", [])} <= set(services())
    assert [name for name, service in services().items() if "ports" in service] == ["pod"]
    assert all(ports.startswith("127.0.0.1:") for ports in services()["pod"]["ports"])


def test_settings_that_containers_and_documentation_name_exist() -> None:
    plugins = [plugin for kind in meltano_yml()["plugins"].values() for plugin in kind]
    own = {plugin["name"]: [setting["name"] for setting in plugin.get("settings", [])] for plugin in plugins}
    for plugin in plugins:
        own[plugin["name"]] = own[plugin["name"]] or own[plugin["inherit_from"]]
    known = {f"{name}_{setting}".upper().replace("-", "_") for name, settings in own.items() for setting in settings}
    texts = [path.read_text() for path in (DOCS / "real-time.md", DOCS / "compose" / "compose.yml")]
    named = set(re.findall(r"\b(?:TAP|TARGET|MAPPER|SYNC_CONSOLE)_[A-Z_]*[A-Z]\b", " ".join(texts)))
    assert named <= known | CONSOLE


def test_commands_of_the_documentation_exist() -> None:
    text = (DOCS / "real-time.md").read_text()
    commands = set(re.findall(r"\.venv/bin/sync-console[a-z -]*", text))
    assert len(commands) > 4
    for command in commands:
        check_command(command.split())


def test_images_hold_no_secrets() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split("\n")
    kept_out = [line for line in (ROOT / ".gitignore").read_text().split("\n") if line in {".env", "/ledger/"}]
    assert {line.strip("/") for line in kept_out} <= {line.strip("/") for line in ignored}
