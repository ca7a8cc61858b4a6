"""The simulation that runs in this process: connectors find their model here."""

from __future__ import annotations

from dataclasses import dataclass

from countbridge.simulation.company import Company
from countbridge.simulation.network import Network


@dataclass(frozen=True)
class Scene:
    """`secret` is the key both systems want; it must turn up nowhere."""

    company: Company
    network: Network
    secret: str


_current: list[Scene] = []


def open_scene(scene: Scene) -> None:
    _current[:] = [scene]


def scene() -> Scene:
    return _current[0]
