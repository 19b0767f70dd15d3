# SPDX-License-Identifier: Apache-2.0
"""File systems of a test's own: one that can be full, and one whose power can be cut."""

import errno
import fcntl
import os
import shutil
import struct
import subprocess
import sys

_MARK = "CHRONIK_OWN_MOUNTS"
_NEEDED = ("unshare", "mount", "umount", "losetup", "mkfs.ext4")
# _IOR('X', 125, __u32) of linux/fs.h, and what it is told: the journal's last commits are not written either.
_EXT4_IOC_SHUTDOWN, _WITHOUT_FLUSH = 0x8004587D, 2
IN_MEMORY = ("tmpfs", "ramfs")


def kind_of(path):
    """The type of the file system that a path is on: ext4, tmpfs, ..."""
    where, best, kind = os.path.realpath(path), "", "unknown"
    with open("/proc/self/mountinfo", encoding="utf-8") as lines:
        for line in lines:
            before, _, after = line.partition(" - ")
            mounted = before.split()[4].replace("\\040", " ")
            inside = where == mounted or where.startswith(mounted.rstrip("/") + "/")
            if inside and len(mounted) >= len(best):
                best, kind = mounted, after.split()[0]
    return kind


def _refuse(why):
    raise SystemExit(f"refused: this test makes a file system of its own, and {why}")


def own_mounts():
    """Runs this program once more, as root and with mounts of its own, which go with it however it ends.

    Where that cannot be, the program ends and says why.
    """
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    if _MARK in os.environ:
        del os.environ[_MARK]
        os.environ["PATH"] = path
        return
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    missing = [name for name in (*_NEEDED, *as_root[:1]) if shutil.which(name, path=path) is None]
    if missing:
        _refuse(f"{', '.join(missing)} is not installed: scripts/setup test, or run it as root")
    apart = [*as_root, shutil.which("unshare", path=path), "--mount", "--propagation", "private"]
    # One that can find a loop device can also be given one.
    tried = subprocess.run([*apart, shutil.which("losetup", path=path), "--find"], stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        _refuse(f"this machine gives it no loop device: {' '.join(tried.args)}: {tried.stderr.strip()}")
    # What sudo would leave out.
    passed = [f"{key}={value}" for key, value in os.environ.items()
              if key.startswith("CHRONIK_") or key in ("PYTHONDONTWRITEBYTECODE", "TMPDIR")]
    command = [*apart, "env", f"{_MARK}=1", *passed, sys.executable, *sys.orig_argv[1:]]
    os.execvp(command[0], command)


class Disk:
    """An ext4 file system on a loop device of `mebibytes`, mounted at folder/name, which is `where`."""

    def __init__(self, folder, name, mebibytes=400):
        self.where = os.path.join(folder, name)
        self.data = os.path.join(self.where, "data")  # for a broker: beside it, files may come and go
        self._image = self.where + ".image"
        self._dark = False
        os.makedirs(self.where)
        with open(self._image, "wb") as image:
            image.truncate(mebibytes << 20)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", self._image)
        self._mount()

    def _mount(self):
        # The loop device goes with the mount.
        _run("mount", "-o", "loop", self._image, self.where)

    def _unmount(self):
        _run("umount", self.where)

    def free_bytes(self):
        now = os.statvfs(self.where)
        return now.f_bavail * now.f_frsize

    def take(self, mebibytes):
        """So much is in use until give_back()."""
        with open(self._ballast("some"), "xb") as file:
            os.posix_fallocate(file.fileno(), 0, mebibytes << 20)

    def take_rest(self):
        """And all that is left."""
        with open(self._ballast("rest"), "xb") as file:
            end = 0
            for step in (1 << 20, 1 << 12):
                try:
                    while True:
                        os.posix_fallocate(file.fileno(), end, step)
                        end += step
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def give_back(self):
        for which in ("some", "rest"):
            if os.path.exists(self._ballast(which)):
                os.remove(self._ballast(which))

    def _ballast(self, which):
        return os.path.join(self.where, f"ballast-{which}")

    def cut_power(self):
        """Every call fails with EIO from now on, and what no sync has covered will be gone after restore_power()."""
        if self._dark:
            return
        directory = os.open(self.where, os.O_RDONLY)
        try:
            fcntl.ioctl(directory, _EXT4_IOC_SHUTDOWN, struct.pack("I", _WITHOUT_FLUSH))
        finally:
            os.close(directory)
        self._dark = True

    def restore_power(self):
        """The file system as its journal recovers it. Nobody has a file of it open any more."""
        self._unmount()
        self._mount()
        self._dark = False

    def put_away(self):
        self._unmount()


def _run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr.strip()}"
