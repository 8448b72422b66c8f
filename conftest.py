"""Marks tests by what they need, says which may run beside each other (`make test` has two workers), mounts disks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

# no test depends on the machine's speed
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

ROOT = Path(__file__).parent
SLOW = re.compile(r"^(tests/(e2e|campaigns|benchmarks)|demos)/|_(kills?|killed)\.py$")
# They share what lies in the checked-out project: Meltano's plugins and its .meltano/run.
MELTANO = re.compile(r"\bmeltano: Meltano\b")
ONE_PROJECT = re.compile(r"^(demos/|tests/campaigns/lives/|tests/e2e/test_real_time\.py)")
SERVERS = {"sandbox_server", "postgresql", "meltano"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests `slow`, `postgresql` and `root`; two workers get the slow ones first and each file as a whole."""
    for item in items:
        _mark(item)
    # workers are told "loadgroup", but "no" for "dist"
    if config.getoption("dist", "no") != "no" or config.getoption("loadgroup", default=False):
        items.sort(key=lambda item: (item.get_closest_marker("slow") is None, group(_path(item))))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each worker whole groups; marks would do, but pytest 9.2 does not let xdist write them into names."""
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # noqa: PLC0415  # where it is installed

    class Groups(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return group(nodeid.partition("::")[0])

    return Groups(config, log)


def _mark(item: pytest.Item) -> None:
    needs = _needs(item)
    if _is_unit(item) and needs & SERVERS:
        raise pytest.UsageError(f"{item.nodeid}: a unit test starts no server, so it belongs into stories/")
    if "meltano" in needs or SLOW.search(_path(item)):
        item.add_marker(pytest.mark.slow)
    if "postgresql" in needs:
        item.add_marker(pytest.mark.postgresql)
    if "small_disk" in needs:
        item.add_marker(pytest.mark.root)


def _needs(item: pytest.Item) -> set[str]:
    """Name the fixtures of a test; a ledger's fixture takes PostgreSQL when a parameter says so."""
    callspec = getattr(item, "callspec", None)
    on_server = "postgresql" in (callspec.params.values() if callspec else ())
    return {*getattr(item, "fixturenames", ()), *(["postgresql"] if on_server else [])}


@cache
def group(path: str) -> str:
    """What runs one after the other: the tests of a file, and all that start Meltano in the checked-out project."""
    return "meltano" if ONE_PROJECT.search(path) or MELTANO.search((ROOT / path).read_text()) else path


def _is_unit(item: pytest.Item) -> bool:
    return "/tests/unit/" in f"/{_path(item)}"


def _path(item: pytest.Item) -> str:
    return item.path.relative_to(ROOT).as_posix()


@pytest.fixture
def megabytes() -> int:
    """How large a small disk is."""
    return 1


@pytest.fixture
def small_disk(tmp_path: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own, where this user may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    may_mount = shutil.which("mount") and os.geteuid() == 0
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)]
    if not may_mount or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk needs root and the right to mount")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)
