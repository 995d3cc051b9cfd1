"""Lets a torch that was built for CUDA start on a machine without NVIDIA's libraries, which weigh about 3 GB.

torch's own shared objects name those libraries as needed. For each of them a small library with the same soname and the
same versioned symbols is compiled here; every function in it answers with an error, so torch finds no device and computes
on the CPU. torch itself is not changed and nothing is downloaded.

usage: cudaStandIns.py SITE_PACKAGES      needs cc, nm and readelf
"""

import pathlib
import re
import subprocess
import sys
import tempfile
from collections import defaultdict

NVIDIA_LIBRARY = re.compile(r"lib(cu|nv|nccl)")
NVIDIA_SYMBOL = re.compile(r"(cu|nv|nccl)")
# The driver is opened by name only where a device is there, so nobody needs it at start.
DRIVER = "libcuda.so.1"


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def needed_libraries(library):
    return set(re.findall(r"\(NEEDED\).*?\[(.+?)\]", output_of("readelf", "--dynamic", "--wide", library)))


def library_of_version(library):
    """Symbol version -> soname that provides it, from the library's version requirements."""
    provider, soname = {}, None
    for line in output_of("readelf", "--version-info", "--wide", library).splitlines():
        if file := re.search(r"File: (\S+)", line):
            soname = file[1]
        elif (name := re.search(r"Name: (\S+)\s+Flags", line)) and soname:
            provider[name[1]] = soname
    return provider


def survey(libraries):
    """What the libraries need: {soname: {version: names}}, the names without a version, and the sonames."""
    versioned = defaultdict(lambda: defaultdict(set))
    plain, defined, needed = set(), set(), set()
    for library in libraries:
        needed |= needed_libraries(library)
        provider = library_of_version(library)
        for line in output_of("nm", "--dynamic", "--with-symbol-versions", library).splitlines():
            kind, symbol = line.split()[-2:]
            name, _, version = symbol.partition("@")
            if kind != "U":
                defined.add(name)
            elif version in provider:
                versioned[provider[version]][version].add(name)
            elif not version and NVIDIA_SYMBOL.match(name):
                plain.add(name)
    return versioned, plain - defined, needed


def stem_of(soname):
    """libcublasLt.so.13 -> cublaslt: what the names of its functions begin with, in lower case."""
    return re.match(r"lib(.+?)(?:_host)?\.so", soname)[1].lower()


def owner_of(symbol, sonames):
    """The library with the longest stem that the symbol begins with: cublasLtCreate is not cublas's."""
    fitting = [soname for soname in sonames if symbol.lower().startswith(stem_of(soname))]
    return max(fitting, key=lambda soname: len(stem_of(soname)), default=None)


def function_source(name):
    if re.search(r"Get\w*(String|Name)$", name):
        return f'const char *{name}(void) {{ return "no device"; }}'
    return f"long {name}(void) {{ return 100; }}"  # cudaErrorNoDevice; an error in the other libraries too


def build(soname, versions, plain, folder):
    names = sorted(plain.union(*versions.values()))
    source = [function_source(name) for name in names] + [f"int {stem_of(soname)}_stand_in;"]
    with tempfile.TemporaryDirectory() as scratch:
        code = pathlib.Path(scratch, "standIn.c")
        code.write_text("\n".join(source) + "\n")
        flags = ["-shared", "-fPIC", "-O1", "-w", "-fno-builtin", f"-Wl,-soname,{soname}"]
        if versions:
            script = pathlib.Path(scratch, "versions.map")
            script.write_text("".join(f"{v} {{ global: {'; '.join(sorted(s))}; }};\n" for v, s in versions.items()))
            flags.append(f"-Wl,--version-script={script}")
        output_of("cc", *flags, "-o", str(folder / soname), str(code))
    return len(names)


def main(site_packages):
    libraries = sorted((site_packages / "torch" / "lib").glob("*.so*"))
    versioned, plain, needed = survey(libraries)
    own = {library.name for library in libraries}
    sonames = sorted(name for name in needed - own if NVIDIA_LIBRARY.match(name) and name != DRIVER)
    folder = site_packages / "nvidia" / "cu13" / "lib"  # torch looks here for them (RPATH)
    folder.mkdir(parents=True, exist_ok=True)
    owned = defaultdict(set)
    for symbol in plain:
        owned[owner_of(symbol, sonames)].add(symbol)
    functions = sum(build(soname, versioned.get(soname, {}), owned[soname], folder) for soname in sonames)
    print(f"{len(sonames)} stand-ins with {functions} functions", file=sys.stderr)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
