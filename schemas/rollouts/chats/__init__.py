"""Conversations as people store and share them: chat completions, Responses, Anthropic, ShareGPT, ADP."""
