"""What people do: in the shop, and in Streak."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import requests
import shop

if TYPE_CHECKING:
    from sandbox.testing import Sandbox

IDS = {"orders": "orderId", "customers": "customerId", "payments": "paymentId"}
Row = dict[str, Any]


class ShopPeople:
    """Customers who order, and those who run the shop."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def add(self, *rows: Row) -> None:
        """Put new records into the shop, made right now."""
        self._sandbox.load([{**row, "record": row["record"] | {"updatedAt": _now()}} for row in rows])

    def registers(self, customer_id: str, email: str, **changes: Any) -> None:
        """A person without a company becomes a customer."""
        private: Row = {"company": None, "addresses": [], "phone": None}
        self.add(shop.customer(**{"customerId": customer_id, "email": email} | private | changes))

    def company_registers(self, customer_id: str, email: str, **changes: Any) -> None:
        """Somebody at a company becomes a customer; the company is known by its domain."""
        domain = email.partition("@")[2]
        company = {"companyId": f"CO-{domain}", "name": domain.partition(".")[0].title(), "domain": domain}
        self.registers(customer_id, email, **{"company": company} | changes)

    def orders(self, number: int, customer_id: str | None, email: str | None, **changes: Any) -> None:
        """Somebody orders, for themselves."""
        private = shop.ADDRESS | {"company": None, "name": "Jean Dupont"}
        told = {"customerId": customer_id, "email": email, "billingAddress": private, "shippingAddress": private}
        self.add(shop.order(number, **told | changes))

    def pays(self, number: int, payment_id: str, amount: float, status: str = "captured") -> None:
        """Money comes in, or goes back."""
        self.add(shop.payment(paymentId=payment_id, orderId=str(number), amount=amount, status=status))

    def changes(self, kind: str, key: str, **values: Any) -> None:
        """Change what the API lets only the shop itself change."""
        records = self._sandbox.snapshot()["clarity"][kind]
        (known,) = [record for record in records if record[IDS[kind]] == key]
        newer = {"version": known["version"] + 1} if "version" in known else {}
        self.add(shop.row(kind, copy.deepcopy(known) | newer | values))

    def sets(self, number: int, **values: Any) -> None:
        """Change an order as its page allows: status, tracking number, note, addresses."""
        self._call("PATCH", f"orders/{number}", values)

    def deletes(self, number: int) -> None:
        """Take an order out of the shop."""
        self._sandbox.remove("orders", str(number))

    def _call(self, method: str, path: str, body: Row) -> None:
        url, headers = f"{self._sandbox.clarity_url}/{path}", {"X-API-Key": self._sandbox.clarity_key}
        requests.request(method, url, json=body, headers=headers, timeout=10).raise_for_status()


class SalesPeople:
    """Those who work in Streak, and whoever sets it up."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def moves(self, box: Row, stage: str, pipeline: str | None = None) -> None:
        """Drag a box to another stage, or to another pipeline."""
        there = self._pipeline(pipeline or box["pipeline"])
        stages = {one["name"]: key for key, one in there["stages"].items()}
        self._call("POST", f"v1/boxes/{box['key']}", {"pipelineKey": there["key"], "stageKey": stages[stage]})

    def edits(self, box: Row, **values: Any) -> None:
        """Type into a box."""
        self._call("POST", f"v1/boxes/{box['key']}", values)

    def deletes(self, box: Row) -> None:
        """Delete a box."""
        self._call("DELETE", f"v1/boxes/{box['key']}")

    def edits_contact(self, contact: Row, **values: Any) -> None:
        """Type into a contact."""
        self._call("POST", f"v2/contacts/{contact['key']}", values)

    def merges(self, gone: Row, survivor: Row, kind: str = "contacts") -> None:
        """Merge a contact, or an organization, into another."""
        self._sandbox.merge(kind, gone["key"], survivor["key"])

    def deletes_party(self, party: Row, kind: str = "contacts") -> None:
        """Delete a contact or an organization."""
        self._call("DELETE", f"v2/{kind}/{party['key']}")

    def adds_contact(self, team: str, **values: Any) -> None:
        """Type a contact in."""
        self._call("POST", f"v2/teams/{team}/contacts", values)

    def renames_stage(self, pipeline: str, stage: str, name: str) -> None:
        """Give a stage another name."""
        self._call("POST", self._stage(pipeline, stage), {"name": name})

    def deletes_stage(self, pipeline: str, stage: str) -> None:
        """Delete a stage that is empty."""
        self._call("DELETE", self._stage(pipeline, stage))

    def makes_anew(self, pipeline: str, field: str, kind: str) -> None:
        """Give a field another type: the only way is to delete it and to make it again."""
        self._call("DELETE", self._field(pipeline, field)["path"])
        self._call("POST", f"v2/pipelines/{self._pipeline(pipeline)['key']}/fields", {"name": field, "type": kind})

    def removes_option(self, pipeline: str, field: str, label: str) -> None:
        """Take an option out of a dropdown; the list that is sent is the whole list."""
        known = self._field(pipeline, field)
        items = [item for item in known["dropdownSettings"]["items"] if item["name"] != label]
        self._call("POST", known["path"], {"dropdownSettings": {"items": items}})

    def _pipeline(self, name: str) -> Row:
        (found,) = [one for one in self._sandbox.snapshot()["streak"]["pipelines"] if one["name"] == name]
        return found

    def _stage(self, pipeline: str, name: str) -> str:
        place = self._pipeline(pipeline)
        (key,) = [key for key, stage in place["stages"].items() if stage["name"] == name]
        return f"v1/pipelines/{place['key']}/stages/{key}"

    def _field(self, pipeline: str, name: str) -> Row:
        place = self._pipeline(pipeline)
        field: Row
        (field,) = [field for field in place["fields"] if field["name"] == name]
        return field | {"path": f"v1/pipelines/{place['key']}/fields/{field['key']}"}

    def _call(self, method: str, path: str, body: Row | None = None) -> None:
        url, auth = f"{self._sandbox.streak_url}/{path}", (self._sandbox.streak_key, "")
        requests.request(method, url, json=body, auth=auth, timeout=10).raise_for_status()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
