"""Names and texts as SQL, safe whatever they contain."""

from __future__ import annotations


def identifier(name: str) -> str:
    """`name` as a quoted SQL identifier: `a"b` becomes `"a""b"`."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as a SQL string: `it's` becomes `'it''s'`. NUL would end a statement early, so it is added by number."""
    return " || chr(0) || ".join("'" + part.replace("'", "''") + "'" for part in text.split("\0"))
