from collections.abc import Iterator
from pathlib import Path

from tests.schemas.rollouts.real_files import Sample, file_samples

VERIFIED = b"""instance_id,trial,model,resolved,style_score,comment,seed
django__django-10973,3,gpt-4o,True,0.5,good,1
django__django-10973,run-7,gpt-4o,,odd,,2
"""
JUDGED = b"""trajectory,annotator,label,benchmark,agent
a/b.json,ann,0.25,tau,react
c.json,ben,strange,tau,react
"""


def samples(data: Path) -> Iterator[Sample]:
    """A table of outcomes, and one of opinions."""
    yield from file_samples("labels.csv", VERIFIED)
    yield from file_samples("opinions.csv", JUDGED)
