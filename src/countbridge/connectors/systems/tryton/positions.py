"""Where a reading of what changed stands."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from countbridge.errors import InputError

LATE = timedelta(minutes=5)  # a change is dated when its transaction starts and seen when it ends


class Position:
    """Where a reading stands: changed since `since`, after id `after`; the reading began at `began`."""

    def __init__(self, since: str, after: int, began: str) -> None:
        self.since, self.after, self.began = since, after, began

    @classmethod
    def parse(cls, cursor: str | None) -> Position:
        """Raises InputError for a cursor that is not ours."""
        if cursor is None:
            return cls("", 0, "")
        try:
            since, after, began = json.loads(cursor)
            for moment in filter(None, (since, began)):
                datetime.fromisoformat(moment)
            return cls(since, int(after), began)
        except (ValueError, TypeError) as error:
            raise InputError("tryton.bad_cursor", cursor=cursor) from error

    def beginning(self, now: datetime | None) -> Position:
        """The same, with the server's clock of the reading's first page."""
        return self if self.began or now is None else Position(self.since, self.after, now.isoformat())

    def next_page(self, last: int) -> Position:
        """After the record `last` of this reading."""
        return Position(self.since, last, self.began)

    def next_reading(self) -> Position:
        """From a little before this reading began; a server that tells no time is read whole each time."""
        if not self.began:
            return Position("", 0, "")
        return Position((datetime.fromisoformat(self.began) - LATE).isoformat(), 0, "")

    def text(self) -> str:
        """As the cursor that `parse` reads."""
        return json.dumps([self.since, self.after, self.began])
