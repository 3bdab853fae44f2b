"""Words of critics: what they are asked, and how a claim is written as an answer.

An answer is a reason in words and behind it lines that a program can read. The reason is a judge's own, a template's, or a
bound writer's; the lines are always ours.
"""

from collections.abc import Collection, Mapping

from curation.pairs.critiques.claims import END, START, Verdict
from schemas.identity import digest

CRITIQUE = "critique"
"""The kind of text that a bound writer is asked for."""
OURS = "template"

REASONS: Mapping[str, tuple[str, ...]] = {
    "sound": (
        "Each step follows from what was asked and from what came back.",
        "I find no step that is out of place.",
        "From the first step to the last the record holds together.",
    ),
    "faulty": (
        "What was asked is not done in the end.",
        "The attempt does not do what was asked.",
        "The record ends without what was asked for.",
    ),
    "placed": (
        "The first thing that does not fit is at {place}.",
        "The record stops holding together at {place}.",
        "Something is wrong at {place}, and nothing before it is.",
    ),
}
"""Our own reasons; they say no more than the claim does."""

_VERDICT_LINE = "Verdict: sound, or faulty"


def verdict_question() -> str:
    """Ask whether an attempt did what was asked."""
    return (
        "Does this attempt do what was asked? Say why in a few sentences, then end with one line:\n"
        + _VERDICT_LINE
    )


def fault_question(faults: Collection[str]) -> str:
    """Ask whether an attempt is sound, and where it is not, at which step and how.

    Args:
        faults: names of the kinds of fault to choose from.
    """
    return (
        "Is this attempt sound? Say why in a few sentences, then end with these lines, the last two only when it is "
        f"faulty:\n{_VERDICT_LINE}\n"
        f"Step: the number of the first step at fault; `{START}` when the fault is before the first step, `{END}` when "
        "the attempt stops too early\n"
        f"Fault: one of {', '.join(sorted(faults))}"
    )


def answer(reason: str, claim: Mapping[str, str | None]) -> str:
    """Write a critique.

    Args:
        reason: in words.
        claim: `verdict`, `place`, `fault`.
    """
    lines = (("Verdict", claim["verdict"]), ("Step", claim["place"]), ("Fault", claim["fault"]))
    return "\n".join([reason, "", *(f"{name}: {value}" for name, value in lines if value is not None)])


def template_reason(claim: Mapping[str, str | None], contrast: str) -> str:
    """Choose one of our reasons; equal claims of one contrast get equal words, right or wrong."""
    verdict, place = claim["verdict"], claim["place"]
    kind = "placed" if verdict == Verdict.FAULTY and place is not None else str(verdict)
    texts = REASONS[kind]
    return texts[int(digest(CRITIQUE, kind, contrast), 16) % len(texts)].format(place=named_place(place))


def named_place(place: str | None) -> str:
    """Name a place in words; "" for none."""
    return {None: "", START: "the start, before the first step", END: "the end"}.get(place, f"step {place}")
