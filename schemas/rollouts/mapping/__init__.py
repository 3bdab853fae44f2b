"""Any other JSON, by a mapping that its owner writes."""
