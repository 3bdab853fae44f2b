"""OpenHands in all its generations: V0 events, V1 typed events, raw completion logs, evaluation reports."""
