"""One demo for all end-to-end tests: a real ERP, the sandbox WMS, Countbridge with its pages."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo_server import Demo, wait

from countbridge.sandbox.erp import Site


@pytest.fixture(scope="session")
def demo(tryton_site: Site) -> Iterator[Demo]:
    """The demo, running, with no count under way and nothing moving. (`tryton_site` has its ERP's database ready.)"""
    made = Demo(Path(tempfile.mkdtemp(prefix="countbridge-demo-")))
    made.fill()
    made.start()
    _call_off_the_first_count(made)
    made.quiet()
    yield made
    made.stop()
    shutil.rmtree(made.folder)


def _call_off_the_first_count(made: Demo) -> None:
    """The count a new demo begins with would be work for the same people."""
    planner = made.console("planner")
    first = wait(lambda: planner.get("/counts", state="counting")["rows"], "the first count is given out", 120)[0]
    assert first["lines"] > 100
    planner.post(f"/counts/{first['number']}/cancel", {"reason": "other counts come first"})
