"""What cannot work at all is said before anything is read, with its place in the recipe."""

from typing import Any

import pytest

from curation.inputs import Plan
from curation.pairs import LABEL_RULES, PAIR_RULES
from curation.plan_check import check_plan
from curation.selection import SELECTORS
from curation.selection.sql_filter import SqlFilter
from curation.signals import SIGNALS
from curation.training import LOSS_RULES
from curation.training.view import View
from schemas.errors import RecipeError
from schemas.recipe import Split

WHERE = "recipe 'mine'"


def plan(*signals: str, **rules: Any) -> Plan:
    base: dict[str, Any] = {"repairs": (), "selectors": ()}
    return Plan(signals=tuple(SIGNALS[name] for name in signals), split=Split(), **base | rules)


@pytest.mark.parametrize(("key", "place"), [("pair_rules", "pair 2"), ("label_rules", "label 2")])
def test_a_rule_may_be_repeated_with_other_parameters_only(key: str, place: str) -> None:
    family: dict[str, type[Any]] = {
        "pair_rules": PAIR_RULES["sibling_steps"],
        "label_rules": LABEL_RULES["step_labels"],
    }
    once, other = family[key](), family[key](min_visits=2)
    check_plan(plan("outcomes", **{key: (once, other)}), where=WHERE)
    with pytest.raises(RecipeError, match=f"{place}: the same rule"):
        check_plan(plan("outcomes", **{key: (once, family[key]())}), where=WHERE)


def test_every_member_with_all_signals_is_fine() -> None:
    views = (View(name="default", rules=(LOSS_RULES["mask_failed_calls"](),)),)
    rules = plan(
        *SIGNALS, selectors=(SELECTORS["outcome"](), SqlFilter(where="efficiency > 0.5")), views=views
    )
    check_plan(rules, where=WHERE)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (
            {"selectors": (SELECTORS["outcome"](), SqlFilter(where="efficiency > 0.5"))},
            "recipe 'mine', select 2: Selector 'sql_filter' reads unknown columns: efficiency",
        ),
        (
            {"selectors": (SELECTORS["group_filter"](where="pass_rat > 0"),)},  # type: ignore[call-arg]  # its own field
            r"(?s)unknown columns: pass_rat\..*Hint: did you mean 'pass_rate'\? Else list the signal",
        ),
        ({"selectors": (SqlFilter(where="status > 3"),)}, "select 1.*cannot be evaluated"),
        (
            {"pair_rules": (PAIR_RULES["trajectory_pairs"](by="recovery"),)},  # type: ignore[call-arg]  # its own field
            "pair 1: Rule 'trajectory_pairs' reads unknown columns: recovery",
        ),
    ],
)
def test_a_column_that_no_listed_signal_has_is_named_with_the_rules_place(
    rules: dict[str, Any], words: str
) -> None:
    with pytest.raises(RecipeError, match=words):
        check_plan(plan("outcomes", **rules), where=WHERE)
