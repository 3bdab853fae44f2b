"""What every corruption must hold; a new one is checked by being in the mapping."""

import inspect
from collections.abc import Sequence
from dataclasses import fields, is_dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from curation.synthesis import CORRUPTIONS, Corrupted, Stock, build_stock
from curation.synthesis.corruption import Corruption
from curation.synthesis.labels import label_row
from schemas.reasons import CorruptionReason
from schemas.rows import arrow_table
from schemas.trajectory import Trajectory
from tests.curation.rollouts import BAD, do, frames, rollout, say, shuffled
from tests.curation.strategies import few, groups
from tests.curation.synthesis.children import check_child


def asking(trajectory: Trajectory, wish: str) -> Trajectory:
    """Let the user begin with a wish."""
    first, *others = trajectory.messages
    return replace(trajectory, messages=(replace(first, text=wish), *others))


_TRIALS = [
    rollout(
        do(
            "find",
            {"user": f"größe_{task}_{trial}"},
            f'{{"orders": ["W{task}{trial}34", "W{task}{trial}56"]}}',
        ),
        do("look", {"order": f"W{task}{trial}34"}, '{"price": "$12.50", "note": "🙂 é"}'),
        do("look", {"order": f"W{task}{trial}56"}, BAD),
        do("edit_file", {"path": f"src/module_{task}{trial}.py"}, "edited"),
        do("bash", {"command": "pytest -q"}, "1 passed", text=f"Now W{task}{trial}34 costs $12.50"),
        do("cancel", {"order": f"W{task}{trial}34"}, f"done for {task}", text=f"I cancel W{task}{trial}34"),
        say(f"I cancelled W{task}{trial}34 for $12.5{trial}"),
        task=f"{task}",
        trial=trial,
    )
    for task in range(3)
    for trial in range(3)
]
RICH = [asking(trial, f"Cancel order {trial.task.task_key}, please") for trial in _TRIALS]
"""Trials with something for every mode."""

corruptions = pytest.mark.parametrize(
    "corruption", [member() for member in CORRUPTIONS.values()], ids=CORRUPTIONS
)


def made_of(corruption: Corruption, trials: Sequence[Trajectory], stock: Stock) -> list[Corrupted]:
    results = corruption.corrupt_all(trials, stock)
    assert len(results) == len(trials)
    return [result for result in results if isinstance(result, Corrupted)]


@pytest.fixture(scope="module")
def rich_stock() -> Stock:
    return build_stock(frames(*RICH))


@few
@given(trials=groups(), seed=st.integers(0, 99))
def test_children_depend_on_content_and_not_on_the_order_of_rows(trials: list[Trajectory], seed: int) -> None:
    whole = frames(*trials)
    stock, mixed = build_stock(whole), build_stock(shuffled(whole, seed))
    for member in CORRUPTIONS.values():
        results = member().corrupt_all(trials, stock)
        assert member().corrupt_all(trials[::-1], mixed)[::-1] == results


@few
@given(trials=groups())
def test_children_are_valid_conversations_beside_untouched_parents(trials: list[Trajectory]) -> None:
    stock = build_stock(frames(*trials))
    before = [trial.messages for trial in trials]
    for member in CORRUPTIONS.values():
        for trial, result in zip(trials, member().corrupt_all(trials, stock), strict=True):
            if isinstance(result, Corrupted):
                check_child(trial, result)
    assert [trial.messages for trial in trials] == before


@corruptions
def test_every_mode_finds_places_in_rich_trials_and_labels_each_child_once(
    corruption: Corruption, rich_stock: Stock
) -> None:
    made = made_of(corruption, RICH, rich_stock)
    assert made, corruption.name
    rows = arrow_table("corruptions", [label_row(result, bucket_count=4) for result in made])
    assert len(set(rows["child_id"].to_pylist())) == len(made)
    assert set(rows["mode"].to_pylist()) == {corruption.name}
    assert rows["is_injection_successful"].null_count == len(made)
    by_id = {trial.trajectory_id: trial for trial in RICH}
    for result in made:
        check_child(by_id[str(result.trajectory.parent_id)], result)


@corruptions
def test_another_seed_makes_other_children(corruption: Corruption, rich_stock: Stock) -> None:
    other = type(corruption)(seed=1)
    first, second = made_of(corruption, RICH, rich_stock), made_of(other, RICH, rich_stock)
    ids = {result.trajectory.trajectory_id for result in first}
    assert ids.isdisjoint(result.trajectory.trajectory_id for result in second)
    assert made_of(corruption, RICH, rich_stock) == first


@corruptions
def test_a_corrupted_trajectory_is_not_corrupted_again(corruption: Corruption, rich_stock: Stock) -> None:
    children = [result.trajectory for result in made_of(corruption, RICH, rich_stock)]
    assert set(corruption.corrupt_all(children, rich_stock)) == {CorruptionReason.ALREADY_CORRUPTED}


@corruptions
def test_an_empty_corpus_and_an_empty_stock_make_nothing_plausible_up(corruption: Corruption) -> None:
    assert corruption.corrupt_all([], Stock()) == []
    alone = rollout(do("look", {"id": "A1234"}, "ok"))
    result = corruption.corrupt(alone, Stock())
    if isinstance(result, Corrupted):
        check_child(alone, result)
    else:
        assert result in CorruptionReason


@corruptions
def test_corruptions_are_frozen_documented_and_versioned(corruption: Corruption) -> None:
    kind = type(corruption)
    assert CORRUPTIONS[corruption.name] is kind
    assert is_dataclass(kind)
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]  # not in the stub
    assert corruption.doc.endswith(".")
    assert corruption.rule.startswith(f"{corruption.name} {corruption.version} {{")
    assert corruption.taxonomy is None or corruption.taxonomy.partition(":")[0] in {
        "aegis",
        "guardian",
        "ui_genie",
    }
    for parameter in fields(kind):
        assert parameter.kw_only
        assert parameter.name == "seed" or f"{parameter.name}: " in inspect.getsource(kind)


def test_long_trials_are_corrupted_in_no_time() -> None:
    marathon = rollout(*[do("look", {"page": number}, f"page {number}") for number in range(2_000)])
    results = {name: member().corrupt(marathon, Stock()) for name, member in CORRUPTIONS.items()}
    made = {name for name, result in results.items() if isinstance(result, Corrupted)}
    assert {"drop_step", "no_progress", "forgotten_history", "repeated_handled_task"} <= made


def test_an_empty_corpus_has_an_empty_stock() -> None:
    assert build_stock(frames()) == Stock()
