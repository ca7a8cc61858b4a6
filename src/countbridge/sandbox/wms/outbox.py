"""Postings to the ERP: in order, after a delay, exactly once.

Draft → its id stored durably → made final → after a lost answer the state is looked at. A posting whose draft may have
been created without an answer (an attempt is stored before every call) is searched for before another is made.
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
    if posting.erp_id is None:
        posting.erp_id = _orphan(erp, posting) if posting.attempts > 1 else None
        posting.erp_id = posting.erp_id or erp.draft(posting)
        posting.save(update_fields=["erp_id"])
    elif (state := erp.state(posting.erp_id)) == "done":
        return
    elif state != "draft":  # somebody cancelled or deleted it in the ERP: the goods moved all the same
        gone, posting.erp_id = posting.erp_id, None
        posting.save(update_fields=["erp_id"])
        raise ErpTrouble(f"move {gone} is {state or 'gone'} in the ERP; a new one will be made")
    erp.make_final(posting.erp_id)
    if erp.state(posting.erp_id) != "done":
        raise ErpTrouble(f"move {posting.erp_id} is still not done after it was made final")


def _orphan(erp: Erp, posting: ErpPosting) -> int | None:
    remembered = ErpPosting.objects.exclude(erp_id=None).values_list("erp_id", flat=True)
    return erp.find_draft(posting, {erp_id for erp_id in remembered if erp_id is not None})


def _mark_posted(posting: ErpPosting) -> None:
    with writing() as pen:
        posting.posted_at, posting.last_error = pen.at, ""
        posting.save(update_fields=["posted_at", "last_error"])
        for movement in posting.movements.order_by("id"):
            pen.emit(movement, "posted", first=False, posted_at=pen.at)
