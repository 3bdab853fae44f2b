"""Write docs/tables.md and docs/formats.md from the declarations: `make docs`; a test compares."""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from curation.signals import SIGNALS
from schemas.reasons import SUGGESTIONS
from schemas.rollouts import ROLLOUT_FORMATS, RolloutFormat
from schemas.tables import TABLES, Column, Table

FOLDER = Path(__file__).parent

TABLES_HEAD = """# Tables

Generated from `schemas/tables` and `curation/signals` by `make docs`; do not edit.

Ids are the first 128 bits of a SHA-256 in hex (`record_id` and `source_id`: all of it). `bucket` is the partition:
whole task groups share one. Every table is also a view in `winnow sql`, with two exceptions: quarantined tables have
none, and `records` is shown without `raw`. On top of the tables there are views that join them:

| view | what it shows |
|---|---|
| `trajectory_overview` | one line per trajectory, what recipes filter on |
| `conversations` | whole conversations: a branch with the start that it shares with its parent, which is stored once |
| `judged_trajectories` | trajectories with the final reward, from the rollout (`outcome_source` says which) or from a verdict |
| `all_scores` | scores from the rollouts' own files and from other files, `told_by` says which |
| `verdict_attachments` | whom each row of `verdicts` judges: `attached`, `waiting` or `ambiguous` |
| `attached_outcomes` | per trajectory, the final reward that verdicts tell, and whether they contradict each other |
| `standing_rejects` | refused records that no mended file has settled yet |
| `signals`, `step_signals`, `group_signals` | all signals of one scope side by side |
"""

FORMATS_HEAD = """# Rollout formats

Generated from `schemas/rollouts` by `make docs`; do not edit. How files are found, opened and cut is told in
[ingest.md](ingest.md); what goes out in [training-formats.md](training-formats.md).

A record's format is told from its content, whatever the file is called; `--format NAME` insists on one. JSON of any
other shape is read by a [mapping](ingest.md#mappings). For all formats alike:

- Every leaf of a record ends in a column, in `extra` (exactly spelled), in quarantine, or is named below under *Left
  out*; a test perturbs them one by one.
- Gold answers, hidden tests and private instructions go to the quarantined `task_secrets`, and nowhere else.
- An unknown reward is null, not 0. A crash of the environment is `infra_error`, and no failure of the agent.
- Results are linked to the nearest earlier open call, because ids of calls repeat in real logs (in 49 of the 200
  published airline rollouts of tau-bench); `result_seq` and `call_seq` hold the link.
- What the policy did not sample in this rollout (copied context, demonstrations, scripted turns) says so in `origin`,
  and is never trained.

A name in parentheses is the version, commit or release that was read. Modules named below lie in `schemas/rollouts`.
"""

REASONS_HEAD = """## Reasons of refusal

What `winnow rejects` groups by; codes are never reworded.

| reason | what to do |
|---|---|"""


def tables_page() -> str:
    """Write docs/tables.md."""
    parts = [TABLES_HEAD]
    parts += [section for table in TABLES.values() for section in _table(table)]
    parts.append("# Signals\n")
    for signal in SIGNALS.values():
        parts.append(f"## Signal `{signal.name}` (version {signal.version})\n\n{signal.doc}\n")
        parts += [section for table in signal.tables().values() for section in _table(table, level="###")]
    return "\n".join(parts)


def formats_page() -> str:
    """Write docs/formats.md: a summary, a section per format by name, and the reasons of refusal."""
    members = [ROLLOUT_FORMATS[name] for name in sorted(ROLLOUT_FORMATS)]
    lines = ["| format | one record |", "|---|---|"]
    lines += [f"| [`{member.name}`](#{member.name}) | {_cell(_plain(member.reads))} |" for member in members]
    lines += ["", *(section for member in members for section in _format(member)), REASONS_HEAD]
    lines += [f"| `{reason.value}` | {_cell(advice)} |" for reason, advice in SUGGESTIONS.items()]
    return "\n".join([FORMATS_HEAD, *lines, ""])


PAGES: Mapping[Path, Callable[[], str]] = {
    FOLDER / "tables.md": tables_page,
    FOLDER / "formats.md": formats_page,
}
"""What is generated, and how."""


def _table(table: Table, level: str = "##") -> Iterator[str]:
    quarantine = " **Quarantined.**" if table.is_quarantined else ""
    yield f"{level} `{table.name}`\n\nOne row is {table.row}. Key: {', '.join(table.key)}.{quarantine}\n"
    yield "| column | type | meaning |\n|---|---|---|"
    yield (
        "\n".join(f"| `{column.name}` | {_type(column)} | {_meaning(column)} |" for column in table.columns)
        + "\n"
    )


def _type(column: Column) -> str:
    name = (
        "list of calls"
        if pa.types.is_list(column.type) and pa.types.is_struct(column.type.value_type)
        else None
    )
    return _cell(name or str(column.type).replace("<item: ", "<")) + (", null" if column.nullable else "")


def _meaning(column: Column) -> str:
    allowed = f" One of: {', '.join(f'`{value}`' for value in column.allowed)}." if column.allowed else ""
    return _cell(column.doc + allowed)


def _format(member: RolloutFormat) -> Iterator[str]:
    about, _, more = _plain(sys.modules[type(member).__module__].__doc__ or "").strip().partition("\n\n")
    yield f"## `{member.name}`\n\n{about}\n\n```\n{member.example}\n```\n"
    yield f"- **One record:** {_plain(member.reads)}"
    yield f"- **Carries:** {_plain(member.carries)}"
    yield f"- **Cannot tell:** {_plain(member.lacks)}"
    for reason in dict.fromkeys(member.ignored.values()):
        leaves = ", ".join(f"`{leaf}`" for leaf, why in member.ignored.items() if why == reason)
        yield f"- **Left out:** {leaves}: {_plain(reason)}"
    yield f"\n{more}\n" if more else ""


def _plain(text: str) -> str:
    """Keep Markdown from reading signs of our own as its own, outside of code."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([*<])", r"\\\1", part) for part in parts)


def _cell(text: str) -> str:
    """Keep a table's cell whole."""
    return text.replace("|", "\\|")


if __name__ == "__main__":
    for page, write in PAGES.items():
        page.write_text(write(), encoding="utf-8")
