#!/usr/bin/python3
"""Process 1 of the guest that uml.py starts: a writable root, modules, the command, and off."""

import ctypes
import os
import pathlib
import pickle
import subprocess

libc = ctypes.CDLL(None, use_errno=True)
POWER_OFF = 0x4321FEDC
UPPER = "/mnt"


def mount(source, target, kind, options="", flags=0):
    if libc.mount(source.encode(), str(target).encode(), kind.encode(), flags, options.encode()) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"mount {kind} on {target}: {os.strerror(code)}")


def insert_module(path):
    with open(path, "rb") as module:
        image = module.read()
    if libc.syscall(175, image, ctypes.c_ulong(len(image)), b"") != 0:  # init_module on x86-64
        raise OSError(ctypes.get_errno(), f"cannot load {path}")


def become_root(root):
    """Not by chroot: whoever enters a mount namespace would find itself outside of it."""
    old = root / "old"
    old.mkdir()
    if libc.syscall(155, str(root).encode(), str(old).encode()) != 0:  # pivot_root on x86-64
        raise OSError(ctypes.get_errno(), "pivot_root")
    os.chdir("/")
    if libc.umount2(b"/old", 2) != 0:  # MNT_DETACH
        raise OSError(ctypes.get_errno(), "umount of the old root")


def make_root(exchange, order):
    modules = f"{order['peers']}/root/usr/lib/uml/modules/{os.uname().release}"
    mount("proc", "/proc", "proc")
    insert_module(f"{modules}/kernel/fs/overlayfs/overlay.ko")
    mount("tmpfs", UPPER, "tmpfs", "size=75%")
    for name in ("upper", "work", "root"):
        os.mkdir(f"{UPPER}/{name}")
    mount("overlay", f"{UPPER}/root", "overlay",
          f"lowerdir=/,upperdir={UPPER}/upper,workdir={UPPER}/work,index=off,xino=off")
    root = pathlib.Path(UPPER, "root")
    mount("proc", root / "proc", "proc")
    mount("sysfs", root / "sys", "sysfs")
    mount("devtmpfs", root / "dev", "devtmpfs")
    for name, kind in (("pts", "devpts"), ("shm", "tmpfs")):
        (root / "dev" / name).mkdir(exist_ok=True)
        mount(kind, root / "dev" / name, kind)
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        if not (root / "dev" / name).exists():
            (root / "dev" / name).symlink_to(target)
    mount("tmpfs", root / "run", "tmpfs")
    (root / "run/netns").mkdir()
    (root / "exchange").mkdir(exist_ok=True)
    mount("none", root / "exchange", "hostfs", exchange)
    (root / "usr/lib/modules").mkdir(parents=True, exist_ok=True)
    (root / "usr/lib/modules" / os.uname().release).symlink_to(modules)
    # kmod decides by its name what it does, and the kernel looks for modprobe here when it wants a module.
    modprobe = root / "usr/sbin/modprobe"
    modprobe.unlink(missing_ok=True)
    modprobe.write_text(f"#!/bin/bash\nexport LD_LIBRARY_PATH={order['peers']}/root/usr/lib/x86_64-linux-gnu\n"
                        f"exec -a modprobe {order['peers']}/root/bin/kmod \"$@\"\n")
    modprobe.chmod(0o755)
    become_root(root)
    # An overlay can have no other one above it, and the lab's daemons see their /etc through one.
    os.makedirs("/var/cache/standfast-lab", exist_ok=True)
    mount("tmpfs", "/var/cache/standfast-lab", "tmpfs")


def run(order):
    os.environ.clear()
    os.environ.update(order["environment"])
    os.environ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    os.environ["STANDFAST_IN_GUEST"] = "1"
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for module in order["modules"]:
        subprocess.run(["modprobe", module], check=True)
    with open("/exchange/stdout", "wb") as out, open("/exchange/stderr", "wb") as err:
        done = subprocess.run(order["argv"], stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True,
                              cwd=order["directory"])
    return done.returncode if done.returncode >= 0 else 128 - done.returncode


def main():
    exchange = os.environ["standfast_guest"]
    try:
        with open(f"{exchange}/order", "rb") as file:
            order = pickle.load(file)
        make_root(exchange, order)
        status = run(order)
        pathlib.Path("/exchange/status").write_text(str(status))
    except Exception as problem:  # said on the console: uml.py shows it
        print(f"guest: {problem!r}", flush=True)
    os.sync()
    libc.reboot(POWER_OFF)


main()
