"""A process that prepares one large count and tells what that took. Started anew for each figure, and killed by tests.

DATABASE_URL=… python -m bench.large.preparing LINES FOLDER
"""

from __future__ import annotations

import csv
import json
import os
import resource
import shutil
import sys
import time
from pathlib import Path

import yaml

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from shape import ZONES, Shape, bin_name, item_name, location_name, zone_name  # noqa: E402

MAPS = HERE.parents[1] / "src/countbridge/sandbox/link/maps"


def link_folder(folder: Path, shape: Shape) -> Path:
    """The link of such a company: the sandbox's maps, tables of its size."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tables").mkdir(parents=True)
    shutil.copytree(MAPS, folder / "maps")
    (folder / "maps/erp_lots.yaml").unlink()
    said = {
        "code": "large", "name": "Large", "policy": {"sheet_lines": 40, "tolerance": {"quantity": "1"}},
        **{
            side: {"code": f"large-{side}", "connector": str(HERE / side), "settings": {"lines": str(shape.lines)}}
            for side in ("erp", "wms")
        },
    }  # fmt: skip
    (folder / "link.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
    codes = [item_name(n) for n in range(shape.items)]
    tables: dict[str, tuple[str, object]] = {
        "items": ("item*,sku", ((code, f"S-{code}") for code in codes)),
        "wms_units": ("item*,uom", ((code, "PCS") for code in codes)),
        "item_units": ("sku*,uom*,numerator,denominator", ((f"S-{code}", "PCS", 1, 1) for code in codes)),
        "base_factors": ("item*,numerator,denominator", ((code, 1, 1) for code in codes)),
        "bins": ("bin*,erp_location", ((bin_name(n), location_name(shape.zone_of(n))) for n in range(shape.bins))),
        "places": ("erp_location*,location", ((location_name(z), zone_name(z)) for z in range(ZONES))),
        "unit_factors": ("item*,unit*,numerator,denominator", ()),
        "units": ("wms*,unit", (("PCS", "u"),)),
        "users": ("wms*,user", ()),
        "warehouses": ("wms*,erp", (("W1", "W1"),)),
    }
    for name, (header, rows) in tables.items():
        with (folder / f"tables/{name}.csv").open("w", encoding="utf-8", newline="") as file:
            file.write(header + "\n")
            csv.writer(file, lineterminator="\n").writerows(rows)  # type: ignore[arg-type]
    return folder


def peak_mb() -> float:
    """The most memory this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def count_of(lines: int, folder: Path) -> int:
    """The one count of the database: made at the first call, found at a later one."""
    from countbridge import clock
    from countbridge.links.loading import apply_folder
    from countbridge.stocktake.models import Approval, Count
    from countbridge.stocktake.policy import policy_of

    known = Count.objects.filter(number="PD-LARGE").first()
    if known is not None:
        return int(known.pk)
    link, _ = apply_folder(link_folder(folder, Shape(lines)))
    count = Count.objects.create(
        link=link, number="PD-LARGE", name="Large", policy=policy_of(link.policy).as_json(), planned_at=clock.now()
    )
    Approval.objects.create(count=count, link=link, document="1", location="W1")
    return int(count.pk)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "countbridge.settings")
    import django

    django.setup()
    from django.db.models import Sum

    from countbridge.exchange.models import Delivery
    from countbridge.stocktake.models import Count
    from countbridge.stocktake.prepare import prepare

    lines, folder = int(sys.argv[1]), Path(sys.argv[2])
    pk = count_of(lines, folder)
    base, began, used = peak_mb(), time.monotonic(), time.process_time()
    prepare(pk)
    count = Count.objects.get(pk=pk)
    print(
        json.dumps(
            {
                "state": count.state,
                "lines": count.lines.count(),
                "quantity": str(int(count.lines.aggregate(n=Sum("snapshot"))["n"])),
                "book": str(int(count.book.aggregate(n=Sum("quantity"))["n"])),
                "sheets": count.sheets.count(),
                "papers": Delivery.objects.filter(count=count.number).count(),
                "seconds": round(time.monotonic() - began, 1),
                "cpu_seconds": round(time.process_time() - used, 1),
                "base_mb": round(base, 1),
                "peak_mb": round(peak_mb(), 1),
            }
        )
    )


if __name__ == "__main__":
    main()
