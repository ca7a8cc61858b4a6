"""A line's reasons as sentences: what a code alone cannot say is filled in from the line."""

from __future__ import annotations

from countbridge.messages import render
from countbridge.stocktake.models import Line

UNNAMED = {"places": "…", "label": "…", "book": "…"}  # of many lines together


def sentences(line: Line, language: str) -> list[str]:
    """The sentences of a line's reasons in their order."""
    told = {
        "places": line.elsewhere,
        "label": line.label_expires.isoformat() if line.label_expires else "-",
        "book": line.expires.isoformat() if line.expires else "-",
    }
    return [render(f"domain.{code}", told, language) for code in line.reasons]


def name(code: str, language: str) -> str:
    """What a reason is called where many lines have it."""
    return render(f"domain.{code}", UNNAMED, language)
