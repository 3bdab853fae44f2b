"""What data looks like: coming in (`rollouts`), at rest (`tables`), going out (`training`).

Imports nothing of ours. Start with `trajectory.py`, the canonical record; every other module either makes one,
stores one or writes one out.
"""
