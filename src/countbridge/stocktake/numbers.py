"""Numbers of counts: PD, the day where the link is, and the next of that day."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models.functions import Length

from countbridge import clock
from countbridge.links.models import Link
from countbridge.stocktake.models import Count

LOCK = 0x0F12


def next_number(link: Link) -> str:
    """The number of a count that is made in this transaction; no two get the same."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [LOCK])
    today = clock.now().astimezone(ZoneInfo(link.time_zone)).strftime("%Y%m%d")
    # The longer is the later: -1000 comes after -999.
    last = Count.objects.filter(number__startswith=f"PD{today}-").order_by(Length("number").desc(), "-number").first()
    following = int(last.number.rsplit("-", 1)[1]) + 1 if last else 1
    return f"PD{today}-{following:03d}"
