"""Sentence encoders from local folders, tried with a model of a few weights."""

from pathlib import Path

import numpy as np
import pytest

from curation.topology.equivalence.embedding import Embedding
from curation.topology.quotient import build_topology
from flows.encoders import LocalEncoder
from tests.curation.rollouts import do, frames, rollout
from tests.tiny_model import ENCODED_TEXTS as TEXTS

pytestmark = pytest.mark.slow


def test_gives_one_vector_per_text_whatever_its_company(encoder_folder: Path, tmp_path: Path) -> None:
    together = LocalEncoder(folder=encoder_folder, cache=tmp_path / "a.sqlite")(TEXTS)
    alone = LocalEncoder(folder=encoder_folder, cache=tmp_path / "b.sqlite")
    assert together.shape == (3, 16)
    for text, vector in zip(TEXTS, together, strict=True):
        assert np.allclose(alone([text])[0], vector, atol=1e-5)
    assert len(alone([])) == 0


def test_encodes_each_text_once(encoder_folder: Path, tmp_path: Path) -> None:
    encoder = LocalEncoder(folder=encoder_folder, cache=tmp_path / "vectors.sqlite")
    first = encoder(TEXTS)
    again = LocalEncoder(folder=encoder_folder, cache=tmp_path / "vectors.sqlite")
    assert np.array_equal(again([*TEXTS, TEXTS[0]])[:3], first)
    # No model was loaded: all that was asked for is in the file.
    assert "_model" not in vars(again)


def test_other_weights_are_another_encoder(encoder_folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for path in encoder_folder.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    (other / "note").write_text("changed")
    cache = tmp_path / "vectors.sqlite"
    assert (
        LocalEncoder(folder=other, cache=cache).name != LocalEncoder(folder=encoder_folder, cache=cache).name
    )


def test_merges_states_that_mean_nearly_the_same(encoder_folder: Path, tmp_path: Path) -> None:
    encoder = LocalEncoder(folder=encoder_folder, cache=tmp_path / "vectors.sqlite")
    near = Embedding(encode=encoder, encoder=encoder.name, action_threshold=0.01, observation_threshold=0.01)
    trials = (rollout(do("look", {"item": "cup"})), rollout(do("look", {"item": "cap"}), trial=1))
    assert build_topology(frames(*trials)).nodes.height == 4
    assert build_topology(frames(*trials), equivalence=near).nodes.height == 3
