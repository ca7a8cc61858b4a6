from countbridge.exchange.models.cadence import Cadence, FlowRun
from countbridge.exchange.models.deliveries import Attempt, Delivery
from countbridge.exchange.models.events import Event, FeedEpoch
from countbridge.exchange.models.feeds import FeedCursor, Movement
from countbridge.exchange.models.hooks import HookMessage, HookRefusal
from countbridge.exchange.models.quarantine import QuarantinedRecord
from countbridge.exchange.models.sent import SentRecord
from countbridge.exchange.models.subscriptions import Subscription, SubscriptionAttempt

__all__ = [
    "Attempt",
    "Cadence",
    "Delivery",
    "Event",
    "FeedCursor",
    "FeedEpoch",
    "FlowRun",
    "HookMessage",
    "HookRefusal",
    "Movement",
    "QuarantinedRecord",
    "SentRecord",
    "Subscription",
    "SubscriptionAttempt",
]
