"""Field mapping: a rule list turns one system's rows into another's, exactly, or says why not."""

from countbridge.mapping.explanation import Explained, Step, explain
from countbridge.mapping.files import Counts, map_file
from countbridge.mapping.mapped import Failure, Mapped, Reject, apply
from countbridge.mapping.rules import Rule, RuleSet
from countbridge.mapping.tables import Table, read_folder

__all__ = [
    "Counts",
    "Explained",
    "Failure",
    "Mapped",
    "Reject",
    "Rule",
    "RuleSet",
    "Step",
    "Table",
    "apply",
    "explain",
    "map_file",
    "read_folder",
]
