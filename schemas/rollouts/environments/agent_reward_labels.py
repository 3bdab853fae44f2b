"""What humans and judges say of AgentRewardBench's rollouts: four questions, told as numbers.

Success, side effect and looping are 1 or 0; optimality runs from 1 (complete failure) to 4 (completely optimal). A
word that means "unsure" or "not asked" is null. Judges answer in words: most in tags, two in lines of their own.
"""

import re
from collections.abc import Iterator

from schemas.rollouts.format import Head
from schemas.rollouts.parts.csv_labels import Row, csv_columns, label_value, read_csv
from schemas.rollouts.parts.fields import ELEMENTS, REAL, TEXT, Fields, json_text
from schemas.trajectory import Score, ScoreSource
from schemas.verdict import Verdict

QUESTIONS = {
    "success": "trajectory_success",
    "side_effect": "trajectory_side_effect",
    "optimality": "trajectory_optimality",
    "looping": "trajectory_looping",
}
"""Columns of the table by the name of their score."""
COLUMNS = frozenset({"annotator_name", "benchmark", "task_id", "model_name", *QUESTIONS.values()})
TAGS = {"success": "success", "side_effect": "side", "optimality": "optimal", "looping": "loop"}
GRADE = re.compile(r"\W*([1-4])\b")
AER_LINE = re.compile(r"^Status:[ \t\"']*(\w+)", re.MULTILINE)
NNETNAV_LINE = re.compile(r"Reward:\s*([1-5])\b")
NNETNAV_SUCCESS = 4
"""From which of five points on the benchmark's authors count a success."""
FUNCTIONAL = "functional"
"""The judge that is no judge: it hands on the environment's own reward."""


def has_annotations(head: Head) -> bool:
    """Tell the table of annotations by its columns."""
    return csv_columns(head) >= COLUMNS


def read_annotations(raw: bytes) -> tuple[Verdict, ...]:
    """Read four verdicts of each row.

    Raises:
        RecordFault: the table is broken.
    """
    return tuple(verdict for row in read_csv(raw, COLUMNS) for verdict in _row_verdicts(row))


def _row_verdicts(row: Row) -> Iterator[Verdict]:
    annotator, benchmark, task_key, agent = (
        row.pop(name) for name in ("annotator_name", "benchmark", "task_id", "model_name")
    )
    words = {name: row.pop(column) for name, column in QUESTIONS.items()}
    for name, word in words.items():
        yield Verdict(
            score=Score(name=name, value=_graded(name, word), source=ScoreSource.HUMAN, annotator=annotator),
            is_outcome=False,
            task_key=task_key,
            benchmark=benchmark,
            agent=agent,
            extra=json_text(row | {"label": word}),
        )


def read_judgment(fields: Fields, task_key: str) -> tuple[Verdict, ...]:
    """Read the verdicts of one judge on one rollout; what else the file tells goes along with the first.

    Args:
        fields: the judgment.
        task_key: the task, which only the file's name tells.

    Raises:
        RecordFault: it is not what the benchmark's scripts write.
    """
    judge, benchmark, agent = (fields.require(name, TEXT) for name in ("judge", "benchmark", "agent"))
    reply = _reply(fields)
    scores = _functional(fields) if judge == FUNCTIONAL else _judged(reply or "", judge)
    extra = fields.rest()
    return tuple(
        Verdict(
            score=score,
            is_outcome=judge == FUNCTIONAL,
            task_key=task_key,
            benchmark=benchmark,
            agent=agent,
            extra=extra if index == 0 else None,
        )
        for index, score in enumerate(scores)
    )


def _functional(fields: Fields) -> list[Score]:
    info = fields.take_object("trajectory_info")
    summary = info.take_object("summary_info")
    reward = summary.take("cum_reward", REAL)
    info.put("summary_info", summary.rest())
    fields.put("trajectory_info", info.rest())
    return [Score(name="cum_reward", value=reward, source=ScoreSource.ENV)]


def _judged(reply: str, judge: str) -> list[Score]:
    """Read the answers, the first with the judge's words; one that answers otherwise than asked has judged nothing."""
    answers = {name: _graded(name, _inside(tag, reply)) for name, tag in TAGS.items()}
    status, reward = AER_LINE.search(reply), NNETNAV_LINE.search(reply)
    if status is not None:
        answers = {"success": _graded("success", status[1])}
    elif reward is not None:
        answers = {"success": float(int(reward[1]) >= NNETNAV_SUCCESS), "reward_of_5": float(reward[1])}
    return [
        Score(
            name=name,
            value=value,
            source=ScoreSource.JUDGE,
            annotator=judge,
            explanation=(reply or None) if name == "success" else None,
        )
        for name, value in answers.items()
    ]


def _reply(fields: Fields) -> str | None:
    """Give the judge's words; they stay in `extra` as well, with all that the provider says of them."""
    response = fields.take_raw("response")
    if response is None:
        return None
    fields.put("response", response.decode())
    choices = Fields(response, "$.response").take_if("choices", ELEMENTS)
    if not choices:
        return None
    message = Fields(choices[0], "$.response.choices[0]").take_object("message")
    return message.take_if("content", TEXT)


def _inside(tag: str, reply: str) -> str:
    found = re.search(f"<{tag}>(.*?)</{tag}>", reply, re.DOTALL)
    return "" if found is None else found[1]


def _graded(name: str, word: str) -> float | None:
    """Give an answer's number, null for one that says nothing."""
    if name == "optimality":
        grade = GRADE.match(word)
        return None if grade is None else float(grade[1])
    try:
        return label_value(word.strip("\"' \n"))
    except ValueError:
        return None
