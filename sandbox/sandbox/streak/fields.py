"""The definitions of a pipeline's custom fields and their options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.streak.call import array, mapping
from sandbox.streak.errors import Refused, bad_request, insufficient
from sandbox.streak.stages import touched
from sandbox.streak.store import NOT_EXISTING

if TYPE_CHECKING:
    from sandbox.streak.call import Call
    from sandbox.streak.store import Record, Store

FIRST_FIELD = 1001
FIRST_OPTION = 9001
TYPES = (
    "TEXT_INPUT",
    "DROPDOWN",
    "CHECKBOX",
    "DATE",
    "PERSON",
    "FORMULA",
    "TAG",
    "TEAM_CONTACT",
    "TEAM_ORGANIZATION",
)
NO_AI = {"prompt": "", "source": "BOX_TIMELINE"}
OPTIONS = {  # by type of field: where the options stand and how their label is called
    "DROPDOWN": ("dropdownSettings", "items", "name"),
    "TAG": ("tagSettings", "tags", "tag"),
}


def list_fields(call: Call, pipeline_key: str) -> list[Record]:
    fields: list[Record] = call.store.find("pipelines", pipeline_key)["fields"]
    return fields


def get(call: Call, pipeline_key: str, key: str) -> Record:
    return _field(call.store, call.store.find("pipelines", pipeline_key), key)


def create(call: Call, pipeline_key: str) -> Record:
    pipeline, body = call.store.existing("pipelines", pipeline_key), call.json_object()
    return new_field(call.store, pipeline, body.get("name"), body.get("type"), body.get("defaultValue"))


def new_field(store: Store, pipeline: Record, name: Any, kind: Any, default: Any = None) -> Record:
    if not isinstance(name, str) or not name.strip() or not kind:
        raise insufficient("Field")
    if kind not in TYPES:
        raise bad_request(f"Unknown field type: {kind}")
    key = str(store.count(f"fields of {pipeline['key']}", FIRST_FIELD))
    field: Record = {"key": key, "name": name, "type": kind, "lastUpdatedTimestamp": store.now()}
    field["aiSettings"] = dict(NO_AI)
    if default is not None:
        field |= {"defaultValue": default, "lastDefaultValueUpdatedTimestamp": store.now()}
    if kind in OPTIONS:
        settings, listed, _ = OPTIONS[kind]
        field[settings] = {listed: []}
    pipeline["fields"].append(field)
    touched(store, pipeline)
    return field


def update(call: Call, pipeline_key: str, key: str) -> Record:
    store, body = call.store, call.json_object()
    pipeline = store.existing("pipelines", pipeline_key)
    field = _field(store, pipeline, key)
    if field["type"] in OPTIONS:
        _set_options(store, pipeline_key, field, body, add_only=_adds_only(call))
    field |= {name: body[name] for name in ("name", "defaultValue") if body.get(name) is not None}
    if body.get("aiSettings"):
        field["aiSettings"] = NO_AI | field.get("aiSettings", {}) | mapping(body["aiSettings"], "aiSettings")
    field["lastUpdatedTimestamp"] = touched(store, pipeline)["lastUpdatedTimestamp"]
    return field


def _set_options(store: Store, pipeline_key: str, field: Record, body: Record, *, add_only: bool) -> None:
    """The list sent is the whole list, unless only additions were asked for."""
    settings, listed, label = OPTIONS[field["type"]]
    sent = mapping(body.get(settings) or {}, settings).get(listed)
    if sent is None:
        return
    had = {option["key"]: option for option in field[settings][listed]}
    kept = list(had.values()) if add_only else []
    counter = f"options of {pipeline_key} {field['key']}"
    for option in array(sent, listed, dict):
        key = option.get("key")
        if key is not None and str(key) not in had and not _was_given(store, counter, key):
            raise bad_request(f"Unknown option key: {key}")
        if key is None:
            kept.append({"key": str(store.count(counter, FIRST_OPTION)), label: _label(option, label)})
        elif not add_only:
            kept.append(
                {"key": str(key), label: option.get(label) or had.get(str(key), {}).get(label) or _label(option, label)}
            )
    field[settings] = {listed: kept}


def _was_given(store: Store, counter: str, key: Any) -> bool:
    """Whether an option once had this key: it may come back with it."""
    return str(key).isdecimal() and FIRST_OPTION <= int(key) < store.counters.get(counter, FIRST_OPTION)


def _adds_only(call: Call) -> bool:
    return call.truth("addOnly") and bool(call.store.settings["add_only"] == "appends")


def _label(option: Record, label: str) -> str:
    text = option.get(label)
    if not isinstance(text, str) or not text.strip():
        raise bad_request(f"An option needs a {label}")
    return text


def delete(call: Call, pipeline_key: str, key: str) -> Record:
    """The definition and every value of it."""
    pipeline = call.store.existing("pipelines", pipeline_key)
    pipeline["fields"].remove(_field(call.store, pipeline, key))
    for box in call.store.below("boxes", pipeline_key):
        box["fields"].pop(key, None)
    touched(call.store, pipeline)
    return {"success": True}


def _field(store: Store, pipeline: Record, key: str) -> Record:
    for field in pipeline["fields"]:
        if field["key"] == key:
            found: Record = field
            return found
    raise Refused(store.settings["unknown_key_status"], {"success": False, "error": NOT_EXISTING})


def options(field: Record) -> dict[str, str]:
    """The labels of a dropdown or tag field by their key."""
    settings, listed, label = OPTIONS[field["type"]]
    return {option["key"]: option[label] for option in field[settings][listed]}
