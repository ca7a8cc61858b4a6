from countbridge.exchange.models.cadence import Cadence
from countbridge.exchange.models.deliveries import Attempt, Delivery
from countbridge.exchange.models.events import Event
from countbridge.exchange.models.feeds import FeedCursor, Movement
from countbridge.exchange.models.quarantine import QuarantinedRecord
from countbridge.exchange.models.sent import Doubt, SentRecord

__all__ = [
    "Attempt",
    "Cadence",
    "Delivery",
    "Doubt",
    "Event",
    "FeedCursor",
    "Movement",
    "QuarantinedRecord",
    "SentRecord",
]
