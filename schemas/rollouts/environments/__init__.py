"""Episodes and runs of research environments: Minari, Reflexion, AgentRewardBench, LeetCode."""
