# SPDX-License-Identifier: ISC
"""Libraries to preload into a daemon, built from tests/support."""

import os
import shutil
import subprocess

from daemons import PROGRAM

SUPPORT = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "support")


def build(directory, name):
    """The library of tests/support/NAME.c, built in a directory; None where there is
    no compiler, or the build's instrumentation does not let itself be preloaded."""
    library = os.path.join(directory, name + ".so")
    compiler = os.environ.get("CC", "cc").split()
    if shutil.which(compiler[0]) is None:
        return None
    subprocess.run([*compiler, "-shared", "-fPIC", "-O1", "-fno-builtin", "-D_GNU_SOURCE",
                    "-o", library, os.path.join(SUPPORT, name + ".c"), "-lm"], check=True)
    probe = subprocess.run([PROGRAM, "--version"], env={**os.environ, "LD_PRELOAD": library},
                           capture_output=True, check=False)
    return library if probe.returncode == 0 and not probe.stderr else None
