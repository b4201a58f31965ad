"""What the drill of sweeps stands on: cells whose runs go wrong, and a sweep that tells what became of it."""

from __future__ import annotations

BOMBS = '''
import ctypes, os, time

class Bomb:
    """A sphere that goes off at 5 ms of a run, or while it is built."""

    def __init__(self, fuse="", building=""):
        from neuron import h
        self.soma = h.Section(name="soma[0]", cell=self)
        self.soma.L = self.soma.diam = 10
        self.soma.insert("hh")
        if building:
            self.explode(building)
        self.event = lambda: self.explode(fuse)
        self.handler = h.FInitializeHandler(lambda: h.CVode().event(5.0, self.event))

    def explode(self, how):
        from neuron import h
        open(f"pid {how}", "w").write(str(os.getpid()))
        print("boom", how)
        if how == "raise": raise ValueError("bad charge")
        if how == "quit": h.quit()
        if how == "quit in hoc": h("quit()")
        if how == "exit": os._exit(3)
        if how == "abort": os.abort()
        if how == "segfault": ctypes.string_at(0)
        if how == "kill": os.kill(os.getpid(), 9)
        if how == "sleep": time.sleep(60)
        if how == "swell": self.ballast = bytearray(500_000_000)
        if how == "swell in hoc": self.ballast = h.Vector(50_000_000)
'''

PREAMBLE = (
    """
import ctypes, os, signal, sys, threading, time
from pathlib import Path
import numpy
from bluecellab import BallStickCell
from bluecellab.errors import *
from bluecellab.simulation.sweeping import map_cells, sweep
from bluecellab.spec.cells import PythonCell
from bluecellab.spec.protocols import Protocol

BALL = BallStickCell()
RUN = Protocol.of_step(0.5, 5.0, 15.0, 10.0)

Path("bombs.py").write_text('''"""
    + BOMBS
    + """''')
sys.path.insert(0, os.getcwd())

def bomb(**how):
    return PythonCell(factory="bombs:Bomb", arguments=how)

def check(outcome, kind, *words):
    error = outcome.error
    assert isinstance(error, kind), repr(error)
    for word in words:
        assert word in str(error), (word, str(error))
    return error

def gone(how):
    try:
        os.kill(int(Path(f"pid {how}").read_text()), 0)
    except ProcessLookupError:
        return True
    return False

good = sweep(BALL, RUN).results()[0]  # the pool is warm, and this is what must come of it
"""
)
