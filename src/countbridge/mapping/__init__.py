"""Field mapping: a rule list turns one system's rows into another's, exactly, or says why not."""

from countbridge.mapping.mapped import Failure, Mapped, Reject, apply
from countbridge.mapping.rules import Rule, RuleSet
from countbridge.mapping.tables import Table, read_folder

__all__ = ["Failure", "Mapped", "Reject", "Rule", "RuleSet", "Table", "apply", "read_folder"]
