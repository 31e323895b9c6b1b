"""The bridge, its alerts and its dashboards against a real Prometheus."""
