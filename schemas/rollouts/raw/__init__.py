"""Bytes to raw records: how they lie in files, whatever they say."""
