"""Writes deploy/grafana/dashboards/*.json: `python -m deploy.grafana.generator`."""
