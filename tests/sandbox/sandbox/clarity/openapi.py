"""The API described as OpenAPI 3.1."""

from typing import Any

DOCUMENT: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": "Clarity eCommerce", "version": "1"}, "paths": {}}
