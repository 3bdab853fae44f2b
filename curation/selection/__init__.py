"""Selectors: rules that keep or drop candidates, with a reason each. Add one: a module here, and a line below."""

from curation.selection.behaviours import Behaviours
from curation.selection.branch_coverage import BranchCoverage
from curation.selection.budget import Budget
from curation.selection.cap import Cap
from curation.selection.decontaminate import Decontaminate
from curation.selection.difficulty_band import DifficultyBand
from curation.selection.exact_duplicates import ExactDuplicates
from curation.selection.group_filter import GroupFilter
from curation.selection.k_center import KCenter
from curation.selection.licences import Licences
from curation.selection.near_duplicates import NearDuplicates
from curation.selection.outcome import Outcome
from curation.selection.pareto_repairs import ParetoRepairs
from curation.selection.pick import Pick
from curation.selection.rl_tasks import RLTasks
from curation.selection.selector import Selector
from curation.selection.sql_filter import SqlFilter
from curation.selection.strategy_gate import StrategyGate
from curation.selection.tier import Tier
from curation.selection.topological import Topological
from curation.selection.triage import Triage

SELECTORS: dict[str, type[Selector]] = {
    "sql_filter": SqlFilter,
    "outcome": Outcome,
    "exact_duplicates": ExactDuplicates,
    "near_duplicates": NearDuplicates,
    "decontaminate": Decontaminate,
    "k_center": KCenter,
    "branch_coverage": BranchCoverage,
    "group_filter": GroupFilter,
    "pareto_repairs": ParetoRepairs,
    "pick": Pick,
    "topological": Topological,
    "cap": Cap,
    "budget": Budget,
    "strategy_gate": StrategyGate,
    "tier": Tier,
    "behaviours": Behaviours,
    "difficulty_band": DifficultyBand,
    "rl_tasks": RLTasks,
    "triage": Triage,
    "licences": Licences,
}
"""All selectors by name; a recipe's parameters are their constructors' arguments."""

__all__ = ["SELECTORS", "Selector"]
