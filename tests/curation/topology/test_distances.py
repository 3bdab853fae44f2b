import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from curation.topology.distances import breadth_first_depths

NODE_COUNT = 8
EDGES = st.lists(st.tuples(st.integers(0, NODE_COUNT - 1), st.integers(0, NODE_COUNT - 1)), max_size=20)


@given(EDGES)
def test_agrees_with_relaxing_every_edge(edges: list[tuple[int, int]]) -> None:
    expected = {0: 0}
    for _ in range(NODE_COUNT):
        for source, target in edges:
            if source in expected:
                expected[target] = min(expected.get(target, NODE_COUNT), expected[source] + 1)
    sources, targets = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    depths = breadth_first_depths(sources, targets, np.array([0]), NODE_COUNT)
    assert depths.tolist() == [expected.get(node, -1) for node in range(NODE_COUNT)]


def test_walks_a_long_chain() -> None:
    chain = np.arange(20_000)
    assert breadth_first_depths(chain, chain + 1, np.array([0]), 20_001)[-1] == 20_000
