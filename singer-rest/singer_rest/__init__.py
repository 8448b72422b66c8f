"""The kit of taps and targets for REST APIs: these names are its interface, everything else is private.

A name is loaded when it is first asked for, so that a tap does not load the ledger of the targets.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    ".cli.commands": "Subcommand",
    ".errors": "AmbiguousMatch ApiError ApiUnavailable FatalRunError NoAccess NotOurs OutcomeUnknown "
    "RecordFault RecordRejected UnreadableLine VersionConflict masked single_line",
    ".http.answers": "Answer OddAnswer Wording",
    ".http.auth": "ApiKey ClientCredentials FetchedToken auth_from basic_user credentials usable_token",
    ".http.client": "Probe RestClient",
    ".http.instants": "FIRST bookmark_text earlier from_ms instant_of iso_text ms_of_text parse_instant to_ms utc_text",
    ".http.origin": "origin_of",
    ".http.rate_limit": "RateLimit",
    ".http.settings": "check_date check_feed check_key_or_client check_keys check_url",
    ".ledger.ledger": "Ledger",
    ".ledger.values": "Intent Link",
    ".plugin.document": "Node read_document",
    ".plugin.findings": "DocumentError Finding Findings near suggest",
    ".plugin.log_throttle": "LogOnce LogThrottle Progress",
    ".plugin.shell": "Shell declared_settings",
    ".plugin.stdio": "BurstWriter SingerReader record_end",
    ".sync.answers": "Fate fate",
    ".sync.field_rules": "FieldRules",
    ".sync.findings": "FINDING IGNORED KEPT REFUSED ApiFindings",
    ".sync.intents": "wait_for_in_flight",
    ".sync.loop_prevention": "counterparts reverse_contents",
    ".sync.merge": "blank",
    ".sync.record": "Record Reference natural_key",
    ".sync.relinking": "relink",
    ".sync.run_context": "RunContext",
    ".sync.sink": "Look Outcome RestSink",
    ".sync.upsert": "read_or_none",
    ".tap.extra_fields": "Shape fit shape_of",
    ".tap.rest_tap": "DELETED EventRecords RestStream RestTap",
    ".target.target": "RestTarget",
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = sorted(_MODULES)  # noqa: PLE0605  # __init__.pyi lists them for type checkers


def __getattr__(name: str) -> Any:
    """Load a public name."""
    if name not in _MODULES:
        msg = f"singer_rest has no public name {name!r}"
        raise AttributeError(msg)
    value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
    return value
