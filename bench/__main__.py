"""Measures everything and writes docs/benchmarks.md; `python -m bench path calls` only measures and prints some."""

import asyncio
import sys

from bench import account, calls, latency, memory, path, process, quiet, storm
from bench.figures import PAGE, Section, render

ALL = ("path", "process", "commands", "calls")


async def measure(chosen: tuple[str, ...]) -> list[Section]:
    """Measure what is chosen."""
    sections = []
    if "path" in chosen:
        print("path of a value ...", flush=True)
        sections.append(await path.measure())
    if "process" in chosen:
        print("start, idle, memory ...", flush=True)
        started, resident = await process.measure()
        sections += [started, await asyncio.to_thread(memory.section, resident)]
    if "commands" in chosen:
        print("commands ...", flush=True)
        sections += [await latency.measure(), await account.measure(), await storm.measure()]
    if "calls" in chosen:
        print("vendor calls ...", flush=True)
        sections.append(await calls.measure())
    return sections


def main() -> int:
    """Measure, print, and write the page if everything was measured; return 1 when a limit is missed."""
    quiet()
    chosen = tuple(sys.argv[1:]) or ALL
    sections = asyncio.run(measure(chosen))
    page = render(sections)
    print(page)
    if set(chosen) >= set(ALL):
        PAGE.write_text(page)
    missed = [figure for section in sections for figure in section.figures if not figure.met]
    for figure in missed:
        print(f"MISSED: {figure.name}: {figure.value:.3g} {figure.unit}, at most {figure.limit:g}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
