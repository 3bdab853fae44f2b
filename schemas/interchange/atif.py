"""ATIF v1.8, the Agent Trajectory Interchange Format of Harbor: one document per trajectory.

Written so that the rules of harbor 0.25.0 and of the validator `atif` 1.8.0 hold (`atif_shapes.py`). What ATIF
requires and a trajectory does not have (the agent's name and version, ids of calls) is filled in, and `winnow` tells
that it was not there.
"""

import msgspec

from schemas.interchange.atif_shapes import DOCUMENT, TOOLS, fits, fitting_fields
from schemas.interchange.atif_steps import write_steps
from schemas.interchange.json_pieces import fields_of, one_line
from schemas.interchange.telling import Columns, Told, known
from schemas.interchange.writer import RolloutWriter
from schemas.rollouts.parts.own_facts import KEY
from schemas.trajectory import Status, Toolset, Trajectory

VERSION = "ATIF-v1.8"
UNKNOWN = "unknown"
"""Stands for an agent's name or version that nobody tells."""


def _draft(trajectory: Trajectory, told: Told) -> bytes:
    left = fitting_fields(trajectory.extra, DOCUMENT)
    own = known(_outcome(trajectory)) | _object(left, "extra", but=KEY)
    totals = _object(left, "final_metrics") | known(
        {
            "total_prompt_tokens": trajectory.prompt_tokens,
            "total_completion_tokens": trajectory.completion_tokens,
            "total_cost_usd": trajectory.cost_usd,
        }
    )
    tools = None if trajectory.toolset is None else _tools(trajectory.toolset)
    agent = {"name": UNKNOWN, "version": UNKNOWN} | known(
        {"name": trajectory.agent, "model_name": trajectory.model, "tool_definitions": tools}
    )
    document: Columns = {"schema_version": VERSION} | left
    document["agent"] = agent | _object(left, "agent")
    document["steps"] = write_steps(trajectory.messages, told)
    document["final_metrics"] = totals
    document["extra"] = own | ({KEY: told.trajectory} if told.trajectory else {})
    return msgspec.json.encode({name: value for name, value in document.items() if value != {}})


ATIF_WRITER = RolloutWriter(name="atif", version="1", draft=_draft)


def _outcome(trajectory: Trajectory) -> Columns:
    """Give what the reader finds in the document's own `extra`."""
    task = trajectory.task
    return {
        "benchmark": task.benchmark,
        "task_id": task.task_key,
        "split": task.split,
        "trial": trajectory.trial,
        "reward": trajectory.outcome_reward,
        "status": None if trajectory.status is Status.UNKNOWN else trajectory.status,
        "termination_reason": trajectory.termination_reason,
    }


def _tools(toolset: Toolset) -> msgspec.Raw | None:
    return one_line(toolset.tools) if fits(TOOLS, toolset.tools) else None


def _object(left: Columns, name: str, *, but: str | None = None) -> Columns:
    """Open an object that is left of a field."""
    return {key: value for key, value in fields_of(left.get(name)).items() if key != but}
