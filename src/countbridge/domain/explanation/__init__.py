"""Why a count and the book differ: the likely story of each breach, with its evidence and who seems wrong.

`explain(breaches, books)` takes the facts of one count, one zone or any neighbourhood and says for each line which story
explains its whole variance. A story that is not told is better than a wrong one: what two explain equally well is said as
both, what fits by chance too easily is not said at all. docs/explainer.md has each cause with a worked number.
"""

from countbridge.domain.explanation.facts import Breach, ErpBook, Paper, Portion
from countbridge.domain.explanation.stories import Cause, Explanation, Story, Sure, Suspect
from countbridge.domain.explanation.weighing import explain

__all__ = ["Breach", "Cause", "ErpBook", "Explanation", "Paper", "Portion", "Story", "Sure", "Suspect", "explain"]
