"""Fills a fresh Tryton database with the sandbox company. Runs in Tryton's own environment, never in Countbridge's.

`python seed.py CONFIG DATABASE WORLD.json KEYS.json`. Works on Tryton's models in process: one transaction a step.
"""

# mypy: ignore-errors
# (Tryton is not installed where the checks run.)

from __future__ import annotations

import json
import sys
from pathlib import Path

from trytond import config


def main() -> None:
    """Seed, one line of progress for each step on stdout."""
    config_file, database, world_file, keys_file = sys.argv[1:5]
    config.update_etc(config_file)
    from trytond.pool import Pool

    Pool.start()
    Pool(database).init()
    run_steps(database, json.loads(Path(world_file).read_text("utf-8")), json.loads(Path(keys_file).read_text("utf-8")))


def run_steps(database: str, world: dict, keys: dict) -> None:
    """Every step reads what the ones before it committed."""
    from goods import make_goods
    from opening import make_opening_stock
    from people import make_company, make_users
    from places import make_places
    from trytond.pool import Pool
    from trytond.transaction import Transaction

    company = None
    steps = (
        ("company", lambda: make_company(Pool(), world)),
        ("places", lambda: make_places(Pool(), world)),
        ("users", lambda: make_users(Pool(), world, keys, company)),
        ("items", lambda: make_goods(Pool(), world)),
        ("opening stock", lambda: make_opening_stock(Pool(), world, company)),
    )
    for name, step in steps:
        print(name, flush=True)  # noqa: T201  the caller shows it
        with Transaction().start(database, 1, context={"company": company, "language": "en"}):
            result = step()
        company = company or result


if __name__ == "__main__":
    main()
