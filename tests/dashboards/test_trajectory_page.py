from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from dashboards.plain import literal
from tests.dashboards.branched import BRANCH, JUDGED
from tests.dashboards.literals import DATASET, HOSTILE, REPAIR, TRIALS
from tests.dashboards.screen import markdown, texts

Visit = Callable[..., AppTest]
FIRST, FAILED, UNKNOWN = TRIALS[0].trajectory_id, TRIALS[1].trajectory_id, TRIALS[3].trajectory_id


def found(app: AppTest) -> list[str]:
    return list(app.dataframe[0].value["trajectory_id"])


def choose(app: AppTest, label: str, value: str) -> AppTest:
    (box,) = [box for box in app.selectbox if box.label == label]
    return box.select(value).run()


def codes(app: AppTest) -> list[str]:
    return [code.value for code in app.code]


def badges(app: AppTest) -> str:
    return "\n".join(element.value for element in app.markdown)


def test_lists_all_trajectories_at_first(visit: Visit) -> None:
    assert len(found(visit("trajectory"))) == len([*TRIALS, REPAIR])


def test_finds_by_the_start_of_an_id(visit: Visit) -> None:
    app = visit("trajectory")
    app.text_input[0].input(FIRST[:8].upper()).run()
    assert found(app) == [FIRST[:10]]


def test_finds_by_part_of_a_task_key_and_not_by_patterns(visit: Visit) -> None:
    app = visit("trajectory")
    app.text_input[0].input("AIRLINE/<b>").run()
    assert len(found(app)) == 5
    app.text_input[0].input("%").run()
    assert found(app) == []


def test_finds_by_reward_status_and_decision(visit: Visit) -> None:
    assert found(choose(visit("trajectory"), "Reward", "unknown")) == [UNKNOWN[:10]]
    assert found(choose(visit("trajectory"), "Status", "infra_error")) == []
    assert found(choose(visit("trajectory"), "Decision", "repaired")) == [FAILED[:10]]


def test_says_that_an_id_is_unknown(visit: Visit) -> None:
    app = visit("trajectory", trajectory="no such id")
    assert app.warning[0].value.startswith("There is no trajectory")
    assert "no such id" in codes(app)


def test_shows_each_message_once_with_observations_beside_their_calls(visit: Visit) -> None:
    app = visit("trajectory", trajectory=FIRST)
    assert len(app.chat_message) == 5  # of seven messages two are observations
    shown = codes(app)
    assert shown.count("Error: no such user") == 1
    arguments = shown.index('{\n  "id": 1.0,\n  "id": 2\n}')
    assert shown[arguments + 1] == f"booking {HOSTILE}"
    assert shown[shown.index("{broken") + 1] == "Error: no such user"


def test_says_that_no_result_answers_a_call_but_shows_orphans(visit: Visit) -> None:
    app = visit("trajectory", trajectory=FIRST)
    assert "an orphan" in codes(app)


def test_folds_long_messages_and_reads_the_rest_on_demand(visit: Visit) -> None:
    app = visit("trajectory", trajectory=FIRST)
    assert "the end" not in texts(app)
    app.toggle[0].set_value(True).run()
    assert "the end" in texts(app)


def test_hostile_words_are_shown_as_characters_only(visit: Visit) -> None:
    app = visit("trajectory", trajectory=FIRST)
    assert texts(app).count("<script>") >= 4
    assert "<script>" not in markdown(app)
    assert "![x]" not in markdown(app)
    assert not any(element.proto.allow_html for element in app.markdown)


def test_marks_failed_steps_with_their_kind(visit: Visit) -> None:
    assert r"failed\: not\_found" in badges(visit("trajectory", trajectory=FAILED))
    assert "failed" not in badges(visit("trajectory", trajectory=FIRST))


def test_labels_what_the_chosen_dataset_trains(visit: Visit) -> None:
    app = visit("trajectory", trajectory=FIRST, dataset=DATASET)
    assert badges(app).count(r"trained\, weight 1\, advantage 0\.50") == 2
    assert badges(app).count("[context]") == 3
    without = choose(app, "Decisions and training labels of dataset", "")
    assert "trained" not in badges(without)


def test_shows_signals_that_no_page_knows(visit: Visit) -> None:
    app = visit("trajectory", trajectory=FIRST)
    tables = [frame.value for frame in app.dataframe]
    assert any("novel_count" in table.columns for table in tables)
    assert any("novel_frac" in table["signal"].to_list() for table in tables if "signal" in table)


def test_shows_decisions_with_rule_reason_and_detail(visit: Visit) -> None:
    (row,) = [
        frame.value.iloc[0]
        for frame in visit("trajectory", trajectory=FAILED).dataframe
        if "rule" in frame.value
    ]
    assert (row["verdict"], row["rule"]) == ("repaired", "repair:rollback")
    assert (row["reason"], row["detail"]) == ("repaired_into_child", "because of a value")
    assert row["child_id"] == REPAIR.trajectory_id


def test_links_parent_and_repair_to_each_other(visit: Visit) -> None:
    assert any(FAILED[:10] in link for link in links(visit("trajectory", trajectory=REPAIR.trajectory_id)))
    assert any(REPAIR.trajectory_id[:10] in link for link in links(visit("trajectory", trajectory=FAILED)))


def test_shows_a_branch_whole_with_the_start_that_it_shares(visit: Visit, branched_folder: Path) -> None:
    app = visit("trajectory", folder=branched_folder, trajectory=BRANCH.trajectory_id)
    assert "The first 5 messages are shared with its parent" in texts(app)
    assert "I look it up, trial 3." in texts(app)  # the parent's words
    assert "Done differently." in texts(app)
    assert "Done." not in texts(app).splitlines()
    assert badges(app).count("[copied]") == 3  # turns; of the five shared messages two are observations
    assert any(JUDGED.trajectory_id[:10] in link for link in links(app))
    parent = visit("trajectory", folder=branched_folder, trajectory=JUDGED.trajectory_id)
    assert f"Branch {BRANCH.trajectory_id[:10]}" in links(parent)


def test_opens_before_anything_was_scored(visit: Visit, branched_folder: Path) -> None:
    app = visit("trajectory", folder=branched_folder, trajectory=JUDGED.trajectory_id)
    assert texts(app).count("No signals yet") == 2
    assert not app.error


def test_says_where_the_reward_and_each_score_come_from(visit: Visit, branched_folder: Path) -> None:
    app = visit("trajectory", folder=branched_folder, trajectory=JUDGED.trajectory_id)
    assert {metric.label: metric.value for metric in app.metric}["Reward"] == "1"
    assert "another file's verdict" in texts(app)
    (scores,) = [frame.value for frame in app.dataframe if "told_by" in frame.value]
    assert scores[["told_by", "name", "value"]].to_numpy().tolist() == [["verdict", "resolved", 1.0]]
    assert "the rollout's own file" in texts(visit("trajectory", trajectory=FIRST))


def links(app: AppTest) -> list[str]:
    return [element.proto.label for element in app.get("page_link")]


def tabs(app: AppTest) -> list[str]:
    return [tab.label for tab in app.tabs]


def test_shows_a_repair_and_its_parent_side_by_side_on_both_pages(visit: Visit) -> None:
    for trajectory_id in (REPAIR.trajectory_id, FAILED):
        app = visit("trajectory", trajectory=trajectory_id)
        assert "Before and after" in tabs(app)
        assert "[removed 3]" in badges(app)
        assert badges(app).count("[changed 2]") == 2
        assert any("[-" in code and "{+" in code for code in codes(app))
        assert "tiny: repair:rollback: repaired_into_child (because of a value)" in texts(app)
        assert any(f"After {REPAIR.trajectory_id[:10]}" in link for link in links(app))


def test_a_trajectory_that_nothing_was_made_of_has_nothing_to_compare(visit: Visit) -> None:
    assert "Before and after" not in tabs(visit("trajectory", trajectory=FIRST))


def test_lets_a_person_choose_the_training_view_and_shows_its_spans(visit: Visit) -> None:
    app = visit("trajectory", trajectory=FIRST, dataset=DATASET)
    assert "characters" not in badges(app) + texts(app)
    other = choose(app, "Training view", "spans")
    assert literal("text, characters 0 to 6: context (text_matched_mask)") in texts(other)
    assert badges(other).count(r"trained\, weight 1") == 2
