"""Start one vendor's cloud alone: `python -m simulator growatt --port 8080`.

A cloud with two doors has a name for each: `growatt-openapi` is `simulator/growatt/standalone_openapi.py`.
"""

import sys
from importlib import import_module
from pkgutil import iter_modules

import simulator


def main(arguments: list[str]) -> int:
    """Run the cloud that the first argument names with the others, and return the exit code."""
    vendors = [module.name for module in iter_modules(simulator.__path__) if module.ispkg]
    doors = {
        "-".join((vendor, *module.name.split("_")[1:])): f"simulator.{vendor}.{module.name}"
        for vendor in vendors
        for module in iter_modules(import_module(f"simulator.{vendor}").__path__)
        if module.name.split("_")[0] == "standalone"
    }
    if not arguments or arguments[0] not in doors:
        sys.stderr.write(f"usage: python -m simulator {{{','.join(sorted(doors))}}} --port N ... (--help says more)\n")
        return 2
    return int(import_module(doors[arguments[0]]).run(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
