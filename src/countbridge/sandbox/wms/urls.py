"""Addresses of the sandbox WMS."""

from __future__ import annotations

from django.urls import path

from countbridge.sandbox.wms import adjustments, counts, feeds, master, people, shelf, zones

_API = "api/v1/"

urlpatterns = [
    path(f"{_API}ping", master.ping),
    path(f"{_API}goods", master.goods),
    path(f"{_API}goods/batch", master.goods_batch),
    path(f"{_API}bins", master.bins),
    path(f"{_API}stock", master.stock),
    path(f"{_API}zones", zones.zones),
    path(f"{_API}zones/<str:zone>/block", zones.block),
    path(f"{_API}movements", feeds.movements),
    path(f"{_API}results", feeds.results),
    path(f"{_API}counts", counts.counts),
    path(f"{_API}counts/<str:count_no>", counts.count),
    path(f"{_API}counts/<str:count_no>/baseline", counts.baseline),
    path(f"{_API}counts/<str:count_no>/sheets", counts.sheets),
    path(f"{_API}counts/<str:count_no>/close", counts.close),
    path(f"{_API}adjustments", adjustments.adjustments),
    path(f"{_API}floor/bins/<str:code>", people.floor_bin),
    path(f"{_API}floor/all", people.floor_all),
    path(f"{_API}people/results", people.results),
    path(f"{_API}people/moves", people.moves),
    path(f"{_API}people/sheets", people.sheets),
    path(f"{_API}work", people.work),
    path("shelf", shelf.index),
    path("shelf/<str:code>", shelf.shelf),
]
handler404 = "countbridge.sandbox.wms.envelope.not_found"
handler500 = "countbridge.sandbox.wms.envelope.failed"
