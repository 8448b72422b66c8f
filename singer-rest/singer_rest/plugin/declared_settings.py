"""Settings as data: each plugin declares its own in its `settings.json`; shared ones stand in that of its wing."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def declared_settings(package: str, wing: str | None, *required: str) -> dict[str, Any]:
    """The JSON Schema of a plugin's settings (`config_jsonschema`).

    The plugin's own come first; one that is null stands for the shared setting of that name, and shared settings
    that are not named follow. `wing` is `singer_rest.tap`, `singer_rest.target`, or None for a mapper.
    """
    own, shared = _read(package), _read(wing) if wing else {}
    properties = {name: setting or shared[name] for name, setting in own.items()}
    properties |= {name: setting for name, setting in shared.items() if name not in properties}
    schema = {"type": "object", "properties": properties, "$schema": "https://json-schema.org/draft/2020-12/schema"}
    return schema | ({"required": list(required)} if required else {})


def _read(package: str) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(files(package).joinpath("settings.json").read_text("utf-8"))
    return settings
