"""One count, computed three ways from the same files: `python -m bench.support.reconcile WAY FOLDER` (ours, pandas, dicts).

The files are what PostgreSQL's COPY … CSV writes of lines, scans and movements. Each way reads them, computes every line's
expected and counted quantity, variance, interval, value, outcome and reasons in exact numbers, and writes them down. Only
reading and computing are timed; importing and writing are not. Ours also minds recounts, faulty scans and numbers that do not
fit; the others are spared them.
"""
