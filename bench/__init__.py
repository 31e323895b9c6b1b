"""How fast and how small the bridge is, measured against floors of the same run; `make bench`."""
