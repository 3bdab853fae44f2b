"""Corruptions: rules that put one known fault into a trajectory. Add one: a module here, and a line below."""

from curation.synthesis.corrupted_response import CorruptedResponse
from curation.synthesis.corruption import Corrupted, Corruption
from curation.synthesis.drop_step import DropStep
from curation.synthesis.early_stop import EarlyStop
from curation.synthesis.forgotten_history import ForgottenHistory
from curation.synthesis.goal_deviation import GoalDeviation
from curation.synthesis.goal_swap import GoalSwap
from curation.synthesis.hidden_information import HiddenInformation
from curation.synthesis.ignored_failure import IgnoredFailure
from curation.synthesis.inconsistent_reasoning import InconsistentReasoning
from curation.synthesis.injected_instruction import InjectedInstruction
from curation.synthesis.no_progress import NoProgress
from curation.synthesis.redundant_continuation import RedundantContinuation
from curation.synthesis.removed_verification import RemovedVerification
from curation.synthesis.repeated_handled_task import RepeatedHandledTask
from curation.synthesis.stock import Stock, build_stock
from curation.synthesis.swap_entity import SwapEntity
from curation.synthesis.swap_order import SwapOrder

CORRUPTIONS: dict[str, type[Corruption]] = {
    "drop_step": DropStep,
    "swap_entity": SwapEntity,
    "swap_order": SwapOrder,
    "early_stop": EarlyStop,
    "redundant_continuation": RedundantContinuation,
    "goal_swap": GoalSwap,
    "no_progress": NoProgress,
    "injected_instruction": InjectedInstruction,
    "corrupted_response": CorruptedResponse,
    "repeated_handled_task": RepeatedHandledTask,
    "inconsistent_reasoning": InconsistentReasoning,
    "goal_deviation": GoalDeviation,
    "forgotten_history": ForgottenHistory,
    "hidden_information": HiddenInformation,
    "ignored_failure": IgnoredFailure,
    "removed_verification": RemovedVerification,
}
"""All corruptions by name."""

__all__ = ["CORRUPTIONS", "Corrupted", "Corruption", "Stock", "build_stock"]
