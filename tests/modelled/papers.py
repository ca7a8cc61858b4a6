"""Single documents to the modelled WMS, without a count around them: for tests of the way one takes."""

from __future__ import annotations

import shutil
from pathlib import Path

from countbridge.connectors.contract import Document
from countbridge.exchange.deliveries import Then, propose
from countbridge.exchange.models import Delivery
from modelled.stage import HERE, Stage


def paper(stage: Stage, key: str, document: str = "D1", *, then: Then | None = None) -> Delivery:
    """A paper of `document` for the WMS, proposed and queued."""
    content = Document("baseline", {"count_no": document}, ({"no": key},))
    return propose(stage.link, stage.link.wms, content, key, flow="F2", order_key=document, then=then)


def received(stage: Stage) -> list[str]:
    """Keys in the order the WMS took them in."""
    return list(stage.world.wms.received)


def without_search(stage: Stage, folder: Path, *kinds: str) -> None:
    """From now on the WMS can neither be given a key for these kinds nor be searched for them."""
    copied = folder / "blind_wms"
    shutil.copytree(HERE / "wms", copied, dirs_exist_ok=True)
    manifest = copied / "connector.yaml"
    text = manifest.read_text(encoding="utf-8")
    for kind in kinds:
        text = text.replace(f"  {kind}: {{idempotency: native", f"  {kind}: {{idempotency: none")
    manifest.write_text(text, encoding="utf-8")
    stage.link.wms.connector = str(copied)
    stage.link.wms.save(update_fields=["connector"])
