"""The files that settings name: whether they can be written is known before a run does anything."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from singer_rest.errors import FatalRunError


def check_files(config: Mapping[str, Any]) -> None:
    """Try the files that this run will write. FatalRunError with the first that can't be written."""
    for setting in ("summary_file", *(["dry_run_file"] if config.get("dry_run") else [])):
        path = config.get(setting)
        if not path:
            continue
        try:
            _try(Path(path).resolve())
        except OSError as error:
            raise FatalRunError(f"{_told(setting, path, error)}: make its folder, or name another file") from None


@contextmanager
def only_told(logger: logging.Logger, setting: str, path: str) -> Iterator[None]:
    """When it can't be written all the same, say so: what the run did is done."""
    try:
        yield
    except OSError as error:
        logger.error("%s", _told(setting, path, error))  # noqa: TRY400  # where in the code is nobody's concern


def _try(path: Path) -> None:
    """Open it as if to write; nothing is made and nothing is changed."""
    there = path.exists()
    if there and not (path.is_file() or path.is_dir()):
        return  # a pipe would wait for its reader
    path.open("ab").close()
    if not there:
        path.unlink()


def _told(setting: str, path: str, error: OSError) -> str:
    missing = isinstance(error, FileNotFoundError)
    reason = "no such directory" if missing else (error.strerror or str(error)).lower()
    return f"{setting}: {path} can't be written ({reason})"
