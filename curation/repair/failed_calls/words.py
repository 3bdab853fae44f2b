"""Words that speak of a failure: what an agent says when it has just seen one. Our own list, as data."""

FAILURE_WORDS = (
    r"n['’]t\b|\b(?:no|not|none|nothing|cannot|unable|impossible|without|missing|lacks?)\b",
    r"\b(?:error|issue|problem|trouble|difficult|mistake|incorrect|invalid|wrong|fail|crash|timed? ?out|denied|refused)",
    r"\b(?:sorry|apolog|unfortunate|afraid|oops|hmm|already exist)",
    r"\b(?:ah|oh|however|but|actually|instead|despite|because|due to)\b",
    r"\b(?:again|retry|try|trying|fix|correct|another|other|different|alternative|rather|still|seems?|appears?|looks like)",
    r"\b(?:so the|since|turns out|(?:this|that) (?:means|is|was)|need to|must|should)\b",
    r"\b(?:it|that) (?:did|does|was|is|has)\b",
)
"""Patterns, in any case of letters. They are wide on purpose: a failed call that stays costs a mask, one that is taken
from under words that answer it leaves a conversation that makes no sense."""


def any_of(patterns: tuple[str, ...]) -> str | None:
    """Join patterns into one; null when there is none."""
    return f"(?i)(?:{'|'.join(patterns)})" if patterns else None
