"""A machine to install packages on: this one's files below a layer that is thrown away, and processes of its own."""

import os
import signal
import subprocess

from support import process_facts

# `--make-rprivate` wants the root to be a mount point; where it is none, as in a chroot, somebody has done it before.
FILES = """
set -e
mount --make-rprivate / 2>/dev/null || true
mount -t tmpfs tmpfs "$1"
mkdir "$1/changed" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/changed,workdir=$1/work" "$1/root"
mount -t tmpfs tmpfs "$1/root/dev"
for node in null zero full random urandom tty; do
    touch "$1/root/dev/$node"
    mount --bind "/dev/$node" "$1/root/dev/$node"
done
ln -s /proc/self/fd "$1/root/dev/fd"
for folder in shm pts mqueue hugepages; do mkdir "$1/root/dev/$folder"; done
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$1/root/dev/pts"
ln -s pts/ptmx "$1/root/dev/ptmx"
mount -t tmpfs tmpfs "$1/root/run"
mount -t tmpfs tmpfs "$1/root/tmp"
mkdir -p "$1/root$2"
mount --rbind "$2" "$1/root$2"
"""
PLAIN = """
exec unshare --pid --fork --kill-child sh -c '
    mount -t proc proc "$1/root/proc"
    exec chroot "$1/root" bash -c "echo ready; read -r _"
' sh "$1"
"""
# In control groups of its own, which are removed at the end, and with none of the units that set up a whole machine.
WITH_SYSTEMD = """
group=$(basename "$1").$$
for kind in named unified; do mkdir "$1/$kind"; done
mount -t cgroup -o none,name=systemd cgroup "$1/named"
mount -t cgroup2 cgroup2 "$1/unified"
for kind in named unified; do mkdir "$1/$kind/$group"; done
mount -t sysfs -o ro sysfs "$1/root/sys"
mount -t tmpfs tmpfs "$1/root/sys/fs/cgroup"
mkdir "$1/root/sys/fs/cgroup/systemd" "$1/root/sys/fs/cgroup/unified"
find "$1"/root/lib/systemd/system/*.wants "$1"/root/etc/systemd/system/*.wants ! -type d ! -name '*journald*' -delete
rm -f "$1/root/usr/sbin/policy-rc.d"
unshare --pid --fork --kill-child sh -c '
    for kind in named unified; do echo 0 >"$1/$kind/$2/cgroup.procs"; done
    exec unshare --cgroup sh -c "
        set -e
        mount -t proc proc \\"\\$1/root/proc\\"
        mount -t cgroup -o none,name=systemd cgroup \\"\\$1/root/sys/fs/cgroup/systemd\\"
        mount -t cgroup2 cgroup2 \\"\\$1/root/sys/fs/cgroup/unified\\"
        echo ready
        exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot \\"\\$1/root\\" \
            /lib/systemd/systemd --system --unit=basic.target --show-status=0 >/dev/null 2>&1
    " sh "$1"
' sh "$1" "$group" || true
for kind in named unified; do find "$1/$kind/$group" -depth -type d -exec rmdir {} +; done
"""
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root"}


class CannotBeMade(Exception):
    pass


class Machine:
    """Its network is this machine's, and `shared` is the same folder on both.

    As PLAIN nothing in it knows of systemd; as WITH_SYSTEMD that is its process 1.
    """

    def __init__(self, folder, shared, kind=PLAIN):
        self.folder = folder
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "unchanged", "sh", "-c", FILES + kind, "sh", folder, shared],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise CannotBeMade(self.process.communicate()[1])
        # The first process of its namespace is a child of `unshare`; bash reaps what others leave while it waits.
        above = self.process.pid if kind == PLAIN else process_facts.children(self.process.pid)[0]
        (self.init,) = process_facts.children(above)

    def end(self):
        """Ends every process of it; its files go with the last of them."""
        os.kill(self.init, signal.SIGKILL)
        self.process.communicate()

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
