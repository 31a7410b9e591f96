// An init as PID 1 of a new PID namespace, stopped at each system call in turn -> what becomes of a TERM that comes there.
//
//   early PATIENCE-MS INIT [ARG]...    INIT must start a command that TERM ends
//
// First line: "before" and how many system calls come before the one by which the init blocks or catches TERM; a TERM
// there is lost to every PID 1. Then two series, a line each: its name, N, the number of the Nth system call, and "ended"
// or "LOST". "resident": TERM when the init is stopped at the entry of its Nth call, for each from the one named above
// until the command executes. "child": the child is held at its Nth call between fork and execve, TERM goes to the init,
// which has time to forward it, then the child goes on. Needs root.
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int patience;
static int calls_before; // how many system calls of the init come before it holds signals

static long milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int start(void *arguments) {
  char **argv = arguments;
  mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
  mount("proc", "/proc", "proc", 0, NULL);
  setsid();
  ptrace(PTRACE_TRACEME, 0, NULL, NULL);
  kill(getpid(), SIGSTOP); // from inside: without effect on PID 1, but its tracer sees it
  execv(argv[0], argv);
  _exit(111);
}

struct call { uint64_t number, first, second; };

static int call_of(pid_t pid, struct call *call) {
  struct __ptrace_syscall_info info;
  if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) < 0 || info.op != PTRACE_SYSCALL_INFO_ENTRY) return 0;
  call->number = info.entry.nr;
  call->first = info.entry.args[0];
  call->second = info.entry.args[1];
  return 1;
}

static int holds_term(pid_t pid, struct call *call) {
  if (call->number == SYS_rt_sigprocmask && call->second != 0 && call->first != SIG_UNBLOCK) {
    uint64_t set = 0;
    struct iovec here = {&set, 8}, there = {(void *)call->second, 8};
    return process_vm_readv(pid, &here, 1, &there, 1, 0) == 8 && (set >> (SIGTERM - 1) & 1);
  }
  return call->number == SYS_rt_sigaction && call->first == SIGTERM && call->second != 0;
}

// One run. `in_child`: count the child's calls. Returns 0 when there is no Nth call before the command runs.
static int run(char **argv, int in_child, int nth) {
  static char stack[1 << 16];
  pid_t init = clone(start, stack + sizeof stack, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, argv);
  if (init < 0) { perror("clone"); exit(1); }
  int status, seen = 0, sent = 0, held = 0, executed = 0, init_executed = 0, result = 0;
  long since = 0, number = -1, release = 0;
  pid_t child = 0, waiting = 0;
  for (;;) {
    pid_t pid = waitpid(-1, &status, __WALL | WNOHANG);
    if (pid == 0 || (pid < 0 && errno == EINTR)) {
      if (waiting && milliseconds() >= release) { ptrace(PTRACE_SYSCALL, waiting, 0, 0); waiting = 0; }
      if (executed && !waiting && milliseconds() - since > patience) break; // it had its time
      usleep(100);
      continue;
    }
    if (pid < 0) break;
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      if (pid == init) { result = sent ? 1 : 0; break; }
      continue;
    }
    int signal = WSTOPSIG(status), event = status >> 16, pass = 0;
    if (pid == init && !init_executed && event == 0 && signal == SIGSTOP) {
      ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
             PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
    } else if (event == PTRACE_EVENT_EXEC) {
      if (pid == init) init_executed = 1;
      else { executed = 1; since = milliseconds(); ptrace(PTRACE_DETACH, pid, 0, 0); continue; }
    } else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
      unsigned long born = 0;
      ptrace(PTRACE_GETEVENTMSG, pid, 0, &born);
      child = born;
    } else if (signal == (SIGTRAP | 0x80)) {
      struct call call;
      if (init_executed && call_of(pid, &call)) {
        if (pid == init && !held) {
          held = holds_term(pid, &call);
          if (!held && nth == 0) calls_before++;
        }
        if (pid == init && !in_child && !sent && !executed && ++seen == nth) {
          number = call.number;
          kill(init, SIGTERM);
          sent = 1;
        }
        if (pid != init && in_child && !sent && ++seen == nth) {
          number = call.number;
          kill(init, SIGTERM);
          sent = 1;
          waiting = pid;
          release = milliseconds() + 15;
          continue;
        }
      }
    } else if (event == 0 && signal != SIGTRAP && !(signal == SIGSTOP && pid != init)) {
      pass = signal;
    }
    if (executed && !sent && pid == init) { result = -1; break; } // past the last call that counts
    ptrace(PTRACE_SYSCALL, pid, 0, pass);
  }
  (void)child;
  kill(init, SIGKILL);
  while (waitpid(-1, &status, __WALL) > 0 || errno == EINTR) {}
  if (!sent) return 0;
  printf("%s %d %ld %s\n", in_child ? "child" : "resident", nth, number, result == 1 ? "ended" : "LOST");
  return 1;
}

int main(int words, char **word) {
  if (words < 3) return 2;
  patience = atoi(word[1]);
  setvbuf(stdout, NULL, _IOLBF, 0);
  run(word + 2, 0, 0);
  printf("before %d\n", calls_before);
  for (int nth = calls_before + 1; run(word + 2, 0, nth); nth++) {}
  for (int nth = 1; run(word + 2, 1, nth); nth++) {}
  return 0;
}
