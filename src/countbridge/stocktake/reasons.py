"""A line's reasons as sentences: what a code alone cannot say is filled in from the line."""

from __future__ import annotations

from collections.abc import Collection

from countbridge.messages import render
from countbridge.stocktake.models import Line

UNNAMED = {"places": "…", "label": "…", "book": "…"}  # of many lines together


def sentences(line: Line, language: str, only: Collection[str] | None = None) -> list[str]:
    """The sentences of a line's reasons in their order; of those in `only`, where it is given."""
    told = {
        "places": line.elsewhere,
        "label": line.label_expires.isoformat() if line.label_expires else "-",
        "book": line.expires.isoformat() if line.expires else "-",
    }
    said = [code for code in line.reasons if only is None or code in only]
    return [render(f"domain.{code}", told, language) for code in said]


def name(code: str, language: str) -> str:
    """What a reason is called where many lines have it."""
    return render(f"domain.{code}", UNNAMED, language)
