"""What went over the wire for a delivery: kept compressed, shown whole, forgotten after a while but for its figures."""

from __future__ import annotations

import zlib
from datetime import timedelta

from django.conf import settings

from countbridge import clock
from countbridge.connectors.exchanges import CUT, Exchange
from countbridge.exchange.models import Attempt, Delivery

FORGOTTEN_AT_ONCE = 5_000


class Log:
    """Keeps each call of a try, and remote ids the moment they are known."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._action = "write"

    def begin(self, action: str) -> None:
        self._action = action

    def remember(self, remote_id: str) -> None:
        self._delivery.remote_id = remote_id
        Delivery.objects.filter(pk=self._delivery.pk).update(remote_id=remote_id)

    def listen(self, exchange: Exchange) -> None:
        Attempt.objects.create(
            delivery=self._delivery,
            number=self._delivery.tries,
            action=self._action,
            started_at=exchange.started_at,
            milliseconds=int(exchange.seconds * 1000),
            outcome=str(exchange.status) if exchange.status is not None else exchange.failure[:60],
            call=f"{exchange.method} {exchange.url}",
            sent=pack(exchange.request_body),
            received=pack(exchange.answer_body),
            sent_bytes=exchange.sent_bytes or len(exchange.request_body.encode()),
            received_bytes=exchange.received_bytes or len(exchange.answer_body.encode()),
        )


def pack(body: str) -> bytes:
    return zlib.compress(body.encode())


def unpack(body: bytes | memoryview | None) -> str | None:
    """The body as it was shown to the log; None when it was forgotten."""
    return None if body is None else zlib.decompress(body).decode()


def is_cut(body: str | None) -> bool:
    return body is not None and body.endswith(CUT)


def forget_bodies() -> int:
    """Empty the bodies of attempts older than the site keeps them; when, what and how long stays. Returns how many."""
    old = Attempt.objects.filter(
        started_at__lt=clock.now() - timedelta(days=settings.KEEP_BODIES_DAYS), sent__isnull=False
    )
    forgotten = 0
    while ids := list(old.order_by("started_at").values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE]):
        forgotten += Attempt.objects.filter(pk__in=ids).update(sent=None, received=None)
    return forgotten
