"""Fixtures of tests against a real Tryton; a test module takes them in by `pytest_plugins = ["tryton_fixtures"]`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from uuid import uuid4

import pytest

from countbridge.postgres import EmbeddedPostgres
from countbridge.sandbox import world
from countbridge.sandbox.erp import Site, install, start
from tryton_server import KEPT, VENV, RunningTryton, keep, restore


@pytest.fixture(scope="session")
def tryton_site(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Tryton installed, and its filled template database ready on the server of this test run."""
    install(VENV)
    folder = tmp_path_factory.mktemp("tryton")
    world_file = folder / "world.json"
    world_file.write_text(world.generate().to_json(), encoding="utf-8")
    if (KEPT / "erp-keys.json").exists():
        shutil.copy(KEPT / "erp-keys.json", folder)
    site = Site(VENV, postgres.url("postgres"), folder, world_file, database="erp_first")
    dump = KEPT / f"{site.template}.dump"
    if dump.exists():
        restore(site, dump)
    site.prepare()
    if not dump.exists():
        keep(site, dump)
    site.postgres.drop(site.database)
    return site


@pytest.fixture(scope="module")
def tryton(tryton_site: Site) -> Iterator[RunningTryton]:
    """A fresh copy of the filled database with a server of its own."""
    s = tryton_site
    site = Site(s.venv, s.server, s.folder, s.world, database=f"erp_{uuid4().hex[:8]}")
    site.prepare()
    with start(site) as server:
        running = RunningTryton(server.url, site)
        yield running
        for connector in running.opened:
            connector.close()
    site.postgres.drop(site.database)
