"""File systems on loop devices, whose power can be cut.

A cut is the shutdown request of ext4 and xfs without a flush of their journal: from then on every
operation fails, and what was only in the page cache is lost when the file system is unmounted. What
comes back after mounting is what the file system had handed to its device.

`volatile=True` puts the device's backing file on a file system of its own and cuts that one's
power. The backing file's page cache then plays the write cache of a disk: what the inner file
system wrote to its device is lost too, unless it asked the device to flush.
"""

import ctypes
import fcntl
import os
import pathlib
import shutil
import struct
import subprocess
import time

CLONE_NEWNS = 0x00020000
PATIENCE_SECONDS = 10
SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN: _IOR('X', 125, __u32)
NO_LOG_FLUSH = 2
MAKE = {"ext4": ("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"),
        "xfs": ("mkfs.xfs", "-q", "-f")}


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          timeout=60, check=False)
    if done.returncode != 0:
        raise OSError(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout.strip()


def patiently(*words):
    """A loop device that is no longer used takes a moment to go."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return run(*words)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


class LoopDisk:
    """A file system of a kind and size below `directory`, mounted at `.mount_point`."""

    def __init__(self, directory, kind="ext4", megabytes=512, volatile=False):
        self.directory = pathlib.Path(directory)
        self.kind = kind
        self.megabytes = megabytes
        self.mount_point = self.directory / "mounted"
        self.outer = None
        if volatile:
            outer_directory = self.directory / "outer"
            outer_directory.mkdir(parents=True)
            self.outer = LoopDisk(outer_directory, "ext4", megabytes + megabytes // 4 + 64)

    def __enter__(self):
        try:
            if self.outer:
                self.outer.__enter__()
            self.mount_point.mkdir(parents=True)
            self._make_image()
            self.attach()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.detach()
        (self.outer or self)._image.unlink(missing_ok=True)

    @property
    def _image(self):
        return (self.outer.mount_point if self.outer else self.directory) / "image"

    def _make_image(self):
        with open(self._image, "wb") as image:
            if self.outer:
                os.posix_fallocate(image.fileno(), 0, self.megabytes << 20)
            else:
                image.truncate(self.megabytes << 20)
        run(*MAKE[self.kind], self._image)
        if self.outer:
            with open(self._image, "rb") as image:
                os.fsync(image.fileno())

    @property
    def attached(self):
        # Not by looking at the mount point: a file system whose power is cut answers nothing.
        mounts = pathlib.Path("/proc/self/mounts").read_text()
        return f" {self.mount_point} " in mounts

    def attach(self):
        if self.outer and not self.outer.attached:
            self.outer.attach()
        # The loop device goes with the mount, and the mount with this process (own_mounts).
        patiently("mount", "-t", self.kind, "-o", "loop", self._image, self.mount_point)

    def detach(self):
        """The file system's user must have ended."""
        if self.attached:
            patiently("umount", self.mount_point)
        if self.outer:
            self.outer.detach()

    def cut(self):
        """The power goes. What runs on the file system gets errors until it is killed."""
        if self.outer:
            self.outer.cut()
        try:
            shut_down(self.mount_point)
        except OSError:
            if not self.outer:  # else it has noticed by itself that its device fails
                raise

    def restore(self):
        """The power comes back: the journal is replayed, what was not synced is gone."""
        self.detach()
        self.attach()


def shut_down(mount_point):
    root = os.open(mount_point, os.O_RDONLY)
    try:
        fcntl.ioctl(root, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
    finally:
        os.close(root)


class Small(LoopDisk):
    """The same, for those who only want it to be small."""

    def __enter__(self):
        return super().__enter__().mount_point


def why_impossible(directory, kind="ext4"):
    """Why this machine cannot do it, or None."""
    if os.geteuid() != 0:
        return "mounting needs root"
    if not shutil.which(MAKE[kind][0]):
        return f"{MAKE[kind][0]} is not installed"
    if not os.path.exists("/dev/loop-control"):
        return "there are no loop devices"
    probe = pathlib.Path(directory) / f"probe-{kind}"
    probe.mkdir()
    try:
        own_mounts()
        with LoopDisk(probe, kind, megabytes=320) as disk:
            disk.cut()
    except OSError as error:
        return f"{kind} on a loop device: {error}"
    finally:
        shutil.rmtree(probe, ignore_errors=True)
    return None


def own_mounts():
    """Mounts made from now on are this process's and its children's only, and end with them."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    run("mount", "--make-rprivate", "/")
