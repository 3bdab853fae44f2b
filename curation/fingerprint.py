"""Fingerprints of content: equal exactly when two trajectories say and do the same."""

import polars as pl

from curation.keys import digests, netstring


def content_fingerprints(messages: pl.DataFrame) -> pl.DataFrame:
    """Hash what each trajectory says and does: roles, texts, reasoning and raw calls, in order.

    Ids of calls, names of tool results, rewards, token counts and origins are not content.

    Args:
        messages: rows of the table `messages`, in any order.

    Returns:
        `trajectory_id`, `content_fingerprint`, sorted.
    """
    ordered = messages.sort("trajectory_id", "seq")
    call = netstring(pl.element().struct.field("name")) + netstring(pl.element().struct.field("arguments"))
    content = ordered.select(
        "trajectory_id",
        said=pl.concat_str(netstring(pl.col(name)) for name in ("role", "text", "content_json", "reasoning")),
        done=pl.col("tool_calls").list.eval(call).list.join(""),
    )
    hashed = content.select("trajectory_id", key=digests("message", content["said"] + ";" + content["done"]))
    # Keys have one length, so joining them is unambiguous.
    joined = hashed.group_by("trajectory_id", maintain_order=True).agg(pl.col("key").str.join(""))
    return joined.select("trajectory_id", content_fingerprint=digests("content", joined["key"]))
