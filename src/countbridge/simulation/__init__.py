"""A whole company simulated around the real exchange and the real stocktake: seeded, so that every run can be had again.

ERP, WMS, network, people, goods and clocks are models; what runs between them is the code that runs a warehouse, on a real
PostgreSQL with the real queue. Time is the simulation's own. See docs/reliability.md.
"""
