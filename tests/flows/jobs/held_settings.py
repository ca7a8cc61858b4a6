"""Countbridge's settings plus the job of held_jobs.py."""

from countbridge.settings import *  # noqa: F403

PROCRASTINATE_IMPORT_PATHS = ["held_jobs"]
