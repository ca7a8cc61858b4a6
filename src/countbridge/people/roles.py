"""Which role may do what. The permissions are the words of the HTTP API; nothing else grants anything."""

from __future__ import annotations

from collections.abc import Mapping

PERMISSIONS = (
    "count.view", "count.plan", "count.assign", "count.scan",
    "line.expected",  # see book quantities and variances: without it every count is blind
    "line.recount", "line.approve",
    "policy.edit",  # tolerances, rules, who signs for how much, reasons: not for those who approve by them
    "delivery.view", "delivery.resend",
    "delivery.decide",  # say what became of a write that no system can tell: who answers for the books, or for the link
    "quarantine.view", "quarantine.resolve",
    "link.view", "link.edit", "user.admin", "audit.view",
)  # fmt: skip

ROLES: Mapping[str, frozenset[str]] = {
    "operator": frozenset({"count.scan"}),
    "supervisor": frozenset(
        {"count.view", "count.assign", "count.scan", "line.expected", "line.recount", "delivery.view",
         "quarantine.view"}
    ),
    "planner": frozenset({"count.view", "count.plan", "line.expected", "policy.edit", "delivery.view", "link.view"}),
    "finance": frozenset({"count.view", "line.expected", "line.approve", "line.recount", "delivery.view", "delivery.decide"}),
    "consultant": frozenset(
        {"count.view", "line.expected", "delivery.view", "delivery.resend", "delivery.decide", "quarantine.view",
         "quarantine.resolve", "link.view", "link.edit"}
    ),
    "auditor": frozenset(
        {"count.view", "line.expected", "delivery.view", "quarantine.view", "link.view", "audit.view"}
    ),
    "admin": frozenset(PERMISSIONS),
}  # fmt: skip
