"""The funnel page: what came in, what was rejected, kept and dropped by reason, and what was exported."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from dashboards.charts import funnel_bars, pass_rate_histogram, reward_histogram
from dashboards.links import short_id, trajectory_link_column, with_trajectory_links
from dashboards.plain import show_figures
from dashboards.queries import funnel
from dashboards.reader import Reader, open_reader
from dashboards.stages import intake_stage, rule_stages

DECISION = "decision"
REJECTION = "rejection"


def main() -> None:
    """Draw the page."""
    st.title("Funnel")
    reader = open_reader()
    dataset = _choose_dataset(funnel.datasets(reader))
    intake = funnel.intake(reader)
    _show_intake(intake)
    counts = pl.DataFrame(
        schema={"verdict": pl.String, "rule": pl.String, "reason": pl.String, "trajectory_count": pl.Int64}
    )
    stages = [intake_stage(intake)]
    if dataset is None:
        st.info("No dataset yet. `winnow curate RECIPE` applies a recipe; `winnow run` does the whole job.")
    else:
        counts = funnel.decision_counts(reader, dataset["dataset_id"])
        exports = funnel.exports(reader, dataset["dataset_id"])
        _show_dataset(dataset, exports)
        stages += rule_stages(counts, exports)
    st.plotly_chart(funnel_bars(stages), key="funnel", config={"displayModeBar": False})
    _show_reasons(reader, dataset, counts, funnel.rejections(reader))
    _show_distributions(reader, dataset)


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
        key="dataset",
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


def _show_reasons(
    reader: Reader, dataset: Mapping[str, Any] | None, counts: pl.DataFrame, rejections: pl.DataFrame
) -> None:
    st.subheader("Why")
    options = [
        (DECISION, row["verdict"], row["rule"], row["reason"], row["trajectory_count"])
        for row in counts.iter_rows(named=True)
    ]
    options += [
        (REJECTION, "rejected", "ingest", row["reason"], row["record_count"])
        for row in rejections.iter_rows(named=True)
    ]
    if not options:
        st.text("Nothing was decided and nothing was rejected.")
        return
    left, right = st.columns([2, 1])
    kind, verdict, rule, reason, count = left.selectbox(
        "Decision or rejection",
        options,
        format_func=lambda option: f"{option[1]} · {option[2]} · {option[3]} ({option[4]:,})",
        key="reason",
    )
    text = right.text_input(
        "Search", placeholder="id or task; for records: file, place or detail", key="reason-search"
    )
    if kind == REJECTION or dataset is None:
        found = funnel.rejected_records(reader, reason=reason, text=text)
        st.dataframe(found, hide_index=True, placeholder="—")
    else:
        found = funnel.decided_trajectories(
            reader, dataset["dataset_id"], verdict=verdict, rule=rule, reason=reason, text=text
        )
        st.dataframe(
            with_trajectory_links(found, dataset_id=dataset["dataset_id"]),
            hide_index=True,
            placeholder="—",
            column_config={"trajectory": trajectory_link_column()},
        )
    if found.height == funnel.ROW_LIMIT:
        st.caption(f"The first {found.height} of {count:,}; search to see others.")


def _show_distributions(reader: Reader, dataset: Mapping[str, Any] | None) -> None:
    left, right = st.columns(2)
    rates = funnel.pass_rate_bins(reader)
    with right:
        st.subheader("Pass rates of groups")
        if rates.is_empty():
            st.text("No group has a pass rate yet; `winnow score` computes them.")
        else:
            st.plotly_chart(
                pass_rate_histogram(rates),
                key="pass-rates",
                config={"displayModeBar": False},
            )
    with left:
        st.subheader("Rewards of trajectories")
        bins = None if dataset is None else funnel.reward_bins(reader, dataset["dataset_id"])
        if bins is None or bins.is_empty():
            st.text("No dataset to look at.")
            return
        st.plotly_chart(reward_histogram(bins), key="rewards", config={"displayModeBar": False})
        unknown = bins.filter(pl.col("center").is_null())["trajectory_count"].sum()
        st.caption(f"{unknown:,} trajectories have an unknown reward.")


if __name__ == "__main__":
    main()
