"""Find the faults that `mending` mends, over a whole bucket; each function gives rows with `trajectory_id`.

Messages are sorted by trajectory and number, and whole: numbers run from 0 without gaps.
"""

from collections.abc import Collection

import polars as pl

from curation.repair.mending import copy_at
from schemas.trajectory import Origin, Role

LINK = ("trajectory_id", "call_seq", "result_seq")
IS_RESULT = (pl.col("role") == Role.TOOL.value) & pl.col("call_seq").is_not_null()


def orphans(messages: pl.DataFrame) -> pl.DataFrame:
    """Find tool results that answer no call, in conversations with a stored call."""
    call_count = pl.col("tool_calls").list.len() + pl.col("text_calls").list.len()
    callers = messages.filter(call_count > 0).select("trajectory_id")
    lone = messages.filter(pl.col("role") == Role.TOOL.value, pl.col("call_seq").is_null())
    return lone.join(callers, on="trajectory_id", how="semi")


def faulty_order(messages: pl.DataFrame) -> pl.DataFrame:
    """Find tool results that do not stand right behind their calls, in the order of these."""
    order = pl.concat([_calls(messages, name) for name in ("tool_calls", "text_calls")])
    order = order.group_by(LINK).agg(pl.col("call_index").min())
    callers = messages.filter(pl.col("role") == Role.ASSISTANT.value).select("trajectory_id", call_seq="seq")
    results = messages.filter(IS_RESULT).select("trajectory_id", "call_seq", result_seq="seq")
    placed = results.join(callers, on=["trajectory_id", "call_seq"], how="semi").join(
        order, on=LINK, how="left"
    )
    ranked = placed.sort(*LINK[:2], "call_index", "result_seq", nulls_last=True).with_columns(
        rank=pl.int_range(pl.len(), dtype=pl.Int64).over("trajectory_id", "call_seq")
    )
    return ranked.filter(pl.col("result_seq") != pl.col("call_seq") + 1 + pl.col("rank"))


def faulty_links(messages: pl.DataFrame) -> pl.DataFrame:
    """Find calls without an id of their own, and tool results under another id than their call's."""
    calls = _calls(messages, "tool_calls")
    is_nameless = pl.col("call_id").fill_null("") == ""
    nameless = calls.filter(is_nameless | ~pl.struct("trajectory_id", "call_id").is_first_distinct())
    results = messages.filter(IS_RESULT).select("trajectory_id", "call_seq", "tool_call_id", result_seq="seq")
    answered = results.join(calls.unique(LINK, keep="first", maintain_order=True), on=LINK)
    misnamed = answered.filter(pl.col("tool_call_id").ne_missing(pl.col("call_id")))
    return pl.concat([nameless.select("trajectory_id"), misnamed.select("trajectory_id")])


def copies(messages: pl.DataFrame) -> pl.DataFrame:
    """Find conversations whose start comes again, system message first."""
    is_system = pl.col("role") == Role.SYSTEM.value
    starts_so = is_system.first().over("trajectory_id") & (is_system.sum().over("trajectory_id") > 1)
    calls = pl.col("tool_calls").list.eval(pl.struct(pl.element().struct.field("name", "arguments")))
    told = messages.filter(starts_so).with_columns(calls=calls, is_system=is_system)
    content = pl.struct("role", "text", "content_json", "reasoning", "calls")
    talks = told.group_by("trajectory_id", maintain_order=True).agg(
        content.alias("contents"), systems=pl.arg_where(pl.col("is_system"))
    )
    is_copied = [
        copy_at(contents, systems) is not None
        for contents, systems in talks.select("contents", "systems").iter_rows()
    ]
    return talks.filter(pl.Series(is_copied, dtype=pl.Boolean))


def neighbours(messages: pl.DataFrame, roles: Collection[Role]) -> pl.DataFrame:
    """Find neighbours that `merged` would make one message."""
    voice = pl.col("origin").replace({Origin.SAMPLED.value: Origin.REPAIRED.value})
    told = messages.select(
        "trajectory_id",
        "role",
        "name",
        voice=voice,
        is_plain=pl.col("content_json").is_null(),
        is_answer=pl.col("call_seq").is_not_null(),
        has_calls=pl.col("tool_calls").list.len() + pl.col("text_calls").list.len() > 0,
    )
    same = [
        pl.col(name).eq_missing(pl.col(name).shift()) for name in ("trajectory_id", "role", "name", "voice")
    ]
    return told.filter(
        pl.all_horizontal(same),
        pl.col("role").is_in([role.value for role in roles]),
        pl.col("is_plain") & pl.col("is_plain").shift(),
        ~pl.col("is_answer") & ~pl.col("is_answer").shift(),
        ~pl.col("has_calls").shift(),
    )


def _calls(messages: pl.DataFrame, name: str) -> pl.DataFrame:
    """List stored calls: `trajectory_id`, `call_seq`, `call_index`, `call_id`, `result_seq`."""
    held = messages.filter(pl.col(name).list.len() > 0).select(
        "trajectory_id", call_seq="seq", call=name, call_index=pl.int_ranges(pl.col(name).list.len())
    )
    calls = held.explode("call", "call_index")
    fields = pl.col("call").struct
    return calls.select(
        "trajectory_id",
        "call_seq",
        "call_index",
        call_id=fields.field("call_id"),
        result_seq=fields.field("result_seq"),
    )
