"""A mapping file as values that know their line, and what tells its content from another's."""

import hashlib
import json
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from singer_rest import Node
from singer_rest import read_document as read_with


def fingerprint(node: Node) -> str:
    """Return 12 hex digits that change when the content changes; comments and layout don't count."""
    text = json.dumps(node.plain(), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_document(path: Path) -> Node:
    """Read a YAML file. Raises DocumentError with the line of what is broken."""
    return read_with(path, YAML(typ="rt").compose, YAMLError)
