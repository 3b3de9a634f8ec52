"""Child processes that never outlive the run, and its scratch directory."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile

PR_SET_PDEATHSIG = 1
STOP_PATIENCE_S = 30
_libc = ctypes.CDLL(None, use_errno=True)


class Processes:
    """Starts children and stops all that are left when the run ends, however it ends.

    A child that loses this process dies with it (parent-death signal): not even kill -9 leaves one.
    """

    def __init__(self, priority):
        self._running = []
        self._priority = priority

    def start(self, argv, cores, log_path, capture=False):
        """A child on `cores`; what it prints goes to `log_path`, except what is captured."""

        def prepare():
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            os.sched_setaffinity(0, cores)
            raise_priority(self._priority)

        with open(log_path, "ab") as log:
            child = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stderr=log,
                stdout=subprocess.PIPE if capture else log,
                preexec_fn=prepare,
                start_new_session=True,
            )
        self._running.append(child)
        return child

    def run(self, argv, cores, log_path, timeout_s):
        """A child's standard output. Raises RuntimeError when it fails or takes too long."""
        child = self.start(argv, cores, log_path, capture=True)
        return self.wait(child, argv, log_path, timeout_s)

    def wait(self, child, argv, log_path, timeout_s):
        """Waits for a captured child; as run()."""
        try:
            output, _ = child.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"{argv[0]} took longer than {timeout_s:.0f} s") from None
        finally:
            self.kill(child)
        if child.returncode != 0:
            raise RuntimeError(f"{os.path.basename(argv[0])} failed: {last_line(log_path)}")
        return output.decode()

    def stop(self, child):
        """SIGTERM, then SIGKILL when that is not enough. True when the child left by itself."""
        clean = True
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(STOP_PATIENCE_S)
            except subprocess.TimeoutExpired:
                clean = False
        self.kill(child)
        return clean

    def kill(self, child):
        if child.poll() is None:
            child.kill()
        child.wait()
        if child.stdout:
            child.stdout.close()
        if child in self._running:
            self._running.remove(child)

    def kill_all(self):
        for child in list(self._running):
            self.kill(child)


def raise_priority(nice):
    """Sets the nice value of this process and its session; figures are noisier where it may not."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, nice)
        # Where the kernel groups tasks by session, the group has a nice value of its own.
        with open("/proc/self/autogroup", "w", encoding="ascii") as group:
            group.write(str(nice))
    except OSError:
        pass


class Scratch:
    """A directory for one run, removed at its end. `parent` decides which disk is measured."""

    def __init__(self, parent):
        os.makedirs(parent, exist_ok=True)
        self.path = tempfile.mkdtemp(prefix="run-", dir=parent)

    def new_directory(self, name):
        return tempfile.mkdtemp(prefix=name + "-", dir=self.path)

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def last_line(path):
    with open(path, encoding="utf-8", errors="replace") as log:
        lines = [line.strip() for line in log if line.strip()]
    return lines[-1] if lines else "no message"
