"""Decontamination: which training texts hold the text of a benchmark's task, and which tasks are the same in other words.

Shared windows of words and MinHash find the pairs worth a look; nothing is called contaminated before the two texts are
aligned. Texts come in as frames: where they are kept is not known here.
"""
