"""Licences of sources: what files beside the rollouts say, what the user says, and what of it counts."""
