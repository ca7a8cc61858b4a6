"""Postings to the ERP: in order, after a delay, exactly once.

Draft → its id stored durably → assigned and done → after a lost answer the state is looked at. A posting whose draft
may exist without our knowing (an attempt is stored before every call) is searched for before another draft is made.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.utils import timezone

from countbridge.sandbox.wms.erp import Erp, ErpTrouble
from countbridge.sandbox.wms.ledger import writing
from countbridge.sandbox.wms.models import ErpPosting, Ledger

log = logging.getLogger("sandbox.wms")

LONGEST_PAUSE = 60  # seconds
STEPS = {"draft": "wait", "waiting": "assign_try", "assigned": "do"}


def post_next(erp: Erp) -> bool:
    """Send the oldest posting if it is due. False when there is nothing to do now."""
    posting = ErpPosting.objects.filter(posted_at=None).select_related("goods").order_by("id").first()
    now = timezone.now()
    if posting is None or (posting.next_try_at and posting.next_try_at > now):
        return False
    if posting.occurred_at + timedelta(seconds=Ledger.objects.get(pk=1).delay_seconds) > now:
        return False
    posting.attempts += 1
    posting.save(update_fields=["attempts"])
    try:
        _post(erp, posting)
    except ErpTrouble as trouble:
        pause = min(LONGEST_PAUSE, 2 ** min(posting.attempts - 1, 6))
        posting.next_try_at = timezone.now() + timedelta(seconds=pause)
        posting.last_error = str(trouble)
        posting.save(update_fields=["next_try_at", "last_error"])
        log.warning("posting %s to the ERP failed, again in %s s: %s", posting.pk, pause, trouble)
        return False
    _mark_posted(posting)
    return True


def _post(erp: Erp, posting: ErpPosting) -> None:
    state: str | None = "draft"
    if posting.erp_id is None:
        posting.erp_id = _orphan(erp, posting) if posting.attempts > 1 else None
        posting.erp_id = posting.erp_id or erp.draft(posting)
        posting.save(update_fields=["erp_id"])
    else:
        state = erp.state(posting)
    tried: list[str] = []
    while state != "done":
        if state is None or state not in STEPS:  # cancelled or deleted in the ERP: the goods moved all the same
            gone, posting.erp_id = posting.erp_id, None
            posting.save(update_fields=["erp_id"])
            raise ErpTrouble(f"document {gone} is {state or 'gone'} in the ERP; a new one will be made")
        if tried.count(state) > 1:
            raise ErpTrouble(f"document {posting.erp_id} stays {state} in the ERP")
        again = state in tried
        tried.append(state)
        state = erp.step(posting, _step(posting, state, again))


def _step(posting: ErpPosting, state: str, again: bool) -> str:
    """A receipt is done at once; a shipment is planned, assigned (by force when the ERP's book lacks it) and done."""
    if posting.kind == "receive":
        return "do"
    return "assign_force" if again and state == "waiting" else STEPS[state]


def _orphan(erp: Erp, posting: ErpPosting) -> int | None:
    of_kind = ErpPosting.objects.exclude(erp_id=None).filter(kind=posting.kind)
    return erp.find_draft(posting, {other.erp_id for other in of_kind if other.erp_id is not None})


def _mark_posted(posting: ErpPosting) -> None:
    with writing() as pen:
        posting.posted_at, posting.last_error = pen.at, ""
        posting.save(update_fields=["posted_at", "last_error"])
        for movement in posting.movements.order_by("id"):
            pen.emit(movement, "posted", first=False, posted_at=pen.at)
