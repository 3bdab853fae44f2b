"""Observability: OpenTelemetry, OpenInference, Langfuse; LLM calls put together to conversations."""
