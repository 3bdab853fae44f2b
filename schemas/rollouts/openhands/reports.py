"""The files beside OpenHands rollouts: verdicts on them, and companions that hold no rollout.

`eval_<task>.json` (OpenAgentSafety) judges `traj_<task>.json` in the same folder; `output.swebench_eval.md` lists
which instances of a run were resolved. `state_<task>.json` repeats the events of its rollout, `error_<task>.json` tells
why one never began, `metadata.json` is read where a rollout needs it: none of them is a rollout, their bytes are kept.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from schemas.rollouts.format import Head, RawRecord, RolloutFormat, Source
from schemas.rollouts.openhands.eval import benchmark
from schemas.rollouts.openhands.scores import read_points, verifier_score
from schemas.rollouts.parts.benchmarks import benchmark_of
from schemas.rollouts.parts.fields import TEXT, Fields, json_text
from schemas.rollouts.raw.strict_json import parse_json
from schemas.verdict import Verdict

TASK_FILE = re.compile(r"(?P<kind>eval|state|error)_(?P<task>.+)\.json")
MARKS = {"eval": (b'"final_score"', b'"error"'), "state": (b'"history"',), "error": (b'"traceback"',)}
"""Of each kind of file by task: a field that tells it from other files of such a name."""
REPORT_FILE = "output.swebench_eval.md"
REPORT_HEADING = re.compile(r"## (?P<title>.+) Instances")
REPORT_LINE = re.compile(r"- \[(?P<task>[^\]]+)\]\((?P<log>.*)\)")
REPORT_VALUES = {"Resolved": 1.0, "Unresolved": 0.0, "Error": None}
METADATA_FIELDS = (frozenset({"agent_class", "llm_config"}), frozenset({"llm", "eval_output_dir"}))


@dataclass(frozen=True, kw_only=True)
class OpenhandsReports(RolloutFormat):
    """Verdicts and companions of OpenHands evaluations."""

    name: str = "openhands_reports"
    version: str = "1"
    reads: str = "`eval_*.json`, `state_*.json`, `error_*.json`, `metadata.json`, `output.swebench_eval.md` of evaluations"
    carries: str = "the outcome per task and its parts"
    lacks: str = "the rollouts: `openhands`, `openhands_sdk`, `openhands_completions` read them"
    example: str = "winnow ingest 'outputs/**/eval_*.json' 'outputs/**/output.swebench_eval.md'"

    def recognises(self, record: object) -> bool:
        """Tell a run's metadata by its fields."""
        return isinstance(record, dict) and any(record.keys() >= names for names in METADATA_FIELDS)

    def claims(self, head: Head) -> bool:
        """Tell the other files by their names and a field."""
        match = TASK_FILE.fullmatch(head.file_name)
        if match is None:
            return head.file_name == REPORT_FILE
        return head.start.lstrip().startswith(b"{") and any(
            mark in head.start for mark in MARKS[match["kind"]]
        )

    def decode(self, record: RawRecord, source: Source) -> tuple[Verdict, ...]:
        """Read the verdicts of one file; a companion holds none.

        Raises:
            RecordFault: it is not JSON, or a count in it is no number.
        """
        if source.file_name == REPORT_FILE:
            return tuple(_report_verdicts(record.raw.decode("utf-8", "backslashreplace"), source))
        parse_json(record.raw)
        match = TASK_FILE.fullmatch(source.file_name)
        if match is None or match["kind"] != "eval":
            return ()
        return tuple(_verdicts(Fields(record.raw, "$"), match["task"], source))


OPENHANDS_REPORTS = OpenhandsReports()


def _verdicts(fields: Fields, task_key: str, source: Source) -> Iterator[Verdict]:
    """Give the outcome, then its parts; a crash of the evaluator is an unknown outcome, with its words."""
    outcome, parts = read_points(fields)
    error = fields.take("error", TEXT)
    scores = (verifier_score("final_score", outcome, error), *parts)
    extra = fields.rest()
    for index, score in enumerate(scores):
        yield Verdict(
            score=score,
            is_outcome=index == 0,
            task_key=task_key,
            benchmark=benchmark(task_key, None, source),
            run=_judged_run(task_key, source),
            extra=extra if index == 0 else None,
        )


def _judged_run(task_key: str, source: Source) -> str | None:
    """Name the run whose rollout of a task is judged: its folder.

    Where that rollout cannot be read, its folder and file together are named, which no readable rollout answers to:
    the folder alone would also fit a rollout of the same task in a run below it.
    """
    folder = source.parts[-2] if len(source.parts) > 1 else None
    rollout = f"traj_{task_key}.json"
    is_dump = (source.beside(rollout) or b"").startswith(b'"')
    return f"{folder}/{rollout}" if is_dump else folder


def _report_verdicts(report: str, source: Source) -> Iterator[Verdict]:
    """Read the lists of resolved, unresolved and failed instances; an empty patch is listed as unresolved too.

    The report's other lines (counts, headings) are kept with the first verdict.
    """
    listed: list[tuple[str, str, str]] = []
    others: list[str] = []
    title = ""
    for line in report.splitlines():
        heading, entry = REPORT_HEADING.fullmatch(line), REPORT_LINE.fullmatch(line)
        title = heading["title"] if heading else title
        if entry is not None and title in REPORT_VALUES:
            listed.append((entry["task"], title, entry["log"]))
        else:
            others.append(line)
    for index, (task_key, title, log) in enumerate(listed):
        yield Verdict(
            score=verifier_score("resolved", REPORT_VALUES[title]),
            is_outcome=True,
            task_key=task_key,
            benchmark=benchmark_of(task_key, source.name),
            run=source.parts[-2] if len(source.parts) > 1 else None,
            extra=json_text({"log": log} if index else {"log": log, "report": others}),
        )
