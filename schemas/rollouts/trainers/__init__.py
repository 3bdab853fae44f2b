"""What RL trainers dump: verl, SkyRL, Atropos."""
