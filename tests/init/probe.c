// COMMAND as the tests want it -> one line for each thing that happens to it, on stdout. A static binary: it runs in
// any PID namespace and container.
//
//   probe signals              blocks all signals, says "ready PID", then each signal's number as it comes; 9 ends it
//   probe orphans NUMBER       leaves NUMBER orphans that die at once, then says "left NUMBER" and ends with 7
//   probe storm NUMBER         forks NUMBER times a child that leaves an orphan while signals come; says "ready", then
//                              "forked", and at QUIT how many TERM and RTMAX came; ends with 9
//   probe leave WORD...        leaves for each WORD one process: obeys (dies of TERM), ignores (TERM), session (ignores
//                              TERM in a session of its own), bomb (forks itself without end); says "left", ends with 3
//   probe wait                 says "ready", then sleeps until a signal ends it
//   probe become MASK IGNORED COMMAND [ARG]...    executes COMMAND with this signal mask (hexadecimal), just these ignored
//   probe read                 says "ready", then echoes what it reads from the terminal, line by line
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *word, int number) {
  char line[64];
  int length = snprintf(line, sizeof line, "%s%d\n", word, number);
  if (write(1, line, length) != length) _exit(99);
}

static void block_all(void) {
  uint64_t all = UINT64_MAX;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof all);
}

static int next_signal(void) {
  uint64_t all = UINT64_MAX;
  return syscall(SYS_rt_sigtimedwait, &all, NULL, NULL, sizeof all);
}

static _Noreturn void sleep_for_ever(void) {
  for (;;) pause();
}

static _Noreturn void signals(void) {
  block_all();
  say("ready ", getpid());
  for (;;) {
    int number = next_signal();
    if (number > 0) say("", number);
  }
}

static int orphans(int number) {
  for (int left = 0; left < number; left++) {
    pid_t child = fork();
    if (child == 0) {
      if (fork() == 0) _exit(left % 200);
      _exit(0);
    }
    if (child < 0) { left--; continue; }
    waitpid(child, NULL, 0);
  }
  say("left ", number);
  return 7;
}

static int storm(int number) {
  sigset_t told;
  sigemptyset(&told);
  sigaddset(&told, SIGTERM);
  sigaddset(&told, SIGQUIT);
  sigaddset(&told, SIGRTMAX);
  sigprocmask(SIG_BLOCK, &told, NULL);
  say("ready ", getpid());
  int queued = 0, terms = 0;
  struct timespec now = {0, 0};
  for (int forked = 0; forked < number;) {
    int signal = sigtimedwait(&told, NULL, &now);
    if (signal == SIGTERM) terms++;
    if (signal == SIGRTMAX) queued++;
    pid_t child = fork();
    if (child == 0) {
      fork(); // the orphan
      _exit(0);
    }
    if (child > 0) { waitpid(child, NULL, 0); forked++; }
  }
  say("forked ", number);
  for (;;) {
    int signal = sigwaitinfo(&told, NULL);
    if (signal == SIGTERM) terms++;
    if (signal == SIGRTMAX) queued++;
    // QUIT comes last, and has a lower number than all that waits.
    while (signal == SIGQUIT) {
      int late = sigtimedwait(&told, NULL, &(struct timespec){0, 200000000});
      if (late == SIGTERM) terms++;
      if (late == SIGRTMAX) queued++;
      if (late < 0) { say("terms ", terms); say("queued ", queued); return 9; }
    }
  }
}

static void leave(const char *word) {
  if (fork() != 0) return;
  if (strcmp(word, "ignores") == 0) signal(SIGTERM, SIG_IGN);
  if (strcmp(word, "session") == 0) { setsid(); signal(SIGTERM, SIG_IGN); }
  if (strcmp(word, "bomb") == 0) {
    signal(SIGTERM, SIG_IGN);
    for (;;) { if (fork() != 0) _exit(0); usleep(200); }
  }
  sleep_for_ever();
}

int main(int words, char **word) {
  const char *what = words > 1 ? word[1] : "";
  int number = words > 2 ? atoi(word[2]) : 0;
  if (strcmp(what, "signals") == 0) signals();
  if (strcmp(what, "orphans") == 0) return orphans(number);
  if (strcmp(what, "storm") == 0) return storm(number);
  if (strcmp(what, "wait") == 0) { say("ready ", getpid()); sleep_for_ever(); }
  if (strcmp(what, "become") == 0 && words > 4) {
    uint64_t mask = strtoull(word[2], NULL, 16), ignored = strtoull(word[3], NULL, 16);
    for (int next = 1; next <= 64; next++)
      signal(next, ignored >> (next - 1) & 1 ? SIG_IGN : SIG_DFL);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
    execvp(word[4], word + 4);
    return 97;
  }
  if (strcmp(what, "leave") == 0) {
    for (int next = 2; next < words; next++) leave(word[next]);
    usleep(100000);
    say("left ", words - 2);
    return 3;
  }
  if (strcmp(what, "read") == 0) {
    char line[256];
    say("ready ", getpid());
    while (fgets(line, sizeof line, stdin)) { printf("<%s", line); fflush(stdout); }
    return ferror(stdin) ? 5 : 0;
  }
  return 98;
}
