"""Scores of people, as CSV."""
