import polars as pl

from dashboards.stages import intake_stage, rule_stages

DECISIONS = pl.DataFrame(
    [
        ("kept", "end", "passed_all_rules", 3),
        ("dropped", "select:10:top_k", "below_top_k", 2),
        ("dropped", "select:2:outcome", "below_reward_floor", 4),
        ("dropped", "read", "not_matched_by_read", 1),
        ("dropped", "end", "no_trainable_message", 1),
        ("repaired", "repair:splice", "repaired_into_child", 2),
    ],
    schema=["verdict", "rule", "reason", "trajectory_count"],
    orient="row",
)
NO_EXPORTS = pl.DataFrame(schema={"format": pl.String, "row_count": pl.Int64})


def test_records_in_are_split_by_fate() -> None:
    intake = {"record_count": 6, "kept_count": 3, "rejected_count": 2, "repeated_count": 1}
    assert sum(intake_stage(intake).parts.values()) == 6


def test_rules_come_in_the_order_in_which_a_recipe_runs_them() -> None:
    labels = [
        stage.label.partition(":")[0] + stage.label.partition(":")[2][:2]
        for stage in rule_stages(DECISIONS, NO_EXPORTS)
    ]
    assert labels == ["trajectories repaired", "read n", "select2:", "select10", "end n", "trajectories kept"]


def test_each_bar_is_as_long_as_what_the_rule_before_it_left() -> None:
    bars = [stage.parts for stage in rule_stages(DECISIONS, NO_EXPORTS)[1:]]
    assert [sum(bar.values()) for bar in bars] == [11, 10, 6, 4, 3]
    assert [bar["kept"] for bar in bars] == [10, 6, 4, 3, 3]


def test_exports_of_one_format_are_one_bar() -> None:
    exports = pl.DataFrame({"format": ["trl_sft", "trl_grpo", "trl_sft"], "row_count": [2, 5, 3]})
    stages = rule_stages(DECISIONS.clear(), exports)
    assert [(stage.label, stage.parts) for stage in stages[-2:]] == [
        ("exported as trl_grpo", {"exported": 5}),
        ("exported as trl_sft", {"exported": 5}),
    ]
