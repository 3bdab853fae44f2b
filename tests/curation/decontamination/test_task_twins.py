from collections.abc import Mapping

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from curation.decontamination.task_twins import task_twins
from tests.curation.decontamination.suite import TASKS, TEMPLATE
from tests.curation.strategies import few

LAMP = TASKS["lamp"]


def tasks(texts: Mapping[str, str | None]) -> pl.DataFrame:
    rows = [(task, "shop", task, text) for task, text in texts.items()]
    return pl.DataFrame(rows, schema=["task_id", "benchmark", "task_key", "text"], orient="row")


def test_tasks_that_are_nearly_the_same_share_the_smallest_id() -> None:
    twins = task_twins(tasks({"c": LAMP, "b": LAMP.replace("4471", "12"), "a": TASKS["tent"], "d": None}))
    assert twins == {"b": "b", "c": "b"}


def test_twins_of_twins_are_twins() -> None:
    words = [f"word{number}" for number in range(60)]
    texts = {key: " ".join(words[start : start + 40]) for key, start in (("c", 0), ("b", 10), ("a", 20))}
    assert task_twins(tasks(texts), similarity=0.55) == dict.fromkeys("abc", "a")
    assert task_twins(tasks({"c": texts["c"], "a": texts["a"]}), similarity=0.55) == {}


def test_a_template_makes_no_twins() -> None:
    assert task_twins(tasks({key: TEMPLATE + text for key, text in TASKS.items()})) == {}
    assert task_twins(tasks({str(number): TEMPLATE for number in range(6)})) == {}
    assert task_twins(tasks({str(number): TEMPLATE for number in range(4)})) == dict.fromkeys("0123", "0")


def test_no_tasks_have_no_twins() -> None:
    assert task_twins(tasks({}).cast(pl.String)) == {}
    assert task_twins(tasks({"a": "", "b": "?", "c": None})) == {}


@few
@given(st.permutations(range(8)), st.integers(0, 8))
def test_keys_depend_on_no_order_and_survive_other_tasks(order: list[int], count: int) -> None:
    texts: list[tuple[str, str | None]] = [("p", LAMP), ("q", LAMP + " Be kind."), *TASKS.items()]
    mixed = dict(texts[place] for place in order)
    assert task_twins(tasks(mixed)) == {"p": "lamp", "q": "lamp", "lamp": "lamp"}
    some = dict([*texts[:2], *texts[3 : 3 + min(count, 5)]])
    assert task_twins(tasks(some)) == {"p": "p", "q": "p"}
