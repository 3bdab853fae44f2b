"""Software engineering: SWE-agent, mini-swe-agent, the AgentLens graphs, and the reports of SWE-bench harnesses."""
