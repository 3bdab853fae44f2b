"""Fingerprints of content: equal exactly when two trajectories, or two messages, say and do the same."""

import polars as pl

from curation.keys import digests, netstring


def message_keys(messages: pl.DataFrame) -> pl.DataFrame:
    """Hash what each message says and does: role, texts, reasoning and raw calls, in order.

    Ids of calls, names of tool results, rewards, token counts and origins are not content.

    Args:
        messages: rows of the table `messages`, in any order.

    Returns:
        `trajectory_id`, `seq`, `message_key`, sorted.
    """
    ordered = messages.sort("trajectory_id", "seq")
    call = netstring(pl.element().struct.field("name")) + netstring(pl.element().struct.field("arguments"))
    content = ordered.select(
        "trajectory_id",
        "seq",
        said=pl.concat_str(netstring(pl.col(name)) for name in ("role", "text", "content_json", "reasoning")),
        done=pl.col("tool_calls").list.eval(call).list.join(""),
    )
    spelled = content["said"] + ";" + content["done"]
    return content.select("trajectory_id", "seq", message_key=digests("message", spelled))


def content_fingerprints(messages: pl.DataFrame) -> pl.DataFrame:
    """Hash what each trajectory says and does, see `message_keys`.

    Args:
        messages: rows of the table `messages`, in any order.

    Returns:
        `trajectory_id`, `content_fingerprint`, sorted.
    """
    # Keys have one length, so joining them is unambiguous.
    joined = (
        message_keys(messages)
        .group_by("trajectory_id", maintain_order=True)
        .agg(pl.col("message_key").str.join(""))
    )
    return joined.select("trajectory_id", content_fingerprint=digests("content", joined["message_key"]))
