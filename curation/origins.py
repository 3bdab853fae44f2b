"""Whose words may be trained, by origin: the one list for signals, training views and what is built from them."""

from schemas.trajectory import Origin

TRAINED_ORIGINS = (Origin.SAMPLED.value, Origin.REPAIRED.value)
"""Origins of assistant messages that are trained unless a loss rule says otherwise."""
TRAINABLE_ORIGINS = (*TRAINED_ORIGINS, Origin.SYNTHETIC.value)
"""Origins of assistant messages that a loss rule may train. Whatever a recipe says, nothing else is: no word of system,
user or tool, no demonstration, no copied context, no injected text."""
