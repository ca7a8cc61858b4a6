from countbridge.stocktake.models.adjustments import Adjustment, AdjustmentLine, Difference
from countbridge.stocktake.models.approval import PolicyVersion, ReasonCode, ReasonList, Signoff
from countbridge.stocktake.models.counts import Approval, Count, CountedBin
from countbridge.stocktake.models.drift import Drift, Repair
from countbridge.stocktake.models.freezes import Freeze
from countbridge.stocktake.models.lines import BookLine, Decision, Line, Scan
from countbridge.stocktake.models.sheets import Sheet
from countbridge.stocktake.models.staging import Progress, Reading, StagedStock

__all__ = [
    "Adjustment",
    "AdjustmentLine",
    "Approval",
    "BookLine",
    "Count",
    "CountedBin",
    "Decision",
    "Difference",
    "Drift",
    "Freeze",
    "Line",
    "PolicyVersion",
    "Progress",
    "Reading",
    "ReasonCode",
    "ReasonList",
    "Repair",
    "Scan",
    "Sheet",
    "Signoff",
    "StagedStock",
]
