"""The commands of `winnow`, by what they are for; `flows.cli` registers them, `options` is what they share."""
