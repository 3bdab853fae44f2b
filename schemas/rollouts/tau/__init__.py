"""The customer-service benchmarks tau-bench and tau2-bench."""
