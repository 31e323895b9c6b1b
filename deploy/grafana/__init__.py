"""Grafana: what it is provisioned with, and what writes its dashboards."""
