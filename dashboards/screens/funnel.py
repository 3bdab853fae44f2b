"""The funnel page: what came in, what was rejected, kept and dropped by reason, and what was exported."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from dashboards.charts import funnel_bars, pass_rate_histogram, reward_histogram
from dashboards.links import short_id, show_linked, with_trajectory_links
from dashboards.plain import show_figures
from dashboards.queries import funnel
from dashboards.reader import Reader, open_reader
from dashboards.stages import intake_stage, rule_stages

REJECTED = "rejected"
INGEST = "ingest"


def main() -> None:
    """Draw the page."""
    st.title("Funnel")
    reader = open_reader()
    dataset = _choose_dataset(funnel.datasets(reader))
    dataset_id = dataset["dataset_id"] if dataset else ""
    intake, counts = funnel.intake(reader), funnel.decision_counts(reader, dataset_id)
    stages = [intake_stage(intake)]
    _show_intake(intake)
    if dataset is None:
        st.info("No dataset yet. `winnow curate RECIPE` applies a recipe; `winnow run` does the whole job.")
    else:
        exports = funnel.exports(reader, dataset_id)
        stages += rule_stages(counts, exports)
        _show_dataset(dataset, exports)
    st.plotly_chart(funnel_bars(stages), key="funnel", config={"displayModeBar": False})
    _show_reasons(reader, dataset_id, counts)
    rewards, rates = st.columns(2)
    with rewards:
        _show_rewards(funnel.reward_bins(reader, dataset_id))
    with rates:
        _show_pass_rates(funnel.pass_rate_bins(reader))


def _choose_dataset(datasets: pl.DataFrame) -> Mapping[str, Any] | None:
    """Let a person choose a dataset; the address may name one."""
    rows = {row["dataset_id"]: row for row in datasets.iter_rows(named=True)}
    if not rows:
        return None
    ids = list(rows)
    linked = st.query_params.get("dataset")
    chosen = st.selectbox(
        "Dataset",
        ids,
        index=ids.index(linked) if linked in rows else 0,
        format_func=lambda identity: _dataset_label(rows[identity]),
    )
    st.query_params["dataset"] = chosen
    return rows[chosen]


def _dataset_label(row: Mapping[str, Any]) -> str:
    return f"{row['name']} · {'current build' if row['is_head'] else 'earlier build'} {short_id(row['dataset_id'])}"


def _show_intake(intake: Mapping[str, Any]) -> None:
    st.subheader("Records, over the whole warehouse")
    show_figures(
        {
            "Records in": intake["record_count"],
            "Kept": intake["kept_count"],
            "Rejected": intake["rejected_count"],
            "Repeated": intake["repeated_count"],
            "Files": intake["file_count"],
        }
    )
    st.caption(
        "in = kept + rejected + repeated: "
        f"{intake['record_count']:,} = {intake['kept_count']:,} + {intake['rejected_count']:,} + "
        f"{intake['repeated_count']:,}. A repeated record is byte-equal to one before it in its file."
    )


def _show_dataset(dataset: Mapping[str, Any], exports: pl.DataFrame) -> None:
    st.subheader("Trajectories, in this dataset")
    figures = {
        "Read": dataset["read_count"],
        "Repaired": dataset["repaired_count"],
        "Kept": dataset["kept_count"],
        "Dropped": dataset["dropped_count"],
    }
    written = dict(exports.group_by("format").agg(pl.col("row_count").sum()).sort("format").iter_rows())
    show_figures(figures | {f"Exported as {name}": count for name, count in written.items()})
    st.caption(
        f"read = kept + dropped: {dataset['read_count']:,} = {dataset['kept_count']:,} + {dataset['dropped_count']:,}. "
        "A repaired trajectory is represented by the repair that takes its place."
    )


def _show_reasons(reader: Reader, dataset_id: str, counts: pl.DataFrame) -> None:
    st.subheader("Why")
    options = [
        *counts.select("verdict", "rule", "reason", "trajectory_count").iter_rows(),
        *((REJECTED, INGEST, reason, count) for reason, count in funnel.rejections(reader).iter_rows()),
    ]
    if not options:
        st.text("Nothing was decided and nothing was rejected.")
        return
    left, right = st.columns([2, 1])
    verdict, rule, reason, count = left.selectbox(
        "Decision or rejection",
        options,
        format_func=lambda option: f"{option[0]} · {option[1]} · {option[2]} ({option[3]:,})",
        key="reason",
    )
    hint = "file, place or detail" if verdict == REJECTED else "start of an id, or part of a task key"
    text = right.text_input("Search", placeholder=hint, key="reason-search")
    if verdict == REJECTED:
        found = funnel.rejected_records(reader, reason=reason, text=text)
        st.dataframe(found, hide_index=True, placeholder="—")
    else:
        found = funnel.decided_trajectories(
            reader, dataset_id, verdict=verdict, rule=rule, reason=reason, text=text
        )
        show_linked(with_trajectory_links(found, dataset_id=dataset_id))
    if found.height == funnel.ROW_LIMIT:
        st.caption(f"The first {found.height} of {count:,}; search to see others.")


def _show_rewards(bins: pl.DataFrame) -> None:
    st.subheader("Rewards of trajectories")
    if bins.is_empty():
        st.text("No dataset to look at.")
        return
    st.plotly_chart(reward_histogram(bins), key="rewards", config={"displayModeBar": False})
    unknown = bins.filter(pl.col("center").is_null())["trajectory_count"].sum()
    st.caption(f"Not drawn: {unknown:,} trajectories with an unknown reward.")


def _show_pass_rates(bins: pl.DataFrame) -> None:
    st.subheader("Pass rates of groups")
    if bins.is_empty():
        st.text("No group has a pass rate yet; `winnow score` computes them.")
        return
    st.plotly_chart(pass_rate_histogram(bins), key="pass-rates", config={"displayModeBar": False})


if __name__ == "__main__":
    main()
