"""Trials of one task as one graph: states, success potential, and how well each trial moves through it.

A reconstruction of the method of TopoCurate (arXiv 2603.01714), whose formulas are not published.
"""
