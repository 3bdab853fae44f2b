from typing import Any

import polars as pl
import pytest

from dashboards.graph import ERROR_OUTLINE, ERROR_SYMBOL, layered_layout, quotient_graph
from tests.dashboards.literals import STATES
from tests.dashboards.rows import edge_rows, node_rows

NODES = pl.DataFrame(node_rows())
EDGES = pl.DataFrame(edge_rows())
NO_EDGES = EDGES.clear()


def trace(figure: Any, name: str) -> Any:
    (found,) = [entry for entry in figure.data if entry.name == name]
    return found


def test_depth_is_the_column_and_ends_come_last() -> None:
    places = layered_layout(NODES, EDGES).places
    assert places["START"][0] == 0
    assert places[STATES["look"]][0] == places[STATES["fail"]][0] == 1
    assert places["END_SUCCESS"][0] == places["END_FAILURE"][0] == 2


def test_no_two_states_share_a_place() -> None:
    places = layered_layout(NODES, EDGES).places
    assert len(set(places.values())) == NODES.height


def test_layout_orders_columns_so_that_moves_do_not_cross() -> None:
    places = layered_layout(NODES, EDGES).places
    is_look_above = places[STATES["look"]][1] > places[STATES["fail"]][1]
    is_success_above = places["END_SUCCESS"][1] > places["END_FAILURE"][1]
    assert is_look_above == is_success_above


def test_layout_does_not_depend_on_the_order_of_rows() -> None:
    assert layered_layout(NODES, EDGES) == layered_layout(NODES.reverse(), EDGES.reverse())


def test_colour_is_success_potential_and_errors_are_outlined_squares() -> None:
    states = trace(quotient_graph(NODES, EDGES), "states")
    assert list(states.marker.color) == NODES["success_potential"].to_list()
    assert (states.marker.cmin, states.marker.cmax) == (0, 1)
    failed = NODES["node_id"].to_list().index(STATES["fail"])
    assert states.marker.symbol[failed] == ERROR_SYMBOL
    assert states.marker.line.color[failed] == ERROR_OUTLINE


def test_lines_of_more_trials_are_wider_and_backward_ones_are_dotted() -> None:
    lines = [entry.line for entry in quotient_graph(NODES, EDGES).data if entry.mode == "lines"]
    assert {(line.width, line.dash) for line in lines} == {(3.5, "solid"), (3.5, "dot"), (7.0, "solid")}


def test_path_fades_what_it_does_not_visit() -> None:
    figure = quotient_graph(NODES, EDGES, path=["START", STATES["look"], STATES["look"], "END_SUCCESS"])
    opacity = dict(zip(NODES["node_id"], trace(figure, "states").marker.opacity, strict=True))
    assert opacity[STATES["look"]] == opacity["END_SUCCESS"] == 1
    assert opacity[STATES["fail"]] < 1
    assert trace(figure, "path").x.count(None) == 3


def test_path_through_hidden_states_draws_no_move_that_was_not_made() -> None:
    figure = quotient_graph(NODES, EDGES, path=["START", "hidden", "END_SUCCESS"])
    assert not [entry for entry in figure.data if entry.name == "path"]


def test_hover_shows_words_as_characters() -> None:
    states = trace(quotient_graph(NODES, EDGES), "states")
    assert "&lt;script&gt;" in "".join(states.hovertext)
    assert "<script>" not in "".join([*states.hovertext, *states.text])


@pytest.mark.parametrize("nodes", [NODES.clear(), NODES.filter(pl.col("kind") == "start")])
def test_draws_a_graph_without_moves(nodes: pl.DataFrame) -> None:
    assert len(trace(quotient_graph(nodes, NO_EDGES), "states").x) == nodes.height
