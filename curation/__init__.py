"""What is computed: pure functions over frames and records.

No path, connection, clock or environment is known here, so that each member can be tested with a literal.
"""
