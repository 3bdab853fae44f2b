"""Try a plan on nothing, before anything is read: what cannot work at all says so at once, and where it stands."""

from collections.abc import Callable, Iterator

import polars as pl

from curation.candidates import SignalValues, candidate_rows
from curation.frames import polars_schema
from curation.inputs import Plan
from curation.repair.children import frames_of
from schemas.errors import RecipeError

Check = Callable[[pl.DataFrame], object]


def check_plan(plan: Plan, *, where: str) -> None:
    """Refuse a plan with a rule that reads what no candidate has, or that cannot be evaluated.

    Args:
        plan: the recipe.
        where: the recipe, for messages.

    Raises:
        RecipeError: names the place of the rule in the recipe.
    """
    candidates = candidate_rows(frames_of([]), _no_values(plan))
    for place, check in _checks(plan):
        try:
            check(candidates)
        except RecipeError as exc:
            raise RecipeError(f"{where}, {place}: {exc}") from exc


def _no_values(plan: Plan) -> SignalValues:
    """Give the columns of the plan's signals, without a row; nothing is computed for that."""
    tables = {signal.name: signal.tables() for signal in plan.signals}
    trajectories, groups = (
        {name: polars_schema(held[scope]).to_frame() for name, held in tables.items() if scope in held}
        for scope in ("trajectory", "group")
    )
    return SignalValues(trajectories=trajectories, groups=groups)


def _checks(plan: Plan) -> Iterator[tuple[str, Check]]:
    for number, selector in enumerate(plan.selectors, 1):
        yield f"select {number}", selector.check_columns
        if not selector.spans_tasks:
            yield f"select {number}", selector.select
    for view in plan.views:
        for number, rule in enumerate(view.rules, 1):
            yield f"train {view.name!r} {number}", rule.check_columns
    for key, rules in (("pair", plan.pair_rules), ("label", plan.label_rules)):
        for number, maker in enumerate(rules, 1):
            yield f"{key} {number}", maker.check_columns
            if maker in rules[: number - 1]:
                yield f"{key} {number}", _refuse_repeat


def _refuse_repeat(_candidates: pl.DataFrame) -> None:
    raise RecipeError(
        "the same rule with the same parameters stands there already: every row would be made twice.\n\n"
        "Hint: leave one of them out, or give them different parameters"
    )
