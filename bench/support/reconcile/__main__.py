"""Computes a count in one of the ways and prints what it cost: {"seconds", "cpu_seconds", "peak_mb"}. See the package."""

from __future__ import annotations

import json
import resource
import sys
import time
from importlib import import_module
from pathlib import Path


def main(way: str, folder: Path, result: Path) -> None:
    module = import_module(f"bench.support.reconcile.{way}")
    began, before = time.perf_counter(), time.process_time()
    computed = module.compute(folder)
    told = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - before}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    module.write(computed, result)
    print(json.dumps({**told, "peak_mb": peak}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
