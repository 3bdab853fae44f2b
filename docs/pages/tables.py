"""docs/tables.md: every table that is declared."""

from docs.pages.markdown import table_section
from schemas.tables import TABLES

HEAD = """# Tables

Generated from `schemas/tables` by `make docs`; do not edit. The tables of the signals are in [signals.md](signals.md).

Ids are the first 128 bits of a SHA-256 in hex (`record_id` and `source_id`: all of it). Rows are worked on by
`bucket`: whole task groups share one. Every table is also a view in `winnow sql`, with two exceptions: quarantined tables have
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
| `signal_hits` | every single finding of every signal that lists them, one below the other |
"""


def tables_page() -> str:
    """Write the page."""
    return "\n".join([HEAD, *(section for table in TABLES.values() for section in table_section(table))])
