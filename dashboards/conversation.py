"""A trajectory's messages as a conversation, each call beside its observation; all words as plain text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboards.plain import indent_json, literal, show_words
from dashboards.queries import trajectories
from dashboards.reader import Reader

AVATARS = {
    "system": ":material/settings:",
    "user": ":material/person:",
    "assistant": ":material/smart_toy:",
    "tool": ":material/build:",
}

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """Some turns of one trajectory, with what is known about them."""

    reader: Reader
    trajectory_id: str
    turns: list[dict[str, Any]]
    observations: list[dict[str, Any]]
    """Answers to the turns' calls."""
    steps: Mapping[int, Row]
    """Steps by the `seq` of their assistant message."""

    def show(self) -> None:
        """Draw the turns in order."""
        for turn in self.turns:
            with st.chat_message(turn["role"], avatar=AVATARS.get(turn["role"])):
                self._show_turn(turn)

    def _show_turn(self, turn: Row) -> None:
        _show_badges(turn, self.steps.get(turn["seq"]))
        for span in turn["spans"] or ():
            st.caption(literal(_span(span)))
        if turn["name"]:
            st.text(turn["name"])
        self._show_field(turn, "reasoning")
        self._show_field(turn, "text", as_code=turn["role"] == "tool")
        self._show_field(turn, "content_json")
        answers = {row["seq"]: row for row in self.observations if row["call_seq"] == turn["seq"]}
        for index, call in enumerate(turn["tool_calls"]):
            self._show_call(index, call, answers.pop(call["result_seq"], None))
        for answer in answers.values():
            st.caption("a further result")
            self._show_observation(answer)

    def _show_call(self, index: int, call: Row, answer: Row | None) -> None:
        with st.container(border=True):
            left, right = st.columns(2)
            with left:
                with st.container(horizontal=True):
                    st.caption(f"call {index + 1}", width="content")
                    st.text(call["name"])
                st.code(indent_json(call["arguments"]), language=None, wrap_lines=True)
            with right:
                if answer is None:
                    st.caption("observation")
                    st.text("No result answers this call.")
                else:
                    self._show_observation(answer)

    def _show_observation(self, answer: Row) -> None:
        st.caption(f"observation, message {answer['seq']}")
        self._show_field(answer, "text", as_code=True)
        self._show_field(answer, "content_json")

    def _show_field(self, message: Row, field: str, *, as_code: bool = False) -> None:
        """Show one field of a message; reasoning and content in parts are folded away at first."""
        if not message[field]:
            return
        seq = message["seq"]
        folds = {"reasoning": "Reasoning", "content_json": "Content in parts, as exact JSON"}
        place = st.expander(folds[field]) if field in folds else st.container()
        with place:
            show_words(
                message[field],
                char_count=message[f"{field}_chars"],
                load=lambda: trajectories.words(self.reader, self.trajectory_id, seq=seq, field=field),
                key=f"whole-{self.trajectory_id}-{seq}-{field}",
                as_code=as_code or field == "content_json",
            )


def _show_badges(turn: Row, step: Row | None) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.badge(f"{turn['role']} {turn['seq']}", color="gray")
        st.badge(turn["origin"], color="violet" if turn["origin"] in ("repaired", "synthetic") else "gray")
        if step is not None:
            st.badge(f"step {step['step']}", color="gray")
        if step is not None and step["is_error"]:
            st.badge(
                literal(f"failed: {step['error_kind'] or 'error'}"), color="red", icon=":material/error:"
            )
        if turn["is_trained"] is not None:
            _show_training(turn)
        if turn["reward"] is not None:
            st.badge(literal(f"reward {turn['reward']:g}"), color="blue")


def _show_training(turn: Row) -> None:
    if not turn["is_trained"]:
        st.badge("context", color="gray", help=literal(turn["train_reason"]))
        return
    advantage = "" if turn["advantage"] is None else f", advantage {turn['advantage']:.2f}"
    label = literal(f"trained, weight {turn['weight']:g}{advantage}")
    st.badge(label, color="green", help=literal(turn["train_reason"]))


def _span(span: Row) -> str:
    """Say where a label of its own holds within a turn, and what it is."""
    part = span["part"] if span["call"] is None else f"{span['part']} {span['call'] + 1}"
    end = "the end" if span["end"] is None else span["end"]
    label = f"trained, weight {span['weight']:g}" if span["is_trained"] else "context"
    return f"{part}, characters {span['begin']} to {end}: {label} ({span['reason']})"
