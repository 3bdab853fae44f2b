"""Answers to replay requests."""
