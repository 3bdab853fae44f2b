from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import orjson
import pytest

from simulation.generate import generate
from simulation.terse import END, VOCABULARY

effect = pytest.importorskip("benchmarks.effect")

BUDGET = effect.Budget(rollouts=40, steps=2, batch=4, learning_rate=1e-3, tasks=3, seed=0)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Two torch threads on a busy machine wait for each other far longer than they work."""
    before = effect.torch.get_num_threads()
    effect.torch.set_num_threads(1)
    yield
    effect.torch.set_num_threads(before)


def words(example: object, *, is_trained: bool) -> str:
    chosen = zip(example.tokens, example.is_trained, strict=True)  # type: ignore[attr-defined]  # loaded late
    return " ".join(VOCABULARY[token] for token, trained in chosen if trained == is_trained)


def test_only_the_agents_own_lines_are_trained() -> None:
    messages = [
        {"role": "system", "content": "rules"},
        {"role": "user", "content": "drop cup mail"},
        {"role": "assistant", "content": "stop", "weight": 0},
        {"role": "user", "content": "yes"},
        {"role": "assistant", "content": "done"},
    ]
    example = effect.example_from_messages(messages)
    assert words(example, is_trained=True) == f"done {END}"
    assert words(example, is_trained=False) == f"drop cup mail {END} stop {END} yes {END}"


def test_arms_yield_rewarded_rollouts_without_end() -> None:
    for arm in effect.ARMS.values():
        examples = list(islice(arm(BUDGET), BUDGET.rollouts))
        assert len(examples) == BUDGET.rollouts
        assert all(words(example, is_trained=True).endswith(f"done {END}") for example in examples)


def test_a_written_folder_is_an_arm(tmp_path: Path) -> None:
    summary = generate(tmp_path, tasks=8, trials=1, rendering="terse", skills=["careful"])
    arm = partial(effect.folder_rollouts, folder=summary.rollouts)
    rows = (summary.rollouts / "part-00000.jsonl").read_bytes().splitlines()
    expected = [effect.example_from_messages(orjson.loads(row)["messages"]) for row in rows]
    assert list(islice(arm(BUDGET), 16)) == expected * 2


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="No rollouts in `folder`"):
        next(effect.folder_rollouts(BUDGET, folder=tmp_path))


@pytest.mark.usefixtures("one_thread")
def test_judging_twice_gives_the_same_figures() -> None:
    first, second = (effect.judge("careful", effect.ARMS["careful only"], BUDGET) for _ in range(2))
    assert (first.success_rate, first.mean_steps, first.final_loss) == (
        second.success_rate,
        second.mean_steps,
        second.final_loss,
    )
    assert 180_000 < first.parameter_count < 220_000
