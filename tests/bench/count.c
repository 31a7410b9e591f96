//! A program -> what it does until it executes COMMAND, counted by ptrace(2); one "what number" a line.
//!
//! count calls PROGRAM COMMAND WORD...    system calls, those that drop a capability, peak memory just before execve(2)
//! count steps PROGRAM COMMAND WORD...    instructions in user mode, and those of them that are CPUID
//! count places PROGRAM COMMAND WORD...   the address of each instruction, at its first time, for a program of fixed addresses
//!
//! The words are started. What is executed before PROGRAM (a path) prepares for it and does not count; what PROGRAM starts
//! counts. COMMAND's execve ends the counting, and so does the end of what was started.

#define _GNU_SOURCE
#include <err.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/ptrace.h>

enum { MOST = 1 << 22 };

static unsigned long last_place[MOST];      // by pid: an instruction that repeats itself (rep movs) is one
static long calls, drops, steps, cpuids;
enum { BASE = 0x400000 };                   // of every program that is not position independent
static char is_known[1 << 24];
static int are_places_wanted;

static void print_peak(pid_t pid)
{
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *status = fopen(path, "r");
    long kib;
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %ld", &kib) == 1) printf("peak %ld\n", kib);
    if (status) fclose(status);
}

static int executes(pid_t pid, unsigned long address, const char *command)
{
    char path[PATH_MAX] = "";
    struct iovec ours = {path, strlen(command) + 1}, theirs = {(void *)address, strlen(command) + 1};
    return process_vm_readv(pid, &ours, 1, &theirs, 1, 0) > 0 && strcmp(path, command) == 0;
}

static int is(pid_t pid, const char *command)
{
    char link[64], path[PATH_MAX] = "", real[PATH_MAX] = "";
    snprintf(link, sizeof link, "/proc/%d/exe", pid);
    return readlink(link, path, sizeof path - 1) > 0 && realpath(command, real) && strcmp(path, real) == 0;
}

static void look(pid_t pid)
{
    struct __ptrace_syscall_info about;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof about, &about) < 0) return;
    unsigned long place = about.instruction_pointer;
    if (place == last_place[pid % MOST]) return;
    last_place[pid % MOST] = place;
    steps++;
    unsigned long distance = place - BASE;
    if (are_places_wanted && distance < sizeof is_known && !is_known[distance]) {
        is_known[distance] = 1;
        printf("%lx\n", place);
    }
#if defined(__x86_64__)
    cpuids += (ptrace(PTRACE_PEEKTEXT, pid, place, 0) & 0xffff) == 0xa20f;
#endif
}

// Has COMMAND's time come?
static int call(pid_t pid, const char *command)
{
    struct __ptrace_syscall_info about;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof about, &about) < 0) return 0;
    if (about.op != PTRACE_SYSCALL_INFO_ENTRY) return 0;
    if (about.entry.nr == SYS_execve && executes(pid, about.entry.args[0], command)) {
        print_peak(pid);
        return 1;
    }
    calls++;
    drops += about.entry.nr == SYS_prctl && about.entry.args[0] == PR_CAPBSET_DROP;
    return 0;
}

int main(int count, char **words)
{
    if (count < 5) errx(2, "count calls|steps|places PROGRAM COMMAND WORD...");
    are_places_wanted = strcmp(words[1], "places") == 0;
    int is_stepping = are_places_wanted || strcmp(words[1], "steps") == 0, status, signal;
    const char *program = words[2], *command = words[3];
    pid_t first = fork();
    if (first == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        execvp(words[4], words + 4);
        err(1, "%s", words[4]);
    }
    waitpid(first, &status, 0);
    ptrace(PTRACE_SETOPTIONS, first, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
           PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL);
    do {
        ptrace(PTRACE_CONT, first, 0, 0);
        waitpid(first, &status, 0);
        if (!WIFSTOPPED(status)) errx(1, "%s: not executed", program);
    } while (status >> 8 != (SIGTRAP | PTRACE_EVENT_EXEC << 8) || !is(first, program));
    for (pid_t pid = first;;) {
        signal = 0;
        if (WIFSTOPPED(status)) {
            int event = status >> 16;
            if (event == PTRACE_EVENT_EXEC && is(pid, command)) break;
            if (is_stepping) look(pid);
            else if (WSTOPSIG(status) == (SIGTRAP | 0x80) && call(pid, command)) break;
            if (event == 0 && WSTOPSIG(status) != SIGTRAP && WSTOPSIG(status) != (SIGTRAP | 0x80) && WSTOPSIG(status) != SIGSTOP)
                signal = WSTOPSIG(status);
            ptrace(is_stepping ? PTRACE_SINGLESTEP : PTRACE_SYSCALL, pid, 0, signal);
        } else if (pid == first)
            break;
        pid = waitpid(-1, &status, __WALL);
        if (pid < 0) break;
    }
    if (are_places_wanted) return 0;
    if (is_stepping) printf("steps %ld\ncpuids %ld\n", steps, cpuids);
    else printf("calls %ld\ndrops %ld\n", calls, drops);
}
