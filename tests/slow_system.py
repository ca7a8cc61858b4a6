"""A slow HTTP system and the papers delivered to it: what reached it, when, and how many at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from rest_server import Call, Reply, data

MANIFEST = """
name: slow
title: {{zh: 慢系统, en: Slow system}}
version: "1"
tier: {{kind: contract, version: "1"}}
roles: [wms]
limits: {{per_second: {per_second}, concurrency: {concurrency}}}
timeouts: {{connect: 5, read: 20, total: 40}}
settings:
  url: {{description: {{zh: 地址, en: Address}}}}
documents:
  baseline: {{idempotency: lookup}}
rest:
  base_url: "{{url}}"
  check: {{path: /ping}}
  auth: {{kind: none}}
  documents:
    baseline:
      path: /papers
      key: key
      lines: lines
      find: {{path: "/papers?key={{key}}", rows: rows}}
"""

FILL = """
import django, sys
django.setup()
from django.db import transaction
from countbridge.connectors.contract import Document
from countbridge.exchange.deliveries import propose
from countbridge.links.models import Link, System
folder, url, documents, papers = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
told = dict(name="Slow", side="wms", connector=folder, settings={"url": url})
system, _ = System.objects.get_or_create(code="slow", defaults=told)
link, _ = Link.objects.get_or_create(code="slow", defaults=dict(name="slow", erp=system, wms=system))
with transaction.atomic():
    for paper in range(papers):
        for document in range(documents):
            key = f"{document}.{paper}"
            propose(link, system, Document("baseline", {}, ({"no": key},)), key, flow="F2", order_key=str(document))
"""


@dataclass
class SlowSystem:
    """Answers each paper after `seconds`; a paper whose key it has it takes once."""

    seconds: float
    begun: list[tuple[float, str]] = field(default_factory=list)
    ended: list[tuple[float, str]] = field(default_factory=list)
    most_at_once: int = 0
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, call: Call) -> Reply:
        if call.method == "GET":
            key = call.params.get("key", "")
            with self._lock:
                known = any(key == each for _, each in self.ended)
            return data({"rows": [{"key": key}] if known else []})
        key = json.loads(call.body)["key"]
        with self._lock:
            self.begun.append((time.monotonic(), key))
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        time.sleep(self.seconds)
        with self._lock:
            self._now -= 1
            self.ended.append((time.monotonic(), key))
        return data({})

    def fastest(self, slack: float) -> float:
        """The highest rate over any stretch of calls, allowing each stretch `slack` seconds of delay on the way."""
        times = sorted(at for at, _ in self.begun)
        return max(
            (later - first) / (times[later] - times[first] + slack)
            for first in range(len(times))
            for later in range(first + 1, len(times))
        )

    def out_of_order(self) -> list[str]:
        """Papers that began before the one before them, of their document, had ended, or came twice."""
        ended = {key: at for at, key in self.ended}
        wrong = [key for key, times in self._times().items() if len(times) != 1]
        for at, key in self.begun:
            document, _, paper = key.partition(".")
            before = f"{document}.{int(paper) - 1}"
            if int(paper) and ended.get(before, float("inf")) > at:
                wrong.append(key)
        return wrong

    def _times(self) -> dict[str, list[float]]:
        found: dict[str, list[float]] = defaultdict(list)
        for at, key in self.begun:
            found[key].append(at)
        return found


def connector(folder: Path, per_second: str, concurrency: int) -> Path:
    """A connector folder for the slow system with these limits."""
    made = folder / "slow"
    made.mkdir(exist_ok=True)
    text = MANIFEST.format(per_second=per_second, concurrency=concurrency)
    (made / "connector.yaml").write_text(text, encoding="utf-8")
    return made


def fill(database: str, folder: Path, url: str, documents: int, papers: int) -> None:
    """So many papers of each of so many documents, waiting in the queue of that database."""
    environment = {**os.environ, "DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "countbridge.settings"}
    command = [sys.executable, "-c", FILL, str(folder), url, str(documents), str(papers)]
    subprocess.run(command, env=environment, check=True)
