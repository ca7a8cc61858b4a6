"""A real ERP to try against: Tryton from the package registry, filled with the sandbox company."""

from countbridge.sandbox.erp.installation import install
from countbridge.sandbox.erp.planner import approve
from countbridge.sandbox.erp.server import Server, start
from countbridge.sandbox.erp.site import Site

__all__ = ["Server", "Site", "approve", "install", "start"]
