"""Run a command and write what it took: seconds, processor seconds, peak MiB, exit code, as JSON.

A process's peak memory, as the kernel counts it, starts from that of the process that made it. So
a bench that has grown large measures through this script, which is small.

Run: python bench/measured.py RESULT.json OUTPUT.txt COMMAND [ARGUMENT ...]
"""

import json
import os
import sys
import time
from pathlib import Path
from subprocess import Popen


def main() -> None:
    result, output, *command = sys.argv[1:]
    with Path(output).open("w", encoding="utf-8") as to:
        begin = time.perf_counter()
        child = Popen(command, stdout=to, stderr=to)
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(status)  # it is reaped; Popen must not wait
    kib = 1 if sys.platform != "darwin" else 1024
    took = [seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / kib / 1024, child.returncode]
    Path(result).write_text(json.dumps(took), encoding="utf-8")


if __name__ == "__main__":
    main()
