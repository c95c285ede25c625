"""A machine to install packages on: this one's files below a layer that is thrown away, and processes of its own."""

import os
import subprocess

from support import process_facts

# `--make-rprivate` wants the root to be a mount point; where it is none, as in a chroot, somebody has done it before.
SETUP = """
set -e
mount --make-rprivate / 2>/dev/null || true
mount -t tmpfs tmpfs "$1"
mkdir "$1/changed" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/changed,workdir=$1/work" "$1/root"
mount --rbind /dev "$1/root/dev"
mount -t tmpfs tmpfs "$1/root/run"
mount -t tmpfs tmpfs "$1/root/tmp"
mkdir -p "$1/root$2"
mount --rbind "$2" "$1/root$2"
mount -t proc proc "$1/root/proc"
cd /
exec chroot "$1/root" bash -c 'echo ready; read -r _'
"""
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root"}


class CannotBeMade(Exception):
    pass


class Machine:
    """Its network is this machine's, and `shared` is the same folder on both. Nothing in it knows of systemd."""

    def __init__(self, folder, shared):
        self.folder = folder
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--propagation", "unchanged", "--fork", "--kill-child",
             "sh", "-c", SETUP, "sh", str(folder), str(shared)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise CannotBeMade(self.process.communicate()[1])
        # It reaps what others leave behind, as bash does while it waits.
        (self.init,) = process_facts.children(self.process.pid)

    def end(self):
        """Ends every process of it; its files go with the last of them."""
        self.process.communicate("\n")

    def path(self, path):
        """Where a file of it is seen from here."""
        return f"/proc/{self.init}/root{path}"

    def inside(self, *command):
        return ["nsenter", "--target", str(self.init), "--mount", "--pid", "--root", "--wd", *map(str, command)]

    def run(self, *command):
        """The completed process, its output and errors as one text."""
        return subprocess.run(self.inside(*command), env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)

    def start(self, *command):
        """In the background, with this process as its parent."""
        return subprocess.Popen(self.inside(*command), env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def write(self, path, text):
        with open(self.path(path), "w") as file:
            file.write(text)

    def changed_files(self):
        """What is other than on this machine, or is not there: paths, without folders."""
        top = f"/proc/{self.process.pid}/root{self.folder}/changed"
        return {os.path.join(folder, name)[len(top):] for folder, _, names in os.walk(top) for name in names}
