"""The demo shop's customers."""

from typing import Any

from sandbox.demo.tables import Row, filled, read

Record = dict[str, Any]

REPS = "sandbox-sales.example"
OPENED = "2025-11-21T08:00:00Z"


def customers() -> list[Record]:
    """All customers; those of a company have its address and its rep."""
    companies = {row["companyId"]: row for row in read("companies")}
    return [_customer(number, row, companies.get(row["company"])) for number, row in enumerate(read("people"))]


def _customer(number: int, row: Row, company: Row | None) -> Record:
    address = _address(row, company)
    known_since = f"{OPENED[:11]}{8 + number // 60:02d}:{number % 60:02d}:00Z"
    return {
        "customerId": row["customerId"],
        "firstName": filled(row["first"]),
        "lastName": filled(row["last"]),
        "email": filled(row["email"]),
        "phone": filled(row["phone"]),
        "title": filled(row["title"]),
        "company": _company(company) if company else None,
        "addresses": [
            {"type": "billing", "isDefault": True, **address},
            {"type": "shipping", "isDefault": True, **address},
        ],
        "acceptsMarketing": number % 3 == 0,
        "isGuest": row["note"] == "guest record",
        "salesRepEmail": f"{company['rep']}@{REPS}" if company and company["rep"] else None,
        "attributes": {"tier": row["tier"]} if row["tier"] else {},
        "createdAt": known_since,
        "updatedAt": known_since,
        "version": 1,
        "mergedIntoCustomerId": row["note"].removeprefix("merged into ") if "merged" in row["note"] else None,
    }


def _company(row: Row) -> Record:
    return {
        "companyId": row["companyId"],
        "name": row["name"],
        "domain": filled(row["domain"]),
        "industry": filled(row["industry"]),
    }


def _address(row: Row, company: Row | None) -> Record:
    place = company or row
    return {
        "name": f"{row['first']} {row['last']}" if row["first"] else filled(row["last"]),
        "company": company["name"] if company else None,
        "line1": place["line1"],
        "line2": filled(place["line2"]),
        "city": place["city"],
        "region": filled(place["region"]),
        "postalCode": filled(place["postalCode"]),
        "country": place["country"],
        "phone": filled(row["phone"]) or (filled(company["phone"]) if company else None),
    }
