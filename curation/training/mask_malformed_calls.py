"""Mask calls that do not fit the schemas of the tools that the policy saw."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.scene import Scene
from curation.training.loss_rule import LossRule
from curation.training.masked_calls import mask_calls
from curation.training.tool_schemas import CallFault, find_fault, read_tools
from schemas.reasons import TrainReason


@dataclass(frozen=True, kw_only=True)
class MaskMalformedCalls(LossRule):
    """Masks calls that break the schema of their tool: no such tool, no JSON, a required argument missing, a wrong type.

    AgentRefine (arXiv 2501.01702) masks turns that a checker of format and parameters refuses; the checker's rules are
    not published, so which faults count is ours. Where the source gives no tool schemas only an object that does not parse
    can be told. Calls that the scaffold took from the words are not judged.
    """

    name: ClassVar[str] = "mask_malformed_calls"

    faults: tuple[CallFault, ...] = tuple(CallFault)
    """Which faults to mask: arguments_not_json, arguments_not_object, unknown_tool, missing_argument,
    unknown_argument, wrong_type."""

    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Mask the malformed calls."""
        bad = malformed_calls(scene).filter(pl.col("fault").is_in([fault.value for fault in self.faults]))
        return mask_calls(labels, scene.frames, bad, TrainReason.CALL_MALFORMED)


def malformed_calls(scene: Scene) -> pl.DataFrame:
    """Find the calls of what is kept that break their schema.

    Returns:
        `trajectory_id`, `seq`, `call_index`, `fault` (of `CallFault`).
    """
    key = ("toolset_id", "name", "raw_arguments")
    owners = scene.frames.trajectories.join(scene.kept, on="trajectory_id", how="semi")
    sampled = scene.frames.messages.select("trajectory_id", "seq", sampled=pl.col("tool_calls").list.len())
    calls = (
        scene.frames.calls.join(owners.select("trajectory_id", "toolset_id"), on="trajectory_id")
        .join(sampled, on=["trajectory_id", "seq"])
        .filter(pl.col("call_index") < pl.col("sampled"))
    )
    toolsets = {
        name: read_tools(tools) for name, tools in scene.toolsets.select("toolset_id", "tools").iter_rows()
    }
    distinct = calls.select(key).unique().sort(key, nulls_last=False)
    faults = [
        find_fault(name, arguments, toolsets.get(toolset))
        for toolset, name, arguments in distinct.iter_rows()
    ]
    judged = distinct.with_columns(fault=pl.Series(faults, dtype=pl.String)).drop_nulls("fault")
    found = calls.join(judged, on=key, how="inner", nulls_equal=True)
    return found.select("trajectory_id", "seq", "call_index", "fault")
