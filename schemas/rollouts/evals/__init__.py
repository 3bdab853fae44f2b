"""Evaluation frameworks: Inspect, NeMo Gym, verifiers."""
