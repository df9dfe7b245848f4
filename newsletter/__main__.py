"""Run the command line, as `newsletter` or `python -m newsletter`."""

import os
import sys

from newsletter.cli import INTERRUPTED, main


def run() -> None:
    """Run one command and end with its code.

    After a signal the process ends at once: a thread that waits for a silent server would
    hold it for half a minute, and everything that had to be settled has been.
    """
    try:
        main()
    except SystemExit as end:
        if end.code not in INTERRUPTED.values():
            raise
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(end.code or 0))


if __name__ == "__main__":
    run()
