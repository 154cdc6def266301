"""The machine: what is installed, what has to be, and what it is in general terms."""
import os
import platform
import subprocess
import sys


def installed(package):
    """The installed version of a Debian package, or None."""
    shown = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Version}", package],
                           text=True, capture_output=True, check=False)
    return shown.stdout[3:] if shown.stdout.startswith("ii ") else None


def apt_get(*arguments):
    """Runs apt-get as root. Returns whether it succeeded; it says on stderr why it did not."""
    command = (["sudo"] if os.geteuid() != 0 else []) + ["apt-get", *arguments]
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    return subprocess.run(command, env=environment, stdout=subprocess.DEVNULL,
                          check=False).returncode == 0


def install(packages):
    """Installs those Debian packages that are missing. Returns the names of those still missing."""
    missing = sorted(p for p in packages if not installed(p))
    if not missing:
        return []
    print("installing:", " ".join(missing), file=sys.stderr, flush=True)
    install_them = ("install", "-y", "--no-install-recommends", *missing)
    if not apt_get(*install_them) and apt_get("update"):
        apt_get(*install_them)
    return [p for p in missing if not installed(p)]


def commit(folder):
    """The commit of the source tree that holds `folder`, marked if it is changed, or '-'."""
    shown = subprocess.run(["git", "-C", folder, "describe", "--always", "--dirty"], text=True,
                           capture_output=True, check=False)
    return shown.stdout.strip() or "-"


def cpu_model():
    """The processor's name as the kernel knows it."""
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def describe():
    """CPU, memory, kernel and C library in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    kernel = ".".join(platform.release().split("-")[0].split(".")[:2])
    libc = os.confstr("CS_GNU_LIBC_VERSION")
    return (f"{cpu_model()}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {kernel}, {libc}")
