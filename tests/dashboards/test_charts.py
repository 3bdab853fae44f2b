import polars as pl

from dashboards.charts import COLOURS, Stage, funnel_bars, pass_rate_histogram, reward_histogram, step_strip


def test_funnel_has_one_bar_per_stage_and_one_colour_per_fate() -> None:
    stages = [
        Stage(label="records in", parts={"kept": 3, "rejected": 1}),
        Stage(label="kept", parts={"kept": 2}),
    ]
    kept, rejected = funnel_bars(stages).data
    assert (kept.name, list(kept.y), list(kept.x)) == ("kept", ["records in", "kept"], [3, 2])
    assert (rejected.marker.color, list(rejected.x)) == (COLOURS["rejected"], [1, None])


def test_funnel_labels_show_words_as_characters() -> None:
    (bar,) = funnel_bars([Stage(label="<b>rule</b>", parts={"kept": 1})]).data
    assert list(bar.y) == ["&lt;b&gt;rule&lt;/b&gt;"]


def test_unknown_rewards_are_no_bar() -> None:
    bins = pl.DataFrame(
        {
            "verdict": ["kept", "dropped", "dropped"],
            "low": [0.0, 0.0, 0.0],
            "center": [0.975, 0.025, None],
            "width": [0.05, 0.05, 0.05],
            "trajectory_count": [4, 3, 9],
        }
    )
    kept, dropped = reward_histogram(bins).data
    assert (list(kept.x), list(kept.y)) == ([0.975], [4])
    assert (list(dropped.x), list(dropped.y)) == ([0.025], [3])


def test_pass_rates_span_the_whole_range() -> None:
    bins = pl.DataFrame({"center": [0.525], "group_count": [2]})
    assert list(pass_rate_histogram(bins).layout.xaxis.range) == [0, 1]


def test_strip_scales_each_column_by_itself_and_leaves_gaps_for_null() -> None:
    steps = pl.DataFrame(
        {
            "step": [0, 1, 2],
            "action_label": ["a", "<b>", "c"],
            "is_error": [False, True, None],
            "loss": [0.0, -2.0, 2.0],
        }
    )
    (strip,) = step_strip(steps, ["is_error", "loss"]).data
    assert [list(row) for row in strip.z] == [[0.0, 1.0, None], [0.5, 0.0, 1.0]]
    assert strip.customdata[0][1] == "&lt;b&gt;"


def test_strip_of_constant_zeros_is_drawn() -> None:
    steps = pl.DataFrame({"step": [0], "action_label": ["a"], "count": [0]})
    (strip,) = step_strip(steps, ["count"]).data
    assert [list(row) for row in strip.z] == [[0.0]]
