"""Nothing here is pytest's: the scripts run in the trainers' own environments, by `python -m tests.loaders.run`."""

collect_ignore_glob = ["*.py"]
