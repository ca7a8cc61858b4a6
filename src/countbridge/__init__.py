"""Countbridge (盘桥): stocktaking between any ERP and any WMS."""

__version__ = "0.1.0"
