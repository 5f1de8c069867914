"""Brings the verifiers, each in a folder of its own, and installs nothing on the machine."""

import os
import pathlib
import shutil
import subprocess
import sys

GO, SIGSTORE, VERIFY = "1.19", "4.5.1", "4.1.3"
HERE = pathlib.Path(__file__).parent


class Environment:
    def __init__(self, cache):
        cache = pathlib.Path(cache).absolute()
        self.debian = cache / f"debian-go-{GO}"
        self.venv = cache / f"sigstore-{SIGSTORE}"
        self.npm = cache / f"verify-{VERIFY}"
        self.built = cache / "built"

    @property
    def python(self):
        return self.venv / "bin" / "python"

    @property
    def modules(self):
        return self.npm / "node_modules"

    @property
    def checker(self):
        return self.built / "check"

    def prepare(self):
        once(self.debian, f"Debian's Go {GO} and golang.org/x/mod, unpacked and not installed", unpack)
        once(self.venv, f"PyPI's sigstore {SIGSTORE}, with cryptography", virtual)
        once(self.npm, f"npm's @sigstore/verify {VERIFY}", modules)
        self.build()

    def build(self):
        """In GOPATH mode, so that the packages are Debian's and nothing is fetched."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.built),
            "GOROOT": str(self.debian / f"usr/lib/go-{GO}"),
            "GOPATH": str(self.debian / "usr/share/gocode"),
            "GOCACHE": str(self.built / "cache"),
            "GO111MODULE": "off",
            "CGO_ENABLED": "0",
        }
        go = self.debian / f"usr/lib/go-{GO}/bin/go"
        self.built.mkdir(parents=True, exist_ok=True)
        say(self.built, [go, "build", "-o", self.checker, HERE / "go/main.go"], environment)

    def versions(self):
        """What each verifier is, as its own files tell."""
        debs = {deb.name.split("_")[0]: deb.name.split("_")[1] for deb in self.debian.glob("*.deb")}
        told = "import cryptography, sigstore; print(sigstore.__version__, cryptography.__version__)"
        sigstore, cryptography = subprocess.check_output([self.python, "-c", told], text=True).split()
        return {
            "x/mod": f"Go x/mod {debs['golang-golang-x-mod-dev']}",
            "sigstore": f"PyPI sigstore {sigstore}",
            "@sigstore": f"npm @sigstore/verify {VERIFY}",
            "cryptography": f"PyPI cryptography {cryptography}",
        }


def once(folder, what, make):
    """A folder is made anew until it was finished once."""
    if (folder / "finished").exists():
        return
    print(f"== fetching {what}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    make(folder)
    (folder / "finished").touch()


def unpack(folder):
    packages = [f"golang-{GO}-go", f"golang-{GO}-src", "golang-golang-x-mod-dev"]
    say(folder, ["apt-get", "download", *packages], hint="Debian 12 has these packages; `apt-get update` may be due")
    for deb in folder.glob("*.deb"):
        say(folder, ["dpkg-deb", "--extract", deb, folder])


def virtual(folder):
    say(folder, [sys.executable, "-m", "venv", folder], hint="on Debian, install python3-venv")
    install = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", f"sigstore=={SIGSTORE}"]
    say(folder, install, hint="it needs Python 3.10 or later")


def modules(folder):
    (folder / "package.json").write_text('{"private": true}\n')
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save"]
    say(folder, ["npm", "install", *options, f"@sigstore/verify@{VERIFY}"])


def say(folder, command, environment=None, hint=""):
    """Says nothing unless the command fails."""
    command = [str(word) for word in command]
    try:
        done = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True)
    except FileNotFoundError:
        sys.exit(f"`{command[0]}` is missing here: install it")
    if done.returncode:
        sys.exit("\n".join(filter(None, [done.stdout + done.stderr, f"`{' '.join(command)}` failed", hint])))
