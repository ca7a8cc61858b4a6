"""Where the sandbox company works and who works there."""

from __future__ import annotations

from countbridge.sandbox.world_model import Bin, Company, ErpLocation, User, Warehouse, Zone

COMPANY = Company("桥山工贸有限公司", "Qiaoshan Trading Co., Ltd.", "CNY", "Asia/Shanghai")

WAREHOUSES = (
    Warehouse("W1", "SH01", "上海总仓", "Shanghai", per_bin=True),
    Warehouse("W2", "SZ02", "苏州分仓", "Suzhou", per_bin=False),
)

# (letter or number, Chinese, English, categories kept there)
SHANGHAI_ZONES = (
    ("A", "紧固件区", "Fasteners", ("fastener",)),
    ("B", "包材劳保区", "Packaging and supplies", ("packaging", "supply")),
    ("C", "电子料区", "Electronics", ("electronics",)),
    ("D", "原料区", "Raw materials", ("food", "chemical")),
)
SUZHOU_ZONES = (
    ("1", "五金包材区", "Hardware and packaging", ("fastener", "packaging", "supply")),
    ("2", "电子料区", "Electronics", ("electronics",)),
    ("3", "原料区", "Raw materials", ("food", "chemical")),
)

ZONE_CATEGORIES = {f"SH-{mark}": kinds for mark, _, _, kinds in SHANGHAI_ZONES} | {
    f"SZ-{mark}": kinds for mark, _, _, kinds in SUZHOU_ZONES
}

ERP_SUPPLIER = "SUP"  # Tryton's own codes for the two virtual locations outside the company
ERP_CUSTOMER = "CUS"


def make_zones() -> tuple[Zone, ...]:
    """Shanghai's four zones, then Suzhou's three."""
    shanghai = [Zone(f"SH-{mark}", "W1", zh, en, f"W1-{mark}") for mark, zh, en, _ in SHANGHAI_ZONES]
    suzhou = [Zone(f"SZ-{mark}", "W2", zh, en, f"W2-Z{mark}") for mark, zh, en, _ in SUZHOU_ZONES]
    return tuple(shanghai + suzhou)


def make_bins(zones: tuple[Zone, ...]) -> tuple[Bin, ...]:
    """16 bins in each Shanghai zone (4 racks of 4 levels), 8 in each Suzhou zone, in walking order."""
    bins: list[Bin] = []
    for zone in zones:
        racks, levels = (4, 4) if zone.warehouse == "W1" else (2, 4)
        for rack in range(1, racks + 1):
            for level in range(1, levels + 1):
                code = f"{zone.code}-{rack:02d}-{level}"
                own = f"{zone.erp_location}-{rack}{level:02d}"
                erp_location = own if zone.warehouse == "W1" else zone.erp_location
                barcode = "LOC" + code.replace("-", "")
                bins.append(Bin(code, zone.code, zone.warehouse, len(bins) + 1, barcode, erp_location))
    return tuple(bins)


def make_erp_locations(zones: tuple[Zone, ...], bins: tuple[Bin, ...]) -> tuple[ErpLocation, ...]:
    """Parents before children: storage of each warehouse, its zones, and for Shanghai one location for each bin.

    A Shanghai zone holds no stock itself, but is a storage location so that a planner can approve a count of all of it.
    """
    places = [
        ErpLocation(f"{house.code}-STO", f"{house.name_zh}存储区", f"{house.name_en} storage", "", house.code, False)
        for house in WAREHOUSES
    ]
    for zone in zones:
        house, code = zone.warehouse, zone.erp_location
        places.append(ErpLocation(code, zone.name_zh, zone.name_en, f"{house}-STO", house, house == "W2"))
    parents = {zone.code: zone.erp_location for zone in zones}
    for place in bins:
        if place.warehouse == "W1":
            name = place.erp_location.removeprefix("W1-")
            parent = parents[place.zone]
            places.append(ErpLocation(place.erp_location, f"库位 {name}", f"Bin {name}", parent, "W1", True))
    return tuple(places)


USERS = (
    User("planner", "jh0012", "林静", "Lin Jing", "planner", ("W1", "W2")),
    User("finance", "cw0007", "周敏", "Zhou Min", "finance", ("W1", "W2")),
    User("supervisor", "zg0101", "陈国强", "Chen Guoqiang", "supervisor", ("W1", "W2")),
    User("consultant", "gw0900", "吴涛", "Wu Tao", "consultant", ("W1", "W2")),
    User("auditor", "sj0300", "许慧", "Xu Hui", "auditor", ("W1", "W2")),
    User("admin", "it0001", "郑凯", "Zheng Kai", "admin", ("W1", "W2")),
    User("op1", "cz2001", "王芳", "Wang Fang", "operator", ("W1",)),
    User("op2", "cz2002", "李伟", "Li Wei", "operator", ("W1",)),
    User("op3", "cz2003", "张丽", "Zhang Li", "operator", ("W1",)),
    User("op4", "cz2004", "刘洋", "Liu Yang", "operator", ("W1",)),
    User("op5", "cz2005", "赵磊", "Zhao Lei", "operator", ("W2",)),
    User("op6", "cz2006", "孙悦", "Sun Yue", "operator", ("W2",)),
)
