#!/usr/bin/env python3
"""An init and a shell on a new pty -> what a user sees: types the lines of a scene, waits for the answers.

terminal.py SCENE INIT [ARG]...    exit code 0 when all came to pass; otherwise 1 and the whole screen
"""
import os, pty, re, select, signal, sys, time

def main():
    scene, init = sys.argv[1], sys.argv[2:]
    SCENES[scene](init)

class Screen:
    def __init__(self, command):
        self.text = ""
        self.seen = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(PS1="$ ", TERM="dumb", HOME="/nonexistent", HISTFILE="")
            os.execvp(command[0], command)

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def expect(self, pattern, seconds=10):
        end = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.text[self.seen:])
            if found:
                self.seen += found.end()
                return found
            if time.monotonic() > end or not self.read(end - time.monotonic()):
                os.kill(self.pid, 9)
                sys.exit(f"not seen: {pattern!r} in {self.text!r}")

    def read(self, seconds):
        if not select.select([self.fd], [], [], max(seconds, 0))[0]:
            return True
        try:
            read = os.read(self.fd, 4096).decode(errors="replace")
        except OSError:
            return False
        self.text += read
        return bool(read)

    def code(self):
        end = time.monotonic() + 10
        while time.monotonic() < end:
            self.read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, 9)
        sys.exit(f"does not end: {self.text!r}")

BASH = ["bash", "--norc", "--noprofile", "-i"]

def in_shell(init):
    """The command is an interactive shell with jobs of its own."""
    screen = Screen(init + BASH)
    screen.expect(r"\$ ")
    screen.type("sleep 1000\n")
    time.sleep(0.3)
    screen.type("\x1a")
    screen.expect(r"Stopped +sleep 1000")
    screen.type("fg\n")
    screen.expect("sleep 1000")
    time.sleep(0.2)
    screen.type("\x03")
    screen.expect(r"\$ ")
    screen.type("echo code-$?\n")
    screen.expect("code-130")
    assert "no job control" not in screen.text and "cannot set terminal" not in screen.text, screen.text
    screen.type("exit 6\n")
    assert screen.code() == 6, screen.text

def interrupted(init):
    """^C reaches a plain command."""
    screen = Screen(init + ["sh", "-c", "trap 'echo got-it; exit 5' INT; echo up; while :; do sleep 0.05; done"])
    screen.expect("up")
    screen.type("\x03")
    screen.expect("got-it")
    assert screen.code() == 5, screen.text

def stopped_alone(init):
    """^Z without a shell that could say fg is without effect."""
    screen = Screen(init + ["sh", "-c", "echo up; read line; echo got-$line"])
    screen.expect("up")
    screen.type("\x1a")
    time.sleep(0.3)
    screen.type("it\n")
    screen.expect("got-it")
    assert screen.code() == 0, screen.text

def from_shell(init):
    """The init is a job of an outer interactive shell."""
    words = " ".join(init)
    screen = Screen(BASH)
    screen.expect(r"\$ ")
    screen.type(f"{words} cat\n")
    time.sleep(0.5)
    screen.type("first\n")
    screen.expect("first\r\nfirst\r\n")
    screen.type("\x1a")
    screen.expect(r"Stopped +")
    screen.type("echo between\n")
    screen.expect("between\r\nbetween\r\n")
    screen.type("fg\n")
    screen.expect("cat\r\n")
    time.sleep(0.3)
    screen.type("second\n")
    screen.expect("second\r\nsecond\r\n")
    # Once more, through the background.
    screen.type("\x1a")
    screen.expect(r"Stopped +")
    screen.type("bg\n")
    screen.expect(r"cat &")
    # In the background it stops for the want of the terminal; fg comes after that.
    time.sleep(0.7)
    screen.expect(r"Stopped|\$ ")
    screen.type("fg\n")
    time.sleep(0.4)
    screen.type("third\n")
    screen.expect("third\r\nthird\r\n")
    screen.type("\x03")
    screen.expect(r"\$ ")
    screen.type("echo code-$?\n")
    screen.expect("code-130")
    screen.type("exit 0\n")
    assert screen.code() == 0, screen.text

def told_to_go_on(init):
    """The command stops while the init cannot look, and fg comes before it could."""
    screen = Screen(BASH)
    screen.expect(r"\$ ")
    screen.type(f"{' '.join(init)} cat\n")
    time.sleep(0.5)
    screen.type("first\n")
    screen.expect("first\r\nfirst\r\n")
    own = child(screen.pid)
    command = child(own)
    os.kill(own, signal.SIGSTOP)
    screen.expect(r"Stopped +")
    os.kill(command, signal.SIGTSTP)
    while state(command) != "T":
        time.sleep(0.01)
    screen.type("fg\n")
    screen.expect("cat\r\n")
    time.sleep(0.4)
    screen.type("second\n")
    screen.expect("second\r\nsecond\r\n")
    screen.type("\x03")
    screen.expect(r"\$ ")
    screen.type("exit 0\n")
    assert screen.code() == 0, screen.text

def child(parent):
    with open(f"/proc/{parent}/task/{parent}/children") as children:
        return int(children.read().split()[0])

def state(pid):
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(") ", 1)[1][0]

def in_background(init):
    """A background start takes the terminal from nobody, and a script that started us reads on."""
    words = " ".join(init)
    screen = Screen(BASH)
    screen.expect(r"\$ ")
    screen.type(f"{words} sleep 1 &\n")
    screen.expect(r"\[1\] \d+")
    time.sleep(0.4)
    screen.type("echo still-$((40+2))\n")
    screen.expect("still-42")
    time.sleep(1)
    screen.type(f"sh -c '{words} true; read line; echo read-$line'\n")
    time.sleep(0.5)
    screen.type("on\n")
    screen.expect("read-on")
    screen.type("exit 0\n")
    screen.code()

def pipeline(init):
    """A pipeline stops and goes on as a whole; its members are one user's."""
    words = " ".join(init)
    screen = Screen(["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"] + BASH)
    screen.expect(r"\$ ")
    screen.type(f"{words} cat | cat\n")
    time.sleep(0.4)
    screen.type("\x1a")
    screen.expect("Stopped")
    screen.type("fg\n")
    time.sleep(0.4)
    screen.type("piped\n")
    screen.expect("piped\r\npiped\r\n")
    screen.type("\x04")
    time.sleep(0.3)
    screen.type("exit 0\n")
    screen.code()

SCENES = {scene.__name__: scene for scene in (in_shell, interrupted, stopped_alone, from_shell, told_to_go_on, in_background, pipeline)}
main()
