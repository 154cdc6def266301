"""What programs are run under: the allocators and trackers that are compared."""
import dataclasses
import os
import shutil
import subprocess

DEBIAN_LIBRARIES = "/usr/lib/x86_64-linux-gnu"


@dataclasses.dataclass(frozen=True)
class Config:
    """A way to run a program: a library to preload, variables, or a command in front."""
    name: str
    package: str = None
    preload: str = None
    variables: tuple = ()
    prefix: tuple = ()
    tracker: bool = False  # accounts for every allocation, slowly: on short runs only
    subject: bool = False  # the library this project makes
    once: bool = False  # so slow that one repetition has to do
    section: str = None  # measured there only, against plain glibc


def peers(work):
    """The other projects' libraries and tools, as Debian 12 ships them."""
    library = DEBIAN_LIBRARIES
    return [
        Config("glibc"),
        Config("jemalloc", "libjemalloc2", f"{library}/libjemalloc.so.2"),
        Config("mimalloc", "libmimalloc2.0", f"{library}/libmimalloc.so.2"),
        Config("tcmalloc", "libtcmalloc-minimal4",
               f"{library}/libtcmalloc_minimal.so.4"),
        Config("heaptrack", "heaptrack",
               "/usr/lib/heaptrack/libheaptrack_preload.so",
               (("DUMP_HEAPTRACK_OUTPUT", f"{work}/heaptrack.out"),), tracker=True),
        Config("gperftools", "libgoogle-perftools4",
               f"{library}/libtcmalloc.so.4", (("HEAPPROFILE", f"{work}/gperftools.out"),),
               tracker=True),
        Config("lsan", "liblsan0", f"{library}/liblsan.so.0",
               (("LSAN_OPTIONS", f"exitcode=0:log_path={work}/lsan.out"),), tracker=True),
        Config("massif", "valgrind", tracker=True, once=True,
               prefix=("/usr/bin/valgrind", "-q", "--tool=massif",
                       f"--massif-out-file={work}/massif.out")),
        Config("memcheck", "valgrind", tracker=True, once=True,
               prefix=("/usr/bin/valgrind", "-q", "--leak-check=full",
                       f"--log-file={work}/memcheck.out")),
    ]


def subjects(library):
    """The configurations of the library this project makes, at `library`."""
    def with_stack(depth):
        return Config(f"stack={depth}", preload=library, subject=True,
                      variables=(("POOLTAG_OPTIONS", f"stack={depth}"),), tracker=True)
    return [Config("pooltag", preload=library, subject=True), with_stack(8),
            with_stack(32)]


def checker(poolmon):
    """A leak check of all processes; what it finds is no failure here, but what it could not look at."""
    return Config("check", prefix=(poolmon, "check", "--fail-on=unscanned", "--"), section="checks")


def unusable(config):
    """Why `config` cannot be measured on this machine, or None.

    A preload that does not load is only a message of the dynamic linker, so it is asked."""
    if config.prefix and not shutil.which(config.prefix[0]):
        return f"{config.prefix[0]} is not installed"
    if not config.preload:
        return None
    if not os.path.exists(config.preload):
        return f"there is no {os.path.basename(config.preload)}"
    variables = dict(config.variables, LD_PRELOAD=config.preload, PATH=os.environ["PATH"])
    # The shell stays the process that is asked: it runs a builtin only.
    asked = subprocess.run(["/bin/sh", "-c", "while read l; do echo \"$l\"; done < /proc/$$/maps"],
                           env=variables, text=True, capture_output=True, check=False)
    if asked.returncode != 0 or os.path.realpath(config.preload) not in asked.stdout:
        return f"{os.path.basename(config.preload)} cannot be preloaded: {asked.stderr.strip()}"
    if config.subject and config.variables and asked.stderr.strip():
        return f"this library refuses it ({asked.stderr.strip().splitlines()[0]})"
    return None
