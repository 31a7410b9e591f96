"""A throw-away /etc and /run in a mount namespace of our own, and what is measured there: time, counts, memory."""
import contextlib, os, shutil, signal, socket, subprocess, sys, tempfile, threading, time as clock

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = {"gosu": "gosu", "setpriv": "util-linux", "tini-static": "tini", "dumb-init": "dumb-init", "catatonit": "catatonit",
            "s6-setuidgid": "s6", "chpst": "runit", "gcc": "gcc", "usermod": "passwd", "unshare": "util-linux"}
# Docker's default; what a container's root may do, everybody here starts with.
CAPABILITIES = "chown dac_override fsetid fowner mknod net_raw setgid setuid setfcap setpcap net_bind_service sys_chroot kill audit_write"
IN_CONTAINER = ["setpriv", "--bounding-set", ",".join(["-all", *(f"+{each}" for each in CAPABILITIES.split())])]
VARIABLES = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME": "0123456789ab", "HOME": "/root"}
ACCOUNTS = {"passwd": "root:x:0:0:root:/root:/bin/sh\ncharon:x:1000:1000::/home/charon:/bin/sh\n", "group": "root:x:0:\ncharon:x:1000:\n",
            "shadow": "root:*:19000::::::\ncharon:!:19000::::::\n", "nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\n"}
KNOWS_CALLS = os.uname().machine == "x86_64"
SOCKET, ENGINE, SHELL, FOLDER = "/run/docker.sock", "/run/engine.sock", "/run/entrypoint", ""
# As images have it.
ENTRYPOINT = """#!/bin/sh
set -e
gid=$(stat -c %g /var/run/docker.sock)
if ! getent group "$gid" >/dev/null; then groupadd -g "$gid" docker; fi
usermod -aG "$(getent group "$gid" | cut -d: -f1)" charon
exec gosu charon "$@"
"""

def enter(root):
    """Install the peers, then become a process with mounts of its own."""
    if os.environ.get("CHARON_BENCH_INSIDE"):
        return
    if os.getuid() != 0:
        sys.exit("tests/bench/run: needs root")
    missing = sorted({package for command, package in PACKAGES.items() if not shutil.which(command)})
    if missing:
        print("installing", *missing, file=sys.stderr)
        subprocess.run(["apt-get", "-qq", "-y", "install", "--no-install-recommends", *missing], check=True,
                       stdout=subprocess.DEVNULL, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    if not os.path.exists(f"{root}/target/static/charon-init") and len(sys.argv) == 1:
        subprocess.run([f"{root}/examples/build-static"], check=True)
    os.environ["CHARON_BENCH_INSIDE"] = "yes"
    os.execvp("unshare", ["unshare", "--mount", "--propagation=private", sys.executable, *sys.argv])

@contextlib.contextmanager
def laid_out():
    """The stage, as long as it is wanted; gives the no-op that everybody is to execute."""
    global FOLDER
    FOLDER = tempfile.mkdtemp(prefix="charon-init-bench-", dir=os.environ.get("DIRECTORY", "/var/tmp"))
    os.chmod(FOLDER, 0o755)
    try:
        lay_out(FOLDER)
        yield f"{FOLDER}/noop"
    finally:
        subprocess.run(["umount", "--lazy", "/etc"])
        shutil.rmtree(FOLDER)

def lay_out(folder):
    if os.environ.get("NSS") == "machine":
        ACCOUNTS["nsswitch.conf"] = open("/etc/nsswitch.conf").read()
    programs = {"timer": [], "count": [], "noop": ["-nostdlib"], "least": ["-nostdlib"]}
    for name, flags in (programs | ({"calls": ["-nostdlib"]} if KNOWS_CALLS else {})).items():
        subprocess.run(["gcc", "-O2", "-static", *flags, "-o", f"{folder}/{name}", f"{HERE}/{name}.c"], check=True)
    # By another name: setpriv is measured too.
    IN_CONTAINER[0] = shutil.copy(shutil.which("setpriv"), f"{folder}/in-container")
    os.mkdir(f"{folder}/etc")
    for name in ("ld.so.cache", "login.defs"):
        if os.path.exists(f"/etc/{name}"):
            shutil.copy(f"/etc/{name}", f"{folder}/etc/{name}")
    subprocess.run(["mount", "--bind", f"{folder}/etc", "/etc"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"], check=True)
    listen(SOCKET)
    write(SHELL, ENTRYPOINT)
    os.chmod(SHELL, 0o755)
    fresh()
    write(f"{folder}/group", ACCOUNTS["group"])

def fresh():
    for name, text in ACCOUNTS.items():
        write(f"/etc/{name}", text)

def granted(words):
    fresh()
    subprocess.run(IN_CONTAINER + words, check=True, env=VARIABLES, stderr=subprocess.DEVNULL)

def write(path, text):
    with open(path, "w") as file:
        file.write(text)

def listen(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    os.chown(path, 0, 988)
    os.chmod(path, 0o660)
    listener.listen(64)
    return listener

def time(starts, commands, first_starts=()):
    """Least and median ns and page faults of each command; for first starts /etc/group is as in the image each time."""
    words = []
    for name, command in commands.items():
        words += ["::"] * bool(words) + ["@"] * (name in first_starts) + command
    done = subprocess.run([*IN_CONTAINER, f"{FOLDER}/timer", str(starts), *words], check=True, capture_output=True, text=True,
                          env={**VARIABLES, "FRESH": f"{FOLDER}/group", "STALE": "/etc/group"})
    return dict(zip(commands, (tuple(map(int, line.split())) for line in done.stdout.splitlines())))

def count(what, noop, words):
    """What `words` do until the no-op; stderr aside."""
    lines = (line.split() for line in counted(what, noop, words))
    return {line[0]: int(line[1]) for line in lines if len(line) == 2 and line[0] in ("calls", "drops", "peak", "steps", "cpuids")}

def counted(what, noop, words):
    program = "/bin/sh" if words[0] == SHELL else words[0]
    done = subprocess.run([f"{FOLDER}/count", what, program, noop, *IN_CONTAINER, *words], check=True, capture_output=True, text=True,
                          env=VARIABLES)
    return done.stdout.splitlines()

def places(noop, words):
    """The addresses at which `words` execute an instruction before the no-op, in the order of their first times."""
    return [int(line, 16) for line in counted("places", noop, words)]

def cpuid():
    return int(subprocess.run([f"{FOLDER}/timer", "cpuid"], check=True, capture_output=True).stdout) / 1000

def child(pid):
    return open(f"/proc/{pid}/task/{pid}/children").read().split()

def private(words):
    """KiB that an init has for itself as PID 1, half a second after its command has begun to sleep."""
    outer = subprocess.Popen(["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", *IN_CONTAINER, *words], env=VARIABLES,
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not (child(outer.pid) and (below := child(child(outer.pid)[0])) and open(f"/proc/{below[0]}/comm").read() == "sleep\n"):
            clock.sleep(0.05)
        clock.sleep(0.5)
        pid = child(outer.pid)[0]
        rollup = dict(line.split()[:2] for line in open(f"/proc/{pid}/smaps_rollup").read().splitlines()[1:])
        return int(rollup["Private_Clean:"]) + int(rollup["Private_Dirty:"])
    finally:
        outer.send_signal(signal.SIGKILL)
        outer.wait()

@contextlib.contextmanager
def engine():
    """Answers as Docker Engine does, at once."""
    listener = listen(ENGINE)
    def answer():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                while (line := stream.readline()):
                    while stream.readline().strip():
                        pass
                    body = b"OK" if b"_ping" in line else b'{"Version":"20.10.24","ApiVersion":"1.41"}'
                    stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
                    stream.flush()
    threading.Thread(target=answer, daemon=True).start()
    yield
    listener.close()
