"""Fixtures of the sandbox WMS, a plugin that a test module asks for by name."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from countbridge.postgres import EmbeddedPostgres
from countbridge.sandbox.world import World, generate
from sandbox_wms_server import COMMAND, SOURCES, Wms


@pytest.fixture(scope="module")
def company() -> World:
    return generate()


@pytest.fixture(scope="module")
def start_wms(
    postgres: EmbeddedPostgres, company: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Wms]]:
    file = tmp_path_factory.mktemp("world") / "world.json"
    file.write_text(company.to_json(), encoding="utf-8")
    running: list[Wms] = []

    def start(*options: str, **settings: str) -> Wms:
        environment = {
            **os.environ,
            "PYTHONPATH": str(SOURCES),
            "SANDBOX_DATABASE_URL": postgres.url(f"wms_{uuid4().hex[:8]}"),
            "SANDBOX_API_KEY": "api",
            "SANDBOX_FLOOR_KEY": "floor",
            **settings,
        }
        for expected in ("loaded", "already loaded"):
            command = [*COMMAND, "load", "--world", str(file), *options]
            done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
            assert done.stdout.strip() == expected
        wms = Wms(environment)
        running.append(wms)
        wms.start()
        return wms

    yield start
    for wms in running:
        wms.stop()
