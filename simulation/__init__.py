"""A seeded tool-use world that writes rollouts with known truth, and that policies can play.

Agents of several skills work on orders and bookings with look-alike records, house rules and
temporary tool errors. `generate` writes what they did in three formats, with the truth of each step
beside it; `play` lets any policy try tasks that no rollout has shown.
"""

from simulation.generate import GenerationSummary, generate
from simulation.play import PlayReport, play

__all__ = ["GenerationSummary", "PlayReport", "generate", "play"]
