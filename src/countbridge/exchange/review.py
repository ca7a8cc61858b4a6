"""A write whose fate no system can tell: a person looks in the other system and decides, by name and with a reason."""

from __future__ import annotations

from django.db import transaction

from countbridge.errors import InputError, NotFound
from countbridge.exchange import events
from countbridge.exchange.deliveries import queue, settle
from countbridge.exchange.models import Delivery, ReviewDecision
from countbridge.exchange.queue import hurry

State = Delivery.State
Decision = ReviewDecision.Decision


def decide(delivery_id: int, decision: str, remote_id: str, reason: str, user: str) -> Delivery:
    """Record the decision and do what follows from it, in one transaction.

    arrived: it took effect there under `remote_id`; what follows a confirmation follows. did_not_arrive: it is sent again,
    without being looked for. give_up: refused for good; what follows sees a refusal, and nothing sends it again.
    """
    if len(reason.strip()) < 3:
        raise InputError("stocktake.reason_missing")
    if decision not in Decision.values:
        raise InputError("exchange.no_such_decision", decision=decision)
    if decision == Decision.ARRIVED and not remote_id.strip():
        raise InputError("exchange.remote_id_missing")
    with transaction.atomic():
        delivery = (
            Delivery.objects.select_for_update(of=("self",), no_key=True)
            .select_related("system", "link")
            .filter(pk=delivery_id)
            .first()
        )
        if delivery is None:
            raise NotFound("exchange.no_such_delivery", delivery=delivery_id)
        if delivery.state != State.NEEDS_REVIEW:
            raise InputError("exchange.nothing_to_decide", key=delivery.key)
        ReviewDecision.objects.create(
            delivery=delivery, decision=decision, remote_id=remote_id.strip(), reason=reason.strip(), user=user
        )
        events.record(
            "decision", f"exchange.review_{decision}", count=delivery.count, actor=user, delivery=delivery.pk,
            key=delivery.key, system=delivery.system.name, remote=remote_id.strip() or "-", reason=reason.strip(),
        )  # fmt: skip
        _carry_out(delivery, Decision(decision), remote_id.strip(), user)
        hurry([delivery.order_key])
    return delivery


def _carry_out(delivery: Delivery, decision: ReviewDecision.Decision, remote_id: str, user: str) -> None:
    match decision:
        case Decision.ARRIVED:
            delivery.state, delivery.remote_id, delivery.error = State.CONFIRMED, remote_id, None
            settle(delivery)
        case Decision.DID_NOT_ARRIVE:
            # An intent again, with nothing remembered: it is written without being looked for.
            delivery.state, delivery.remote_id, delivery.error = State.INTENT, "", None
            delivery.settled_at = delivery.next_try_at = None
            delivery.save()
            queue(delivery)
        case Decision.GIVE_UP:
            delivery.state = State.REJECTED
            delivery.error = {"code": "exchange.given_up", "params": {"user": user}}
            settle(delivery)
