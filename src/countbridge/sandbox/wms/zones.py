"""Blocking a zone while it is counted: nothing moves into it or out of it. Counting and correcting the book go on.

A block is set and taken back under the ledger's lock: once the answer is out, no movement of the zone is still under way.
"""

from __future__ import annotations

from collections import defaultdict

from django.db.models import Count as Number
from django.http import HttpRequest

from countbridge.sandbox.wms.envelope import BLOCKED, CLOSED, INVALID, NOT_FOUND, Data, Refused, api, body
from countbridge.sandbox.wms.fields import Fields
from countbridge.sandbox.wms.ledger import reading, writing
from countbridge.sandbox.wms.models import Bin, Count, ZoneBlock
from countbridge.sandbox.wms.once import answered, once
from countbridge.sandbox.wms.paging import iso, only


def refuse_blocked(*places: Bin) -> None:
    """Refused (4092) where one of the bins lies in a blocked zone. Ask while you hold the ledger, before you write."""
    zones = {place.zone for place in places}
    block = ZoneBlock.objects.filter(zone__in=zones).order_by("zone", "since").first()
    if block is not None:
        raise Refused(
            BLOCKED,
            f"库区 {block.zone} 因盘点 {block.count_no} 冻结，禁止出入库和移库"
            f" zone {block.zone} is blocked for count {block.count_no}: nothing moves into it or out of it",
        )


def _list_zones(request: HttpRequest) -> Data:
    """Every zone with its bins and the counts it is blocked for."""
    only(request)
    with reading() as read:
        blocks: dict[str, list[Data]] = defaultdict(list)
        for block in ZoneBlock.objects.order_by("since", "id"):
            blocks[block.zone].append({"count_no": block.count_no, "since": iso(block.since)})
        zones = Bin.objects.values("zone").annotate(bins=Number("code")).order_by("zone")
        rows = [{**row, "blocked": row["zone"] in blocks, "blocks": blocks[row["zone"]]} for row in zones]
        return {"rows": rows, "as_of": iso(read.as_of)}


def _set_block(request: HttpRequest, zone: str) -> Data:
    """Block the zone for a count, or take that count's block back; what is so already stays so."""
    data = Fields(body(request)).allow("key", "count_no", "on")
    count_no, on, key = data.text("count_no"), data.yes_no("on"), data.text("key", longest=200)
    if not Bin.objects.filter(zone=zone).exists():
        raise Refused(NOT_FOUND, f"没有库区 {zone} there is no zone {zone!r}")

    def effect() -> Data:
        # A closed count blocks nothing any more, but what is left of its block can always be taken back.
        if on and Count.objects.filter(count_no=count_no, closed_at__isnull=False).exists():
            raise Refused(CLOSED, f"盘点单 {count_no} 已关闭 count {count_no!r} is closed")
        with writing() as pen:
            if on:
                ZoneBlock.objects.get_or_create(zone=zone, count_no=count_no, defaults={"since": pen.at})
            else:
                ZoneBlock.objects.filter(zone=zone, count_no=count_no).delete()
        return {"key": key, "zone": zone, "count_no": count_no, "on": on}

    return once(f"block:{zone}", key, data.data, effect)


def _find_block(request: HttpRequest, zone: str) -> Data:
    only(request, "key")
    key = request.GET.get("key")
    if not key:
        raise Refused(INVALID, "缺少 key name the key to look for: ?key=")
    return answered(f"block:{zone}", key)


zones = api(GET=_list_zones)
block = api(POST=_set_block, GET=_find_block)
