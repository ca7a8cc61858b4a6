from countbridge.exchange.models.cadence import Cadence, FlowRun
from countbridge.exchange.models.deliveries import Attempt, Delivery, ReviewDecision
from countbridge.exchange.models.events import Event, FeedEpoch
from countbridge.exchange.models.feeds import ErpMovement, FeedCursor, Movement
from countbridge.exchange.models.hooks import HookMessage, HookRefusal
from countbridge.exchange.models.parts import StockParts
from countbridge.exchange.models.picks import Pick
from countbridge.exchange.models.quarantine import QuarantinedRecord
from countbridge.exchange.models.sent import Doubt, SentRecord
from countbridge.exchange.models.subscriptions import Subscription, SubscriptionAttempt
from countbridge.exchange.models.systems import Breaker, CallMinute, NextTurn

__all__ = [
    "Attempt",
    "Breaker",
    "Cadence",
    "CallMinute",
    "Delivery",
    "Doubt",
    "ErpMovement",
    "Event",
    "FeedCursor",
    "FeedEpoch",
    "FlowRun",
    "HookMessage",
    "HookRefusal",
    "Movement",
    "NextTurn",
    "Pick",
    "QuarantinedRecord",
    "ReviewDecision",
    "SentRecord",
    "StockParts",
    "Subscription",
    "SubscriptionAttempt",
]
