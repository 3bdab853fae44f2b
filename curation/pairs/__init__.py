"""Pairs and labelled pieces for preference, reward and process training, made of what a recipe keeps.

Add a rule: a module here, and a line below.
"""

from curation.pairs.critique_labels import CritiqueLabels
from curation.pairs.critique_pairs import CritiquePairs
from curation.pairs.expert_actions import ExpertActions
from curation.pairs.first_divergence import FirstDivergence
from curation.pairs.outcome_labels import OutcomeLabels
from curation.pairs.repair_pairs import RepairPairs
from curation.pairs.rule import LabelRule, PairRule
from curation.pairs.sibling_steps import SiblingSteps
from curation.pairs.step_labels import StepLabels
from curation.pairs.trajectory_pairs import TrajectoryPairs

PAIR_RULES: dict[str, type[PairRule]] = {
    "trajectory_pairs": TrajectoryPairs,
    "sibling_steps": SiblingSteps,
    "first_divergence": FirstDivergence,
    "expert_actions": ExpertActions,
    "repair_pairs": RepairPairs,
    "critique_pairs": CritiquePairs,
}
"""All pair rules by name; a recipe's parameters are their constructors' arguments."""

LABEL_RULES: dict[str, type[LabelRule]] = {
    "outcome_labels": OutcomeLabels,
    "step_labels": StepLabels,
    "critique_labels": CritiqueLabels,
}
"""All label rules by name."""

__all__ = ["LABEL_RULES", "PAIR_RULES", "LabelRule", "PairRule"]
