"""What a writer of rollouts is: it writes a document, reads it back, and tells in it what came back otherwise.

So a writer cannot fall behind its reader: whatever the reader makes of a document, the document says what differs, and
the losses that are counted are those that were seen.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from dataclasses import replace as with_fields

from schemas.identity import content_digest
from schemas.interchange.json_pieces import exact
from schemas.interchange.telling import Told, differences
from schemas.interchange.written import UnwritableError, Written
from schemas.rollouts import RawRecord, Rejection, Source, decode_record
from schemas.trajectory import Relation, Trajectory

Draft = Callable[[Trajectory, Told], bytes]
"""Spells a trajectory with what is told of it as one line."""

ROUNDS = 6
"""Splice, set apart twice, tell, tell what telling moved: a document that differs still is not going to settle."""
READER = Source(uri="written", name="\0no source")
"""A name that no task has, so that no benchmark can be right by chance."""


@dataclass(frozen=True, kw_only=True)
class RolloutWriter:
    """Writer of one rollout format."""

    name: str
    """Name of the rollout format that must recognise and read what is written."""
    version: str
    """Version of the writer; a change of what it writes changes this."""
    draft: Draft

    def write(self, trajectory: Trajectory) -> Written:
        """Write one trajectory; the same one always gives the same bytes.

        Args:
            trajectory: with all its messages; a branch that shares its parent's is made whole by `whole_trajectories`.

        Raises:
            UnwritableError: it is a branch without its start, or no document reads as this trajectory.
        """
        _check_whole(trajectory)
        told, detail = Told(), ""
        for _ in range(ROUNDS):
            raw = self.draft(trajectory, told)
            found = _read_back(raw, self.name)
            if isinstance(found, str):
                told, detail = _set_apart(trajectory, told), found
                continue
            more = differences(trajectory, found)
            if more.is_empty:
                return Written(raw=raw, losses=_losses(trajectory, found))
            told, detail = told | more, "some columns come back otherwise, although they are told"
        raise UnwritableError(
            f"Trajectory {trajectory.trajectory_id} cannot be written as {self.name}: {detail}."
        )


def _check_whole(trajectory: Trajectory) -> None:
    if trajectory.shared_count:
        raise UnwritableError(
            f"Trajectory {trajectory.trajectory_id} lacks its first {trajectory.shared_count} messages, which "
            "its parent holds. Only a whole conversation can be written.\n\n"
            "Hint: pass it through schemas.interchange.whole_trajectories together with its parent"
        )


def _set_apart(trajectory: Trajectory, told: Told) -> Told:
    """Splice less into a document that was not read as its format: first nothing into the record, then nothing at all."""
    if trajectory.extra is None or "extra" in told.trajectory:
        return with_fields(told, is_apart=True)
    return told | Told(trajectory={"extra": exact(trajectory.extra)})


def _read_back(raw: bytes, format_name: str) -> Trajectory | str:
    """Read a document as whoever is handed it would; a string says why that gives no trajectory of the format."""
    record = RawRecord(raw=raw, locator="file", index=0, record_id=content_digest(raw))
    decoded = decode_record(record, READER)
    if isinstance(decoded, Rejection):
        return f"it is refused as {decoded.format_name}: {decoded.reason}, {decoded.detail}"
    if decoded.format_name != format_name:
        return f"it would be taken for {decoded.format_name}"
    (trajectory,) = decoded.trajectories
    return trajectory


def _losses(wanted: Trajectory, found: Trajectory) -> dict[str, int]:
    """Count what did not come back, by the names of `LOSSES`."""
    is_related = wanted.relation is not Relation.ATTEMPT or bool(wanted.parent_id or wanted.repair_rule)
    counts = {
        "task_secrets": int(wanted.task.secrets is not None),
        "lineage": int(is_related),
        "extra_spacing": sum(
            one != other for one, other in zip(_extras(wanted), _extras(found), strict=True)
        ),
        "non_finite_number": sum(not math.isfinite(number) for number in _numbers(wanted)),
    }
    return {name: count for name, count in counts.items() if count}


def _extras(trajectory: Trajectory) -> Iterator[str | None]:
    yield trajectory.extra
    for message in trajectory.messages:
        yield message.extra
        yield from (call.extra for call in message.tool_calls)


def _numbers(trajectory: Trajectory) -> Iterator[float]:
    numbers = [trajectory.outcome_reward, trajectory.cost_usd]
    numbers += [score.value for score in trajectory.scores]
    numbers += [message.reward for message in trajectory.messages]
    yield from (number for number in numbers if number is not None)
