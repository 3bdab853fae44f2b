"""The figures of the pages but the graph: pure functions from figures of the warehouse to Plotly.

Colours are those of Okabe and Ito, which people with any colour vision tell apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
import polars as pl

from dashboards.plain import hover

COLOURS = {
    "kept": "#0072B2",
    "dropped": "#E69F00",
    "rejected": "#D55E00",
    "repeated": "#999999",
    "exported": "#009E73",
    "repaired": "#CC79A7",
}
"""One colour per fate, the same on every page."""

BIN_COUNT = 20
"""Bins of each histogram."""
BINS_PER_TICK = 4
BAR_HEIGHT_PX = 44
STRIP_ROW_PX = 26
MARGIN = {"l": 8, "r": 8, "t": 32, "b": 8}
STRIP_SCALE = [[0.0, "#F0F0F0"], [1.0, "#0072B2"]]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One bar of the funnel."""

    label: str
    parts: dict[str, int]
    """Count per fate, a key of `COLOURS`."""


def funnel_bars(stages: Sequence[Stage]) -> go.Figure:
    """Draw stages from top to bottom, each split by fate."""
    labels = [hover(stage.label) for stage in stages]
    figure = go.Figure()
    for fate, colour in COLOURS.items():
        counts = [stage.parts.get(fate) or None for stage in stages]
        if any(counts):
            figure.add_bar(
                name=fate,
                y=labels,
                x=counts,
                orientation="h",
                marker_color=colour,
                text=[None if count is None else f"{count:,}" for count in counts],
                textposition="inside",
                insidetextanchor="middle",
                hovertemplate=f"%{{y}}: %{{x:,}} {fate}<extra></extra>",
            )
    figure.update_layout(
        barmode="stack",
        bargap=0.25,
        height=120 + BAR_HEIGHT_PX * len(stages),
        margin=MARGIN,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        xaxis={"title": None, "rangemode": "tozero"},
        yaxis={"autorange": "reversed", "title": None, "type": "category"},
    )
    return figure


def reward_histogram(bins: pl.DataFrame) -> go.Figure:
    """Draw kept and dropped trajectories over reward; columns `verdict`, `low`, `center`, `width`, `trajectory_count`.

    `low` and `width`, the start of the first bin and the width of each, are the same in all rows.
    """
    figure = go.Figure()
    for verdict in ("kept", "dropped"):
        part = bins.filter((pl.col("verdict") == verdict) & pl.col("center").is_not_null())
        figure.add_bar(
            name=verdict,
            x=part["center"].to_list(),
            y=part["trajectory_count"].to_list(),
            width=part["width"].to_list(),
            marker_color=COLOURS[verdict],
            hovertemplate=f"reward about %{{x:.2f}}: %{{y:,}} {verdict}<extra></extra>",
        )
    low, width = bins["low"][0], bins["width"][0]
    figure.update_xaxes(range=[low, low + BIN_COUNT * width], tick0=low, dtick=BINS_PER_TICK * width)
    return _histogram(figure, x="reward", y="trajectories")


def pass_rate_histogram(bins: pl.DataFrame) -> go.Figure:
    """Draw groups over pass rate; columns `center`, `group_count`."""
    figure = go.Figure()
    figure.add_bar(
        x=bins["center"].to_list(),
        y=bins["group_count"].to_list(),
        width=1 / BIN_COUNT,
        marker_color=COLOURS["kept"],
        hovertemplate="pass rate about %{x:.2f}: %{y:,} groups<extra></extra>",
        showlegend=False,
    )
    figure.update_xaxes(range=[0, 1], tick0=0, dtick=BINS_PER_TICK / BIN_COUNT)
    return _histogram(figure, x="pass rate", y="groups")


def _histogram(figure: go.Figure, *, x: str, y: str) -> go.Figure:
    figure.update_layout(
        barmode="stack",
        height=280,
        margin=MARGIN,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        xaxis_title=x,
        yaxis_title=y,
    )
    return figure


def step_strip(steps: pl.DataFrame, columns: Sequence[str]) -> go.Figure:
    """Draw one row of cells per column and one cell per step: the darker, the nearer to the column's maximum.

    Args:
        steps: one row per step, in order, with `step` and `action_label`.
        columns: numeric or boolean columns; null is a gap.
    """
    raw = [steps[name].cast(pl.Float64).to_list() for name in columns]
    actions = [hover(label) for label in steps["action_label"]]
    figure = go.Figure(
        go.Heatmap(
            x=steps["step"].to_list(),
            y=list(columns),
            z=[_shares(values) for values in raw],
            text=[["none" if value is None else f"{value:g}" for value in values] for values in raw],
            customdata=[actions] * len(columns),
            colorscale=STRIP_SCALE,
            zmin=0,
            zmax=1,
            xgap=1,
            ygap=2,
            showscale=False,
            hoverongaps=False,
            hovertemplate="step %{x}, %{y}: %{text}<br>%{customdata}<extra></extra>",
        )
    )
    figure.update_layout(
        height=70 + STRIP_ROW_PX * len(columns),
        margin={**MARGIN, "t": 8},
        xaxis={"title": "step", "showgrid": False, "zeroline": False, "dtick": max(1, steps.height // 20)},
        yaxis={"autorange": "reversed", "showgrid": False, "type": "category"},
    )
    return figure


def _shares(values: Sequence[float | None]) -> list[float | None]:
    """Place values between 0 and the largest (or between least and largest when some are negative)."""
    known = [value for value in values if value is not None]
    low, high = min([0.0, *known]), max([0.0, *known])
    return [None if value is None else (value - low) / ((high - low) or 1.0) for value in values]
