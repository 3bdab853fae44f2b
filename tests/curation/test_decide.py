"""A recipe over one batch: every trajectory has one fate, and a repair takes its parent's place."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.candidates import SignalValues, candidate_rows, compute_values
from curation.decide import Outcome, compare, decide, repaired_words, survey
from curation.fates import DECISION_SCHEMA
from curation.inputs import Inputs, Plan
from curation.pairs import LABEL_RULES, PAIR_RULES
from curation.repair import REPAIRS
from curation.selection import SELECTORS
from curation.selection.budget import Budget
from curation.selection.cap import Cap
from curation.selection.outcome import Outcome as Rewarded
from curation.selection.rl_tasks import RLTasks
from curation.selection.selector import refuse_messages
from curation.selection.topological import Topological
from curation.signals import SIGNALS
from curation.substitution import substitute_repairs, values_after
from schemas.errors import RecipeError
from schemas.recipe import Split
from schemas.rows import arrow_table
from schemas.trajectory import Origin, Status, Trajectory
from tests.curation.rollouts import BUSY, Turn, do, frames, rollout, say
from tests.rollout_rows import trajectory_rows

PLAN = Plan(
    repairs=(REPAIRS["rollback"](),),
    selectors=(SELECTORS["outcome"](), SELECTORS["exact_duplicates"](), Topological(k=1)),
    signals=tuple(SIGNALS[name] for name in ("outcomes", "advantages", "topology", "strategy_domain")),
    split=Split(test_frac=0.5),
)


def inputs(*trajectories: Trajectory, unread: frozenset[str] = frozenset()) -> Inputs:
    whole = frames(*trajectories)
    rows = trajectory_rows(trajectories, bucket_count=1)
    return Inputs(
        frames=whole,
        toolsets=pl.DataFrame(arrow_table("toolsets", rows["toolsets"])),
        values=compute_values(PLAN.signals, whole),
        read_ids=frozenset(whole.trajectories["trajectory_id"]) - unread,
        bucket_count=1,
    )


def fate(outcome: Outcome, trajectory_id: str) -> dict[str, object]:
    return outcome.decisions.row(by_predicate=pl.col("trajectory_id") == trajectory_id, named=True)


def test_each_trajectory_gets_the_reason_of_the_first_rule_that_drops_it() -> None:
    best = rollout(do("look"), do("act"))
    slower = rollout(do("look"), do("look"), do("look"), do("act"), trial=1)
    failed = rollout(do("act"), trial=2, reward=0.0)
    unknown = rollout(do("act"), trial=3, reward=None)
    unread = rollout(do("act"), trial=4)
    outcome = decide(
        inputs(best, slower, failed, unknown, unread, unread=frozenset({unread.trajectory_id})), PLAN
    )
    reasons = dict(outcome.decisions.select("trajectory_id", "reason").iter_rows())
    assert reasons == {
        best.trajectory_id: "passed_all_rules",
        slower.trajectory_id: "below_top_k",
        failed.trajectory_id: "below_reward_floor",
        unknown.trajectory_id: "outcome_unknown",
        unread.trajectory_id: "not_matched_by_read",
    }
    assert outcome.decisions.schema == DECISION_SCHEMA
    assert fate(outcome, slower.trajectory_id)["rule"] == "select:3:topological"


def test_what_is_kept_says_what_each_rule_saw_of_it() -> None:
    outcome = decide(inputs(rollout(do("look"))), replace(PLAN, selectors=(Rewarded(), RLTasks(n=1))))
    detail = str(outcome.decisions["detail"].item())
    assert detail.startswith(
        "select:1:outcome outcome_reward=1.0, min_reward=1.0, status=completed; select:2:rl_tasks "
    )
    assert "is expected to teach nothing" in detail


def test_a_rule_of_pairs_or_labels_may_stand_twice_and_its_rows_keep_apart() -> None:
    trials = inputs(rollout(do("look")), rollout(do("act"), trial=1, reward=0.5))
    pairing, labelling = PAIR_RULES["trajectory_pairs"], LABEL_RULES["step_labels"]
    plan = replace(PLAN, repairs=(), selectors=(), pair_rules=(pairing(),), label_rules=(labelling(),))
    once = decide(trials, plan)
    twice = decide(
        trials,
        replace(
            plan,
            pair_rules=(pairing(), pairing(per_task=1)),  # type: ignore[call-arg]  # its own field
            label_rules=(labelling(), labelling(by="outcome")),  # type: ignore[call-arg]  # its own field
        ),
    )
    for table, key in (("pairs", "pair_id"), ("samples", "sample_id")):
        alone, both = getattr(once, table)[key], getattr(twice, table)[key]
        assert len(both) == 2 * len(alone) == both.n_unique() > 0
        assert set(alone) < set(both)


def test_repaired_trajectory_takes_its_parents_place() -> None:
    stumbling = rollout(do("act", result=BUSY), do("act"))
    outcome = decide(inputs(stumbling), PLAN)
    (child,) = outcome.repaired
    parent_fate = fate(outcome, stumbling.trajectory_id)
    assert (parent_fate["verdict"], parent_fate["child_id"]) == ("repaired", child.trajectory_id)
    assert fate(outcome, child.trajectory_id)["verdict"] == "kept"
    assert set(outcome.labels["trajectory_id"]) == {child.trajectory_id}
    assert outcome.decisions.height == 2


def test_a_repair_works_on_what_an_earlier_one_made() -> None:
    stumbling = rollout(
        do("look", {"id": 1}, BUSY), do("look", {"id": 2}), do("act", result=None), status=Status.TRUNCATED
    )
    plan = replace(
        PLAN, repairs=(REPAIRS["rollback"](), REPAIRS["truncate_dangling_end"](), REPAIRS["structural"]())
    )
    outcome = decide(inputs(stumbling), plan)
    first, second = outcome.repaired
    assert (first.parent_id, second.parent_id) == (stumbling.trajectory_id, first.trajectory_id)
    assert fate(outcome, first.trajectory_id)["child_id"] == second.trajectory_id
    assert fate(outcome, second.trajectory_id)["verdict"] == "kept"
    assert [call.name for message in second.messages for call in message.tool_calls] == ["look"]


def test_signals_of_a_repaired_trial_are_those_of_the_repaired_words() -> None:
    """Without the repair the stumbling trial is the longer one; with it both are equally short, and ids decide."""
    direct = rollout(do("act"), do("end"))
    stumbling = rollout(do("act", result=BUSY), do("act"), do("end"), trial=1)
    outcome = decide(inputs(direct, stumbling), PLAN)
    kept = outcome.decisions.filter(pl.col("verdict") == "kept")["trajectory_id"].to_list()
    (child,) = outcome.repaired
    assert fate(outcome, max(direct.trajectory_id, child.trajectory_id))["reason"] == "exact_duplicate"
    assert kept == [min(direct.trajectory_id, child.trajectory_id)]


def test_trajectory_that_is_not_read_is_not_repaired() -> None:
    stumbling = rollout(do("act", result=BUSY), do("act"))
    outcome = decide(inputs(stumbling, unread=frozenset({stumbling.trajectory_id})), PLAN)
    assert outcome.repaired == []
    assert fate(outcome, stumbling.trajectory_id)["reason"] == "not_matched_by_read"


def test_trajectory_without_sampled_words_is_dropped() -> None:
    copied = rollout(Turn(text="as before", origin=Origin.COPIED))
    outcome = decide(inputs(copied), PLAN)
    assert fate(outcome, copied.trajectory_id)["reason"] == "no_trainable_message"
    assert outcome.labels.is_empty()


def test_kept_trajectories_have_the_split_of_their_task_and_others_none() -> None:
    kept = [rollout(do("act", {"number": number}), task=f"task {number}") for number in range(12)]
    failed = rollout(do("act"), task="task 0", trial=1, reward=0.0)
    outcome = decide(inputs(*kept, failed), PLAN)
    splits = dict(outcome.decisions.select("trajectory_id", "split").iter_rows())
    assert {splits[one.trajectory_id] for one in kept} == {"train", "test"}
    assert all(splits[one.trajectory_id] == PLAN.split.of_task(one.task.task_id) for one in kept)
    assert splits[failed.trajectory_id] is None


def test_nothing_in_is_nothing_out() -> None:
    outcome = decide(inputs(), PLAN)
    assert outcome.decisions.is_empty()
    assert outcome.decisions.schema == DECISION_SCHEMA


def test_candidates_have_one_row_each_with_every_signal() -> None:
    whole = frames(rollout(do("act")), rollout(do("act"), trial=1, reward=0.0))
    rows = candidate_rows(whole, compute_values(SIGNALS.values(), whole))
    assert rows.height == 2
    declared = {
        column.name
        for signal in SIGNALS.values()
        for column in (*signal.trajectory_columns, *signal.group_columns)
    }
    assert declared < set(rows.columns)


def test_values_without_some_trajectories_keep_the_others() -> None:
    one, other = rollout(do("act")), rollout(do("act"), task="other")
    values = compute_values(SIGNALS.values(), frames(one, other))
    left: SignalValues = values.without(frames(one).trajectories)
    for frame in left.trajectories.values():
        assert frame["trajectory_id"].to_list() == [other.trajectory_id]
    for frame in left.groups.values():
        assert frame["group_id"].to_list() == [other.group_id]


TURNS = st.sampled_from([do("look"), do("act"), do("act", result=BUSY), say()])


@settings(max_examples=25, deadline=None)
@given(
    trials=st.lists(
        st.tuples(st.lists(TURNS, min_size=1, max_size=6), st.sampled_from([0.0, 1.0, None])), max_size=8
    ),
    seed=st.integers(min_value=0, max_value=99),
)
def test_every_trajectory_has_one_fate_and_order_changes_none(
    trials: list[tuple[list[Turn], float | None]], seed: int
) -> None:
    rollouts = [
        rollout(*turns, task=f"task {number % 2}", trial=number, reward=reward)
        for number, (turns, reward) in enumerate(trials)
    ]
    outcome = decide(inputs(*rollouts), PLAN)
    verdicts = outcome.decisions["verdict"].value_counts()
    counts = dict(verdicts.iter_rows())
    assert counts.get("kept", 0) + counts.get("dropped", 0) == len(rollouts)
    assert counts.get("repaired", 0) == len(outcome.repaired)
    assert outcome.decisions["trajectory_id"].is_unique().all()

    again = decide(inputs(*sorted(rollouts, key=lambda one: hash((seed, one.trial)))), PLAN)
    assert again.decisions.sort("trajectory_id").equals(outcome.decisions.sort("trajectory_id"))
    assert again.labels.sort("trajectory_id", "seq").equals(outcome.labels.sort("trajectory_id", "seq"))


CORPUS_PLAN = replace(PLAN, selectors=(Rewarded(), Cap(n=3, per=("model",)), Topological(k=2), Budget(n=3)))


def batches(*trials: Trajectory) -> list[Inputs]:
    """Put each task into a batch of its own."""
    tasks = sorted({trial.task.task_key for trial in trials})
    return [inputs(*(trial for trial in trials if trial.task.task_key == task)) for task in tasks]


def five_tasks() -> list[Trajectory]:
    return [
        rollout(
            *[do("look")] * (trial + 1),
            do("act", result=BUSY),
            do("act"),
            task=f"task {task}",
            trial=trial,
            reward=float(trial != 1),
            model="odd" if task % 2 else "even",
        )
        for task in range(5)
        for trial in range(3)
    ]


def test_corpus_rules_decide_over_batches_as_they_would_over_one() -> None:
    together = decide(inputs(*five_tasks()), CORPUS_PLAN)
    parts = batches(*five_tasks())
    survivors = pl.concat([survey(part, CORPUS_PLAN) for part in parts])
    compared = compare(survivors, CORPUS_PLAN, refuse_messages)
    outcomes = [decide(part, CORPUS_PLAN, compared) for part in parts]
    for name, key in (("decisions", ["trajectory_id"]), ("labels", ["trajectory_id", "seq"])):
        apart = pl.concat([getattr(outcome, name) for outcome in outcomes]).sort(key)
        assert apart.equals(getattr(together, name).sort(key))
    verdicts = dict(together.decisions["verdict"].value_counts().iter_rows())
    assert verdicts == {"kept": 3, "dropped": 12, "repaired": 15}


def test_corpus_rules_see_the_rows_of_survivors_and_no_more_columns_than_they_name() -> None:
    survivors = survey(inputs(*five_tasks()), CORPUS_PLAN)
    assert survivors.height == 10
    assert survivors.columns == CORPUS_PLAN.slim_columns
    assert {"model", "efficiency", "benchmark"} < set(survivors.columns)
    assert "content_fingerprint" not in survivors.columns


def test_rules_are_numbered_through_and_chances_multiply() -> None:
    plan = replace(CORPUS_PLAN, selectors=(Cap(n=2), Rewarded(), Cap(n=2, per=("model",))))
    decisions = decide(inputs(*five_tasks()), plan).decisions
    assert set(decisions["rule"]) >= {"select:1:cap", "select:3:cap", "end"}
    first = decisions.filter(pl.col("rule") == "select:1:cap")["inclusion_probability"]
    assert first.to_list() == pytest.approx([2 / 3] * 5)
    last = decisions.filter(pl.col("rule") == "end")["inclusion_probability"]
    assert last.is_between(0, 2 / 3).all()
    assert decisions.filter(pl.col("verdict") == "repaired")["inclusion_probability"].null_count() == 15


def test_corpus_rules_read_the_words_of_repaired_trials() -> None:
    trials = five_tasks()
    (child, *_) = decide(inputs(*trials), PLAN).repaired
    words = repaired_words(inputs(*trials), PLAN, pl.Series([child.trajectory_id]))
    assert words["trajectory_id"].unique().to_list() == [child.trajectory_id]
    assert BUSY not in words["text"].to_list()
    assert repaired_words(inputs(*trials), PLAN, pl.Series([child.parent_id])).is_empty()


def test_missing_column_of_a_corpus_rule_is_named_before_anything_is_compared() -> None:
    plan = replace(CORPUS_PLAN, selectors=(Budget(n=1, weights={"speed": 1.0}),))
    with pytest.raises(RecipeError, match="'budget' reads unknown columns: speed"):
        survey(inputs(*five_tasks()), plan)


def test_repaired_trial_inherits_what_is_learned_from_the_whole_corpus() -> None:
    batch = inputs(*five_tasks())
    stored = batch.values.trajectories["strategy_domain"].with_columns(
        strategy_potential=pl.int_range(pl.len()) / 100.0
    )
    values = replace(batch.values, trajectories={**batch.values.trajectories, "strategy_domain": stored})
    changed = replace(batch, values=values)
    repairs = substitute_repairs(changed, PLAN.repairs)
    after = values_after(changed, repairs, PLAN.signals).trajectories["strategy_domain"]
    parents = {child.trajectory_id: child.parent_id for child in repairs.children.values()}
    before = dict(stored.select("trajectory_id", "strategy_potential").iter_rows())
    found = dict(after.select("trajectory_id", "strategy_potential").iter_rows())
    assert found == {child: before[parent] for child, parent in parents.items() if parent is not None}


def test_without_advantages_no_label_has_one() -> None:
    plan = replace(PLAN, signals=(SIGNALS["topology"],))
    batch = inputs(rollout(do("act")))
    values = SignalValues(
        trajectories={"topology": batch.values.trajectories["topology"]},
        groups={"topology": batch.values.groups["topology"]},
    )
    assert decide(replace(batch, values=values), plan).labels["advantage"].null_count() == 3
