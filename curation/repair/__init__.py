"""Repairs: rules that make a better trajectory from a trajectory. Add one: a module here, and a line below."""

from curation.repair.collapse_loops import CollapseLoops
from curation.repair.distill import Distill
from curation.repair.drop_failed_calls import DropFailedCalls
from curation.repair.repair import Case, Repair
from curation.repair.rollback import Rollback
from curation.repair.splice import Splice
from curation.repair.structural import Structural
from curation.repair.truncate_after_candidate import TruncateAfterCandidate
from curation.repair.truncate_after_goal import TruncateAfterGoal
from curation.repair.truncate_dangling_end import TruncateDanglingEnd

REPAIRS: dict[str, type[Repair]] = {
    "structural": Structural,
    "rollback": Rollback,
    "drop_failed_calls": DropFailedCalls,
    "collapse_loops": CollapseLoops,
    "truncate_dangling_end": TruncateDanglingEnd,
    "truncate_after_goal": TruncateAfterGoal,
    "truncate_after_candidate": TruncateAfterCandidate,
    "splice": Splice,
    "distill": Distill,
}
"""All repairs by name; a recipe's parameters are their constructors' arguments."""

__all__ = ["REPAIRS", "Case", "Repair"]
