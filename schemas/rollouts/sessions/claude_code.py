"""Claude Code sessions: one JSONL file is one session, with all its rewinds; subagents are sessions of their own.

The format is internal to Claude Code and undocumented. Read in real files (inspect_scout's fixtures of v2.0.76, partly
hand-made): plain and tool-calling sessions, `/clear`, compaction, a subagent's file. Only from descriptions of it (the
Harbor converter and public tools): responses spread over lines, parallel results, rewinds, resumed and forked
sessions, `<session>/subagents/` with `.meta.json` files, sidechains inside the session's file, `<synthetic>` answers.

A session's file is claimed by its content and is one record. The files of `<session>/subagents/` are bundled into
one more; their parents are found in `<session>.jsonl` beside the folder, so a session without subagents needs no
other file. Without the session, subagents are attempts. The file holds neither system prompt nor tool schemas.
"""

import re
from dataclasses import dataclass

from msgspec.structs import replace

from schemas.identity import content_digest
from schemas.rollouts.format import Head, RawRecord, RolloutFormat, Source
from schemas.rollouts.raw.bundle import unpack_bundle
from schemas.rollouts.raw.log_lines import first_objects
from schemas.rollouts.sessions.claude_code_session import SessionLog
from schemas.trajectory import Task, Trajectory

BOOKKEEPING = frozenset(
    {
        "attachment",
        "file-history-snapshot",
        "last-prompt",
        "permission-mode",
        "progress",
        "queue-operation",
        "summary",
        "system",
    }
)
"""Types of lines that a log may begin with; a log may hold nothing else."""
SUBAGENT_FOLDER = re.compile(r"(?P<session>.+)/subagents/agent-[^/]+\.(jsonl|meta\.json)")
MARKS = frozenset({"sessionId", "leafUuid", "messageId", "snapshot", "operation"})
"""Fields of which every line of bookkeeping has one."""
TAR_MAGIC = b"ustar"


@dataclass(frozen=True, kw_only=True)
class ClaudeCode(RolloutFormat):
    """A session's file, a subagent's file, or the subagents of one session."""

    name: str = "claude_code"
    version: str = "1"
    reads: str = "a session's JSONL file (read: v2.0.76), or the files of `<session>/subagents/` together"
    carries: str = "messages, reasoning, model, token counts, rewinds, compactions, subagents; working folder and branch in `extra`"
    lacks: str = "system prompt, tool schemas, any outcome, cost"
    example: str = "winnow ingest '~/.claude/projects/**/*.jsonl'"

    def claims(self, head: Head) -> bool:
        """Tell a log by the fields of its tree, or by the bookkeeping that it begins with."""
        records = list(first_objects(head))
        in_tree = any({"uuid", "parentUuid", "sessionId"} <= record.keys() for record in records)
        return in_tree or (bool(records) and all(_is_bookkeeping(record) for record in records))

    def bundle_key(self, path: str) -> str | None:
        """Group the subagents of a session under the session's folder; the session itself is read alone."""
        match = SUBAGENT_FOLDER.fullmatch(path)
        return None if match is None else match["session"]

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one log, or the subagents of one session; a log of mere bookkeeping holds nothing.

        Raises:
            RecordFault: what was said is not an Anthropic message.
        """
        if record.raw[257:262] == TAR_MAGIC:
            return self._subagents(record, source)
        log = SessionLog(record.raw)
        session = source.beside(f"{log.session_id}.jsonl") if log.is_subagent else None
        return log.trajectories(self._blank(record.record_id, source), self._callers(session, source))

    def _subagents(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        members = unpack_bundle(record.raw)
        callers = self._callers(source.beside(f"{source.file_name}.jsonl"), source)
        made: list[Trajectory] = []
        for name, raw in members.items():
            if name.endswith(".jsonl"):
                log = SessionLog(raw, meta=members.get(f"{name.removesuffix('.jsonl')}.meta.json"))
                blank = replace(self._blank(record.record_id, source), record_part=len(made))
                made += log.trajectories(blank, [*callers, *made] if callers else ())
        return tuple(made)

    def _callers(self, session: bytes | None, source: Source) -> tuple[Trajectory, ...]:
        """Read the session that subagents were called in, under the id that its own record has."""
        if session is None:
            return ()
        return SessionLog(session).trajectories(self._blank(content_digest(session), source), ())

    def _blank(self, record_id: str, source: Source) -> Trajectory:
        """Give what all trajectories of a record have in common."""
        return Trajectory(
            record_id=record_id,
            source_name=source.name,
            source_format=self.name,
            task=Task(benchmark=source.name, task_key=record_id),
            messages=(),
            agent="claude-code",
        )


CLAUDE_CODE = ClaudeCode()


def _is_bookkeeping(record: dict[str, object]) -> bool:
    return record.get("type") in BOOKKEEPING and bool(record.keys() & MARKS)
