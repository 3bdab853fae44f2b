from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from tests.dashboards.literals import GROUP, HOSTILE, REPAIR, TRIALS
from tests.dashboards.screen import markdown, texts

Visit = Callable[..., AppTest]


def test_lists_groups_with_their_figures(visit: Visit) -> None:
    row = visit("task").dataframe[0].value.iloc[0]
    assert row["group_id"] == GROUP[:10]
    assert (row["trial_count"], row["success_count"], row["error_branch_ratio"]) == (4, 2, 0.5)


def test_finds_groups_by_text_and_keeps_mixed_ones(visit: Visit) -> None:
    app = visit("task")
    app.toggle[0].set_value(True).run()
    assert len(app.dataframe[0].value) == 1
    app.text_input[0].input("' OR 1 = 1 --").run()
    assert app.dataframe[0].value.empty


def test_says_that_a_group_is_unknown(visit: Visit) -> None:
    assert visit("task", group="nobody").warning[0].value.startswith("There is no group")


def test_shows_figures_of_the_graph(visit: Visit) -> None:
    figures = {metric.label: metric.value for metric in visit("task", group=GROUP).metric}
    assert figures["Pass rate"] == "67%"
    assert (figures["States"], figures["Shortest success"]) == ("5", "2")


def test_draws_the_graph_and_says_what_it_hides(visit: Visit) -> None:
    app = visit("task", group=GROUP)
    assert app.get("plotly_chart")
    assert "5 of 5 states and 5 of 5 moves are drawn" in texts(app)


def test_highlights_a_trial_and_says_when_it_is_not_in_the_graph(visit: Visit) -> None:
    app = visit("task", group=GROUP)
    app.selectbox(key="highlighted").select(TRIALS[0].trajectory_id).run()
    assert '"name":"path"' in app.get("plotly_chart")[0].proto.spec
    app.selectbox(key="highlighted").select(REPAIR.trajectory_id).run()
    assert '"name":"path"' not in app.get("plotly_chart")[0].proto.spec
    assert "not in the graph" in texts(app)


def test_lists_trials_with_every_signal_and_links(visit: Visit) -> None:
    (rows,) = [frame.value for frame in visit("task", group=GROUP).dataframe if "trajectory" in frame.value]
    assert rows["trajectory"][0] == f"trajectory?trajectory={TRIALS[0].trajectory_id}"
    assert rows["novel_frac"][0] == 0.125
    assert list(rows["relation"]) == ["attempt"] * 4 + ["repair"]


def test_hostile_words_are_shown_as_characters_only(visit: Visit) -> None:
    app = visit("task", group=GROUP)
    assert HOSTILE in texts(app)
    assert "<script>" not in markdown(app)
    assert "<script>" not in app.get("plotly_chart")[0].proto.spec
