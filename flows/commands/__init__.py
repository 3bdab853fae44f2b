"""Commands of `winnow` that live outside `flows.cli`, one module each; `flows.cli` registers them."""
