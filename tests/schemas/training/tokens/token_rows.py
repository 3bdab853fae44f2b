"""Rows of tokens made without a template."""

import numpy as np
from hypothesis import strategies as st

from schemas.training.tokens import IGNORED, TokenRow


def make_row(trained: list[bool], *, borders: list[int] | None = None, prompt_count: int = 0) -> TokenRow:
    """Make a row whose token ids are their places."""
    count = len(trained)
    ids = np.arange(count, dtype=np.int32)
    mask = np.array(trained, dtype=bool)
    return TokenRow(
        input_ids=ids,
        labels=np.where(mask, ids, IGNORED).astype(np.int32),
        weights=mask.astype(np.float32),
        advantages=np.where(mask, np.float32(0.5), np.float32(np.nan)).astype(np.float32),
        seqs=np.zeros(count, dtype=np.int32),
        kinds=np.zeros(count, dtype=np.int8),
        borders=np.array(borders or [], dtype=np.int32),
        prompt_count=prompt_count,
        positions=ids,
    )


@st.composite
def rows(draw: st.DrawFn) -> TokenRow:
    """Draw a row whose prompt is not trained, with borders anywhere behind it."""
    prompt = draw(st.integers(1, 20))
    trained = [False] * prompt + draw(st.lists(st.booleans(), max_size=120))
    borders = sorted(draw(st.sets(st.integers(prompt, len(trained)), max_size=12)))
    return make_row(trained, borders=borders, prompt_count=prompt)
