import pytest

from curation.repair.writers import TEMPLATES, WRITERS, Kind


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_texts_that_depend_on_the_facts_alone(kind: Kind) -> None:
    writer = WRITERS["template"]
    facts = {"step": "look({})", "observation": "gone"}
    assert writer.write(kind, facts) == writer.write(kind, dict(reversed(facts.items())))
    assert writer.write(kind, facts) in TEMPLATES[kind]


def test_all_templates_are_used() -> None:
    writer = WRITERS["template"]
    written = {writer.write(Kind.REVISION, {"step": str(number)}) for number in range(100)}
    assert written == set(TEMPLATES[Kind.REVISION])
