"""Signals: cheap, typed figures about trajectories, steps and groups. Add one: a module here, and a line below."""

from curation.signals.advantages import Advantages
from curation.signals.failures import Failures
from curation.signals.loops import Loops
from curation.signals.outcomes import Outcomes
from curation.signals.signal import Signal
from curation.signals.topology import TopologyMetrics

SIGNALS: dict[str, Signal] = {
    "failures": Failures(),
    "loops": Loops(),
    "outcomes": Outcomes(),
    "advantages": Advantages(),
    "topology": TopologyMetrics(),
}
"""All signals by name, with their default parameters."""

__all__ = ["SIGNALS", "Signal"]
