"""Session logs of coding agents: Claude Code, Codex."""
