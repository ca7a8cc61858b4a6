"""What somebody who just started the demo needs: one address, one login per role, and what to try."""

from __future__ import annotations

from countbridge.sandbox import erp
from countbridge.sandbox.demo.once import floor_of
from countbridge.sandbox.demo.stack import PASSWORD, Stack

CALM = {"rate_per_minute": 4, "delay_seconds": 5}
FIRST_COUNT = ["W1-A"]


def welcome(stack: Stack) -> str:
    """Set the warehouse to work, have a count approved if there never was one, and say where everything is."""
    from countbridge.stocktake.models import Count

    floor_of(stack).work(**CALM)
    if not Count.objects.exists():
        erp.approve(stack.erp_url, stack.planner_key, FIRST_COUNT)
    people = "\n".join(
        f"    {user.login:<11} {user.role:<11} {user.name_zh} {user.name_en}" for user in stack.world.users
    )
    shelf = f"{stack.wms_url}/shelf?key={stack.places.keys()['floor']}"
    return f"""
Countbridge 盘桥 is running. Ctrl-C stops everything; the data is kept ({stack.places.data}).

    Console / 控制台      {stack.url}
    Handheld / 手持端     {stack.url}/pda
    The shelves / 货架    {shelf}
    ERP (Tryton) REST    {stack.erp_url}/rest/model
                         Authorization: Bearer {stack.erp_key}

Everybody's password / 密码: {PASSWORD}
{people}

Try this:
  1. A count of zone {FIRST_COUNT[0]} was approved in the ERP and waits in the console. Sign in as supervisor, look at its sheets.
  2. Open the handheld page as the person a sheet was given to (op1 … op4), open the shelves beside it and count what
     lies there: the variance appears in the console while you type the next one.
  3. Let another operator recount what is outside tolerance, then approve it as finance: the line's detail names the
     ERP document that was posted, and the ERP itself shows it:
     curl -H "Authorization: Bearer {stack.erp_key}" \\
       "{stack.erp_url}/rest/model/stock.inventory?f=number&f=state&f=location.code&f=lines.moves"
  To approve another count in the ERP: .venv/bin/countbridge demo-approve W2-Z1
"""
