"""Growatt's documented API, which takes a token: V1, and V4 for what V1 does not have."""
