"""Reports of the SWE-bench family's harnesses: outcomes of rollouts that lie in other files.

Real files read: `results.json` of SWE-bench/experiments, the summary `<model>.<run_id>.json`, the instance's
`report.json`, and SWE-smith's variants of the last two. Names of tests are gold and have no quarantine here, so a
verdict keeps how many passed and a digest of their names. Predictions and counts per repository hold no verdict.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from schemas.errors import RecordFault
from schemas.identity import digest
from schemas.reasons import RejectReason
from schemas.rollouts.format import RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.benchmarks import benchmark_of
from schemas.rollouts.parts.fields import FLAG, Fields, json_text
from schemas.rollouts.swe.swe_bench_lists import list_name, names_by_instance, outcome
from schemas.trajectory import Score, ScoreSource
from schemas.verdict import Verdict

IDS = msgspec.json.Decoder(list[str])
TESTS = msgspec.json.Decoder(dict[str, dict[str, list[str]]])
OBJECTS = msgspec.json.Decoder(dict[str, msgspec.Raw])
SUMMARY_FILE = re.compile(r"(?P<model>.+)\.(?P<run>[^.]+)\.json")
RUN_AS_MODEL = re.compile(r"__t-\d")
"""SWE-agent predicts under the name of its run's folder."""
HARNESS_FOLDER = "run_evaluation"
PREDICTION_FIELDS = {"instance_id", "model_name_or_path", "model_patch"}
SCORED_TESTS = ("FAIL_TO_PASS", "PASS_TO_PASS")


class _Judged(NamedTuple):
    """Whose rollouts a report speaks of, as its path tells."""

    run: str | None = None
    model: str | None = None
    instance: str | None = None


@dataclass(frozen=True, kw_only=True)
class SweBenchReports(RolloutFormat):
    """One report: verdicts per instance."""

    name: str = "swe_bench_reports"
    version: str = "1"
    reads: str = "`results.json`, `<model>.<run_id>.json`, `report.json` (SWE-bench, SWE-smith); predictions hold no verdict"
    carries: str = "resolved or not per instance, passed tests as fractions, run and model by the path"
    lacks: str = "names of tests (they are gold); instances that a report does not list"
    example: str = "winnow ingest 'logs/run_evaluation/**/report.json'"

    def recognises(self, record: object) -> bool:
        """Tell a report by its lists, by its flag, or by what it holds per instance."""
        if not isinstance(record, dict) or not record:
            return False
        if any(list_name(name) == "resolved" and isinstance(ids, list) for name, ids in record.items()):
            return True
        return (
            _is_instance_report(record)
            or _is_companion(record)
            or all(
                isinstance(value, dict) and (_is_instance_report(value) or _is_companion(value))
                for value in record.values()
            )
        )

    def decode(self, record: RawRecord, source: Source) -> tuple[Verdict, ...]:
        """Read one report.

        Raises:
            RecordFault: a field is not of its kind, or nothing names the instance.
        """
        values = OBJECTS.decode(record.raw)
        judged = _judged(source)
        if any(list_name(name) for name in values if bytes(values[name]).startswith(b"[")):
            return tuple(_listed(values, Fields(record.raw, "$"), judged))
        if "resolved" in values and "total" not in values:
            if judged.instance is None:
                raise RecordFault(
                    RejectReason.MISSING_FIELD, "Neither the report nor its folder names an instance."
                )
            return tuple(_instance(judged.instance, Fields(record.raw, "$"), judged))
        return tuple(
            verdict
            for key, raw in values.items()
            if bytes(raw).startswith(b"{") and _is_instance_report(msgspec.json.decode(raw))
            for verdict in _instance(key, Fields(raw, f"$[{key!r}]"), judged)
        )


SWE_BENCH_REPORTS = SweBenchReports()


def _is_instance_report(value: Mapping[str, object]) -> bool:
    return isinstance(value.get("resolved"), bool) and ("patch_exists" in value or "tests_status" in value)


def _is_companion(value: Mapping[str, object]) -> bool:
    """Tell a prediction (the patch is in the rollout too) and counts per repository or year."""
    return value.keys() in (PREDICTION_FIELDS, {"resolved", "total"})


def _judged(source: Source) -> _Judged:
    """Read run, model and instance from where a report lies."""
    folders, file_name = source.parts[:-1], source.file_name
    if HARNESS_FOLDER in folders:
        return _harness_place(folders[folders.index(HARNESS_FOLDER) + 1 :])
    if folders[-2:-1] == ["logs"]:
        return _Judged(run=folders[-3] if len(folders) > 2 else None, instance=folders[-1])  # noqa: PLR2004
    if file_name in ("results.json", "report.json"):
        above = [folder for folder in folders if folder not in ("results", "")]
        return _Judged(run=above[-1] if above else None)
    match = SUMMARY_FILE.fullmatch(file_name)
    return _Judged() if match is None else _policy(match["run"], match["model"])


def _harness_place(places: list[str]) -> _Judged:
    """Read `<run_id>/<model>/<instance>`, of which SWE-smith leaves out the model, or all but the instance."""
    instance = places[-1] if places else None
    run = places[0] if len(places) > 1 else None
    if len(places) > 2:  # noqa: PLR2004 - run, model, instance
        return _policy(run, places[1])._replace(instance=instance)
    return _Judged(run=run, instance=instance)


def _policy(run: str | None, model: str) -> _Judged:
    """The harness writes a model's `/` as `__`."""
    if RUN_AS_MODEL.search(model):
        return _Judged(run=model)
    return _Judged(run=run, model=model.replace("__", "/"))


def _listed(values: Mapping[str, msgspec.Raw], fields: Fields, judged: _Judged) -> Iterator[Verdict]:
    """Read a report that lists instances; what is no list stays with each verdict."""
    lists: dict[str, list[str]] = {}
    for field, raw in values.items():
        name = list_name(field)
        if name is not None and bytes(raw).startswith(b"["):
            ids = fields.require(field, IDS)
            lists.setdefault(name, []).extend(ids)
    run = judged.run or judged.instance
    extra = fields.rest()
    for instance, names in names_by_instance(lists).items():
        score = Score(
            name="resolved",
            value=outcome(names),
            source=ScoreSource.VERIFIER,
            explanation=", ".join(sorted(names)),
        )
        yield _verdict(score, instance, judged._replace(run=run), is_outcome=True, extra=extra)


def _instance(instance: str, fields: Fields, judged: _Judged) -> Iterator[Verdict]:
    """Read the report on one instance; a rollout without a patch was never judged."""
    is_resolved, has_none = fields.require("resolved", FLAG), fields.take("patch_is_None", FLAG)
    tests = fields.take("tests_status", TESTS) or {}
    fields.put("patch_is_None", None if has_none is None else json_text(has_none))
    fields.put("resolved", json_text(is_resolved) if has_none else None)
    fields.put("tests_status", _tests_text(tests) if tests else None)
    score = Score(
        name="resolved",
        value=None if has_none else float(is_resolved),
        source=ScoreSource.VERIFIER,
        explanation="patch_is_None" if has_none else None,
    )
    yield _verdict(score, instance, judged, is_outcome=True, extra=fields.rest())
    for kind in SCORED_TESTS:
        passed, failed = (len(tests.get(kind, {}).get(name, [])) for name in ("success", "failure"))
        if passed + failed:
            fraction = Score(
                name=f"{kind.lower()}_frac", value=passed / (passed + failed), source=ScoreSource.VERIFIER
            )
            yield _verdict(fraction, instance, judged, is_outcome=False)


def _verdict(
    score: Score, instance: str, judged: _Judged, *, is_outcome: bool, extra: str | None = None
) -> Verdict:
    return Verdict(
        score=score,
        is_outcome=is_outcome,
        task_key=instance,
        benchmark=benchmark_of(instance, "") or None,
        model=judged.model,
        run=judged.run,
        extra=extra,
    )


def _tests_text(tests: Mapping[str, Mapping[str, list[str]]]) -> str:
    """Count tests by kind and result; the digest tells other tests apart without naming them."""
    counts = {
        kind: {result: len(names) for result, names in results.items()} for kind, results in tests.items()
    }
    return json_text({"counts": counts, "names_digest": digest("tests", json_text(tests))})
