"""Benchmarks: every module of this folder is one, found by listing; it has `run() -> list[Row]`.

.venv/bin/python -m bench [NAME …]      (or `make bench`, `make bench ONLY=name`)
"""
