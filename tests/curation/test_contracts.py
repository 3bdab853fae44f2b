"""What every member of a family must hold; a new member is checked by being in its mapping."""

import inspect
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from typing import Any

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from curation.candidates import candidate_rows, compute_values
from curation.decide import words_of
from curation.decontamination.protected import PROTECTED_SCHEMA
from curation.frames import Frames, polars_schema
from curation.inputs import SLIM_COLUMNS
from curation.repair import REPAIRS, Case, Repair
from curation.repair.repair import CASE_SCHEMA
from curation.selection import SELECTORS, Selector
from curation.selection.selector import CHOICE_SCHEMA
from curation.signals import SIGNALS, Signal
from curation.training import LOSS_RULES
from schemas.reasons import DecisionReason
from schemas.tables.signal_tables import SCOPE_KEYS
from schemas.trajectory import Trajectory
from tests.curation.rollouts import BAD, do, frames, rollout, say, shuffled
from tests.curation.strategies import few, groups

PARAMETERS: dict[str, dict[str, Any]] = {
    "sql_filter": {"where": "outcome_reward > 0 OR is_mixed"},
    "group_filter": {"where": "pass@2 > 0 and outcome_reward >= 0 and best-2", "group_by": "task_id"},
    "topological": {"k": 2},
    "budget": {"n": 3},
    "strategy_gate": {"least": 0.5, "column": "pass_rate"},
    "tier": {"column": "status", "allowed": ("completed", "truncated")},
    "licences": {
        "allowed": ("MIT",),
        "records": pl.DataFrame(schema={"record_id": pl.String, "licence": pl.String}),
    },
    "behaviours": {"columns": ("is_success", "is_mixed"), "at_least": 1},
    "rl_tasks": {"n": 1},
    "pareto_repairs": {"axes": ("outcome_reward", "-failed_call_count")},
    "decontaminate": {
        "against": ("suite",),
        "fields": ("user", "assistant", "tool"),
        "protected": PROTECTED_SCHEMA.to_frame(),
    },
    "triage": {
        "failure_weights": {"failed_call_count": 1.0},
        "exemplar_weights": {"efficiency": 1.0},
        "failures": 1,
        "exemplars": 1,
        "random": 2,
    },
}
"""Parameters that have no default."""

MEMBERS: dict[str, Any] = {**SIGNALS, **SELECTORS, **REPAIRS, **LOSS_RULES}

signals = pytest.mark.parametrize("signal", SIGNALS.values(), ids=SIGNALS)
selectors = pytest.mark.parametrize(
    "selector", [member(**PARAMETERS.get(name, {})) for name, member in SELECTORS.items()], ids=SELECTORS
)
repairs = pytest.mark.parametrize("repair", [member() for member in REPAIRS.values()], ids=REPAIRS)


def candidates(whole: Frames) -> pl.DataFrame:
    return candidate_rows(whole, compute_values(SIGNALS.values(), whole))


def same(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> bool:
    return one.keys() == other.keys() and all(frame.equals(other[scope]) for scope, frame in one.items())


@pytest.fixture(scope="module")
def marathon() -> list[Trajectory]:
    """Write a trial of 10,000 steps with every habit, beside a short one."""
    habits = (
        do("list"),
        do("look", 1, BAD),
        do("look", 1, BAD),
        do("look", 1, BAD),
        do("look", 2),
        say("🙂 é"),
    )
    turns = [
        do("look", {"page": number}, f"page {number}") if number % 7 else habits[number // 7 % len(habits)]
        for number in range(10_000)
    ]
    return [rollout(*turns), rollout(*habits, trial=1, reward=0.0), rollout(*habits, trial=2)]


@signals
@few
@given(trials=groups(), seed=st.integers(0, 99))
def test_signals_depend_on_content_and_not_on_the_order_of_rows(
    signal: Signal, trials: list[Trajectory], seed: int
) -> None:
    whole = frames(*trials)
    computed = signal.compute(whole)
    assert same(signal.compute(whole), computed)
    assert same(signal.compute(shuffled(whole, seed)), computed)


@signals
@few
@given(trials=groups())
def test_signals_emit_what_they_declare(signal: Signal, trials: list[Trajectory]) -> None:
    whole = frames(*trials)
    computed, tables = signal.compute(whole), signal.tables()
    assert computed.keys() == tables.keys()
    units = {
        "trajectory": whole.trajectories["trajectory_id"],
        "step": whole.steps["step"],
        "group": whole.trajectories["group_id"].unique(),
    }
    for scope, table in tables.items():
        assert computed[scope].schema == polars_schema(table)
        assert scope == "hit" or computed[scope].height == len(units[scope])
        assert computed[scope].select(table.key).is_unique().all()
        for column in table.columns:
            values = computed[scope][column.name]
            assert column.nullable or not values.null_count(), column.name
            assert not column.allowed or values.drop_nulls().is_in(column.allowed).all()
            assert column.minimum is None or (values.drop_nulls() >= column.minimum).all()
            assert column.maximum is None or (values.drop_nulls() <= column.maximum).all()


@signals
def test_signals_compute_ten_thousand_steps(signal: Signal, marathon: list[Trajectory]) -> None:
    whole = frames(*marathon)
    assert whole.steps.height > 10_000
    assert signal.compute(whole).keys() == signal.tables().keys()


@signals
def test_signals_are_documented_and_versioned(signal: Signal) -> None:
    assert signal.doc.endswith(".")
    assert signal.stage_version.startswith(f"{signal.version} {{")
    columns = signal.trajectory_columns + signal.step_columns + signal.group_columns
    assert columns
    for column in columns:
        assert column.doc.endswith((".", ")"))
        assert not column.nullable or "null" in column.doc


def test_no_two_signals_share_a_column() -> None:
    for scope in ("trajectory", "group"):
        names = [
            column.name
            for signal in SIGNALS.values()
            for column in getattr(signal, f"{scope}_columns")
            if column not in SCOPE_KEYS[scope]
        ]
        assert len(names) == len(set(names))


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Trials with every signal, computed once for all selectors."""

    rows: pl.DataFrame
    whole: Frames

    def choices(self, selector: Selector, rows: pl.DataFrame | None = None) -> pl.DataFrame:
        return selector.select(self.rows if rows is None else rows, partial(words_of, self.whole))


@pytest.fixture(scope="module")
def corpora() -> list[Corpus]:
    """Draw corpora of one to two tasks, of none, and of trials that all come out alike."""
    drawn: list[Corpus] = []

    @settings(few, derandomize=True, database=None, phases=[Phase.generate])
    @given(trials=groups())
    def draw(trials: list[Trajectory]) -> None:
        whole = frames(*trials)
        drawn.append(Corpus(rows=candidates(whole), whole=whole))

    draw()
    return drawn


@selectors
def test_selectors_decide_about_each_candidate_once_whatever_the_order(
    selector: Selector, corpora: list[Corpus]
) -> None:
    for seed, corpus in enumerate(corpora):
        choices = corpus.choices(selector)
        assert choices.schema == CHOICE_SCHEMA
        assert choices["trajectory_id"].equals(corpus.rows["trajectory_id"])
        assert choices.select("is_kept", "detail").null_count().sum_horizontal().item() == 0
        assert choices.filter(pl.col("is_kept") != pl.col("reason").is_null()).is_empty()
        assert choices["reason"].drop_nulls().is_in(list(DecisionReason)).all()
        mixed = corpus.rows.sample(fraction=1, shuffle=True, seed=seed)
        assert corpus.choices(selector, mixed).equals(choices)


@selectors
def test_chances_are_chances(selector: Selector, corpora: list[Corpus]) -> None:
    chance = pl.col("inclusion_probability")
    for corpus in corpora:
        choices = corpus.choices(selector)
        assert choices["inclusion_probability"].drop_nulls().is_between(0, 1).all()
        assert choices.filter((chance == 0) & pl.col("is_kept")).is_empty()
        assert choices.filter((chance == 1) & ~pl.col("is_kept")).is_empty()


@selectors
def test_selecting_twice_equals_once(selector: Selector, corpora: list[Corpus]) -> None:
    for corpus in corpora:
        chosen = corpus.choices(selector).filter("is_kept")
        kept = corpus.rows.join(chosen, on="trajectory_id", how="semi")
        assert corpus.choices(selector, kept)["is_kept"].all()


@selectors
def test_selectors_need_no_column_that_they_do_not_name(selector: Selector, corpora: list[Corpus]) -> None:
    named = list(dict.fromkeys((*SLIM_COLUMNS, *selector.columns_needed)))
    for corpus in corpora:
        assert corpus.choices(selector, corpus.rows.select(named)).equals(corpus.choices(selector))


@selectors
def test_selectors_that_span_no_tasks_decide_task_by_task(selector: Selector, corpora: list[Corpus]) -> None:
    for corpus in corpora:
        if not selector.spans_tasks and corpus.rows.height:
            parts = [corpus.choices(selector, part) for part in corpus.rows.partition_by("task_id")]
            assert pl.concat(parts).sort("trajectory_id").equals(corpus.choices(selector))


@selectors
def test_selectors_are_documented(selector: Selector) -> None:
    assert selector.doc.startswith("Keeps")
    assert selector.doc.endswith(".")


@selectors
def test_selectors_read_columns_that_candidates_have(selector: Selector) -> None:
    assert set(selector.columns_needed) <= set(candidates(frames()).columns)


def repaired(repair: Repair, trials: list[Trajectory]) -> dict[str, Trajectory]:
    """Repair what can be, by the parent's id."""
    by_id = {trial.trajectory_id: trial for trial in trials}
    cases = [
        Case(trajectory=by_id[own], partner=by_id.get(partner), seq=seq, partner_seq=partner_seq)
        for own, partner, seq, partner_seq in repair.cases(frames(*trials)).iter_rows()
    ]
    children = repair.apply_all(cases)
    return {
        case.trajectory.trajectory_id: child
        for case, child in zip(cases, children, strict=True)
        if child is not None
    }


@repairs
@few
@given(trials=groups(), seed=st.integers(0, 99))
def test_repairs_name_their_candidates_whatever_the_order(
    repair: Any, trials: list[Trajectory], seed: int
) -> None:
    whole = frames(*trials)
    found = repair.cases(whole)
    assert found.schema == CASE_SCHEMA
    assert found["trajectory_id"].to_list() == sorted(set(repaired(repair, trials)))
    assert repair.cases(shuffled(whole, seed)).equals(found)


@repairs
@few
@given(trials=groups())
def test_repairing_twice_equals_once(repair: Any, trials: list[Trajectory]) -> None:
    made = repaired(repair, trials)
    before = [trial for trial in trials if trial.trajectory_id not in made]
    assert repaired(repair, [*before, *made.values()]) == {}


@repairs
def test_repairs_are_documented_and_versioned(repair: Any) -> None:
    assert repair.doc.endswith(".")
    assert repair.rule.startswith(f"{repair.name} {repair.version} {{")


@repairs
def test_repairs_work_on_ten_thousand_steps(repair: Any, marathon: list[Trajectory]) -> None:
    child = repaired(repair, marathon).get(marathon[0].trajectory_id)
    assert child is None or repair.cases(frames(child)).is_empty()


@pytest.mark.parametrize("name", MEMBERS)
def test_members_are_frozen_named_by_their_key_and_documented(name: str) -> None:
    member = MEMBERS[name]
    kind = member if isinstance(member, type) else type(member)
    assert member.name == name
    assert is_dataclass(kind)
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]  # not in the stub
    assert "__doc__" in vars(kind)
    source = "".join(
        inspect.getsource(base) for base in kind.__mro__ if base.__module__.startswith("curation.")
    )
    for parameter in fields(kind):
        assert parameter.kw_only
        assert f"{parameter.name}: " in source
