"""Good records of the shop, and what the shipped mapping makes of them."""

from __future__ import annotations

import json
import logging
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec
from mapper_crosswalk.check.mapping import load_mapping
from mapper_crosswalk.run.crosswalk import Crosswalk
from nonsense import BOX, TOKEN
from running import MAPPING
from shop import customer, order, payment

if TYPE_CHECKING:
    from nonsense import Message

_decoded = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode
KEYS = {"orders": "orderId", "customers": "customerId", "payments": "paymentId"}


def tap_schema(stream: str) -> Message:
    """The SCHEMA that tap-clarity sends."""
    schema = json.loads(files("tap_clarity").joinpath("schemas", f"{stream}.json").read_text("utf-8"))
    keys = {"key_properties": [KEYS[stream]], "bookmark_properties": ["updatedAt"]}
    return {"type": "SCHEMA", "stream": stream, "schema": schema, **keys}


def source_record(kind: int) -> Message:
    """A good RECORD of the shop."""
    email = f"{TOKEN}@{TOKEN}.example"
    person = customer(customerId=TOKEN, email=email)["record"]
    person["company"] = person["company"] | {"companyId": f"CO-{TOKEN}", "domain": f"{TOKEN}.example"}
    kinds = {
        "orders": order(orderId=TOKEN, orderNumber=TOKEN, email=email, customer=person, customerId=TOKEN)["record"],
        "customers": person,
        "payments": payment(paymentId=TOKEN, orderId=BOX)["record"],
    }
    stream = ("orders", "customers", "orders", "payments", "orders")[kind % 5]
    return {"type": "RECORD", "stream": stream, "record": {KEYS[stream]: TOKEN, **kinds[stream]}}


@cache
def crosswalk() -> Crosswalk:
    """The shipped mapping, ready."""
    mapped = Crosswalk(load_mapping(MAPPING), logging.getLogger("fuzz"))
    for stream in KEYS:
        mapped.schema(tap_schema(stream))
    return mapped


def left_out(line: bytes) -> bool:
    """Whether the mapping's conditions leave a source record out (a test order, a customer without anything)."""
    message = _decoded(line)
    return isinstance(message.get("record"), dict) and not crosswalk().record(message)


def unmarked_ids(line: bytes, mark: str) -> set[str] | None:
    """What a source record becomes, by external id, where its mark stands only in what the mapping does not take."""
    try:
        rows = crosswalk().record(_decoded(line))
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError):  # no record at all
        return None
    unmarked = rows and mark.encode() not in b"".join(_encode(row["record"]) for row in rows)
    return {str(row["record"].get("externalId")) for row in rows} if unmarked else None


@cache
def crm_schemas() -> dict[str, Message]:
    """The SCHEMAs that the mapper sends, and one for meetings, which the shipped mapping makes none of."""
    sent = (message for stream in KEYS for message in crosswalk().schema(tap_schema(stream)))
    found = {message["stream"]: message for message in sent}
    schema = json.loads(files("target_streak").joinpath("schemas", "meetings.json").read_text("utf-8"))
    found["meetings"] = {"type": "SCHEMA", "stream": "meetings", "schema": schema, "key_properties": ["externalId"]}
    return found


def crm_record(kind: int) -> Message:
    """A good RECORD for Streak, of any stream."""
    return crm_records()[kind % len(crm_records())]


@cache
def crm_records() -> list[Message]:
    """A good RECORD of every flow of the mapping, and a meeting."""
    sources = [json.dumps(source_record(kind)) for kind in (0, 1, 3)]
    rows = [row for source in sources for row in crosswalk().record(_decoded(source))]
    meeting = {"externalId": TOKEN, "boxExternalId": BOX, "meetingType": "MEETING_NOTES", "notes": TOKEN}
    rows.append(_record("meetings", meeting | {"startTimestamp": "2026-05-02T10:00:00Z"}))
    return [_record(row["stream"], json.loads(_encode(row["record"]))) for row in rows]


def _record(stream: str, record: Message) -> Message:
    box = {"boxExternalId": BOX} if "boxExternalId" in record else {}
    return {"type": "RECORD", "stream": stream, "record": {"externalId": TOKEN} | record | {"externalId": TOKEN} | box}
