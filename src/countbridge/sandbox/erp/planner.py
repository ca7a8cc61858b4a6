"""What a planner does in the ERP: approve a count by leaving a draft inventory for each location to be counted."""

from __future__ import annotations

import base64
import json
import urllib.parse
import urllib.request
from collections.abc import Sequence
from typing import Any

from countbridge.errors import NotFound


def approve(url: str, key: str, locations: Sequence[str]) -> list[str]:
    """Draft inventories made as the user `key` belongs to, one for each location code; returns their numbers.

    Raises NotFound "sandbox.unknown_location" before anything is made.
    """
    ids = {code: _location(url, key, code) for code in locations}
    company = _call(url, key, "company.company?s=1&f=id")[0]["id"]
    drafts = []
    for code in locations:
        body = {"location": ids[code], "company": company}
        drafts.append(_call(url, key, "stock.inventory?f=number", body, company)["number"])
    return drafts


def _location(url: str, key: str, code: str) -> int:
    domain = base64.urlsafe_b64encode(json.dumps([["code", "=", code], ["type", "=", "storage"]]).encode()).decode()
    found = _call(url, key, f"stock.location?f=id&d={urllib.parse.quote(domain)}")
    if not found:
        raise NotFound("sandbox.unknown_location", location=code)
    return int(found[0]["id"])


def _call(url: str, key: str, path: str, body: object = None, company: int | None = None) -> Any:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    if company is not None:  # makes the date today in the company's time zone
        headers["X-Tryton-Context"] = base64.urlsafe_b64encode(json.dumps({"company": company}).encode()).decode()
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}/rest/model/{path}", data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)
