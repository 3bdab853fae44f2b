"""Critiques: what is claimed of a trajectory, whether it is so, and the words of prompt and judgement."""
