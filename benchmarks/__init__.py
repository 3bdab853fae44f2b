"""Figures, each with the command that repeats it. They are kept, with the machine, in `README.md`; none is a test."""
