"""A repaired trajectory and its parent side by side: what stayed, changed, went and came; all words as plain text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from dashboards.links import TRAJECTORY_PAGE, short_id
from dashboards.plain import literal
from dashboards.queries import repairs
from dashboards.reader import Reader
from schemas.alignment import Change, Place, align, changed_words, said

COLORS: dict[Change, Literal["gray", "orange", "red", "green"]] = {
    Change.KEPT: "gray",
    Change.CHANGED: "orange",
    Change.REMOVED: "red",
    Change.ADDED: "green",
}
WORD_MARKS = {Change.KEPT: "{}", Change.REMOVED: "[-{}-]", Change.ADDED: "{{+{}+}}"}
KEPT_CHARS = 160
"""What is shown of a message that stayed."""
SHOWN_PLACES = 200

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One child beside its parent."""

    reader: Reader
    pair: Row
    """Ids of both, the rule, and the partner, see `repairs.pairs`."""

    def show(self) -> None:
        """Draw facts, reasons and both conversations."""
        self._show_facts()
        parent = repairs.compared(self.reader, self.pair["parent_id"])
        child = repairs.compared(self.reader, self.pair["child_id"])
        places = align([said(row) for row in parent], [said(row) for row in child])
        shown = _without_long_kept_runs(places)
        for place in shown[:SHOWN_PLACES]:
            _show_place(place, parent, child)
        if len(shown) > SHOWN_PLACES:
            st.caption(f"The first {SHOWN_PLACES} of {len(shown)} rows; `winnow repair show` prints all.")

    def _show_facts(self) -> None:
        names = {"Before": "parent_id", "After": "child_id", "Other source": "partner_id"}
        with st.container(horizontal=True):
            st.badge(literal(f"{self.pair['relation']}: {self.pair['rule']}"), color="violet")
            for label, name in names.items():
                if self.pair[name]:
                    st.page_link(
                        TRAJECTORY_PAGE,
                        label=f"{label} {short_id(self.pair[name])}",
                        query_params={"trajectory": self.pair[name]},
                    )
        for dataset, rule, reason, detail in repairs.reasons(self.reader, self.pair["child_id"]).iter_rows():
            st.text(f"{dataset}: {rule}: {reason}" + (f" ({detail})" if detail else ""))


def choose_pair(pairs: list[dict[str, Any]]) -> dict[str, Any]:
    """Let a person choose among several children; gives the only one otherwise."""
    if len(pairs) == 1:
        return pairs[0]
    index: int = st.selectbox(
        "Compare with",
        range(len(pairs)),
        format_func=lambda one: f"{pairs[one]['rule']} · {short_id(pairs[one]['child_id'])}",
    )
    return pairs[index]


def _without_long_kept_runs(places: list[Place]) -> list[Place]:
    """Leave out messages that stayed, unless they stand next to one that did not."""
    is_kept = [place.change is Change.KEPT for place in places]
    return [place for index, place in enumerate(places) if not all(is_kept[max(index - 1, 0) : index + 2])]


def _show_place(place: Place, parent: list[dict[str, Any]], child: list[dict[str, Any]]) -> None:
    left, right = st.columns(2)
    old = None if place.before is None else parent[place.before]
    new = None if place.after is None else child[place.after]
    is_whole = place.change is not Change.KEPT
    with left:
        _show_side(old, place.change, is_whole=is_whole)
    with right:
        _show_side(new, place.change, is_whole=is_whole)
    if old is not None and new is not None and place.change is Change.CHANGED:
        with st.expander("Word by word"):
            st.code(_marked(said(old).words, said(new).words), language=None, wrap_lines=True)


def _show_side(message: Row | None, change: Change, *, is_whole: bool) -> None:
    if message is None:
        st.caption("—")
        return
    with st.container(horizontal=True, gap="small"):
        st.badge(f"{change.value} {message['seq']}", color=COLORS[change])
        st.badge(f"{message['role']}, {message['origin']}", color="gray")
    words = said(message).words
    st.code(words if is_whole else _cut(words), language=None, wrap_lines=True)


def _cut(words: str) -> str:
    line = " ".join(words.split())
    return f"{line[:KEPT_CHARS]} …" if len(line) > KEPT_CHARS else line


def _marked(before: str, after: str) -> str:
    """Write both texts as one, with marks around what went and came."""
    return "".join(WORD_MARKS[change].format(text) for change, text in changed_words(before, after))
