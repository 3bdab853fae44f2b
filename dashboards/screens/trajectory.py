"""The trajectory page: find one; its facts, its conversation, its signals, and what was decided about it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards.charts import step_strip
from dashboards.comparison import Comparison, choose_pair
from dashboards.conversation import Conversation
from dashboards.links import SHORT_ID_CHARS, TASK_PAGE, TRAJECTORY_PAGE, short_id
from dashboards.plain import show_facts, show_figures, show_values
from dashboards.queries import funnel, repairs, tasks, trajectories
from dashboards.reader import Reader, open_reader
from schemas.recipe import DEFAULT_VIEW
from schemas.trajectory import Status

VERDICTS = ("kept", "dropped", "repaired")
ANY = ""
FOUND = "found"
STEP_PLACES = ("step", "seq", "end_seq")
REWARD_FROM = {"rollout": "the rollout's own file", "verdict": "another file's verdict"}


def main() -> None:
    """Draw the page."""
    st.title("Trajectory")
    reader = open_reader()
    datasets = {row["dataset_id"]: row["name"] for row in funnel.datasets(reader).iter_rows(named=True)}
    chosen = st.query_params.get("trajectory")
    with st.expander("Find a trajectory", icon=":material/search:", expanded=chosen is None):
        dataset_id = _find(reader, datasets)
    if chosen is None:
        return
    facts = trajectories.overview(reader, chosen)
    if facts is None:
        st.warning("There is no trajectory of this id in the warehouse.")
        st.code(chosen, language=None)
        return
    _show_facts(reader, facts)
    steps = trajectories.steps(reader, chosen)
    pairs = repairs.pairs(reader, chosen)
    names = ["Conversation", "Signals", "Decisions", *(["Before and after"] if pairs else [])]
    conversation, signals, decisions, *compared = st.tabs(names)
    with conversation:
        _show_conversation(reader, facts, steps, dataset_id)
    with signals:
        _show_signals(reader, facts, steps)
    with decisions:
        _show_decisions(reader, chosen)
    for place in compared:
        with place:
            Comparison(reader=reader, pair=choose_pair(pairs)).show()


def _find(reader: Reader, datasets: Mapping[str, str]) -> str:
    """Search, and choose the dataset whose decisions and training labels are shown; gives its id, or ""."""
    text, status, reward, order = st.columns([3, 2, 2, 2])
    dataset, verdict, _ = st.columns([3, 2, 4])
    dataset_id = _choose_dataset(dataset, datasets)
    search = trajectories.Search(
        text=text.text_input("Id or task", placeholder="start of an id, or part of a task key"),
        status=status.selectbox("Status", [ANY, *(entry.value for entry in Status)], format_func=_or_any),
        reward=reward.selectbox("Reward", trajectories.REWARD_FILTERS),
        order=order.selectbox("Sort by", list(trajectories.SORTS)),
        verdict=verdict.selectbox("Decision", [ANY, *VERDICTS], format_func=_or_any),
        dataset_id=dataset_id,
    )
    found = trajectories.find(reader, search)
    st.dataframe(
        found.with_columns(pl.col("trajectory_id").str.head(SHORT_ID_CHARS)),
        hide_index=True,
        placeholder="—",
        height=260,
        key=FOUND,
        on_select=partial(_choose, found["trajectory_id"].to_list()),
        selection_mode="single-row",
    )
    first = "The first " if found.height == trajectories.FIND_LIMIT else ""
    st.caption(f"{first}{found.height} trajectories; select a row to see it.")
    return dataset_id


def _choose_dataset(place: DeltaGenerator, datasets: Mapping[str, str]) -> str:
    """Let a person choose a dataset or none; the address may name one, else the first current build is chosen."""
    linked = st.query_params.get("dataset", ANY)
    ids = [ANY, *datasets]
    chosen: str = place.selectbox(
        "Decisions and training labels of dataset",
        ids,
        index=ids.index(linked) if linked in datasets else min(1, len(datasets)),
        format_func=lambda identity: f"{datasets[identity]} · {short_id(identity)}" if identity else "none",
    )
    return chosen


def _choose(ids: list[str]) -> None:
    rows = st.session_state[FOUND].selection.rows
    if rows:
        st.query_params["trajectory"] = ids[rows[0]]


def _or_any(value: str) -> str:
    return value or "any"


def _show_facts(reader: Reader, facts: Mapping[str, Any]) -> None:
    figures = {
        "Status": facts["status"].replace("_", " "),
        "Reward": None if facts["outcome_reward"] is None else f"{facts['outcome_reward']:g}",
        "Messages": facts["message_count"],
        "Steps": facts["step_count"],
        "Calls": facts["call_count"],
        "Failed steps": facts["error_step_count"],
    }
    costs = {
        "Tokens read": facts["prompt_tokens"],
        "Tokens sampled": facts["completion_tokens"],
        "Cost in USD": None if facts["cost_usd"] is None else f"{facts['cost_usd']:.4f}",
    }
    show_figures(figures | {label: value for label, value in costs.items() if value is not None})
    task, policy, source, family = st.columns(4)
    with task:
        show_facts({"Task": f"{facts['benchmark']} / {facts['task_key']}", "Trial": facts["trial"]})
    with policy:
        show_facts({"Agent": facts["agent"], "Model": facts["model"]})
    with source:
        name = f"{facts['source_name']} ({facts['source_format']})"
        show_facts({"Source": name, "Ended because": facts["termination_reason"]})
        show_facts({"Reward from": REWARD_FROM.get(facts["outcome_source"])})
    with family:
        _show_family(reader, facts)


def _show_family(reader: Reader, facts: Mapping[str, Any]) -> None:
    show_facts({"Id": facts["trajectory_id"]})
    group = facts["group_id"]
    st.page_link(
        TASK_PAGE,
        label=f"Group {short_id(group)}",
        icon=":material/account_tree:",
        query_params={"group": group},
    )
    if facts["parent_id"]:
        _link(f"Parent {short_id(facts['parent_id'])} (this is its {facts['relation']})", facts["parent_id"])
    for child, relation, _ in trajectories.children(reader, facts["trajectory_id"]).iter_rows():
        _link(f"{relation.capitalize()} {short_id(child)}", child)


def _link(label: str, trajectory_id: str) -> None:
    st.page_link(
        TRAJECTORY_PAGE, label=label, icon=":material/forum:", query_params={"trajectory": trajectory_id}
    )


def _show_conversation(
    reader: Reader, facts: Mapping[str, Any], steps: pl.DataFrame, dataset_id: str
) -> None:
    trajectory_id = facts["trajectory_id"]
    if facts["shared_count"]:
        st.caption(
            f"The first {facts['shared_count']} messages are shared with its parent; here they are context."
        )
    offset = _choose_offset(reader, trajectory_id)
    view = _choose_view(trajectories.views(reader, trajectory_id, dataset_id=dataset_id))
    turns = trajectories.turns(reader, trajectory_id, dataset_id=dataset_id, view=view, offset=offset)
    if not turns:
        return
    answers = trajectories.observations(reader, trajectory_id, first=turns[0]["seq"], last=turns[-1]["seq"])
    Conversation(
        reader=reader,
        trajectory_id=trajectory_id,
        turns=turns,
        observations=answers,
        steps={
            row["seq"]: row
            for row in steps.select("seq", "step", "is_error", "error_kind").iter_rows(named=True)
        },
    ).show()


def _choose_offset(reader: Reader, trajectory_id: str) -> int:
    """Let a person choose a page of a long conversation; gives how many turns come before it."""
    count = trajectories.turn_count(reader, trajectory_id)
    page_count = -(-count // trajectories.TURN_LIMIT)
    page = 1
    if page_count > 1:
        page = st.number_input(
            f"Page, of {page_count}",
            min_value=1,
            max_value=page_count,
            key=f"page-{trajectory_id}",
            width=160,
        )
    return (page - 1) * trajectories.TURN_LIMIT


def _choose_view(views: list[str]) -> str:
    """Let a person choose among several training views; gives the only one otherwise, and "" for none."""
    if len(views) <= 1:
        return views[0] if views else ANY
    chosen: str = st.selectbox(
        "Training view", views, index=views.index(DEFAULT_VIEW) if DEFAULT_VIEW in views else 0
    )
    return chosen


def _show_signals(reader: Reader, facts: Mapping[str, Any], steps: pl.DataFrame) -> None:
    st.subheader("Of each step")
    _show_steps(steps)
    of_trajectory, of_group = st.columns(2)
    with of_trajectory:
        st.subheader("Of the trajectory")
        show_values(trajectories.signals(reader, facts["trajectory_id"]))
    with of_group:
        st.subheader("Of its group")
        show_values(tasks.group_signals(reader, facts["group_id"]))
    scores = trajectories.scores(reader, facts["trajectory_id"])
    if scores.height:
        st.subheader("Scores, of its own file and of others")
        st.dataframe(scores, hide_index=True, placeholder="—")


def _show_steps(steps: pl.DataFrame) -> None:
    if steps.is_empty():
        st.text("No steps yet; `winnow score` computes them.")
        return
    measured = [name for name in steps.columns if _is_drawn(steps[name])]
    st.plotly_chart(step_strip(steps, measured), key="steps", config={"displayModeBar": False})
    st.dataframe(steps, hide_index=True, placeholder="—")
    if steps.height == trajectories.STEP_LIMIT:
        st.caption(f"The first {steps.height} steps.")


def _is_drawn(column: pl.Series) -> bool:
    """Tell whether a column is a measure that has a value somewhere; places and names are none."""
    is_measure = column.dtype.is_numeric() or column.dtype == pl.Boolean
    return is_measure and column.name not in STEP_PLACES and column.count() > 0


def _show_decisions(reader: Reader, trajectory_id: str) -> None:
    decided = trajectories.decisions(reader, trajectory_id)
    if decided.is_empty():
        st.text("No recipe has decided about this trajectory.")
        return
    st.dataframe(decided, hide_index=True, placeholder="—")


if __name__ == "__main__":
    main()
