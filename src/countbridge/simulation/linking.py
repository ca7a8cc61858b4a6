"""Links between the modelled systems, one for each way they can be written to, stored as any consultant's would be."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from countbridge.links.loading import apply_folder
from countbridge.links.models import Link
from countbridge.stocktake import jobs

HERE = Path(__file__).parent
SECRET = "k3y-that-must-not-leak/7+?"
CADENCE = {"approvals": 90, "items": 3600, "movements": 45, "results": 60}


@dataclass(frozen=True)
class Way:
    """How the systems take a write, and whether a zone is counted inside the WMS."""

    name: str
    erp: str
    in_wms: tuple[str, ...] = ()


WAYS = (
    Way("draft", "draft_then_confirm"),
    Way("native", "native", in_wms=("B",)),
    Way("lookup", "lookup"),
    Way("none", "none"),
)


def make_links(folder: Path, slower: int = 1) -> dict[str, Link]:
    """Store a link for each way; their folders are written into `folder`. `slower`: times as long between two turns of a flow."""
    links = {}
    for way in WAYS:
        link, _ = apply_folder(_folder(folder / way.name, way), {"KEY": SECRET})
        jobs.schedule(link, {flow: seconds * slower for flow, seconds in CADENCE.items()})
        links[way.name] = link
    return links


def _folder(target: Path, way: Way) -> Path:
    shutil.copytree(HERE / "link", target, dirs_exist_ok=True)
    policy = yaml.safe_load((target / "policy.yaml").read_text(encoding="utf-8"))
    for side, manifest in (("erp", _erp(way)), ("wms", _wms())):
        (target / side).mkdir(exist_ok=True)
        _write(target / side / "connector.yaml", manifest)
        base = f"Simulated{side.capitalize()}"
        code = f"from countbridge.simulation.connectors import {base}\n\n\nclass Connector({base}):\n    pass\n"
        (target / side / "connector.py").write_text(code, encoding="utf-8")
    told = {
        "code": f"sim-{way.name}", "name": f"Simulation, {way.name}",
        "policy": {**policy, "counted_in_wms": list(way.in_wms)},
    }  # fmt: skip
    for side in ("erp", "wms"):
        code = f"{way.name}-{side}"
        told[side] = {"code": code, "name": side.upper(), "connector": f"./{side}", "settings": {"key": "${KEY}"}}
    _write(target / "link.yaml", told)
    return target


def _manifest(role: str, datasets: dict[str, Any], documents: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": f"simulated_{role}", "title": {"zh": f"模拟 {role.upper()}", "en": f"Simulated {role.upper()}"},
        "version": "1", "tier": {"kind": "contract", "version": "1"}, "roles": [role],
        "settings": {"key": {"secret": True, "description": {"zh": "密钥", "en": "Key"}}},
        "datasets": datasets, "documents": documents,
    }  # fmt: skip


def _erp(way: Way) -> dict[str, Any]:
    datasets = {
        "warehouses": {"unique": ["code"]}, "locations": {"unique": ["code"]}, "items": {"unique": ["code"]},
        "stock": {"scope": ["location"], "unique": ["location", "item", "lot"]}, "count_approvals": {"unique": ["id"]},
    }  # fmt: skip
    adjustment = {"idempotency": way.erp, "semantics": "delta", "max_lines": 3, "lands_within": 150}
    return _manifest(
        "erp", datasets, {"adjustment": adjustment, "finish_approval": {"idempotency": "lookup", "lands_within": 0}}
    )


def _wms() -> dict[str, Any]:
    feed = {"cursor": "incremental", "as_of": True, "page_limit": 5, "unique": ["seq"]}
    datasets = {
        "bins": {"unique": ["bin"]}, "movements": {**feed, "watermark": True}, "results": feed,
        "stock": {"scope": ["zone"], "as_of": True, "watermark": True, "unique": ["bin", "sku", "lot"]},
    }  # fmt: skip
    documents = {
        kind: {"idempotency": "native"} for kind in ("item", "count_task", "baseline", "sheets", "close_count")
    }
    adjustment = {"idempotency": "native", "semantics": "delta", "max_lines": 4}
    return _manifest("wms", datasets, {**documents, "adjustment": adjustment})


def _write(path: Path, content: dict[str, Any]) -> None:
    plain = json.loads(json.dumps(content))  # without what would become YAML aliases, which a manifest may not have
    path.write_text(yaml.safe_dump(plain, allow_unicode=True, sort_keys=False), encoding="utf-8")
