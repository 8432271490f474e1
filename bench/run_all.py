"""Run every bench and write docs/benchmarks.md from what they print.

Run: python bench/run_all.py [--quick] [--data DIR] [--only NAME ...]
"""

import argparse
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from figures import last_line, write_page

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
NO_DATA = 3  # a bench's exit code where its data is missing: said, not failed
TITLES = {
    "ledger": "Durable appends to the ledger, and proofs from it",
    "policy_import": "Speed of importing policies, encrypted",
    "reveal": "Reveals over HTTP beside an unguarded view",
    "trace_accuracy": "Accuracy: leaks in simulated insurers",
    "trace_real_logs": "Tracing leaks planted in two real logs",
    "trace_speed": "Speed and memory of a trace",
    "world_realism": "A simulated insurer beside real logs",
    "world_speed": "Speed and memory of making a simulated insurer",
}
WITH_DATA = ("trace_real_logs", "world_realism")


def main() -> int:
    options = _options()
    quick = ["--quick"] if options.quick else []
    ran, codes = {}, []
    for name in options.only or TITLES:
        board = name == "trace_accuracy" and not options.no_page
        # The draws take hours, `make bench-trace` makes them: the page shows what there is.
        command = ["python", f"bench/{name}.py", *(["--report"] if board else quick)]
        if name in WITH_DATA:
            command += ["--data", options.data]
        print(f"== {' '.join(command)}", flush=True)
        code, output = _told(command)
        if code not in (0, 1, NO_DATA) or (code != NO_DATA and not last_line(output)):
            print(f"{name} broke; {PAGE.name} is left as it was.")
            return 2
        ran[TITLES[name]] = " ".join(command), output
        codes.append(0 if code == NO_DATA else code)
    if not options.no_page:
        date = f"{datetime.now(UTC):%Y-%m-%d}"
        write_page(PAGE, date=date, titles=TITLES.values(), ran=ran)
    return max(codes)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="each bench in under a minute")
    parser.add_argument("--data", default="../shared/data", help="folder of the real logs")
    parser.add_argument(
        "--only", nargs="+", choices=TITLES, help="these; the page keeps the others as they stand"
    )
    parser.add_argument("--no-page", action="store_true", help="leave docs/benchmarks.md alone")
    return parser.parse_args()


def _told(command: list[str]) -> tuple[int, str]:
    """Run a bench from the project's folder, showing its words as they come."""
    lines = []
    script = [sys.executable, *command[1:]]
    with subprocess.Popen(script, stdout=subprocess.PIPE, text=True, cwd=HERE.parent) as child:
        for line in child.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    return child.returncode, "".join(lines)


if __name__ == "__main__":
    sys.exit(main())
