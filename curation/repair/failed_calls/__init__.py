"""Which failed calls can be taken out of a trajectory, and what is left then: the parts of `drop_failed_calls`."""
