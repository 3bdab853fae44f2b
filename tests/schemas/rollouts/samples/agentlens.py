import json
from collections.abc import Iterator
from pathlib import Path

from tests.schemas.rollouts.real_files import Sample, archive_members, file_samples

ARCHIVE = "agentlens/agentlens-bench.dev16.tar.zst"
SHORT = (
    "astropy__astropy-13236-logs-gemini-2.5-pro-fail-24943628310_pta.json",
    "psf__requests-1142-logs-opus-4.5-pass-25081007860_pta.json",
)


def samples(data: Path) -> Iterator[Sample]:
    """The first states of two graphs, one with a state that nothing leads to, and a few rows of labels."""
    members = archive_members(data / ARCHIVE)
    for name, content in members.items():
        if name.endswith(SHORT):
            yield from file_samples(name, first_states(content, 4))
        if name.endswith("trajectories.dev.csv"):
            yield from file_samples(name, b"".join(content.splitlines(keepends=True)[:4]))


def first_states(content: bytes, count: int) -> bytes:
    """Shorten a graph to its first states; the last transition is left out, so one state is not reached."""
    graph = json.loads(content)
    kept = dict(list(graph["states"].items())[:count])
    return json.dumps(graph | {"states": kept, "transitions": graph["transitions"][: count - 2]}).encode()
