"""Start one vendor's cloud alone: `python -m simulator growatt --port 8080`."""

import sys
from importlib import import_module
from pkgutil import iter_modules

import simulator


def main(arguments: list[str]) -> int:
    """Run the cloud that the first argument names with the others, and return the exit code."""
    vendors = sorted(module.name for module in iter_modules(simulator.__path__) if module.ispkg)
    if not arguments or arguments[0] not in vendors:
        sys.stderr.write(f"usage: python -m simulator {{{','.join(vendors)}}} --port N ... (--help says more)\n")
        return 2
    run = import_module(f"simulator.{arguments[0]}.standalone").run
    return int(run(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
