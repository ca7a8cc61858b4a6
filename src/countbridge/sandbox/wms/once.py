"""Idempotent requests: the key is stored with a hash of the payload, in the transaction that has the effect."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from django.db import transaction

from countbridge.sandbox.wms.envelope import CONFLICT, NOT_FOUND, Data, Refused
from countbridge.sandbox.wms.models import Answered


def once(kind: str, key: str, payload: Data, effect: Callable[[], Data]) -> Data:
    """`effect`'s answer; for a key already answered that answer again, without the effect."""
    digest = hashlib.sha256(json.dumps(payload, sort_keys=True, default=str).encode()).hexdigest()
    with transaction.atomic():
        # A second request with this key waits here until the first has committed or failed.
        fresh = Answered(kind=kind, key=key, payload_hash=digest)
        Answered.objects.bulk_create([fresh], ignore_conflicts=True)
        stored = Answered.objects.select_for_update().get(kind=kind, key=key)
        if stored.payload_hash != digest:
            raise Refused(CONFLICT, f"键 {key} 已用于其他内容 key {key!r} was used before with other content")
        if stored.answer is not None:
            return dict(stored.answer)
        stored.answer = answer = effect()
        stored.save(update_fields=["answer"])
        return answer


def answered(kind: str, key: str) -> Data:
    """The answer given to `key`, so that a caller whose answer was lost can look. Refused (4040) when there is none."""
    found = Answered.objects.filter(kind=kind, key=key, answer__isnull=False).first()
    if found is None or found.answer is None:
        raise Refused(NOT_FOUND, f"没有键 {key} 的请求 no request with key {key!r}")
    return dict(found.answer)
