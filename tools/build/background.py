# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps that go on, one after the other, while the caller does something else."""

import atexit
import concurrent.futures
import threading

from build import progress

STOP_S = 10


class Background:
    def __init__(self, steps):
        """steps: (name, function) in the order in which they run. A function gets
        the method result, for those before it.
        """
        self._steps = steps
        self._futures = {name: concurrent.futures.Future() for name, _ in steps}
        self._ending = False
        # Not to be waited for when the program ends early, but to tidy up after itself.
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        atexit.register(self._end)

    def _end(self):
        self._ending = True
        progress.stop_all()
        self._thread.join(STOP_S)

    def _run(self):
        for name, function in self._steps:
            if self._ending:
                return
            try:
                self._futures[name].set_result(function(self.result))
            except BaseException as problem:
                self._futures[name].set_exception(problem)

    def result(self, name):
        """Waits for the step; returns or raises what it did."""
        return self._futures[name].result()
