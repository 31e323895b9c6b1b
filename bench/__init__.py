"""How fast and how small the bridge is, measured against floors of the same run; `make bench`."""

import logging

import structlog


def quiet() -> None:
    """Have only warnings logged: what is measured tells its own story."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
