from countbridge.links.models.hooks import Hook
from countbridge.links.models.masters import Bin, Item, ItemUnit, Lot, Warehouse
from countbridge.links.models.systems import CodeTable, FieldMap, Link, System

__all__ = ["Bin", "CodeTable", "FieldMap", "Hook", "Item", "ItemUnit", "Link", "Lot", "System", "Warehouse"]
