# SPDX-License-Identifier: Apache-2.0
"""Building the programs of other languages, and running them."""

import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("CHRONIK_CLIENTS_BUILD", HERE.parents[1] / "build" / "clients"))


def need(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            raise AssertionError(f"{tool} is not installed, and --clients asks for it: see tests/clients/README.md")


def run(*command, cwd, seconds, **variables):
    done = subprocess.run([str(word) for word in command], cwd=cwd, timeout=seconds, check=False, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, **variables})
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout[-6000:]}")
    return done.stdout


def copied(language):
    """The program's sources in the build folder, so that building leaves the repository clean."""
    folder = BUILD / language
    shutil.copytree(HERE / language, folder, dirs_exist_ok=True)
    return folder


def java():
    need("mvn", "java")
    folder = copied("java")
    run("mvn", "-q", "-B", "compile", cwd=folder, seconds=600)
    return folder


def go(name):
    """The program's path, and the folder."""
    need("go")
    folder = copied("go")
    run("go", "build", "-o", folder / "bin" / name, f"./{name}", cwd=folder, seconds=600)
    return folder / "bin" / name, folder


def node():
    need("node", "npm")
    folder = copied("node")
    run("npm", "ci", "--no-audit", "--no-fund", cwd=folder, seconds=300)
    return folder


def python():
    folder = copied("python")
    if not (folder / "venv" / "bin" / "pip").exists():
        run(sys.executable, "-m", "venv", "venv", cwd=folder, seconds=120)
    run("venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt", cwd=folder,
        seconds=300)
    return folder
