"""What went over the wire, with secrets masked: the attempt log of a delivery shows it to people."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import quote, quote_plus

MASK = "***"
LOGGED_CHARACTERS = 262_144
CUT = " …[✂]"  # ends a body that was cut
SHORTEST_MASKED = 3  # a shorter text occurs everywhere; masking it would make the log unreadable and hide nothing
SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "token"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it; bodies are cut at 262,144 characters and end in `CUT` then,
    the sizes are those on the wire. `status` is None when no answer came."""

    system: str
    record: str
    method: str
    url: str
    request_headers: Mapping[str, str]
    request_body: str
    status: int | None
    answer_headers: Mapping[str, str]
    answer_body: str
    failure: str
    started_at: datetime
    seconds: float
    effect: Literal["read", "write"] = "read"
    sent_bytes: int = 0
    received_bytes: int = 0


OnExchange = Callable[[Exchange], None]


class Mask:
    """Replaces secrets in everything that is shown or stored, in each spelling they take on the way."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._spellings: set[str] = set()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Masks one more secret from now on, for example a token got by logging in."""
        if len(secret) < SHORTEST_MASKED:
            return
        encoded = base64.b64encode(secret.encode()).decode()
        self._spellings |= {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), encoded}
        self._spellings |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}

    def text(self, text: str) -> str:
        """`text` without secrets; the longest spelling goes first, so that no tail of one is left."""
        for spelling in sorted(self._spellings, key=len, reverse=True):
            text = text.replace(spelling, MASK)
        return text

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers without secrets; those that always carry one are masked whole."""
        return {name: MASK if name.lower() in SECRET_HEADERS else self.text(value) for name, value in headers.items()}

    def body(self, body: bytes) -> str:
        """A body as masked text, cut after masking so that a secret is never cut in two and missed."""
        text = self.text(body[: LOGGED_CHARACTERS * 8].decode("utf-8", errors="replace"))
        return text if len(text) <= LOGGED_CHARACTERS else text[:LOGGED_CHARACTERS] + CUT
