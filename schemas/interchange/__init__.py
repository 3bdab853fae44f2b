"""Writers of rollouts: any canonical trajectory back into a document of a rollout format.

To add a writer: one module with one frozen instance, one line in `ROLLOUT_WRITERS`; the contract test is there already.
"""

from schemas.interchange.atif import ATIF_WRITER
from schemas.interchange.openai_chat import OPENAI_CHAT_WRITER
from schemas.interchange.whole import whole_trajectories
from schemas.interchange.writer import RolloutWriter
from schemas.interchange.written import LOSSES, UnwritableError, Written

ROLLOUT_WRITERS: dict[str, RolloutWriter] = {
    "atif": ATIF_WRITER,
    "openai_chat": OPENAI_CHAT_WRITER,
}
"""All writers, by the name of the rollout format that reads what they write."""

__all__ = [
    "LOSSES",
    "ROLLOUT_WRITERS",
    "RolloutWriter",
    "UnwritableError",
    "Written",
    "whole_trajectories",
]
