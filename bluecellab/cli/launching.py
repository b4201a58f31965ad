"""``--ranks N``: start the ranks of an MPI job; and what the command line does as one of them."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from bluecellab.errors import BluecellabError, LauncherError, ParallelError, RankError, TimeLimitError
from bluecellab.nrn.launch import rank_of

__all__ = ["Launcher", "as_rank", "find_launcher", "is_started_by_us", "launch", "say_if_crowded"]

_MARK = "BLUECELLAB_RANKS"  # set for the ranks that we start
# what lies in the working directory is no part of Python
_PROGRAM = (
    "import sys; sys.path = [p for p in sys.path if p]; from bluecellab.cli import main; sys.exit(main())"
)
_LINUX_PR_SET_PDEATHSIG = 1
_CRASHES = {signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE}
_PATIENCE = 5.0  # s that ranks have to end after they are told to


@dataclass(frozen=True)
class Launcher:
    """A program that starts MPI jobs.

    Parameters
    ----------
    path
        Where it is.
    open_mpi
        Whether it is Open MPI's.
    """

    path: str
    open_mpi: bool = False

    def command(self, ranks: int, arguments: Sequence[str]) -> list[str]:
        """Return the command that starts so many ranks of ``bluecellab`` with these arguments.

        Examples
        --------
        >>> Launcher("mpirun").command(2, ["run", "x.json"])[:3]
        ['mpirun', '-n', '2']
        """
        options: list[str] = []
        if self.open_mpi:
            # it refuses more ranks than cores, and to be run by root, both of which are usual in containers
            options = ["--oversubscribe", *(["--allow-run-as-root"] if os.geteuid() == 0 else [])]
        return [self.path, "-n", str(ranks), *options, sys.executable, "-c", _PROGRAM, *arguments]


def find_launcher() -> Launcher:
    """Return the launcher that belongs to this Python, or else any.

    Raises
    ------
    LauncherError
        If there is none.
    """
    beside = str(Path(sys.executable).parent)
    for folders in (beside, None):
        for name in ("mpirun", "mpiexec"):
            path = shutil.which(name, path=folders)
            if path is not None:
                return Launcher(path, _is_open_mpi(path))
    raise LauncherError(
        f"--ranks needs mpirun, which is neither beside Python, in {beside}, nor in PATH. Install one: "
        "pip install 'bluecellab[mpi]'"
    )


def _is_open_mpi(path: str) -> bool:
    said = subprocess.run(  # noqa: S603 - found in PATH
        [path, "--version"], capture_output=True, text=True, check=False
    ).stdout
    return "Open MPI" in said or "OpenRTE" in said


def is_started_by_us() -> bool:
    """Whether this process is a rank that :func:`launch` has started."""
    return _MARK in os.environ


def say_if_crowded(ranks: int) -> None:
    """Say on standard error that there are fewer processors than ranks, if that is so."""
    from bluecellab.simulation.isolation.cpus import available_cpus

    processors = available_cpus()
    if ranks > processors:
        print(
            f"bluecellab: {ranks} ranks on {processors} processor{'s' if processors > 1 else ''}: ranks wait "
            f"for each other by spinning, which can be a hundred times slower than --ranks {processors}",
            file=sys.stderr,
            flush=True,
        )


def launch(ranks: int, arguments: Sequence[str], *, time_limit: float | None = None) -> int:
    """Run ``bluecellab`` with these arguments on so many ranks; return the exit code of the job.

    Parameters
    ----------
    ranks
        How many.
    arguments
        Those of this process; ``--ranks`` among them does not count any more.
    time_limit
        Wall time in s after which the job is ended.

    Raises
    ------
    ParallelError
        If this process is itself a rank, or the number makes no sense.
    LauncherError
        If there is no launcher.
    RankError
        If a rank was killed.
    TimeLimitError
        If the job took too long.
    """
    if ranks < 1:
        raise ParallelError(f"--ranks takes a positive number, not {ranks}")
    own = rank_of()
    if own is not None:
        raise ParallelError(
            f"--ranks {ranks} was asked for by a rank of an MPI job of {own.size}. Start ranks by "
            "mpirun or by --ranks, not by both."
        )
    command = find_launcher().command(ranks, arguments)
    job = subprocess.Popen(  # noqa: S603 - this very program
        command,
        env={**os.environ, _MARK: str(ranks)},
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # or Ctrl-C would reach it twice
        preexec_fn=_die_with_parent,
    )
    with job, _forwarding(job):
        code = _waited(job, time_limit)
    number = code % 128 if code > 0 else -code
    if number in _CRASHES:
        raise RankError(
            f"a rank was ended by signal {number} ({signal.Signals(number).name}), and the others with it; "
            "what it wrote is incomplete. If no rank has said why: was there too little memory? Use fewer "
            "ranks, or more machines."
        )
    return code


def _waited(job: subprocess.Popen[bytes], time_limit: float | None) -> int:
    """Return the exit code of a job, which is ended when it takes too long."""
    try:
        return job.wait(time_limit)
    except subprocess.TimeoutExpired as error:
        job.send_signal(signal.SIGTERM)
        try:
            job.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(job.pid, signal.SIGKILL)
            job.wait()
        raise TimeLimitError(f"the run overran its time limit of {time_limit:g} s") from error


@contextmanager
def _forwarding(job: subprocess.Popen[bytes]) -> Iterator[None]:
    """Hand signals that should end this process on to a job, which then ends by itself."""

    def forward(number: int, _frame: FrameType | None) -> None:
        if job.poll() is None:
            job.send_signal(number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, forward) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _die_with_parent() -> None:
    """Have the kernel end the launcher when this process is killed; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_LINUX_PR_SET_PDEATHSIG, int(signal.SIGTERM))


def as_rank(command: Callable[[], int], *, shared: bool) -> int:
    """Run a command as what this process is: alone, or one rank of several, which fail together.

    An error that all ranks raise is printed once.

    Parameters
    ----------
    command
        Returns an exit code.
    shared
        Whether ranks share its work.

    Raises
    ------
    ParallelError
        By the first rank, if they do not.
    LauncherError
        By the first rank, if NEURON sees others than the launcher started.
    """
    own = rank_of()
    if own is None:
        return command()
    if not shared:
        if own.rank:
            return 1
        raise ParallelError(
            f"only 'run' makes use of the {own.size} ranks; start other commands without them"
        )
    from bluecellab.nrn.parallel import ranks

    try:
        everybody = ranks()
    except LauncherError:
        if own.rank == 0:
            raise
        return 1
    try:
        with everybody.agreed("running the command"):
            return command()
    except (BluecellabError, KeyboardInterrupt) as error:
        told = everybody.gathered(
            None if isinstance(error, RankError) else _line(error), "ending with errors"
        )
        if everybody.id == 0:
            lines = [line for line in told if line is not None]
            for line in dict.fromkeys(lines):
                who = "" if len(lines) == len(told) else f"rank {told.index(line)}: "
                print(f"bluecellab: {who}{line}", file=sys.stderr)
        return 130 if isinstance(error, KeyboardInterrupt) else 1


def _line(error: BaseException) -> str:
    return "interrupted" if isinstance(error, KeyboardInterrupt) else f"{type(error).__name__}: {error}"
